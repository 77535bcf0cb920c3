"""The names of the rules that a step uses, in the field's words."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.judge.worked.sweep import Arrival, Passed

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
    "sum": "sum: one copy for every entry",
    "mean": "mean: an equal share for every entry",
    "prod": "product rule",
    "cumsum": "running sums, from the other end",
    "transpose": "transpose back",
    "flip": "turn round again",
    "diag": "the diagonal",
    "outer": "outer product",
    "dot": "product rule",
    "mul": "product rule",
    "add": "sum rule",
    "sub": "sum rule",
    "neg": "sum rule",
}
_BY_OPERAND = {
    "div": ("constant divisor", "quotient rule"),
    "pow": ("power rule", "slope of a power by its exponent"),
    "matmul": ("matrix product: gradient @ second.T", "matrix product: first.T @ gradient"),
    "corr": ("kernel: full convolution of the gradient", "kernel: input with gradient"),
    "conv": ("kernel: full correlation of the gradient", "kernel: input with gradient, turned"),
    "corr_full": ("kernel: valid convolution of the gradient", "kernel: gradient with input"),
    "conv_full": ("kernel: valid correlation of the gradient", "kernel: gradient with input"),
}
# Said only where there is nothing else to say.
_PLAIN = ("sum rule", "constant divisor", "product rule", "sum: one copy for every entry")
_MOST = 3


def rule_name(arrivals: Sequence[Arrival], *, chained: bool) -> str:
    """The rules of a step, the most telling first: `chain rule, sigmoid's slope`.

    chained: whether the gradient of a later quantity stands in the step.
    """
    names: list[str] = []
    for one in arrivals:
        names.extend(_phrase(passed) for passed in one.passed)
    told = [name for name in dict.fromkeys(names) if name not in _PLAIN]
    said = told or list(dict.fromkeys(names))[:1]
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


def _phrase(passed: Passed) -> str:
    by_operand = _BY_OPERAND.get(passed.op.name)
    if by_operand is not None:
        return by_operand[min(passed.operand, 1)]
    return SLOPES.get(passed.op.name, passed.op.name)
