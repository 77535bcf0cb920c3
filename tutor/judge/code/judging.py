"""Judging a backward pass written by hand: every array, given the learner's own earlier ones.

    checked = check(task, Path("my_backward.py"))
    checked.right, checked.arrays[0].mark, checked.arrays[0].message

The inputs are drawn here, the file runs in a child (`tutor.sandbox.submission`), and what is true
is worked out afterwards, when nobody is left to read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tutor.judge.code.cases import Finding
from tutor.judge.code.differences import by_differences
from tutor.judge.code.evidence import Evidence, Points, near, points_of
from tutor.judge.code.explain import explained
from tutor.judge.code.shapes import shape_text
from tutor.judge.code.task import FUNCTION, Task, TaskError
from tutor.judge.code.template import changed_lines
from tutor.judge.code.uses import Uses, uses_of
from tutor.render.sanitise import sanitise
from tutor.sandbox.submission import LIMIT, MEMORY, FunctionError, Submission, read_source, run

Array = np.ndarray[Any, Any]

Status = Literal["right", "wrong", "follows", "shape", "dtype", "empty", "missing", "strange"]
Mark = Literal["✓", "✗", "~", "?"]

MARKS: Mapping[Status, Mark] = {
    "right": "✓",
    "wrong": "✗",
    "follows": "~",
    "shape": "?",
    "dtype": "?",
    "empty": "?",
    "missing": "?",
    "strange": "?",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry at which an array is off, at one point. index: its place. yours: what it is there.
    other: what it should be; given: the gradient that this follows from, None where it is the slope
    by differences. inputs: the arguments of the function there."""

    index: tuple[int, ...]
    yours: float
    other: float
    given: str | None
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found about one array.

    name: in the file, `dz`. by: the quantity that it is the gradient by. label: the slip. message:
    a clause that begins with the name. shape, dtype: what it has, None where there is no array.
    wanted: the shape it should have, in the names of sizes. follows: the array that is wrong and
    that this one follows from; waits: that one has to be right before this one can be judged.
    """

    name: str
    by: str
    status: Status
    message: str
    wanted: str
    label: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    follows: str | None = None
    waits: bool = False
    cell: Cell | None = None

    @property
    def mark(self) -> Mark:
        """The sign in front of it."""
        return MARKS[self.status]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found about a file.

    printed: what it printed at the first point. failed: the error that ended it, if one did.
    changed: the lines of the forward pass that are not as they were given. seed: of the inputs.
    """

    task: Task
    arrays: tuple[Found, ...]
    printed: str
    failed: FunctionError | None
    changed: tuple[str, ...]
    seed: int

    @property
    def right(self) -> bool:
        """Whether every array is right."""
        return self.failed is None and all(found.status == "right" for found in self.arrays)


def check(
    task: Task,
    path: Path,
    *,
    text: str | None = None,
    seconds: float = LIMIT,
    memory: int = MEMORY,
    seed: int = 0,
) -> Checked:
    """Run a file and judge its arrays. text: the file's, where it has been read already.

    Raises FunctionError (`missing`) for a file that cannot be read, (`crash`) where no process can
    be started; TaskError for an exercise without a value anywhere.
    """
    text = read_source(path) if text is None else text
    both = points_of(task, seed)
    if not all(len(points.chosen) for points in both):
        raise TaskError("its forward lines have no finite value at any point that was tried")
    order = order_of(both)
    submission = run(
        path,
        FUNCTION,
        [task.gradients[name] for name in task.wanted],
        [both[which].inputs(k) for which, k in order],
        text=text,
        seconds=seconds,
        memory=memory,
        seed=seed,
    )
    arrays = judged(task, both, order, submission)
    changed = changed_lines(task, text)
    return Checked(task, arrays, submission.printed, submission.failed, changed, seed)


def order_of(both: tuple[Points, Points]) -> list[tuple[int, int]]:
    """In which order the points are gone through: one of each set in turn."""
    counts = [len(points.chosen) for points in both]
    return [(which, k) for k in range(max(counts)) for which in (0, 1) if k < counts[which]]


