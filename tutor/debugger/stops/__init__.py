"""Breakpoints: a condition in words and numbers, and the moments of a trace at which it holds."""
