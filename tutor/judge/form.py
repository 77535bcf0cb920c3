"""Whether an answer has the form that is asked for: worked out, and not through itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tutor.judge.graph import Graph
from tutor.language.tree import (
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Name,
    Number,
    Transpose,
    Unary,
    children,
    walk,
)

Missing = Literal["unresolved", "circular"]


@dataclass(slots=True)
class Forms:
    """What the lines so far have worked out.

    worked: derivatives with a form that holds no open derivative. uses: of every derivative and
    own symbol, all that its forms so far are made of; what is in a circle with the target shows
    there. own: the learner's own symbols with the open derivatives in them.
    """

    graph: Graph
    target: Derivative
    backprop: bool
    worked: set[Derivative] = field(default_factory=set)
    own: dict[str, frozenset[Derivative]] = field(default_factory=dict)
    uses: dict[Derivative, frozenset[Derivative]] = field(default_factory=dict)
    reached: bool = False
    tried: bool = False
    circular: bool = False

    def define(self, name: str, side: Expression) -> None:
        """An own symbol was given a value; a further form of it may be better than the first."""
        still = self.open(side)
        if name not in self.own or len(still) < len(self.own[name]):
            self.own[name] = still

    def derived(self, left: Derivative, side: Expression) -> None:
        """A derivative was said to be a term, and that is true."""
        still = self.open(side)
        if left == self.target:
            self.tried = True
            if not still or self.allows(still):
                self.reached = True
            self.circular = bool(still) and self.leads_back(still)
        if not still:
            self.worked.add(left)
        elif left not in self.uses:
            self.uses[left] = still

    def open(self, side: Expression) -> frozenset[Derivative]:
        """The derivatives in a term that no line so far has worked out."""
        found: set[Derivative] = set()
        for term in walk(side):
            if isinstance(term, Derivative) and term not in self.worked:
                found.add(Derivative(term.of, term.by))
            elif isinstance(term, Name) and term.name in self.own:
                found.update(one for one in self.own[term.name] if one not in self.worked)
        return frozenset(found)

    def allows(self, still: Iterable[Derivative]) -> bool:
        """Whether open derivatives may remain: in the form of back-propagation, gradients of
        what comes later on the way to the loss."""
        if not self.backprop:
            return False
        return all(
            one != self.target
            and one.of == self.target.of
            and one.by != self.target.by
            and self.graph.depends(one.by, self.target.by)
            and self.graph.depends(one.of, one.by)
            for one in still
        )

    def leads_back(self, still: Iterable[Derivative]) -> bool:
        """Whether the target is among open derivatives, or in what these were said to be."""
        seen: set[Derivative] = set()
        waiting = list(still)
        while waiting:
            one = waiting.pop()
            if one == self.target:
                return True
            if one not in seen:
                seen.add(one)
                waiting.extend(self.uses.get(one, ()))
        return False

    @property
    def missing(self) -> Missing | None:
        """Why the target is not reached, None where it is."""
        if self.reached:
            return None
        return "circular" if self.circular else "unresolved"


def same_form(one: Expression, other: Expression) -> bool:
    """Whether two terms are the same but for the order in sums and products, parentheses, and how
    numbers are written."""
    return _keyed(one) == _keyed(other)


def expanded(tree: Expression, own: Mapping[str, Expression]) -> Expression:
    """A term with the learner's own symbols replaced by what they were defined as; as it is where
    that would be too long."""
    lengths: dict[str, int] = {}
    for name, meant in own.items():
        lengths[name] = _length(meant, lengths)
    return _put_in(tree, own) if _length(tree, lengths) <= _LONGEST else tree


def _length(tree: Expression, lengths: Mapping[str, int]) -> int:
    return sum(lengths.get(term.name, 1) if isinstance(term, Name) else 1 for term in walk(tree))


def _put_in(tree: Expression, own: Mapping[str, Expression]) -> Expression:
    match tree:
        case Name():
            return _put_in(own[tree.name], own) if tree.name in own else tree
        case Unary() | Transpose():
            return replace(tree, operand=_put_in(tree.operand, own))
        case Binary() | Compare():
            return replace(tree, left=_put_in(tree.left, own), right=_put_in(tree.right, own))
        case Call():
            return replace(tree, operands=tuple([_put_in(x, own) for x in tree.operands]))
        case _:
            return tree


_LONGEST = 300

Keyed = tuple[float, str]
"""A number in front, and a spelling of the rest that does not depend on order."""

_ONE = "1"
_MOST_FACTORS = 6


def _keyed(tree: Expression) -> Keyed:
    constant = constant_of(tree)
    if constant is not None:
        return constant, _ONE
    match tree:
        case Binary(sign="+" | "-"):
            return _sum(tree)
        case Unary() if isinstance(tree.operand, Binary) and tree.operand.sign in ("+", "-"):
            return _sum(tree)
        case Unary():
            number, rest = _keyed(tree.operand)
            return (-number if tree.sign == "-" else number), rest
        case Binary(sign="*" | "/" | "**"):
            return _product(tree)
        case Name():
            return 1.0, tree.name
        case Derivative():
            return 1.0, f"d{tree.of}/d{tree.by}"
        case Call():
            return 1.0, _call(tree)
    inside = ", ".join([_spelled(child) for child in children(tree)])
    sign = getattr(tree, "sign", getattr(tree, "relation", ""))
    return 1.0, f"{type(tree).__name__}{sign}({inside})"


def _spelled(tree: Expression) -> str:
    number, rest = _keyed(tree)
    return f"{number!r} {rest}"


def _call(call: Call) -> str:
    operands = [_spelled(operand) for operand in call.operands]
    if call.function in ("maximum", "minimum"):
        operands.sort()
    keywords = sorted([f"{one.name}={one.value!r}" for one in call.keywords])
    return f"{call.function}({', '.join([*operands, *keywords])})"


def _sum(tree: Expression) -> Keyed:
    """A sum, its terms in order, and its sign such that the first one is positive."""
    terms: list[Keyed] = []
    waiting: list[tuple[Expression, float]] = [(tree, 1.0)]
    while waiting:
        term, sign = waiting.pop()
        match term:
            case Binary(sign="+"):
                waiting += [(term.left, sign), (term.right, sign)]
            case Binary(sign="-"):
                waiting += [(term.left, sign), (term.right, -sign)]
            case Unary():
                waiting.append((term.operand, -sign if term.sign == "-" else sign))
            case _:
                number, rest = _keyed(term)
                terms.append((sign * number, rest))
    terms.sort(key=lambda one: (one[1], one[0]))
    front = -1.0 if terms[0][0] < 0 else 1.0
    return front, "(" + " + ".join([f"{front * number!r} {rest}" for number, rest in terms]) + ")"


def _product(tree: Expression) -> Keyed:
    """A product: its number, and its factors above and below in order."""
    above: list[str] = []
    below: list[str] = []
    number = 1.0
    waiting: list[tuple[Expression, bool]] = [(tree, False)]
    while waiting:
        term, inverse = waiting.pop()
        match term:
            case Binary(sign="*"):
                waiting += [(term.left, inverse), (term.right, inverse)]
                continue
            case Binary(sign="/") if constant_of(term.right) != 0:
                waiting += [(term.left, inverse), (term.right, not inverse)]
                continue
            case Binary(sign="**") if constant_of(term.right) in range(1, _MOST_FACTORS + 1):
                times = int(constant_of(term.right) or 1)
                waiting += [(term.left, inverse)] * times
                continue
            case Binary(sign="/" | "**"):
                front, rest = 1.0, f"({_spelled(term.left)}){term.sign}({_spelled(term.right)})"
            case _:
                front, rest = _keyed(term)
        number = number / front if inverse and front else number * front
        if rest != _ONE:
            (below if inverse else above).append(rest)
    if not below and len(above) == 1:
        return number, above[0]
    return number, "*".join(sorted(above)) + "".join([f"/{one}" for one in sorted(below)])


def constant_of(tree: Expression) -> float | None:
    """The number that a term of numbers alone is, None for every other term."""
    match tree:
        case Number():
            return tree.value
        case Unary():
            value = constant_of(tree.operand)
            return None if value is None else -value if tree.sign == "-" else value
        case Binary(sign="+" | "-" | "*" | "/"):
            return _folded(tree)
        case _:
            return None


def _folded(tree: Binary) -> float | None:
    left = constant_of(tree.left)
    right = constant_of(tree.right) if left is not None else None
    if left is None or right is None:
        return None
    match tree.sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left / right if right else None


def names_in(trees: Sequence[Expression]) -> frozenset[str]:
    """Every name in some terms, those of derivatives included."""
    found: set[str] = set()
    for tree in trees:
        for term in walk(tree):
            if isinstance(term, Name):
                found.add(term.name)
            elif isinstance(term, Derivative):
                found.update((term.of, term.by))
    return frozenset(found)
