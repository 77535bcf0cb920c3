"""Where the gradient of a node comes from: the paths to it, and what crosses each cut."""

from __future__ import annotations

from tutor.debugger.why.why import Why as Why
from tutor.debugger.why.why import depths as depths
from tutor.debugger.why.why import why as why
