"""One side of a line against what it should equal: at 20 points, at 20 fresh ones with other sizes,
and where something has a kink at 600 more and beside the kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from engine.arrays.bounded import NAMESPACE, Bounded
from tutor.judge import kinks, links, samples
from tutor.judge.chance import Chance
from tutor.judge.equal import Comparison, compare, differ
from tutor.judge.evaluate import MisfitError
from tutor.judge.fitting import in_names
from tutor.judge.ground import Ground, drawn
from tutor.judge.links import Linked
from tutor.judge.setting import Setting
from tutor.judge.switches import graph_has_kinks, has_kinks, of_term
from tutor.language.tree import Binary, Call, Expression, Name, children, walk

Outcome = Literal["true", "false", "misfit", "shape", "partly", "nowhere", "vague"]
Truth = Callable[[Ground], Bounded | Linked]
"""What should be equalled, on any ground."""

CLOSE_SCALES = tuple(np.tile([0.2, 0.4, 0.7, 1.0], 10))
NEARLY = 0.9
_MOST_APART = 40
_OTHERS = 6
_HAZY_APART = 3
_MOST_SEARCHES = 12
_OFTEN = 0.25
"""A form that is right overflows at fewer moderate points."""
_HIDDEN = 0.1
"""And has wide bounds at fewer of them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a side.

    outcome: true; false; misfit (its own operands do not fit); shape (it has another shape than
    the truth); partly (it has no value on part of the domain, and is true elsewhere); nowhere (it
    has a value nearly nowhere); vague (its rounding hides what it says). ground, sample: where it
    fails, with the entry. agrees: at part of the points it is true. term: what does not fit.
    message: why, where there is more to say.
    """

    outcome: Outcome
    ground: Ground | None = None
    sample: int = 0
    entry: tuple[int, ...] = ()
    agrees: bool = False
    term: Expression | None = None
    message: str = ""

    @property
    def holds(self) -> bool:
        """Whether the side is true."""
        return self.outcome == "true"


class ShapesDifferError(Exception):
    """Two values of different shapes."""

    def __init__(self, yours: tuple[int, ...], truth: tuple[int, ...]) -> None:
        super().__init__(f"shape {yours} where {truth} is wanted")
        self.yours = yours
        self.truth = truth


class Checker:
    """The grounds of one answer, drawn when they are needed.

    own: the learner's own symbols as defined so far, in order.
    """

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting = setting
        self.rng = Chance(seed)
        self.own: dict[str, Expression] = {}
        self._made: dict[str, Ground] = {}
        self._near: dict[Expression, str] = {}
        self._searches = 0

    def define(self, name: str, tree: Expression) -> None:
        """Let a symbol of the learner's own stand for a term from here on."""
        self.own[name] = tree
        for ground in self._made.values():
            ground.define(name, tree)

    def kept(self, key: str, make: Callable[[], Ground]) -> Ground:
        """A ground that is drawn once, and knows the own symbols."""
        if key not in self._made:
            ground = make()
            for name, tree in self.own.items():
                ground.define(name, tree)
            self._made[key] = ground
        return self._made[key]

    @property
    def grounds(self) -> Iterator[Ground]:
        """Where every side is compared: 20 points of mixed scale, then as many fresh ones, with
        other sizes; where there are no sizes, both at once."""
        yield self.first
        if self.setting.exercise.dims:
            yield self.kept("second", lambda: drawn(self.setting, 1, self.rng))

    @property
    def first(self) -> Ground:
        """The first of the grounds."""
        return self.kept("first", self._first)

    def _first(self) -> Ground:
        scales = (samples.SCALES + samples.BEYOND) * (1 if self.setting.exercise.dims else 2)
        return drawn(self.setting, 0, self.rng, scales)

    @property
    def close(self) -> Ground:
        """40 points of small scale, for what saturates."""
        return self.kept("close", lambda: drawn(self.setting, 0, self.rng, CLOSE_SCALES))

    @property
    def many(self) -> Ground:
        """600 points with bounds."""
        return self.kept("many", lambda: drawn(self.setting, 0, self.rng, kinks.MORE_SCALES))

    @cached_property
    def kinked(self) -> bool:
        """Whether a forward line has a kink."""
        return graph_has_kinks(self.setting.graph)

    def check(self, tree: Expression, truth: Truth, beside: Expression | None = None) -> Finding:
        """Compare a side with what it should equal. beside: the term that this is, if it is one."""
        for ground in self.grounds:
            found = self._at(ground, tree, truth)
            if not found.holds:
                return found
        trees = [tree, *self._meant(tree)]
        if beside is not None:
            trees += [beside, *self._meant(beside)]
        if not self.kinked and not any(has_kinks(one) for one in trees):
            return Finding("true")
        for coarse in self._coarse(trees):
            found = self._screened(coarse, tree, truth)
            if not found.holds:
                return found
        return Finding("true")

    def _coarse(self, trees: Sequence[Expression]) -> Iterator[Ground]:
        """600 points, and those beside the kinks of the forward lines and of some terms; all
        without bounds."""
        many = self.kept("coarse", self._many)
        yield many
        forward = kinks.Switches(self.setting)
        if self.kinked:
            yield from self._beside("forward", forward, many)
        switches = [switch for tree in trees for switch in of_term(tree)]
        new = [one for one in switches if one not in self._near]
        if new and self._searches < _MOST_SEARCHES:
            self._searches += 1
            key = f"terms {self._searches}"
            self._near.update(dict.fromkeys(new, key))
        for key in dict.fromkeys([self._near[one] for one in switches if one in self._near]):
            terms = [one for one, where in self._near.items() if where == key]
            yield from self._beside(key, kinks.Switches(self.setting, terms, self.own), many)

    def _many(self) -> Ground:
        shapes = self.setting.of_variables(0)
        variables = self.setting.exercise.variables
        leaves = samples.draw(variables, shapes, self.rng, kinks.MORE_SCALES)
        scales = kinks.MORE_SCALES
        return Ground(self.setting, 0, leaves, len(scales), bounds=False, scales=scales)

    def _beside(self, key: str, switches: kinks.Switches, many: Ground) -> Iterator[Ground]:
        if key not in self._made:
            leaves = kinks.points_beside(switches, many.leaves, self.rng)
            if leaves is None:
                return
            count = samples.count_of(leaves)
            self.kept(key, lambda: Ground(self.setting, 0, leaves, count, bounds=False))
        yield self._made[key]

    def worked_out(self, tree: Expression) -> Finding:
        """Whether a term has a value at all."""
        for ground in self.grounds:
            try:
                value = ground.plain(tree).value
            except MisfitError as error:
                return Finding("misfit", term=error.term, message=error.message)
            if _nowhere(ground, value):
                return Finding("nowhere", ground)
        return Finding("true")

    def _meant(self, tree: Expression) -> list[Expression]:
        """What the own symbols in a term are, and those in these."""
        found: dict[str, Expression] = {}
        waiting = [tree]
        while waiting:
            for term in walk(waiting.pop()):
                if isinstance(term, Name) and term.name in self.own and term.name not in found:
                    found[term.name] = self.own[term.name]
                    waiting.append(self.own[term.name])
        return list(found.values())

    def _screened(self, coarse: Ground, tree: Expression, truth: Truth) -> Finding:
        """Compare at many points by value; where values are apart, with bounds. The side is known
        to be true elsewhere, so that only a certain difference counts."""
        try:
            yours, true = aligned(coarse.value(tree), truth(coarse))
        except (MisfitError, ShapesDifferError):
            return Finding("true")
        apart = self._some(np.flatnonzero(differ(yours, true, coarse.count)))
        if not len(apart):
            return Finding("true")
        few = self._with_others(coarse, apart)
        found, yours, _ = self.compared(few, tree, truth)
        if found.differs[few.off_kinks].any():
            return self._false(few, found, yours, few.off_kinks, agrees=True)
        near = few.off_kinks & (few.scales <= samples.SCALES[-1])
        if (found.hazy & near).sum() > _HAZY_APART:
            return Finding("vague", few)
        lost = np.flatnonzero(found.undefined & few.off_kinks)
        sure = lost[self._surely_undefined(few, tree, lost)] if len(lost) else lost
        return Finding("partly", few, int(sure[0]), agrees=True) if len(sure) else Finding("true")

    def _some(self, points: np.ndarray) -> np.ndarray:
        """So many of some points, spread over all of them."""
        if len(points) <= _MOST_APART:
            return points
        return np.asarray(points[np.linspace(0, len(points) - 1, _MOST_APART).astype(int)])

    def _with_others(self, coarse: Ground, apart: np.ndarray) -> Ground:
        """Some points with bounds, among many more that are drawn anywhere: beside a kink all would
        be unsure, and that would look like a tie."""
        many = self.kept("coarse", self._many)
        others = np.arange(min(_OTHERS * len(apart), many.count))
        leaves = samples.joined(
            [samples.picked(coarse.leaves, apart), samples.picked(many.leaves, others)]
        )
        scales = np.concatenate([coarse.scales[apart], many.scales[others]])
        return Ground(self.setting, 0, leaves, len(scales), own=self.own, scales=list(scales))

    def _at(self, ground: Ground, tree: Expression, truth: Truth) -> Finding:
        try:
            found, yours, _ = self.compared(ground, tree, truth)
        except MisfitError as error:
            return Finding("misfit", term=error.term, message=error.message)
        except ShapesDifferError as error:
            if _nowhere(ground, ground.plain(tree).value):
                return Finding("nowhere", ground)
            return Finding("shape", message=in_names(str(error), ground.named_sizes))
        usable = ground.usable
        if found.differs[usable].any():
            return self._false(ground, found, yours, usable)
        undefined = self._undefined(ground, tree, found, usable)
        if undefined is not None:
            return undefined
        if _hides(found, ground):
            return Finding("vague", ground)
        if not _enough(found, usable) and ground is not self.close:
            again = self._at(self.close, tree, truth)
            return again if again.outcome != "vague" or ground is self.first else Finding("true")
        if not _enough(found, usable):
            return Finding("vague", ground)
        return Finding("true")

    def compared(
        self, ground: Ground, tree: Expression, truth: Truth
    ) -> tuple[Comparison, Bounded, Bounded]:
        """Raises MisfitError and ShapesDifferError."""
        yours, true = aligned(ground.value(tree), truth(ground))
        return compare(yours, true, ground.count), yours, true

    def _false(
        self,
        ground: Ground,
        found: Comparison,
        yours: Bounded,
        usable: np.ndarray,
        agrees: bool = False,
    ) -> Finding:
        wrong = found.differs & usable[:, None]
        points = np.flatnonzero(wrong.any(axis=1))
        sample = int(points[np.argmin(ground.scales[points])])
        entry = int(np.flatnonzero(wrong[sample])[0])
        right = usable & found.sharp.all(axis=1) & ~found.differs.any(axis=1)
        agrees = agrees or int(right.sum()) >= max(3, 0.1 * int(usable.sum()))
        place = tuple([int(i) for i in np.unravel_index(entry, yours.shape)]) if yours.shape else ()
        return Finding("false", ground, sample, place, agrees)

    def _undefined(
        self, ground: Ground, tree: Expression, found: Comparison, usable: np.ndarray
    ) -> Finding | None:
        bad = found.undefined & usable
        if not bad.any():
            return None
        moderate = usable & found.defined & (ground.scales <= samples.MODERATE)
        share = int((bad & moderate).sum()) / max(int(moderate.sum()), 1)
        if share >= NEARLY:
            return Finding("nowhere", ground)
        points = np.flatnonzero(bad)
        sure = points[self._surely_undefined(ground, tree, points)]
        if share >= _OFTEN:
            sure = np.flatnonzero(bad & moderate)
        return Finding("partly", ground, int(sure[0]), agrees=True) if len(sure) else None

    def _surely_undefined(self, ground: Ground, tree: Expression, which: np.ndarray) -> np.ndarray:
        """At which of some samples a function is certainly outside of its domain, so that no
        overflow is to blame."""
        few = Ground(
            self.setting,
            ground.which,
            samples.picked(ground.leaves, which),
            len(which),
            own=self.own,
        )
        sure = np.zeros(len(which), dtype=bool)
        for one in (tree, *self._meant(tree)):
            try:
                values = few.terms(one)
            except MisfitError:
                continue
            for term in walk(one):
                operands = [values.get(id(child)) for child in children(term)]
                known = [x for x in operands if isinstance(x, Bounded)]
                mask = _outside(term, known) if len(known) == len(operands) else None
                if mask is not None:
                    sure |= np.broadcast_to(mask.reshape(len(mask), -1).any(axis=1), sure.shape)
        return sure


