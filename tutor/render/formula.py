"""The rule of an event, and the same rule with its numbers.

    ∂f/∂x  =  ∂f/∂q · ∂q/∂x
           =   −4   ·   1    =  −4
              above   slope

Lines are tuples of runs (text, role). Roles: "text", "upstream" (the gradient that comes in),
"local" (the local derivative, or what is computed with), "factor.input" (a factor that is a value
given to the op or layer), "factor.loss" (one that the loss made), "result", and "active" (the term
of a sum that this event added). The words under the factors say the same without colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.columns import Value
from engine.trace import Event, Trace
from tutor.render.expressions import filled, pieces, value_text
from tutor.render.matrix_rules import jacobian_rule, matrix_rule
from tutor.render.notation.laws import gradient_laws, replaces_the_chain_rule, slope_name, value_law
from tutor.render.notation.names import Names, clear, written
from tutor.render.notation.notations import OWN, Notation
from tutor.render.notation.origins import ROLES, Origin, local_origin, upstream_origin
from tutor.render.numbers import bracketed, number
from tutor.render.plain import Line, Run, spelled, spelled_line, text_of
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


def formula(
    trace: Trace,
    event: int,
    *,
    width: int | None = None,
    ascii: bool = False,
    notation: Notation = OWN,
) -> Formula:
    """The formula of event number `event` (counted from 0).

    width: of a line, where it is bounded. notation: how the nodes of a network are called; the laws
    of layers and error signals are added to the chain rule in it.
    """
    entry = trace.events[event]
    names = written(trace, notation)
    made = {
        "value": _value,
        "seed": _seed,
        "contribution": _contribution,
        "update": _update,
    }[entry.kind](names, entry, ascii)
    lines = [spelled_line(line, ascii) for line in made.lines]
    if width is not None:
        lines = [part for line in _fitted(lines, width) for part in wrapped(line, width)]
    return Formula(spelled(made.title, ascii), spelled(made.rule, ascii), tuple(lines))


def _fitted(lines: list[Line], width: int) -> list[Line]:
    """Where a line is too wide to stay one, the words under its factors stand side by side."""
    fitted = []
    for before, line in zip([(), *lines], lines, strict=False):
        words = [run for run in line if run[0] in ROLES]
        apart = words and all(run[0] in ROLES or not run[0].strip() for run in line)
        if apart and max(len(text_of(before)), len(text_of(line))) > width:
            line = tuple([run for word in words for run in (("   ", "text"), word)])
        fitted.append(line)
    return fitted


def _value(names: Names, event: Event, ascii: bool) -> Formula:
    trace = names.trace
    node = trace.nodes[event.node]
    name = names.name(node.id)
    if not node.inputs:
        kind = "an input" if node.op == "input" else "a constant"
        shape = f", shape {shape_text(node.shape)}" if node.shape else ""
        result: Line = ((value_text(trace, node.id), "result"),)
        if node.op == "input" or node.shape:
            result = ((f"{name} = ", "text"), *result)
        return Formula(name, f"{kind}{shape}", (result,))
    parts = pieces(trace, node)
    operands = [trace.value(operand) for operand in node.inputs]
    symbols: Line = ((f"{name} = ", "text"), (names.expression(node.id), "text"))
    symbols = value_law(names, node.id) or symbols
    shown = [value_text(trace, operand, most=_ENTRIES) for operand in node.inputs]
    result_run = (value_text(trace, node.id, most=_ENTRIES), "result")
    indent = " " * (len(spelled(symbols[0][0], ascii)) - len(" = "))
    told = names.expression(node.id)
    lines: list[Line] = [symbols] if told != name else []
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
    return Formula(
        f"{name} = {told}" if told != name else name, _first_sentence(trace, node.id), tuple(lines)
    )


def _seed(names: Names, event: Event, ascii: bool) -> Formula:
    trace, name = names.trace, names.name(event.node)
    p = trace.passes[trace.pass_of(event.node)]
    line: Line = ((f"∂{name}/∂{name} = ", "text"), (inline(event.amount), "result"))
    if p.seed_given:
        line = (("upstream gradient of ", "text"), (f"{name} = ", "text"), line[1])
        return Formula(name, "the seed was given", (line,))
    if trace.nodes[event.node].shape:
        return Formula(name, "every entry of the result is seeded with 1", (line,))
    return Formula(name, "the result changes as fast as itself: the seed is 1", (line,))


def _contribution(names: Names, event: Event, ascii: bool) -> Formula:
    trace = names.trace
    source = trace.nodes[_edge(event)[0]]
    arrivals = trace.arrivals(event.node)
    target = names.gradient(event.node)
    if len(arrivals) > 1:
        target += f" via {names.name(source.id)}{_which(source.inputs, event)}"
    title = f"{names.name(source.id)} → {names.name(event.node)}"
    # Of a gradient that is a sum, a law of the whole says nothing about one term.
    laws = gradient_laws(names, event) if len(arrivals) == 1 else []
    law = laws.pop(0) if laws and replaces_the_chain_rule(names, event) else None
    made = _by_rule if event.local is None else _by_slope
    lines = [*made(names, event, target, law, ascii), *laws]
    if len(arrivals) > 1:
        lines.append(_sum_line(names, event, arrivals))
    op = trace.op(source.id)
    return Formula(title, "" if op is None else op.rule, tuple(lines))


def _by_slope(names: Names, event: Event, target: str, law: Line | None, ascii: bool) -> list[Line]:
    """Chain rule for an elementwise op: upstream times the local derivative. law: what is shown in
    its place."""
    trace = names.trace
    source, operand = _edge(event)
    entry = trace.nodes[source]
    times = f" {'⊙' if entry.shape else '·'} "
    above, here = upstream_origin(trace, source), local_origin(trace, source, operand)
    derivative = f"∂{names.name(source)}/∂{names.name(event.node)}"
    slope_text = slope_name(names, source, operand) or derivative
    upstream, local = _short(event.upstream), _short(event.local)
    local_text = bracketed(local) if is_scalar(event.local) else local
    left, right = _aligned((names.upstream(source), upstream), (slope_text, local_text), ascii)
    indent = _indent(law, target, ascii)
    symbols: Line = (
        (f"{target} = ", "text"),
        (left[0], ROLES[above]),
        (times, "text"),
        (right[0].rstrip(), ROLES[here]),
    )
    numbers: Line = (
        (f"{indent} = ", "text"),
        (left[1], ROLES[above]),
        (times, "text"),
        (right[1], ROLES[here]),
        (" = ", "text"),
        (_short(event.amount), "result"),
    )
    lines = [law or symbols, numbers, _origins(numbers, {1: above, 3: here}, ascii)]
    slope = _slope(names, event)
    if slope is not None:
        formula, with_numbers = slope
        shown: list[Run] = [(f"{slope_text} = ", "text"), (formula, ROLES[here])]
        if with_numbers is not None:
            shown += [(f" = {with_numbers} = ", "text"), (local, ROLES[here])]
        lines.append(tuple(shown))
    shape = trace.nodes[event.node].shape
    if np.shape(event.upstream) != shape:
        lines.append(((f"summed to the shape {shape_text(shape)} of the operand, "
                       "which was spread over the value", "text"),))  # fmt: skip
    return lines


def _by_rule(names: Names, event: Event, target: str, law: Line | None, ascii: bool) -> list[Line]:
    """A rule between whole arrays, with shapes. law: what is shown in its place."""
    trace = names.trace
    at, operand = _edge(event)
    entry = trace.nodes[at]
    above, here = upstream_origin(trace, at), local_origin(trace, at, operand)
    known = matrix_rule(trace, entry, operand, names)
    left, middle, right = known or jacobian_rule(trace, entry, operand, names)
    indent = _indent(law, target, ascii)
    remark = right.startswith(",")  # ", summed over the batch" is no factor
    first: Line = (
        (f"{target} = ", "text"),
        (left, ROLES[here]),
        (names.upstream(at) + middle, ROLES[above]),
        (right, "text" if remark else ROLES[here]),
    )
    second: Line = ((f"{indent} = ", "text"), (_short(event.amount), "result"))
    sizes: Line = (
        (f"{indent}   shape ", "text"),
        (shape_text(np.shape(event.amount)), "result"),
        (" from ", "text"),
        (shape_text(np.shape(event.upstream)), ROLES[above]),
        (f" and {', '.join(shape_text(trace.nodes[k].shape) for k in entry.inputs)}", ROLES[here]),
    )
    if law is not None:
        origins = {k: _ORIGINS[role] for k, (_, role) in enumerate(law) if role in _ORIGINS}
        return [law, second, sizes, _origins(law, origins, ascii)]
    lines = [tuple([run for run in first if run[0]]), second, sizes]
    if known is None or entry.op in ("matmul", "outer", "dot"):
        origins = {1: here, 2: above} if remark else {1: here, 2: above, 3: here}
        lines.append(_origins(first, origins, ascii))
    return lines


_ORIGINS: dict[str, Origin] = {
    "upstream": "above",
    "local": "weight",
    "factor.input": "input",
    "factor.loss": "loss",
}
"""What the roles in the law of a product mean."""


def _indent(law: Line | None, target: str, ascii: bool) -> str:
    """Blanks as wide as what stands before the first equals sign."""
    left = target if law is None else law[0][0].partition(" = ")[0]
    return " " * len(spelled(left, ascii))


def _origins(line: Line, origins: dict[int, Origin], ascii: bool) -> Line:
    """The words that say where the factors of a line come from, each under the middle of its own;
    `origins` gives them by the runs' places in the line."""
    runs: list[Run] = []
    used = column = 0
    for place, (text, _) in enumerate(line):
        size = len(spelled(text, ascii))
        if place in origins and text:
            origin = origins[place]
            factor = len(spelled(text.strip(" ∙·"), ascii))
            start = column + max(0, (factor - len(origin) + 1) // 2)
            start = max(start, used + bool(runs))
            runs += [(" " * (start - used), "text"), (origin, ROLES[origin])]
            used = start + len(origin)
        column += size
    return tuple(runs)


def _sum_line(names: Names, event: Event, arrivals: list[int]) -> Line:
    """Everything that has arrived at a node so far, term by term, this event's term in the
    light."""
    trace = names.trace
    so_far = [i for i in arrivals if i <= event.i]
    name = names.gradient(event.node)
    state = "" if len(so_far) == len(arrivals) else f" so far ({len(so_far)} of {len(arrivals)})"
    runs: list[Run] = [(f"{name}{state} = ", "text")]
    shown = so_far[-_TERMS:]
    if len(shown) < len(so_far):
        runs.append((f"{len(so_far) - len(shown)} before + ", "text"))
    for k, i in enumerate(shown):
        text = _short(trace.arrival(i)[2])
        active = "active" if i == event.i else "text"
        runs.append((text if k == 0 else f" + {bracketed(text)}", active))
    if len(so_far) > 1:
        runs += [(" = ", "text"), (_short(event.total), "result")]
    return tuple(runs)


def _update(names: Names, event: Event, ascii: bool) -> Formula:
    name, gradient = names.name(event.node), names.gradient(event.node)
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


def _slope(names: Names, event: Event) -> tuple[str, str | None] | None:
    """The formula of the local derivative with names, and with numbers where these are scalars."""
    trace = names.trace
    at, operand = _edge(event)
    entry = trace.nodes[at]
    template = slope_of(trace, entry, operand)
    if template is None:
        return None
    called = {"a": names.name(entry.inputs[0]), "out": names.name(entry.id)}
    values: dict[str, Value] = {"a": trace.value(entry.inputs[0]), "out": trace.value(entry.id)}
    if len(entry.inputs) > 1:
        called["b"] = names.name(entry.inputs[1])
        values["b"] = trace.value(entry.inputs[1])
    raised = [key for key in called if any(f"{{{key}}}{sign}" in template for sign in "²³^")]
    called |= {key: clear(called[key]) for key in raised}
    symbols = template.format(**{key: bracketed(name) for key, name in called.items()})
    bare = template.startswith("{") and template.endswith("}") and template.count("{") == 1
    if bare or not all(is_scalar(value) for value in values.values()):
        return symbols, None
    numbers = {key: bracketed(number(float(value))) for key, value in values.items()}
    return symbols, template.format(**numbers)


def _first_sentence(trace: Trace, node: int) -> str:
    """What a node's op computes: the first paragraph of its declaration, in one line."""
    op = trace.op(node)
    return "" if op is None else " ".join(op.doc.split("\n\n")[0].split())


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
