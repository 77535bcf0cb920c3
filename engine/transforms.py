"""Functions that make functions: from f to its derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, overload

import numpy as np

from engine.arrays import namespace_of
from engine.errors import EngineError
from engine.tensor import Tensor, as_tensor

Function = Callable[..., Any]


@overload
def jacobian(f: Function, argnum: int = 0) -> Callable[..., Tensor]: ...
@overload
def jacobian(f: Function, argnum: Sequence[int]) -> Callable[..., tuple[Tensor, ...]]: ...
def jacobian(f: Function, argnum: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that computes all first derivatives of f, by reverse mode, row by row.

    f: a function of Tensors that returns one. argnum: which of its arguments to differentiate by;
    for several of them a tuple of Jacobians comes out. The Jacobian has shape out.shape + in.shape,
    entry [i…, j…] being ∂out[i…]/∂in[j…]; one backward pass is run for each entry of the output.

    A Tensor that requires a gradient may be given as an argument: then the Jacobian can be
    differentiated again, so `jacobian(jacobian(f))` is the second derivative. Gradients that the
    arguments hold already are left as they are.
    """

    def of(*inputs: Any) -> Any:
        wanted = (argnum,) if isinstance(argnum, int) else tuple(argnum)
        missing = [i for i in wanted if not 0 <= i < len(inputs)]
        if missing:
            raise EngineError(
                f"jacobian: there is no argument {missing[0]}; {len(inputs)} are given"
            )
        again = any(isinstance(x, Tensor) and x.requires_grad for x in inputs)
        tensors = [as_tensor(x) for x in inputs]
        for i in wanted:
            if not tensors[i].requires_grad:
                tensors[i] = tensors[i].detach().requires_grad_()
        out = as_tensor(f(*tensors))
        sources = [tensors[i] for i in wanted]
        rows = [gradients(out, sources, seed, create_graph=again) for seed in _seeds(out)]
        made = tuple(
            _stacked([row[k] for row in rows], out, source) for k, source in enumerate(sources)
        )
        return made[0] if isinstance(argnum, int) else made

    return of


def gradients(
    out: Tensor, wrt: Sequence[Tensor], upstream: Any = None, *, create_graph: bool = False
) -> list[Tensor | None]:
    """The gradients of `out` by some of the tensors it was made of, without touching any `grad`.

    upstream: the seed, of the shape of `out`; may be left out for a scalar. create_graph: make the
    gradients differentiable themselves. None stands for a tensor that no gradient reaches.
    """
    if not out.requires_grad:
        return [None] * len(wrt)
    before = [(node, node.kept) for node in _below(out, wrt)]
    for node, _ in before:
        node.kept = None
    try:
        out.backward(upstream, create_graph=create_graph)
        return [x.grad for x in wrt]
    finally:
        for node, kept in before:
            node.kept = kept


def _below(out: Tensor, wrt: Sequence[Tensor]) -> list[Tensor]:
    seen = {id(x): x for x in (out, *wrt)}
    stack = [out]
    while stack:
        for operand in stack.pop().inputs:
            if operand.requires_grad and id(operand) not in seen:
                seen[id(operand)] = operand
                stack.append(operand)
    return list(seen.values())


def _seeds(out: Tensor) -> list[Any]:
    """One seed for each entry of the output: 1 there, 0 elsewhere."""
    if out.ndim == 0:
        return [None]
    xp = namespace_of((out.data,))
    ones = xp.ones_like(out.data)
    return [xp.scatter(out.shape, place, ones[place]) for place in np.ndindex(out.shape)]


def _stacked(rows: Sequence[Tensor | None], out: Tensor, source: Tensor) -> Tensor:
    from engine.ops import REGISTRY

    shape = (*out.shape, *source.shape)
    xp = namespace_of((source.data,))
    if not prod(shape):
        return Tensor(xp.zeros(shape, dtype=source.dtype))
    nothing = Tensor(xp.zeros_like(source.data))
    stacked = REGISTRY["stack"](*[nothing if row is None else row for row in rows], axis=0)
    return REGISTRY["reshape"](stacked, shape=shape)
