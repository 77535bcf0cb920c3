"""Forward lines as NumPy source: `p = softmax(z)`, `L = -np.sum(y * np.log(p))`.

NumPy's own functions are called where it has them. The others are short functions which are
written above the code that uses them, so that the text runs with NumPy alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Expression,
    Index,
    Name,
    Number,
    Transpose,
    Unary,
    walk,
)
from tutor.language.unparse import (
    POSTFIX,
    SIGNED,
    SUM,
    Part,
    Parts,
    assemble,
    index_item,
    number,
    setting,
    strength,
)


class UnwritableError(ValueError):
    """A forward line has no text in NumPy; the message names the function."""


def numpy_text(expression: Expression, names: Mapping[str, str]) -> str:
    """The expression as NumPy source, with every name replaced by its identifier.

    A mask `(z > 0)` becomes an array of ones and zeros, unless it is a factor: then NumPy makes one
    of it. Raises UnwritableError for a function that is neither NumPy's nor one of ours.
    """
    masks = {id(term) for term in walk(expression) if isinstance(term, Compare)}
    for term in walk(expression):
        if isinstance(term, Binary) and term.sign == "*":
            sides = (term.left, term.right)
            if sum(isinstance(side, Compare) for side in sides) == 1:
                masks -= {id(side) for side in sides}
        elif isinstance(term, Call) and term.function == "where":
            masks.discard(id(term.operands[0]))
    return assemble(expression, lambda term: _parts(term, names, masks), ("(", ")"))[0]


def needed(expression: Expression) -> tuple[str, ...]:
    """The functions of ours that the text of an expression calls, those first that others need."""
    found: dict[str, None] = {}
    for term in walk(expression):
        if isinstance(term, Call) and term.function in SOURCES:
            for before in _BELOW.get(term.function, ()):
                found[before] = None
            found[term.function] = None
    return tuple(found)


def _parts(term: Expression, names: Mapping[str, str], masks: set[int]) -> Parts:
    match term:
        case Number():
            return [number(term.value)]
        case Name():
            return [names[term.name]]
        case Unary():
            return [term.sign, Part(term.operand, SIGNED)]
        case Binary(sign="**"):
            return [Part(term.left, POSTFIX), "**", Part(term.right, SIGNED)]
        case Binary():
            least = strength(term)
            after = max(least + 1, SIGNED + 1 if isinstance(term.right, Unary) else 0)
            return [Part(term.left, least), f" {term.sign} ", Part(term.right, after)]
        case Compare() if id(term) in masks:
            return ["np.where(", *_compared(term), ", 1.0, 0.0)"]
        case Compare():
            return _compared(term)
        case Transpose():
            return [Part(term.operand, POSTFIX), ".T"]
        case Index():
            items = ", ".join(index_item(item) for item in term.items)
            return [Part(term.operand, POSTFIX), f"[{items}]"]
        case Array():
            return ["np.stack([", *_separated(term.items), "])"]
        case Call():
            return _call(term)
    raise UnwritableError("a derivative cannot stand in a forward line")


def _compared(term: Compare) -> Parts:
    return [Part(term.left, SUM), f" {term.relation} ", Part(term.right, SUM)]


def _call(call: Call) -> Parts:
    name = call.function
    if name in SOURCES:
        function = name
    elif name in _NUMPYS:
        function = _NUMPYS[name]
    else:
        raise UnwritableError(f"{name} cannot be written in NumPy here")
    parts: Parts = [f"{function}(", *_separated(call.operands)]
    parts += [f", {keyword.name}={setting(keyword.value)}" for keyword in call.keywords]
    if name == "cumsum" and not call.keywords:
        parts.append(", axis=-1")
    return [*parts, ")"]


def _separated(terms: tuple[Expression, ...]) -> Parts:
    parts: Parts = []
    for term in terms:
        if parts:
            parts.append(", ")
        parts.append(Part(term))
    return parts


_NUMPYS = {
    "pow": "np.power",
    **{
        name: f"np.{name}"
        for name in (
            "exp expm1 log log1p logaddexp sqrt square sin cos sinh cosh tanh abs sign floor "
            "maximum minimum where diag outer dot matmul sum mean prod max min cumsum transpose "
            "flip"
        ).split()
    },
}

_BELOW = {
    "conv": ("corr",),
    "corr_full": ("corr",),
    "conv_full": ("corr", "corr_full"),
    "log_softmax": ("logsumexp",),
    "gelu": ("erf",),
}

SOURCES: Mapping[str, str] = {
    "sigmoid": """\
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
""",
    "relu": """\
def relu(x):
    return np.maximum(x, 0)
""",
    "leaky_relu": """\
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * x)
""",
    "softplus": """\
def softplus(x):
    return np.logaddexp(x, 0)
""",
    "elu": """\
def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(x))
""",
    "erf": """\
def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)[()]
""",
    "gelu": """\
def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2
""",
    "swish": """\
def swish(x):
    return x / (1 + np.exp(-x))
""",
    "step": """\
def step(x):
    return np.where(x > 0, 1.0, 0.0)
""",
    "softmax": """\
def softmax(x, axis=-1):
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)
""",
    "logsumexp": """\
def logsumexp(x, axis=-1, keepdims=False):
    largest = np.max(x, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return total if keepdims else np.squeeze(total, axis=axis)
""",
    "log_softmax": """\
def log_softmax(x, axis=-1):
    return x - logsumexp(x, axis=axis, keepdims=True)
""",
    "corr": """\
def corr(x, k):
    # k slides over the last axis of x (over the last two where k is a matrix)
    axes = tuple(range(-k.ndim, 0))
    windows = np.lib.stride_tricks.sliding_window_view(x, k.shape, axes)
    return np.sum(windows * k, axis=axes)
""",
    "conv": """\
def conv(x, k):
    # as corr, with the kernel turned round first
    return corr(x, np.flip(k))
""",
    "corr_full": """\
def corr_full(x, k):
    # as corr, with zeros around x, so that the kernel meets it at every overlap
    around = [(0, 0)] * (x.ndim - k.ndim) + [(size - 1, size - 1) for size in k.shape]
    return corr(np.pad(x, around), k)
""",
    "conv_full": """\
def conv_full(x, k):
    # as corr_full, with the kernel turned round first
    return corr_full(x, np.flip(k))
""",
}
"""The functions that NumPy does not have, as they are written into a file."""
