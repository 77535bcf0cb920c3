"""Parentheses that a learner left out: the same symbols in the same order, grouped otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tutor.judge.slips.edit import Edit, factors_of
from tutor.judge.slips.terms import Worked
from tutor.language.tree import Binary, Call, Expression, Number, Unary

_MOST = 14
_MOST_FACTORS = 9
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "neg": 3, "**": 4}


@dataclass(frozen=True, slots=True)
class _Operator:
    """An operator of a row; `neg` is the minus before one operand."""

    sign: str


_Row = list[Expression | _Operator]


def regrouped(worked: Worked) -> Iterator[Edit]:
    """The tree with one pair of parentheses more, or with a call that reaches further."""
    for term in worked.terms:
        if not isinstance(term, Binary | Unary) or not _is_top(worked, term):
            continue
        row = _row(term)
        if len(row) > 2 * _MOST:
            continue
        starts = [i for i in range(len(row)) if _begins(row, i)]
        for first in starts:
            for last in range(first + 2, len(row)):
                part = row[first : last + 1]
                if isinstance(row[last], _Operator) or len(part) == len(row):
                    continue
                if all(isinstance(item, Number | _Operator) for item in part):
                    continue
                inner = _parsed(part)
                span = (_start(part), _end(part))
                new = _parsed([*row[:first], inner, *row[last + 1 :]])
                yield Edit("missing_parentheses", term, new, span)
        yield from _reaching(term, row)
        yield from _confused(term, row)
        yield from _multiplied(term)
        yield from _late(term, row)
        yield from _opened(term, row)


def _reaching(term: Expression, row: _Row) -> Iterator[Edit]:
    """A call whose closing parenthesis stands too early."""
    for first, item in enumerate(row):
        if not isinstance(item, Call) or len(item.operands) != 1:
            continue
        inner = _row(item.operands[0])
        for last in range(first + 2, len(row), 1):
            if isinstance(row[last], _Operator):
                continue
            closed = [item.operands[0], *row[first + 1 : last + 1]]
            if len(inner) > 1 and last == first + 2:
                call = Call(item.function, (_parsed(closed),), item.keywords)
                new = _parsed([*row[:first], call, *row[last + 1 :]])
                span = (item.start, _end([row[last]]))
                yield Edit("missing_parentheses", term, new, span, 0.25)
            part = [*inner, *row[first + 1 : last + 1]]
            call = Call(item.function, (_parsed(part),), item.keywords)
            new = _parsed([*row[:first], call, *row[last + 1 :]])
            yield Edit("missing_parentheses", term, new, (item.start, _end([row[last]])), 0.2)


def _late(term: Expression, row: _Row) -> Iterator[Edit]:
    """A call whose closing parenthesis stands too late."""
    for place, item in enumerate(row):
        if not isinstance(item, Call) or len(item.operands) != 1:
            continue
        inner = _row(item.operands[0])
        for last in range(1, len(inner) - 1):
            sign = inner[last].sign if isinstance(inner[last], _Operator) else ""  # type: ignore[union-attr]
            if sign in ("+", "-"):
                call = Call(item.function, (_parsed(inner[:last]),), item.keywords)
                new = _parsed([*row[:place], call, *inner[last:], *row[place + 1 :]])
                yield Edit("missing_parentheses", term, new, (item.start, item.end), 0.3)


def _confused(term: Expression, row: _Row) -> Iterator[Edit]:
    """A sum where a product belongs or the other way round, whatever it binds."""
    for place, item in enumerate(row):
        if not isinstance(item, _Operator) or item.sign not in ("+", "*"):
            continue
        other = "*" if item.sign == "+" else "+"
        beside = [row[place - 1], row[place + 1]]
        after = row[place + 2] if place + 2 < len(row) else None
        if isinstance(after, _Operator) and after.sign == "/":
            beside.pop()
        if any(isinstance(operand, _Operator) or _is_unit(operand) for operand in beside):
            continue
        new = _parsed([*row[:place], _Operator(other), *row[place + 1 :]])
        more = 0.05 if item.sign == "+" else 0.35
        yield Edit("sum_product_confusion", term, new, (_start(row), _end(row)), more)


def _multiplied(term: Expression) -> Iterator[Edit]:
    """Two summands that were multiplied, after factors that both of them have."""
    factors = factors_of(term)
    if not 3 <= len(factors) <= _MOST_FACTORS:
        return
    for first in range(1, len(factors) - 1):
        for second in range(first + 1, len(factors)):
            both = Binary("+", _product(factors[first:second]), _product(factors[second:]))
            new = _product([*factors[:first], both])
            span = (factors[first].start, factors[-1].end)
            yield Edit("sum_product_confusion", term, new, span, 0.6)


def _product(factors: Sequence[Expression]) -> Expression:
    made = factors[0]
    for factor in factors[1:]:
        made = Binary("*", made, factor)
    return made


def _is_unit(operand: Expression) -> bool:
    return isinstance(operand, Number) and operand.value in (0.0, 1.0)


def _opened(term: Expression, row: _Row) -> Iterator[Edit]:
    """A pair of parentheses too many."""
    for place, item in enumerate(row):
        if isinstance(item, Binary):
            new = _parsed([*row[:place], *_row(item), *row[place + 1 :]])
            yield Edit("missing_parentheses", term, new, (item.start, item.end), 0.7)


def _is_top(worked: Worked, term: Expression) -> bool:
    """Whether a row of operators begins here: the term is no open operand of another."""
    found = worked.parents.get(id(term))
    if found is None:
        return True
    above, place = found
    return not isinstance(above, Binary | Unary) or _closed(above, term, place)


def _closed(above: Expression, term: Expression, place: int) -> bool:
    """Whether parentheses stand around an operand."""
    if isinstance(above, Binary) and place == 0:
        return term.start > above.start
    return term.end < above.end


def _row(term: Expression) -> _Row:
    """Operands and operators from left to right, as far as no parentheses stand between."""
    found: _Row = []
    waiting: list[Expression | _Operator] = [term]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Binary):
            left = _operand(item, item.left, 0)
            right = _operand(item, item.right, 1)
            waiting.extend((right, _Operator(item.sign), left))
        elif isinstance(item, Unary) and item.sign == "-":
            waiting.extend((_operand(item, item.operand, 0), _Operator("neg")))
        elif isinstance(item, _Closed):
            found.append(item.term)
        else:
            found.append(item)
    return found


@dataclass(frozen=True, slots=True)
class _Closed:
    """An operand in parentheses: one item of a row whatever it is."""

    term: Expression


def _operand(above: Expression, term: Expression, place: int) -> Expression:
    if isinstance(term, Binary | Unary) and _closed(above, term, place):
        return _Closed(term)  # type: ignore[return-value]
    return term


def _begins(row: _Row, place: int) -> bool:
    item = row[place]
    return not isinstance(item, _Operator) or item.sign == "neg"


def _parsed(row: _Row) -> Expression:
    """The tree that a row reads as."""
    operands: list[Expression] = []
    operators: list[str] = []

    def reduce() -> None:
        sign = operators.pop()
        right = operands.pop()
        if sign == "neg":
            operands.append(Unary("-", right))
        else:
            operands.append(Binary(sign, operands.pop(), right))  # type: ignore[arg-type]

    for item in row:
        if not isinstance(item, _Operator):
            operands.append(item)
            continue
        if item.sign not in ("neg", "**"):
            while operators and _BINDING[operators[-1]] >= _BINDING[item.sign]:
                reduce()
        operators.append(item.sign)
    while operators:
        reduce()
    return operands[0]


def _start(row: _Row) -> int:
    for item in row:
        if not isinstance(item, _Operator):
            return item.start
    return 0


def _end(row: _Row) -> int:
    for item in reversed(row):
        if not isinstance(item, _Operator):
            return item.end
    return 0
