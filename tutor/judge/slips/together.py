"""The same slip at several places of a tree: learners repeat what they take for the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from tutor.judge.slips.edit import Edit
from tutor.judge.slips.edits_names import renaming
from tutor.judge.slips.edits_shape import AXES
from tutor.judge.slips.quantities import Quantities
from tutor.judge.slips.terms import Worked
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Expression,
    Index,
    Name,
    Transpose,
    Unary,
    children,
)

_DIGITS = "0123456789"
_REPEATED = (
    "transpose_error",
    "sign_error",
    "matmul_order",
    "wrong_node",
    "wrong_local_derivative",
)
_MOST_PAIRS = 60
_MOST_SITES = 16
_MOST_BESIDE = 6


def renamed_together(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Every mention of one quantity, or of all of a kind, stands for another."""
    named = [term for term in worked.terms if isinstance(term, Name)]
    used = list(dict.fromkeys(term.name for term in named))
    for name in used:
        places = [term for term in named if term.name == name]
        if len(places) < 2 or name in known.sizes:
            continue
        for other in known.like(worked.at(places[0])):
            if other == name:
                continue
            label = renaming(worked, known, places[0], other)
            if any(renaming(worked, known, p, other) != "wrong_node" for p in places[1:]):
                label = "wrong_eval_point"
            yield _mapped(worked, label, {name: other}, 0.05)
            if len(places) > 2:
                for one, two in list(pairwise(places))[:_MOST_BESIDE]:
                    new = put(worked, {id(one): Name(other), id(two): Name(other)})
                    yield Edit("wrong_eval_point", worked.tree, new, (one.start, two.end), 0.1)
    names = frozenset(known.names)
    plain = [name for name in used if name not in known.sizes][:_MOST_SITES]
    yield from _shifted_parts(worked, named, names)
    swaps = sorted(combinations(plain, 2), key=lambda pair: pair[0][0] != pair[1][0])
    for first, second in swaps:
        if known.shape(first) == known.shape(second):
            both = {first: second, second: first}
            yield _mapped(worked, "wrong_node", both, 0.2)
    for mapping in _shifts(used, names):
        yield _mapped(worked, "wrong_node", mapping, 0.1)
    for mapping in _kinds(used, names):
        yield _mapped(worked, "wrong_node", mapping, -0.1)


