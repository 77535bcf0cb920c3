"""A gate's derivative as a formula, in the child process: the engine's own backward on symbols.

A formula in the gate's own value, such as f·(1 − f), is looked for among a few forms that hold in
numbers at several points; only what the zero test then proves is told. SymPy's own simplification
is told where it is shorter, and proved, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.passes import Pass
from engine.tensor import Tensor
from engine.trace import Trace
from tutor.debugger.gates.spelling import spelled_formula
from tutor.render.numbers import number

Expression = Any

_MOST_SYMBOLS = 64
_MOST_FORMULAS = 8
_MOST_OPS = 80
_LONGEST = 48
_SAME = 1e-9
_RELATIONS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}
_SHIFTS = (0.0, 0.011, 0.023, 0.037, 0.058)


@dataclass(frozen=True, slots=True)
class Formula:
    """The local derivative by one cell of an input. where: the region in which it holds, in words;
    empty for everywhere."""

    input: str
    cell: tuple[int, ...]
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class _Symbolic:
    """A gate on symbols: its inputs, its value, its gradients, and where the branches hold."""

    inputs: Mapping[str, Any]
    out: Any
    gradients: Mapping[str, Any]
    point: Mapping[Any, float]
    where: str


def formulas(trace: Trace, name: str, seconds: float) -> list[Formula]:
    """The local derivative of a gate by the first cell of each of its inputs, where a short formula
    can be proved.

    trace: the gate alone, with one number as its output. name: how that is called in formulas.
    """
    from engine.proof.symbolic_quotients import Budget
    from engine.proof.symbolic_zero import ZeroTest

    p = trace.passes[0]
    size = sum(int(np.size(p.values[node])) for node in p.inputs.values())
    if np.size(p.values[p.output]) != 1 or size > _MOST_SYMBOLS:
        return []
    gate = _on_symbols(p)
    zero = ZeroTest(Budget(seconds=seconds))
    out = gate.out.ravel()[0]
    found = []
    for given, symbols in list(gate.inputs.items())[:_MOST_FORMULAS]:
        gradient = gate.gradients[given]
        slope = 0 if gradient is None else gradient.ravel()[0]
        cell = (0,) * symbols.ndim
        names = _names(gate.inputs)
        text = _text(slope, out, name, symbols.ravel()[0], names, gate.point, zero)
        if text is not None:
            found.append(Formula(given, cell, text, gate.where))
    return found


def is_same(
    trace: Trace, op: str, params: Mapping[str, Any], order: Sequence[int], seconds: float
) -> bool:
    """Whether a gate alone is proved to be an op of the registry, called with its inputs in an
    order, on the region of its point."""
    from engine.arrays.symbol_values import number_of, region
    from engine.arrays.symbols import as_symbols
    from engine.ops import REGISTRY
    from engine.proof.symbolic_quotients import Budget
    from engine.proof.symbolic_zero import ZeroTest

    p = trace.passes[0]
    if sum(int(np.size(p.values[node])) for node in p.inputs.values()) > _MOST_SYMBOLS:
        return False
    gate = _on_symbols(p)
    operands = [Tensor(as_symbols(symbols)) for symbols in gate.inputs.values()]
    with region(gate.point):
        other = REGISTRY[op](*[operands[k] for k in order], **params)
    zero = ZeroTest(Budget(seconds=seconds))
    pairs = zip(gate.out.ravel(), np.asarray(other.data, dtype=object).ravel(), strict=True)
    return all(zero.vanishes(number_of(a) - number_of(b)) for a, b in pairs)


def _on_symbols(p: Pass) -> _Symbolic:
    from engine.arrays.symbol_values import number_of, region
    from engine.arrays.symbols import as_symbols, symbols_like
    from engine.replay import ancestors, rebuild

    inputs = {name: symbols_like(np.shape(p.values[k]), name) for name, k in p.inputs.items()}
    plain = {name: symbols.view(np.ndarray) for name, symbols in inputs.items()}
    point = {
        plain[name][at]: float(np.asarray(p.values[node])[at])
        for name, node in p.inputs.items()
        for at in np.ndindex(plain[name].shape)
    }
    leaves = {
        node: Tensor(as_symbols(p.values[node]))
        for node in ancestors(p)
        if p.ops[node] is None and node not in p.inputs.values()
    }
    given = {node: Tensor(inputs[name], requires_grad=True) for name, node in p.inputs.items()}
    with region(point) as here:
        out = rebuild(p, {**leaves, **given})
        out.backward(as_symbols(np.ones(out.shape, dtype=np.int64)))
    whole = np.frompyfunc(number_of, 1, 1)
    gradients = {
        name: None if (g := given[node].grad) is None else _objects(whole, g.data)
        for name, node in p.inputs.items()
    }
    return _Symbolic(
        plain, _objects(whole, out.data), gradients, point, _region_words(here, _names(plain))
    )


def _objects(whole: Any, data: Any) -> Any:
    plain = np.asarray(data).view(np.ndarray)
    found = np.empty(plain.shape, dtype=object)
    for at in np.ndindex(plain.shape):
        found[at] = whole(plain[at])
    return found


def _region_words(region: Any, names: Mapping[Expression, str]) -> str:
    """The conditions that hold in a region, such as `x > 0`; none that follows from another."""
    import sympy

    held = {
        (relation if truth else sympy.Not(relation)).canonical
        for relation, truth in region.truths.items()
    }
    strict = {(type(r), r.lhs, r.rhs) for r in held}
    weaker = {sympy.Ge: sympy.Gt, sympy.Le: sympy.Lt}
    kept = [r for r in held if (weaker.get(type(r)), r.lhs, r.rhs) not in strict]
    texts = [
        f"{spelled_formula(r.lhs, names)} {_RELATIONS.get(r.rel_op, r.rel_op)} "
        f"{spelled_formula(r.rhs, names)}"
        for r in kept
    ]
    return " and ".join(sorted(texts))


def _names(inputs: Mapping[str, Any]) -> dict[Expression, str]:
    """How each symbol is written: `z`, `x[0, 1]`."""
    names = {}
    for given, symbols in inputs.items():
        for at in np.ndindex(symbols.shape):
            names[symbols[at]] = f"{given}[{', '.join(map(str, at))}]" if at else given
    return names


def _text(
    slope: Expression,
    out: Expression,
    name: str,
    own: Expression,
    names: Mapping[Expression, str],
    point: Mapping[Any, float],
    zero: Any,
) -> str | None:
    """The shortest text that is proved to be the slope; None where there is none."""
    import sympy

    slope = sympy.Integer(0) + slope
    if slope.is_number:
        return spelled_formula(slope, names)
    texts = []
    for form, text in _forms(out, name, own, names):
        constant = _ratio(slope, form, point)
        if constant is None or not zero.vanishes(slope - constant * form):
            continue
        texts.append(_bare(text) if constant == 1 else f"{_factor(constant)}{text}")
    if not texts and sympy.count_ops(slope) <= _MOST_OPS:
        shorter = sympy.simplify(slope)
        above, below = sympy.fraction(sympy.together(shorter))
        for expression in (slope, shorter, sympy.expand(above) / sympy.factor(below)):
            if expression is slope or zero.vanishes(slope - expression):
                texts.append(spelled_formula(expression, names))
    best = min(texts, key=len, default=None)
    return best if best is not None and len(best) <= _LONGEST else None


def _forms(
    out: Expression, name: str, own: Expression, names: Mapping[Expression, str]
) -> Iterator[tuple[Expression, str]]:
    """The forms in which a slope is often written, by the gate's own value and by its inputs."""
    in_value: list[tuple[Callable[[Expression], Expression], str]] = [
        (lambda f: f, name),
        (lambda f: 1 - f, f"(1 − {name})"),
        (lambda f: f * (1 - f), f"{name}·(1 − {name})"),
        (lambda f: 1 - f**2, f"(1 − {name}²)"),
        (lambda f: f**2, f"{name}²"),
        (lambda f: 1 / f, f"1/{name}"),
    ]
    for make, text in in_value:
        yield make(out), text
    for symbol, own_text in names.items():
        yield symbol, own_text
        yield symbol / out, f"{own_text}/{name}"
        if symbol != own:
            for make, text in in_value[:-1]:
                yield symbol * make(out), f"{own_text}·{text}"


def _ratio(slope: Expression, form: Expression, point: Mapping[Any, float]) -> Expression | None:
    """The constant by which the slope is the form, as it shows at some points; None where it is
    none."""
    from engine.arrays.symbol_values import Region, exact

    ratios = []
    for shift in _SHIFTS:
        near = {
            symbol: x * (1 + shift * (k + 1)) + shift * (k + 2)
            for k, (symbol, x) in enumerate(point.items())
        }
        here = Region(near)
        below = here.value(form)
        if not below or not np.isfinite(below):
            return None
        ratios.append(here.value(slope) / below)
    first = ratios[0]
    if not first or not np.isfinite(ratios).all():
        return None
    if any(abs(r - first) > _SAME * abs(first) for r in ratios):
        return None
    return exact(float(np.round(first, 12)))


def _bare(text: str) -> str:
    """The text without brackets around the whole of it."""
    return text[1:-1] if text[:1] == "(" and text.find(")") == len(text) - 1 else text


def _factor(constant: Expression) -> str:
    if constant == -1:
        return "−"
    text = number(float(constant), digits=12)
    return f"{text}·"
