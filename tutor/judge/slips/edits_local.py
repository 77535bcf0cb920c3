"""Edits of signs, functions, exponents and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tutor.judge.slips.edit import (
    SLIDING,
    Edit,
    above_of,
    at_term,
    has_slope,
    is_product_part,
    literal,
    number_in,
    with_turns,
)
from tutor.judge.slips.edits_shape import of_sums
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import Worked
from tutor.language.tree import Binary, Call, Compare, Expression, Name, Number, Transpose, Unary

_SLIGHT = 0.01
"""A constant below this stands for nothing: its sign is no slip."""


def signs(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A sign turned somewhere."""
    for term in worked.terms:
        match term:
            case Binary(sign="+" | "-", right=Number(value=small)) if small < _SLIGHT:
                continue
            case Binary(sign="+", left=left, right=right):
                yield at_term("sign_error", term, Binary("-", left, right))
                yield at_term("sign_error", term, Binary("-", right, left), 0.05)
            case Binary(sign="-", left=left, right=right):
                yield at_term("sign_error", term, Binary("+", left, right))
                if above_of(worked, term) is not None:
                    yield at_term("sign_error", term, Binary("-", right, left), 0.05)
            case Unary(sign="-", operand=operand):
                yield at_term("sign_error", term, operand, 0.02)
            case Call() | Compare():
                for operand in _operands(term):
                    if not isinstance(operand, Unary | Number):
                        yield at_term("sign_error", operand, Unary("-", operand), 0.1)
            case Binary(sign="**", right=Number() as exponent):
                yield at_term("power_rule", exponent, Unary("-", exponent), 0.3)
        if isinstance(term, Compare):
            for relation in (">", "<", ">=", "<=", "==", "!="):
                if relation != term.relation:
                    new = Compare(relation, term.left, term.right)
                    yield at_term("wrong_local_derivative", term, new, -0.46)
            for place, operand in enumerate((term.left, term.right)):
                other = term.right if place == 0 else term.left
                choices = [Name(name) for name in known.like(worked.at(other))]
                for choice in (*choices, *map(literal, (0.0, *known.numbers))):
                    pair = (choice, other) if place == 0 else (other, choice)
                    new = Compare(term.relation, *pair)
                    span = (operand.start, operand.end)
                    yield Edit("wrong_eval_point", term, new, span, -0.15)


def _operands(term: Call | Compare) -> tuple[Any, ...]:
    return term.operands if isinstance(term, Call) else (term.left, term.right)


