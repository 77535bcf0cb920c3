"""Whether an answer has the form that is asked for: worked out, and not through itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tutor.judge.graph import Graph
from tutor.language.tree import Binary, Call, Derivative, Expression, Name, Number, Unary, walk

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
    return _key(one) == _key(other)


def expanded(tree: Expression, own: Mapping[str, Expression]) -> Expression:
    """A term with the learner's own symbols replaced by what they were defined as."""
    from dataclasses import replace

    if isinstance(tree, Name):
        return expanded(own[tree.name], own) if tree.name in own else tree
    match tree:
        case Unary():
            return replace(tree, operand=expanded(tree.operand, own))
        case Binary():
            return replace(tree, left=expanded(tree.left, own), right=expanded(tree.right, own))
        case Call():
            return replace(tree, operands=tuple([expanded(x, own) for x in tree.operands]))
        case _:
            return tree


Key = tuple[object, ...]


def _key(tree: Expression) -> Key:
    """A term in an order that is always the same: sums and products flat and sorted."""
    constant = constant_of(tree)
    if constant is not None:
        return ("number", constant)
    match tree:
        case Binary(sign="+" | "-"):
            return ("sum", tuple(sorted(map(repr, _summands(tree, False)))))
        case Unary(sign="-"):
            return ("sum", tuple(sorted(map(repr, _summands(tree, False)))))
        case Unary():
            return _key(tree.operand)
        case Binary(sign="*" | "/"):
            return _product(tree)
        case Binary():
            return (tree.sign, _key(tree.left), _key(tree.right))
        case Name():
            return ("name", tree.name)
        case Derivative():
            return ("derivative", tree.of, tree.by)
        case Call():
            keywords = tuple(sorted((one.name, repr(one.value)) for one in tree.keywords))
            operands = [_key(operand) for operand in tree.operands]
            if tree.function in ("maximum", "minimum"):
                operands.sort(key=repr)
            return ("call", tree.function, keywords, *operands)
        case _:
            from tutor.language.tree import children

            mark = getattr(tree, "relation", "")
            return (type(tree).__name__, mark, *[_key(child) for child in children(tree)])


def _summands(tree: Expression, turned: bool) -> list[Key]:
    """The terms of a sum, each with whether it is subtracted."""
    match tree:
        case Binary(sign="+"):
            return _summands(tree.left, turned) + _summands(tree.right, turned)
        case Binary(sign="-"):
            return _summands(tree.left, turned) + _summands(tree.right, not turned)
        case Unary(sign="-"):
            return _summands(tree.operand, not turned)
        case Unary():
            return _summands(tree.operand, turned)
    sign, key = _signed(_key(tree))
    return [("minus" if turned != (sign < 0) else "plus", key)]


def _signed(key: Key) -> tuple[int, Key]:
    """A product's sign, and the product without it."""
    if key[0] == "number" and isinstance(key[1], float) and key[1] < 0:
        return -1, ("number", -key[1])
    if key[0] == "product" and isinstance(key[1], float) and key[1] < 0:
        return -1, (key[0], -key[1], *key[2:])
    return 1, key


def _product(tree: Expression) -> Key:
    """A product: its number, and the sorted factors above and below."""
    above: list[Key] = []
    below: list[Key] = []
    number = 1.0
    waiting: list[tuple[Expression, bool]] = [(tree, False)]
    while waiting:
        term, inverse = waiting.pop()
        constant = constant_of(term)
        if constant is not None and (constant != 0 or not inverse):
            number = number / constant if inverse else number * constant
            continue
        match term:
            case Binary(sign="*"):
                waiting += [(term.left, inverse), (term.right, inverse)]
            case Binary(sign="/"):
                waiting += [(term.left, inverse), (term.right, not inverse)]
            case Unary(sign="-"):
                number = -number
                waiting.append((term.operand, inverse))
            case Unary():
                waiting.append((term.operand, inverse))
            case _:
                (below if inverse else above).append(_key(term))
    if number == 1.0 and len(above) == 1 and not below:
        return above[0]
    return ("product", number, tuple(sorted(map(repr, above))), tuple(sorted(map(repr, below))))


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
