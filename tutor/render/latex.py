"""A derivation as LaTeX: one `align*` environment, for which amsmath is enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.columns import Value
from engine.trace import Event, Node, Trace
from tutor.render import tex
from tutor.render.derivation import Derivation, Fold, Step
from tutor.render.expressions import name_of, output_name
from tutor.render.matrix_rules import jacobian_rule, matrix_rule
from tutor.render.slopes import slope_of
from tutor.render.tex import ATOM, POWER, PRODUCT, SIGN, Written
from tutor.render.values import is_scalar, shape_text

_SIGNS = {"add": (1, 1), "sub": (1, -1), "neg": (-1,)}
_IN_A_LINE = 3
_LONGEST_CHAIN = 12
_ONE: Written = ("1", ATOM)


def latex(derivation: Derivation, *, numbers: bool = True) -> str:
    """The derivation as an `align*` environment. numbers: with the recorded numbers too."""
    note = [f"% {tex.escaped(derivation.note)}"] if derivation.note else []
    return "\n".join([*note, environment("align*", rows(derivation, numbers=numbers)), ""])


def environment(kind: str, lines: Sequence[str]) -> str:
    """Rows in an environment, each ended but the last."""
    return "\n".join([rf"\begin{{{kind}}}", " \\\\\n".join(lines), rf"\end{{{kind}}}"])


def rows(derivation: Derivation, *, numbers: bool) -> list[str]:
    """The definitions, the steps, and for a single chain of numbers its product."""
    lines = definitions(derivation, numbers=numbers)
    for step in derivation.steps:
        lines += step_rows(derivation, step, numbers=numbers)
    multiplied = together(derivation, numbers=numbers)
    if multiplied:
        lines += [r"&\text{Along the way the local derivatives multiply:}", *multiplied]
    return lines


def definitions(derivation: Derivation, *, numbers: bool) -> list[str]:
    """What the nodes on the way are: `q &= x + y = 3`."""
    trace = derivation.trace
    lines = []
    for node in derivation.made:
        line = f"{tex.name(name_of(trace, node))} &= {tex.expression(trace, node)}"
        if numbers:
            line += _with_numbers(trace, node)
        lines.append(line)
    return lines


def _with_numbers(trace: Trace, node: int) -> str:
    operands = [trace.value(k) for k in trace.nodes[node].inputs]
    result = f" = {tex.value(trace.value(node))}"
    if all(is_scalar(x) for x in operands):
        given = [tex.of_value(x) for x in operands]
        return f" = {tex.expression(trace, node, given)}{result}"
    return result


def step_rows(derivation: Derivation, step: Step | Fold, *, numbers: bool) -> list[str]:
    """The rows of one step: the chain rule, the local derivatives, the numbers."""
    trace = derivation.trace
    if isinstance(step, Fold):
        return list(_fold_rows(trace, step, numbers))
    target = gradient(trace, step.node)
    if not step.terms:
        seed = tex.value(step.gradient) if numbers or is_scalar(step.gradient) else r"\mathbf{1}"
        return [f"{target} &= {seed}"]
    chain = [_chained(trace, event) for event in step.terms]
    local = [_ruled(trace, event) for event in step.terms]
    told = [terms for terms in (chain, local) if terms is not None]
    if chain == local:
        told = [chain]
    lines = []
    for i, terms in enumerate(told):
        lines += _sum_rows(target if i == 0 else "", terms, step)
    if numbers:
        lines += _number_rows(trace, step)
    return lines


def gradient(trace: Trace, node: int) -> str:
    """∂f/∂node."""
    of, by = tex.name(output_name(trace, node)), tex.name(name_of(trace, node))
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


def together(derivation: Derivation, *, numbers: bool) -> list[str]:
    """For one way of scalars: the gradient as the product of all local derivatives."""
    steps = derivation.steps
    chain = [s for s in steps[1:] if isinstance(s, Step) and len(s.terms) == 1 and not s.rest]
    if not 2 <= len(steps) - 1 == len(chain) <= _LONGEST_CHAIN:
        return []
    events = [s.terms[0] for s in chain]
    trace = derivation.trace
    if any(e.local is None or not is_scalar(e.amount) or not is_scalar(e.local) for e in events):
        return []
    symbols = [(_slope(trace, event), tex.of_value(event.local)) for event in events]
    seed = steps[0].gradient if isinstance(steps[0], Step) else 1.0
    factors = [pair for pair in symbols if pair[0] != _ONE]
    if float(seed) != 1.0 or not factors:
        factors = [(tex.of_value(seed), tex.of_value(seed)), *factors]
    line = f"{gradient(trace, derivation.node)} &= {tex.product([x for x, _ in factors])}"
    if numbers:
        shown = f" = {tex.product([x for _, x in factors])}" if len(factors) > 1 else ""
        line += f"{shown} = {tex.value(trace.grad(derivation.node))}"
    return [line]


def _fold_rows(trace: Trace, fold: Fold, numbers: bool) -> Iterator[str]:
    where = f" in {tex.escaped(fold.title)}" if fold.title else ""
    more = fold.boundary - len(fold.known)
    beyond = f", and {more} more like them" if more else ""
    yield rf"&\text{{({fold.count} steps of the chain rule{where} lead to{beyond})}}"
    for node, found in fold.known:
        known = tex.value(found) if numbers else r"\cdots"
        yield f"{gradient(trace, node)} &= {known}"


def _chained(trace: Trace, event: Event) -> Written:
    """Upstream gradient times local derivative, in symbols."""
    source, slot = _edge(event)
    if event.local is None:
        return _by_rule(trace, event)
    by = tex.slope(trace, source, event.node)
    if trace.nodes[source].inputs.count(event.node) > 1:
        by = rf"{by}\Big|_{{\text{{operand {slot + 1}}}}}"
    return _times(trace, event, (by, POWER))


def _ruled(trace: Trace, event: Event) -> Written:
    """The same with the local derivative worked out."""
    return (
        _by_rule(trace, event)
        if event.local is None
        else _times(trace, event, _slope(trace, event))
    )


def _times(trace: Trace, event: Event, local: Written) -> Written:
    source, _ = _edge(event)
    array = bool(trace.nodes[source].shape)
    sign = r"\odot" if array else r"\cdot"
    written = tex.product([(gradient(trace, source), POWER), local], sign)
    if np.shape(event.upstream) == np.shape(event.amount):
        return written, PRODUCT
    return _summed(written, event), ATOM


def _summed(written: str, event: Event) -> str:
    """What is added up, because the operand was spread over the value."""
    shape = shape_text(np.shape(event.amount))
    return rf"\operatorname{{sum}}_{{\to {shape}}}\left({written}\right)"


def _slope(trace: Trace, event: Event) -> Written:
    """The local derivative as a formula; as ∂q/∂x where there is none to show."""
    source, slot = _edge(event)
    entry = trace.nodes[source]
    if entry.op in _SIGNS:
        sign = _SIGNS[entry.op][slot]
        return str(sign), ATOM if sign > 0 else SIGN
    template = slope_of(trace, entry, slot)
    if template is None:
        return tex.slope(trace, source, event.node), POWER
    operands = {"a": tex.of_node(trace, entry.inputs[0]), "out": tex.of_node(trace, source)}
    if len(entry.inputs) > 1:
        operands["b"] = tex.of_node(trace, entry.inputs[1])
    return tex.filled(template, operands, times=r"\odot" if entry.shape else r"\cdot")


def _by_rule(trace: Trace, event: Event) -> Written:
    """A rule between whole arrays: x^T times what comes from above, and words where it has any."""
    source, slot = _edge(event)
    entry = trace.nodes[source]
    upstream = gradient(trace, source)
    if entry.op in ("matmul", "outer", "dot") and len(entry.inputs) == 2:
        other = tex.of_node(trace, entry.inputs[1 - slot])
        return _around(entry.op, slot, upstream, other), PRODUCT
    rule = matrix_rule(trace, entry, slot)
    if rule is None:
        if not jacobian_rule(trace, entry, slot)[0]:
            by = tex.slope(trace, source, event.node)
            return tex.product([(upstream, POWER), (by, POWER)]), PRODUCT
        by = tex.slope(trace, source, event.node)
        return rf"\left({by}\right)^{{\top}} {upstream}", PRODUCT
    before, behind, _ = rule
    if entry.op == "transpose":
        return rf"\left({upstream}\right)^{{\top}}", POWER
    if entry.op == "mean":
        count = before.removeprefix("1/").removesuffix(" · ")
        upstream = rf"\frac{{1}}{{{count}}} \cdot {upstream}"
    return rf"{upstream}\;\text{{({tex.escaped(behind.strip(', '))})}}", PRODUCT


def _around(op: str, slot: int, upstream: str, other: Written) -> str:
    text = tex.within(other, POWER)
    if op == "dot":
        return rf"{upstream} \cdot {text}"
    if op == "outer" and slot == 0:
        return rf"{upstream}\, {text}"
    transposed = rf"{{{tex.within(other, ATOM)}}}^{{\top}}"
    return rf"{upstream}\, {transposed}" if slot == 0 else rf"{transposed}\, {upstream}"


def _sum_rows(target: str, terms: Sequence[Written], step: Step) -> list[str]:
    """`target &= a + b`, a few terms a line."""
    shown = [term[0] if i == 0 else tex.positive(term) for i, term in enumerate(terms)]
    if step.rest is not None:
        shown.append(rf"\underbrace{{\cdots}}_{{{step.rest.count}\text{{ more terms}}}}")
    lines = []
    for start in range(0, len(shown), _IN_A_LINE):
        part = " + ".join(shown[start : start + _IN_A_LINE])
        lines.append(f"{target} &= {part}".lstrip() if start == 0 else rf"&\quad + {part}")
    return lines


def _number_rows(trace: Trace, step: Step) -> list[str]:
    """The same with numbers, and the result."""
    result = tex.value(step.gradient)
    factors = [_factors(trace, event) for event in step.terms]
    if len(step.terms) == 1 and step.rest is None:
        shown = factors[0]
        return [rf"&= {shown} = {result}" if shown else f"&= {result}"]
    amounts = [event.amount for event in step.terms]
    if step.rest is not None:
        amounts.append(step.rest.amount)
    lines = []
    if all(factors) and step.rest is None:
        lines += _sum_rows("", [(str(f), PRODUCT) for f in factors], step)
    if all(tex.shown_whole(x) for x in amounts):
        first, *others = amounts
        added = "".join(f" + {tex.positive(tex.of_value(x))}" for x in others)
        return [*lines, f"&= {tex.value(first)}{added} = {result}"]
    return [*lines, f"&= {result}"]


def _factors(trace: Trace, event: Event) -> str | None:
    """Upstream times local in numbers; None where these are too many, or say nothing."""
    source = trace.nodes[_edge(event)[0]]
    if event.local is None:
        return _product_of_matrices(trace, source, event)
    if source.op in _SIGNS and source.shape:
        return None
    parts: list[Value] = [event.upstream, event.local]
    if not all(tex.shown_whole(x) for x in parts):
        return None
    sign = r"\cdot" if is_scalar(event.upstream) and is_scalar(event.local) else r"\odot"
    written = tex.product([tex.of_value(x) for x in parts], sign)
    same = np.shape(event.upstream) == np.shape(event.amount)
    return written if same else _summed(written, event)


def _product_of_matrices(trace: Trace, source: Node, event: Event) -> str | None:
    """The rule of a matrix product in numbers, where each factor is a matrix or a column."""
    shapes = [trace.nodes[k].shape for k in source.inputs]
    if source.op != "matmul" or [len(shape) for shape in shapes] not in ([2, 2], [2, 1]):
        return None
    slot = event.operand or 0
    other = trace.value(source.inputs[1 - slot])
    if not tex.shown_whole(other) or not tex.shown_whole(event.upstream):
        return None
    return _around("matmul", slot, tex.value(event.upstream), (tex.value(other), ATOM))


def _edge(event: Event) -> tuple[int, int]:
    if event.source is None or event.operand is None:
        raise ValueError(f"event {event.i} is a {event.kind}, no contribution")
    return event.source, event.operand
