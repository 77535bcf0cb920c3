"""Check 2: units that are off, and units that are saturated.

**Off.** A unit is off where its local derivative is 0 (for a smooth one: below 1/40 of its
steepest) at every example of the batch at which a gradient comes down to it. About half of all
relu units are off at any one example: that is how they work. So a layer is a finding only where
chance does not explain it. In the worst case all examples look alike, and a healthy unit is then
off at all of them with a chance of one half; a layer with k of n units off is a warning where k
or more heads in n throws of a coin have a chance below 1 in 10,000 (14 of 14, 48 of 64). Where
*all* units are off, nothing at all passes, whatever the reason.

**Saturated.** A smooth two-sided unit is saturated where its slope is below 1/40 of its steepest:
tanh beyond |z| = 2.5. A healthy layer, whose z spread by about 1, has 1 in 100 of them there; the
warning comes at half of all, where the gradient that passes the layer is down to less than a half.
A unit of the output is not judged: it is right for a classifier to become sure. A softmax between
layers is saturated where one entry of the row has all but 1/1000.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.finding import Finding, nothing, unjudged
from tutor.debugger.audit.layers import SELECTOR, Layer, layers
from tutor.debugger.audit.naming import counted, percent, told
from tutor.debugger.audit.profiles import FLAT
from tutor.render.expressions import name_of
from tutor.render.numbers import number

CHECK = "dead and saturated units"
_CHANCE = 1e-4
_SATURATED = 0.5
_ONE_SIDE = 0.999
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    layer: Layer
    share: float
    severe: bool


def units(audited: Audited) -> list[Finding]:
    """Layers whose units are off or saturated beyond what chance explains."""
    found: list[_Found] = []
    seen = judged = 0
    for layer in layers(audited):
        seen += 1
        if not np.isfinite(layer.slopes[layer.upstream]).all():
            continue
        judged += 1
        for made in (_off(layer), _saturated(layer)):
            if made is not None:
                found.append(made)
    rows = [made for made in _softmaxes(audited) if made is not None]
    if found or rows:
        return [_finding(audited, group) for group in _alike(audited, found)] + rows
    if seen and not judged:
        return unjudged(CHECK, "no unit has a finite gradient to be judged by")
    if not judged:
        return nothing(CHECK, "there is no unit that could be dead or saturated")
    return nothing(CHECK, f"in {counted(judged, 'layer')} no units are dead, none saturated")


def by_chance(off: int, count: int) -> float:
    """The chance of `off` or more heads in `count` throws of a coin."""
    if count > 1000:  # beyond 3.8 standard deviations it is below the bound
        return 0.0 if off > count / 2 + 1.9 * count**0.5 else 1.0
    return sum(comb(count, k) for k in range(off, count + 1)) / 2.0**count


def _off(layer: Layer) -> _Found | None:
    units, off = layer.units, layer.off
    if not off or layer.profile.kind != "one-sided":
        return None
    severe = off == units and by_chance(off, units) * 0.5 ** (layer.slopes.shape[0] - 1) < 0.05
    if off < units and (layer.loss or by_chance(off, units) > _CHANCE):
        return None
    return _Found("dead", layer, off / units, severe and not layer.loss)


def _saturated(layer: Layer) -> _Found | None:
    if layer.profile.kind != "two-sided" or not layer.hidden or layer.op == "clip":
        return None
    known = np.isfinite(layer.slopes)
    flat = np.abs(layer.slopes[known]) < FLAT * layer.profile.steepest
    if flat.size < _FEWEST or flat.mean() < _SATURATED:
        return None
    return _Found("saturated", layer, float(flat.mean()), False)


def _softmaxes(audited: Audited) -> list[Finding]:
    p = audited.p
    found = []
    for i in np.flatnonzero(audited.activations & (audited.heights > 0)).tolist():
        op: Any = p.ops[i]
        if op.name != "softmax" or not np.size(p.values[i]):
            continue
        value = np.asarray(p.values[i])
        axis = p.params.get(i, {}).get("axis", -1)
        largest = value.max(axis=axis)
        share = float((largest > _ONE_SIDE).mean())
        if value.shape[axis] < 2 or largest.size < _FEWEST or share < _SATURATED:
            continue
        node = audited.first + i
        found.append(
            Finding(
                CHECK,
                "warning",
                f"{told(audited.trace, node)} is saturated: {percent(share)} of its "
                f"{counted(largest.size, 'row')} have one entry above {_ONE_SIDE}",
                "divide what goes in by the square root of its width, or normalise it",
                node=node,
                event=audited.trace.value_event(node),
                location=audited.trace.nodes[node].location,
                data={"kind": "saturated", "share": share, "units": int(largest.size)},
            )
        )
    return found


def _alike(audited: Audited, found: list[_Found]) -> list[list[_Found]]:
    """What was found, with the layers of one line and one kind together, the worst first."""
    groups: dict[Any, list[_Found]] = {}
    for made in found:
        node = made.layer.nodes[0]
        key = (made.kind, made.severe, made.layer.op, audited.p.locations[node])
        groups.setdefault(key, []).append(made)
    return [sorted(group, key=lambda made: -made.share) for group in groups.values()]


def _finding(audited: Audited, group: list[_Found]) -> Finding:
    made = group[0]
    local = min(made.layer.nodes)
    node = audited.first + local
    where = told(audited.trace, node)
    if len(group) > 1:
        where += f" and {counted(len(group) - 1, 'layer')} more"
    text, remedy = (_dead_text if made.kind == "dead" else _saturated_text)(audited, made, where)
    examples, count = made.layer.slopes.shape
    return Finding(
        CHECK,
        "wrong" if made.severe else "warning",
        text,
        remedy,
        node=node,
        event=audited.trace.value_event(node),
        location=audited.trace.nodes[node].location,
        data={
            "kind": made.kind,
            "share": made.share,
            "units": count,
            "examples": examples,
            "layers": len(group),
            "nodes": [audited.first + min(one.layer.nodes) for one in group],
        },
    )


def _dead_text(audited: Audited, made: _Found, where: str) -> tuple[str, str]:
    layer = made.layer
    examples = layer.slopes.shape[0]
    over = f"for all {counted(examples, 'example')}" if examples > 1 else "for this example"
    bound = layer.profile is SELECTOR and layer.op != "mul"
    if layer.off < layer.units:
        who = f"{layer.off} of {layer.units} units are {'at their bound' if bound else 'off'}"
    elif layer.units == 1:
        who = f"the unit is {'at its bound' if bound else 'off'}"
    else:
        who = f"all {layer.units} units are {'at their bound' if bound else 'off'}"
    text = f"{where}: {who} {over}{', so nothing passes' if layer.off == layer.units else ''}"
    if layer.loss:
        return text, "every term of the loss is at its floor: nothing is left to learn from here"
    return text, _against_dead(audited, layer)


def _against_dead(audited: Audited, layer: Layer) -> str:
    weight, bias = audited.sum_below(min(layer.nodes))
    if bias is not None and np.mean(audited.p.values[bias]) < 0:
        name = name_of(audited.trace, audited.first + bias)
        mean = number(float(np.mean(audited.p.values[bias])))
        return f"raise {name} (its mean is {mean}) to 0 or a little above, or use leaky_relu"
    name = "" if weight is None else f" {name_of(audited.trace, audited.first + weight)}"
    return f"start the weights{name} anew (He), take smaller steps, or use leaky_relu"


def _saturated_text(audited: Audited, made: _Found, where: str) -> tuple[str, str]:
    layer = made.layer
    beyond = f" with |z| > {number(layer.profile.limit)}"
    text = f"{where}: {percent(made.share)} of the units are saturated{beyond}"
    return text, against_saturation(audited, layer)


def against_saturation(audited: Audited, layer: Layer) -> str:
    """What brings z back to a spread of 1: a factor for the weights, or a smaller bias where that
    is most of z."""
    known = layer.z[np.isfinite(layer.z)]
    spread = float(np.sqrt(np.mean(known * known)))
    weight, bias = audited.sum_below(min(layer.nodes))
    if bias is not None:
        shift = float(np.sqrt(np.mean(np.square(audited.p.values[bias]))))
        if shift > spread / 2:
            name = name_of(audited.trace, audited.first + bias)
            return f"bring {name} nearer to 0: it is {number(shift, digits=2)} in size"
    name = "the weights" if weight is None else name_of(audited.trace, audited.first + weight)
    return f"scale {name} by {number(1 / spread, digits=1)}, or Xavier"
