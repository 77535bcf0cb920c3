"""The declaration of an operation: forward, gradient rule and the rule a person reads together.

    @op("·", rule="the gradient times the other factor", domain=(REAL, REAL))
    def mul(xp, a, b):
        return a * b

    @mul.gradient
    def _(xp, g, out, a, b):
        return g * b, g * a

`xp` is the namespace of whatever the numbers are made of (engine.arrays). Both functions are
plain: no closure, no state; eager mode, the recorder, replay, proof and judge call them alone. A
gradient rule returns one gradient an operand, in the broadcast shape; None says that nothing passes
to that operand. The engine undoes broadcasting afterwards, in one place for all ops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, ShapeError

if TYPE_CHECKING:
    from engine.tensor import Tensor

Function = Callable[..., Any]
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """Where an operand may lie in tests and proofs.

    Numbers are drawn from [low, high], at least `gap` away from each point of `kinks`; with
    `distinct` the entries of all operands of the op also keep `gap` from each other (maxima without
    ties).
    """

    low: float = -2.0
    high: float = 2.0
    kinks: tuple[float, ...] = ()
    gap: float = 0.1
    distinct: bool = False


REAL = Domain()
POSITIVE = Domain(0.3, 2.5)
NONZERO = Domain(kinks=(0.0,), gap=0.3)
UNIT = Domain(0.1, 0.9)
DISTINCT = Domain(distinct=True)


@dataclass(frozen=True, slots=True)
class Sample:
    """One way to call an op in tests and proofs: operand shapes and parameters.

    `small` samples are those proved on symbols. `values` fixes operands (targets, masks) where
    random numbers make no sense; its None entries are drawn from the domain.
    """

    shapes: tuple[Shape, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    small: bool = True
    values: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wrong call and a part of the message that it must get."""

    shapes: tuple[Shape, ...]
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)


CLASH = Refusal(((2, 3), (2,)), "sizes 2 and 3 of axis -1 do not broadcast")
"""What every elementwise op of two operands refuses."""


class Op:
    """A registered operation. Calling it on Tensors (or numbers) makes a node."""

    __slots__ = (
        "arity",
        "check",
        "domain",
        "elementwise",
        "forward",
        "name",
        "numeric_only",
        "operands",
        "parameters",
        "plain",
        "prunes",
        "refuses",
        "rule",
        "samples",
        "symbol",
        "synonyms",
        "variadic",
        "vjp",
    )

    def __init__(self, name: str, forward: Function, **settings: Any) -> None:
        self.name = name
        self.forward = forward
        self.vjp: Function = _no_rule
        self.prunes = False
        self.operands = forward.__code__.co_varnames[1 : 1 + len(settings["domain"])]
        self.parameters: tuple[str, ...] = _parameters(forward, len(settings["domain"]))
        self.plain = False  # one or two operands, entry by entry, no parameters: fit for floats
        self.symbol: str = settings["symbol"]
        self.rule: str = settings["rule"]
        self.domain: tuple[Domain, ...] = settings["domain"]
        self.samples: tuple[Sample, ...] = settings["samples"]
        self.refuses: tuple[Refusal, ...] = settings["refuses"]
        self.elementwise: bool = settings["elementwise"]
        self.variadic: bool = settings["variadic"]
        self.arity = len(self.domain)
        self.check: Function | None = settings["check"]
        self.numeric_only: str | None = settings["numeric_only"]
        self.synonyms: tuple[str, ...] = settings["synonyms"]

    def gradient(self, function: Function) -> Function:
        """Register `vjp(xp, g, out, *inputs, **params)`, which gives one gradient an operand.

        A rule with a keyword `wants` (one bool an operand) may leave out, as None, what nobody
        asked for; for the few ops where a gradient costs as much as the forward pass. With a
        default for it, the rule can also be called without.
        """
        names = function.__code__.co_varnames[: _argument_count(function)]
        self.prunes = "wants" in names
        self.plain = (
            self.elementwise
            and self.arity <= 2
            and (not self.prunes or function.__kwdefaults__ is not None)
            and self.forward.__code__.co_kwonlyargcount == 0
        )
        self.vjp = function
        return function

    def __call__(self, *operands: Any, **params: Any) -> Tensor:
        """Apply the op to Tensors, arrays or numbers.

        Operands may be given by name. What stands behind them is read as parameters: `sum(x, 0)`
        is `sum(x, axis=0)`.
        An op of any number of operands takes them one by one or as a list: `stack([a, b])`.
        """
        from engine.apply import apply

        if self.variadic:
            if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
                operands = tuple(operands[0])
            if not operands:
                raise ShapeError(f"{self.name}: no operand given", op=self.name)
        elif len(operands) < self.arity and any(name in params for name in self.operands):
            return self(*_in_order(self, operands, params), **params)
        elif len(operands) != self.arity:
            extra = operands[self.arity :]
            if len(operands) < self.arity or len(extra) > len(self.parameters):
                raise ShapeError(
                    f"{self.name}: takes {self.arity} operand{'s' * (self.arity > 1)}, "
                    f"{len(operands)} given{_unknown(self, params)}",
                    op=self.name,
                )
            params = dict(zip(self.parameters, extra, strict=False)) | params
            operands = operands[: self.arity]
        return apply(self, operands, params)

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    @property
    def doc(self) -> str:
        """What the op computes: the docstring of its forward function."""
        return (self.forward.__doc__ or "").strip()


