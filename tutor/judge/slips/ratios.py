"""What a false side is compared with as a whole: its ratio to the truth, and its difference.

A slip that leaves the rest of the answer alone shows in one number or in one known quantity,
whatever the answer is written like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from tutor.judge.slips.points import Point
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import CLOSE, Wanted

Array = Any

_ROUNDED = 0.02
_LARGEST = 24
_TURNED = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """A slip that explains the whole side, at all points. extra: its cost beyond its label's."""

    label: str
    extra: float = 0.0
    fact: str = ""


def constant_ratio(answers: Sequence[Array], points: Sequence[Point]) -> float | None:
    """The number that the side is too large by at every point, or None."""
    ratio: float | None = None
    for answer, point in zip(answers, points, strict=True):
        wanted = Wanted(point.truth)
        if answer.shape != wanted.shape or not wanted.size:
            return None
        if ratio is None:
            ratio = float(answer.flat[wanted.entry]) / wanted.item
            if not np.isfinite(ratio) or ratio == 0:
                return None
        if not Wanted(wanted.value * ratio).same(answer):
            return None
    return ratio


def of_ratio(ratio: float, known: Quantities) -> Iterator[Found]:
    """The slips that make an answer too large by a constant number."""
    size = abs(ratio)
    sign = ratio < 0
    sizes = [float(known.point.values[name]) for name in known.sizes]
    if abs(size - 1) <= CLOSE:
        if sign:
            yield Found("sign_error")
        return
    if sign:
        yield Found("sign_error", 0.6, "and a factor")
    more = 0.7 if sign else 0.0
    if abs(size - 1) <= _ROUNDED:
        yield Found("rounded_constant", more)
    for value, label in known.constants:
        if abs(size - value) <= CLOSE * value or abs(size * value - 1) <= CLOSE:
            if label == "missing_chain_factor" and size < 1:
                label = "extra_chain_factor" if value > 1 else label
            yield Found(label, more - (1.5 if label != "batch_mean" else 0.0))
        if label != "batch_mean" and abs(size - value * value) <= CLOSE * size:
            yield Found("inverted_ratio", more - 1.3)
    if is_count(size, sizes) and size not in (2.0, 0.5):
        yield Found("batch_mean", more + (0.0 if known.counted else 0.8))
    for number in known.numbers:
        turned = number * number
        if (
            turned not in (0.0, 1.0)
            and abs(number) > _TURNED
            and (abs(size - turned) <= CLOSE * turned or abs(size * turned - 1) <= CLOSE)
        ):
            yield Found("inverted_ratio", more - 1.05, "turned")
    fraction = Fraction(size).limit_denominator(_LARGEST)
    simple = fraction and abs(float(fraction) - size) <= CLOSE * size
    if simple and fraction in (Fraction(2), Fraction(1, 2)):
        yield Found("constant_factor", more, str(fraction))
    elif simple and fraction.numerator <= _LARGEST:
        yield Found("constant_factor", more + 0.6, str(fraction))
    else:
        near = fraction and fraction.denominator <= 4 and _near(size, float(fraction))
        if near and size < _LARGEST:
            yield Found("rounded_constant", more + 0.3)
        yield Found("constant_factor", more + 0.9)


def _near(size: float, number: float) -> bool:
    return abs(number - size) <= _ROUNDED * size


def is_count(size: float, sizes: Sequence[float]) -> bool:
    """Whether a ratio is a number of entries: of one axis or two, or how many more one has."""
    counts = [a * b for a, b in combinations_with_replacement([*sizes, 1.0], 2) if a * b != 1]
    counts += [a / b for a in sizes for b in sizes if a != b]
    counts += [a / (a - 1) for a in sizes if a > 1]
    return any(
        abs(size - count) <= CLOSE * size or abs(1 / size - count) <= CLOSE * count
        for count in counts
    )


def constant_difference(answers: Sequence[Array], points: Sequence[Point]) -> bool:
    """Whether the side is too large by the same number at every point and entry."""
    number: float | None = None
    for answer, point in zip(answers, points, strict=True):
        if answer.shape != point.truth.shape:
            return False
        difference = np.asarray(answer - point.truth)
        if number is None:
            number = float(difference.flat[0])
            if not np.isfinite(number) or abs(number) < 1e-9:
                return False
        room = 1e-9 * (np.abs(answer) + np.abs(point.truth) + abs(number))
        if not np.all(np.abs(difference - number) <= room):
            return False
    return True


Value = Callable[[Point], Array]
"""What the side is at a point if a slip explains it."""


