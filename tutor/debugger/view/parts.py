"""Parts: how the ops of a pass are grouped, by scope, by source line, and by what repeats.

Grouping goes over ops only, in evaluation order, so that a group is always a run of ops: contracted
to one box each, such runs leave a graph without circles, since every edge goes from an earlier run
to a later one. Leaves come along with the op that they stand before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any, Literal

import numpy as np

from engine.passes import Pass

Kind = Literal["run", "scope", "repeat", "chunk"]
Lines = tuple[int, ...]
Numbers = np.ndarray[Any, Any]

LONGEST_PERIOD = 512
FEWEST = 3  # single parts in a row that count as repeating; two are often the end of a longer part
_NUMBERED = re.compile(r"(.*?\w.*?)[ _.#-]?(\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """A run of ops.

    kind: "run" for ops of one source line, "scope", "repeat" for alike parts in a row, "chunk" for
    any others. length: how many ops. token: two parts with the same token are alike in ops, shapes
    and inner structure. name: of the scope. lines: the source lines, rising; none for an
    expression. parts: what it consists of; none for a run, and none yet for a scope, whose first op
    and depth are known instead (see `inside`).
    """

    kind: Kind
    length: int
    token: int
    name: str = ""
    lines: Lines = ()
    parts: tuple[Part, ...] = ()
    start: int = 0
    depth: int = 0


class Grain:
    """What the ops of a pass are told apart by, as numbers in columns.

    nodes: the node of each op. op_of: the op of each node, −1 for a leaf. line_ids: the same number
    where the source line is the same. tokens: the same where op and shape are.
    """

    def __init__(self, p: Pass) -> None:
        self.p = p
        is_op = _addresses(p.ops) != id(None)
        self.nodes = np.flatnonzero(is_op)
        self.op_of = np.where(is_op, np.cumsum(is_op) - 1, -1)
        self._known: dict[Any, int] = {}

    def token(self, about: Any) -> int:
        """The same number for equal things."""
        return self._known.setdefault(about, len(self._known))

    @cached_property
    def line_ids(self) -> Numbers:
        """A number for each op's file and line."""
        return self._told_apart(self.p.locations, lambda place: place and (place.file, place.line))

    @cached_property
    def tokens(self) -> Numbers:
        """A number for each op's kind and shape."""
        found = self._told_apart(self.p.ops, lambda op: op.name)
        for node, array in self.p.values.arrays.items():
            at = int(self.op_of[node])
            if at >= 0:
                found[at] = self.token((int(found[at]), tuple(array.shape)))
        return found

    def _told_apart(self, things: Sequence[Any], about: Callable[[Any], Any]) -> Numbers:
        """For each op a number, the same where what is said about its thing is the same."""
        _, first, which = np.unique(
            _addresses(things)[self.nodes], return_index=True, return_inverse=True
        )
        numbers = [self.token(about(things[node])) for node in self.nodes[first].tolist()]
        return np.array(numbers, dtype=np.int64)[which]

    @cached_property
    def scopes(self) -> list[tuple[str, ...]]:
        """The scopes around each op, the outermost first."""
        known = self.p.scopes
        return [known.get(node, ()) for node in self.nodes.tolist()]

    @cached_property
    def exact(self) -> Numbers:
        """A number for each op's kind, shape and source line."""
        _, found = np.unique(np.stack([self.line_ids, self.tokens]), axis=1, return_inverse=True)
        return found.ravel()

    @cached_property
    def leads(self) -> tuple[int, ...]:
        """Where each op's operands begin in the column of all operands, and where the last end."""
        starts = self.p.operands.starts
        return (*starts[self.nodes].tolist(), int(starts[-1]))

    def line(self, op: int) -> Lines:
        """The source line of an op; none for an expression."""
        place = self.p.locations[int(self.nodes[op])]
        return () if place is None or place.file is None else (place.line,)

    def uses(self, start: int, stop: int, since: int) -> bool:
        """Whether ops `start` to `stop` use an op before them, from op `since` on."""
        ops = self.op_of[self.p.operands.flat[self.leads[start] : self.leads[stop]]]
        return bool(((ops >= since) & (ops < start)).any())

    def structure(self, start: int, stop: int) -> bytes:
        """How ops `start` to `stop` use each other, and that they use others, but not which."""
        flat = self.p.operands.flat[self.leads[start] : self.leads[stop]]
        inside = self.op_of[flat] - start
        return bytes(np.where(inside < 0, -1, inside).astype(np.int32).tobytes())


def top(grain: Grain) -> tuple[Part, ...]:
    """The parts of a whole pass."""
    return _scoped(grain, 0, len(grain.nodes), 0)


def inside(grain: Grain, part: Part) -> tuple[Part, ...]:
    """What a part consists of. The content of a scope is looked at here, and not before: in a large
    graph there are tens of thousands of scopes, and few are ever opened."""
    if part.kind != "scope":
        return part.parts
    return _scoped(grain, part.start, part.start + part.length, part.depth + 1)


