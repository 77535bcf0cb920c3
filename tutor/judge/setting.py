"""An exercise made ready: its graph, with sizes for its dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tutor.judge.given import Exercise
from tutor.judge.graph import Graph, Shape, compiled
from tutor.judge.sizes import Sizes, choose, shapes_of, sized

_CACHED = 256


@dataclass(frozen=True)
class Setting:
    """An exercise made ready: its graph, and the sizes and shapes that it is looked at with.

    sizes: two sets. shapes: of every step of the graph, for each set.
    """

    exercise: Exercise
    graph: Graph
    sizes: tuple[Sizes, Sizes]
    shapes: tuple[tuple[Shape, ...], tuple[Shape, ...]]

    def shape(self, name: str, which: int = 0) -> Shape:
        """The shape of a quantity or variable under one of the two sets of sizes."""
        return self.shapes[which][self.graph.places[name]]

    def of_variables(self, which: int = 0) -> dict[str, Shape]:
        """The shapes of the variables."""
        return {
            variable.name: sized(variable.shape, self.sizes[which])
            for variable in self.exercise.variables
        }


@lru_cache(maxsize=_CACHED)
def setting_of(exercise: Exercise) -> Setting:
    """The setting of an exercise. Raises GraphError for forward lines that cannot be run."""
    graph = compiled(
        [variable.name for variable in exercise.variables], exercise.dims, exercise.forward
    )
    written = {variable.name: variable.shape for variable in exercise.variables}
    first, second = choose(exercise.dims, written, graph)
    shapes = (shapes_of(written, first, graph), shapes_of(written, second, graph))
    return Setting(exercise, graph, (first, second), shapes)
