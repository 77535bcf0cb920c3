"""Questions about a gradient that is about to arrive."""

from __future__ import annotations

from functools import partial

import numpy as np

from engine.trace import Event, Trace
from tutor.debugger.predict.edge import (
    Edge,
    amounts_from_shown,
    edge_of,
    gets,
    known,
    source_of,
    standing,
    with_names,
)
from tutor.debugger.predict.facts import (
    Maker,
    asks_nothing,
    entry,
    finite,
    made,
    nameable,
    place,
    rounded,
    small,
    usable,
)
from tutor.debugger.predict.forward import axes_told, shape_slips, sign_of
from tutor.debugger.predict.mistakes import Wrong, mutated, wrong_amounts
from tutor.debugger.predict.question import Kind, Question, Slip
from tutor.render.expressions import gradient_name, name_of
from tutor.render.numbers import bracketed, number
from tutor.render.values import shape_text

_MOST_NODES = 2000
_MOST_CHOICES = 8
_MOST_USERS = 6
_SHOWN = 16


def of_seed(trace: Trace, event: Event) -> dict[Kind, Maker]:
    """What can be asked before the backward pass begins."""
    p = trace.passes[trace.pass_of(event.node)]
    if p.seed_given or type(p.seed) is not float:
        return {}
    return {"total": partial(_seed, trace, event)}


def of_contribution(trace: Trace, event: Event) -> dict[Kind, Maker]:
    """What can be asked before a gradient is passed along an edge."""
    p, source = source_of(trace, event)
    if asks_nothing(p, source):
        return {}
    makers: dict[Kind, Maker] = {
        "next": partial(_next, trace, event),
        "who": partial(_who, trace, event),
    }
    values = [p.values[i] for i in p.operands[source]]
    if small(p, source) and finite(event.upstream, event.amount, p.values[source], *values):
        makers["amount"] = partial(_amount, trace, event)
        makers["sign"] = partial(_sign, trace, event)
        makers["total"] = partial(_total, trace, event)
        makers["local"] = partial(_local, trace, event)
    if trace.nodes[event.node].shape:
        makers["shape"] = partial(_shape, trace, event)
    return makers


