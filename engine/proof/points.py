"""Points at which an op is tried: fixed, drawn from its declared domain, away from its kinks."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.ops.declare import Domain, Op, Sample

Array = Any
Shape = tuple[int, ...]


def operands(op: Op, sample: Sample, number: int = 0) -> list[Array]:
    """Values for the operands of a sample: the fixed ones as they are, the others drawn.

    number: which point; the same number always gives the same point.
    """
    free = [shape for shape, is_free in zip(sample.shapes, drawn(sample), strict=True) if is_free]
    domains = domains_of(op, sample)
    free_domains = [d for d, is_free in zip(domains, drawn(sample), strict=True) if is_free]
    values = iter(draw(op.name, number, free, free_domains))
    fixed = sample.values or (None,) * len(sample.shapes)
    return [next(values) if value is None else np.asarray(value) for value in fixed]


def draw(name: str, number: int, shapes: Sequence[Shape], domains: Sequence[Domain]) -> list[Array]:
    """Point `number` of the series called `name`: one array of each shape from its domain.

    Where a domain is `distinct`, the entries of all arrays keep apart from each other.
    """
    rng = np.random.default_rng([zlib.crc32(name.encode()), number])
    sizes = [int(np.prod(shape)) for shape in shapes]
    if any(domain.distinct for domain in domains):
        entries = _apart(rng, sum(sizes), domains[0])
    else:
        entries = np.array(
            [
                _entry(rng, domain)
                for size, domain in zip(sizes, domains, strict=True)
                for _ in range(size)
            ]
        )
    parts = np.split(entries, np.cumsum(sizes)[:-1]) if sizes else []
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def drawn(sample: Sample) -> list[bool]:
    """Which operands of a sample are drawn, and so differentiated; the others are fixed."""
    if sample.values is None:
        return [True] * len(sample.shapes)
    return [value is None for value in sample.values]


def domains_of(op: Op, sample: Sample) -> list[Domain]:
    """The domain of each operand of a sample; an op of any number of operands has one for all."""
    count = len(sample.shapes)
    return list(op.domain) if len(op.domain) == count else [op.domain[0]] * count


def _entry(rng: np.random.Generator, domain: Domain) -> float:
    while True:
        x = round(float(rng.uniform(domain.low, domain.high)), 4)
        if all(abs(x - kink) >= domain.gap for kink in domain.kinks):
            return x


def _apart(rng: np.random.Generator, count: int, domain: Domain) -> Array:
    width = max(domain.high - domain.low, 2 * domain.gap * count)
    cell = width / max(1, count)
    places = domain.low + cell * (np.arange(count) + rng.uniform(0.1, 0.4, count))
    return np.round(rng.permutation(places), 4)
