"""Where a person's files lie, and what the program remembers between two sittings."""
