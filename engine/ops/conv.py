"""Correlation and convolution: a kernel slides over an input, along one axis or two.

A kernel (M,) slides along the last axis of the input, a kernel (KH, KW) over its last two; axes
before those are a batch. Correlation lays the kernel on as it is, convolution turns it round first.
*Valid* keeps the kernel inside the input; *full* counts every overlap, with zeros outside.
"""

from __future__ import annotations

from math import prod
from typing import Any

from engine.errors import ShapeError
from engine.ops.declare import REAL, Refusal, Sample, op

Shape = tuple[int, ...]


def _check_full(x: Shape, k: Shape) -> None:
    if len(k) not in (1, 2):
        raise ShapeError(f"a kernel has 1 or 2 axes, not {len(k)}")
    if len(x) < len(k):
        raise ShapeError(f"a kernel of {len(k)} axes needs an input of as many, not of shape {x}")
    if 0 in k:
        raise ShapeError(f"the kernel {k} is empty")


def _check_valid(x: Shape, k: Shape) -> None:
    _check_full(x, k)
    if any(size < wanted for size, wanted in zip(x[-len(k) :], k, strict=True)):
        raise ShapeError(f"the kernel {k} is larger than the input {x}")


_DOMAIN = (REAL, REAL)
_SAMPLES = (
    Sample(((4,), (2,))),
    Sample(((2, 3), (2, 2))),
    Sample(((2, 4), (3,)), small=False),
    Sample(((2, 4, 5), (2, 3)), small=False),
)
_REFUSES_FULL = (
    Refusal(((3,), (2, 2)), "a kernel of 2 axes needs an input of as many, not of shape (3,)"),
    Refusal(((3,), ()), "a kernel has 1 or 2 axes, not 0"),
)
_REFUSES = (*_REFUSES_FULL, Refusal(((3,), (5,)), "the kernel (5,) is larger than the input (3,)"))


@op(
    "⋆",
    rule="corr passes to the input the full convolution of the gradient with the kernel, to "
    "the kernel the correlation of the input with the gradient",
    domain=_DOMAIN,
    check=_check_valid,
    samples=_SAMPLES,
    refuses=_REFUSES,
)
def corr(xp: Any, x: Any, k: Any) -> Any:
    """Valid correlation out[n] = Σ x[n + i]·k[i]: (..., N), (M,) -> (..., N − M + 1), or
    (..., H, W), (KH, KW) -> (..., H − KH + 1, W − KW + 1)."""
    return _slide(xp, x, k)


@corr.gradient
def _(xp: Any, g: Any, out: Any, x: Any, k: Any, *, wants: Any) -> Any:
    to_x = _slide(xp, _surround(xp, g, k), xp.flip(k)) if wants[0] else None
    return to_x, _to_kernel(xp, x, g, k) if wants[1] else None


@op(
    "∗",
    rule="conv passes to the input the full correlation of the gradient with the kernel, to "
    "the kernel the correlation of the input with the gradient, turned round",
    domain=_DOMAIN,
    check=_check_valid,
    samples=_SAMPLES,
    refuses=_REFUSES,
)
def conv(xp: Any, x: Any, k: Any) -> Any:
    """Valid convolution out[n] = Σ x[n + M − 1 − i]·k[i]: shapes as in `corr`."""
    return _slide(xp, x, xp.flip(k))


@conv.gradient
def _(xp: Any, g: Any, out: Any, x: Any, k: Any, *, wants: Any) -> Any:
    to_x = _slide(xp, _surround(xp, g, k), k) if wants[0] else None
    return to_x, xp.flip(_to_kernel(xp, x, g, k)) if wants[1] else None


@op(
    "⋆",
    rule="corr_full passes to the input the valid convolution of the gradient with the kernel, "
    "to the kernel the correlation of the padded input with the gradient",
    domain=_DOMAIN,
    check=_check_full,
    samples=_SAMPLES,
    refuses=_REFUSES_FULL,
)
def corr_full(xp: Any, x: Any, k: Any) -> Any:
    """Correlation at every overlap: (..., N), (M,) -> (..., N + M − 1), or
    (..., H, W), (KH, KW) -> (..., H + KH − 1, W + KW − 1)."""
    return _slide(xp, _surround(xp, x, k), k)


@corr_full.gradient
def _(xp: Any, g: Any, out: Any, x: Any, k: Any, *, wants: Any) -> Any:
    to_x = _slide(xp, g, xp.flip(k)) if wants[0] else None
    return to_x, _to_kernel(xp, _surround(xp, x, k), g, k) if wants[1] else None


