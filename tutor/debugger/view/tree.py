"""Tree: the groups of a pass within each other, made as far as somebody looks."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from engine.passes import Pass
from tutor.debugger.view.anchors import anchors_of
from tutor.debugger.view.parts import (
    Grain,
    Kind,
    Numbers,
    Part,
    inside,
    node_parts,
    repeats,
    span,
    top,
)
from tutor.debugger.view.titles import Titles

LIMIT = 60
"""How many boxes make a picture that can be taken in; a group opens into at most so many."""

MOST = 400
"""How many boxes are ever laid out."""

FORMULA = 150
"""Up to how many nodes a typed expression is open altogether."""

FRONT = 16
"""From how many leaves on, those before the first op are folded into one group."""

FEW = 4
"""In a picture of fewer boxes, what repeats is opened as well."""

GroupKind = Literal["scope", "repeat", "chunk"]

_KEPT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Nodes that can be folded into one box: those at the places `start` to `stop` of their tree.

    id: of its item; the same in every view of the pass. count: how many alike parts a repeat has,
    or a stretch of one, whose first is number `number` of them. parent: the group around it; None
    for an outermost one.
    """

    id: int
    kind: GroupKind
    title: str
    start: int
    stop: int
    count: int
    number: int
    depth: int
    parent: Group | None
    part: Part | None = field(repr=False)
    first_op: int = field(repr=False)

    @property
    def size(self) -> int:
        """How many nodes it holds."""
        return self.stop - self.start


# What a group consists of: smaller groups, and single nodes by their places.
Child = Group | int


