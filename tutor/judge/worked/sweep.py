"""The reverse sweep over one forward line, by the engine's own gradient rules, on trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.ops import REGISTRY
from engine.ops.declare import Op
from tutor.judge.worked import algebra
from tutor.judge.worked.namespace import NAMESPACE, reshape, total, transpose
from tutor.judge.worked.sizes import Shape, UnwritableError, settings, shape_of
from tutor.judge.worked.terms import Term, scalar_factors
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Expression,
    Name,
    Transpose,
    Unary,
    children,
)

_SPARING = frozenset({"add", "sub", "neg"})
"""Ops whose rules look at no value."""

_BINARY = {"+": "add", "-": "sub", "*": "mul", "/": "div", "@": "matmul", "**": "pow"}


@dataclass(frozen=True, slots=True)
class Passed:
    """An op that a gradient passed on its way, and to which of its operands. shared: whether other
    operands depend on the same name."""

    op: Op
    term: Expression
    operand: int
    shared: bool


@dataclass(slots=True)
class Arrival:
    """What arrives at a name from one line: the gradient, over how many paths, by which ops."""

    gradient: Term
    paths: int = 1
    passed: list[Passed] = field(default_factory=list)


def arrival(
    expression: Expression,
    out: Expression,
    name: str,
    upstream: Term,
    known: Mapping[str, Shape],
) -> Arrival | None:
    """What a forward line sends to one of the names in it, None for nothing.

    expression: the right side of the line. out: what stands for its value. upstream: the gradient
    of the line's own value. Raises `UnwritableError` where the language has no words for a rule.
    """
    holds: dict[int, bool] = {}
    _mark(expression, name, holds)
    found: Arrival | None = None
    waiting: list[tuple[Expression, Term, tuple[Passed, ...]]] = [(expression, upstream, ())]
    while waiting:
        term, gradient, passed = waiting.pop(0)
        if not holds[id(term)] or gradient.number == 0:
            continue
        if isinstance(term, Name):
            if found is None:
                found = Arrival(gradient, 1, list(passed))
            else:
                found.gradient = found.gradient + gradient
                found.paths += 1
                found.passed.extend(passed)
            continue
        if isinstance(term, Unary) and term.sign == "+":
            waiting.append((term.operand, gradient, passed))
            continue
        op = _op(term)
        wants = tuple(holds[id(operand)] for operand in children(term))
        gradients = _rule(op, term, gradient, out if term is expression else None, wants)
        for i, (operand, sent) in enumerate(zip(children(term), gradients, strict=True)):
            if sent is None or not wants[i]:
                continue
            fitted = unbroadcast(sent, shape_of(operand, known))
            waiting.append((operand, fitted, (*passed, Passed(op, term, i, sum(wants) > 1))))
    return found


def unbroadcast(gradient: Term, shape: Shape) -> Term:
    """A gradient summed over the axes along which its operand was repeated."""
    lead = gradient.ndim - len(shape)
    if lead < 0:
        return gradient.as_shape(shape)
    gone = [*range(lead)] + [
        lead + i for i, size in enumerate(shape) if size == 1 and gradient.shape[lead + i] != 1
    ]
    if not gone:
        return gradient.as_shape(shape) if gradient.shape != shape else gradient
    summed = total(gradient, axis=tuple(gone), keepdims=True)
    return reshape(summed, tuple(summed.shape[lead:])) if lead else summed


def tidied(term: Expression) -> Expression:
    """A term of a forward line as one would write it in an answer."""
    match term:
        case Binary(sign="+"):
            return algebra.added(tidied(term.left), tidied(term.right))
        case Binary(sign="-"):
            right = algebra.negated(tidied(term.right))
            return algebra.added(tidied(term.left), right)
        case Binary(sign="*"):
            return algebra.product(tidied(term.left), tidied(term.right))
        case Binary(sign="/"):
            return algebra.quotient(tidied(term.left), tidied(term.right))
        case Binary(sign="**"):
            return algebra.power(tidied(term.left), tidied(term.right))
        case Unary(sign="-"):
            return algebra.negated(tidied(term.operand))
        case _:
            return term


def _mark(term: Expression, name: str, holds: dict[int, bool]) -> bool:
    below = [_mark(child, name, holds) for child in children(term)]
    found = any(below) or (isinstance(term, Name) and term.name == name)
    holds[id(term)] = found
    return found


def _op(term: Expression) -> Op:
    match term:
        case Binary(sign=sign):
            return REGISTRY[_BINARY[sign]]
        case Unary():
            return REGISTRY["neg"]
        case Transpose():
            return REGISTRY["transpose"]
        case Compare():
            return REGISTRY["gt"]
        case Call(function=function) if function in REGISTRY:
            return REGISTRY[function]
    raise UnwritableError(f"{type(term).__name__} has no rule")


def _rule(
    op: Op, term: Expression, gradient: Term, value: Expression | None, wants: tuple[bool, ...]
) -> tuple[Term | None, ...]:
    """The op's gradient rule. value: what stands for the op's own value, if it has a name."""
    if op.name in _SPARING:
        operands = [gradient] * len(wants)
        out = gradient
    else:
        operands = [Term(tidied(child), gradient.known) for child in children(term)]
        out = Term(tidied(term) if value is None else value, gradient.known)
    own = _OWN.get(op.name)
    if own is not None:
        return own(gradient, out, *operands)
    given = settings(term) if isinstance(term, Call) else {}
    if op.prunes:
        given["wants"] = wants
    try:
        made: tuple[Term | None, ...] = op.vjp(NAMESPACE, gradient, out, *operands, **given)
    except (AttributeError, TypeError) as error:
        raise UnwritableError(str(error)) from error
    return made


def _call(name: str, *terms: Term) -> Term:
    return Term(Call(name, tuple(term.tree for term in terms)), terms[0].known)


def _flat(g: Term, like: Term) -> Term:
    """A gradient that a kernel slides over, with all its entries."""
    if g.real != g.shape or len(g.real) != like.ndim:
        raise UnwritableError("a kernel slides over equal entries, or over a batch")
    return g


def _corr(g: Term, out: Term, x: Term, k: Term) -> tuple[Term | None, ...]:
    front, g = _bare(g, k)
    return front * _call("conv_full", g, k), front * _call("corr", x, g)


def _conv(g: Term, out: Term, x: Term, k: Term) -> tuple[Term | None, ...]:
    front, g = _bare(g, k)
    return front * _call("corr_full", g, k), front * _call("flip", _call("corr", x, g))


def _corr_full(g: Term, out: Term, x: Term, k: Term) -> tuple[Term | None, ...]:
    front, g = _bare(g, k)
    return front * _call("conv", g, k), front * _call("flip", _call("corr", g, x))


def _conv_full(g: Term, out: Term, x: Term, k: Term) -> tuple[Term | None, ...]:
    front, g = _bare(g, k)
    return front * _call("corr", g, k), front * _call("corr", g, x)


def _bare(g: Term, k: Term) -> tuple[Term, Term]:
    front, body = scalar_factors(g.tree, g.known)
    return Term(front, g.known), _flat(Term(body, g.known, g.shape, g.places), k)


def _prod(g: Term, out: Term, x: Term) -> tuple[Term | None, ...]:
    if out.ndim:
        raise UnwritableError("products along one axis")
    return (g * out / x,)


def _diag(g: Term, out: Term, x: Term) -> tuple[Term | None, ...]:
    if g.real != g.shape:
        raise UnwritableError("a diagonal of equal entries")
    return (_call("diag", g),)


def _transpose(g: Term, out: Term, x: Term) -> tuple[Term | None, ...]:
    return (transpose(g),)


# Rules that the engine writes with windows, indices or running products, for which the language
# has words of its own.
_OWN: dict[str, Callable[..., tuple[Term | None, ...]]] = {
    "corr": _corr,
    "conv": _conv,
    "corr_full": _corr_full,
    "conv_full": _conv_full,
    "prod": _prod,
    "diag": _diag,
    "transpose": _transpose,
}
