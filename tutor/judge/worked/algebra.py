"""Sums, products and powers of trees, simplified as they are made: `1*x` is `x`, `x + x` is `2*x`.

Only what holds entry by entry is used here (matrix products and calls are factors like any name),
so a result may be broadcast where its parts were: `y/y` is 1 whatever the shape of y.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tutor.language.tree import Binary, Derivative, Expression, Number, Unary

ONE = Number(1.0)
ZERO = Number(0.0)
_MOST_DENOMINATOR = 1000


class Factor(NamedTuple):
    """A base and its exponent, a number."""

    base: Expression
    exponent: Fraction


class Product(NamedTuple):
    """A number times factors, no two with the same base."""

    number: Fraction
    factors: tuple[Factor, ...]


def number(value: float | Fraction) -> Expression:
    """A number as a tree: halves and thirds as quotients, a minus as a sign."""
    exact = value if isinstance(value, Fraction) else _exact(value)
    if exact is None:
        value = float(value)
        return Number(value) if value >= 0 else Unary("-", Number(-value))
    above: Expression = Number(float(abs(exact.numerator)))
    if exact < 0:
        above = Unary("-", above)
    return above if exact.denominator == 1 else Binary("/", above, Number(float(exact.denominator)))


def value_of_number(tree: Expression) -> Fraction | None:
    """The number that a tree is, None for anything else."""
    split = as_product(tree)
    return None if split.factors else split.number


def as_product(tree: Expression) -> Product:
    """A tree as a number times powers."""
    found: dict[Expression, Fraction] = {}
    amount = Fraction(1)
    waiting: list[tuple[Expression, Fraction]] = [(tree, Fraction(1))]
    while waiting:
        term, exponent = waiting.pop()
        match term:
            case Unary(sign=sign) if exponent.denominator == 1:
                amount *= Fraction(-1 if sign == "-" else 1) ** int(exponent)
                waiting.append((term.operand, exponent))
            case Binary(sign="*"):
                waiting += [(term.right, exponent), (term.left, exponent)]
            case Binary(sign="/"):
                waiting += [(term.right, -exponent), (term.left, exponent)]
            case Binary(sign="**", right=right) if _whole(right) is not None:
                power = Fraction(_whole(right) or 0)
                if _splits(term.left) and power > 1:
                    found[term.left] = found.get(term.left, Fraction(0)) + power * exponent
                else:
                    waiting.append((term.left, power * exponent))
            case Number(value=value) if (
                (exact := _exact(value)) is not None
                and exponent.denominator == 1
                and (exact or exponent > 0)
            ):
                amount *= exact ** int(exponent)
            case _:
                found[term] = found.get(term, Fraction(0)) + exponent
    kept = tuple(Factor(base, power) for base, power in found.items() if power)
    return Product(amount, kept if amount else ())


def as_sum(tree: Expression) -> dict[Expression, Fraction]:
    """A tree as terms and how often each of them counts; a plain number is that many times 1.

    Terms are the same when they are products of the same factors, in whatever order.
    """
    found: dict[frozenset[Factor], tuple[Expression, Fraction]] = {}
    waiting: list[tuple[Expression, Fraction]] = [(tree, Fraction(1))]
    while waiting:
        term, times = waiting.pop()
        match term:
            case Binary(sign="+"):
                waiting += [(term.right, times), (term.left, times)]
            case Binary(sign="-"):
                waiting += [(term.right, -times), (term.left, times)]
            case Unary(sign=sign):
                waiting.append((term.operand, -times if sign == "-" else times))
            case _:
                amount, factors = as_product(term)
                body = from_product(Product(Fraction(1), factors))
                if is_sum(body) and amount == 1:
                    waiting.append((body, times))
                    continue
                first, so_far = found.get(frozenset(factors), (body, Fraction(0)))
                found[frozenset(factors)] = (first, so_far + times * amount)
    return {term: times for term, times in found.values() if times}


def is_sum(tree: Expression) -> bool:
    """Whether a tree is a sum or a difference."""
    return isinstance(tree, Binary) and tree.sign in "+-"


def split(tree: Expression) -> tuple[Fraction, Expression]:
    """A tree as a number times the rest."""
    product = as_product(tree)
    return product.number, from_product(Product(Fraction(1), product.factors))


def from_product(product: Product) -> Expression:
    """The tree of a product: numerator first, one quotient, the sign in front."""
    amount, factors = product
    if not amount:
        return ZERO
    if len(factors) == 1 and factors[0].exponent == 1 and amount == -1 and is_sum(factors[0].base):
        return _turned(factors[0].base)
    above = [_raised(base, power) for base, power in factors if power > 0]
    below = [_raised(base, -power) for base, power in factors if power < 0]
    top, bottom = Fraction(amount.numerator), amount.denominator
    if bottom != 1:
        below.insert(0, Number(float(bottom)))
    if abs(top) != 1 or not above:
        above.insert(0, Number(float(abs(top))))
    if top < 0:
        above[0] = Unary("-", above[0]) if not is_sum(above[0]) else _turned(above[0])
    tree = _chain(above)
    return Binary("/", tree, _chain(below)) if below else tree


def from_sum(terms: dict[Expression, Fraction]) -> Expression:
    """The tree of a sum: a term that is added stands first."""
    ordered = list(terms.items())
    first = next((i for i, (_, times) in enumerate(ordered) if times > 0), 0)
    ordered.insert(0, ordered.pop(first)) if ordered else None
    tree: Expression | None = None
    for term, times in ordered:
        if tree is None:
            tree = product(number(times), term)
        elif times < 0:
            tree = Binary("-", tree, product(number(-times), term))
        else:
            tree = Binary("+", tree, product(number(times), term))
    return ZERO if tree is None else tree


def product(*trees: Expression) -> Expression:
    """The product, with numbers in front and equal factors as powers."""
    chain = _chain([tree for tree in trees if tree != ONE])
    return from_product(as_product(chain))


def quotient(a: Expression, b: Expression) -> Expression:
    """a over b, equal factors cancelled."""
    return from_product(as_product(Binary("/", a, b)))


def added(a: Expression, b: Expression) -> Expression:
    """a + b, equal terms collected."""
    return from_sum(as_sum(Binary("+", a, b)))


def factored(tree: Expression) -> Expression:
    """A sum with the factors that all its terms share in front, where that is shorter."""
    terms = as_sum(tree)
    if len(terms) < 2:
        return tree
    products = [as_product(product(number(times), term)) for term, times in terms.items()]
    shared = [one for one in products[0].factors if all(one in rest.factors for rest in products)]
    amounts = [one.number for one in products]
    common = Fraction(1)
    if len({abs(amount.numerator) for amount in amounts}) == 1:
        common *= abs(amounts[0].numerator)
    if len({amount.denominator for amount in amounts}) == 1:
        common /= amounts[0].denominator
    if not shared and common == 1:
        return tree
    inner: dict[Expression, Fraction] = {}
    for amount, factors in products:
        left = tuple(one for one in factors if one not in shared)
        inner[from_product(Product(Fraction(1), left))] = amount / common
    first = tuple(one for one in shared if isinstance(one.base, Derivative) and one.exponent > 0)
    last = Product(common, tuple(one for one in shared if one not in first))
    front = from_product(Product(Fraction(1), first))
    return product(front, from_sum(inner), from_product(last))


def negated(a: Expression) -> Expression:
    """-a."""
    return product(number(Fraction(-1)), a)


def power(a: Expression, b: Expression) -> Expression:
    """a**b."""
    exponent = value_of_number(b)
    if exponent is not None and exponent.denominator == 1:
        return from_product(as_product(Binary("**", a, number(exponent))))
    return Binary("**", a, b)


def _turned(tree: Expression) -> Expression:
    """The negative of a sum, term by term."""
    return from_sum({term: -times for term, times in as_sum(tree).items()})


def _raised(base: Expression, exponent: Fraction) -> Expression:
    return base if exponent == 1 else Binary("**", base, number(exponent))


def _chain(trees: list[Expression]) -> Expression:
    if not trees:
        return ONE
    chained = trees[0]
    for tree in trees[1:]:
        chained = Binary("*", chained, tree)
    return chained


def _splits(tree: Expression) -> bool:
    """Whether a base is itself a product, whose power is left as it is written."""
    return isinstance(tree, Binary) and tree.sign in ("*", "/")


def _whole(tree: Expression) -> int | None:
    match tree:
        case Number(value=value) if value.is_integer() and abs(value) < _MOST_DENOMINATOR:
            return int(value)
        case Unary(sign="-", operand=Number() as inner):
            whole = _whole(inner)
            return None if whole is None else -whole
    return None


def _exact(value: float) -> Fraction | None:
    """A number as a fraction, where it is one with a small denominator."""
    exact = Fraction(value)
    return exact if exact.denominator <= _MOST_DENOMINATOR else None