class Tree:
    """The groups of a pass.

    order: the nodes in an order in which every group is a stretch and every edge goes from an
    earlier place to a later one: evaluation order, but a leaf that several scopes use stands at the
    front, and an input that is one repeated scope's own stands in it. place: the place of each
    node. front: how many places are before the first op.
    """

    def __init__(self, p: Pass) -> None:
        self.p = p
        self.grain = Grain(p)
        self.top = top(self.grain)
        anchors = anchors_of(p, self.grain, self.top)
        count = len(p.ops)
        own = self.grain.op_of >= 0
        self.order: Numbers = np.lexsort((np.arange(count), own, anchors))
        self.place: Numbers = np.empty(count, dtype=np.int64)
        self.place[self.order] = np.arange(count)
        ends = self.place[self.grain.nodes] + 1
        self.front = int(np.count_nonzero(anchors < 0))
        self.leads: list[int] = [self.front, *ends.tolist()]
        if len(ends):
            self.leads[-1] = count
        self.titles = Titles(self.grain, self.order, self.leads)
        self._children: dict[int, tuple[Child, ...]] = {}
        self._default: dict[str, frozenset[int]] = {}

    @property
    def roots(self) -> tuple[Child, ...]:
        """The outermost groups and the nodes in none."""
        found = self._children.get(-1)
        if found is None:
            found = self._children[-1] = self._outermost()
        return found

    def children(self, group: Group) -> tuple[Child, ...]:
        """What a group opens into: at most `LIMIT` groups and nodes."""
        found = self._children.get(group.id)
        if found is None:
            found = self._opened(group, group)
            while len(found) == 1 and isinstance(found[0], Group):
                found = self._opened(found[0], group)  # a scope around nothing but another
            self._children[group.id] = found
        return found

    def path(self, node: int) -> list[Group]:
        """The groups around a node (a number within the pass), the outermost first."""
        place = int(self.place[node])
        found: list[Group] = []
        children = self.roots
        while True:
            child = children[bisect_right(children, place, key=_start) - 1]
            if isinstance(child, int):
                return found
            found.append(child)
            children = self.children(child)

    def open_by_default(self, base: str) -> frozenset[int]:
        """The ids of the groups that are open where nobody said otherwise."""
        found = self._default.get(base)
        if found is None:
            found = self._default[base] = frozenset(self._chosen(base))
        return found

    def nodes(self, group: Group) -> Numbers:
        """The nodes of a group, rising."""
        return np.sort(self.order[group.start : group.stop])

    def first(self, group: Group) -> int:
        """The first node of a group that is computed; of a group of leaves, the first one."""
        if group.part is None:
            own = self.nodes(group)
            ops = own[self.grain.op_of[own] >= 0]
            return int(ops[0] if len(ops) else own[0])
        return int(self.grain.nodes[group.first_op])

    def _outermost(self) -> tuple[Child, ...]:
        count = len(self.p.ops)
        if not len(self.grain.nodes):
            return self._split(0, count, None)
        if self.front > FRONT and count > LIMIT:
            inputs = "inputs" if self.front == len(self.p.inputs) else "leaves"
            front: tuple[Child, ...] = (self._leaves(inputs, 0, self.front, None),)
        else:
            front = tuple(range(self.front))
        return front + self._arranged(self.top, 0, None)

    def _opened(self, group: Group, parent: Group) -> tuple[Child, ...]:
        """The content of a group, as that of `parent`, which holds the same nodes."""
        part, at = group.part, group.first_op
        if part is None:
            return self._split(group.start, group.stop, parent)
        if part.kind == "run":
            if group.size <= LIMIT:
                return tuple(range(group.start, group.stop))
            ops = node_parts(self.grain, at, at + part.length)
            folded = repeats(ops)
            if len(folded) == 1 and folded[0].kind == "repeat":
                return self._units(folded[0].parts, group, parent)
            if len(folded) == len(ops):
                return self._split(group.start, group.stop, parent)
            return self._arranged(folded, at, parent)
        if group.count:
            return self._units(part.parts, group, parent)
        return self._arranged(inside(self.grain, part), at, parent)

    def _arranged(
        self, parts: Sequence[Part], first_op: int, parent: Group | None
    ) -> tuple[Child, ...]:
        """Parts in a row as groups and single nodes, at most `LIMIT`."""
        single = [part.kind == "run" for part in parts]
        sizes = [
            self._places(part, at) if alone else 1
            for part, at, alone in zip(parts, _offsets(parts, first_op), single, strict=True)
        ]
        if sum(sizes) > LIMIT:
            parts = repeats(parts)
            single = [False] * len(parts)
        found: list[Child] = []
        offsets = _offsets(parts, first_op)
        if len(parts) > LIMIT:
            for some in _even(list(zip(parts, offsets, strict=True))):
                at = some[0][1]
                found.append(self._made(_together([part for part, _ in some]), at, parent))
            return tuple(found)
        for part, at, alone in zip(parts, offsets, single, strict=True):
            if alone:
                found += range(self.leads[at], self.leads[at + part.length])
            else:
                found.append(self._made(part, at, parent))
        return tuple(found)

    def _units(self, parts: Sequence[Part], group: Group, parent: Group) -> tuple[Child, ...]:
        """The alike parts of a group, or stretches of them where they are many."""
        placed = list(zip(parts, _offsets(parts, group.first_op), strict=True))
        number = group.number
        several = len({part.name for part in parts}) < len(parts)
        stretches: list[Sequence[tuple[Part, int]]] = []
        if group.kind == "repeat" or (group.part and group.part.kind == "run"):
            stretches = self._side_by_side(placed)
        if not stretches or len(stretches) > LIMIT:
            stretches = [[one] for one in placed] if len(placed) <= LIMIT else _even(placed)
        found: list[Child] = []
        for some in stretches:
            unit, at = some[0]
            last = number + len(some) - 1
            if len(some) > 1:
                title = self.titles.stretch([part for part, _ in some], at, number)
                stretch = _together([part for part, _ in some])
                found.append(self._group("chunk", title, parent, at, stretch, len(some), number))
            else:
                found.append(self._made(unit, at, parent, f" #{number}" if several else ""))
            number = last + 1
        return tuple(found)

    def _side_by_side(self, placed: list[tuple[Part, int]]) -> list[Sequence[tuple[Part, int]]]:
        """Alike parts, those together that come after one another and do not use each other, as
        the units of a layer; nothing where that keeps all together or all apart."""
        stretches: list[list[tuple[Part, int]]] = []
        begin = 0
        for part, at in placed:
            if not stretches or self.grain.uses(at, at + part.length, begin):
                stretches.append([])
                begin = at
            stretches[-1].append((part, at))
        return list(stretches) if 1 < len(stretches) < len(placed) else []

    def _made(self, part: Part, at: int, parent: Group | None, suffix: str = "") -> Child:
        """One part as a group, or as a node where it is no more than that."""
        if self.leads[at + part.length] - self.leads[at] == 1:
            return self.leads[at]
        kind, title = part.kind, self.titles.part(part, at)
        count = len(part.parts) if kind == "repeat" else 0
        if kind == "run" and part.length > 1 and self._one_op(part, at):
            kind, count = "repeat", part.length
            title = f"{self.titles.op(at)} ×{count}"
        return self._group(kind, title + suffix, parent, at, part, count)

    def _one_op(self, part: Part, at: int) -> bool:
        """Whether all ops of a run are of one kind and shape."""
        tokens = self.grain.tokens[at : at + part.length]
        return bool((tokens == tokens[0]).all())

    def _split(self, start: int, stop: int, parent: Group | None) -> tuple[Child, ...]:
        """Places cut into even stretches, each named by its first and last node."""
        if stop - start <= LIMIT:
            return tuple(range(start, stop))
        return tuple(
            self._leaves(self.titles.ends(some[0], some[-1]), some[0], some[-1] + 1, parent)
            for some in _even(range(start, stop))
        )

    def _leaves(self, title: str, start: int, stop: int, parent: Group | None) -> Group:
        """The group of places that are told apart by nothing."""
        depth = 0 if parent is None else parent.depth + 1
        key = self._key(start, stop)
        return Group(key, "chunk", title, start, stop, 0, 1, depth, parent, None, 0)

    def _group(
        self,
        kind: Kind,
        title: str,
        parent: Group | None,
        at: int,
        part: Part,
        count: int,
        number: int = 1,
    ) -> Group:
        start, stop = self.leads[at], self.leads[at + part.length]
        depth = 0 if parent is None else parent.depth + 1
        shown: GroupKind = "chunk" if kind == "run" else kind
        key = self._key(start, stop)
        return Group(key, shown, title, start, stop, count, number, depth, parent, part, at)

    def _key(self, start: int, stop: int) -> int:
        """An id that no node has, and no other group: no two hold the same nodes."""
        nodes = len(self.p.ops)
        return nodes + start * (nodes + 1) + stop

    def _places(self, part: Part, at: int) -> int:
        return self.leads[at + part.length] - self.leads[at]

    def _chosen(self, base: str) -> set[int]:
        """Groups opened one after the other, the largest first, as long as the picture holds them.
        Alike parts are opened together or not at all."""
        if base == "folded":
            return set()
        count = len(self.p.ops)
        # A formula has neither scopes nor lines: parts of it would be cut at random.
        formula = count <= FORMULA and all(
            place is None or place.file is None for place in self.p.locations
        )
        everything = base == "open" or count <= LIMIT or (formula and not self.p.scopes)
        most = MOST if base == "open" else (FORMULA if everything else LIMIT)
        chosen: set[int] = set()
        total = len(self.roots)
        heap: list[tuple[int, int, list[Group]]] = []

        def offer(children: Sequence[Child], *, alike: bool) -> None:
            groups = [child for child in children if isinstance(child, Group)]
            for some in [groups] if alike and groups else [[group] for group in groups]:
                heapq.heappush(heap, (-max(g.size for g in some), some[0].start, some))

        offer(self.roots, alike=False)
        while heap:
            _, _, some = heapq.heappop(heap)
            if total + len(some) > most or not all(
                everything or self._opens_by_itself(group, total) for group in some
            ):
                continue
            more = sum(len(self.children(group)) - 1 for group in some)
            if total + more > most:
                continue
            total += more
            chosen.update(group.id for group in some)
            for group in some:
                offer(self.children(group), alike=group.count > 0)
        return chosen

    def _opens_by_itself(self, group: Group, total: int) -> bool:
        """Whether a group is opened in a large graph: not what the person named and repeats, not
        the inputs, and what else repeats only where there is little to see without it."""
        if group.part is None:
            return False
        if group.part.kind == "run":
            return group.size <= LIMIT
        if group.count == 0:
            return True
        return not group.part.parts[0].name and group.count <= LIMIT and total < FEW


