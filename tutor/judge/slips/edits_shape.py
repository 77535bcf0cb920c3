"""Edits of products, transposes and reductions."""

from __future__ import annotations

from collections.abc import Iterator

from tutor.judge.links import Linked
from tutor.judge.slips.edit import Edit, above_of, at_term, number_in, turned
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import Worked
from tutor.language.tree import Binary, Call, Expression, Keyword, Number, Transpose


def products(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Products of the wrong kind or in the wrong order, and sums for products."""
    for term in worked.terms:
        if not isinstance(term, Binary):
            continue
        left, right = term.left, term.right
        if term.sign == "@":
            yield from _reordered(term)
        a, b = worked.at(left), worked.at(right)
        if a is None or b is None or isinstance(a, Linked) or isinstance(b, Linked):
            continue
        arrays = bool(a.shape) and bool(b.shape)
        if term.sign == "@":
            yield at_term("matmul_order", term, Binary("@", right, left))
            yield at_term("elementwise_vs_matmul", term, Binary("*", left, right), 0.05)
            if a.ndim == 1 and b.ndim == 1:
                yield at_term("outer_inner", term, Call("outer", (left, right)), -0.1)
                yield at_term("outer_inner", term, Call("outer", (right, left)), 0.1)
            if a.ndim == 2 and b.ndim == 2:
                label = "outer_inner" if 1 in (*a.shape, *b.shape) else "transpose_error"
                yield at_term(label, term, _at_sign(turned(left), turned(right)), 0.3)
                yield at_term("matmul_order", term, _at_sign(turned(right), turned(left)), 0.0)
            if a.ndim == 2 or b.ndim == 2:
                yield at_term("matmul_order", term, _at_sign(turned(right), left), 0.15)
                yield at_term("matmul_order", term, _at_sign(right, turned(left)), 0.15)
        elif term.sign == "*" and arrays:
            more = 0.1 if a.ndim == b.ndim == 1 else 0.0
            yield at_term("elementwise_vs_matmul", term, Binary("@", left, right), more)
            yield at_term("elementwise_vs_matmul", term, Binary("@", right, left), more + 0.1)
            if a.ndim == 2:
                yield at_term("elementwise_vs_matmul", term, _at_sign(turned(left), right), 0.15)
                yield at_term("elementwise_vs_matmul", term, _at_sign(right, turned(left)), 0.2)
            if b.ndim == 2:
                yield at_term("elementwise_vs_matmul", term, _at_sign(left, turned(right)), 0.15)
                yield at_term("elementwise_vs_matmul", term, _at_sign(turned(right), left), 0.2)
            if a.ndim == 1 and b.ndim == 1:
                yield at_term("elementwise_vs_matmul", term, Call("outer", (left, right)), 0.0)
                yield at_term("elementwise_vs_matmul", term, Call("outer", (right, left)), 0.1)
                yield at_term("outer_inner", term, Call("outer", (left, right)), 0.2)
                yield at_term("outer_inner", term, Call("outer", (right, left)), 0.2)
        if term.sign in ("*", "@"):
            yield from of_sums(term, left, right)
        if term.sign in ("+", "-"):
            if number_in(left) not in (0.0, 1.0) and number_in(right) not in (0.0, 1.0):
                yield at_term("sum_product_confusion", term, Binary("*", left, right))
        elif term.sign == "*":
            yield at_term("sum_product_confusion", term, Binary("+", left, right), 0.4)


def of_sums(term: Expression, left: Expression, right: Expression) -> Iterator[Edit]:
    """A product of sums where the sum of the products belongs."""
    one, other = _summed(left), _summed(right)
    if one is None or other is None:
        return
    yield at_term("sum_product_confusion", term, Call("sum", (Binary("*", one, other),)), 0.1)
    yield at_term("sum_product_confusion", term, Binary("@", turned(one), other), 0.1)
    yield at_term("sum_product_confusion", term, Binary("@", turned(other), one), 0.15)


def _summed(term: Expression) -> Expression | None:
    """What a term is the sum or mean of."""
    reduces = isinstance(term, Call) and term.function in ("sum", "mean")
    return term.operands[0] if reduces else None  # type: ignore[union-attr]


def _reordered(term: Binary) -> Iterator[Edit]:
    """Neighbours in a chain of matrix products in the other order."""
    factors: list[Expression] = []
    inner: Expression = term
    while isinstance(inner, Binary) and inner.sign == "@":
        factors.append(inner.right)
        inner = inner.left
    factors = [inner, *reversed(factors)]
    if not 3 <= len(factors) <= _MOST_FACTORS:
        return
    for place in range(len(factors) - 1):
        moved = [*factors]
        moved[place], moved[place + 1] = moved[place + 1], moved[place]
        new = moved[0]
        for factor in moved[1:]:
            new = Binary("@", new, factor)
        span = (factors[place].start, factors[place + 1].end)
        yield Edit("matmul_order", term, new, span, 0.1)


def _at_sign(left: Expression, right: Expression) -> Binary:
    return Binary("@", left, right)


def transposes(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A matrix transposed where it should not be, or not where it should."""
    for term in worked.terms:
        above = above_of(worked, term)
        if isinstance(above, Transpose):
            continue
        value = worked.at(term)
        if value is None or value.ndim < 2:
            continue
        reduced = isinstance(above, Call) and above.function in ("sum", "mean")
        yield at_term("transpose_error", term, turned(term), 0.3 if reduced else 0.0)
        if value.shape[0] == value.shape[1]:
            both = Binary("+", term, Transpose(term))
            yield at_term("transpose_error", term, Binary("/", both, Number(2.0)), 0.3)


_MOST_FACTORS = 8

AXES: tuple[tuple[Keyword, ...], ...] = (
    (),
    (Keyword("axis", 0),),
    (Keyword("axis", 1),),
    (Keyword("axis", 0), Keyword("keepdims", True)),
    (Keyword("axis", 1), Keyword("keepdims", True)),
    (Keyword("axis", -1),),
    (Keyword("axis", -1), Keyword("keepdims", True)),
)


def reductions(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Sums and means along the wrong axis, lost or taken for each other."""
    for term in worked.terms:
        if isinstance(term, Call) and term.function in ("sum", "mean"):
            other = "mean" if term.function == "sum" else "sum"
            yield at_term("batch_mean", term, Call(other, term.operands, term.keywords))
            for keywords in AXES:
                if keywords != term.keywords:
                    new = Call(term.function, term.operands, keywords)
                    yield at_term("wrong_axis", term, new, 0.0 if _axis(keywords) else 0.1)
            yield at_term("wrong_axis", term, term.operands[0], 0.6)
            yield at_term("elementwise_vs_matmul", term, term.operands[0], 1.0)
            operand = term.operands[0]
            if isinstance(operand, Binary) and operand.sign == "*":
                left, right = operand.left, operand.right
                for new_term in (
                    Binary("@", left, right),
                    Binary("@", right, left),
                    Binary("@", turned(left), right),
                    Binary("@", turned(right), left),
                ):
                    yield at_term("elementwise_vs_matmul", term, new_term, 0.3)
                yield at_term("outer_inner", term, Call("outer", (left, right)), 0.4)
                yield at_term("outer_inner", term, Call("outer", (right, left)), 0.5)
            continue
        value = worked.at(term)
        if value is None or not value.shape or isinstance(above_of(worked, term), Transpose):
            continue
        if isinstance(above_of(worked, term), Call) and above_of(worked, term).function == "sum":  # type: ignore[union-attr]
            continue
        for keywords in AXES:
            if len(keywords) < 2 or value.ndim > 1:
                yield at_term(
                    "missing_sum", term, Call("sum", (term,), keywords), 0.02 * len(keywords)
                )


def _axis(keywords: tuple[Keyword, ...]) -> bool:
    return any(keyword.name == "axis" for keyword in keywords)
