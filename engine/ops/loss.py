"""Losses: one number that says how far a prediction is from its target.

`reduction` is PyTorch's: "mean" over the items of the batch, "sum" of them, or "none", one loss an
item. An item is an entry for mse, binary cross-entropy and the margins; for the losses over classes
or labels it is a row, the last axis holding its classes.
"""

from __future__ import annotations

from math import prod
from typing import Any

from engine.errors import ShapeError
from engine.ops.declare import REAL, UNIT, Domain, Refusal, Sample, op

Shape = tuple[int, ...]
_REDUCTIONS = ("mean", "sum", "none")
_SAMPLES = (
    Sample(((), ())),
    Sample(((3,), (3,))),
    Sample(((2, 2), (2, 2)), {"reduction": "sum"}),
    Sample(((2, 3), (2, 3)), {"reduction": "none"}, small=False),
)
_UNLIKE = Refusal(((3, 1), (3,)), "prediction (3, 1) and target (3,) must have one shape")
_EMPTY = Refusal(((0,), (0,)), "there is no entry to average")
_REDUCTION = Refusal(((3,), (3,)), "reduction is 'mean', 'sum' or 'none'", {"reduction": "max"})


def _check(prediction: Shape, target: Shape, *, reduction: str = "mean", **_: Any) -> None:
    if prediction != target and () not in (prediction, target):
        raise ShapeError(f"prediction {prediction} and target {target} must have one shape")
    if reduction not in _REDUCTIONS:
        raise ShapeError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    if reduction == "mean" and (0 in prediction or 0 in target):
        raise ShapeError("there is no entry to average")


def _check_rows(prediction: Shape, target: Shape, *, reduction: str = "mean") -> None:
    if not prediction:
        raise ShapeError("a scalar has no axis of classes")
    if prediction != target:
        raise ShapeError(f"prediction {prediction} and target {target} must have one shape")
    _check(prediction, target, reduction=reduction)


