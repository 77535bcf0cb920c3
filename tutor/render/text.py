"""A whole trace as plain sentences, one event a line: what `--text` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.columns import Value
from engine.trace import Trace
from tutor.render.expressions import gradient_name, name_of
from tutor.render.numbers import absent
from tutor.render.plain import spelled
from tutor.render.sentences import graph_sentence, sentences
from tutor.render.values import change, inline, is_scalar, table

_ENTRIES = 12


def lines(trace: Trace, checks: Sequence[str] = (), *, ascii: bool = False) -> Iterator[str]:
    """The graph, every event, then the gradients of the inputs and the sentences in `checks`."""
    yield graph_sentence(trace, ascii=ascii)
    yield from sentences(trace, ascii=ascii)
    yield ""
    yield from summary(trace, ascii=ascii)
    for check in checks:
        yield spelled(check, ascii)


def summary(trace: Trace, *, ascii: bool = False) -> Iterator[str]:
    """The result, the gradient of each input, and with steps the result of every pass."""
    output = trace.output
    name = name_of(trace, output)
    for text in _named(name, trace.value(output)):
        yield spelled(text, ascii)
    for node in trace.inputs.values():
        for text in _named(gradient_name(trace, node), trace.grad(node)):
            yield spelled(text, ascii)
    for at, p in enumerate(trace.passes[1:], 1):
        now = trace.node_range(at).start + p.output
        steps = "1 step" if at == 1 else f"{at} steps"
        was = trace.passes[at - 1]
        updated = {node for node, _, _ in was.updates}
        told = f"after {steps} {name_of(trace, now)}"
        yield from _after(told, was.value(was.output), p.value(p.output), ascii)
        for given, local in p.inputs.items():
            if local in updated:
                yield from _after(f"after {steps} {given}", was.value(local), p.value(local), ascii)


def _after(name: str, old: Value, new: Value, ascii: bool) -> Iterator[str]:
    if is_scalar(old) and is_scalar(new):
        before, after = change(old, new)
        yield spelled(f"{name} = {after} (before: {before})", ascii)
        return
    for text in _named(name, new):
        yield spelled(text, ascii)


def _named(name: str, value: Value | None) -> list[str]:
    """`name = value`; an array of more than a few entries in rows below."""
    if value is None:
        return [f"{name} = {absent()}, no gradient reaches it"]
    if is_scalar(value) or value.size <= _ENTRIES:
        return [f"{name} = {inline(value)}"]
    return [f"{name} = {inline(value)}:", *[f"    {row}" for row in table(value, rows=12)]]
