"""A derivation as Markdown: sentences, and formulas in the math blocks that GitHub shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tutor.render.derivation import Derivation, Fold, Step
from tutor.render.expressions import gradient_name, name_of, output_name
from tutor.render.latex import definitions, environment, step_rows, together
from tutor.render.sentences import sentence
from tutor.render.values import inline

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$])")


def markdown(derivation: Derivation, *, numbers: bool = True) -> str:
    """The derivation as Markdown. numbers: with the recorded numbers and the events' sentences;
    without them each step is told by the rule of its op."""
    return "\n\n".join(_blocks(derivation, numbers)) + "\n"


def escaped(text: str) -> str:
    """Any text, so that Markdown reads nothing into it."""
    return _SPECIAL.sub(r"\\\1", text)


def _blocks(derivation: Derivation, numbers: bool) -> Iterator[str]:
    trace = derivation.trace
    yield f"## {escaped(derivation.title)}"
    node, output = name_of(trace, derivation.node), output_name(trace, derivation.node)
    yield escaped(f"How much {output} changes with {node}, by the chain rule.")
    if derivation.note:
        yield escaped(derivation.note)
    made = definitions(derivation, numbers=numbers)
    if made:
        yield f"The function on the way from {escaped(node)} to {escaped(output)}:"
        yield _block(made)
    yield f"Backward, from {escaped(output)}:"
    for step in derivation.steps:
        yield from _step(derivation, step, numbers)
    product = together(derivation, numbers=numbers)
    if product:
        yield "Together, the local derivatives along the way multiply:"
        yield _block(product)
    if numbers:
        yield escaped(f"{derivation.title} = {inline(trace.grad(derivation.node))}")


def _step(derivation: Derivation, step: Step | Fold, numbers: bool) -> Iterator[str]:
    trace = derivation.trace
    if isinstance(step, Fold):
        where = f" in {step.title}" if step.title else ""
        yield escaped(f"{step.count} steps of the chain rule{where} are folded here.")
        rows = step_rows(derivation, step, numbers=numbers)[1:]
        if rows:
            yield _block(rows)
        return
    lines = [f"**{escaped(gradient_name(trace, step.node))}**"]
    if not step.terms:
        lines.append(escaped(_seeded(derivation, step, numbers)))
    for event in step.terms:
        if numbers:
            lines.append(escaped(_capital(sentence(trace, event.i, numbered=False))))
        elif event.source is not None:
            op = trace.op(event.source)
            rule = "" if op is None else op.rule
            lines.append(escaped(f"Through {name_of(trace, event.source)}: {rule}."))
    if step.rest is not None:
        lines.append(f"{step.rest.count} more terms are added up without being written out.")
    yield "\\\n".join(lines)
    yield _block(step_rows(derivation, step, numbers=numbers))


def _seeded(derivation: Derivation, step: Step, numbers: bool) -> str:
    trace = derivation.trace
    if numbers:
        return _capital(sentence(trace, trace.arrivals(step.node)[0], numbered=False))
    return "The backward pass starts here."


def _capital(text: str) -> str:
    """A sentence that begins with a word, and not with a name, begins with a capital."""
    return f"The {text.removeprefix('the ')}" if text.startswith("the ") else text


def _block(rows: Sequence[str]) -> str:
    return f"$$\n{environment('aligned', rows)}\n$$"
