"""How the gradient rule of an op between whole arrays is written, around the upstream gradient."""

from __future__ import annotations

import math

from engine.trace import Node, Trace
from tutor.render.notation.names import Names, transposed, written
from tutor.render.numbers import number

Around = tuple[str, str, str]


def matrix_rule(
    trace: Trace, node: Node, operand: int, names: Names | None = None
) -> Around | None:
    """What stands before, right behind and after the upstream gradient in the rule of an operand.

    `W ∙ x` gives `∂L/∂z ∙ xᵀ` for W and `Wᵀ ∙ ∂L/∂z` for x. None for an op that is best told by
    its own sentence. names: what nodes are called, None for the names of the program.
    """
    op = node.op
    names = written(trace) if names is None else names
    name = names.name(node.inputs[operand])
    other = names.name(node.inputs[1 - operand]) if len(node.inputs) == 2 else ""
    if op == "matmul":
        if not node.shape:
            return ("", " · ", other)
        turned = transposed(other)
        shape = trace.node(node.inputs[operand]).shape
        over = ", summed over the batch" if len(node.shape) > 2 >= len(shape) else ""
        return ("", " ∙ ", f"{turned}{over}") if operand == 0 else (f"{turned} ∙ ", "", over)
    if op == "outer":
        return ("", " ∙ ", other) if operand == 0 else (f"{transposed(other)} ∙ ", "", "")
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


def jacobian_rule(trace: Trace, node: Node, operand: int, names: Names | None = None) -> Around:
    """The rule of any op: `(∂p/∂z)ᵀ ∙ ∂L/∂p`, and for a value of shape () `∂L/∂s · ∂s/∂z`."""
    names = written(trace) if names is None else names
    slope = f"∂{names.name(node.id)}/∂{names.name(node.inputs[operand])}"
    return (f"({slope})ᵀ ∙ ", "", "") if node.shape else ("", " · ", slope)
