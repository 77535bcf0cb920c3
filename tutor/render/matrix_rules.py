"""How the gradient rule of an op between whole arrays is written, around the upstream gradient."""

from __future__ import annotations

from engine.trace import Node

Around = tuple[str, str, str]


def matrix_rule(node: Node, operand: int, names: list[str], out: str) -> Around:
    """What stands before, right behind and after the upstream gradient in the rule of an operand.

    `W ∙ x` gives `∂L/∂z ∙ xᵀ` for W and `Wᵀ ∙ ∂L/∂z` for x. An op without a rule of its own is
    written with its Jacobian: `(∂p/∂z)ᵀ ∙ ∂L/∂p`.
    """
    op = node.op
    other = names[1 - operand] if len(names) == 2 else ""
    if op == "matmul":
        return ("", " ∙ ", f"{other}ᵀ") if operand == 0 else (f"{other}ᵀ ∙ ", "", "")
    if op == "outer":
        return ("", " ∙ ", other) if operand == 0 else (f"{other}ᵀ ∙ ", "", "")
    if op == "dot":
        return ("", " ∙ ", other)
    if op == "sum":
        return ("", ", spread over the summed entries", "")
    if op == "mean":
        return ("1/n · ", ", spread over the n entries", "")
    if op == "transpose":
        return ("", "ᵀ", "")
    if op in ("reshape", "squeeze"):
        return ("", f" in the shape of {names[operand]}", "")
    if op == "expand":
        return ("", f", summed to the shape of {names[operand]}", "")
    if op in ("getitem", "take"):
        return ("", f", put where it was taken from in {names[operand]}", "")
    if op in ("concatenate", "stack"):
        return ("", f", the part that came from {names[operand]}", "")
    return (f"(∂{out}/∂{names[operand]})ᵀ ∙ ", "", "")