def _nowhere(ground: Ground, value: np.ndarray) -> bool:
    """Whether a value is not finite at nearly all moderate points."""
    finite = np.isfinite(value).all(axis=tuple(range(1, value.ndim)))
    finite = np.broadcast_to(finite, ground.count)
    moderate = ground.usable & ground.defined & (ground.scales <= samples.MODERATE)
    return int((~finite & moderate).sum()) >= NEARLY * max(int(moderate.sum()), 1)


def _outside(term: Expression, operands: list[Bounded]) -> np.ndarray | None:
    """Where the operands of a term certainly lie outside of its domain."""
    match term:
        case Call(function="log" | "log'" | "sqrt'"):
            x, error = _parts(operands[0])
            return np.asarray((x + error < 0) | (x == 0) & (error == 0))
        case Call(function="sqrt"):
            x, error = _parts(operands[0])
            return np.asarray(x + error < 0)
        case Binary(sign="/"):
            x, error = _parts(operands[1])
            return np.asarray((x == 0) & (error == 0))
        case Binary(sign="**"):
            x, error = _parts(operands[0])
            power, _ = _parts(operands[1])
            broken = (x == 0) & (error == 0) & (power < 0).all()
            if not (power == np.round(power)).all():
                broken = broken | (x + error < 0)
            return np.asarray(broken)
        case _:
            return None


