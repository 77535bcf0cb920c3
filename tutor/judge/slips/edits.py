"""Single edits of a learner's tree, each of which undoes one slip.

An edit puts a new term in the place of one that stands in the tree. `span` is what the learner has
to look at; most often that is the term itself. Whether an edit makes the tree true is for others
to find out; here it is only said what could have gone wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeGuard

from engine.ops import REGISTRY
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import Worked
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Keyword,
    Name,
    Number,
    Transpose,
    Unary,
)

Span = tuple[int, int]

_MOST_FACTORS = 8
_SLIGHT = 0.01


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `new` in the place of `site`, which undoes the slip `label`.

    extra: what this edit costs beyond others of its label. fact: data for the message.
    """

    label: str
    site: Expression
    new: Expression
    span: Span
    extra: float = 0.0
    fact: str = ""


def edits(worked: Worked, known: Quantities, few: bool = False) -> Iterator[Edit]:
    """All single edits of a tree, those of each family together, what learners do most first.

    few: only those that say where a sign or a number is wrong.
    """
    if few:
        for family in (_signs, _reductions, _dropped, _numbers, _quotients):
            yield from family(worked, known)
        return
    for family in (
        _signs,
        _slopes,
        _functions,
        _products,
        _transposes,
        _reductions,
        _dropped,
        _two_dropped,
        _powers,
        _numbers,
        _quotients,
        _names,
        _derivatives,
        _distributed,
        _scaled,
        _added,
    ):
        yield from family(worked, known)


def _at(label: str, site: Expression, new: Expression, extra: float = 0.0, fact: str = "") -> Edit:
    return Edit(label, site, new, (site.start, site.end), extra, fact)


def _signs(worked: Worked, known: Quantities) -> Iterator[Edit]:
    for term in worked.terms:
        match term:
            case Binary(sign="+" | "-", right=Number(value=small)) if small < _SLIGHT:
                continue
            case Binary(sign="+", left=left, right=right):
                yield _at("sign_error", term, Binary("-", left, right))
                yield _at("sign_error", term, Binary("-", right, left), 0.05)
            case Binary(sign="-", left=left, right=right):
                yield _at("sign_error", term, Binary("+", left, right))
                if _above(worked, term) is not None:
                    yield _at("sign_error", term, Binary("-", right, left), 0.05)
            case Unary(sign="-", operand=operand):
                yield _at("sign_error", term, operand, 0.02)
            case Call() | Compare():
                for operand in _operands(term):
                    if not isinstance(operand, Unary | Number):
                        yield _at("sign_error", operand, Unary("-", operand), 0.1)
            case Binary(sign="**", right=Number() as exponent):
                yield _at("power_rule", exponent, Unary("-", exponent), 0.3)
        if isinstance(term, Compare):
            for relation in (">", "<", ">=", "<=", "==", "!="):
                if relation != term.relation:
                    new = Compare(relation, term.left, term.right)
                    yield _at("wrong_local_derivative", term, new, -0.3)
            for place, operand in enumerate((term.left, term.right)):
                other = term.right if place == 0 else term.left
                choices = [Name(name) for name in known.like(worked.at(other))]
                for choice in (*choices, *map(_literal, (0.0, *known.numbers))):
                    pair = (choice, other) if place == 0 else (other, choice)
                    new = Compare(term.relation, *pair)
                    yield Edit("wrong_eval_point", term, new, (operand.start, operand.end))