@op(
    "∗",
    rule="conv_full passes to the input the valid correlation of the gradient with the kernel, "
    "to the kernel the correlation of the padded input with the gradient, turned round",
    domain=_DOMAIN,
    check=_check_full,
    samples=_SAMPLES,
    refuses=_REFUSES_FULL,
)
def conv_full(xp: Any, x: Any, k: Any) -> Any:
    """Convolution at every overlap, out[n] = Σ x[n − i]·k[i]: shapes as in `corr_full`."""
    return _slide(xp, _surround(xp, x, k), xp.flip(k))


@conv_full.gradient
def _(xp: Any, g: Any, out: Any, x: Any, k: Any, *, wants: Any) -> Any:
    to_x = _slide(xp, g, k) if wants[0] else None
    return to_x, xp.flip(_to_kernel(xp, _surround(xp, x, k), g, k)) if wants[1] else None


def _check_windows(x: Shape, *, sizes: tuple[int, ...], strides: tuple[int, ...]) -> None:
    if not len(sizes) == len(strides) <= len(x):
        raise ShapeError(f"{len(sizes)} sizes and {len(strides)} strides for {len(x)} axes")
    for have, size, stride in zip(x[len(x) - len(sizes) :], sizes, strides, strict=True):
        if not 1 <= size <= have or stride < 1:
            raise ShapeError(f"a window of {size} in steps of {stride} over {have} entries")


@op(
    "windows",
    rule="windows adds up at each entry the gradients of all windows that it lies in",
    check=_check_windows,
    samples=(
        Sample(((4,),), {"sizes": (2,), "strides": (1,)}),
        Sample(((3, 4),), {"sizes": (2, 2), "strides": (1, 2)}),
        Sample(((2, 5, 5),), {"sizes": (3, 2), "strides": (2, 1)}, small=False),
    ),
    refuses=(
        Refusal(
            ((3,),), "a window of 4 in steps of 1 over 3 entries", {"sizes": (4,), "strides": (1,)}
        ),
    ),
)
def windows(xp: Any, x: Any, *, sizes: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """Every window over the last axes: (..., H, W) -> (..., OH, OW, KH, KW), without a copy.

    sizes: (KH, KW), or one size for the last axis alone. strides: how far a window moves on each
    axis; OH = (H − KH) // stride + 1.
    """
    return xp.windows(x, sizes, strides)


@windows.gradient
def _(
    xp: Any, g: Any, out: Any, x: Any, *, sizes: tuple[int, ...], strides: tuple[int, ...]
) -> Any:
    count = len(sizes)
    places = [
        _places(g.shape[i - 2 * count], sizes[i], strides[i], before=i, after=count - 1 - i)
        for i in range(count)
    ]
    return (xp.scatter(tuple(x.shape), (Ellipsis, *places), g),)


def _places(steps: int, size: int, stride: int, *, before: int, after: int) -> Any:
    """Along one axis, the entry under each place of each window, as nested lists that broadcast
    to (windows of axis 0, 1, …, places in axis 0, 1, …)."""
    rows: list[Any] = []
    for step in range(steps):
        row: list[Any] = [step * stride + place for place in range(size)]
        for _ in range(after):
            row = [[entry] for entry in row]
        for _ in range(before + after):
            row = [row]
        rows.append(row)
    return rows


def _slide(xp: Any, x: Any, k: Any) -> Any:
    """The products of a kernel with every window of x, added up."""
    return xp.matmul(_columns(xp, x, k), xp.reshape(k, (-1,)))


def _to_kernel(xp: Any, x: Any, g: Any, k: Any) -> Any:
    """The correlation of x with a gradient, added up over the batch: the kernel's gradient."""
    rows = xp.reshape(_columns(xp, x, k), (-1, prod(k.shape)))
    return xp.reshape(xp.matmul(xp.reshape(g, (-1,)), rows), tuple(k.shape))


def _columns(xp: Any, x: Any, k: Any) -> Any:
    """Every window of x in the kernel's size, each as one row: (..., windows, entries)."""
    seen = xp.windows(x, tuple(k.shape), (1,) * k.ndim)
    return xp.reshape(seen, (*seen.shape[: x.ndim], prod(k.shape)))


def _surround(xp: Any, x: Any, k: Any) -> Any:
    """x with zeros around it, so that the kernel meets it at every overlap."""
    lead = ((0, 0),) * (x.ndim - k.ndim)
    return xp.pad(x, (*lead, *[(size - 1, size - 1) for size in k.shape]))
