"""Task: what a file with a hand-written backward pass is given, and which arrays it fills in."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass

from tutor.judge.code.numpy_text import SOURCES
from tutor.judge.exercise import Exercise, derivative_named
from tutor.judge.graph import Graph, GraphError, Shape
from tutor.judge.ground import Setting, setting_of
from tutor.language.errors import LanguageError

FUNCTION = "backward"
"""The name of the function in the file."""

_TAKEN = frozenset({"np", "math", "rng", "gradients", "name", "gradient", "print", FUNCTION})


class TaskError(ValueError):
    """An exercise of which no backward pass can be written; the message says why."""


@dataclass(frozen=True)
class Task:
    """The backward pass of an exercise, to be written by hand.

    wanted: the quantities and variables whose gradients are filled in, in the order of the file:
    backward through the forward lines, variables last. spelled: for every variable, size and
    quantity its name in the file; gradients: for the loss and everything wanted the name of its
    gradient there. passed: the sizes that are arguments, because no input has them as an axis.
    """

    exercise: Exercise
    setting: Setting
    loss: str
    wanted: tuple[str, ...]
    spelled: Mapping[str, str]
    gradients: Mapping[str, str]
    passed: tuple[str, ...]

    @property
    def graph(self) -> Graph:
        """The forward lines as ops."""
        return self.setting.graph

    @property
    def sizes(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Two sets of sizes, in which axes that are not the same differ."""
        return self.setting.sizes

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of the function, by their names in the exercise."""
        return (*[variable.name for variable in self.exercise.variables], *self.passed)

    def shape(self, name: str, which: int = 0) -> Shape:
        """The shape of a variable or a quantity with one of the sets of sizes."""
        return self.setting.shape(name, which)


def task_of(exercise: Exercise) -> Task:
    """The task that an exercise is. Raises TaskError for one without a gradient of one number."""
    loss = exercise.loss
    if loss is None or not exercise.forward or exercise.find != "gradient":
        raise TaskError("it asks for no gradient of a loss, so there is no backward pass to write")
    try:
        setting = setting_of(exercise)
    except GraphError as error:
        raise TaskError(f"its forward lines cannot be run: {error}") from error
    if setting.shape(loss) != ():
        raise TaskError(f"{loss} is an array, and a backward pass begins at one number")
    wanted = _wanted(exercise, setting.graph, loss)
    if not wanted:
        raise TaskError(f"{loss} depends on nothing that has a gradient")
    variables = [variable.name for variable in exercise.variables]
    spelled = _spelled([*variables, *exercise.dims, *exercise.quantities])
    axes = {size for variable in exercise.variables for size in variable.shape}
    return Task(
        exercise=exercise,
        setting=setting,
        loss=loss,
        wanted=wanted,
        spelled=spelled,
        gradients=_gradients([loss, *wanted], spelled),
        passed=tuple([name for name in exercise.dims if name not in axes]),
    )


def _wanted(exercise: Exercise, graph: Graph, loss: str) -> tuple[str, ...]:
    """The quantities on the way from the loss to a variable, then the variables asked for."""
    reached = _reached(graph, loss)
    variables = [variable.name for variable in exercise.variables]
    between = [
        name
        for name in reversed(exercise.quantities)
        if name != loss and name in reached and reached & _reached(graph, name) & {*variables}
    ]
    asked = _asked(exercise, loss)
    chosen = [name for name in variables if name in asked and name in reached]
    if not chosen:
        free = [v.name for v in exercise.variables if v.domain in ("real", "positive")]
        chosen = [name for name in free if name in reached]
    return (*between, *chosen)


def _asked(exercise: Exercise, loss: str) -> set[str]:
    """The names by which the targets of the exercise differentiate the loss."""
    asked = set()
    for text in exercise.targets:
        try:
            target = derivative_named(text, exercise.vocabulary)
        except LanguageError:
            continue
        if target is not None and target.of == loss:
            asked.add(target.by)
    return asked


def _reached(graph: Graph, name: str) -> set[str]:
    """The names that a gradient from one reaches: not through masks and conditions."""
    end = graph.places[name]
    steps = {end}
    for i in range(end, -1, -1):
        step = graph.steps[i]
        if i in steps and not (step.op is not None and step.op.name in _FLAT):
            skipped = 1 if step.op is not None and step.op.name == "where" else 0
            steps.update(step.operands[skipped:])
    return {known for known, place in graph.places.items() if place in steps} - graph.sizes


_FLAT = frozenset({"gt", "ge", "lt", "le", "eq", "ne", "step", "sign", "floor"})


def _spelled(names: list[str]) -> dict[str, str]:
    """For every name one that Python allows, and that means nothing else in the file."""
    spelled: dict[str, str] = {}
    for name in names:
        new = name
        while keyword.iskeyword(new) or new in _TAKEN or new in SOURCES or new in spelled.values():
            new += "_"
        spelled[name] = new
    return spelled


def _gradients(names: list[str], spelled: Mapping[str, str]) -> dict[str, str]:
    """For every name that of its gradient: `dz`, or `grad_z` where `dz` is something else."""
    used = {*spelled.values(), *_TAKEN, *SOURCES}
    found: dict[str, str] = {}
    for name in names:
        new = f"d{spelled[name]}"
        if new in used:
            new = f"grad_{spelled[name]}"
        while new in used:
            new += "_"
        used.add(new)
        found[name] = new
    return found
