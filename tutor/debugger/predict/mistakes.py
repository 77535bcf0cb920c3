"""What comes out where somebody makes a mistake: an op's rules with their numbers mixed up."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.backward import vjp
from engine.columns import Value
from engine.errors import EngineError
from engine.passes import Pass
from tutor.debugger.predict.edge import Edge
from tutor.debugger.predict.facts import Index, entry

Wrong = list[tuple[str, float]]
"""Slips and what comes out, the likeliest first."""


def wrong_values(p: Pass, node: int, index: Index, right: float) -> Wrong:
    """What comes out at an entry when the op is mistaken for another one."""
    op: Any = p.ops[node]
    operands = [p.values[i] for i in p.operands[node]]
    wrong: Wrong = []
    try:
        if op.elementwise and len(operands) == 2:
            a, b = (float(np.broadcast_to(v, np.shape(p.values[node]))[index]) for v in operands)
            wrong += _wrong_pairs(op.name, a, b)
        elif op.elementwise and len(operands) == 1:
            a = float(np.asarray(operands[0])[index])
            upstream: Value = np.ones(np.shape(p.values[node])) if index else 1.0
            slope = vjp(op, upstream, p.values[node], operands, p.params.get(node, {}), [True])[0]
            wrong.append(("not_applied", a))
            if slope is not None:
                wrong.append(("slope_for_value", entry(slope, index)))
        elif op.name in ("sum", "mean"):
            count = np.size(operands[0]) / max(1, np.size(p.values[node]))
            wrong += [("off_by_count", right * count), ("off_by_count", right / count)]
    except (ArithmeticError, ValueError, EngineError):
        return wrong
    wrong.append(("sign_flipped", -right))
    if len(index) > 1 and index[::-1] != index and _inside(p.values[node], index[::-1]):
        wrong.append(("transposed", entry(p.values[node], index[::-1])))
    return wrong


def _wrong_pairs(op: str, a: float, b: float) -> Wrong:
    """What other operations make of the two numbers."""
    quotient = a / b if b else np.nan
    others = {
        "add": [("product_for_sum", a * b), ("difference_for_sum", a - b)],
        "sub": [("turned_round", b - a), ("sum_for_difference", a + b)],
        "mul": [("sum_for_product", a + b), ("quotient_for_product", quotient)],
        "div": [("turned_round", b / a if a else np.nan), ("product_for_quotient", a * b)],
        "pow": [("product_for_power", a * b), ("turned_round", float(np.power(b, a)))],
        "maximum": [("other_operand", min(a, b)), ("sum_for_choice", a + b)],
        "minimum": [("other_operand", max(a, b)), ("sum_for_choice", a + b)],
    }
    return others.get(op, [])


def wrong_amounts(edge: Edge) -> Wrong:
    """What is passed along an edge when a factor is forgotten or mistaken for another one."""
    upstream = sum(u for u, _ in edge.terms)
    slopes = sum(s for _, s in edge.terms)
    wrong: Wrong = [
        ("sign_flipped", -edge.amount),
        ("missing_upstream", slopes),
        ("missing_local", upstream),
        *mutated(edge),
    ]
    if edge.op.elementwise and len(edge.terms) == 1:
        value = entry(edge.p.values[edge.source], edge.places[0])
        wrong += [
            ("value_for_slope", upstream * value),
            ("upside_down", upstream / slopes if slopes else np.nan),
            ("sum_for_product", upstream + slopes),
        ]
    if len(edge.terms) > 1:
        wrong += [("not_summed", u * s) for u, s in edge.terms]
    total = edge.event.total
    if np.shape(total) == np.shape(edge.event.amount):
        wrong.append(("total_for_part", entry(total, edge.index)))
    if not edge.alone:
        whole = edge.p.values[edge.p.operands[edge.source][edge.slot]]
        for size in {*np.shape(whole), *np.shape(edge.event.upstream), np.size(whole)} - {0, 1}:
            wrong += [("off_by_batch", edge.amount * size), ("off_by_batch", edge.amount / size)]
    turned = edge.index[::-1]
    if len(turned) == 2 and _inside(edge.event.amount, turned):
        wrong.append(("transposed", entry(edge.event.amount, turned)))
    return wrong


def mutated(edge: Edge) -> Wrong:
    """What the op's gradient rule gives where its numbers are mixed up, and what comes of the
    mistakes that belong to this op."""
    p, node, op = edge.p, edge.source, edge.op
    if not op.elementwise or len(edge.terms) != 1:
        return []
    at = edge.places[0]
    shape = np.shape(p.values[node])
    operands = [float(np.broadcast_to(p.values[i], shape)[at]) for i in p.operands[node]]
    upstream = edge.terms[0][0]
    out = entry(p.values[node], at)
    wrong: Wrong = [
        (tag, upstream * x) for tag, x in _OWN.get(op.name, _no_own)(operands, out, edge.slot)
    ]
    params = p.params.get(node, {})
    wants = [True] * len(operands)
    try:
        passed = vjp(op, upstream, out, operands, params, wants)
        wrong += [
            ("wrong_operand", float(x))
            for slot, x in enumerate(passed)
            if slot != edge.slot and x is not None
        ]
        if len(operands) == 1:
            (inner,) = vjp(op, upstream, operands[0], operands, params, wants)
            (outer,) = vjp(op, upstream, out, [out], params, wants)
            pairs = (("in_for_out", inner), ("out_for_in", outer))
            wrong += [(tag, float(x)) for tag, x in pairs if x is not None]
    except (ArithmeticError, ValueError, EngineError):
        return wrong
    return wrong


def _no_own(operands: list[float], out: float, slot: int) -> Wrong:
    return []


def _of_pow(operands: list[float], out: float, slot: int) -> Wrong:
    base, power = operands
    if slot == 1:
        return [("value_for_slope", out)]
    less = float(np.power(base, power - 1))
    return [
        ("missing_two" if power == 2 else "missing_exponent", less),
        ("exponent_kept", power * out),
        ("missing_exponent", out),
    ]


_OWN: dict[str, Any] = {
    "tanh": lambda x, out, slot: [("missing_square", 1 - out)],
    "sigmoid": lambda x, out, slot: [("missing_complement", out), ("missing_complement", 1 - out)],
    "square": lambda x, out, slot: [("missing_two", x[0]), ("exponent_kept", 2 * out)],
    "div": lambda x, out, slot: [("missing_square", -x[0] / x[1])] if slot else [],
    "sqrt": lambda x, out, slot: [("missing_two", 1 / out if out else np.nan)],
    "pow": _of_pow,
}


def _inside(value: Value, index: Index) -> bool:
    return all(i < size for i, size in zip(index, np.shape(value), strict=True))