def slopes(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A function where its derivative belongs, or the derivative at another place."""
    for term in worked.terms:
        if isinstance(term, Call) and len(term.operands) == 1 and not term.keywords:
            operand = term.operands[0]
            if term.function.endswith("'"):
                plain = term.function[:-1]
                yield at_term("wrong_local_derivative", term, Call(plain, (operand,)), 0.4)
                for name in known.like(worked.at(operand)):
                    yield at_term(
                        "wrong_eval_point", term, Call(term.function, (Name(name),)), -0.3
                    )
                for other in ("sigmoid", "tanh", "relu"):
                    if other != plain:
                        new = Call(f"{other}'", (operand,))
                        yield at_term("wrong_local_derivative", term, new)
            elif has_slope(term.function):
                label = (
                    "activation_for_derivative"
                    if term.function in known.activations
                    else "not_differentiated"
                )
                yield at_term(label, term, Call(f"{term.function}'", (operand,)))
        elif isinstance(term, Name) and term.name in known.made_by:
            function, source = known.made_by[term.name]
            new = Call(f"{function}'", (source,))
            label = (
                "activation_for_derivative"
                if function in known.activations
                else "not_differentiated"
            )
            yield at_term(label, term, new)
            if known.point_of(term.name) is not None:
                yield at_term("wrong_node", term, Binary("-", Number(1.0), term), 0.2)
        if isinstance(term, Name):
            for function in known.applied.get(term.name, ()):
                new = Call(f"{function}'", (term,))
                if function == "log":
                    yield at_term("inverted_ratio", term, new)
                else:
                    more = 0.2 if function == "exp" else -0.4
                    yield at_term("wrong_local_derivative", term, new, more)
                yield at_term("missing_chain_factor", term, Call(function, (term,)), -0.1)


_FULL = {
    "corr": "corr_full",
    "conv": "conv_full",
    "corr_full": "corr",
    "conv_full": "conv",
}


_TOTALS = ("sum", "prod")

_OPPOSITE = {"maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max"}


_TAKEN = {
    "sin": ("cos",),
    "cos": ("sin",),
    "sinh": ("cosh",),
    "cosh": ("sinh",),
    "sigmoid": ("tanh", "relu", "softmax"),
    "tanh": ("sigmoid", "relu"),
    "relu": ("step", "sigmoid", "tanh"),
    "sign": ("step",),
    "step": ("sign", "relu", "sigmoid"),
    "exp": ("log",),
    "log": ("exp",),
    "sqrt": (),
}


def functions(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """A function that stands for another."""
    for term in worked.terms:
        if not isinstance(term, Call):
            continue
        name, operands = term.function, term.operands
        if name in _TOTALS:
            other = "prod" if name == "sum" else "sum"
            yield at_term("sum_product_confusion", term, replace(term, function=other), -0.2)
        if name in SLIDING:
            flipped = Call(SLIDING[name], operands)
            yield at_term("kernel_flip", term, flipped)
            for place in (0, 1):
                turned = list(operands)
                turned[place] = Call("flip", (operands[place],))
                yield at_term("kernel_flip", term, Call(name, tuple(turned)), 0.1)
            yield at_term("kernel_flip", term, Call("flip", (term,)), 0.1)
            swapped = (operands[1], operands[0])
            yield at_term("matmul_order", term, Call(name, swapped), 0.2)
            yield at_term("kernel_flip", term, Call(SLIDING[name], swapped), 0.4)
            yield at_term("shape_mismatch", term, Call(_FULL[name], operands), -0.5)
            yield at_term("kernel_flip", term, Call(SLIDING[_FULL[name]], operands), 0.3)
        elif name == "flip":
            yield at_term("kernel_flip", term, operands[0], 0.1)
        elif name in _OPPOSITE:
            for one, two in (operands, operands[::-1]) if len(operands) == 2 else ():
                mask = Compare(">" if name == "maximum" else "<", one, two)
                yield at_term("activation_for_derivative", term, mask)
            yield at_term("wrong_local_derivative", term, Call(_OPPOSITE[name], operands))
        elif name in _TAKEN:
            for other in _TAKEN[name]:
                yield at_term("wrong_local_derivative", term, Call(other, operands), 0.2)
            if len(operands) == 1 and name in ("log", "exp", "sqrt", "sign", "abs"):
                yield at_term("extra_chain_factor", term, operands[0], 0.8)
        elif name == "outer" and len(operands) == 2:
            left, right = operands
            yield from of_sums(term, left, right)
            yield at_term("outer_inner", term, Call("outer", (right, left)))
            for product in with_turns(worked, left, right):
                yield at_term("outer_inner", term, product, 0.15)
            yield at_term("outer_inner", term, Binary("@", left, right), 0.05)
            yield at_term("outer_inner", term, Binary("*", left, right), 0.1)
        elif name == "dot" and len(operands) == 2:
            left, right = operands
            yield at_term("outer_inner", term, Call("outer", (left, right)), 0.05)
            yield at_term("outer_inner", term, Call("outer", (right, left)), 0.15)
            yield at_term("elementwise_vs_matmul", term, Binary("*", left, right), 0.05)
            yield at_term("matmul_order", term, Call("dot", (right, left)), 0.1)
            yield at_term("transpose_error", term, Call("dot", (Transpose(left), right)), 0.1)
            yield at_term("transpose_error", term, Call("dot", (left, Transpose(right))), 0.1)


def powers(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Exponents that are off, lost or too many."""
    for term in worked.terms:
        above = above_of(worked, term)
        if isinstance(term, Binary) and term.sign == "**":
            exponent = number_in(term.right)
            if exponent is not None:
                tried = (exponent - 1, exponent + 1, 2 * exponent, exponent / 2, exponent * 1.5)
                for power in dict.fromkeys(tried):
                    if power:
                        yield at_term("power_rule", term, Binary("**", term.left, literal(power)))
                yield at_term("power_rule", term, term.left, 0.02)
            yield at_term("power_rule", term, Binary("**", term.left, _less(term.right)), 0.1)
        elif isinstance(above, Binary) and above.sign == "**":
            continue
        if isinstance(term, Binary) and term.sign == "*":
            number = number_in(term.left)
            if number is not None and number in (2.0, 3.0):
                new = Binary("**", term.right, literal(number))
                yield at_term("power_rule", term, new, 0.1)
                if number == 2.0 and isinstance(term.right, Name):
                    for name in known.like(worked.at(term.right)):
                        if name != term.right.name:
                            both = Binary("+", term.right, Name(name))
                            yield at_term("wrong_node", term, both, 0.2)
        if isinstance(term, Binary) and term.sign == "**":
            continue
        if isinstance(term, Name | Call | Binary) and not is_product_part(above, term):
            yield at_term("power_rule", term, Binary("**", term, Number(2.0)), 0.6)
            if isinstance(term, Name | Call):
                yield at_term("inverted_ratio", term, Binary("/", Number(1.0), term), 0.1)
        elif isinstance(term, Name | Call) or _grouped(above, term):
            for power in (2.0, 3.0, 0.5, -1.0):
                label = "inverted_ratio" if power == -1.0 else "power_rule"
                more = 0.4 if power == -1.0 else 0.6
                yield at_term(label, term, Binary("**", term, literal(power)), more)


def _grouped(above: Expression | None, term: Expression) -> bool:
    return (
        isinstance(above, Binary)
        and above.sign in ("*", "/")
        and isinstance(term, Binary)
        and term.sign in ("+", "-")
    )


def _less(term: Expression) -> Expression:
    return Binary("-", term, Number(1.0))


def numbers(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Another constant in the place of one that was written."""
    for term in worked.terms:
        if not isinstance(term, Number):
            continue
        above = above_of(worked, term)
        for near in _near(term.value):
            yield at_term("rounded_constant", term, literal(near), fact="rounded")
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
                yield at_term(label, term, literal(value), 0.1)


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


def quotients(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Quotients turned over."""
    for term in worked.terms:
        if not isinstance(term, Binary) or term.sign not in ("*", "/"):
            continue
        left, right = term.left, term.right
        plain = not isinstance(right, Number)
        if term.sign == "/":
            if not isinstance(left, Number):
                yield at_term("inverted_ratio", term, Binary("/", right, left))
            label = "inverted_ratio" if plain else "constant_factor"
            if isinstance(right, Name) and right.name in known.sizes:
                label = "batch_mean"
            yield at_term(label, term, Binary("*", left, right), 0.05)
        else:
            label = "inverted_ratio" if plain else "constant_factor"
            if isinstance(right, Name) and right.name in known.sizes:
                label = "batch_mean"
            yield at_term(label, term, Binary("/", left, right), 0.05)
            if not isinstance(left, Number):
                yield at_term("inverted_ratio", term, Binary("/", right, left), 0.1)