def judged(
    task: Task,
    both: tuple[Points, Points],
    order: Sequence[tuple[int, int]],
    submission: Submission,
) -> tuple[Found, ...]:
    """What is found about every array that a submission should have."""
    whole = submission.arrays[: len(order)]
    if submission.failed is not None and len(whole) > 1:
        whole = whole[:-1]  # the last one was not finished
    there = [
        name
        for name in task.wanted
        if whole and all(task.gradients[name] in arrays for arrays in whole)
    ]
    evidence = []
    for points in both:
        mine = [
            arrays
            for (which, _), arrays in zip(order, whole, strict=False)
            if which == points.which
        ]
        if mine:
            given = {name: [arrays[task.gradients[name]] for arrays in mine] for name in there}
            evidence.append(Evidence(points, given, len(mine)))
    judge = _Judge(task, uses_of(task), evidence, submission)
    return judge.all()


class _Judge:
    def __init__(
        self, task: Task, uses: Uses, evidence: Sequence[Evidence], submission: Submission
    ) -> None:
        self.task = task
        self.uses = uses
        self.evidence = evidence
        self.submission = submission
        self.done: dict[str, Found] = {}

    def all(self) -> tuple[Found, ...]:
        for name in self.task.wanted:
            self.done[name] = self.one(name)
        return tuple(self.done.values())

    def one(self, name: str) -> Found:
        if not self.evidence or name not in self.evidence[0].given:
            return self.absent(name)
        kinds = {x.dtype for one in self.evidence for x in one.given[name]}
        dtype = min(kinds, key=_precision).name
        if any(kind.kind == "c" for kind in kinds):
            told = "holds complex numbers, and a gradient is real"
            return self.found(name, "dtype", Finding("", told), dtype)
        if any(self.is_shaped_wrong(name, one) for one in self.evidence):
            return self.shaped_wrong(name, dtype)
        if self.is_right(name, dtype):
            return self.right(name, dtype)
        blamed = self.blamed(name)
        if blamed is not None and self.follows(name, dtype):
            root = self.root(blamed)
            told = f"follows from {self.task.gradients[root]}, and its own step is right"
            return self.found(name, "follows", Finding("", told), dtype, follows=root)
        return self.unjudged(name, dtype) or self.wrong(name, dtype, blamed)

    def unjudged(self, name: str, dtype: str) -> Found | None:
        """What is made of arrays of another shape or dtype can be judged when these are right."""
        for consumer in self.uses.consumers[name]:
            known = self.done.get(consumer)
            if known is not None and (known.status in ("shape", "dtype") or known.waits):
                root = self.root(consumer)
                told = f"is not judged before {self.task.gradients[root]} is right"
                return self.found(
                    name, "follows", Finding("", told), dtype, follows=root, waits=True
                )
        return None

    def root(self, name: str) -> str:
        """The array that one which follows from another follows from in the end."""
        roots = {self.task.gradients[other]: other for other in self.done}
        while (above := self.done[name].follows) is not None:
            name = roots[above]
        return name

    def absent(self, name: str) -> Found:
        """There is no array of that name."""
        gradient = self.task.gradients[name]
        what = self.submission.instead.get(gradient, "missing")
        shape = shape_text(self.task, name)
        failed = self.submission.failed
        if what == "none":
            return self.found(name, "empty", Finding("", "is not filled in yet"))
        if what in ("missing", "unreached") and failed is not None:
            return self.found(name, "missing", Finding("", "was not reached"))
        if what in ("missing", "unreached"):
            told = f'is not among what {FUNCTION} returns: "{gradient}": {gradient}'
            return self.found(name, "missing", Finding("", told))
        told = f"is {sanitise(what)}; an array of numbers with shape {shape} is wanted"
        return self.found(name, "strange", Finding("", told))

    def is_shaped_wrong(self, name: str, one: Evidence) -> bool:
        return any(x.shape != self.task.shape(name, one.points.which) for x in one.given[name])

    def is_right(self, name: str, dtype: str) -> bool:
        """Whether it is true, or follows from arrays that are."""
        if all(near(self.plain(name, one), one.truth[name], dtype) for one in self.evidence):
            return True
        return self.blamed(name) is None and self.follows(name, dtype)

    def follows(self, name: str, dtype: str) -> bool:
        """Whether it is what a right step makes of the learner's own arrays above it."""
        return all(near(self.plain(name, one), one.following(name), dtype) for one in self.evidence)

    def plain(self, name: str, one: Evidence) -> Array:
        return np.stack([x.astype(np.float64) for x in one.given[name]])

    def blamed(self, name: str) -> str | None:
        """The nearest of the gradients that this one is made from which is an array and wrong."""
        for consumer in reversed(self.uses.consumers[name]):
            known = self.done.get(consumer)
            if known is not None and known.status in ("wrong", "follows", "shape", "dtype"):
                return consumer
        return None

    def right(self, name: str, dtype: str) -> Found:
        gradient = self.task.gradients[name]
        if dtype == "float16":
            told = "is right as far as float16 can tell; use float64"
            return self.found(name, "dtype", Finding("", told), dtype)
        if np.dtype(dtype).kind in "iub":
            told = f"has the right numbers as {dtype}; a gradient is an array of float64"
            return self.found(name, "dtype", Finding("", told), dtype)
        note = self.submission.notes.get(gradient)
        if note is not None:
            told = f"has the right numbers as {sanitise(note)}; make it an array with np.array"
            return self.found(name, "dtype", Finding("", told), dtype)
        return self.found(name, "right", Finding("", ""), dtype)

    def shaped_wrong(self, name: str, dtype: str) -> Found:
        waiting = self.unjudged(name, dtype)
        if waiting is not None:
            return waiting
        shapes = [{x.shape for x in one.given[name]} for one in self.evidence]
        if any(len(each) > 1 for each in shapes):
            told = "has another shape each time"
            return self.found(name, "shape", Finding("shape_mismatch", told), dtype)
        return self.found(name, "shape", self.explanation(name), dtype)

    def wrong(self, name: str, dtype: str, blamed: str | None) -> Found:
        if np.dtype(dtype).kind in "iub" and self.is_cut_off(name):
            told = f"is {dtype}, so its fractions are lost; a gradient is an array of float64"
            return self.found(name, "dtype", Finding("", told), dtype)
        finding = self.explanation(name)
        like = self.like(finding)
        if like is not None:
            told = f"is off in the same way as {like.name}"
            return self.found(name, "follows", Finding("", told), dtype, follows=like.by)
        return self.found(name, "wrong", finding, dtype, cell=self.cell(name, dtype, blamed))

    def like(self, finding: Finding) -> Found | None:
        """An earlier array that is off by the same number: one may have been made of the other."""
        if finding.label not in ("sign_error", "constant_factor", "batch_mean"):
            return None
        for known in self.done.values():
            if known.status == "wrong" and known.message == f"{known.name} {finding.told}":
                return known
        return None

    def is_cut_off(self, name: str) -> bool:
        return all(
            np.array_equal(np.trunc(one.following(name).value), self.plain(name, one))
            for one in self.evidence
        )

    def explanation(self, name: str) -> Finding:
        following = [one.following(name).value for one in self.evidence]
        finding = explained(self.task, self.uses, name, self.evidence, following)
        if finding.label in ("unknown", "shape_mismatch") and self.blamed(name) is not None:
            truth = [one.truth[name].value for one in self.evidence]
            other = explained(self.task, self.uses, name, self.evidence, truth)
            return other if other.label not in ("unknown", "shape_mismatch") else finding
        return finding

    def cell(self, name: str, dtype: str, blamed: str | None) -> Cell | None:
        """The entry that is off most, at the first point where one is."""
        one = self.evidence[0]
        own, following = self.plain(name, one), one.following(name)
        for k in range(one.count):
            right = following.value[k]
            with np.errstate(all="ignore"):
                off = np.abs(own[k] - right)
            off = np.where(np.isfinite(off), off, np.inf)
            here = following.pick([k]) if one.count > 1 else following
            if not near(own[k : k + 1], here, dtype):
                index = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
                given = None if blamed is None else self.task.gradients[blamed]
                other = right[index] if given else by_differences(one, name, k, index)
                inputs = {key: value.tolist() for key, value in one.points.inputs(k).items()}
                return Cell(index, float(own[k][index]), float(other), given, inputs)
        return None

    def found(
        self,
        name: str,
        status: Status,
        finding: Finding,
        dtype: str | None = None,
        *,
        follows: str | None = None,
        waits: bool = False,
        cell: Cell | None = None,
    ) -> Found:
        gradient = self.task.gradients[name]
        shape = self.evidence[0].given[name][0].shape if dtype is not None else None
        return Found(
            name=gradient,
            by=name,
            status=status,
            message=f"{gradient} {finding.told}" if finding.told else "",
            wanted=shape_text(self.task, name),
            label=finding.label or None,
            shape=shape,
            dtype=dtype,
            follows=None if follows is None else self.task.gradients[follows],
            waits=waits,
            cell=cell,
        )


def _precision(kind: np.dtype[Any]) -> tuple[bool, int, str]:
    """Whole numbers first, then the floats with the fewest bits."""
    return kind.kind == "f", kind.itemsize, kind.name
