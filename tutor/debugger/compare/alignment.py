"""Which node of one pass is which of another.

Two passes of the same shape, in which every op was applied to the same nodes, correspond by number;
an op may be another one, as after a what-if. Else nodes that were given a name correspond by name
and op, and all others in order: the longest common subsequence of (op, name, scope), found as
E. Myers describes it (An O(ND) difference algorithm, 1986), so that two long runs that part only
here and there are aligned in no time. Where as many nodes are left over on both sides between two
that correspond, they are taken to have replaced each other.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from engine.passes import Pass

Array = np.ndarray[Any, Any]
Pairs = list[tuple[int, int]]
_MOST_DIFFERENCES = 400


def same_shape(a: Pass, b: Pass) -> bool:
    """Whether two passes applied their ops, whichever they are, to the same nodes."""
    return a is b or (
        len(a.ops) == len(b.ops) and a.operands == b.operands and a.output == b.output
    )


def aligned(a: Pass, b: Pass) -> tuple[Array, Array]:
    """The corresponding nodes of two passes, by local id, as two arrays of one length in evaluation
    order; −1 stands where the other has no such node."""
    if same_shape(a, b):
        both = np.arange(len(a.ops))
        return both, both
    named = _by_name(a, b)
    mine, yours = {i for i, _ in named}, {j for _, j in named}
    left = [i for i in range(len(a.ops)) if i not in mine]
    right = [j for j in range(len(b.ops)) if j not in yours]
    common = common_subsequence([_key(a, i, True) for i in left], [_key(b, j, True) for j in right])
    if common is None:
        keys = [_key(a, i, False) for i in left], [_key(b, j, False) for j in right]
        common = common_subsequence(*keys)
        if common is None:
            common = [(k, k) for k, (x, y) in enumerate(zip(*keys, strict=False)) if x == y]
    pairs = named + [(left[i], right[j]) for i, j in common]
    pairs += [
        (left[i], right[j]) for i, j in _replaced(common, len(left), len(right))
        if _could_replace(a, left[i], b, right[j])
    ]  # fmt: skip
    return _in_order(pairs, len(a.ops), len(b.ops))


def common_subsequence(a: Sequence[Hashable], b: Sequence[Hashable]) -> Pairs | None:
    """The longest common subsequence of two sequences, as places in both, ascending; None where
    more than 400 insertions and deletions lie between them."""
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    middle = _shortest_edit(a[start : len(a) - end], b[start : len(b) - end])
    if middle is None:
        return None
    return (
        [(i, i) for i in range(start)]
        + [(start + i, start + j) for i, j in middle]
        + [(len(a) - k, len(b) - k) for k in range(end, 0, -1)]
    )


def _shortest_edit(a: Sequence[Hashable], b: Sequence[Hashable]) -> Pairs | None:
    """Myers' greedy search: the furthest place in `a` on each diagonal after d edits."""
    n, m = len(a), len(b)
    if not n or not m:
        return []
    furthest = {1: 0}
    steps: list[dict[int, int]] = []
    for d in range(min(n + m, _MOST_DIFFERENCES) + 1):
        steps.append(dict(furthest))
        for k in range(-d, d + 1, 2):
            down = k == -d or (k != d and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            while x < n and x - k < m and a[x] == b[x - k]:
                x += 1
            furthest[k] = x
            if x >= n and x - k >= m:
                return _walked_back(steps, n, m)
    return None


def _walked_back(steps: list[dict[int, int]], x: int, y: int) -> Pairs:
    pairs: Pairs = []
    for d in range(len(steps) - 1, -1, -1):
        furthest, k = steps[d], x - y
        down = k == -d or (k != d and furthest[k - 1] < furthest[k + 1])
        before = k + 1 if down else k - 1
        start = furthest[before] + (not down)
        while x > start:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = furthest[before], furthest[before] - before
    return pairs[::-1]


def _by_name(a: Pass, b: Pass) -> Pairs:
    """The nodes that were given the same name in both and are of the same op."""
    theirs = {name: j for j, name in b.given_names.items()}
    pairs = []
    for i, name in a.given_names.items():
        j = theirs.pop(name, None)
        if j is not None and a.ops[i] is b.ops[j]:
            pairs.append((i, j))
    return pairs


def _key(p: Pass, node: int, with_constants: bool) -> Hashable:
    """What corresponding nodes have in common; of a constant number the number too, if asked
    for."""
    op = p.ops[node]
    if op is not None:
        return op.name, p.given_names.get(node), p.scopes.get(node, ())
    number = with_constants and not p.wanted[node] and node not in p.values.arrays
    return p.given_names.get(node), repr(p.values[node]) if number else ""


def _replaced(common: Pairs, n: int, m: int) -> Pairs:
    """The places in the gaps between common ones that are as long on both sides."""
    pairs: Pairs = []
    i, j = 0, 0
    for x, y in [*common, (n, m)]:
        if x - i == y - j:
            pairs += [(i + k, j + k) for k in range(x - i)]
        i, j = x + 1, y + 1
    return pairs


def _could_replace(a: Pass, i: int, b: Pass, j: int) -> bool:
    """Whether both were made of as many nodes and have the same shape."""
    return len(a.operands[i]) == len(b.operands[j]) and (
        np.shape(a.values[i]) == np.shape(b.values[j])
    )


def _in_order(pairs: Pairs, n: int, m: int) -> tuple[Array, Array]:
    """All nodes of both: in the order of `b`, those of `a` alone before the next that `b` has
    too."""
    to_b = dict(pairs)
    to_a = {j: i for i, j in pairs}
    mine: list[int] = []
    yours: list[int] = []
    i = 0
    for j in range(m):
        twin = to_a.get(j, -1)
        while i < n and i < twin:
            if i not in to_b:
                mine.append(i)
                yours.append(-1)
            i += 1
        mine.append(twin)
        yours.append(j)
    for rest in range(i, n):
        if rest not in to_b:
            mine.append(rest)
            yours.append(-1)
    return np.array(mine, dtype=np.int64), np.array(yours, dtype=np.int64)
