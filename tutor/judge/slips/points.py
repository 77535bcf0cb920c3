"""One point: true values there, as plain NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays.bounded import Bounded
from engine.arrays.numpy_ import NAMESPACE
from tutor.judge.graph import Graph
from tutor.judge.links import Linked

Array = Any


_BESIDE = 5e-3
_KINKED = frozenset("abs sign relu leaky_relu step maximum minimum gt lt ge le".split())
_LOST = 1e-4
_FLAT: dict[str, tuple[float, float]] = {
    "sigmoid": (_LOST, 1 - _LOST),
    "softmax": (_LOST, 1 - _LOST),
    "tanh": (_LOST - 1, 1 - _LOST),
    "exp": (_LOST, 1 / _LOST),
}
"""Between which values a function is not flat."""


class _Sliced(tuple[Array, ...]):
    """Values of one point already taken out of the samples."""

    __slots__ = ()


class _Values(dict[str, Array]):
    """Values by name, and factors without a name."""

    __slots__ = ("_point",)

    def __init__(self, point: Point) -> None:
        super().__init__()
        self._point = point

    def __missing__(self, name: str) -> Array:
        value = self[name] = self._point.factor(name)
        return value


class Point:
    """True values at one point: of names, of steps of the graph, and of derivatives.

    Among the values are possible factors that no name stands for: `#3` is the local derivative of
    step 3, `#=3` the value of step 3, `#-3` and `#+3` are 1 less it and 1 and it. Nobody can type
    such names. They are worked out when asked for.
    """

    __slots__ = ("_derivative", "_derivatives", "_graph", "_nodes", "_place", "truth", "values")

    def __init__(
        self,
        place: int,
        graph: Graph,
        values: Mapping[str, Any],
        nodes: Sequence[Any],
        truth: Any,
        derivative: Callable[[str, str], Any],
    ) -> None:
        self._place = place
        self._graph = graph
        self._nodes: Sequence[Any] | tuple[Array, ...] = nodes
        self.values: dict[str, Array] = _Values(self)
        self.values.update({name: at(value, place) for name, value in values.items()})
        self.truth = at(truth, place)
        self._derivative = derivative
        self._derivatives: dict[tuple[str, str], Any] = {}

    @property
    def nodes(self) -> tuple[Array, ...]:
        """The value of every step of the graph."""
        if type(self._nodes) is not _Sliced:
            self._nodes = _Sliced([at(node, self._place) for node in self._nodes])
        return self._nodes

    def factor(self, name: str) -> Array:
        """The value of a factor that no name stands for. Raises KeyError for any other name."""
        if not name.startswith("#"):
            raise KeyError(name)
        if name[1] in "=-+":
            value = self.nodes[int(name[2:])]
            return value if name[1] == "=" else 1 - value if name[1] == "-" else 1 + value
        place = int(name[1:])
        step = self._graph.steps[place]
        if step.op is None:
            raise KeyError(name)
        out = self.nodes[place]
        inputs = [self.nodes[i] for i in step.operands]
        slopes = step.op.vjp(NAMESPACE, np.ones_like(out), out, *inputs, **step.params)
        return np.asarray(slopes[0])[()]

    @property
    def saturated(self) -> bool:
        """Whether some function is so flat here that what passes through it is nearly lost."""
        for step, out in zip(self._graph.steps, self.nodes, strict=True):
            bounds = None if step.op is None else _FLAT.get(step.op.name)
            if bounds is not None and bool(np.any((out < bounds[0]) | (out > bounds[1]))):
                return True
        return False

    @property
    def beside_kink(self) -> bool:
        """Whether some step of the computation is next to its kink or jump here."""
        nodes = self.nodes
        for step in self._graph.steps:
            if step.op is None or step.op.name not in _KINKED:
                continue
            one = nodes[step.operands[0]]
            other = nodes[step.operands[1]] if len(step.operands) > 1 else 0.0
            if step.op.name != "where" and bool(np.any(np.abs(one - other) < _BESIDE)):
                return True
        return False

    def linked(self, of: str, by: str) -> Any:
        """The total derivative of `of` by `by` here: an array where it can stand among arrays (the
        gradient of a scalar, the diagonal of what is elementwise), otherwise a `Linked`."""
        key = (of, by)
        if key not in self._derivatives:
            found = self._derivative(of, by)
            if type(found) is Linked:
                found = self._link(found)
            else:
                found = at(found, self._place)
            self._derivatives[key] = found
        return self._derivatives[key]

    def derivative(self, of: str, by: str) -> Array:
        """As `linked`, and a `Linked` as the array that it is. Raises TypeError if it is none."""
        found = self.linked(of, by)
        if type(found) is Linked:
            raise TypeError(f"d{of}/d{by} is no array of the shape of {by}")
        return found

    def moved(self, graph: Graph, by: str, change: float) -> Point:
        """This point with one quantity moved, and all that depends on it worked out again."""
        begin = graph.places[by]
        nodes = list(self.nodes)
        nodes[begin] = nodes[begin] + change
        for i in range(begin + 1, len(nodes)):
            if not graph.ancestors[i] >> begin & 1:
                continue
            step = graph.steps[i]
            inputs = [nodes[k] for k in step.operands]
            made = (
                inputs[0] if step.op is None else step.op.forward(NAMESPACE, *inputs, **step.params)
            )
            nodes[i] = at(np.asarray(made), 0)
        values: dict[str, Array] = dict(self.values)
        values.update({name: nodes[place] for name, place in graph.places.items()})
        return Point(0, graph, values, _Sliced(nodes), self.truth, _no_derivative)

    def _link(self, link: Linked) -> Any:
        if link.diagonal is not None:
            return at(link.diagonal, self._place)
        jacobian = at(link.jacobian, self._place)
        return replace(link, jacobian=jacobian) if link.axes else jacobian


def _no_derivative(of: str, by: str) -> Array:
    raise TypeError(f"d{of}/d{by} is not known here")


def at(value: Any, place: int) -> Array:
    """One sample of a value, as an array or a NumPy number."""
    if isinstance(value, Bounded):
        value = value.value[place if len(value.value) > 1 else 0]
    if isinstance(value, np.ndarray):
        return value.astype(np.float64)[()] if value.dtype == bool else value[()]
    return np.float64(value)