REGISTRY: dict[str, Op] = {}


def op(
    symbol: str,
    *,
    rule: str,
    domain: Sequence[Domain] = (REAL,),
    samples: Sequence[Sample] = (),
    refuses: Sequence[Refusal] = (),
    elementwise: bool = False,
    variadic: bool = False,
    check: Function | None = None,
    numeric_only: str | None = None,
    synonyms: Sequence[str] = (),
    name: str | None = None,
) -> Callable[[Function], Op]:
    """Declare and register an operation.

    symbol: how the op is drawn in a box or a formula ("+", "σ", "exp").
    rule: the gradient rule in words, one line, as a person reads it.
    domain: one Domain an operand; its length is the arity (for a variadic op: of each operand).
    elementwise: out[i] depends on operand[i] alone, so that a local derivative stands beside each
    entry. check: `check(*shapes, **params)` raises ShapeError before the forward pass is tried.
    numeric_only: why SymPy cannot prove this op; None when it can.
    """

    def declare(forward: Function) -> Op:
        made = Op(
            name or forward.__name__,
            forward,
            symbol=symbol,
            rule=rule,
            domain=tuple(domain),
            samples=tuple(samples) or _default_samples(elementwise, len(domain)),
            refuses=tuple(refuses),
            elementwise=elementwise,
            variadic=variadic,
            check=check,
            numeric_only=numeric_only,
            synonyms=tuple(synonyms),
        )
        if made.name in REGISTRY:
            raise EngineError(f"op {made.name!r} is declared twice")
        REGISTRY[made.name] = made
        return made

    return declare


def _default_samples(elementwise: bool, arity: int) -> tuple[Sample, ...]:
    if not elementwise:
        raise EngineError("an op that is not elementwise must declare its samples")
    scalars: tuple[Shape, ...] = ((),) * arity
    same: tuple[Shape, ...] = ((2, 3),) * arity
    if arity == 1:
        return (Sample(scalars), Sample(((3,),)), Sample(same, small=False))
    broadcast: tuple[Shape, ...] = ((2, 3), (3,), (2, 1))[:arity]
    column: tuple[Shape, ...] = ((2, 1), (1, 3), ())[:arity]
    return (
        Sample(scalars),
        Sample(((2,),) * arity),
        Sample(same, small=False),
        Sample(broadcast, small=False),
        Sample(column, small=False),
    )


def _unknown(op: Op, params: dict[str, Any]) -> str:
    strange = [name for name in params if name not in op.parameters]
    names = ", ".join(op.operands)
    return f"; {strange[0]!r} is none of its names, which are {names}" if strange else ""


def _in_order(op: Op, operands: tuple[Any, ...], params: dict[str, Any]) -> list[Any]:
    """Operands, some of them given by name, in their order; those are taken out of `params`."""
    missing = op.operands[len(operands) :]
    return [*operands, *(params.pop(name) for name in missing if name in params)]


def _parameters(forward: Function, arity: int) -> tuple[str, ...]:
    """The names that stand behind xp and the operands."""
    code = forward.__code__
    keywords = code.co_varnames[code.co_argcount : _argument_count(forward)]
    return code.co_varnames[1 + arity : code.co_argcount] + keywords


def _argument_count(function: Function) -> int:
    return function.__code__.co_argcount + function.__code__.co_kwonlyargcount


def _no_rule(*_: Any, **__: Any) -> Any:
    raise EngineError("this op has no gradient rule")