def _slopes(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A function where its derivative belongs, or the derivative at another place."""
    for term in worked.terms:
        if isinstance(term, Call) and len(term.operands) == 1 and not term.keywords:
            operand = term.operands[0]
            if term.function.endswith("'"):
                plain = term.function[:-1]
                yield _at("wrong_local_derivative", term, Call(plain, (operand,)), 0.4)
                for name in known.like(worked.at(operand)):
                    yield _at("wrong_eval_point", term, Call(term.function, (Name(name),)), -0.3)
                for other in ("sigmoid", "tanh", "relu"):
                    if other != plain:
                        new = Call(f"{other}'", (operand,))
                        yield _at("wrong_local_derivative", term, new)
            elif _sloped(term.function):
                label = (
                    "activation_for_derivative"
                    if term.function in known.activations
                    else "not_differentiated"
                )
                yield _at(label, term, Call(f"{term.function}'", (operand,)))
        elif isinstance(term, Name) and term.name in known.made_by:
            function, source = known.made_by[term.name]
            new = Call(f"{function}'", (source,))
            label = (
                "activation_for_derivative"
                if function in known.activations
                else "not_differentiated"
            )
            yield _at(label, term, new)
            if known.point_of(term.name) is not None:
                yield _at("wrong_node", term, Binary("-", Number(1.0), term), 0.2)
        if isinstance(term, Name):
            for function in known.applied.get(term.name, ()):
                new = Call(f"{function}'", (term,))
                label = "inverted_ratio" if function == "log" else "wrong_local_derivative"
                yield _at(label, term, new, -0.4)


def _sloped(function: str) -> bool:
    declared = REGISTRY.get(function)
    return declared is not None and declared.elementwise and declared.arity == 1


def _with_turns(worked: Worked, left: Expression, right: Expression) -> Iterator[Expression]:
    """Matrix products of two terms of which one is transposed, in either order."""
    for one, other in ((left, right), (right, left)):
        for term in (one, other):
            value = worked.at(term)
            if value is not None and value.ndim == 2:
                pair = (_turned(one), other) if term is one else (one, _turned(other))
                yield Binary("@", *pair)


_SLIDING = {
    "corr": "conv",
    "conv": "corr",
    "corr_full": "conv_full",
    "conv_full": "corr_full",
}
_FULL = {
    "corr": "corr_full",
    "conv": "conv_full",
    "corr_full": "corr",
    "conv_full": "conv",
}
_OPPOSITE = {"maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max"}
_TAKEN = {
    "sin": ("cos",),
    "cos": ("sin",),
    "sinh": ("cosh",),
    "cosh": ("sinh",),
    "sigmoid": ("tanh", "relu"),
    "tanh": ("sigmoid", "relu"),
    "relu": ("step", "sigmoid", "tanh"),
    "sign": ("step",),
    "step": ("sign", "relu"),
    "exp": ("log",),
    "log": ("exp",),
    "sqrt": (),
}


def _functions(worked: Worked, known: Quantities) -> Iterator[Edit]:
    for term in worked.terms:
        if not isinstance(term, Call):
            continue
        name, operands = term.function, term.operands
        if name in _SLIDING:
            flipped = Call(_SLIDING[name], operands)
            yield _at("kernel_flip", term, flipped)
            for place in (0, 1):
                turned = list(operands)
                turned[place] = Call("flip", (operands[place],))
                yield _at("kernel_flip", term, Call(name, tuple(turned)), 0.1)
            yield _at("kernel_flip", term, Call("flip", (term,)), 0.1)
            swapped = (operands[1], operands[0])
            yield _at("matmul_order", term, Call(name, swapped), 0.2)
            yield _at("kernel_flip", term, Call(_SLIDING[name], swapped), 0.4)
            yield _at("shape_mismatch", term, Call(_FULL[name], operands), -0.5)
            yield _at("kernel_flip", term, Call(_SLIDING[_FULL[name]], operands), 0.3)
        elif name == "flip":
            yield _at("kernel_flip", term, operands[0], 0.1)
        elif name in _OPPOSITE:
            for one, other in (operands, operands[::-1]) if len(operands) == 2 else ():
                mask = Compare(">" if name == "maximum" else "<", one, other)
                yield _at("activation_for_derivative", term, mask)
            yield _at("wrong_local_derivative", term, Call(_OPPOSITE[name], operands))
        elif name in _TAKEN:
            for other in _TAKEN[name]:
                yield _at("wrong_local_derivative", term, Call(other, operands), 0.2)
            if len(operands) == 1 and name in ("log", "exp", "sqrt", "sign", "abs"):
                yield _at("extra_chain_factor", term, operands[0], 0.8)
        elif name == "outer" and len(operands) == 2:
            left, right = operands
            yield _at("outer_inner", term, Call("outer", (right, left)))
            for product in _with_turns(worked, left, right):
                yield _at("outer_inner", term, product, 0.15)
            yield _at("outer_inner", term, Binary("@", left, right), 0.05)
            yield _at("outer_inner", term, Binary("*", left, right), 0.1)
        elif name == "dot" and len(operands) == 2:
            left, right = operands
            yield _at("outer_inner", term, Call("outer", (left, right)), 0.05)
            yield _at("outer_inner", term, Call("outer", (right, left)), 0.15)
            yield _at("elementwise_vs_matmul", term, Binary("*", left, right), 0.05)
            yield _at("matmul_order", term, Call("dot", (right, left)), 0.1)
            yield _at("transpose_error", term, Call("dot", (Transpose(left), right)), 0.1)
            yield _at("transpose_error", term, Call("dot", (left, Transpose(right))), 0.1)


def _products(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Products of the wrong kind or in the wrong order, and sums for products."""
    for term in worked.terms:
        if not isinstance(term, Binary):
            continue
        left, right = term.left, term.right
        a, b = worked.at(left), worked.at(right)
        if a is None or b is None:
            continue
        arrays = bool(a.shape) and bool(b.shape)
        if term.sign == "@":
            yield _at("matmul_order", term, Binary("@", right, left))
            yield _at("elementwise_vs_matmul", term, Binary("*", left, right), 0.05)
            if a.ndim == 1 and b.ndim == 1:
                yield _at("outer_inner", term, Call("outer", (left, right)), -0.1)
                yield _at("outer_inner", term, Call("outer", (right, left)), 0.1)
            if a.ndim == 2 and b.ndim == 2:
                label = "outer_inner" if 1 in (*a.shape, *b.shape) else "transpose_error"
                yield _at(label, term, _at_sign(_turned(left), _turned(right)), 0.3)
                yield _at("matmul_order", term, _at_sign(_turned(right), _turned(left)), 0.0)
            if a.ndim == 2 or b.ndim == 2:
                yield _at("matmul_order", term, _at_sign(_turned(right), left), 0.15)
                yield _at("matmul_order", term, _at_sign(right, _turned(left)), 0.15)
        elif term.sign == "*" and arrays:
            more = 0.1 if a.ndim == b.ndim == 1 else 0.0
            yield _at("elementwise_vs_matmul", term, Binary("@", left, right), more)
            yield _at("elementwise_vs_matmul", term, Binary("@", right, left), more + 0.1)
            if a.ndim == 2:
                yield _at("elementwise_vs_matmul", term, _at_sign(_turned(left), right), 0.15)
                yield _at("elementwise_vs_matmul", term, _at_sign(right, _turned(left)), 0.2)
            if b.ndim == 2:
                yield _at("elementwise_vs_matmul", term, _at_sign(left, _turned(right)), 0.15)
                yield _at("elementwise_vs_matmul", term, _at_sign(_turned(right), left), 0.2)
            if a.ndim == 1 and b.ndim == 1:
                yield _at("elementwise_vs_matmul", term, Call("outer", (left, right)), 0.0)
                yield _at("elementwise_vs_matmul", term, Call("outer", (right, left)), 0.1)
                yield _at("outer_inner", term, Call("outer", (left, right)), 0.2)
                yield _at("outer_inner", term, Call("outer", (right, left)), 0.2)
        if term.sign in ("+", "-"):
            if _number(left) not in (0.0, 1.0) and _number(right) not in (0.0, 1.0):
                yield _at("sum_product_confusion", term, Binary("*", left, right))
        elif term.sign == "*":
            yield _at("sum_product_confusion", term, Binary("+", left, right), 0.4)


def _at_sign(left: Expression, right: Expression) -> Binary:
    return Binary("@", left, right)


def _turned(term: Expression) -> Expression:
    return term.operand if isinstance(term, Transpose) else Transpose(term)


def _distributed(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A function of a sum taken for the sum of its values, and the like."""
    for term in worked.terms:
        if isinstance(term, Binary) and term.sign in ("+", "-", "*", "/"):
            a, b = term.left, term.right
            if _same_call(a, b):
                for sign in ("+", "-", "*", "/"):
                    inner = Binary(sign, a.operands[0], b.operands[0])
                    yield _at(
                        "algebra_slip",
                        term,
                        Call(a.function, (inner,), a.keywords),
                        0.1 if sign == term.sign else 0.2,
                    )
            factors = _factors(term) if term.sign == "*" else []
            for one, other in combinations(factors, 2):
                if _same_call(one, other) and len(factors) > 2:
                    inner = Binary("*", one.operands[0], other.operands[0])
                    rest = [
                        factor for factor in factors if factor is not one and factor is not other
                    ]
                    new = Call(one.function, (inner,), one.keywords)
                    for factor in rest:
                        new = Binary("*", factor, new)
                    yield _at("algebra_slip", term, new, 0.1)
            if _is_power(a) and _is_power(b) and a.right == b.right:
                new_power = Binary("**", Binary(term.sign, a.left, b.left), a.right)
                yield _at("algebra_slip", term, new_power, 0.1)
            if _is_quotient(a) and _is_quotient(b) and a.left == b.left:
                yield _at(
                    "algebra_slip", term, Binary("/", a.left, Binary(term.sign, a.right, b.right))
                )
        elif isinstance(term, Call) and len(term.operands) == 1:
            inner = term.operands[0]
            if isinstance(inner, Binary) and inner.sign in ("+", "-", "*", "/"):
                parts = [
                    Call(term.function, (x,), term.keywords) for x in (inner.left, inner.right)
                ]
                yield _at("algebra_slip", term, Binary(inner.sign, *parts), 0.15)
            elif isinstance(inner, Call) and len(inner.operands) == 1:
                swapped = Call(term.function, inner.operands, term.keywords)
                new = Call(inner.function, (swapped,), inner.keywords)
                yield _at("algebra_slip", term, new, 0.15)


def _same_call(one: Expression, other: Expression) -> bool:
    return (
        isinstance(one, Call)
        and isinstance(other, Call)
        and one.function == other.function
        and one.keywords == other.keywords
        and len(one.operands) == len(other.operands) == 1
    )


def _is_power(term: Expression) -> TypeGuard[Binary]:
    return isinstance(term, Binary) and term.sign == "**"


def _is_quotient(term: Expression) -> TypeGuard[Binary]:
    return isinstance(term, Binary) and term.sign == "/"


def _transposes(worked: Worked, known: Quantities) -> Iterator[Edit]:
    for term in worked.terms:
        above = _above(worked, term)
        if isinstance(above, Transpose):
            continue
        value = worked.at(term)
        if value is None or value.ndim < 2:
            continue
        reduced = isinstance(above, Call) and above.function in ("sum", "mean")
        yield _at("transpose_error", term, _turned(term), 0.3 if reduced else 0.0)
        if value.shape[0] == value.shape[1]:
            both = Binary("+", term, Transpose(term))
            yield _at("transpose_error", term, Binary("/", both, Number(2.0)), 0.3)


AXES: tuple[tuple[Keyword, ...], ...] = (
    (),
    (Keyword("axis", 0),),
    (Keyword("axis", 1),),
    (Keyword("axis", 0), Keyword("keepdims", True)),
    (Keyword("axis", 1), Keyword("keepdims", True)),
    (Keyword("axis", -1),),
    (Keyword("axis", -1), Keyword("keepdims", True)),
)


def _reductions(worked: Worked, known: Quantities) -> Iterator[Edit]:
    for term in worked.terms:
        if isinstance(term, Call) and term.function in ("sum", "mean"):
            other = "mean" if term.function == "sum" else "sum"
            yield _at("batch_mean", term, Call(other, term.operands, term.keywords))
            for keywords in AXES:
                if keywords != term.keywords:
                    new = Call(term.function, term.operands, keywords)
                    yield _at("wrong_axis", term, new, 0.0 if _axis(keywords) else 0.1)
            yield _at("wrong_axis", term, term.operands[0], 0.6)
            yield _at("elementwise_vs_matmul", term, term.operands[0], 1.0)
            operand = term.operands[0]
            if isinstance(operand, Binary) and operand.sign == "*":
                left, right = operand.left, operand.right
                for new_term in (
                    Binary("@", left, right),
                    Binary("@", right, left),
                    Binary("@", _turned(left), right),
                    Binary("@", _turned(right), left),
                ):
                    yield _at("elementwise_vs_matmul", term, new_term, 0.3)
                yield _at("outer_inner", term, Call("outer", (left, right)), 0.4)
                yield _at("outer_inner", term, Call("outer", (right, left)), 0.5)
            continue
        value = worked.at(term)
        if value is None or not value.shape or isinstance(_above(worked, term), Transpose):
            continue
        if isinstance(_above(worked, term), Call) and _above(worked, term).function == "sum":  # type: ignore[union-attr]
            continue
        for keywords in AXES:
            if len(keywords) < 2 or value.ndim > 1:
                yield _at("missing_sum", term, Call("sum", (term,), keywords), 0.02 * len(keywords))


def _axis(keywords: tuple[Keyword, ...]) -> bool:
    return any(keyword.name == "axis" for keyword in keywords)


def _dropped(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A summand or a factor too many."""
    for term in worked.terms:
        if not isinstance(term, Binary):
            continue
        left, right = term.left, term.right
        if term.sign in ("+", "-"):
            label = "additive_constant" if isinstance(right, Number) else "extra_term"
            more = 0.3 if isinstance(left, Number) else 0.0
            yield Edit(label, term, left, (right.start, right.end), more)
            label = "additive_constant" if isinstance(left, Number) else "extra_term"
            new: Expression = right if term.sign == "+" else Unary("-", right)
            yield Edit(label, term, new, (left.start, left.end), 0.1)
            if isinstance(left, Number) and term.sign == "-":
                yield Edit(label, term, right, (left.start, left.end), 0.4)
        elif term.sign in ("*", "@"):
            yield _without(known, term, left, right)
            yield _without(known, term, right, left)
        elif term.sign == "/":
            yield _without(known, term, left, right)


def _two_dropped(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Two factors too many in one product, side by side or not."""
    for term in worked.terms:
        above = _above(worked, term)
        if not _is_times(term) or (_is_times(above) and above.left is term):  # type: ignore[union-attr]
            continue
        factors = _factors(term)
        if not 3 <= len(factors) <= _MOST_FACTORS:
            continue
        for one, other in combinations(range(len(factors)), 2):
            kept = [factor for i, factor in enumerate(factors) if i not in (one, other)]
            new = kept[0]
            for factor in kept[1:]:
                new = Binary("*", new, factor)
            span = (factors[one].start, factors[other].end)
            yield Edit("extra_chain_factor", term, new, span, 0.2)


def _is_times(term: Expression | None) -> bool:
    return isinstance(term, Binary) and term.sign == "*"


def _factors(term: Expression) -> list[Expression]:
    found: list[Expression] = []
    while isinstance(term, Binary) and term.sign == "*":
        found.append(term.right)
        term = term.left
    return [term, *reversed(found)]


def _without(known: Quantities, term: Binary, kept: Expression, dropped: Expression) -> Edit:
    label = "extra_chain_factor"
    if isinstance(dropped, Number):
        label = "constant_factor"
    elif isinstance(dropped, Name) and dropped.name in known.sizes:
        label = "batch_mean"
    return Edit(label, term, kept, (dropped.start, dropped.end))


def _powers(worked: Worked, known: Quantities) -> Iterator[Edit]:
    for term in worked.terms:
        above = _above(worked, term)
        if isinstance(term, Binary) and term.sign == "**":
            exponent = _number(term.right)
            if exponent is not None:
                tried = (exponent - 1, exponent + 1, 2 * exponent, exponent / 2, exponent * 1.5)
                for power in dict.fromkeys(tried):
                    if power:
                        yield _at("power_rule", term, Binary("**", term.left, _literal(power)))
                yield _at("power_rule", term, term.left, 0.02)
            yield _at("power_rule", term, Binary("**", term.left, _less(term.right)), 0.1)
        elif isinstance(above, Binary) and above.sign == "**":
            continue
        elif isinstance(term, Name | Call | Binary) and not _is_product_part(above, term):
            yield _at("power_rule", term, Binary("**", term, Number(2.0)), 0.6)
            if isinstance(term, Name | Call):
                yield _at("inverted_ratio", term, Binary("/", Number(1.0), term), 0.1)
        elif isinstance(term, Name | Call) or _grouped(above, term):
            for power in (2.0, 3.0, 0.5, -1.0):
                label = "inverted_ratio" if power == -1.0 else "power_rule"
                more = 0.4 if power == -1.0 else 0.6
                yield _at(label, term, Binary("**", term, _literal(power)), more)


def _is_product_part(above: Expression | None, term: Expression) -> bool:
    return isinstance(above, Binary) and above.sign in ("*", "/", "@")


def _grouped(above: Expression | None, term: Expression) -> bool:
    return (
        isinstance(above, Binary)
        and above.sign in ("*", "/")
        and isinstance(term, Binary)
        and term.sign in ("+", "-")
    )


def _less(term: Expression) -> Expression:
    return Binary("-", term, Number(1.0))


def _number(term: Expression) -> float | None:
    if isinstance(term, Number):
        return term.value
    if isinstance(term, Unary) and term.sign == "-" and isinstance(term.operand, Number):
        return -term.operand.value
    return None


def _literal(value: float) -> Expression:
    return Number(value) if value >= 0 else Unary("-", Number(-value))


def _numbers(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Another constant in the place of one that was written."""
    for term in worked.terms:
        if not isinstance(term, Number):
            continue
        above = _above(worked, term)
        for near in _near(term.value):
            yield _at("rounded_constant", term, _literal(near), fact="rounded")
        if isinstance(above, Compare):
            continue
        if isinstance(above, Binary) and above.sign == "**" and above.right is term:
            continue
        label = "constant_factor"
        if isinstance(above, Binary) and above.sign in ("+", "-"):
            label = "additive_constant"
        tried = (2 * term.value, term.value / 2, term.value + 1, term.value - 1, *known.numbers)
        for value in dict.fromkeys(tried):
            if value != term.value:
                yield _at(label, term, _literal(value), 0.1)


def _near(value: float) -> Iterator[float]:
    """Exact numbers that this one may be a rounding of."""
    if value == int(value) or not value:
        return
    for denominator in range(1, 13):
        near = round(value * denominator) / denominator
        if near and near != value and abs(near - value) <= 0.02 * abs(value):
            yield near
    for constant in _CONSTANTS:
        if constant != value and abs(constant - value) <= 0.02 * abs(value):
            yield constant


_CONSTANTS = (
    3.141592653589793,
    6.283185307179586,
    2.718281828459045,
    0.6931471805599453,
    1.4142135623730951,
    0.7071067811865476,
    1.7320508075688772,
    0.5772156649015329,
    0.3989422804014327,
    2.5066282746310002,
    1.1283791670955126,
    0.3678794411714423,
    2.302585092994046,
)


def _quotients(worked: Worked, known: Quantities) -> Iterator[Edit]:
    for term in worked.terms:
        if not isinstance(term, Binary) or term.sign not in ("*", "/"):
            continue
        left, right = term.left, term.right
        plain = not isinstance(right, Number)
        if term.sign == "/":
            if not isinstance(left, Number):
                yield _at("inverted_ratio", term, Binary("/", right, left))
            label = "inverted_ratio" if plain else "constant_factor"
            if isinstance(right, Name) and right.name in known.sizes:
                label = "batch_mean"
            yield _at(label, term, Binary("*", left, right), 0.05)
        else:
            label = "inverted_ratio" if plain else "constant_factor"
            if isinstance(right, Name) and right.name in known.sizes:
                label = "batch_mean"
            yield _at(label, term, Binary("/", left, right), 0.05)
            if not isinstance(left, Number):
                yield _at("inverted_ratio", term, Binary("/", right, left), 0.1)


def _names(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Another quantity in the place of the one that is named."""
    for term in worked.terms:
        if not isinstance(term, Name):
            continue
        value = worked.at(term)
        if value is None:
            continue
        if known.asked is not None and term.name == known.asked[1]:
            yield _at("not_differentiated", term, Number(1.0), 0.1)
        for name in known.names:
            if name == term.name:
                continue
            same = known.shape(name) == value.shape
            if (
                not same
                and worked.value is not None
                and worked.value.shape == worked.point.truth.shape
            ):
                continue
            label = renaming(worked, known, term, name)
            extra = -0.15 if known.siblings(term.name, name) else 0.1
            yield _at(label, term, Name(name), extra + (0.0 if same else 0.4), fact=term.name)
        if known.asked is None or not _is_factor(worked, term):
            continue
        for name in known.like(value):
            if name != known.asked[1] and known.depends(known.asked[0], name):
                new = Derivative(known.asked[0], name)
                yield _at("wrong_node", term, new, 0.25, fact=term.name)


def _is_factor(worked: Worked, term: Expression) -> bool:
    """Whether a term is multiplied with another in some way."""
    above = _above(worked, term)
    while isinstance(above, Transpose | Unary):
        above = _above(worked, above)
    if isinstance(above, Call):
        return above.function in ("outer", "dot") or above.function in _SLIDING
    return isinstance(above, Binary) and above.sign in ("*", "@")


def renaming(worked: Worked, known: Quantities, term: Name, name: str) -> str:
    """Whether a wrong name is a wrong factor or a formula at the wrong place."""
    related = known.one_makes_other(term.name, name)
    inner: Expression = term
    above = _above(worked, inner)
    while isinstance(above, Unary | Transpose):
        inner, above = above, _above(worked, above)
    if isinstance(above, Binary) and above.sign in ("*", "/", "@"):
        other = above.right if above.left is inner else above.left
        if isinstance(other, Binary) and _mentions(other, term.name):
            return "wrong_eval_point"
    elif isinstance(above, Binary) and above.sign == "**":
        outside = _above(worked, above)
        if isinstance(outside, Binary) and _number(outside.left) == 1.0:
            return "wrong_eval_point"
        if known.depends(term.name, name) or known.depends(name, term.name):
            return "wrong_eval_point"
    elif isinstance(above, Binary) and related:
        return "wrong_eval_point"
    while isinstance(above, Binary | Unary | Transpose):
        above = _above(worked, above)
    return "wrong_eval_point" if _is_scalar_function(above) else "wrong_node"


def _is_scalar_function(term: Expression | None) -> bool:
    return isinstance(term, Compare) or (
        isinstance(term, Call)
        and (_sloped(term.function.removesuffix("'")) or "softmax" in term.function)
    )


def _mentions(term: Expression, name: str) -> bool:
    match term:
        case Binary(left=Number(), right=Name(name=found)) | Binary(left=Name(name=found)):
            return found == name
        case Binary(left=Number(), right=Binary(left=Name(name=found))):
            return found == name
    return False


def _derivatives(worked: Worked, known: Quantities) -> Iterator[Edit]:
    for term in worked.terms:
        if not isinstance(term, Derivative):
            continue
        if known.depends(term.by, term.of):
            yield _at("inverted_ratio", term, Derivative(term.by, term.of), -0.3)
        for of, by in known.derivatives:
            if (of, by) == (term.of, term.by) or (of != term.of and by != term.by):
                continue
            if (of, by) != known.asked:
                near = known.siblings(of, term.of) or known.siblings(by, term.by)
                extra = -0.25 if near and term is not worked.tree else 0.2
                yield _at("wrong_node", term, Derivative(of, by), extra)
        above = _above(worked, term)
        label = "wrong_eval_point" if _is_scalar_function(above) else "wrong_node"
        for name in known.like(worked.at(term)):
            yield _at(label, term, Name(name), 0.2)


def _scaled(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A factor lost at a place where the whole side does not show it."""
    for term in worked.terms:
        if not _is_own_place(worked, term):
            continue
        value = worked.at(term)
        if value is None:
            continue
        for number in (2.0, 0.5):
            new: Expression = Binary("*", term, Number(number))
            yield _at("constant_factor", term, new, 0.3)
        for size in known.sizes:
            yield _at("batch_mean", term, Binary("/", term, Name(size)), 0.2)
            yield _at("batch_mean", term, Binary("*", term, Name(size)), 0.25)
        for factor in known.factors:
            if value.shape and not known.broadcasts(factor, value.shape):
                continue
            over = Binary("/", term, Name(factor))
            new = Binary("*", term, Name(factor))
            yield _at("missing_chain_factor", term, new, 0.0, fact=factor)
            if mentions(worked, known, factor):
                yield _at("extra_chain_factor", term, over, 0.3, fact=factor)
            else:
                yield _at("missing_chain_factor", term, over, 0.1, fact=factor)


def mentions(worked: Worked, known: Quantities, factor: str) -> bool:
    """Whether a factor stands in the tree, under its name or written out."""
    if not factor.startswith("#"):
        return any(isinstance(term, Name) and term.name == factor for term in worked.terms)
    written = known.graph.steps[int(factor.lstrip("#="))].term
    return factor.startswith("#=") and any(term == written for term in worked.terms)


def _added(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A constant or a summand lost."""
    for term in worked.terms:
        if not _is_own_place(worked, term) and not _is_product_part(_above(worked, term), term):
            continue
        yield _at("additive_constant", term, Binary("+", term, Number(1.0)), 0.1)
        yield _at("additive_constant", term, Binary("-", term, Number(1.0)), 0.1)
        if isinstance(term, Name | Call | Unary):
            yield _at("additive_constant", term, Binary("-", Number(1.0), term), 0.15)


def _is_own_place(worked: Worked, term: Expression) -> bool:
    """Whether a factor here would not be the same as a factor of the term above."""
    above = _above(worked, term)
    match above:
        case None:
            return False
        case Binary(sign="*" | "/"):
            return False
        case Binary(sign="**", right=right):
            return right is not term
        case Unary() | Transpose():
            return False
        case Binary(sign="@"):
            return bool(worked.at(term) is not None and worked.at(term).shape)
        case _:
            return True


def _above(worked: Worked, term: Expression) -> Expression | None:
    found = worked.parents.get(id(term))
    return None if found is None else found[0]


def _operands(term: Call | Compare) -> tuple[Any, ...]:
    return term.operands if isinstance(term, Call) else (term.left, term.right)
