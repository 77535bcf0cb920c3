"""Matrix products and their relatives."""

from __future__ import annotations

from typing import Any

from engine.errors import ShapeError
from engine.ops.declare import REAL, Refusal, Sample, op


def _check_matmul(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    if not a or not b:
        raise ShapeError("a scalar has no matrix product; use * for it")
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        raise ShapeError(f"inner sizes {a[-1]} and {inner} differ")


@op(
    "@",
    rule="matmul passes gradient @ second.T to the first, first.T @ gradient to the second",
    domain=(REAL, REAL),
    check=_check_matmul,
    samples=(
        Sample(((2, 3), (3, 2))),
        Sample(((3,), (3,))),
        Sample(((2, 3), (3,))),
        Sample(((3,), (3, 2))),
        Sample(((2, 2, 3), (3, 2)), small=False),
        Sample(((2, 1, 2, 3), (3, 3, 2)), small=False),
    ),
    refuses=(
        Refusal(((3, 4), (3, 2)), "(3, 4) @ (3, 2): inner sizes 4 and 3 differ"),
        Refusal(((), (3, 2)), "a scalar has no matrix product"),
    ),
)
def matmul(xp: Any, a: Any, b: Any) -> Any:
    """The matrix product: a: (..., n, k), b: (..., k, m) -> (..., n, m); vectors as in NumPy."""
    return xp.matmul(a, b)


@matmul.gradient
def _(xp: Any, g: Any, out: Any, a: Any, b: Any, *, wants: Any) -> Any:
    rows = xp.expand_dims(a, 0) if a.ndim == 1 else a
    columns = xp.expand_dims(b, 1) if b.ndim == 1 else b
    if a.ndim == 1:
        g = xp.expand_dims(g, -1 if b.ndim == 1 else -2)
    if b.ndim == 1:
        g = xp.expand_dims(g, -1)
    to_a = xp.matmul(g, _swap(xp, columns)) if wants[0] else None
    to_b = xp.matmul(_swap(xp, rows), g) if wants[1] else None
    if to_a is not None and a.ndim == 1:
        to_a = xp.squeeze(to_a, axis=-2)
    if to_b is not None and b.ndim == 1:
        to_b = xp.squeeze(to_b, axis=-1)
    return to_a, to_b


def _swap(xp: Any, x: Any) -> Any:
    axes = tuple(range(x.ndim))
    return xp.transpose(x, (*axes[:-2], axes[-1], axes[-2]))
