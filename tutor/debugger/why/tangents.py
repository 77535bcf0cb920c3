"""How fast a value changes with one entry of an earlier node: the forward direction of every rule.

An op declares its gradient rule alone. That rule is linear in the upstream gradient u, so the
derivative by u of the number ⟨rule(u), t⟩ is the op's Jacobian times the tangent t. The rule runs
on Tensors for it, as it does for second derivatives, which holds for every op of the registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.arrays import tensors
from engine.backward import unbroadcast, vjp
from engine.columns import Value
from engine.passes import Pass
from engine.tensor import Tensor, as_tensor
from engine.transforms import gradients

_TINY = 1e-290
"""Below this a product has lost digits, and a quotient of it is no derivative."""
_ASKED = 500


def pushed(p: Pass, node: int, tangents: Mapping[int, Value]) -> Value:
    """The tangent of a node: the sum over its operands of local derivative times tangent.

    tangents: of some of its operands, by operand number, each in that operand's shape; the others
    stand still. The result has the shape of the node's value, a float where that is a float. A
    tangent of 0 gives 0, also beside an infinite slope.
    """
    op = p.ops[node]
    if op is None:
        raise ValueError(f"node {node} is a leaf; nothing is pushed through it")
    out = p.values[node]
    if op.elementwise:
        total: Any = 0.0 if type(out) is float else np.zeros(out.shape)
        for slot, tangent in tangents.items():
            slope = p.local(node, slot)
            if slope is not None:
                with np.errstate(all="ignore"):
                    total = total + scaled(slope, tangent)
        return float(total) if type(out) is float else total
    result = _by_the_rule(p, node, tangents)
    return float(result) if type(out) is float else np.asarray(result)


def scaled(slope: Value, tangent: Value) -> Value:
    """A slope times a tangent, with 0 wherever the tangent is 0."""
    if type(slope) is float and type(tangent) is float:
        return slope * tangent if tangent else 0.0
    with np.errstate(all="ignore"):
        return np.where(np.equal(tangent, 0.0), 0.0, np.multiply(slope, tangent))


def slopes(p: Pass, edges: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The local derivatives along contributions between nodes of float values.

    They are read off the columns as amount over upstream gradient. Where that says nothing, the
    op's own rule is asked. In a large graph it is not asked at nodes that were passed nothing but
    0: whatever their slope is, it is multiplied by 0.
    """
    sources = p.sources[edges]
    amounts, upstream = p.amounts.floats[edges], p.gradients.floats[sources]
    with np.errstate(all="ignore"):
        found: np.ndarray[Any, Any] = amounts / upstream
        lost = (np.abs(upstream) < _TINY) | ((np.abs(amounts) < _TINY) & (amounts != 0))
    lost |= ~np.isfinite(found)
    rest = np.flatnonzero(lost)
    if len(rest) > _ASKED:
        with np.errstate(all="ignore"):
            sizes = np.abs(p.amounts.floats)
        for k in p.amounts.arrays:
            sizes[k] = 1.0
        passed = np.bincount(p.targets, sizes, minlength=len(p.ops))
        passed[p.output] = 1.0
        found[rest] = 0.0
        rest = rest[passed[sources[rest]] != 0]
    for k in rest.tolist():
        found[k] = _slope(p, int(sources[k]), int(p.slots[edges[k]]))
    return found


def _slope(p: Pass, node: int, slot: int) -> float:
    local = p.local(node, slot)
    if local is None:
        values = [p.values[i] for i in p.operands[node]]
        wants = [i == slot for i in range(len(values))]
        params = p.params.get(node, {})
        local = vjp(p.ops[node], 1.0, p.values[node], values, params, wants)[slot]
    return 0.0 if local is None else float(local)


def _by_the_rule(p: Pass, node: int, tangents: Mapping[int, Value]) -> Value:
    """∂⟨rule(u), tangents⟩/∂u, by running the gradient rule on Tensors and going back to u."""
    op: Any = p.ops[node]
    out = _double(p.values[node])
    operands = [Tensor(_double(p.values[i])) for i in p.operands[node]]
    upstream = Tensor(np.zeros_like(out), requires_grad=True)
    extra = {"wants": tuple(i in tangents for i in range(len(operands)))} if op.prunes else {}
    nothing = np.zeros_like(out)
    with np.errstate(all="ignore"):
        passed = op.vjp(
            tensors.NAMESPACE, upstream, Tensor(out), *operands, **p.params.get(node, {}), **extra
        )
        product: Any = None
        for slot, tangent in tangents.items():
            if passed[slot] is None:
                continue
            gradient = unbroadcast(tensors.NAMESPACE, as_tensor(passed[slot]), operands[slot])
            tangent = Tensor(np.asarray(tangent, dtype=np.float64))
            term = tensors.NAMESPACE.sum(gradient * tangent)
            product = term if product is None else product + term
        if product is None:
            return nothing
        found = gradients(product, [upstream])[0]
    return nothing if found is None else found.data


def _double(value: Value) -> Any:
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind == "f" else array
