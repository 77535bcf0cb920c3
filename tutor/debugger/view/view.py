"""View: a pass as items, each one node or a folded group, in an order in which edges run forward.

The items of a view hold every node of the pass exactly once, and the graph of its items, each
contracted to a point, has no circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np

from engine.passes import Pass
from tutor.debugger.view.circles import folded, in_order
from tutor.debugger.view.folds import fault
from tutor.debugger.view.parts import Numbers
from tutor.debugger.view.tree import MOST, Child, Group, Same, Tree, tree
from tutor.debugger.view.zoom import Fold, Zoom
from tutor.render.sanitise import sanitise

ItemKind = Literal["node", "scope", "repeat", "fold", "chunk"]

_FOLDS = 1 << 60  # ids from here on are those of a person's own gates
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Item:
    """A node, or a group of nodes that is folded.

    id: the node's number within the pass, or a number that no node has; the same in every view.
    nodes: the numbers of its nodes, in stretches. inputs: the items that it takes values from: of a
    node in the order of its operands, of a group each once, in the order of first use. output: the
    last of its nodes that others use, one with a gradient before others, or the result; it stands
    for the item. outputs: all of its nodes that others use. count: how many alike parts are folded
    into it, 0 for none. depth: in how many open groups it lies. begins: the first of its nodes that
    is computed, not given.
    """

    id: int
    kind: ItemKind
    nodes: tuple[range, ...]
    title: str
    inputs: tuple[int, ...]
    output: int
    outputs: tuple[int, ...]
    count: int
    depth: int
    begins: int

    @property
    def size(self) -> int:
        """How many nodes it holds."""
        return sum(len(some) for some in self.nodes)


@dataclass(frozen=True, eq=False)
class View:
    """What is seen of a pass. items: each after its inputs. item_of: for each node of the pass, the
    id of its item. by_id: the items by their ids."""

    items: tuple[Item, ...]
    item_of: Numbers
    by_id: Mapping[int, Item]

    def at(self, node: int) -> Item:
        """The item that a node (a number within the pass) is seen in."""
        return self.by_id[int(self.item_of[node])]

    def edge(self, operand: int, user: int, number: int) -> tuple[int, int, int] | None:
        """On which edge between items node `operand` is seen to go to `user` as its operand
        `number`: source item, consuming item, number among its inputs. None within one item."""
        source, consumer = self.at(operand), self.at(user)
        if source is consumer:
            return None
        if consumer.kind == "node":
            return source.id, consumer.id, number
        return source.id, consumer.id, consumer.inputs.index(source.id)


def view(p: Pass, zoom: Zoom) -> View:
    """What is seen of a pass: at most `MOST` items. The last few views are kept."""
    return _view(Same(p), replace(zoom, marked=frozenset()))


def representative(seen: View, item: int) -> int:
    """The node (a number within the pass) that stands for an item. Raises KeyError for no item of
    the view."""
    return seen.by_id[item].output


def beneath(
    seen: View, p: Pass, source: int, consumer: int, number: int
) -> list[tuple[int, int, int]]:
    """The edges between nodes that are seen as one edge between two items, as (operand, node that
    uses it, operand number), in evaluation order."""
    if seen.by_id[consumer].kind == "node":
        return [(p.operands[consumer][number], consumer, number)]
    starts = p.operands.starts
    users = np.repeat(np.arange(len(p.ops)), np.diff(starts))
    here = (seen.item_of[p.operands.flat] == source) & (seen.item_of[users] == consumer)
    found = np.flatnonzero(here)
    slots = found - starts[users[found]]
    columns = (p.operands.flat[found], users[found], slots)
    return list(zip(*[column.tolist() for column in columns], strict=True))


def is_open(groups: Tree, group: Group, zoom: Zoom) -> bool:
    """Whether a group is open, seen by itself."""
    if group.id in zoom.opened:
        return True
    return group.id not in zoom.closed and group.id in groups.open_by_default(zoom.base)


def fold_id(fold: Fold) -> int:
    """The id of the item of a person's own gate."""
    return _FOLDS + fold.nodes[-1]


@lru_cache(maxsize=_KEPT)
def _view(held: Same, zoom: Zoom) -> View:
    p = held.p
    groups = tree(p)
    seen = _seen(groups, zoom)
    cell = np.empty(len(p.ops), dtype=np.int64)  # of each node, the number of what it is seen in
    for k, child in enumerate(seen):
        low, high = (child, child + 1) if isinstance(child, int) else (child.start, child.stop)
        cell[groups.order[low:high]] = k
    keys = [child.id if isinstance(child, Group) else int(groups.order[child]) for child in seen]
    gates = _gates(p, cell, seen, zoom)
    for k, fold in gates.items():
        cell[list(fold.nodes)] = k
        keys[k] = fold_id(fold)
    sources, users = _crossing(p, cell)
    inputs = _inputs(cell[sources], cell[users], len(seen))
    # Counted, not np.unique, which imports numpy.ma before the first frame.
    outputs = _outputs(p, cell, np.flatnonzero(np.bincount(sources)), len(seen))
    cells = np.flatnonzero(np.bincount(cell)).tolist()
    items = []
    for k in in_order(cells, inputs) if gates else cells:
        child = seen[k]
        ways = tuple([keys[source] for source in inputs[k]])
        if k in gates:
            items.append(_gate(groups, gates[k], ways, *outputs[k]))
        elif isinstance(child, Group):
            items.append(_folded(groups, child, ways, *outputs[k]))
        else:
            node = keys[k]
            ways = tuple([keys[source] for source in cell[list(p.operands[node])].tolist()])
            items.append(_single(groups, node, ways, outputs[k][1]))
    item_of = np.array(keys, dtype=np.int64)[cell]
    item_of.flags.writeable = False
    return View(tuple(items), item_of, {item.id: item for item in items})


