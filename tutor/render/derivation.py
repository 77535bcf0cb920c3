"""How a gradient follows from the result: the steps of the chain rule on the way to one node.

The steps are those of the backward pass, in its order, restricted to the nodes through which the
result depends on the node. Each adds up what its consumers pass on. A way of more than 60 nodes is
folded: scope by scope where there are scopes, and else its middle as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from engine.columns import Value
from engine.passes import Pass
from engine.trace import Event, Trace
from tutor.render.expressions import gradient_name, name_of, output_name

WHOLE = 60
"""Up to how many nodes on the way every step is written out."""

_TERMS = 6
_ENDS = WHOLE // 2
_KNOWN = 6


class NothingToDeriveError(ValueError):
    """A node that no gradient reaches; the message says which."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Terms of a sum that are not written out: how many, and what they add up to."""

    count: int
    amount: Value


@dataclass(frozen=True, slots=True)
class Step:
    """The gradient of one node, as the sum of what its consumers pass on.

    terms: the contribution events, in their order; none for the result, which is seeded. rest: what
    is left out of a long sum. gradient: the sum.
    """

    node: int
    terms: tuple[Event, ...]
    rest: Rest | None
    gradient: Value


@dataclass(frozen=True, slots=True)
class Fold:
    """Steps that are not written out one by one.

    title: what they have in common, the name of a scope or "". count: how many there are. known:
    those of their nodes whose gradients the next steps start from, with these gradients; at most
    six, of `boundary`.
    """

    title: str
    count: int
    known: tuple[tuple[int, Value], ...]
    boundary: int


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the gradient of `node` follows from the `output` of its pass.

    steps: from the output to the node. on_the_way: how many nodes these stand for. made: the nodes
    whose definitions the steps need, in evaluation order.
    """

    trace: Trace
    node: int
    output: int
    steps: tuple[Step | Fold, ...]
    on_the_way: int
    made: tuple[int, ...]

    @property
    def folded(self) -> bool:
        """Whether some steps are not written out."""
        return any(isinstance(step, Fold) for step in self.steps)

    @property
    def title(self) -> str:
        """`∂f/∂x`."""
        return gradient_name(self.trace, self.node)

    @property
    def note(self) -> str:
        """What is said of folded steps; nothing where there are none."""
        if not self.folded:
            return ""
        hidden = sum(step.count for step in self.steps if isinstance(step, Fold))
        by = "scope by scope" if any(s.title for s in self.steps if isinstance(s, Fold)) else ""
        return (
            f"{self.on_the_way} nodes lie on the way, and at most {WHOLE} steps are written out: "
            f"{hidden} are folded{f', {by}' if by else ''}."
        )


def derivation(trace: Trace, node: int) -> Derivation:
    """The steps from the result to the gradient of `node`.

    Raises NothingToDeriveError where no gradient reaches the node, IndexError for no such node.
    """
    at = trace.pass_of(node)
    p, first = trace.passes[at], trace.node_range(at).start
    if p.gradient(node - first) is None:
        raise NothingToDeriveError(
            f"no gradient reaches {name_of(trace, node)}: {output_name(trace, node)} does not "
            "change with it"
        )
    way = _way(p, node - first)
    if len(way) <= WHOLE:
        steps: list[Step | Fold] = [_step(trace, first + i) for i in way]
    else:
        steps = list(_folded(trace, p, first, way))
    written = [step.node for step in steps if isinstance(step, Step)]
    return Derivation(
        trace, node, first + p.output, tuple(steps), len(way), _definitions(trace, written)
    )


def _way(p: Pass, node: int) -> list[int]:
    """The nodes through which the output's gradient reaches `node`, from the output on."""
    passes_on = {node}
    edges = zip(p.sources[::-1].tolist(), p.targets[::-1].tolist(), strict=True)
    for source, target in edges:
        if target in passes_on:
            passes_on.add(source)
    return sorted(passes_on, reverse=True)


def _step(trace: Trace, node: int) -> Step:
    """One step; of a long sum the terms that are largest."""
    gradient = trace.grad(node)
    events = [trace.events[i] for i in trace.arrivals(node)]
    terms = [event for event in events if event.kind == "contribution"]
    if len(terms) <= _TERMS:
        return Step(node, tuple(terms), None, gradient)
    sizes = [
        float(np.max(np.abs(np.nan_to_num(event.amount, nan=np.inf)), initial=0.0))
        for event in terms
    ]
    kept = sorted(sorted(range(len(terms)), key=lambda k: -sizes[k])[: _TERMS - 1])
    left = [terms[k].amount for k in range(len(terms)) if k not in set(kept)]
    total = left[0]
    for amount in left[1:]:
        total = total + amount
    return Step(node, tuple([terms[k] for k in kept]), Rest(len(left), total), gradient)


def _folded(trace: Trace, p: Pass, first: int, way: Sequence[int]) -> Iterator[Step | Fold]:
    """The steps of a long way, scope by scope; where that is still long, without its middle."""
    groups = [(scope, list(nodes)) for scope, nodes in groupby(way, key=lambda i: _scope(p, i))]
    parts: list[tuple[str, list[int]]] = []
    for scope, nodes in groups:
        if scope and len(nodes) > 1 and way[0] not in nodes and way[-1] not in nodes:
            parts.append((scope, nodes))
        else:
            parts += [("", [i]) for i in nodes]
    if len(parts) > WHOLE:
        middle = [i for _, nodes in parts[_ENDS:-_ENDS] for i in nodes]
        parts = [*parts[:_ENDS], ("", middle), *parts[-_ENDS:]]
    for title, nodes in parts:
        if len(nodes) == 1:
            yield _step(trace, first + nodes[0])
        else:
            yield _fold(trace, p, first, title, nodes, way)


def _scope(p: Pass, node: int) -> str:
    names = p.scopes.get(node, ())
    return names[0] if names else ""


def _fold(
    trace: Trace, p: Pass, first: int, title: str, nodes: Sequence[int], way: Sequence[int]
) -> Fold:
    """Steps as one; known are the gradients that later steps start from."""
    inside, on_the_way = set(nodes), set(way)
    mine = np.isin(p.sources, np.fromiter(inside, dtype=np.int64, count=len(inside)))
    edges = zip(p.sources[mine].tolist(), p.targets[mine].tolist(), strict=True)
    boundary = sorted(
        {source for source, target in edges if target in on_the_way and target not in inside},
        reverse=True,
    )
    known = tuple([(first + i, trace.grad(first + i)) for i in boundary[:_KNOWN]])
    return Fold(title, len(nodes), known, len(boundary))


def _definitions(trace: Trace, written: Sequence[int]) -> tuple[int, ...]:
    """The nodes made by ops that the steps speak of: those on the way and their operands."""
    needed = set()
    for node in written:
        needed.add(node)
        needed.update(trace.nodes[node].inputs)
    return tuple(sorted(node for node in needed if trace.nodes[node].inputs))