@lru_cache(maxsize=_KEPT)
def _tree(held: Same) -> Tree:
    return Tree(held.p)


def tree(p: Pass) -> Tree:
    """The groups of a pass; those of the last few passes are kept."""
    return _tree(Same(p))


class Same:
    """A pass as a key: itself and no other, however alike."""

    def __init__(self, p: Pass) -> None:
        self.p = p

    def __hash__(self) -> int:
        return id(self.p)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.p is self.p


def _offsets(parts: Sequence[Part], first_op: int) -> list[int]:
    found = []
    for part in parts:
        found.append(first_op)
        first_op += part.length
    return found


def _even(items: Sequence[Any]) -> list[Sequence[Any]]:
    """Items in stretches of about one length, as few levels deep as `LIMIT` allows."""
    branches = LIMIT
    count = len(items)
    levels = 1
    while LIMIT**levels < count:
        levels += 1
    while (branches - 1) ** levels >= count:
        branches -= 1
    size = -(-count // branches)
    return [items[k : k + size] for k in range(0, count, size)]


def _together(parts: Sequence[Part]) -> Part:
    """Parts in a row as one."""
    return Part("chunk", sum(part.length for part in parts), 0, "", span(parts), tuple(parts))


def _start(child: Child) -> int:
    return child if isinstance(child, int) else child.start