def _seen(groups: Tree, zoom: Zoom) -> list[Child]:
    """The groups that are folded and the nodes in none of them, by place; outer groups are opened
    before inner ones, as many as can be drawn."""
    found: list[Child] = []
    level: list[Child] = list(groups.roots)
    total = len(level)
    while level:
        inner: list[Child] = []
        for child in level:
            children: Sequence[Child] = ()
            if isinstance(child, Group) and is_open(groups, child, zoom):
                children = groups.children(child)
            if not children or total + len(children) - 1 > MOST:
                found.append(child)
            else:
                total += len(children) - 1
                inner += children
        level = inner
    return sorted(found, key=lambda child: child if isinstance(child, int) else child.start)


def _gates(p: Pass, cell: Numbers, seen: Sequence[Child], zoom: Zoom) -> dict[int, Fold]:
    """A person's own gates that can be seen, by the number of the cell of their last node: all of
    their nodes can, and folding them makes no circle."""
    found: dict[int, Fold] = {}
    if not zoom.folds:
        return found
    sources, users = _crossing(p, cell)
    pairs = set(zip(cell[sources].tolist(), cell[users].tolist(), strict=True))
    taken: set[int] = set()
    for fold in zoom.folds:
        if fold_id(fold) in zoom.opened or fault(p, fold.nodes) is not None:
            continue
        own = {int(cell[node]) for node in fold.nodes}
        apart = len(own) == len(fold.nodes) and not any(isinstance(seen[k], Group) for k in own)
        merged = folded(pairs, own, int(cell[fold.nodes[-1]]))
        if apart and not own & taken and merged is not None:
            pairs, taken = merged, taken | own
            found[int(cell[fold.nodes[-1]])] = fold
    return found


def _crossing(p: Pass, cell: Numbers) -> tuple[Numbers, Numbers]:
    """The edges from one cell to another: operands and their users."""
    users = np.repeat(np.arange(len(p.ops)), np.diff(p.operands.starts))
    sources = p.operands.flat
    across = cell[sources] != cell[users]
    return sources[across], users[across]


def _inputs(sources: Numbers, users: Numbers, count: int) -> list[list[int]]:
    """For each cell those that it takes values from, in the order of first use."""
    found: list[list[int]] = [[] for _ in range(count)]
    _, first = np.unique(users * count + sources, return_index=True)
    first.sort()
    for user, source in zip(users[first].tolist(), sources[first].tolist(), strict=True):
        found[user].append(source)
    return found


def _outputs(
    p: Pass, cell: Numbers, used: Numbers, count: int
) -> list[tuple[int, tuple[int, ...]]]:
    """For each cell the node that stands for it, and all of its nodes that others use."""
    shown = np.full(count, -1)
    for nodes in (used[p.wanted[used]], used, np.arange(len(cell))):
        last = np.full(count, -1)
        np.maximum.at(last, cell[nodes], nodes)
        shown = np.where(shown < 0, last, shown)
    shown[cell[p.output]] = p.output
    by_cell = used[np.argsort(cell[used], kind="stable")]
    ends = np.cumsum(np.bincount(cell[used], minlength=count))[:-1]
    several = [tuple(some.tolist()) for some in np.split(by_cell, ends)]
    return list(zip(shown.tolist(), several, strict=True))


def _single(groups: Tree, node: int, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Item:
    depth = len(groups.path(node))
    title = sanitise(groups.p.names[node])
    here = (range(node, node + 1),)
    return Item(node, "node", here, title, inputs, node, outputs, 0, depth, node)


def _folded(
    groups: Tree, group: Group, inputs: tuple[int, ...], output: int, outputs: tuple[int, ...]
) -> Item:
    count = group.count if group.kind == "repeat" else 0
    return Item(
        group.id,
        group.kind,
        _stretches(groups.nodes(group)),
        group.title,
        inputs,
        output,
        outputs,
        count,
        group.depth,
        groups.first(group),
    )


def _gate(
    groups: Tree, fold: Fold, inputs: tuple[int, ...], output: int, outputs: tuple[int, ...]
) -> Item:
    depth = len(groups.path(output))
    begins = next(node for node in fold.nodes if groups.grain.op_of[node] >= 0)
    return Item(
        fold_id(fold),
        "fold",
        _stretches(np.array(fold.nodes)),
        sanitise(fold.name),
        inputs,
        output,
        outputs,
        0,
        depth,
        begins,
    )


def _stretches(nodes: Numbers) -> tuple[range, ...]:
    """Rising numbers as ranges."""
    cuts = [0, *(np.flatnonzero(np.diff(nodes) != 1) + 1).tolist(), len(nodes)]
    ends = [(int(nodes[low]), int(nodes[high - 1])) for low, high in pairwise(cuts)]
    return tuple([range(first, last + 1) for first, last in ends])
