"""How the gradient rule of an op between whole arrays is written, around the upstream gradient."""

from __future__ import annotations

import math

from engine.trace import Node, Trace
from tutor.render.expressions import name_of
from tutor.render.numbers import number

Around = tuple[str, str, str]


def matrix_rule(trace: Trace, node: Node, operand: int) -> Around | None:
    """What stands before, right behind and after the upstream gradient in the rule of an operand.

    `W ∙ x` gives `∂L/∂z ∙ xᵀ` for W and `Wᵀ ∙ ∂L/∂z` for x. None for an op that is best told by
    its own sentence.
    """
    op = node.op
    name = name_of(trace, node.inputs[operand])
    other = name_of(trace, node.inputs[1 - operand]) if len(node.inputs) == 2 else ""
    if op == "matmul":
        return ("", " ∙ ", f"{other}ᵀ") if operand == 0 else (f"{other}ᵀ ∙ ", "", "")
    if op == "outer":
        return ("", " ∙ ", other) if operand == 0 else (f"{other}ᵀ ∙ ", "", "")
    if op == "dot":
        return ("", " · ", other)
    if op == "sum":
        return ("", ", spread over the summed entries", "")
    if op == "mean":
        count = math.prod(trace.nodes[node.inputs[0]].shape) / max(1, math.prod(node.shape))
        return (f"1/{number(count)} · ", ", spread over the entries", "")
    if op == "transpose":
        return ("(", ")ᵀ", "")
    if op in ("reshape", "squeeze", "expand_dims"):
        return ("", f" in the shape of {name}", "")
    if op in ("expand", "broadcast_to"):
        return ("", f", summed to the shape of {name}", "")
    if op in ("getitem", "take"):
        return ("", f", put where it was taken from in {name}", "")
    if op in ("concatenate", "stack"):
        return ("", f", the part that came from {name}", "")
    return None


def jacobian_rule(trace: Trace, node: Node, operand: int) -> Around:
    """The rule of any op: `(∂p/∂z)ᵀ ∙ ∂L/∂p`, and for a value of shape () `∂L/∂s · ∂s/∂z`."""
    slope = f"∂{name_of(trace, node.id)}/∂{name_of(trace, node.inputs[operand])}"
    return (f"({slope})ᵀ ∙ ", "", "") if node.shape else ("", " · ", slope)
