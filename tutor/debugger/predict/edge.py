"""One entry of a contribution: the numbers that make it, and the texts that tell them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.backward import vjp
from engine.columns import Value
from engine.errors import EngineError
from engine.ops.declare import Op
from engine.passes import Pass
from engine.trace import Event, Trace
from tutor.debugger.predict.facts import (
    MOST_TERMS,
    SHOWN,
    Index,
    cells,
    entries_told,
    entry,
    made,
    numbers_known,
    operands_told,
    place,
    rounded,
    slope_texts,
    usable,
    written_out,
)
from tutor.debugger.why.tangents import pushed
from tutor.render.expressions import gradient_name, name_of
from tutor.render.numbers import bracketed, number
from tutor.render.values import inline


@dataclass(frozen=True, slots=True)
class Edge:
    """One entry of a contribution.

    op: what passes it on. source: the local id of its node, slot: the number of the operand. index:
    which entry. alone: whether each entry goes its own way, with one upstream gradient and one
    slope. amount: the sum of the products of `terms`, pairs of upstream gradient and slope,
    which belong to `places` of the node.
    """

    trace: Trace
    event: Event
    p: Pass
    op: Op
    source: int
    slot: int
    index: Index
    alone: bool
    amount: float
    terms: tuple[tuple[float, float], ...]
    places: tuple[Index, ...]

    @property
    def node(self) -> int:
        """The trace's number of the node that passes it on."""
        return self.trace.node_range(self.p.index).start + self.source

    @property
    def target(self) -> str:
        """`x`, `W[1, 0]`, `x (operand 2)` where an op takes x twice."""
        inputs = self.trace.nodes[self.node].inputs
        which = f" (operand {self.slot + 1})" if inputs.count(self.event.node) > 1 else ""
        return f"{name_of(self.trace, self.event.node)}{place(self.index)}{which}"

    @property
    def slope_texts(self) -> tuple[str, str] | None:
        """The local derivative in names and in numbers, where there is a formula for it."""
        if not self.op.elementwise or len(self.places) != 1:
            return None
        return slope_texts(self.trace, self.node, self.slot, self.places[0])

    @property
    def numbers(self) -> str:
        """The amount before it is worked out: `−2 · (1 − 0.8²)`, `2 · 3 + 1 · (−4)`."""
        if len(self.terms) == 1:
            texts = self.slope_texts
            if texts is not None:
                return f"{number(self.terms[0][0])} · {_factor(texts[1])}"
        products = [f"{number(u)} · {bracketed(number(s))}" for u, s in self.terms]
        return " + ".join(products) or "0"


def edge_of(trace: Trace, event: Event, rng: np.random.Generator) -> Edge | None:
    """An entry of the contribution that has few terms, all of them fit to be shown."""
    p, source = source_of(trace, event)
    op, slot = p.ops[source], event.operand or 0
    if op is None:
        return None
    alone = op.elementwise and np.shape(event.upstream) == np.shape(event.amount)
    if not alone and (np.size(event.upstream) > SHOWN or not written_out(p, source)):
        return None
    for index in cells(rng, event.amount):
        amount = entry(event.amount, index)
        if alone:
            places: list[Index] = [index]
            terms = [(entry(event.upstream, index), entry(event.local, index))]
        else:
            places, terms = _products(p, source, slot, index, event.upstream)
        shown = [x for term in terms for x in term]
        if terms and len(terms) <= MOST_TERMS and all(map(usable, (amount, *shown))):
            return Edge(
                trace, event, p, op, source, slot, index, alone, amount, tuple(terms), tuple(places)
            )
    return None


def _products(
    p: Pass, source: int, slot: int, index: Index, upstream: Value
) -> tuple[list[Index], list[tuple[float, float]]]:
    """The entries of a node that change with one entry of its operand: where, and the gradient and
    the slope there."""
    operand = p.values[p.operands[source][slot]]
    one: Value = 1.0
    if type(operand) is not float:
        one = np.zeros(operand.shape)
        one[index] = 1.0
    slopes = np.asarray(pushed(p, source, {slot: one}))
    places: list[Index] = [()]
    if slopes.ndim:
        places = [tuple(map(int, at)) for at in np.argwhere(slopes)]
    return places, [(entry(upstream, at), float(slopes[at])) for at in places]


def amounts_from_shown(edge: Edge) -> tuple[float, ...]:
    """The amount worked out of numbers in four digits, as they are shown."""
    p, node = edge.p, edge.source
    values = [rounded(p.values[i]) for i in p.operands[node]]
    out, upstream = rounded(p.values[node]), rounded(edge.event.upstream)
    wants = [slot == edge.slot for slot in range(len(values))]
    try:
        passed = vjp(edge.op, upstream, out, values, p.params.get(node, {}), wants)[edge.slot]
    except (ArithmeticError, ValueError, EngineError):
        return ()
    products = sum(float(rounded(u)) * float(rounded(s)) for u, s in edge.terms)
    found = [products] if passed is None else [entry(passed, edge.index), products]
    return tuple([float(x) for x in found if np.isfinite(x)])


def gets(edge: Edge) -> str:
    """`a = tanh(z) gets −2 from above. Its own value is 0.8, z is 1.1.`; of an array whose entries
    go their own ways, that of one entry."""
    given = f"{made(edge.trace, edge.node)} gets"
    if edge.alone and edge.index:
        above = f"{number(edge.terms[0][0])} at {place(edge.index)}"
    else:
        above = inline(edge.event.upstream, most=SHOWN)
    return f"{given} {above} from above. {standing(edge)}."


def standing(edge: Edge) -> str:
    """The values around an edge: `Its own value is 0.8, z is 1.1`."""
    value = edge.p.values[edge.source]
    if edge.alone and edge.index:
        own = f"Its own value there is {number(entry(value, edge.index))}"
        told = entries_told(edge.trace, edge.node, edge.index)
    else:
        own = f"Its own value is {inline(value, most=SHOWN)}"
        told = operands_told(edge.trace, edge.node)
    return ", ".join(filter(None, (own, told)))


def with_names(edge: Edge) -> str:
    """The amount in symbols: `∂L/∂a · (1 − a²)`."""
    texts, above = edge.slope_texts, gradient_name(edge.trace, edge.node)
    if texts is not None:
        return f"{above} · {_factor(texts[0])}"
    slope = f"∂{name_of(edge.trace, edge.node)}/∂{name_of(edge.trace, edge.event.node)}"
    return f"{above} · {slope}"


def _factor(text: str) -> str:
    """A factor in brackets where it is more than one sign or name."""
    if text.replace(".", "").replace("_", "").isalnum():
        return text
    closed = text.startswith("(") and text.find(")") == len(text) - 1
    return text if closed else f"({text})"


def known(edge: Edge) -> dict[str, float]:
    return numbers_known(edge.trace, [edge.node, *edge.trace.nodes[edge.node].inputs])


def source_of(trace: Trace, event: Event) -> tuple[Pass, int]:
    at = trace.pass_of(event.node)
    if event.source is None:
        raise ValueError(f"event {event.i} is a {event.kind}, no contribution")
    return trace.passes[at], event.source - trace.node_range(at).start