def _parts(x: Bounded) -> tuple[np.ndarray, np.ndarray]:
    return x.value, np.zeros(x.value.shape) if x.error is None else x.error


def _hides(found: Comparison, ground: Ground) -> bool:
    """Whether the bounds of a side could hide anything: at moderate points, where no form that is
    right has wide ones, or at many points."""
    usable = ground.usable & found.defined
    moderate = usable & (ground.scales <= samples.MODERATE)
    return any(
        int((found.hazy & points).sum()) > max(1.0, most * int(points.sum()))
        for points, most in ((moderate, _HIDDEN), (usable, _OFTEN))
    )


def _enough(found: Comparison, usable: np.ndarray) -> bool:
    sharp = found.sharp[usable]
    return bool((sharp.sum(axis=0) >= min(3, len(sharp))).all())


def aligned(yours: Bounded | Linked, truth: Bounded | Linked) -> tuple[Bounded, Bounded]:
    """Two values as arrays of one shape.

    The derivative of an array by an array may be met by its Jacobian, and where it is elementwise
    by its diagonal, which may be one number for all entries. Raises ShapesDifferError.
    """
    if isinstance(truth, Linked):
        return _aligned_with_link(yours, truth)
    mine: Bounded = links.ordinary(NAMESPACE, yours) if isinstance(yours, Linked) else yours
    if mine.shape != truth.shape:
        raise ShapesDifferError(mine.shape, truth.shape)
    return mine, truth


def _aligned_with_link(yours: Bounded | Linked, truth: Linked) -> tuple[Bounded, Bounded]:
    mine: Bounded
    if isinstance(yours, Linked):
        if yours.diagonal is not None and truth.diagonal is not None:
            return yours.diagonal, truth.diagonal
        mine = links.jacobian(NAMESPACE, yours)
    else:
        mine = yours
    if truth.diagonal is not None:
        if mine.shape == truth.of_shape:
            return mine, truth.diagonal
        if not mine.shape:
            return NAMESPACE.broadcast_to(mine, truth.of_shape), truth.diagonal
    whole: Bounded = links.jacobian(NAMESPACE, truth)
    if mine.shape != whole.shape:
        raise ShapesDifferError(mine.shape, whole.shape)
    return mine, whole