def comparisons(answer: Array, known: Quantities) -> Iterator[tuple[Found, Value]]:
    """Slips that a known quantity shows at the first point."""
    point = known.point
    if answer.shape != point.truth.shape:
        return
    mine, truth = Wanted(answer), Wanted(point.truth)
    if mine.same(1 / point.truth):
        yield Found("inverted_ratio"), lambda p: 1 / p.truth
    product = np.asarray(answer * point.truth)[()]
    for factor in known.factors:
        value = point.values[factor]
        if not known.broadcasts(factor, truth.shape):
            continue
        if not factor.startswith("#"):
            for power in (1, 2):
                if Wanted(product).same(np.asarray(value**power * np.ones_like(product))[()]):
                    yield Found("inverted_ratio", 0.1, factor), _turned(factor, power)
        if value.shape in ((), truth.shape) and np.all(value):
            for number, label in ((answer * value, "missing"), (answer / value, "extra")):
                found = _number(number, point.truth)
                if found is not None and abs(abs(found) - 1) > CLOSE:
                    power = 1 if label == "missing" else -1
                    yield (
                        Found(f"{label}_chain_factor", 1.4, factor),
                        _scaled(factor, power, found),
                    )
        for sign in (1.0, -1.0):
            more = 0.0 if sign > 0 else 0.5
            if truth.same(sign * answer * value):
                yield Found("missing_chain_factor", more, factor), _over(factor, sign)
            elif mine.same(sign * point.truth * value):
                yield Found("extra_chain_factor", more, factor), _times(factor, sign)


def _number(one: Array, other: Array) -> float | None:
    """The number that one array is times another, None for none."""
    wanted = Wanted(other)
    found = float(np.ravel(one)[wanted.entry]) / (wanted.item or np.nan)
    if not np.isfinite(found) or not found:
        return None
    return found if Wanted(np.asarray(other * found)[()]).same(np.asarray(one)[()]) else None


def _scaled(factor: str, power: int, number: float) -> Value:
    return lambda p: number * p.truth / p.values[factor] ** power


def _over(factor: str, sign: float) -> Value:
    return lambda p: sign * p.truth / p.values[factor]


def _times(factor: str, sign: float) -> Value:
    return lambda p: sign * p.truth * p.values[factor]


def _turned(factor: str, power: int) -> Value:
    return lambda p: p.values[factor] ** power / p.truth


def turned(answers: Sequence[Array], points: Sequence[Point], known: Quantities) -> bool:
    """Whether a side is a negative number times the truth and a power of a known quantity."""
    first = points[0]
    for name in known.names:
        if first.values[name].shape:
            continue
        for power in (-2, -1, 1, 2):
            ratios = [
                np.ravel(a / (p.truth * p.values[name] ** power))
                for a, p in zip(answers, points, strict=True)
            ]
            number = float(ratios[0][0])
            if number < 0 and all(np.all(np.abs(r - number) <= CLOSE * -number) for r in ratios):
                return True
    return False


def constant_change(answers: Sequence[Array], points: Sequence[Point]) -> float | None:
    """The number r if the side is r times the truth plus a constant, and not r times the truth."""
    pairs = [
        (float(answer.flat[0]) if answer.shape else float(answer), point.truth)
        for answer, point in zip(answers, points, strict=True)
        if answer.shape == point.truth.shape
    ]
    numbers = [(a, float(t.flat[0]) if t.shape else float(t)) for a, t in pairs]
    if len(numbers) < 4 or len(numbers) < len(answers):
        return None
    (a0, t0), (a1, t1) = numbers[0], max(numbers[1:], key=lambda n: abs(n[1] - numbers[0][1]))
    if t1 == t0:
        return None
    ratio = (a1 - a0) / (t1 - t0)
    for answer, point in zip(answers, points, strict=True):
        left = answer - answers[0]
        right = ratio * (point.truth - points[0].truth)
        room = 1e-7 * (np.abs(answer) + np.abs(answers[0]) + np.abs(ratio) * np.abs(point.truth))
        if not np.all(np.abs(left - right) <= room):
            return None
    return ratio if np.isfinite(ratio) else None


def agreement(answers: Sequence[Array], points: Sequence[Point]) -> tuple[bool, float]:
    """Whether the side is true at some points (where the truth is not 0) but not at all, and the
    share of entries, over all points, at which it is."""
    right = entries = whole = wrong = 0
    for answer, point in zip(answers, points, strict=True):
        if answer.shape != point.truth.shape:
            return False, 0.0
        same = np.abs(answer - point.truth) <= CLOSE * np.abs(point.truth)
        told = point.truth != 0
        right += int(np.sum(same & told))
        entries += int(np.sum(told))
        if np.all(same):
            whole += int(np.any(told))
        else:
            wrong += 1
    return bool(whole and wrong), right / max(entries, 1)
