"""The shape of every quantity in the names of sizes: `(n - m + 1, k)`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from tutor.judge.code.task import Task
from tutor.judge.graph import Shape, Step

Sizes = tuple[str, ...]

_REDUCING = frozenset({"sum", "mean", "prod", "max", "min", "logsumexp"})
_SLIDING = {"corr": "-+", "conv": "-+", "corr_full": "+-", "conv_full": "+-"}


def shape_text(task: Task, name: str) -> str:
    """The shape of a variable or a quantity as it is written: `()`, `(n,)`, `(n, 3)`."""
    shape = shapes_in_names(task)[task.graph.places[name]]
    return f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"


def shapes_in_names(task: Task) -> tuple[Sizes, ...]:
    """The shape of every step of the graph; a size that has no name is the number that it is with
    the first set of sizes."""
    written = {
        variable.name: tuple([task.spelled.get(str(size), str(size)) for size in variable.shape])
        for variable in task.exercise.variables
    }
    numbers = task.setting.shapes[0]
    done: list[Sizes] = []
    for place, step in enumerate(task.graph.steps):
        operands = [done[i] for i in step.operands]
        found: Sizes | None
        if step.op is None:
            found = operands[0] if operands else written.get(step.name or "", ())
        else:
            found = _made(step, operands, [numbers[i] for i in step.operands])
        plain = tuple(map(str, numbers[place]))
        done.append(found if found is not None and len(found) == len(plain) else plain)
    return tuple(done)


def _made(step: Step, operands: Sequence[Sizes], numbers: Sequence[Shape]) -> Sizes | None:
    """The shape that an op makes of those of its operands; None where that is not known here."""
    name = step.op.name if step.op is not None else ""
    if step.op is not None and step.op.elementwise:
        return _broadcast(operands, numbers)
    first = operands[0]
    if name in _REDUCING:
        return _reduced(step, first)
    if name in ("softmax", "log_softmax", "cumsum", "flip"):
        return first
    if name == "transpose" and step.params.get("axes") is None:
        return first[::-1]
    if name in ("matmul", "dot") and all(0 < len(shape) < 3 for shape in operands):
        left = first[:-1]
        return (*left, *(operands[1][1:] if len(operands[1]) > 1 else ()))
    if name == "outer":
        return (*first, *operands[1])
    if name == "diag" and not step.params.get("k"):
        return (first[0], first[0]) if len(first) == 1 else None
    if name in _SLIDING:
        return _slid(first, operands[1], *_SLIDING[name])
    return None


def _broadcast(operands: Sequence[Sizes], numbers: Sequence[Shape]) -> Sizes:
    """Along each axis the size of an operand that is not repeated, a name rather than a sum."""
    pairs = [
        list(zip(reversed(shape), reversed(sizes), strict=True))
        for shape, sizes in zip(operands, numbers, strict=True)
    ]
    found = []
    for axis in zip_longest(*pairs):
        known = [pair for pair in axis if pair is not None]
        wide = [size for size, number in known if number != 1] or [size for size, _ in known]
        found.append(min(wide, key=len))
    return tuple(reversed(found))


def _reduced(step: Step, shape: Sizes) -> Sizes:
    axis = step.params.get(
        "axis", -1 if step.op is not None and step.op.name == "logsumexp" else None
    )
    if axis is None:
        gone = set(range(len(shape)))
    else:
        gone = {i % len(shape) for i in (axis if isinstance(axis, tuple) else (axis,))}
    if step.params.get("keepdims"):
        return tuple(["1" if i in gone else size for i, size in enumerate(shape)])
    return tuple([size for i, size in enumerate(shape) if i not in gone])


def _slid(shape: Sizes, kernel: Sizes, sign: str, other: str) -> Sizes:
    lead = len(shape) - len(kernel)
    return (
        *shape[:lead],
        *[f"{x} {sign} {k} {other} 1" for x, k in zip(shape[lead:], kernel, strict=True)],
    )
