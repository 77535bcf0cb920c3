"""The rule of an event, and the same rule with its numbers.

    ∂f/∂x  =  ∂f/∂q · ∂q/∂x
           =   −4   ·   1    =  −4

Lines are tuples of runs (text, role). Roles: "text", "upstream" (the gradient that comes in),
"local" (the local derivative, or what is computed with), "result", and "active" (the term of a sum
that this event added).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.columns import Value
from engine.ops import REGISTRY
from engine.trace import Event, Trace
from tutor.render.expressions import expression, filled, gradient_name, name_of, pieces, value_text
from tutor.render.matrix_rules import jacobian_rule, matrix_rule
from tutor.render.numbers import bracketed, number
from tutor.render.plain import Line, Run, spelled, spelled_line
from tutor.render.slopes import slope_of
from tutor.render.values import change, inline, is_scalar, shape_text
from tutor.render.wrapping import wrapped

_TERMS = 6
_ENTRIES = 4
_LONG = 24


@dataclass(frozen=True, slots=True)
class Formula:
    """What the formula pane shows of an event.

    title: what happens, `q → x`. rule: the op's rule, one sentence. lines: the rule in symbols and
    then with numbers; the first two say the most, so that a small pane may leave out the rest.
    """

    title: str
    rule: str
    lines: tuple[Line, ...]


def formula(trace: Trace, event: int, *, width: int | None = None, ascii: bool = False) -> Formula:
    """The formula of event number `event` (counted from 0). width: of a line, where it is
    bounded."""
    entry = trace.events[event]
    made = {
        "value": _value,
        "seed": _seed,
        "contribution": _contribution,
        "update": _update,
    }[entry.kind](trace, entry, ascii)
    lines = [spelled_line(line, ascii) for line in made.lines]
    if width is not None:
        lines = [part for line in lines for part in wrapped(line, width)]
    return Formula(spelled(made.title, ascii), spelled(made.rule, ascii), tuple(lines))


def _value(trace: Trace, event: Event, ascii: bool) -> Formula:
    node = trace.nodes[event.node]
    name = name_of(trace, node.id)
    if not node.inputs:
        kind = "an input" if node.op == "input" else "a constant"
        shape = f", shape {shape_text(node.shape)}" if node.shape else ""
        result: Line = ((value_text(trace, node.id), "result"),)
        if node.op == "input" or node.shape:
            result = ((f"{name} = ", "text"), *result)
        return Formula(name, f"{kind}{shape}", (result,))
    parts = pieces(trace, node)
    operands = [trace.value(operand) for operand in node.inputs]
    symbols: list[Run] = [(f"{name} = ", "text"), (expression(trace, node.id), "text")]
    shown = [value_text(trace, operand, most=_ENTRIES) for operand in node.inputs]
    result_run = (value_text(trace, node.id, most=_ENTRIES), "result")
    indent = " " * len(name)
    lines: list[Line] = [tuple(symbols)]
    if all(is_scalar(value) or value.size <= _ENTRIES for value in operands):
        numbers: Line = ((f"{indent} = ", "text"), (filled(parts, shown), "local"))
        lines.append((*numbers, (" = ", "text"), result_run))
    else:
        lines.append(((f"{indent} = ", "text"), result_run))
    if node.shape or any(not is_scalar(value) for value in operands):
        shapes = [shape_text(np.shape(value)) for value in operands]
        sizes = filled(parts, shapes) if parts[0] == 0 else ", ".join(shapes)
        lines.append(((f"{indent}   shape ", "text"), (shape_text(node.shape), "result"),
                      (f" from {sizes}", "text")))  # fmt: skip
    return Formula(f"{name} = {expression(trace, node.id)}", _first_sentence(node.op), tuple(lines))


def _seed(trace: Trace, event: Event, ascii: bool) -> Formula:
    name = name_of(trace, event.node)
    p = trace.passes[trace.pass_of(event.node)]
    line: Line = ((f"∂{name}/∂{name} = ", "text"), (inline(event.amount), "result"))
    if p.seed_given:
        line = (("upstream gradient of ", "text"), (f"{name} = ", "text"), line[1])
        return Formula(name, "the seed was given", (line,))
    if trace.nodes[event.node].shape:
        return Formula(name, "every entry of the result is seeded with 1", (line,))
    return Formula(name, "the result changes as fast as itself: the seed is 1", (line,))


def _contribution(trace: Trace, event: Event, ascii: bool) -> Formula:
    source = trace.nodes[_edge(event)[0]]
    upstream_name = gradient_name(trace, source.id)
    arrivals = trace.arrivals(event.node)
    target = gradient_name(trace, event.node)
    if len(arrivals) > 1:
        target += f" via {name_of(trace, source.id)}{_which(source.inputs, event)}"
    title = f"{name_of(trace, source.id)} → {name_of(trace, event.node)}"
    if event.local is None:
        lines = _by_rule(trace, event, target, upstream_name, ascii)
    else:
        lines = _by_slope(trace, event, target, upstream_name, ascii)
    if len(arrivals) > 1:
        lines = [*lines, _sum_line(trace, event, arrivals)]
    return Formula(title, REGISTRY[source.op].rule, tuple(lines))


def _by_slope(
    trace: Trace, event: Event, target: str, upstream_name: str, ascii: bool
) -> list[Line]:
    """Chain rule for an elementwise op: upstream times the local derivative."""
    source, _ = _edge(event)
    entry = trace.nodes[source]
    times = "⊙" if entry.shape else "·"
    slope_name = f"∂{name_of(trace, source)}/∂{name_of(trace, event.node)}"
    upstream, local = _short(event.upstream), _short(event.local)
    local_text = bracketed(local) if is_scalar(event.local) else local
    left, right = _aligned((upstream_name, upstream), (slope_name, local_text), ascii)
    indent = " " * len(spelled(target, ascii))
    lines: list[Line] = [
        (
            (f"{target} = ", "text"),
            (left[0], "upstream"),
            (f" {times} ", "text"),
            (right[0].rstrip(), "local"),
        ),
        (
            (f"{indent} = ", "text"),
            (left[1], "upstream"),
            (f" {times} ", "text"),
            (right[1], "local"),
            (" = ", "text"),
            (_short(event.amount), "result"),
        ),
    ]
    slope = _slope(trace, event)
    if slope is not None:
        symbols, numbers = slope
        shown: list[Run] = [(f"{slope_name} = ", "text"), (symbols, "local")]
        if numbers is not None:
            shown += [(f" = {numbers} = ", "text"), (local, "local")]
        lines.append(tuple(shown))
    shape = trace.nodes[event.node].shape
    if np.shape(event.upstream) != shape:
        lines.append(((f"summed to the shape {shape_text(shape)} of the operand, "
                       "which was spread over the value", "text"),))  # fmt: skip
    return lines


def _by_rule(
    trace: Trace, event: Event, target: str, upstream_name: str, ascii: bool
) -> list[Line]:
    """A rule between whole arrays, with shapes."""
    at, operand = _edge(event)
    entry = trace.nodes[at]
    known = matrix_rule(trace, entry, operand)
    left, middle, right = known or jacobian_rule(trace, entry, operand)
    indent = " " * len(spelled(target, ascii))
    first: Line = (
        (f"{target} = ", "text"),
        (left, "local"),
        (upstream_name + middle, "upstream"),
        (right, "local"),
    )
    second: Line = ((f"{indent} = ", "text"), (_short(event.amount), "result"))
    sizes: Line = (
        (f"{indent}   shape ", "text"),
        (shape_text(np.shape(event.amount)), "result"),
        (" from ", "text"),
        (shape_text(np.shape(event.upstream)), "upstream"),
        (f" and {', '.join(shape_text(trace.nodes[k].shape) for k in entry.inputs)}", "local"),
    )
    return [tuple([run for run in first if run[0]]), second, sizes]


def _sum_line(trace: Trace, event: Event, arrivals: list[int]) -> Line:
    """Everything that has arrived at a node so far, term by term, this event's term in the
    light."""
    so_far = [i for i in arrivals if i <= event.i]
    name = gradient_name(trace, event.node)
    state = "" if len(so_far) == len(arrivals) else f" so far ({len(so_far)} of {len(arrivals)})"
    runs: list[Run] = [(f"{name}{state} = ", "text")]
    shown = so_far[-_TERMS:]
    if len(shown) < len(so_far):
        runs.append((f"{len(so_far) - len(shown)} before + ", "text"))
    for k, i in enumerate(shown):
        text = _short(trace.events[i].amount)
        active = "active" if i == event.i else "text"
        runs.append((text if k == 0 else f" + {bracketed(text)}", active))
    if len(so_far) > 1:
        runs += [(" = ", "text"), (_short(event.total), "result")]
    return tuple(runs)


def _update(trace: Trace, event: Event, ascii: bool) -> Formula:
    name, gradient = name_of(trace, event.node), gradient_name(trace, event.node)
    rate = number(event.rate or 0.0)
    old, new = change(event.old, event.new, most=_ENTRIES)
    amount = _short(event.amount)
    amount = bracketed(amount) if is_scalar(event.amount) else amount
    lines: tuple[Line, ...] = (
        ((f"{name} ← {name} − η · ", "text"), (gradient, "upstream")),
        (
            (f"{name} ← {old} − {rate} · ", "text"),
            (amount, "upstream"),
            (" = ", "text"),
            (new, "result"),
        ),
    )
    return Formula(f"update of {name}", "a step against the gradient, η times its size", lines)


def _slope(trace: Trace, event: Event) -> tuple[str, str | None] | None:
    """The formula of the local derivative with names, and with numbers where these are scalars."""
    at, operand = _edge(event)
    entry = trace.nodes[at]
    template = slope_of(trace, entry, operand)
    if template is None:
        return None
    names = {"a": name_of(trace, entry.inputs[0]), "out": name_of(trace, entry.id)}
    values: dict[str, Value] = {"a": trace.value(entry.inputs[0]), "out": trace.value(entry.id)}
    if len(entry.inputs) > 1:
        names["b"] = name_of(trace, entry.inputs[1])
        values["b"] = trace.value(entry.inputs[1])
    symbols = template.format(**{key: bracketed(name) for key, name in names.items()})
    bare = template.startswith("{") and template.endswith("}") and template.count("{") == 1
    if bare or not all(is_scalar(value) for value in values.values()):
        return symbols, None
    numbers = {key: bracketed(number(float(value))) for key, value in values.items()}
    return symbols, template.format(**numbers)


def _first_sentence(op: str) -> str:
    """What an op computes: the first paragraph of its declaration, in one line."""
    return " ".join(REGISTRY[op].doc.split("\n\n")[0].split())


def _edge(event: Event) -> tuple[int, int]:
    """The node that a contribution comes from, and the number of the operand it goes to."""
    if event.source is None or event.operand is None:
        raise ValueError(f"event {event.i} is a {event.kind}, no contribution")
    return event.source, event.operand


def _which(inputs: tuple[int, ...], event: Event) -> str:
    """Which use it is where an op takes the same node more than once."""
    if inputs.count(event.node) < 2:
        return ""
    return f", operand {(event.operand or 0) + 1}"


def _aligned(left: tuple[str, str], right: tuple[str, str], ascii: bool) -> list[list[str]]:
    """Each symbol and its number centred over each other, unless they are long arrays."""
    if len(left[1]) + len(right[1]) > _LONG:
        return [[spelled(text, ascii) for text in pair] for pair in (left, right)]
    pairs = []
    for pair in (left, right):
        texts = [spelled(text, ascii) for text in pair]
        width = max(map(len, texts))
        pairs.append([text.center(width) for text in texts])
    return pairs


def _short(value: Value | None) -> str:
    return inline(value, most=_ENTRIES)
