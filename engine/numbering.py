"""Evaluation order: which number each node of a recording gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.columns import Ragged
from engine.ops.declare import Op
from engine.tensor import Tensor

Serials = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A recorded graph by node id: inputs first, then nodes in the order in which they were made,
    each other leaf right before the first node that uses it.

    nodes, ops: by id; the op of a leaf is None. operands: the ids that each was applied to.
    made: the id of each recorded node. leaves: the ids of the others. output: the id of the result.
    """

    nodes: list[Tensor]
    ops: list[Op | None]
    operands: Ragged
    made: np.ndarray[Any, Any]
    leaves: list[int]
    output: int


def number(inputs: list[Tensor], made: list[Tensor], output: Tensor) -> Numbered:
    """Number the nodes of a graph. Whatever was not made in this recording counts as a leaf.

    All at once and by serial numbers: a dictionary that is asked twice for every node takes three
    times as long.
    """
    count = len(made)
    serials, sizes = _operand_serials(made)
    edges = len(serials)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    serials = np.append(serials, output.serial)  # the result is used once more, by the caller
    user = np.append(np.repeat(np.arange(count), sizes), count)
    of_made, is_made = _find(made, serials)
    of_input, is_input = _find(inputs, serials)

    # Each other leaf comes right before the first node that uses it.
    strange = np.flatnonzero(~is_made & ~is_input)
    _, first, which = np.unique(serials[strange], return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int64)
    rank[order] = np.arange(len(first))
    uses = strange[first[order]]
    leaf_ids = len(inputs) + user[uses] + np.arange(len(uses))
    made_ids = (
        len(inputs) + np.arange(count) + np.searchsorted(user[uses], np.arange(count), "right")
    )

    ids = np.empty(edges + 1, dtype=np.int32)
    ids[is_made] = made_ids[of_made[is_made]]
    ids[is_input] = of_input[is_input]
    ids[strange] = leaf_ids[rank[which]]
    total = len(inputs) + count + len(uses)
    nodes: list[Any] = [*inputs, *[None] * (total - len(inputs))]
    ops: list[Op | None] = [None] * total
    for i, node in zip(made_ids.tolist(), made, strict=True):
        nodes[i] = node
        ops[i] = node.op
    for i, use in zip(leaf_ids.tolist(), uses.tolist(), strict=True):
        at = int(user[use])
        nodes[i] = output if at == count else made[at].inputs[use - int(starts[at])]
    widths = np.zeros(total + 1, dtype=np.int32)
    widths[made_ids + 1] = sizes
    operands = Ragged(ids[:edges], np.cumsum(widths, dtype=np.int32))
    leaves = [*range(len(inputs)), *leaf_ids.tolist()]
    return Numbered(nodes, ops, operands, made_ids, leaves, int(ids[edges]))


def _operand_serials(made: list[Tensor]) -> tuple[Serials, Serials]:
    """The serial numbers of all operands of all nodes, and how many each node has."""
    others = [node.others for node in made]
    if tuple in set(map(type, others)):
        operands = [node.inputs for node in made]
        serials = [operand.serial for several in operands for operand in several]
        return np.array(serials, dtype=np.int64), np.array([len(x) for x in operands])
    pairs = np.empty((len(made), 2), dtype=np.int64)
    pairs[:, 0] = [node.first.serial for node in made]  # type: ignore[union-attr]
    pairs[:, 1] = [-1 if other is None else other.serial for other in others]
    there = pairs >= 0
    return pairs[there], there.sum(axis=1)


def _find(nodes: list[Tensor], serials: Serials) -> tuple[Serials, np.ndarray[Any, Any]]:
    """For each serial number its place among `nodes` (which are in the order of theirs), and
    whether it has one."""
    if not nodes:
        return np.zeros(len(serials), dtype=np.int64), np.zeros(len(serials), dtype=bool)
    own = np.array([node.serial for node in nodes], dtype=np.int64)
    places = np.minimum(np.searchsorted(own, serials), len(own) - 1)
    return places, own[places] == serials
