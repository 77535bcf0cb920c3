"""Check 3: a gradient that vanishes or explodes on its way back through the layers.

The way from the output is counted in levels: products with weights and activations, each node at
its longest distance. G(k) is the norm of all gradients that stand at level k, over all nodes and
cells, and G(k + 1) / G(k) the factor of the level. Where most of the gradient meets activations,
what they pass on beside what they got is the factor of their slopes; all else is that of the
weights. An activation that is written by hand, of several ops, counts as one. The factors of all
levels multiply to the whole, so their logarithms add up, and the culprit is whose are largest.
A connection that skips layers brings its gradient to the levels it ends at, so a residual network
is seen to be well.

The finding comes at a factor of 1000 either way, over three levels or more. With the same learning
rate for all, the first layer then moves by a thousandth of what the last one does, or by a thousand
times: no rate suits both. Five sigmoid layers (at most 1/4 each) do that, eight steps of a healthy
recurrent network do not. Only factors count: near an optimum all gradients are small and that is
no fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tutor.debugger.audit.audited import Array, Audited, log10
from tutor.debugger.audit.finding import Finding, nothing, unjudged
from tutor.debugger.audit.layers import layers
from tutor.debugger.audit.naming import counted, percent, power, told
from tutor.debugger.audit.profiles import FLAT
from tutor.debugger.audit.regions import Region, region_layers, regions, steepest
from tutor.debugger.audit.units import against_saturation
from tutor.render.expressions import name_of
from tutor.render.numbers import number
from tutor.render.report import Row

CHECK = "vanishing and exploding"
DECADES = 3.0
_FEWEST_LEVELS = 3
_MANY = 0.2
_GENTLE = 0.26
_ROWS = 8
_BAR = 20


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the way back.

    factor: log10 of what the gradient's norm is multiplied by from here to the next level. kind:
    `tanh′` for slopes, `W` for weights. slopes: the part of `factor` that is due to slopes. node:
    the local id of the one with the largest gradient. norm: that of the gradients here.
    """

    factor: float
    kind: str
    slopes: float
    node: int
    norm: float


def chain(audited: Audited) -> list[Finding]:
    """The factors of the backward pass, and who makes them, where they multiply to 1000."""
    written = regions(audited)
    levels = factors(audited, written)
    if levels is None:
        return unjudged(CHECK, "there is no finite gradient to follow")
    if not levels:
        return nothing(CHECK, "there are no layers to pass")
    total = sum(level.factor for level in levels)
    if len(levels) < _FEWEST_LEVELS or abs(total) < DECADES:
        return nothing(
            CHECK,
            f"the gradient changes by {power(total)} over {counted(_layers(levels), 'layer')}",
            **_data(audited, levels, total),
        )
    shrinks = total < 0
    shares = _shares(levels)
    told_shares = "   ".join(f"{kind} {power(x)}" for kind, x in shares[:4])
    text = (
        f"gradient {'shrinks' if shrinks else 'grows'} {power(total)} over "
        f"{counted(_layers(levels), 'layer')}:  {told_shares}"
    )
    steepest = max(levels, key=lambda level: -level.factor if shrinks else level.factor)
    node = audited.first + steepest.node
    events = audited.trace.arrivals(node)
    return [
        Finding(
            CHECK,
            "warning",
            text,
            _remedy(audited, shares, levels, written),
            _bars(audited, levels),
            node,
            event=events[-1] if events else None,
            location=audited.trace.nodes[node].location,
            data={"kind": "vanishing" if shrinks else "exploding"} | _data(audited, levels, total),
        )
    ]


def factors(audited: Audited, written: Sequence[Region] = ()) -> list[Level] | None:
    """The levels from the output down to the last that a gradient reaches; None where no gradient
    is finite.

    written: the activations of several ops, each of which counts as one.
    """
    p = audited.p
    bends, passed_on, names = _bends(audited, written)
    marked = audited.products | bends | audited.weighted
    heights = audited.heights_of(marked) if written else audited.levels
    ids = np.flatnonzero(marked & audited.reached & (heights >= 0))
    if not len(ids):
        return [] if np.isfinite(audited.gradient_squares).all() else None
    at, squares = heights[ids], audited.gradient_squares[ids]
    count = int(at.max()) + 1
    with np.errstate(all="ignore"):
        norms = np.sqrt(np.bincount(at, weights=squares, minlength=count))
        bent = np.bincount(at, weights=squares * bends[ids], minlength=count)
        passed = np.bincount(at, weights=passed_on[ids] * bends[ids], minlength=count)
    if not np.isfinite(norms[0]):
        return None
    order = np.lexsort((squares, at))
    last = np.searchsorted(at[order], np.arange(count), side="right") - 1
    largest = ids[order[last]]
    levels = []
    for k in range(count - 1):
        if not (np.isfinite(norms[k + 1]) and norms[k] > 0 and norms[k + 1] > 0):
            break
        node = int(largest[k])
        op: Any = p.ops[node]
        factor = log10(norms[k + 1]) - log10(norms[k])
        sloping = bent[k] > norms[k] ** 2 / 2 and passed[k] > 0
        slopes = (log10(passed[k]) - log10(bent[k])) / 2 if sloping else 0.0
        kind = f"{names.get(node, op.name)}′" if sloping else "W"
        levels.append(Level(factor, kind, slopes, node, float(norms[k])))
    return levels


