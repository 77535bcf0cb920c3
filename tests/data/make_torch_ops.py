"""Write torch_ops.json: values and gradients of every op as PyTorch has them, ties and kinks too.

Needs PyTorch, which the project itself does not; run by hand when an op is added:

    python tests/data/make_torch_ops.py
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
RNG = np.random.default_rng(2026)
KINKS = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]
TIED = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, 0.0, -2.0]]
INF = float("inf")


def real(*shape: int) -> Any:
    return RNG.normal(size=shape).round(3)


def positive(*shape: int) -> Any:
    return RNG.uniform(0.2, 2.5, size=shape).round(3)


def unit(*shape: int) -> Any:
    return RNG.uniform(0.05, 0.95, size=shape).round(3)


def simplex(*shape: int) -> Any:
    rows = RNG.uniform(0.1, 1.0, size=shape)
    return rows / rows.sum(-1, keepdims=True)


def written(x: Any, new: Any, index: Any) -> Any:
    """x after `x[index] = new`."""
    x = x.clone()
    x[index] = new
    return x


def along(name: str) -> Callable[..., Any]:
    """A reduction of torch under the engine's parameters."""

    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        function = getattr(torch, name)
        if axis is None:
            return function(x)
        found = function(x, dim=axis, keepdim=keepdims)
        return found if isinstance(found, torch.Tensor) else found.values

    return call


def spread(name: str) -> Callable[..., Any]:
    """amax or amin, which share ties, for several axes; torch.max or torch.min for one or all."""

    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if isinstance(axis, tuple):
            return getattr(torch, f"a{name}")(x, dim=axis, keepdim=keepdims)
        return along(name)(x, axis, keepdims)

    return call


def correlate(x: Any, k: Any, full: bool = False, turned: bool = False) -> Any:
    """torch's conv1d and conv2d are correlations: the kernel is turned for a convolution."""
    function = F.conv1d if k.ndim == 1 else F.conv2d
    kernel = k.flip(*range(k.ndim)) if turned else k
    rows = x.reshape(-1, 1, *x.shape[x.ndim - k.ndim :])
    padding = tuple(size - 1 for size in k.shape) if full else 0
    found = function(rows, kernel[None, None], padding=padding)
    return found.reshape(*x.shape[: x.ndim - k.ndim], *found.shape[2:])


def cross_entropy(z: Any, t: Any, reduction: str = "mean") -> Any:
    if t.ndim == z.ndim:
        return F.cross_entropy(z, t, reduction=reduction)
    return F.cross_entropy(z, t.long(), reduction=reduction)


def cross_entropy_from_probabilities(p: Any, t: Any, reduction: str = "mean") -> Any:
    rows = -torch.special.xlogy(t, p).sum(-1)
    return {"mean": rows.mean, "sum": rows.sum, "none": lambda: rows}[reduction]()


def multilabel(z: Any, t: Any, reduction: str = "mean") -> Any:
    return F.multilabel_soft_margin_loss(z, t, reduction=reduction) * z.shape[-1]


