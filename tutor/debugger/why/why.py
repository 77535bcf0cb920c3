"""Where does the gradient of a node come from? The question, put to a trace, and all of the answer.

Of an array one entry is followed: the one asked for, or else the one with the largest gradient.
The whole array can be followed too; then what is explained is the length of its gradient, and what
a node carries is measured along the direction of that gradient.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from engine.errors import EngineError
from engine.trace import Trace
from tutor.debugger.why.cuts import Cut, cut, readable_depth
from tutor.debugger.why.ends import End, first_odd, stopped, unreached
from tutor.debugger.why.flow import Index, between, flow
from tutor.debugger.why.paths import MOST, Paths, paths
from tutor.render.expressions import name_of
from tutor.render.values import shape_text

_LISTED = 2000
"""With more edges on the way, paths are counted and none is listed."""


@dataclass(frozen=True, slots=True)
class Why:
    """Where the gradient of a node comes from. Node ids are those of the trace.

    index: the entry that is followed, () of a scalar; None for a whole array. picked: whether the
    entry was taken here, as that of the largest gradient (or the first that is not finite).
    gradient: of the entry, or the length of a whole array's; None where none arrived. depths: the
    cuts that there are, from the output (0) to the node itself. cut: that at the chosen depth.
    paths: the ways that lead there. ends: where gradient stops, or turned into what is not a
    number.
    """

    node: int
    index: Index | None
    picked: bool
    gradient: float | None
    depths: range
    cut: Cut | None
    paths: Paths | None
    ends: tuple[End, ...]

    @property
    def cancels(self) -> float:
        """How much of what is carried cancels, 0..1."""
        return 0.0 if self.cut is None else self.cut.cancels


def why(
    trace: Trace,
    node: int,
    index: Index | None = None,
    *,
    depth: int | None = None,
    whole: bool = False,
    units: bool | None = None,
    opened: Collection[int] = (),
    most: int = MOST,
) -> Why:
    """Where the gradient of `node` comes from, at the end of its backward pass.

    index: an entry of an array, one whole number for each axis; None takes the entry with the
    largest gradient. whole: follow the whole array instead. depth: of the cut, kept within
    `depths`; None for the one that tells most at a glance. units, opened: as of `cuts.cut`, with
    the ids of the trace. most: how many paths are listed.

    Raises EngineError for an entry that is not there, and where the gradient of an array passes an
    op that this program does not have; IndexError for no such node.
    """
    at = trace.pass_of(node)
    p, offset = trace.passes[at], trace.node_range(at).start
    target = node - offset
    gradient = p.gradients[target]
    entry = _entry(trace, node, index)
    if gradient is None:
        return Why(node, entry, False, None, range(0), None, None, unreached(trace, node))
    picked = index is None and not whole and entry is None
    if picked:
        entry = _largest(gradient)
    followed = flow(p, target, None if whole and np.ndim(gradient) else entry)
    bottom = followed.between.bottom
    chosen_depth = readable_depth(p, followed.between) if depth is None else depth
    found = cut(
        p,
        followed,
        max(0, min(chosen_depth, bottom)),
        units=units,
        opened={i - offset for i in opened},
    )
    ends: tuple[End, ...] = ()
    if not np.isfinite(followed.gradient):
        odd = first_odd(trace, at)
        ends = () if odd is None else (odd,)
    elif followed.gradient == 0 and found.size == 0:
        ends = stopped(trace, node, followed)
    if len(followed.between.edges) > _LISTED:
        ways = Paths(followed.between.ways, (), None)
    else:
        ways = paths(p, followed, most)
    return Why(
        node=node,
        index=followed.index,
        picked=picked,
        gradient=followed.gradient,
        depths=range(bottom + 1),
        cut=_of_trace(found, offset),
        paths=_paths_of_trace(ways, offset),
        ends=ends,
    )


def depths(trace: Trace, node: int) -> range:
    """The depths at which there is a cut: 0, the output alone, to that of the node itself. Empty
    where no gradient arrives."""
    at = trace.pass_of(node)
    p, target = trace.passes[at], node - trace.node_range(at).start
    return range(0) if p.gradients[target] is None else range(between(p, target).bottom + 1)


def _entry(trace: Trace, node: int, index: Index | None) -> Index | None:
    """The entry with its negative numbers counted from the start; () of a scalar. Raises
    EngineError for one that is not there."""
    shape = trace.nodes[node].shape
    if index is None:
        return None if shape else ()
    name = name_of(trace, node)
    if len(index) != len(shape):
        axes = f"{len(shape)} whole number{'s' * (len(shape) != 1)}"
        raise EngineError(f"{name} has shape {shape_text(shape)}: an entry of it takes {axes}")
    for i, size in zip(index, shape, strict=True):
        if not -size <= i < size:
            raise EngineError(f"{name} has shape {shape_text(shape)}; there is no entry {index}")
    return tuple([int(i) % size for i, size in zip(index, shape, strict=True)])


def _largest(gradient: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Index:
    """The entry of the largest gradient; the first that is not finite where there is one."""
    if gradient.size == 0:
        raise EngineError("an array without entries has no gradient to follow")
    sizes = np.abs(np.asarray(gradient, dtype=np.float64))
    odd = ~np.isfinite(sizes)
    place = int(np.argmax(odd if odd.any() else sizes))
    return tuple(map(int, np.unravel_index(place, gradient.shape)))


def _of_trace(found: Cut, offset: int) -> Cut:
    if not offset:
        return found
    members = [
        replace(m, node=m.node + offset, through=tuple([i + offset for i in m.through]))
        for m in found.members
    ]
    return replace(found, members=tuple(members))


def _paths_of_trace(found: Paths, offset: int) -> Paths:
    if not offset:
        return found
    listed = [replace(x, nodes=tuple([i + offset for i in x.nodes])) for x in found.listed]
    return replace(found, listed=tuple(listed))