def slopes_together(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Every activation stands for its derivative."""
    named = [t for t in worked.terms if isinstance(t, Name) and known.point_of(t.name) is not None]
    for names in _stems([t.name for t in named]):
        slopes: dict[int, Expression] = {}
        for term in named:
            if term.name in names:
                function, source = known.made_by[term.name]
                slopes[id(term)] = Call(f"{function}'", (source,))
        if len(slopes) > 1:
            new = put(worked, slopes)
            span = (worked.tree.start, worked.tree.end)
            yield Edit("activation_for_derivative", worked.tree, new, span, 0.1)


def reductions_together(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Every sum and mean goes along another axis, or is the other of the two."""
    calls = [t for t in worked.terms if _is_reduction(t)]
    if len(calls) < 2:
        return
    span = (worked.tree.start, worked.tree.end)
    for keywords in AXES:
        new = rebuilt(
            worked.tree,
            lambda t, k=keywords: replace(t, keywords=k) if _is_reduction(t) else t,  # type: ignore[misc]
        )
        yield Edit("wrong_axis", worked.tree, new, span, 0.1)
    for name in ("sum", "mean"):
        new = rebuilt(
            worked.tree,
            lambda t, n=name: replace(t, function=n) if _is_reduction(t) else t,  # type: ignore[misc]
        )
        yield Edit("batch_mean", worked.tree, new, span, 0.1)


def _is_reduction(term: Expression) -> bool:
    return isinstance(term, Call) and term.function in ("sum", "mean")


def products_together(worked: Worked, known: Quantities) -> Iterator[Edit]:
    """Every product has a transpose too many or too few, or its operands in the wrong order."""
    products = [t for t in worked.terms if isinstance(t, Binary) and t.sign == "@"]
    if len(products) < 2:
        return

    def turned(term: Expression) -> Expression:
        return term.operand if isinstance(term, Transpose) else Transpose(term)

    changes: tuple[tuple[str, Callable[[Binary], Expression]], ...] = (
        ("transpose_error", lambda t: Binary("@", turned(t.left), t.right)),
        ("transpose_error", lambda t: Binary("@", t.left, turned(t.right))),
        ("matmul_order", lambda t: Binary("@", t.right, t.left)),
        ("elementwise_vs_matmul", lambda t: Binary("*", t.left, t.right)),
    )
    for label, change in changes:
        new = rebuilt(worked.tree, lambda t, c=change: c(t) if _is_product(t) else t)  # type: ignore[misc]
        yield Edit(label, worked.tree, new, (worked.tree.start, worked.tree.end), 0.1)


def pairs(worked: Worked, tried: Sequence[Edit]) -> Iterator[Edit]:
    """Two edits of one kind."""
    for label in _REPEATED:
        same = [e for e in tried if e.label == label and e.site is not worked.tree][:_MOST_SITES]
        for one, other in list(combinations(same, 2))[:_MOST_PAIRS]:
            if _within(worked, one.site, other.site) or _within(worked, other.site, one.site):
                continue
            new = put(worked, {id(one.site): one.new, id(other.site): other.new})
            span = (min(one.span[0], other.span[0]), max(one.span[1], other.span[1]))
            yield Edit(label, worked.tree, new, span, one.extra + other.extra + 0.6)


def put(worked: Worked, new: Mapping[int, Expression]) -> Expression:
    """The tree with other terms in several places, none of them within another."""
    made = dict(new)
    above: set[int] = set()
    for place in new:
        while place in worked.parents:
            place = id(worked.parents[place][0])
            if place in above:
                break
            above.add(place)
    for term in worked.terms:
        if id(term) in above:
            made[id(term)] = with_children(term, [made.get(id(c), c) for c in children(term)])
    return made[id(worked.tree)]


def _within(worked: Worked, inner: Expression, outer: Expression) -> bool:
    """Whether a term stands within another, or is it."""
    term: Expression | None = inner
    while term is not None and term is not outer:
        found = worked.parents.get(id(term))
        term = None if found is None else found[0]
    return term is outer


def replaced(tree: Expression, new: Mapping[int, Expression]) -> Expression:
    """The tree with other terms in several places, by `id` of what stands there."""
    done: list[Expression] = []
    nothing: frozenset[int] = frozenset()
    waiting: list[tuple[Expression, bool, frozenset[int]]] = [(tree, False, nothing)]
    while waiting:
        term, ready, made = waiting.pop()
        if not ready and id(term) in new and id(term) not in made:
            # Within what is put there the old term may stand again, and is no place to edit.
            waiting.append((new[id(term)], False, made | {id(term)}))
            continue
        below = children(term)
        if not ready:
            waiting.append((term, True, made))
            waiting.extend((child, False, made) for child in reversed(below))
            continue
        operands = done[len(done) - len(below) :]
        del done[len(done) - len(below) :]
        done.append(with_children(term, operands))
    return done[0]


def rebuilt(tree: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The tree with every term changed, from the leaves up."""
    done: list[Expression] = []
    waiting: list[tuple[Expression, bool]] = [(tree, False)]
    while waiting:
        term, ready = waiting.pop()
        below = children(term)
        if not ready:
            waiting.append((term, True))
            waiting.extend((child, False) for child in reversed(below))
            continue
        operands = done[len(done) - len(below) :]
        del done[len(done) - len(below) :]
        done.append(change(with_children(term, operands)))
    return done[0]


def with_children(term: Expression, operands: Sequence[Expression]) -> Expression:
    """A term over other operands."""
    if all(a is b for a, b in zip(operands, children(term), strict=True)):
        return term
    match term:
        case Call():
            return replace(term, operands=tuple(operands))
        case Array():
            return replace(term, items=tuple(operands))
        case Unary() | Transpose() | Index():
            return replace(term, operand=operands[0])
        case Binary() | Compare():
            return replace(term, left=operands[0], right=operands[1])
        case _:
            return term


def _is_product(term: Expression) -> bool:
    return isinstance(term, Binary) and term.sign == "@"


def _mapped(worked: Worked, label: str, mapping: Mapping[str, str], extra: float) -> Edit:
    places = [t for t in worked.terms if isinstance(t, Name) and t.name in mapping]
    new = put(worked, {id(t): Name(mapping[t.name], t.start, t.end) for t in places})
    span = (min(t.start for t in places), max(t.end for t in places))
    return Edit(label, worked.tree, new, span, extra)


def _stems(names: Sequence[str]) -> list[frozenset[str]]:
    """The names, grouped by what stands before their numbers; and all of them."""
    groups: dict[str, set[str]] = {}
    for name in names:
        groups.setdefault(name.rstrip(_DIGITS), set()).add(name)
    found = [frozenset(group) for group in groups.values()]
    return list(dict.fromkeys([*found, frozenset(names)])) if names else []


def _shifts(used: Sequence[str], names: frozenset[str]) -> Iterator[Mapping[str, str]]:
    """All numbered names of one stem moved by one: a step in time, a layer."""
    for stem in dict.fromkeys(name.rstrip(_DIGITS) for name in used):
        numbered = [n for n in used if n.rstrip(_DIGITS) == stem and n != stem]
        if len(numbered) < 2:
            continue
        for shift in (-1, 1):
            moved = {n: f"{stem}{int(n[len(stem) :]) + shift}" for n in numbered}
            if all(name in names for name in moved.values()):
                yield moved


def _shifted_parts(worked: Worked, named: Sequence[Name], names: frozenset[str]) -> Iterator[Edit]:
    """Numbered names that follow one another, factors and summands alone, moved by one."""
    for stem in dict.fromkeys(term.name.rstrip(_DIGITS) for term in named):
        row = [
            term
            for term in named
            if term.name.rstrip(_DIGITS) == stem and term.name != stem and _is_bare(worked, term)
        ]
        for first, last in combinations(range(min(len(row), _MOST_BESIDE)), 2):
            part = row[first : last + 1]
            for shift in (-1, 1):
                moved = [f"{stem}{int(term.name[len(stem) :]) + shift}" for term in part]
                if all(name in names for name in moved):
                    places = {id(term): Name(name) for term, name in zip(part, moved, strict=True)}
                    span = (part[0].start, part[-1].end)
                    yield Edit("wrong_node", worked.tree, put(worked, places), span, 0.15)


def _is_bare(worked: Worked, term: Name) -> bool:
    """Whether a name is a factor or a summand, within no power or function."""
    found = worked.parents.get(id(term))
    return found is None or not (
        isinstance(found[0], Call) or (isinstance(found[0], Binary) and found[0].sign == "**")
    )


def _kinds(used: Sequence[str], names: frozenset[str]) -> Iterator[Mapping[str, str]]:
    """All names that begin with one letter, with another letter: W1, W2 for U1, U2."""
    letters = dict.fromkeys(name[0] for name in names)
    for letter in dict.fromkeys(name[0] for name in used):
        mine = [name for name in used if name[0] == letter and len(name) > 1]
        if len(mine) < 2:
            continue
        for other in letters:
            moved = {name: other + name[1:] for name in mine}
            if other != letter and all(name in names for name in moved.values()):
                yield moved