def repeats(parts: Sequence[Part], longest: int = LONGEST_PERIOD) -> tuple[Part, ...]:
    """The parts with stretches that repeat, of up to `longest` parts each, folded into one."""
    found = list(parts)
    period = 1
    while period <= min(longest, len(found) // 2):
        tokens = np.array([part.token for part in found])
        stretches = list(_periodic(tokens, period))
        if not stretches:
            period += 1
            continue
        for start, count in reversed(stretches):
            units = [
                _unit(found[k : k + period]) for k in range(start, start + count * period, period)
            ]
            found[start : start + count * period] = [_repeated(units)]
        period = 1
    return tuple(found)


def node_parts(grain: Grain, start: int, stop: int) -> tuple[Part, ...]:
    """A part for each op by itself."""
    return tuple([Part("run", 1, token) for token in grain.tokens[start:stop].tolist()])


def stem(name: str) -> tuple[str, str]:
    """A name without what tells it from those beside it, and that: `layer` and 3 of `layer3` and of
    `layer_3`, `t=` and 3 of `t=3`."""
    word, equals, value = name.partition("=")
    if equals:
        return word + equals, value
    match = _NUMBERED.fullmatch(name)
    return (name, "") if match is None else (match[1], match[2])


def _addresses(things: Sequence[Any]) -> Numbers:
    """A number for each of many objects, the same for the same object."""
    return np.fromiter(map(id, things), dtype=np.int64, count=len(things))


def _scoped(grain: Grain, start: int, stop: int, depth: int) -> tuple[Part, ...]:
    """The parts of ops `start` to `stop`, all of which lie in `depth` scopes already."""
    if not grain.p.scopes:
        return _runs(grain, start, stop)
    names = [path[depth] if len(path) > depth else None for path in grain.scopes[start:stop]]
    parts: list[Part] = []
    for name, several in groupby(names):
        end = start + sum(1 for _ in several)
        parts += _runs(grain, start, end) if name is None else [_scope(grain, start, end, depth)]
        start = end
    return _scope_repeats(parts)


def _scope(grain: Grain, start: int, stop: int, depth: int) -> Part:
    """One scope; or, where its content repeats from end to end, as many: a trace does not tell
    scopes of one name in a row apart."""
    name = grain.scopes[start][depth]
    about = (stem(name)[0], grain.tokens[start:stop].tobytes(), grain.structure(start, stop))
    period = _least_period(grain.exact[start:stop].tolist())
    if period == 1:
        period = stop - start
    token = grain.token(about)
    units = [
        Part("scope", period, token, name, start=at, depth=depth)
        for at in range(start, stop, period)
    ]
    return replace(_repeated(units), token=token) if len(units) > 1 else units[0]


def _scope_repeats(parts: list[Part]) -> tuple[Part, ...]:
    """Scopes in a row that are alike become one part."""
    found: list[Part] = []
    for (kind, _), several in groupby(parts, key=lambda part: (part.kind, part.token)):
        alike = list(several)
        found += [_repeated(alike)] if kind == "scope" and len(alike) > 1 else alike
    return tuple(found)


def _runs(grain: Grain, start: int, stop: int) -> tuple[Part, ...]:
    """Ops `start` to `stop` cut where the source line changes."""
    if start == stop:
        return ()
    ids = grain.line_ids[start:stop]
    cuts = [0, *(np.flatnonzero(np.diff(ids)) + 1).tolist(), stop - start]
    tokens = grain.tokens
    found = []
    for low, high in pairwise(cuts):
        about = (int(ids[low]), tokens[start + low : start + high].tobytes())
        found.append(Part("run", high - low, grain.token(about), lines=grain.line(start + low)))
    return tuple(found)


def _periodic(tokens: Numbers, period: int) -> Iterator[tuple[int, int]]:
    """The stretches of equal parts of `period` tokens each: where they begin, and how many."""
    same = tokens[period:] == tokens[:-period]
    if np.count_nonzero(same) < period:
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]])))
    free = 0
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        first = max(start, free)
        count = (stop - first) // period + 1
        if count >= (FEWEST if period == 1 else 2):
            yield first, count
            free = first + count * period


def _least_period(tokens: Sequence[int]) -> int:
    """The length of the shortest piece that the whole repeats (Knuth, Morris and Pratt, 1977)."""
    failure = [0] * len(tokens)
    k = 0
    for i in range(1, len(tokens)):
        while k and tokens[i] != tokens[k]:
            k = failure[k - 1]
        k += tokens[i] == tokens[k]
        failure[i] = k
    whole = len(tokens)
    period = whole - (failure[-1] if failure else 0)
    return period if period and whole % period == 0 else whole


def _unit(parts: list[Part]) -> Part:
    """Parts in a row as one."""
    if len(parts) == 1:
        return parts[0]
    return Part("chunk", sum(part.length for part in parts), 0, "", span(parts), tuple(parts))


def _repeated(units: list[Part]) -> Part:
    """Parts that are alike as one. Its token stands for what repeats and how often."""
    first = units[0]
    inner = first.token if first.kind != "chunk" else hash(tuple(p.token for p in first.parts))
    return Part(
        "repeat",
        sum(unit.length for unit in units),
        hash((inner, len(units), "repeat")),
        first.name,
        span(units),
        tuple(units),
    )


def span(parts: Sequence[Part]) -> Lines:
    """The source lines of several parts; none where one has none."""
    if not all(part.lines for part in parts):
        return ()
    return tuple(sorted({line for part in parts for line in part.lines}))
