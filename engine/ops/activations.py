"""Activation functions: what a unit does with its sum."""

from __future__ import annotations

import math
from typing import Any

from engine.errors import ShapeError
from engine.ops.declare import CLASH, DISTINCT, NONZERO, REAL, Refusal, Sample, op

_ROOT_2 = math.sqrt(2)
_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)


@op(
    "σ",
    rule="sigmoid passes the gradient times σ(1 − σ)",
    elementwise=True,
    synonyms=("sigma", "logistic"),
)
def sigmoid(xp: Any, x: Any) -> Any:
    """σ(x) = 1/(1 + e⁻ˣ), entry by entry."""
    # Where e⁻ˣ overflows, 1/inf = 0 is right up to numbers below the dtype's smallest normal one.
    return 1 / (1 + xp.exp(-x))


@sigmoid.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * out * (1 - out),)


@op("tanh", rule="tanh passes the gradient times 1 − tanh²", elementwise=True)
def tanh(xp: Any, x: Any) -> Any:
    """The hyperbolic tangent (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ), entry by entry."""
    return xp.tanh(x)


@tanh.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g * (1 - out * out),)


@op(
    "relu",
    rule="relu passes the gradient where x > 0, and 0 elsewhere",
    domain=(NONZERO,),
    elementwise=True,
)
def relu(xp: Any, x: Any) -> Any:
    """max(x, 0), entry by entry. At the kink x = 0 the slope is 0, as in PyTorch."""
    return xp.maximum(x, 0.0)


@relu.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (xp.where(x > 0, g, 0.0),)


@op(
    "lrelu",
    rule="leaky_relu passes the gradient where x > 0, and slope times it elsewhere",
    domain=(NONZERO,),
    elementwise=True,
    synonyms=("lrelu",),
)
def leaky_relu(xp: Any, x: Any, *, slope: float = 0.01) -> Any:
    """x where x > 0, slope·x elsewhere, entry by entry. At 0 it is `slope`, as in PyTorch."""
    return xp.where(x > 0, x, slope * x)


@leaky_relu.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, slope: float = 0.01) -> Any:
    return (xp.where(x > 0, g, slope * g),)


@op(
    "prelu",
    rule="prelu passes the gradient where x > 0; elsewhere a times it to x, x times it to a",
    domain=(NONZERO, REAL),
    elementwise=True,
    refuses=(CLASH,),
)
def prelu(xp: Any, x: Any, a: Any) -> Any:
    """x where x > 0, a·x elsewhere, with a learned slope a that broadcasts against x.

    At x = 0 the slope is a, as in PyTorch.
    """
    return xp.where(x > 0, x, a * x)


@prelu.gradient
def _(xp: Any, g: Any, out: Any, x: Any, a: Any) -> Any:
    return xp.where(x > 0, g, a * g), xp.where(x > 0, 0.0, x * g)


@op("softplus", rule="softplus passes the gradient times σ(x)", elementwise=True)
def softplus(xp: Any, x: Any) -> Any:
    """ln(1 + eˣ), a smooth relu, entry by entry, without overflow."""
    return xp.logaddexp(x, 0.0)


@softplus.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (g / (1 + xp.exp(-x)),)


@op(
    "elu",
    rule="elu passes the gradient where x > 0, and α·eˣ times it elsewhere",
    domain=(NONZERO,),
    elementwise=True,
)
def elu(xp: Any, x: Any, *, alpha: float = 1.0) -> Any:
    """x where x > 0, α(eˣ − 1) elsewhere, entry by entry. At 0 the slope is α, as in PyTorch."""
    return xp.where(x > 0, x, alpha * xp.expm1(x))


@elu.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, alpha: float = 1.0) -> Any:
    return (xp.where(x > 0, g, g * (out + alpha)),)


@op(
    "gelu",
    rule="gelu passes the gradient times Φ(x) + x·φ(x), the normal distribution and density",
    elementwise=True,
)
def gelu(xp: Any, x: Any) -> Any:
    """x·Φ(x) with the normal distribution Φ(x) = (1 + erf(x/√2))/2, entry by entry; exact."""
    return x * (1 + xp.erf(x / _ROOT_2)) / 2


@gelu.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    distribution = (1 + xp.erf(x / _ROOT_2)) / 2
    density = xp.exp(-x * x / 2) * _DENSITY_AT_0
    return (g * (distribution + x * density),)


@op(
    "swish",
    rule="swish passes the gradient times σ + swish·(1 − σ)",
    elementwise=True,
    synonyms=("silu",),
)
def swish(xp: Any, x: Any) -> Any:
    """x·σ(x), entry by entry."""
    return x / (1 + xp.exp(-x))


@swish.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    share = 1 / (1 + xp.exp(-x))
    return (g * (share + out * (1 - share)),)


@op(
    "step",
    rule="step is flat: it passes 0",
    domain=(NONZERO,),
    elementwise=True,
    synonyms=("heaviside",),
)
def step(xp: Any, x: Any) -> Any:
    """1 where x > 0, else 0, entry by entry: step(0) = 0. The slope is 0 everywhere."""
    return xp.where(x > 0, xp.ones_like(x), xp.zeros_like(x))


@step.gradient
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    return (xp.zeros_like(x),)


@op(
    "sine",
    rule="sine passes the gradient times ω·cos(ω·x)",
    elementwise=True,
    samples=(
        Sample(((),)),
        Sample(((3,),), {"omega": 3.0}),
        Sample(((2, 3),), {"omega": 30.0}, small=False),
    ),
)
def sine(xp: Any, x: Any, *, omega: float = 1.0) -> Any:
    """sin(ω·x), entry by entry: the unit of a sinusoidal network."""
    return xp.sin(omega * x)


@sine.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, omega: float = 1.0) -> Any:
    return (g * (omega * xp.cos(omega * x)),)


def _check_maxout(x: tuple[int, ...], *, pieces: int | None = None) -> None:
    if not x:
        raise ShapeError("a scalar has no pieces to choose from")
    if pieces is not None and (pieces < 1 or x[-1] % pieces):
        raise ShapeError(f"the last axis of {x[-1]} entries does not divide into {pieces} pieces")


@op(
    "maxout",
    rule="maxout passes the gradient to the largest piece of each unit (the first at a tie)",
    domain=(DISTINCT,),
    check=_check_maxout,
    samples=(
        Sample(((2,),)),
        Sample(((2, 4),), {"pieces": 2}),
        Sample(((2, 3),), small=False),
    ),
    refuses=(
        Refusal(((),), "a scalar has no pieces"),
        Refusal(((2, 5),), "5 entries does not divide into 2 pieces", {"pieces": 2}),
    ),
)
def maxout(xp: Any, x: Any, *, pieces: int | None = None) -> Any:
    """The largest of each unit's pieces: (..., n·pieces) -> (..., n), neighbours forming a unit.

    With `pieces` None the whole last axis is one unit: (..., k) -> (...).
    """
    return xp.max(_units(xp, x, pieces), axis=-1)


@maxout.gradient
def _(xp: Any, g: Any, out: Any, x: Any, *, pieces: int | None = None) -> Any:
    chosen = xp.winners(_units(xp, x, pieces), -1)
    return (xp.reshape(xp.expand_dims(g, -1) * chosen, tuple(x.shape)),)


def _units(xp: Any, x: Any, pieces: int | None) -> Any:
    if pieces is None:
        return x
    return xp.reshape(x, (*x.shape[:-1], x.shape[-1] // pieces, pieces))
