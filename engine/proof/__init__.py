"""Whether a gradient is right: differences of the function, and proofs by SymPy.

`gradcheck(fn, *inputs)`, `check_node(trace, node)` and `check_gradients(trace)` compare the tape
with differences; `engine.proof.symbolic` proves ops, functions and traces, and is imported only
when a proof is asked for, because it imports SymPy.
"""

from __future__ import annotations

from engine.proof.differences import GRAVITY as GRAVITY
from engine.proof.differences import GradCheck as GradCheck
from engine.proof.differences import check_gradients as check_gradients
from engine.proof.differences import check_node as check_node
from engine.proof.differences import differences as differences
from engine.proof.differences import gradcheck as gradcheck
