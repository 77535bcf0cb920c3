"""One summand of a side that is wrong while all the rest is right.

What a summand should be follows from the rest of the side and the truth, wherever the way up to the
top can be undone: through sums, and through products and quotients entry by entry. The summand is
then compared with it as a whole side is with the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tutor.judge.slips.ratios import is_count
from tutor.judge.slips.search import Search
from tutor.judge.slips.terms import Worked
from tutor.language.tree import Binary, Expression, Name, Unary

Array = Any

_MOST_SUMMANDS = 6
_ALIKE = 1e-7
_SLIGHT = 1e-6
_ROUGH = 1e-4
_POWERS = (2.0, 3.0, 0.5, -2.0, 1.5)
_FEW = 3


def try_summands(search: Search) -> None:
    """Name what is wrong with one summand of the side."""
    if search.worked.value is None or not search.fits or len(search.points) < _FEW:
        return
    summands = _summands(search.worked)[:_MOST_SUMMANDS]
    if not summands:
        return
    worked = [search.worked]
    worked += [Worked(search.wrong.tree, point, search.steps) for point in search.points[1:]]
    for summand in summands:
        given = [one.at(summand) for one in worked]
        needed = [
            _needed(one, summand, p.truth) for one, p in zip(worked, search.points, strict=True)
        ]
        if any(
            a is None or b is None or a.shape != b.shape for a, b in zip(given, needed, strict=True)
        ):
            continue
        if all(np.all(np.isfinite(b)) for b in needed):
            _compare(search, summand, given, needed)


def _summands(worked: Worked) -> list[Expression]:
    """The summands to which the way from the top can be undone, the outer ones first."""
    found: list[Expression] = []
    waiting = [worked.tree]
    while waiting:
        term = waiting.pop(0)
        if isinstance(term, Unary):
            waiting.append(term.operand)
        elif isinstance(term, Binary) and term.sign in ("+", "-"):
            for part in (term.left, term.right):
                if not isinstance(part, Binary) or part.sign not in ("+", "-"):
                    found.append(part)
                waiting.append(part)
        elif isinstance(term, Binary) and term.sign in ("*", "/"):
            waiting.append(term.left)
            if term.sign == "*":
                waiting.append(term.right)
    return found


def _needed(worked: Worked, site: Expression, truth: Array) -> Array:
    """What a term has to be if the whole is to be true; None where that cannot be told."""
    way: list[tuple[Expression, int]] = []
    term = site
    while term is not worked.tree:
        above, place = worked.parents[id(term)]
        way.append((above, place))
        term = above
    wanted = truth
    for above, place in reversed(way):
        if isinstance(above, Unary):
            wanted = -wanted if above.sign == "-" else wanted
            continue
        if not isinstance(above, Binary):
            return None
        inner, other = (above.left, above.right) if place == 0 else (above.right, above.left)
        mine, beside = worked.at(inner), worked.at(other)
        if mine is None or beside is None or mine.shape != wanted.shape:
            return None
        match above.sign, place:
            case "+", _:
                wanted = wanted - beside
            case "-", 0:
                wanted = wanted + beside
            case "-", _:
                wanted = beside - wanted
            case "*", _:
                wanted = wanted / beside
            case "/", 0:
                wanted = wanted * beside
            case _:
                return None
    return np.asarray(wanted)[()]


def _compare(
    search: Search, summand: Expression, given: Sequence[Array], needed: Sequence[Array]
) -> None:
    """Put a summand beside what it should be, at all points."""
    span = (summand.start, summand.end)
    known = search.known
    values = [point.values for point in search.points]

    def always(told: Callable[[Array, Array, Any], bool]) -> bool:
        return all(told(a, b, v) for a, b, v in zip(given, needed, values, strict=True))

    ratios = [_ratio(a, b) for a, b in zip(given, needed, strict=True)]
    first = ratios[0]
    if first is None:
        return
    number = float(np.ravel(first)[0])
    if all(r is not None and _near(r, number) for r in ratios):
        if abs(number - 1) < _SLIGHT:
            return
        sizes = [float(known.point.values[name]) for name in known.sizes]
        label = "batch_mean" if is_count(abs(number), sizes) else "constant_factor"
        search.hit("sign_error" if number < 0 else label, "edit", span, 0.3 if number > 0 else 0.5)
        return
    turned = float(np.ravel(given[0] * needed[0])[0])
    if always(lambda a, b, v: _near(a * b, turned)):
        search.hit("inverted_ratio", "edit", span, 0.3)
    search.steps.take(len(known.factors) // 4)
    ahead = abs(float(np.ravel(first)[-1]))
    for factor in known.factors:
        value = values[0][factor]
        if value.shape and not known.broadcasts(factor, given[0].shape):
            continue
        last = abs(float(np.ravel(value)[-1]))
        if not abs(last * ahead - 1) < _ROUGH and not abs(last - ahead) < _ROUGH * ahead:
            continue
        if always(lambda a, b, v, f=factor: _is_but_for_sign(a * v[f], b)):  # type: ignore[misc]
            search.hit("missing_chain_factor", "edit", span, 0.1, factor)
        elif always(lambda a, b, v, f=factor: _is_but_for_sign(b * v[f], a)):  # type: ignore[misc]
            extra = _above_the_line(summand, factor)
            label = "extra_chain_factor" if extra else "missing_chain_factor"
            search.hit(label, "edit", span, 0.5 if extra else 0.1, factor)
    for power in _POWERS:
        if always(lambda a, b, v, k=power: _is(np.abs(a), np.abs(b) ** k)) or always(  # type: ignore[misc]
            lambda a, b, v, k=power: _is(np.abs(b), np.abs(a) ** k)  # type: ignore[misc]
        ):
            search.hit("power_rule", "edit", span, 0.3)
    if first.size > 1 and all(r is not None and _near(r, float(np.ravel(r)[0])) for r in ratios):
        search.hit("missing_chain_factor", "edit", span, 0.4)


def _above_the_line(summand: Expression, factor: str) -> bool:
    """Whether a factor stands in a product and not below its line."""
    waiting = [summand]
    while waiting:
        term = waiting.pop()
        if isinstance(term, Unary):
            waiting.append(term.operand)
        elif isinstance(term, Binary) and term.sign == "*":
            waiting += [term.left, term.right]
        elif isinstance(term, Binary) and term.sign in ("/", "**"):
            waiting.append(term.left)
        elif factor.startswith("#") or (isinstance(term, Name) and term.name == factor):
            return True
    return False


def _ratio(given: Array, needed: Array) -> Array:
    if np.any(needed == 0):
        return None
    return np.asarray(given / needed)


def _near(values: Array, number: float) -> bool:
    return bool(np.all(np.abs(values - number) <= _ALIKE * abs(number))) and number != 0


def _is_but_for_sign(one: Array, other: Array) -> bool:
    return _is(one, other) or _is(-one, other)


def _is(one: Array, other: Array) -> bool:
    """Whether two values are alike, but for what is lost when a difference is taken."""
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return False
    largest = float(np.max(np.abs(other), initial=0.0))
    return bool(np.all(np.abs(one - other) <= _ALIKE * largest)) and largest > 0
