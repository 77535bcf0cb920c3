"""Check 6: the scale of loss, gradients and weights, and how the network starts.

Five questions, each with a bound that no healthy step comes near:

- The result is above a million in size: the targets are not normalised, or a sum was meant to be a
  mean.
- A weight's gradient is more than 1000 times the weight, by norms: with the usual rate of 0.01 one
  step would replace the weight ten times over. A step of about a thousandth of the weight is a
  good one, which gives the rate to try.
- A log stands right after a softmax. It is right until a probability underflows; log_softmax is
  right always. After a sigmoid it is told only below 1e-7, where it has lost its digits.
- All units of a hidden layer have the same weights and the same gradient, to the last bit: they
  will stay alike for ever.
- In float16 a value comes within a factor of 8 of the largest number (65504), or most of what
  passes back is below the smallest normal one (6.1e-5), where digits are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tutor.debugger.audit.audited import Audited
from tutor.debugger.audit.finding import Finding, nothing
from tutor.debugger.audit.naming import listed, percent, told
from tutor.render.expressions import name_of
from tutor.render.numbers import number

CHECK = "scale and initialisation"
_LARGE_RESULT = 1e6
_LARGE_RATIO = 1e3
_GOOD_STEP = 1e-3
_TINY = 1e-7
_NEAR_OVERFLOW = 8.0
_MOSTLY = 0.5


def scale(audited: Audited) -> list[Finding]:
    """What is odd about scales and starting values."""
    found = [
        *_result(audited),
        *_steps(audited),
        *_logs(audited),
        *_symmetric(audited),
        *_half(audited),
    ]
    return found or nothing(
        CHECK, "result, gradients and weights are of usual size", **_rate(audited)
    )


def _warning(
    audited: Audited, local: int, text: str, remedy: str, kind: str, **data: Any
) -> Finding:
    node = audited.first + local
    return Finding(
        CHECK,
        "warning",
        text,
        remedy,
        node=node,
        event=audited.trace.value_event(node),
        location=audited.trace.nodes[node].location,
        data={"kind": kind} | data,
    )


def _result(audited: Audited) -> Iterator[Finding]:
    p = audited.p
    size = float(np.abs(np.asarray(p.values[p.output], dtype=np.float64)).max(initial=0.0))
    if np.isfinite(size) and size > _LARGE_RESULT:
        yield _warning(
            audited,
            p.output,
            f"the result is {number(size)} in size",
            "normalise the data and the targets, or take the mean in place of the sum",
            "large result",
            size=size,
        )


def _ratios(audited: Audited) -> list[tuple[float, int]]:
    """The norm of the gradient beside that of the value, for the weights: parameters that are
    matrices and not the data of a product."""
    p = audited.p
    weights = {audited.weight_of(int(i)) for i in np.flatnonzero(audited.products)}
    found = []
    for i in sorted(i for i in weights if i is not None and audited.reached[i]):
        value = np.asarray(p.values[i], dtype=np.float64).ravel()
        size, gradient = float(value @ value), float(audited.gradient_squares[i])
        if size > 0 and np.isfinite(gradient):
            found.append(((gradient / size) ** 0.5, i))
    return found


def _steps(audited: Audited) -> Iterator[Finding]:
    ratio, i = max(_ratios(audited), default=(0.0, 0))
    if ratio > _LARGE_RATIO:
        name = name_of(audited.trace, audited.first + i)
        yield _warning(
            audited,
            i,
            f"the gradient of {name} is {number(ratio, digits=2)} times {name} itself, by norms",
            f"a learning rate near {number(_GOOD_STEP / ratio, digits=1)}, or a smaller loss",
            "large gradient",
            ratio=ratio,
        )


def _rate(audited: Audited) -> dict[str, Any]:
    """The learning rate at which the weight that moves most moves by a thousandth of itself."""
    ratio = max(_ratios(audited), default=(0.0, 0))[0]
    return {"rate": float(f"{_GOOD_STEP / ratio:.1g}")} if ratio > 0 else {}


def _logs(audited: Audited) -> Iterator[Finding]:
    p, trace = audited.p, audited.trace
    softmax = {i for i, op in enumerate(p.ops) if op is not None and op.name == "softmax"}
    sigmoid = {i for i, op in enumerate(p.ops) if op is not None and op.name == "sigmoid"}
    if not softmax and not sigmoid:
        return
    for i, op in enumerate(p.ops):
        if op is None or not (op.name == "log" or "cross_entropy" in op.name):
            continue
        below = p.operands[i][0]
        whole, part = told(trace, audited.first + i), told(trace, audited.first + below)
        if not np.isfinite(p.values[i]).all():
            continue  # check 1 has told of it
        if op.name == "log" and below in softmax:
            yield _warning(
                audited,
                i,
                f"{whole} right after {part}: an underflow makes it −∞",
                "log_softmax, or cross_entropy of the logits, is the same and never overflows",
                "log of softmax",
            )
            return
        least = _least(audited, i) if below in softmax | sigmoid else 1.0
        if 0 < least < _TINY:
            yield _warning(
                audited,
                i,
                f"{whole} right after {part}, which is {number(least)} for what is true",
                "take the loss from the logits: its digits are lost here",
                "loss of probabilities",
                least=least,
            )
            return


def _least(audited: Audited, node: int) -> float:
    """The least probability that a loss of probabilities gives to what is true."""
    p = audited.p
    op: Any = p.ops[node]
    probability, *targets = [np.asarray(p.values[i], dtype=np.float64) for i in p.operands[node]]
    if op.name == "binary_cross_entropy":
        probability = np.where(targets[0] >= 0.5, probability, 1 - probability)
    elif op.name == "cross_entropy_from_probabilities":
        probability = np.where(targets[0] > 0, probability, 1.0)
    elif op.name != "log":
        return 1.0
    return float(probability.min(initial=1.0))


def _symmetric(audited: Audited) -> Iterator[Finding]:
    p = audited.p
    equal = []
    for i in np.flatnonzero(audited.products & (audited.heights > 0)).tolist():
        weight = audited.weight_of(i)
        if weight is None or not audited.reached[weight]:
            continue
        axis = _unit_axis(p.operands[i], weight, np.ndim(p.values[weight]))
        value, gradient = np.asarray(p.values[weight]), np.asarray(p.gradients[weight])
        if axis is None or value.shape[axis] < 2 or not np.any(gradient):
            continue
        if _alike(value, axis) and _alike(gradient, axis) and weight not in equal:
            equal.append(weight)
    if equal:
        names = listed([name_of(audited.trace, audited.first + i) for i in equal])
        yield _warning(
            audited,
            equal[0],
            f"all units of {names} have the same weights and the same gradient",
            "start from small random numbers: equal units stay equal",
            "symmetric",
            nodes=[audited.first + i for i in equal],
        )


def _unit_axis(operands: tuple[int, ...], weight: int, axes: int) -> int | None:
    """The axis of a weight matrix that numbers the units: the columns of W in X @ W, the rows in
    W @ x."""
    if axes != 2:
        return None
    return 0 if operands[0] == weight else 1


def _alike(array: Any, axis: int) -> bool:
    first = np.take(array, [0], axis=axis)
    return bool((array == first).all())


def _half(audited: Audited) -> Iterator[Finding]:
    p = audited.p
    limit = float(np.finfo(np.float16).max) / _NEAR_OVERFLOW
    largest, at = 0.0, 0
    small = count = 0
    for i, value in p.values.arrays.items():
        if value.dtype == np.float16 and p.ops[i] is not None:
            size = float(np.abs(value).max(initial=np.float16(0)))
            if np.isfinite(size) and size > largest:
                largest, at = size, i
    for k, amount in p.amounts.arrays.items():
        if amount.dtype == np.float16 and not audited.departing[int(p.targets[k])]:
            there = amount[amount != 0]
            small += int((np.abs(there) < np.finfo(np.float16).tiny).sum())
            count += there.size
    if largest > limit:
        yield _warning(
            audited,
            at,
            f"{told(audited.trace, audited.first + at)} reaches {number(largest)}: the largest "
            "float16 is 65504",
            "compute this in float32, or scale it down",
            "near overflow",
            largest=largest,
        )
    if count and small > _MOSTLY * count:
        yield _warning(
            audited,
            p.output,
            f"{percent(small / count)} of the gradient's entries are below 6.1e−5, where float16 "
            "loses its digits",
            "scale the loss up before the backward pass and the gradients down after it",
            "near underflow",
            share=small / count,
        )
