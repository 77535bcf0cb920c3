"""What a node computes, from the names of its operands or from their numbers: `q·z`, `3·(−4)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.columns import Value
from engine.trace import Node, Trace
from tutor.render.numbers import bracketed, number
from tutor.render.plain import spelled, to_ascii
from tutor.render.sanitise import sanitise
from tutor.render.values import change, inline, is_scalar, shape_text

# A piece of an expression: text, or the number of an operand.
Piece = str | int

# ∙ is the product of matrices: it looks as · does, and is @ in ASCII.
_INFIX = {
    "add": " + ", "sub": " − ", "div": " / ", "matmul": " ∙ ", "dot": " ∙ ", "outer": " ⊗ ",
}  # fmt: skip
_RELATIONS = {"gt": " > ", "ge": " ≥ ", "lt": " < ", "le": " ≤ ", "eq": " == ", "ne": " ≠ "}
_POWERS = {2.0: "²", 3.0: "³"}
_NUMBERS = 6
_OPERANDS = 12  # of one call that are all written out


def name_of(trace: Trace, node: int) -> str:
    """A node's name, safe to print; of a constant number the number itself."""
    p = trace.passes[trace.pass_of(node)]
    local = node - trace.node_range(p.index).start
    if p.ops[local] is None and not p.wanted[local] and is_scalar(p.values[local]):
        return number(float(p.values[local]))
    return sanitise(p.names[local])


def output_name(trace: Trace, node: int) -> str:
    """The name of the result of the pass that `node` belongs to: the f of ∂f/∂x."""
    at = trace.pass_of(node)
    return name_of(trace, trace.node_range(at).start + trace.passes[at].output)


def gradient_name(trace: Trace, node: int) -> str:
    """`∂f/∂x` for node x of a pass whose result is f."""
    return f"∂{output_name(trace, node)}/∂{name_of(trace, node)}"


def expression(trace: Trace, node: int, *, ascii: bool = False) -> str:
    """What a node computes, from names: `x + y`, `σ(z)`, `W · x`; of a leaf its name."""
    entry = trace.nodes[node]
    if not entry.inputs:
        return spelled(name_of(trace, node), ascii)
    names = [name_of(trace, operand) for operand in entry.inputs]
    return spelled(filled(pieces(trace, entry), names), ascii)


def with_numbers(trace: Trace, node: int, *, ascii: bool = False) -> str | None:
    """What a node computes, from numbers: `−2 + 5`; None where they are too many to read."""
    entry = trace.nodes[node]
    values = [trace.value(operand) for operand in entry.inputs]
    if not values or any(not is_scalar(v) and v.size > _NUMBERS for v in values):
        return None
    texts = [value_text(trace, operand) for operand in entry.inputs]
    return spelled(filled(pieces(trace, entry), texts), ascii)


def value_text(trace: Trace, node: int, *, most: int = 12, ascii: bool = False) -> str:
    """A node's value in one line; after a step in as many digits as it takes to see its change."""
    value = trace.value(node)
    old = value_before(trace, node)
    if old is None:
        return inline(value, most=most, ascii=ascii)
    return change(old, value, most=most, ascii=ascii)[1]


def value_before(trace: Trace, node: int) -> Value | None:
    """The node's value in the pass before; None in the first, and where that took another way."""
    at = trace.pass_of(node)
    before = trace.counterpart(node, at - 1) if at else None
    return None if before is None else trace.value(before)


def pieces(trace: Trace, node: Node) -> tuple[Piece, ...]:
    """How a node is written: text, and the operands by their numbers where they stand."""
    op = node.op
    if op in _INFIX:
        return (0, _INFIX[op], 1)
    if op in _RELATIONS:
        return ("(", 0, _RELATIONS[op], 1, ")")
    if op == "mul":
        arrays = all(trace.nodes[operand].shape for operand in node.inputs)
        return (0, " ⊙ " if arrays else "·", 1)
    if op == "neg":
        return ("−", 0)
    if op == "pow":
        exponent = trace.nodes[node.inputs[1]]
        power = trace.value(exponent.id) if exponent.op == "constant" else None
        if power is not None and is_scalar(power) and float(power) in _POWERS:
            return (0, _POWERS[float(power)])
        return (0, "^", 1)
    if op == "transpose" and not node.params.get("axes"):
        return (0, "ᵀ")
    if op == "getitem":
        return (0, f"[{_index_text(node.params.get('index'))}]")
    if op == "write":
        return (0, f" with [{_index_text(node.params.get('index'))}] = ", 1)
    if op == "abs":
        return ("|", 0, "|")
    if op == "sqrt":
        return ("√(", 0, ")")
    return _call(trace, node)


def filled(parts: tuple[Piece, ...], operands: list[str]) -> str:
    """The pieces with the operands put in; negative ones in brackets where they need them."""
    return "".join(
        part if isinstance(part, str) else placed(parts, at, operands[part])
        for at, part in enumerate(parts)
    )


def placed(parts: tuple[Piece, ...], at: int, text: str) -> str:
    """An operand's text as it stands at piece number `at`."""
    after = parts[at + 1] if at + 1 < len(parts) else ""
    if at == 0 and after not in (*_POWERS.values(), "^"):
        return text
    before = parts[at - 1] if at else ""
    within_call = isinstance(before, str) and before.endswith(("(", ", ", "|"))
    return text if within_call else bracketed(text)


def settings(params: Mapping[str, Any]) -> list[str]:
    """The parameters of an op as one types them: `axis=0`."""
    return [f"{name}={_setting(value)}" for name, value in params.items() if value is not None]


def _call(trace: Trace, node: Node) -> tuple[Piece, ...]:
    op = trace.op(node.id)
    symbol = node.op if op is None else op.symbol
    name = symbol if symbol.isidentifier() or symbol in ("σ", "−ln") else node.op
    parts: list[Piece] = [f"{name}("]
    count = len(node.inputs)
    shown = range(count) if count <= _OPERANDS else (0, 1, 2, count - 1)
    for at, i in enumerate(shown):
        parts += [", ", i] if at else [i]
        if i + 1 < count and i + 1 not in shown:
            parts.append(", …")
    parts += [f", {text}" for text in settings(node.params)]
    return (*parts, ")")


def _setting(value: Any) -> str:
    if isinstance(value, tuple):
        return shape_text(value) if all(isinstance(v, int) for v in value) else str(value)
    if isinstance(value, float):
        return number(value)
    return sanitise(to_ascii(str(value)))


def _index_text(index: Any) -> str:
    if isinstance(index, tuple):
        return ", ".join(_index_text(part) for part in index)
    if isinstance(index, slice):
        bounds = ["" if bound is None else str(bound) for bound in (index.start, index.stop)]
        if index.step is not None:
            bounds.append(str(index.step))
        return ":".join(bounds)
    if index is None:
        return "None"
    if index is Ellipsis:
        return "…"
    return str(index) if isinstance(index, int) else "…"
