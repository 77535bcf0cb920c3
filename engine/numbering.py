"""Evaluation order: which number each node of a recording gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.columns import Ragged
from engine.ops.declare import Op
from engine.tensor import Tensor


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
    used, counts = _operands(made)
    if not any(output is node for node in (made[-1:] or inputs)):
        used = [*used, output]  # as if a last node used the result: it may be a leaf of its own
    serials = _serials(used)
    own = _serials(made)
    at = np.searchsorted(own, serials)
    is_made = np.zeros(len(serials), dtype=bool)
    inside = at < len(own)
    is_made[inside] = own[at[inside]] == serials[inside]
    user = np.repeat(np.arange(len(made)), counts)
    user = np.append(user, np.full(len(serials) - len(user), len(made)))

    known = {leaf.serial: i for i, leaf in enumerate(inputs)}
    leaf_serials, first = np.unique(serials[~is_made], return_index=True)
    first = np.flatnonzero(~is_made)[first]
    other = np.array([serial not in known for serial in leaf_serials.tolist()], dtype=bool)
    new = np.sort(first[other])  # where each new leaf is first used
    made_ids = (
        len(inputs)
        + np.arange(len(made))
        + np.searchsorted(user[new], np.arange(len(made)), "right")
    )
    new_ids = len(inputs) + user[new] + np.arange(len(new))
    known.update(zip(serials[new].tolist(), new_ids.tolist(), strict=True))

    ids = np.empty(len(serials), dtype=np.int32)
    ids[is_made] = made_ids[at[is_made]]
    ids[~is_made] = [known[serial] for serial in serials[~is_made].tolist()]
    total = len(inputs) + len(made) + len(new)
    nodes: list[Any] = inputs + [None] * (total - len(inputs))
    ops: list[Op | None] = [None] * total
    for i, node in zip(made_ids.tolist(), made, strict=True):
        nodes[i] = node
        ops[i] = node.op
    for i, where in zip(new_ids.tolist(), new.tolist(), strict=True):
        nodes[i] = used[where]
    sizes = np.zeros(total, dtype=np.int64)
    sizes[made_ids] = counts
    edges = int(counts.sum())
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    result = (
        int(ids[-1]) if len(ids) > edges else int(made_ids[-1]) if made else _place(inputs, output)
    )
    leaves = [*range(len(inputs)), *new_ids.tolist()]
    return Numbered(nodes, ops, Ragged(ids[:edges], starts), made_ids, leaves, result)


def _operands(made: list[Tensor]) -> tuple[list[Tensor], np.ndarray[Any, Any]]:
    """All operands of all nodes in one list, and how many each node has."""
    used: list[Any] = []
    counts = []
    for node in made:
        others = node.others
        if type(others) is Tensor:
            used += (node.first, others)
            counts.append(2)
        elif others is None:
            used.append(node.first)
            counts.append(1)
        else:
            used += (node.first, *others)
            counts.append(1 + len(others))
    return used, np.array(counts, dtype=np.int64)


def _serials(tensors: list[Tensor]) -> np.ndarray[Any, Any]:
    return np.array([tensor.serial for tensor in tensors], dtype=np.int64)


def _place(inputs: list[Tensor], output: Tensor) -> int:
    return next(i for i, leaf in enumerate(inputs) if leaf is output)
