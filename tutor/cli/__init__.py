"""The door from the shell. One file per command; each has what `tutor.cli.main` asks of it."""
