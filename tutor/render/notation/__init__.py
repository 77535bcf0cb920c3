"""Notation: how the same network is written in the program, here, and in five courses.

`NOTATIONS` lists them, `written(trace, notation)` names the nodes of a trace, and
`legend(trace, notation)` says what is what. Which node is a layer's pre-activation, its weights or
the target is found in the graph (`layers`); a graph that is no network keeps its own names.
"""

from __future__ import annotations

from tutor.render.notation.legend import legend as legend
from tutor.render.notation.names import Names as Names
from tutor.render.notation.names import written as written
from tutor.render.notation.notations import NOTATIONS as NOTATIONS
from tutor.render.notation.notations import OWN as OWN
from tutor.render.notation.notations import Notation as Notation
from tutor.render.notation.notations import aloud as aloud
from tutor.render.notation.notations import named as named
from tutor.render.notation.notations import next_notation as next_notation
