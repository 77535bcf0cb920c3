"""The names of the rules that a step uses, in the field's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tutor.judge.worked.sizes import Shape, shape_of
from tutor.judge.worked.sweep import Arrival, Passed
from tutor.language.tree import Expression, Name, Transpose, children

SLOPES = {
    "sigmoid": "sigmoid's slope",
    "tanh": "tanh's slope",
    "relu": "relu's slope",
    "leaky_relu": "leaky relu's slope",
    "softplus": "softplus's slope",
    "elu": "elu's slope",
    "gelu": "gelu's slope",
    "swish": "swish's slope",
    "exp": "slope of exp",
    "expm1": "slope of exp",
    "log": "slope of log",
    "log1p": "slope of log",
    "sin": "slope of the sine",
    "cos": "slope of the cosine",
    "sinh": "slope of sinh",
    "cosh": "slope of cosh",
    "erf": "slope of erf",
    "abs": "slope of the absolute value",
    "sqrt": "power rule",
    "square": "power rule",
    "softmax": "softmax's Jacobian",
    "log_softmax": "softmax's Jacobian",
    "logsumexp": "softmax as a slope",
    "logaddexp": "softmax as a slope",
    "max": "the largest entry gets it",
    "min": "the smallest entry gets it",
    "maximum": "the larger one gets it",
    "minimum": "the smaller one gets it",
    "where": "the side that was taken gets it",
    "sum": "sum: a copy for each",
    "mean": "mean: equal shares",
    "prod": "product rule",
    "cumsum": "running sums, from the other end",
    "transpose": "transpose back",
    "flip": "turn round again",
    "diag": "the diagonal",
    "add": "sum rule",
    "sub": "sum rule",
    "neg": "sum rule",
}
_BY_OPERAND = {
    "div": ("constant divisor", "quotient rule"),
    "pow": ("power rule", "slope of a power by its exponent"),
    "corr": ("kernel: full convolution of the gradient", "kernel: input with gradient"),
    "conv": ("kernel: full correlation of the gradient", "kernel: input with gradient, turned"),
    "corr_full": ("kernel: valid convolution of the gradient", "kernel: gradient with input"),
    "conv_full": ("kernel: valid correlation of the gradient", "kernel: gradient with input"),
}
# Said only where there is nothing else to say, the last ones before the first ones.
_PLAIN = ("sum rule", SLOPES["sum"], "constant divisor", "product: the other factor")
_MOST = 3


def rule_name(arrivals: Sequence[Arrival], known: Mapping[str, Shape], *, chained: bool) -> str:
    """The rules of a step: `chain rule, sigmoid's slope`.

    known: shapes of the names. chained: whether the gradient of a later quantity stands in the
    step.
    """
    names = dict.fromkeys(_phrase(passed, known) for one in arrivals for passed in one.passed)
    told = [name for name in names if name not in _PLAIN]
    said = told or sorted(names, key=_PLAIN.index)[-1:]
    first = []
    if sum(one.paths for one in arrivals) > 1:
        first.append("sum over paths")
    if chained:
        first.append("chain rule")
    return ", ".join([*first, *said][:_MOST])


def reason(arrivals: Sequence[Arrival]) -> str:
    """What the rules say, in the words of the engine's declarations."""
    rules = dict.fromkeys(passed.op.rule for one in arrivals for passed in one.passed)
    said = [rule for rule in rules if not rule.startswith(("add passes", "neg passes"))]
    return "; ".join((said or list(rules))[:_MOST])


def _phrase(passed: Passed, known: Mapping[str, Shape]) -> str:
    if passed.op.name in ("mul", "outer"):
        return "product rule" if passed.shared else "product: the other factor"
    if passed.op.name in ("matmul", "dot"):
        return _of_matrices(passed, known)
    by_operand = _BY_OPERAND.get(passed.op.name)
    if by_operand is not None:
        return by_operand[min(passed.operand, 1)]
    return SLOPES.get(passed.op.name, passed.op.name)


def _of_matrices(passed: Passed, known: Mapping[str, Shape]) -> str:
    """What a matrix product passes on, in the words `gradient @ W.T`."""
    first, second = children(passed.term)
    axes = len(shape_of(first, known)), len(shape_of(second, known))
    if axes == (1, 1) or 0 in axes:
        return "product rule" if passed.shared else "dot product: the other factor"
    a, b = _word(first, "first"), _word(second, "second")
    match axes, passed.operand:
        case (2, 1), 0:
            said = f"outer(gradient, {b})"
        case (1, 2), 0:
            said = f"{b} @ gradient"
        case (1, 2), _:
            said = f"outer({a}, gradient)"
        case _, 0:
            said = f"gradient @ {_turned(b)}"
        case _:
            said = f"{_turned(a)} @ gradient"
    return f"matrix product: {said}"


def _word(term: Expression, otherwise: str) -> str:
    match term:
        case Name(name=name):
            return name
        case Transpose(operand=Name(name=name)):
            return f"{name}.T"
    return otherwise


def _turned(word: str) -> str:
    return word.removesuffix(".T") if word.endswith(".T") else f"{word}.T"