def _bends(audited: Audited, written: Sequence[Region]) -> tuple[Array, Array, dict[int, str]]:
    """Whether each node makes what an activation gives, the sum of squares of what each node passed
    on, and the names of the activations of several ops. What is inside such a one does not count,
    and what it passed on is what arrived at its sum."""
    p = audited.p
    passed = np.bincount(p.sources, weights=audited.amount_squares, minlength=len(p.ops))
    bends = audited.activations.copy()
    bends[[i for region in written for i in region.members]] = False
    tops = [region.top for region in written]
    bends[tops] = True
    passed[tops] = audited.gradient_squares[[region.z for region in written]]
    return bends, passed, {region.top: region.name for region in written}


def _layers(levels: list[Level]) -> int:
    """How many layers they are: the weights and the slopes of a layer count once."""
    weights = sum(level.kind == "W" for level in levels)
    return max(weights, len(levels) - weights)


def _shares(levels: list[Level]) -> list[tuple[str, float]]:
    """What slopes and weights contribute to the logarithm, the largest by size first."""
    sums: dict[str, float] = {}
    for level in levels:
        sums["W"] = sums.get("W", 0.0) + level.factor - level.slopes
        if level.kind != "W":
            sums[level.kind] = sums.get(level.kind, 0.0) + level.slopes
    return sorted(sums.items(), key=lambda pair: -abs(pair[1]))


def _remedy(
    audited: Audited,
    shares: list[tuple[str, float]],
    levels: list[Level],
    written: Sequence[Region],
) -> str:
    total = sum(x for _, x in shares)
    culprit = max(shares, key=lambda pair: pair[1] if total > 0 else -pair[1])[0]
    if culprit != "W":
        if total > 0:
            return "clip the gradient, or normalise between the layers"
        return _against_flat_slopes(audited, culprit, written)
    worst = max(levels, key=lambda level: abs(level.factor - level.slopes))
    name = _weight_name(audited, worst.node)
    if name and len(levels) > 1 and abs(worst.factor) > 0.6 * abs(total):
        return f"look at {name}, which passes on {power(worst.factor)} of what it gets"
    per_layer = 10 ** (-dict(shares)["W"] / max(1, sum(v.kind == "W" for v in levels)))
    scaled = number(per_layer, digits=2)
    if total > 0:
        return f"scale the weights by {scaled}, or clip the gradient"
    return f"the weights are small: scale them by {scaled}, or Xavier (He for relu)"


def _weight_name(audited: Audited, node: int) -> str:
    weight = audited.weight_of(node) if audited.products[node] else None
    return "" if weight is None else name_of(audited.trace, audited.first + weight)


def _against_flat_slopes(audited: Audited, kind: str, written: Sequence[Region]) -> str:
    """Saturated units want smaller weights; slopes that are small by nature want another op."""
    op = kind.removesuffix("′")
    alike = [region for region in written if region.name == op]
    saturated = [
        (float((np.abs(layer.slopes) < FLAT * layer.profile.steepest).mean()), layer)
        for layer in (*layers(audited), *region_layers(audited, alike))
        if layer.op == op and np.isfinite(layer.profile.limit)
    ]
    share, worst = max(saturated, key=lambda pair: pair[0], default=(0.0, None))
    if worst is not None and share >= _MANY:
        return (
            f"the units are saturated ({percent(share)} with |z| > "
            f"{number(worst.profile.limit)}): {against_saturation(audited, worst)}"
        )
    if op == "sigmoid":
        return "tanh or relu, or skip connections: the sigmoid's slope is at most 1/4"
    if op == "softmax":
        return "divide what goes into softmax by the square root of its width, or normalise it"
    slope = max([steepest(audited, region) for region in alike], default=np.inf)
    if slope <= _GENTLE:
        return (
            f"tanh or relu, or skip connections: no slope here is above {number(slope, digits=2)}"
        )
    return "add skip connections, normalise between the layers, or try another activation"


def _bars(audited: Audited, levels: list[Level]) -> tuple[Row, ...]:
    """A bar of log10 for each level, from the output down; neighbours together where there are
    more than eight."""
    groups = np.array_split(np.arange(len(levels)), min(_ROWS, len(levels)))
    sums = [sum(levels[i].factor for i in group) for group in groups]
    scale = _BAR / max([1.0, *map(abs, sums)])
    rows = []
    for group, x in zip(groups, sums, strict=True):
        part = [levels[i] for i in group]
        steepest = max(part, key=lambda level: abs(level.factor))
        node = audited.first + steepest.node
        numbers = f"{group[0] + 1}" if len(group) == 1 else f"{group[0] + 1}–{group[-1] + 1}"
        bar = "█" * round(abs(x) * scale) or "░"
        kinds = "  ".join(f"{kind} {power(y)}" for kind, y in _shares(part) if y)
        rows.append(
            Row(
                (
                    (f"    {numbers:>7}  ", "label"),
                    (power(x).ljust(9), "strong"),
                    (bar.ljust(_BAR + 2), "gradient"),
                    (told(audited.trace, node) if len(part) == 1 else kinds, "quiet"),
                ),
                node,
            )
        )
    return (Row((("    level, counted from the result", "faint"),)), *rows)


def _data(audited: Audited, levels: list[Level], total: float) -> dict[str, Any]:
    return {
        "log10": round(total, 6),
        "shares": {kind: round(x, 6) for kind, x in _shares(levels)},
        "levels": [
            {
                "node": audited.first + level.node,
                "kind": level.kind,
                "log10": round(level.factor, 6),
                "slopes": round(level.slopes, 6),
                "norm": level.norm,
            }
            for level in levels
        ],
    }
