"""Verdicts on derivations: the first wrong line, and what went wrong in it.

`judge(exercise, target, lines, seed)` is a pure function. What is true comes from the engine's own
backward pass over the exercise's forward lines; nobody writes answers down.
"""