@op(
    "mse",
    rule="mse passes 2(prediction − target)/n times the gradient, to the target its negative",
    domain=(REAL, REAL),
    check=_check,
    samples=_SAMPLES,
    refuses=(_UNLIKE, _EMPTY, _REDUCTION),
    synonyms=("mse_loss",),
)
def mse(xp: Any, prediction: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The mean of (prediction − target)² over all n entries (without a ½)."""
    difference = prediction - target
    return _reduced(xp, difference * difference, reduction)


@mse.gradient
def _(xp: Any, g: Any, out: Any, prediction: Any, target: Any, *, reduction: str = "mean") -> Any:
    difference = prediction - target
    to_prediction = _each(g, difference.shape, reduction) * (2 * difference)
    return to_prediction, -to_prediction


def _check_classes(logits: Shape, target: Shape, *, reduction: str = "mean") -> None:
    if logits and target == logits[:-1]:
        return _check(logits, logits, reduction=reduction)
    return _check_rows(logits, target, reduction=reduction)


@op(
    "CE",
    rule="cross_entropy passes softmax(logits) − target to the logits, times the gradient over "
    "the number of rows",
    domain=(REAL, UNIT),
    check=_check_classes,
    samples=(
        Sample(((3,), (3,))),
        Sample(((2, 2), (2, 2))),
        Sample(((2, 3), (2,)), values=(None, [2, 0])),
        Sample(((2, 3), (2, 3)), {"reduction": "sum"}, small=False),
        Sample(((2, 3), (2, 3)), {"reduction": "none"}, small=False),
    ),
    refuses=(
        Refusal(((2, 3), (3, 2)), "prediction (2, 3) and target (3, 2) must have one shape"),
        Refusal(((), ()), "a scalar has no axis of classes"),
        _REDUCTION,
    ),
)
def cross_entropy(xp: Any, logits: Any, target: Any, *, reduction: str = "mean") -> Any:
    """−Σ target·ln softmax(logits) over the classes (last axis), averaged over the rows; stable.

    logits: (..., C). target: probabilities or one-hot rows (..., C), or class numbers (...), which
    get no gradient. Raises ShapeError for a number that is no class (on the GPU its row is nan).
    """
    costs = _costs(xp, logits)
    return _reduced(xp, xp.sum(_hot(xp, target, logits) * costs, axis=-1), reduction)


@cross_entropy.gradient
def _(
    xp: Any,
    g: Any,
    out: Any,
    logits: Any,
    target: Any,
    *,
    reduction: str = "mean",
    wants: Any,
) -> Any:
    costs = _costs(xp, logits)
    row = xp.expand_dims(_each(g, logits.shape[:-1], reduction), -1)
    to_logits = to_target = None
    if wants[0]:
        hot = _hot(xp, target, logits)
        to_logits = row * (xp.exp(-costs) * xp.sum(hot, axis=-1, keepdims=True) - hot)
    if wants[1] and target.ndim == logits.ndim:
        to_target = row * costs
    return to_logits, to_target


@op(
    "CE",
    rule="cross_entropy_from_probabilities passes −target/p times the gradient over the number "
    "of rows",
    domain=(UNIT, UNIT),
    check=_check_rows,
    samples=(
        Sample(((3,), (3,))),
        Sample(((2, 2), (2, 2))),
        Sample(((2, 3), (2, 3)), {"reduction": "none"}, small=False),
    ),
    refuses=(
        Refusal(((2, 3), (2,)), "prediction (2, 3) and target (2,) must have one shape"),
        Refusal(((), ()), "a scalar has no axis of classes"),
        _REDUCTION,
    ),
)
def cross_entropy_from_probabilities(
    xp: Any, p: Any, target: Any, *, reduction: str = "mean"
) -> Any:
    """−Σ target·ln p over the classes (last axis), averaged over the rows; 0·ln 0 counts as 0.

    p, target: (..., C), rows that sum to 1. A probability of 0 for what is true costs inf.
    """
    return _reduced(xp, xp.sum(_surprise(xp, target, p), axis=-1), reduction)


@cross_entropy_from_probabilities.gradient
def _(xp: Any, g: Any, out: Any, p: Any, target: Any, *, reduction: str = "mean") -> Any:
    row = xp.expand_dims(_each(g, p.shape[:-1], reduction), -1)
    return row * -_ratio(xp, target, p), row * -xp.log(p)


@op(
    "BCE",
    rule="binary_cross_entropy passes (p − target)/(p(1 − p)) times the gradient over n",
    domain=(UNIT, UNIT),
    check=_check,
    samples=_SAMPLES,
    refuses=(_UNLIKE, _EMPTY, _REDUCTION),
)
def binary_cross_entropy(xp: Any, p: Any, target: Any, *, reduction: str = "mean") -> Any:
    """−target·ln p − (1 − target)·ln(1 − p), averaged over all n entries; 0·ln 0 counts as 0.

    A certain and wrong p (0 or 1) costs inf; PyTorch stops at 100.
    """
    losses = _surprise(xp, target, p) + _surprise(xp, 1 - target, 1 - p)
    return _reduced(xp, losses, reduction)


@binary_cross_entropy.gradient
def _(xp: Any, g: Any, out: Any, p: Any, target: Any, *, reduction: str = "mean") -> Any:
    each = _each(g, (p - target).shape, reduction)
    to_p = each * (_ratio(xp, 1 - target, 1 - p) - _ratio(xp, target, p))
    return to_p, each * (xp.log(1 - p) - xp.log(p))


@op(
    "BCE",
    rule="binary_cross_entropy_with_logits passes σ(z) − target times the gradient over n",
    domain=(REAL, UNIT),
    check=_check,
    samples=_SAMPLES,
    refuses=(_UNLIKE, _EMPTY, _REDUCTION),
)
def binary_cross_entropy_with_logits(
    xp: Any, logits: Any, target: Any, *, reduction: str = "mean"
) -> Any:
    """The binary cross-entropy of σ(logits), averaged over all n entries, stable at any logit."""
    return _reduced(xp, _binary_losses(xp, logits, target), reduction)


@binary_cross_entropy_with_logits.gradient
def _(xp: Any, g: Any, out: Any, logits: Any, target: Any, *, reduction: str = "mean") -> Any:
    each = _each(g, (logits - target).shape, reduction)
    return each * (1 / (1 + xp.exp(-logits)) - target), -each * logits


@op(
    "BCE",
    rule="multilabel_cross_entropy passes σ(z) − target times the gradient over the number of rows",
    domain=(REAL, UNIT),
    check=_check_rows,
    samples=(
        Sample(((3,), (3,))),
        Sample(((2, 2), (2, 2))),
        Sample(((2, 3), (2, 3)), {"reduction": "sum"}, small=False),
    ),
    refuses=(
        Refusal(((2, 3), (2,)), "prediction (2, 3) and target (2,) must have one shape"),
        Refusal(((), ()), "a scalar has no axis of classes"),
        _REDUCTION,
    ),
    synonyms=("multilabel",),
)
def multilabel_cross_entropy(xp: Any, logits: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Several labels may be true at once: the binary cross-entropies of σ(logits), summed over the
    labels (last axis), averaged over the rows.

    PyTorch's multilabel_soft_margin_loss divides by the number of labels as well.
    """
    return _reduced(xp, xp.sum(_binary_losses(xp, logits, target), axis=-1), reduction)


@multilabel_cross_entropy.gradient
def _(xp: Any, g: Any, out: Any, logits: Any, target: Any, *, reduction: str = "mean") -> Any:
    row = xp.expand_dims(_each(g, logits.shape[:-1], reduction), -1)
    return row * (1 / (1 + xp.exp(-logits)) - target), -row * logits


@op(
    "hinge",
    rule="hinge passes −target times the gradient over n where the margin is not kept, else 0",
    domain=(Domain(-0.8, 0.8), REAL),
    check=_check,
    samples=(
        Sample(((2,), (2,)), values=(None, [1.0, -1.0])),
        Sample(((3,), (3,)), {"margin": 0.0, "reduction": "none"}, values=([2.0, 0.5, -1.5], None)),
        Sample(((2, 3), (2, 3)), values=(None, [[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]]), small=False),
    ),
    refuses=(_UNLIKE, _EMPTY, _REDUCTION),
)
def hinge(
    xp: Any, prediction: Any, target: Any, *, margin: float = 1.0, reduction: str = "mean"
) -> Any:
    """max(0, margin − target·prediction) for targets of −1 and 1, averaged over all n entries.

    Exactly at the margin the gradient still passes, as in PyTorch's losses with a margin.
    """
    return _reduced(xp, xp.maximum(margin - target * prediction, 0.0), reduction)


@hinge.gradient
def _(
    xp: Any,
    g: Any,
    out: Any,
    prediction: Any,
    target: Any,
    *,
    margin: float = 1.0,
    reduction: str = "mean",
) -> Any:
    kept = target * prediction
    each = xp.where(kept > margin, 0.0, _each(g, kept.shape, reduction))
    return -each * target, -each * prediction


def _check_ranking(
    a: Shape, b: Shape, target: Shape, *, margin: float = 0.0, reduction: str = "mean"
) -> None:
    _check(a, b, reduction=reduction)
    _check(a or b, target, reduction=reduction)


@op(
    "rank",
    rule="margin_ranking passes −target to the first and target to the second, times the "
    "gradient over n, where the margin is not kept, else 0",
    domain=(REAL, REAL, REAL),
    check=_check_ranking,
    samples=(
        Sample(((2,), (2,), (2,)), {"margin": 0.1}, values=([1.0, 0.5], [0.2, 1.5], None)),
        Sample(((), (), ()), {"margin": 9.0}),
        Sample(
            ((3,), (3,), (3,)),
            {"margin": 9.0, "reduction": "none"},
            small=False,
            values=(None, None, [1.0, -1.0, 1.0]),
        ),
    ),
    refuses=(
        Refusal(((3,), (2,), (3,)), "must have one shape"),
        Refusal(((), (), ()), "reduction is 'mean', 'sum' or 'none'", {"reduction": "max"}),
    ),
    synonyms=("margin_ranking_loss",),
)
def margin_ranking(
    xp: Any, a: Any, b: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """max(0, margin − target·(a − b)), averaged over all n entries: a is to be above b by the
    margin where the target is 1, below it where it is −1.

    Exactly at the margin the gradient still passes, as in PyTorch.
    """
    return _reduced(xp, xp.maximum(margin - target * (a - b), 0.0), reduction)


@margin_ranking.gradient
def _(
    xp: Any,
    g: Any,
    out: Any,
    a: Any,
    b: Any,
    target: Any,
    *,
    margin: float = 0.0,
    reduction: str = "mean",
) -> Any:
    lead = a - b
    kept = target * lead
    each = xp.where(kept > margin, 0.0, _each(g, kept.shape, reduction))
    return -each * target, each * target, -each * lead


def _reduced(xp: Any, losses: Any, reduction: str) -> Any:
    if reduction == "mean":
        return xp.mean(losses)
    return xp.sum(losses) if reduction == "sum" else losses


def _each(g: Any, items: Shape, reduction: str) -> Any:
    """The upstream gradient of each item's own loss."""
    return g / prod(items) if reduction == "mean" else g


def _costs(xp: Any, logits: Any) -> Any:
    """−ln softmax(logits): what each class costs, should it be the true one."""
    below = logits - xp.shift(logits, -1)
    return xp.log(xp.sum(xp.exp(below), axis=-1, keepdims=True)) - below


def _hot(xp: Any, target: Any, logits: Any) -> Any:
    """The target as rows of probabilities: class numbers become one-hot rows."""
    if target.ndim == logits.ndim:
        return target
    return xp.one_hot(target, logits.shape[-1], logits)


def _surprise(xp: Any, target: Any, p: Any) -> Any:
    """−target·ln p, and the limit 0 where the target is 0."""
    return xp.where(target == 0, 0.0, target * -xp.log(p))


def _ratio(xp: Any, target: Any, p: Any) -> Any:
    """target / p, and 0 where the target is 0."""
    return xp.where(target == 0, 0.0, target / p)


def _binary_losses(xp: Any, logits: Any, target: Any) -> Any:
    """softplus of the logit that speaks for the other answer, weighted by the target: no
    difference of large numbers, no logarithm of a rounded probability."""
    right = target * xp.logaddexp(-logits, 0.0)
    return right + (1 - target) * xp.logaddexp(logits, 0.0)
