"""Backprop Tutor: step through a function's forward and backward pass, event by event.

`tutor` reads expressions, runs them on `engine` and shows what happened; `tutor.cli` is the door
from the shell, `tutor.tui` the interface. The version stands here and nowhere else.
"""

__version__ = "0.1.0"
