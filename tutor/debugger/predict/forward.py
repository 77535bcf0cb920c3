"""Questions about a value that is about to be computed, and about an update."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from engine.apply import forward
from engine.backward import vjp
from engine.columns import Value
from engine.errors import EngineError
from engine.passes import Pass
from engine.trace import Event, Trace
from tutor.debugger.predict.facts import (
    MOST_TERMS,
    Index,
    Maker,
    asks_nothing,
    cells,
    entries_told,
    entry,
    finite,
    made,
    nameable,
    numbers_known,
    operands_told,
    place,
    rounded,
    small,
    usable,
    written_out,
)
from tutor.debugger.predict.mistakes import wrong_values
from tutor.debugger.predict.question import Kind, Question, Slip
from tutor.render.expressions import expression, name_of, with_numbers
from tutor.render.numbers import bracketed, number
from tutor.render.values import shape_text

_MOST_NODES = 2000
_MOST_CHOICES = 8


def of_value(trace: Trace, event: Event) -> dict[Kind, Maker]:
    """What can be asked before a node gets its value."""
    p, local = _place(trace, event.node)
    if p.ops[local] is None or asks_nothing(p, local):
        return {}
    makers: dict[Kind, Maker] = {"next": partial(_next, trace, event)}
    if small(p, local):
        makers["value"] = partial(_value, trace, event)
        makers["sign"] = partial(_sign, trace, event)
    if trace.nodes[event.node].shape:
        makers["shape"] = partial(_shape, trace, event)
    return makers


def of_update(trace: Trace, event: Event) -> dict[Kind, Maker]:
    """What can be asked before a parameter is changed."""
    return {"update": partial(_update, trace, event)}


def _value(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    p, local = _place(trace, event.node)
    op: Any = p.ops[local]
    if not op.elementwise and not written_out(p, local):
        return None
    name = name_of(trace, event.node)
    for index in cells(rng, event.value):
        right = entry(event.value, index)
        if not usable(right) or _terms(p, local, index) > MOST_TERMS:
            continue
        told, also = _told(trace, p, event.node, index), _from_shown(p, local, index)
        numbers = None if index else with_numbers(trace, event.node)
        asked = f"{name}{place(index)}"
        return Question(
            kind="value",
            event=event.i,
            node=event.node,
            index=index,
            text=f"{made(trace, event.node)}.{_sentence(told)} What is {asked}?",
            form="number",
            reply=right,
            also=also,
            slips=nameable((right, *also), wrong_values(p, local, index, right)),
            known=numbers_known(trace, list(trace.nodes[event.node].inputs)),
            hints=(
                _does(trace, event.node),
                f"{asked} is part of {expression(trace, event.node)}." if index
                else f"{made(trace, event.node)}.",
                f"{numbers or told or asked}.",
            ),
            solution=f"{numbers or asked} = {number(right)}",
        )  # fmt: skip
    return None


def _sign(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    found = _value(trace, event, rng)
    if found is None or not isinstance(found.reply, float):
        return None
    name = f"{name_of(trace, event.node)}{place(found.index)}"
    p, _ = _place(trace, event.node)
    told = _sentence(_told(trace, p, event.node, found.index))
    return Question(
        kind="sign",
        event=event.i,
        node=event.node,
        index=found.index,
        text=f"{made(trace, event.node)}.{told} Is {name} positive (+), negative (−) or 0?",
        form="sign",
        reply=sign_of(found.reply),
        choices=("+", "−", "0"),
        hints=found.hints,
        solution=found.solution,
    )


def sign_of(x: float) -> str:
    """`+`, `−` or `0`."""
    return "0" if x == 0 else "+" if x > 0 else "−"


def _shape(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    node = trace.nodes[event.node]
    shapes = [trace.nodes[i].shape for i in node.inputs]
    told = ", ".join(
        f"{name_of(trace, i)} is {shape_text(shape)}"
        for i, shape in dict(zip(node.inputs, shapes, strict=True)).items()
    )
    wrong = [("transposed", node.shape[::-1]), *[("operand_shape", shape) for shape in shapes]]
    return Question(
        kind="shape",
        event=event.i,
        node=event.node,
        index=(),
        text=f"{made(trace, event.node)}. {told}. Which shape has {name_of(trace, event.node)}?",
        form="shape",
        reply=node.shape,
        slips=shape_slips(node.shape, wrong),
        hints=(_does(trace, event.node), f"{told}.", axes_told(node.shape)),
        solution=f"{name_of(trace, event.node)} has the shape {shape_text(node.shape)}",
    )


def shape_slips(
    right: tuple[int, ...], wrong: list[tuple[str, tuple[int, ...]]]
) -> tuple[Slip, ...]:
    """The slips that come out at another shape, each shape once."""
    kept: dict[tuple[int, ...], Slip] = {}
    for tag, shape in wrong:
        if shape != right:
            kept.setdefault(shape, Slip(tag, shape))
    return tuple(kept.values())


def axes_told(shape: tuple[int, ...]) -> str:
    """The last hint to a shape."""
    axes = f"{len(shape)} ax{'i' if len(shape) == 1 else 'e'}s"
    return f"It has {axes} and {int(np.prod(shape))} entries."


def _next(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    """Asked only where a single node has all its operands."""
    p, local = _place(trace, event.node)
    offset = event.node - local
    if len(p.ops) > _MOST_NODES:
        return None
    coming = [i for i in range(local, len(p.ops)) if p.ops[i] is not None]
    ready = [i for i in coming if all(k < local for k in p.operands[i])]
    if ready != [local] or len(coming) < 2:
        return None
    name = name_of(trace, event.node)
    names = [name_of(trace, offset + i) for i in coming]
    operands = list(dict.fromkeys(name_of(trace, i) for i in trace.nodes[event.node].inputs))
    return Question(
        kind="next",
        event=event.i,
        node=event.node,
        index=(),
        text="Which node gets its value next?",
        form="node",
        reply=name,
        slips=tuple([Slip("not_ready", other) for other in names if other != name]),
        choices=tuple(sorted(names)) if len(names) <= _MOST_CHOICES else (),
        hints=(
            "A node gets its value when all its operands have theirs.",
            "One node alone has all its operands now.",
            f"It is made of {' and '.join(operands)}.",
        ),
        solution=f"{made(trace, event.node)}",
    )


def _update(trace: Trace, event: Event, rng: np.random.Generator) -> Question | None:
    if event.rate is None or not finite(event.old, event.amount, event.new):
        return None
    name, rate = name_of(trace, event.node), event.rate
    for index in cells(rng, event.new):
        old, gradient = entry(event.old, index), entry(event.amount, index)
        right = entry(event.new, index)
        if not all(map(usable, (old, gradient, right))):
            continue
        asked, at = f"{name}{place(index)}", place(index)
        numbers = f"{number(old)} − {number(rate)} · {bracketed(number(gradient))}"
        wrong = [
            ("uphill", old + rate * gradient),
            ("missing_rate", old - gradient),
            ("step_alone", -rate * gradient),
            ("step_alone", rate * gradient),
            ("step_alone", gradient),
            ("unchanged", old),
        ]
        shown = float(rounded(old)) - rate * float(rounded(gradient))
        return Question(
            kind="update",
            event=event.i,
            node=event.node,
            index=index,
            text=f"{asked} is {number(old)}, its gradient is {number(gradient)} and the learning "
            f"rate is {number(rate)}. Where does one step take {asked}?",
            form="number",
            reply=right,
            also=(shown,),
            slips=nameable((right, shown), wrong),
            hints=(
                "A step goes against the gradient, the learning rate times its size.",
                f"{name}{at} − η · gradient of {name}{at}.",
                f"{numbers}.",
            ),
            solution=f"{numbers} = {number(right)}",
        )
    return None


def _terms(p: Pass, node: int, index: Index) -> int:
    """How many entries of the operands an entry of the value changes with."""
    op: Any = p.ops[node]
    if op.elementwise:
        return 1
    out = p.values[node]
    one: Value = 1.0
    if type(out) is not float:
        one = np.zeros(out.shape)
        one[index] = 1.0
    values = [p.values[i] for i in p.operands[node]]
    found = vjp(op, one, out, values, p.params.get(node, {}), [True] * len(values))
    return sum(int(np.count_nonzero(g)) for g in found if g is not None)


def _from_shown(p: Pass, node: int, index: Index) -> tuple[float, ...]:
    """The value worked out of operands in four digits, as they are shown."""
    operands = [rounded(p.values[i]) for i in p.operands[node]]
    try:
        shown = entry(forward(p.ops[node], operands, p.params.get(node, {})), index)  # type: ignore[arg-type]
    except EngineError:
        return ()
    return (shown,) if np.isfinite(shown) else ()


def _does(trace: Trace, node: int) -> str:
    """What the op of a node computes, in one line."""
    op = trace.op(node)
    text = "" if op is None else " ".join(op.doc.split("\n\n")[0].split())
    return text if text.endswith(".") else f"{text}."


def _told(trace: Trace, p: Pass, node: int, index: Index) -> str:
    op: Any = p.ops[_place(trace, node)[1]]
    if index and op.elementwise:
        return entries_told(trace, node, index)
    return operands_told(trace, node)


def _sentence(text: str) -> str:
    return f" {text}." if text else ""


def _place(trace: Trace, node: int) -> tuple[Pass, int]:
    at = trace.pass_of(node)
    return trace.passes[at], node - trace.node_range(at).start
