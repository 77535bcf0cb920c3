"""A moment of a trace: what has happened, what a node has, and pure moves through time."""