def hinge(s: Any, y: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    return F.margin_ranking_loss(s, torch.zeros_like(s), y, margin=margin, reduction=reduction)


def cases() -> Iterator[tuple[str, Callable[..., Any], list[Any], dict[str, Any]]]:
    """Every case: op, what computes the same in torch, operands, parameters."""
    matrix, column, row = real(2, 3), real(2, 1), real(3)
    for name, function in {
        "add": torch.add,
        "sub": torch.sub,
        "mul": torch.mul,
        "maximum": torch.maximum,
        "minimum": torch.minimum,
        "logaddexp": torch.logaddexp,
    }.items():
        yield name, function, [matrix, row], {}
        yield name, function, [column, row], {}
        yield name, function, [KINKS, [0.0, -1.0, 0.5, 0.0, 0.5, -1.0, 3.0]], {}
        yield name, function, [1.5, -0.25], {}
    yield "div", torch.div, [matrix, positive(3)], {}
    yield "div", torch.div, [1.5, -0.25], {}
    yield "pow", torch.pow, [positive(2, 3), row], {}
    yield "pow", torch.pow, [[0.0, 0.0, 2.0, -2.0, -1.5], [2.0, 1.0, 0.0, 2.0, 3.0]], {}
    ordinary = {
        "neg": torch.neg,
        "exp": torch.exp,
        "expm1": torch.expm1,
        "square": torch.square,
        "sin": torch.sin,
        "cos": torch.cos,
        "sinh": torch.sinh,
        "cosh": torch.cosh,
        "erf": torch.erf,
        "abs": torch.abs,
        "sign": torch.sign,
        "floor": torch.floor,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "softplus": F.softplus,
        "elu": F.elu,
        "gelu": F.gelu,
        "swish": F.silu,
    }
    for name, function in ordinary.items():
        yield name, function, [KINKS], {}
        yield name, function, [real(2, 3)], {}
        yield name, function, [0.0], {}
    for name, function in {"sigmoid": torch.sigmoid, "tanh": torch.tanh}.items():
        yield name, function, [[-1000.0, -40.0, 40.0, 1000.0]], {}
    for name, function in {"log": torch.log, "log1p": torch.log1p, "sqrt": torch.sqrt}.items():
        yield name, function, [[0.0, 0.5, 1.0, 1e-8, 4.0]], {}
    yield (
        "leaky_relu",
        lambda x, slope: F.leaky_relu(x, negative_slope=slope),
        [KINKS],
        {"slope": 0.2},
    )
    yield "elu", lambda x, alpha: F.elu(x, alpha=alpha), [KINKS], {"alpha": 0.5}
    yield "prelu", F.prelu, [KINKS, [0.25]], {}
    yield "sine", lambda x, omega: torch.sin(omega * x), [real(4)], {"omega": 3.0}
    yield "step", lambda x: torch.heaviside(x.detach(), x.new_zeros(())) + 0 * x, [KINKS], {}
    yield "clip", lambda x, lo, hi: x.clamp(lo, hi), [KINKS], {"lo": -1.0, "hi": 0.5}
    yield "clip", lambda x, lo: x.clamp(min=lo), [KINKS], {"lo": 0.0}
    yield "clip", lambda x, hi: x.clamp(max=hi), [KINKS], {"hi": 0.0}
    taken = [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    yield "where", lambda c, a, b: torch.where(c.detach() != 0, a, b), [taken, matrix, row], {}
    for name, relation in {
        "gt": torch.gt,
        "ge": torch.ge,
        "lt": torch.lt,
        "le": torch.le,
        "eq": torch.eq,
        "ne": torch.ne,
    }.items():
        yield name, lambda a, b, r=relation: r(a, b).double() + 0 * a + 0 * b, [[1, 2, 3], 2.0], {}

    cube = real(2, 3, 2)
    for name in ("sum", "mean"):
        for params in ({}, {"axis": 1}, {"axis": (0, 2), "keepdims": True}):
            yield name, along(name), [cube], params
    for values in (cube[0], [[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]]):
        yield "prod", along("prod"), [values], {}
        yield "prod", along("prod"), [values], {"axis": 1}
    for name in ("max", "min"):
        for params in ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}):
            yield name, spread(name), [TIED], params
            yield name, spread(name), [real(3, 4)], params
    yield "cumsum", lambda x, axis: torch.cumsum(x, dim=axis), [matrix], {"axis": 1}
    for values in (matrix, [[1000.0, 999.0, -1000.0], [0.0, 0.0, 0.0]]):
        for axis in (0, -1):
            yield "softmax", lambda x, axis: F.softmax(x, dim=axis), [values], {"axis": axis}
            yield (
                "log_softmax",
                lambda x, axis: F.log_softmax(x, dim=axis),
                [values],
                {"axis": axis},
            )
            yield "logsumexp", lambda x, axis: x.logsumexp(axis), [values], {"axis": axis}
    tied = [[1.5, -0.5, 2.0, 2.0], [0.0, 1.0, -3.0, -4.0]]
    yield "maxout", lambda x: x.max(-1).values, [tied], {}
    yield (
        "maxout",
        lambda x, pieces: x.unflatten(-1, (-1, pieces)).max(-1).values,
        [tied],
        {"pieces": 2},
    )

    yield "reshape", lambda x, shape: x.reshape(shape), [matrix], {"shape": (3, -1)}
    yield "transpose", lambda x: x.permute(2, 1, 0), [cube], {}
    yield "transpose", lambda x, axes: x.permute(axes), [cube], {"axes": (1, 2, 0)}
    yield "expand", lambda x, shape: x.expand(shape), [column], {"shape": (4, -1, 3)}
    yield "broadcast_to", lambda x, shape: x.broadcast_to(shape), [row], {"shape": (2, 3)}
    yield "expand_dims", lambda x, axis: x.unsqueeze(axis), [row], {"axis": -1}
    yield "squeeze", lambda x, axis: x.squeeze(axis), [column], {"axis": 1}
    yield "flip", lambda x: x.flip(0, 1), [matrix], {}
    yield "flip", lambda x, axis: x.flip(axis), [matrix], {"axis": 0}
    yield (
        "pad",
        lambda x, width, value: F.pad(x, (2, 0, 0, 1), value=value),
        [matrix],
        {
            "width": ((0, 1), (2, 0)),
            "value": 0.5,
        },
    )
    yield "concatenate", lambda *xs, axis: torch.cat(xs, axis), [matrix, column], {"axis": 1}
    yield "stack", lambda *xs, axis: torch.stack(xs, axis), [matrix, matrix + 1], {"axis": 1}
    yield "getitem", lambda x, index: x[index], [matrix], {"index": 1}
    yield "getitem", lambda x, index: x[index], [matrix], {"index": (..., [0, 0, 2])}
    yield "take", lambda x, indices: x.take(torch.tensor(indices)), [matrix], {"indices": [5, 0, 5]}
    yield (
        "take",
        lambda x, indices, axis: x.index_select(axis, torch.tensor(indices)),
        [matrix],
        {
            "indices": [2, 2],
            "axis": 1,
        },
    )
    yield (
        "scatter",
        lambda x, shape, index: torch.zeros(shape, dtype=x.dtype).index_put(
            (torch.tensor(index),), x, accumulate=True
        ),
        [row],
        {"shape": (4,), "index": [1, 1, 3]},
    )
    yield "diag", lambda x, k: torch.diag(x, diagonal=k), [row], {"k": 1}
    yield "diag", torch.diag, [matrix], {}

    for a, b in (
        ((2, 3), (3, 2)),
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 2, 3), (3, 2)),
    ):
        yield "matmul", torch.matmul, [real(*a), real(*b)], {}
    yield "dot", torch.dot, [row, real(3)], {}
    yield "outer", torch.outer, [row, real(2)], {}
    for pattern, shapes in {
        "ij,jk->ik": ((2, 3), (3, 2)),
        "ij->": ((2, 3),),
        "ba": ((2, 3),),
        "i,ij,j": ((2,), (2, 3), (3,)),
        "...ij,...j->...i": ((2, 2, 3), (2, 3)),
    }.items():
        yield (
            "einsum",
            lambda *xs, pattern: torch.einsum(pattern, *xs),
            [real(*shape) for shape in shapes],
            {"pattern": pattern},
        )
    for x, k in (((6,), (3,)), ((2, 5), (2,)), ((4, 5), (2, 3)), ((2, 4, 4), (3, 2))):
        operands = [real(*x), real(*k)]
        yield "corr", correlate, operands, {}
        yield "conv", lambda x, k: correlate(x, k, turned=True), operands, {}
        yield "corr_full", lambda x, k: correlate(x, k, full=True), operands, {}
        yield "conv_full", lambda x, k: correlate(x, k, full=True, turned=True), operands, {}
    yield (
        "windows",
        lambda x, sizes, strides: x.unfold(0, 2, 1).unfold(1, 2, 2),
        [real(3, 5)],
        {
            "sizes": (2, 2),
            "strides": (1, 2),
        },
    )

    for reduction in ("mean", "sum", "none"):
        how = {"reduction": reduction}
        logits, labels = real(3, 4), (RNG.uniform(size=(3, 4)) > 0.5).astype(float)
        yield "mse", F.mse_loss, [real(3, 2), real(3, 2)], how
        yield "cross_entropy", cross_entropy, [logits, simplex(3, 4)], how
        yield "cross_entropy", cross_entropy, [logits, [2.0, 0.0, 3.0]], how
        yield (
            "cross_entropy_from_probabilities",
            cross_entropy_from_probabilities,
            [
                simplex(3, 4),
                simplex(3, 4),
            ],
            how,
        )
        yield "binary_cross_entropy", F.binary_cross_entropy, [unit(3), unit(3)], how
        yield (
            "binary_cross_entropy_with_logits",
            F.binary_cross_entropy_with_logits,
            [
                logits,
                unit(3, 4),
            ],
            how,
        )
        yield (
            "binary_cross_entropy_with_logits",
            F.binary_cross_entropy_with_logits,
            [
                [-200.0, 200.0, -800.0],
                [1.0, 0.0, 1.0],
            ],
            how,
        )
        yield "multilabel_cross_entropy", multilabel, [logits, labels], how
        yield "hinge", hinge, [[0.5, 1.0, 2.0, -1.0], [1.0, 1.0, 1.0, 1.0]], how
        yield "hinge", hinge, [real(4), [1.0, -1.0, 1.0, -1.0]], how | {"margin": 0.5}
        yield (
            "margin_ranking",
            F.margin_ranking_loss,
            [
                [1.0, 1.0, 0.5, 2.0],
                [0.0, 0.0, 3.0, 2.0],
                [1.0, -1.0, 1.0, 1.0],
            ],
            how | {"margin": 1.0},
        )
        yield "margin_ranking", F.margin_ranking_loss, [real(3), real(3), [1.0, -1.0, 1.0]], how
    yield "cross_entropy", cross_entropy, [[1.0, 2.0, 0.5], 1.0], {}
    for index, new in ((1, real(3)), ((..., 0), real(2)), ([1, 0], real(3)), ((0, 2), real())):
        yield "write", written, [matrix, new], {"index": index}


def main() -> None:
    rows = []
    for name, function, operands, params in cases():
        xs = [torch.tensor(np.asarray(x, float), requires_grad=True) for x in operands]
        out = function(*xs, **params)
        upstream = RNG.normal(size=tuple(out.shape)).round(3)
        out.backward(torch.tensor(upstream))
        rows.append(
            {
                "op": name,
                "operands": [x.tolist() for x in xs],
                "params": {key: as_json(value) for key, value in params.items()},
                "output": out.tolist(),
                "upstream": upstream.tolist(),
                "gradients": [None if x.grad is None else x.grad.tolist() for x in xs],
            }
        )
    lines = ",\n".join(json.dumps(row) for row in rows)
    text = f'{{"torch": "{torch.__version__}", "cases": [\n{lines}\n]}}\n'
    (HERE / "torch_ops.json").write_text(text, encoding="ascii")


def as_json(value: Any) -> Any:
    """Parameters in JSON: tuples are marked, and "..." is Ellipsis."""
    if isinstance(value, tuple):
        return {"tuple": [as_json(part) for part in value]}
    return "..." if value is ... else value


if __name__ == "__main__":
    main()
