"""The functions of derivations: those of the engine that a derivation may call, and how.

Nothing that takes a shape is among them, so that no line can ask for an array larger than its
operands give. The only parameters are `axis`, `keepdims` and the slope of a leaky relu.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from engine.ops import REGISTRY
from tutor.language import calls
from tutor.language.errors import shortened
from tutor.language.functions import Function, Parameter, function_named, names
from tutor.language.tree import Call, Keyword

if TYPE_CHECKING:
    from tutor.language.parser import Parser

MAX_AXIS = 8

AXIS = Parameter("axis", False, None, "int | None")
KEEPDIMS = Parameter("keepdims", False, False, "bool | int")
SLOPE = Parameter("slope", False, 0.01, "float")

PARAMETERS: dict[str, tuple[Parameter, ...]] = {
    **dict.fromkeys(("sum", "mean", "prod", "max", "min", "logsumexp"), (AXIS, KEEPDIMS)),
    **dict.fromkeys(("softmax", "log_softmax", "cumsum", "flip"), (AXIS,)),
    "leaky_relu": (SLOPE,),
}
ADMITTED = frozenset(PARAMETERS) | frozenset(
    "sigmoid tanh relu softplus elu gelu swish step exp expm1 log log1p sqrt square sin cos sinh "
    "cosh erf abs sign floor maximum minimum logaddexp pow where outer dot matmul diag transpose "
    "corr conv corr_full conv_full".split()
)


def _functions() -> dict[str, Function]:
    known: dict[str, Function] = {}
    for name in names():
        function = function_named(name)
        if function is not None and function.name in ADMITTED:
            known[name] = replace(function, parameters=PARAMETERS.get(function.name, ()))
    return known


# Made when the module is imported, so that reading a line imports and compiles nothing.
FUNCTIONS = _functions()
DIFFERENTIABLE = frozenset(
    name for name in ADMITTED if REGISTRY[name].elementwise and REGISTRY[name].arity == 1
)


def admitted(name: str) -> Function | None:
    """The function of derivations that a name or a synonym means, or None."""
    return FUNCTIONS.get(name)


def differentiable(name: str) -> Function | None:
    """The elementwise function of one operand that a name means, whose derivative is a factor for
    each entry: `sigmoid` of `sigmoid'(z)`. None for every other name."""
    function = FUNCTIONS.get(name)
    return function if function is not None and function.name in DIFFERENTIABLE else None


def known_functions() -> tuple[str, ...]:
    """Every name that a derivation can call, `dsigmoid` and the like included."""
    return (*FUNCTIONS, *(f"d{name}" for name in FUNCTIONS if differentiable(name)))


def read_call(parser: Parser, function: Function) -> Call:
    """The call that begins at the parser's next token. Raises `LanguageError` as `calls.read`."""
    call = calls.read(parser, function)
    keywords = tuple(filter(None, (_checked(parser, call, given) for given in call.keywords)))
    return replace(call, keywords=keywords)


def _checked(parser: Parser, call: Call, given: Keyword) -> Keyword | None:
    """A parameter as the engine takes it; None for one that says what is meant anyway."""
    value = given.value
    if given.name == "keepdims":
        if value not in (0, 1):
            _refuse(parser, given, "keepdims takes True or False")
        return replace(given, value=bool(value))
    if given.name != "axis":
        return given
    if value is None and call.function in ("softmax", "log_softmax", "cumsum", "logsumexp"):
        _refuse(parser, given, f"{call.function} runs along one axis")
    if value is None:
        return None
    if not isinstance(value, int) or not -MAX_AXIS <= value < MAX_AXIS:
        _refuse(parser, given, "axis takes one whole number, such as 0, 1 or -1")
    return given


def _refuse(parser: Parser, given: Keyword, message: str) -> NoReturn:
    parser.refuse("bad_arguments", message, (given.start, given.end))


def read_derivative_call(parser: Parser, name: str, start: int) -> Call:
    """`sigmoid'(z)` or `dsigmoid(z)` from its last sign before "(" on, as a call of `sigmoid'`.

    name: what stands before the prime or behind the d. Raises `LanguageError` (`bad_arguments`)
    for a function whose derivative is no factor for each entry.
    """
    function = differentiable(name)
    if function is None:
        other = admitted(name)
        where = (start, parser.token.end)
        shown = other.name if other else shortened(name)
        message = f"{shown}' is not one number for each entry, so it is not written with a prime"
        hint = "name its result and write the derivative as dA/dB"
        parser.refuse("bad_arguments", message, where, hint)
    call = read_call(parser, function)
    return replace(call, function=f"{function.name}'", start=start)
