"""Watches: a value or gradient by name, what it is now and what it was, as a sparkline."""
