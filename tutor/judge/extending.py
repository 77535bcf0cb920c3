"""Symbols of the learner's own in derivatives: `e = a - y`, `dL/de = 2*e`, `de/da = 1`.

Such a symbol becomes a quantity of the graph. Where its term is computed on the way of the forward
lines it is that step, so that the loss depends on it; elsewhere it is a step behind all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np

from engine.arrays.bounded import Bounded
from engine.ops import REGISTRY
from tutor.judge.chance import Chance
from tutor.judge.equal import compare
from tutor.judge.form import expanded
from tutor.judge.graph import Graph, GraphError, Step, compiled
from tutor.judge.ground import Ground, drawn
from tutor.judge.setting import Setting
from tutor.judge.sizes import shapes_of
from tutor.language.lines import Line
from tutor.language.tree import Derivative, Expression, Name, walk

_SEED = 1


class OwnSymbolError(ValueError):
    """A derivative of or by an own symbol that has no meaning: in which line, and where."""

    def __init__(self, message: str, line: int, span: tuple[int, int]) -> None:
        super().__init__(message)
        self.line = line
        self.span = span


def extended(setting: Setting, lines: Sequence[Line]) -> Setting:
    """The setting with every own symbol of which, or by which, a line has a derivative.

    Raises OwnSymbolError where the symbol is no quantity, or the derivative is by a symbol on
    which nothing depends.
    """
    defined = _definitions(lines)
    known = setting.graph.places
    asked = [
        (line, one)
        for line in lines
        for one in _derivatives(line)
        if one.of not in known or one.by not in known
    ]
    if not asked:
        return setting
    wanted = {name for _, one in asked for name in (one.of, one.by)} & defined.keys()
    spelled = {name: tree for name, tree in defined.items() if name not in wanted}
    own: list[tuple[str, Expression]] = []
    for name in defined:
        if name in wanted:
            further = (name, expanded(defined[name], spelled))
            if _can_be_run(setting, [*own, further]):
                own.append(further)
    made = _with(setting, own)
    for line, one in asked:
        _check(made.graph, line, one, wanted)
    return made


def _check(graph: Graph, line: Line, one: Derivative, own: AbstractSet[str]) -> None:
    for name in (one.of, one.by):
        if name not in graph.places:
            raise _refusal(line, one, f"{name} is no quantity to differentiate")
    behind = graph.places[one.by] >= graph.count
    if one.by in own and behind and not graph.depends(one.of, one.by):
        why = f"{one.by} is a symbol of your own; {one.of} is not a function of it"
        raise _refusal(line, one, why)


def _refusal(line: Line, one: Derivative, why: str) -> OwnSymbolError:
    return OwnSymbolError(f"Line {line.number + 1}: {why}.", line.number, (one.start, one.end))


def _definitions(lines: Sequence[Line]) -> dict[str, Expression]:
    return {
        line.left.name: line.sides[0].expression
        for line in lines
        if line.defines and isinstance(line.left, Name)
    }


def _derivatives(line: Line) -> Iterator[Derivative]:
    if isinstance(line.left, Derivative):
        yield line.left
    for side in line.sides:
        for term in walk(side.expression):
            if isinstance(term, Derivative):
                yield term


def _can_be_run(setting: Setting, own: Sequence[tuple[str, Expression]]) -> bool:
    """Whether the last of some terms has a value that depends on the variables."""
    try:
        graph = _appended(setting, own).graph
    except GraphError:
        return False
    variables = sum(1 << graph.places[one.name] for one in setting.exercise.variables)
    return bool(graph.ancestors[graph.places[own[-1][0]]] & variables)


def _appended(setting: Setting, own: Sequence[tuple[str, Expression]]) -> Setting:
    """The setting with further quantities behind all others."""
    exercise = setting.exercise
    names = [one.name for one in exercise.variables]
    graph = compiled(names, exercise.dims, [*exercise.forward, *own])
    graph = replace(graph, given=setting.graph.count)
    written = {one.name: one.shape for one in exercise.variables}
    first, second = [shapes_of(written, sizes, graph) for sizes in setting.sizes]
    return replace(setting, graph=graph, shapes=(first, second))


def _with(setting: Setting, own: Sequence[tuple[str, Expression]]) -> Setting:
    """The setting with further quantities. What the forward lines compute too is the step there,
    and all steps of that value are one; where they compute its negative, they do so from it."""
    if not own:
        return setting
    made = _appended(setting, own)
    for name, _ in own:
        own_place = made.graph.places[name]
        same, turned = _steps_like(made, own_place), _steps_like(made, own_place, -1.0)
        if same:
            made = replace(made, graph=_merged(made.graph, name, same))
        elif turned:
            made = _turned(made, name, turned)
    return made


def _merged(graph: Graph, name: str, same: Sequence[int]) -> Graph:
    """The graph with a name for the first of some steps of one value, in place of all of them; a
    quantity among them comes before the others, and leaves those alone."""
    first, others = _first(graph, same)
    moved = {graph.places[name]: first, **dict.fromkeys(others, first)}
    steps = tuple([_reading(step, moved) for step in graph.steps])
    return replace(graph, steps=steps, places={**graph.places, name: first})


def _first(graph: Graph, alike: Sequence[int]) -> tuple[int, Sequence[int]]:
    """The step that stands for some of one value, and those that it stands for besides."""
    named = set(graph.places.values())
    quantity = next((i for i in alike if i in named), None)
    return (alike[0], alike[1:]) if quantity is None else (quantity, ())


def _turned(setting: Setting, name: str, alike: Sequence[int]) -> Setting:
    """The setting with a quantity that is the negative of a step, and on which whatever reads that
    step depends: the step, its negative, and the negative of that."""
    graph = setting.graph
    place, others = _first(graph, alike)
    behind = {i: i + 2 for i in range(place + 1, len(graph.steps))}
    reading = {**behind, **dict.fromkeys((place, *others), place + 2)}
    reading[graph.places[name]] = place + 1
    line = graph.steps[place].line
    negatives = [Step(REGISTRY["neg"], (i,), line=line) for i in (place, place + 1)]
    steps = (
        *graph.steps[: place + 1],
        *negatives,
        *[_reading(step, reading) for step in graph.steps[place + 1 :]],
    )
    places = {key: behind.get(i, i) for key, i in graph.places.items()}
    made = replace(graph, steps=steps, places={**places, name: place + 1}, given=graph.count + 2)
    first, second = [
        (*shapes[: place + 1], shapes[place], shapes[place], *shapes[place + 1 :])
        for shapes in setting.shapes
    ]
    return replace(setting, graph=made, shapes=(first, second))


def _reading(step: Step, moved: Mapping[int, int]) -> Step:
    return replace(step, operands=tuple([moved.get(i, i) for i in step.operands]))


def _steps_like(setting: Setting, place: int, sign: float = 1.0) -> list[int]:
    """The steps of the forward lines that have the value of another one, or its negative, at all
    points."""
    graph = setting.graph
    candidates = [
        i
        for i in range(graph.count)
        if graph.live[i] and all(shapes[i] == shapes[place] for shapes in setting.shapes)
    ]
    for which in (0, 1):
        ground = drawn(setting, which, Chance(_SEED))
        candidates = [i for i in candidates if _alike(ground, i, place, sign)]
    return candidates


def _alike(ground: Ground, one: int, other: int, sign: float) -> bool:
    a, b = ground.nodes[one], ground.nodes[other]
    found = compare(sign * _numbers(a), _numbers(b), ground.count)
    return found.enough and not found.differs[ground.usable].any()


def _numbers(x: Bounded) -> Bounded:
    return Bounded(np.asarray(x.value, dtype=float), x.error)