def _seed(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    name = name_of(trace, event.node)
    value = trace.value(event.node)
    wrong = [("value_for_seed", entry(value, ())), ("zero_for_seed", 0.0)]
    return Question(
        kind="total",
        event=event.i,
        node=event.node,
        index=(),
        text=f"The backward pass begins at {name}. What is ∂{name}/∂{name}?",
        form="number",
        reply=1.0,
        slips=nameable((1.0,), wrong),
        hints=(
            "The gradient of a node tells how fast the result changes with it.",
            f"How fast does {name} change with {name}?",
            f"Where {name} grows by 0.001, {name} grows by 0.001.",
        ),
        solution=f"∂{name}/∂{name} = 1",
    )


def _amount(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    edge = edge_of(trace, event, rng)
    if edge is None:
        return None
    also = amounts_from_shown(edge)
    return Question(
        kind="amount",
        event=event.i,
        node=event.node,
        index=edge.index,
        text=f"{gets(edge)} What does it pass on to {edge.target}?",
        form="number",
        reply=edge.amount,
        also=also,
        slips=nameable((edge.amount, *also), wrong_amounts(edge)),
        known=known(edge),
        hints=_hints(edge),
        solution=f"{edge.numbers} = {number(edge.amount)}",
    )


def _sign(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    edge = edge_of(trace, event, rng)
    if edge is None:
        return None
    right = sign_of(edge.amount)
    return Question(
        kind="sign",
        event=event.i,
        node=event.node,
        index=edge.index,
        text=f"{gets(edge)} Is what it passes on to {edge.target} positive (+), negative (−) or 0?",
        form="sign",
        reply=right,
        slips=(Slip("wrong_sign", "−" if right == "+" else "+"),) if right != "0" else (),
        choices=("+", "−", "0"),
        hints=_hints(edge),
        solution=f"{edge.numbers} = {number(edge.amount)}",
    )


def _total(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    before = trace.grad_at(event.node, event.i)
    if before is None or not finite(before, event.total):
        return None
    edge = edge_of(trace, event, rng)
    if edge is None:
        return None
    had, right = entry(before, edge.index), entry(event.total, edge.index)
    if not usable(right) or not usable(had):
        return None
    name = f"{name_of(trace, event.node)}{place(edge.index)}"
    wrong: Wrong = [
        ("not_accumulated", edge.amount),
        ("nothing_new", had),
        ("product_for_sum", had * edge.amount),
        ("sign_flipped", -right),
        ("difference_for_sum", had - edge.amount),
        ("missing_local", had + sum(u for u, _ in edge.terms)),
        ("missing_upstream", had + sum(s for _, s in edge.terms)),
    ]
    numbers = f"{number(had)} + {bracketed(number(edge.amount))}"
    shown = float(rounded(had)) + float(rounded(edge.amount))
    also = (shown, *[float(rounded(had)) + x for x in amounts_from_shown(edge)])
    return Question(
        kind="total",
        event=event.i,
        node=event.node,
        index=edge.index,
        text=f"The gradient of {name} is {number(had)} so far. {gets(edge)} "
        f"What is the gradient of {name} when it has passed its part on?",
        form="number",
        reply=right,
        also=also,
        slips=nameable((right, *also), wrong),
        known=known(edge),
        hints=(
            "Gradients that meet at a node are added up.",
            f"What {name} has so far + {with_names(edge)}.",
            f"{number(had)} + {bracketed(edge.numbers)}.",
        ),
        solution=f"{numbers} = {number(right)}",
    )


def _local(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    if event.local is None:
        return None
    edge = edge_of(trace, event, rng)
    if edge is None or len(edge.terms) != 1:
        return None
    upstream, right = edge.terms[0]
    if not usable(right):
        return None
    source = name_of(trace, edge.node)
    texts = edge.slope_texts
    at = place(edge.places[0])
    slope = f"∂{source}{at}/∂{edge.target}"
    result = number(right)
    numbers = result if texts is None else texts[1]
    shown = float(rounded(upstream))
    also = tuple([x / shown for x in amounts_from_shown(edge)]) if shown else ()
    wrong: Wrong = [
        ("sign_flipped", -right),
        ("upstream_included", edge.amount),
        *[(tag, x / upstream) for tag, x in mutated(edge) if upstream],
        ("value_for_slope", entry(trace.value(edge.node), edge.places[0])),
        ("upside_down", 1 / right if right else np.nan),
    ]
    return Question(
        kind="local",
        event=event.i,
        node=event.node,
        index=edge.index,
        text=f"{made(trace, edge.node)}. {standing(edge)}. What is the local derivative {slope}?",
        form="number",
        reply=right,
        also=also,
        slips=nameable((right, *also), wrong),
        known=known(edge),
        hints=(
            f"{_capital(edge.op.rule)}.",
            f"{slope} = {texts[0]}."
            if texts
            else f"How fast does {source} change with {edge.target}?",
            f"{numbers}." if texts else f"Move {edge.target} by 0.001 and look at {source}.",
        ),
        solution=f"{slope} = {numbers}{'' if numbers == result else f' = {result}'}",
    )


def _shape(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    right = trace.nodes[event.node].shape
    p, source = source_of(trace, event)
    node = trace.node_range(p.index).start + source
    name, from_name = name_of(trace, event.node), name_of(trace, node)
    upstream = np.shape(event.upstream)
    wrong = [("transposed", right[::-1]), ("upstream_shape", upstream)]
    told = f"{made(trace, node)}. What comes from above to {from_name} has the shape "
    return Question(
        kind="shape",
        event=event.i,
        node=event.node,
        index=(),
        text=f"{told}{shape_text(upstream)}. Which shape has what it passes on to {name}?",
        form="shape",
        reply=right,
        slips=shape_slips(right, wrong),
        hints=(
            "A gradient has the shape of the value that it belongs to.",
            f"Look at the shape of {name}.",
            axes_told(right),
        ),
        solution=f"{gradient_name(trace, event.node)} has the shape {shape_text(right)}",
    )


def _who(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    """Asked before the first of several contributions."""
    arrivals = trace.arrivals(event.node)
    if arrivals[0] != event.i or not 2 <= len(arrivals) <= _MOST_USERS:
        return None
    sources = {trace.events[i].source for i in arrivals} - {None}
    names = frozenset(name_of(trace, node) for node in sources if node is not None)
    at = trace.pass_of(event.node)
    nodes = [i for i in trace.node_range(at) if trace.nodes[i].inputs] if _few(trace, at) else []
    if len(names) != len(sources) or not nodes:
        return None
    name = name_of(trace, event.node)
    count = f"{len(names)} node{'s' * (len(names) != 1)}"
    return Question(
        kind="who",
        event=event.i,
        node=event.node,
        index=(),
        text=f"Which nodes will pass a gradient on to {name}?",
        form="nodes",
        reply=names,
        choices=tuple(name_of(trace, i) for i in nodes) if len(nodes) <= _MOST_CHOICES else (),
        hints=(
            "Every node that uses a value passes a gradient back to it.",
            f"{count} {'use' if len(names) != 1 else 'uses'} {name}.",
            f"One of them is {min(names)}.",
        ),
        solution=f"{' and '.join(sorted(names))} pass a gradient on to {name}",
    )


def _next(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    """Asked only where whatever is ready passes to one single node."""
    p, _ = source_of(trace, event)
    at = trace.pass_of(event.node)
    if not _few(trace, at):
        return None
    offset = trace.node_range(at).start
    done = event.i - trace.backward_range(at).start - 1
    waiting = set(p.targets[done:].tolist())
    ready = {
        int(target)
        for source, target in zip(p.sources[done:], p.targets[done:], strict=True)
        if int(source) not in waiting
    }
    if ready != {event.node - offset} or len(waiting) < 2:
        return None
    name = name_of(trace, event.node)
    names = sorted(name_of(trace, offset + i) for i in waiting)
    users = list(dict.fromkeys(name_of(trace, i) for i in trace.consumers(event.node)))
    return Question(
        kind="next",
        event=event.i,
        node=event.node,
        index=(),
        text="Which node gets a gradient next?",
        form="node",
        reply=name,
        slips=tuple([Slip("not_ready", other) for other in names if other != name]),
        choices=tuple(names) if len(names) <= _MOST_CHOICES else (),
        hints=(
            "A node passes its gradient on when all of it has arrived.",
            f"{name_of(trace, event.source or 0)} has all of its gradient.",
            f"It is used by {' and '.join(users)}.",
        ),
        solution=f"{name_of(trace, event.source or 0)} passes its gradient on to {name}",
    )


def _hints(edge: Edge) -> tuple[str, str, str]:
    return f"{_capital(edge.op.rule)}.", f"{with_names(edge)}.", f"{edge.numbers}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _few(trace: Trace, at: int) -> bool:
    return len(trace.passes[at].ops) <= _MOST_NODES
