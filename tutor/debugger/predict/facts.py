"""What questions are made of: numbers fit to be asked, cells, and the texts that give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.columns import Value
from engine.ops import REGISTRY
from engine.passes import Pass
from engine.trace import Trace
from tutor.debugger.predict.question import Question, Slip
from tutor.render.expressions import expression, name_of
from tutor.render.numbers import bracketed, number
from tutor.render.slopes import slope_of
from tutor.render.values import inline, is_scalar

Maker = Callable[[np.random.Generator], Question | None]
Index = tuple[int, ...]

MOST_ENTRIES = 4096
"""Of larger arrays no number is asked for."""

MOST_TERMS = 6
"""More products than these nobody adds up in the head."""

SHOWN = 16
"""Larger arrays are not written out in a question."""

_TRIES = 6
_SMALL, _LARGE = 1e-9, 1e9
_NEAR = 1e-2


def usable(x: float) -> bool:
    """Whether a number is fit to be asked for."""
    return x == 0 or (np.isfinite(x) and _SMALL < abs(x) < _LARGE)


def finite(*values: Value) -> bool:
    """Whether every entry of all of them is a finite number."""
    return all(bool(np.isfinite(np.asarray(v, dtype=np.float64)).all()) for v in values)


def entry(value: Value, index: Index) -> float:
    """One entry of a value; of a scalar itself."""
    return float(value) if is_scalar(value) else float(value[index])


def rounded(value: Value) -> Value:
    """A value in the four digits in which it is shown."""
    if type(value) is float:
        return _rounded(value)
    if value.dtype.kind != "f":
        return value
    return np.vectorize(_rounded, otypes=[value.dtype])(value)


def _rounded(x: float) -> float:
    return float(f"{x:.4g}") if abs(x) < 1e4 else float(f"{x:.0f}")


def asks_nothing(p: Pass, node: int) -> bool:
    """Whether nothing can be asked of what the node's op did: the op is not known here, or an
    operand stands at a kink or a tie, where only a convention decides."""
    op = p.ops[node]
    if op is None or REGISTRY.get(op.name) is not op:
        return True
    values = [p.values[i] for i in p.operands[node]]
    if any(np.size(v) > MOST_ENTRIES for v in (*values, p.values[node])):
        return False
    for slot, value in enumerate(values):
        domain = op.domain[min(slot, len(op.domain) - 1)]
        if any(bool(np.any(np.asarray(value) == kink)) for kink in domain.kinks):
            return True
        if not op.elementwise and domain.distinct and np.size(value) != len(np.unique(value)):
            return True
    tied = op.elementwise and op.domain[0].distinct and len(values) == 2
    return tied and bool(np.any(np.equal(*values)))


def small(p: Pass, node: int) -> bool:
    """Whether the node and its operands are small enough to ask for their numbers."""
    values = [p.values[node], *[p.values[i] for i in p.operands[node]]]
    return all(np.size(v) <= MOST_ENTRIES for v in values)


def written_out(p: Pass, node: int) -> bool:
    """Whether all operands of a node can be written out in a question."""
    return all(np.size(p.values[i]) <= SHOWN for i in p.operands[node])


def cells(rng: np.random.Generator, value: Value) -> list[Index]:
    """Some entries to try, by chance; the one of a scalar."""
    if is_scalar(value):
        return [()]
    if value.size == 0:
        return []
    picked = rng.integers(0, value.size, _TRIES)
    return [tuple(map(int, np.unravel_index(int(i), value.shape))) for i in picked]


def place(index: Index) -> str:
    """`[1, 0]`, or nothing of a scalar."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def operands_told(trace: Trace, node: int) -> str:
    """`x is −2, y is 5`: the operands of a node that can be written down; those that are their own
    name are left out."""
    told = []
    for operand in dict.fromkeys(trace.nodes[node].inputs):
        value, name = trace.value(operand), name_of(trace, operand)
        if np.size(value) <= SHOWN and not (is_scalar(value) and number(float(value)) == name):
            told.append(f"{name} is {inline(value, most=SHOWN)}")
    return ", ".join(told)


def entries_told(trace: Trace, node: int, index: Index) -> str:
    """`h[1, 0] is 0.24, b[0] is 3`: of each operand of an elementwise op the entry that meets
    `index` of the value."""
    told = []
    for operand in dict.fromkeys(trace.nodes[node].inputs):
        value, name = trace.value(operand), name_of(trace, operand)
        at = met(np.shape(value), index)
        text = number(entry(value, at))
        if text != name:
            told.append(f"{name}{place(at)} is {text}")
    return ", ".join(told)


def met(shape: tuple[int, ...], index: Index) -> Index:
    """The entry of an operand of this shape that broadcasting brings to `index` of the value."""
    own = index[len(index) - len(shape) :]
    return tuple([0 if size == 1 else i for i, size in zip(own, shape, strict=True)])


def made(trace: Trace, node: int) -> str:
    """`q = x + y`."""
    return f"{name_of(trace, node)} = {expression(trace, node)}"


def numbers_known(trace: Trace, nodes: list[int]) -> dict[str, float]:
    """The scalars among the nodes by the names that an answer may use for them."""
    known = {}
    for node in nodes:
        value, name = trace.value(node), name_of(trace, node)
        if is_scalar(value) and name.isidentifier():
            known[name] = float(value)
    return known


def slope_texts(trace: Trace, node: int, operand: int, index: Index) -> tuple[str, str] | None:
    """The local derivative of an elementwise op as a formula with names and with the numbers of
    one entry; None where there is no formula to show."""
    entry_ = trace.nodes[node]
    template = slope_of(trace, entry_, operand)
    if template is None:
        return None
    shape = entry_.shape
    names = {"a": name_of(trace, entry_.inputs[0]), "out": name_of(trace, node)}
    values: dict[str, Any] = {"a": trace.value(entry_.inputs[0]), "out": trace.value(node)}
    if len(entry_.inputs) > 1:
        names["b"] = name_of(trace, entry_.inputs[1])
        values["b"] = trace.value(entry_.inputs[1])
    numbers = {
        key: bracketed(number(float(np.broadcast_to(value, shape)[index])))
        for key, value in values.items()
    }
    symbols = {key: bracketed(name) for key, name in names.items()}
    return template.format(**symbols), template.format(**numbers)


def nameable(rights: tuple[float, ...], slips: list[tuple[str, float]]) -> tuple[Slip, ...]:
    """The slips that come out at something else than a right number, each number once."""
    kept: dict[float, Slip] = {}
    for tag, wrong in slips:
        if usable(wrong) and not any(_close(wrong, x) for x in (*rights, *kept)):
            kept[wrong] = Slip(tag, float(wrong))
    return tuple(kept.values())


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= _NEAR * max(abs(a), abs(b)) + 1e-12
