"""Derivation: an exercise, the lines written for it so far, and what was found about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from tutor.judge.exercise import Exercise
from tutor.judge.judge import judge
from tutor.judge.verdict import Judged, Verdict
from tutor.session.refused import Refused

if TYPE_CHECKING:
    from tutor.judge.worked import WorkedStep


@dataclass(frozen=True, slots=True)
class Derivation:
    """One sitting with one exercise.

    name: how the exercise is called. target: what is asked for. lines: those that are finished. at:
    the line that is being written: the index of one of `lines`, or their number for a new one.
    verdict: on the lines, None while there is none. proofs: what SymPy said of right lines, by
    index. hints: how many of the three hints on the first wrong line were asked for. between: the
    line shown by "the line between". solved: how many steps of the worked solution are shown.
    told: what the last action has to say. seed: of the judge's samples. past, future: for undo.
    kept: the lines that were written to a file last.
    """

    name: str
    exercise: Exercise
    target: str
    lines: tuple[str, ...] = ()
    at: int = 0
    verdict: Verdict | None = None
    proofs: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    hints: int = 0
    between: WorkedStep | None = None
    solved: int = 0
    told: str = ""
    seed: int | None = None
    past: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    future: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    kept: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What stands in the line that is being written."""
        return self.lines[self.at] if self.at < len(self.lines) else ""

    @property
    def done(self) -> bool:
        """Whether the target was reached and every line is right."""
        return self.verdict is not None and self.verdict.kind == "correct"

    def judged(self, index: int) -> Judged | None:
        """What was found about a line; None for a blank one."""
        if self.verdict is None:
            return None
        return next((one for one in self.verdict.lines if one.number == index), None)


def begin(name: str, exercise: Exercise, target: str, lines: tuple[str, ...] = ()) -> Derivation:
    """A sitting with an exercise, with the lines that there are already."""
    fresh = Derivation(name, exercise, target)
    return _judged(fresh, lines) if lines else fresh


def entered(derivation: Derivation, text: str) -> Derivation:
    """Finish the line that is being written, with this text; a text of several lines is as many.

    An empty text takes a line away; at the end it does nothing.
    """
    at, lines = derivation.at, derivation.lines
    written = tuple(text.rstrip("\r\n").splitlines()) if text.strip() else ()
    if at < len(lines) and written == (lines[at],):
        return replace(derivation, at=at + 1, told="")
    if not written and at >= len(lines):
        return replace(derivation, told="")
    return _changed(derivation, lines[:at] + written + lines[at + 1 :], at + len(written))


def inserted(derivation: Derivation, text: str) -> Derivation:
    """Put a line before the one that is being written."""
    at, lines = derivation.at, derivation.lines
    return _changed(derivation, (*lines[:at], text, *lines[at:]), at + 1)


def removed(derivation: Derivation) -> Derivation:
    """Take away the line that is being written."""
    at, lines = derivation.at, derivation.lines
    if at >= len(lines):
        raise Refused("this line is not finished, so there is nothing to take away")
    return _changed(derivation, lines[:at] + lines[at + 1 :], at)


def moved(derivation: Derivation, by: int) -> Derivation:
    """Go to another line."""
    at = max(0, min(len(derivation.lines), derivation.at + by))
    return replace(derivation, at=at, told="")


def cleared(derivation: Derivation) -> Derivation:
    """Begin again with no line."""
    if not derivation.lines:
        raise Refused("there is no line yet")
    return _changed(derivation, (), 0)


def aimed(derivation: Derivation, target: str) -> Derivation:
    """Ask for another of the exercise's targets; the lines stay."""
    wanted = target.strip()
    if wanted not in derivation.exercise.targets:
        several = ", ".join(derivation.exercise.targets)
        raise Refused(f"this exercise asks for {several}", start=0, end=len(target))
    # A line without a left side answers the target: what was proved of it was another claim.
    nothing: Mapping[int, str] = MappingProxyType({})
    changed = replace(
        derivation, target=wanted, between=None, solved=0, told="", verdict=None, proofs=nothing
    )
    return _judged(changed, changed.lines) if changed.lines else changed


def next_target(derivation: Derivation) -> Derivation:
    """Ask for the exercise's next target."""
    targets = derivation.exercise.targets
    if len(targets) < 2:
        raise Refused("this exercise asks for one thing only")
    at = targets.index(derivation.target) if derivation.target in targets else -1
    return aimed(derivation, targets[(at + 1) % len(targets)])


def undone(derivation: Derivation) -> Derivation:
    """Go back to the lines before the last change."""
    if not derivation.past:
        raise Refused("there is no change to undo")
    *past, before = derivation.past
    future = (derivation.lines, *derivation.future)
    went = _judged(derivation, before)
    return replace(went, at=len(before), past=tuple(past), future=future)


def redone(derivation: Derivation) -> Derivation:
    """Do the change again that was undone."""
    if not derivation.future:
        raise Refused("there is no change to do again")
    after, *future = derivation.future
    past = (*derivation.past, derivation.lines)
    went = _judged(derivation, after)
    return replace(went, at=len(after), past=past, future=tuple(future))


def proved(derivation: Derivation, proofs: Mapping[int, str]) -> Derivation:
    """Note what SymPy has said of lines since."""
    return replace(derivation, proofs=MappingProxyType({**derivation.proofs, **proofs}))


def _changed(derivation: Derivation, lines: tuple[str, ...], at: int) -> Derivation:
    past = (*derivation.past, derivation.lines)
    changed = replace(derivation, past=past, future=(), at=at)
    return replace(_judged(changed, lines), at=at)


def _verdict(derivation: Derivation, lines: tuple[str, ...]) -> Verdict:
    """The verdict on lines. One that cannot be read refuses the whole answer; here, where it is
    being written, the lines above it keep their marks."""
    verdict = judge(derivation.exercise, derivation.target, list(lines), derivation.seed)
    at = verdict.first_wrong
    if verdict.kind != "reject" or not at or not any(line.strip() for line in lines[:at]):
        return verdict
    above = judge(derivation.exercise, derivation.target, list(lines[:at]), verdict.seed)
    if above.kind == "reject":
        return verdict
    refused = [one for one in verdict.lines if one.number >= at]
    return replace(verdict, lines=(*above.lines, *refused))


def _judged(derivation: Derivation, lines: tuple[str, ...]) -> Derivation:
    """The sitting with these lines, judged anew. A proof is kept for a line that stays true."""
    verdict = None
    if any(line.strip() for line in lines):
        verdict = _verdict(derivation, lines)
    before = derivation.lines
    same = next(
        (n for n, (a, b) in enumerate(zip(before, lines, strict=False)) if a != b),
        min(len(before), len(lines)),
    )
    proofs = MappingProxyType({n: said for n, said in derivation.proofs.items() if n < same})
    return replace(
        derivation,
        lines=lines,
        at=len(lines),
        verdict=verdict,
        proofs=proofs,
        hints=0,
        between=None,
        told="",
        seed=verdict.seed if verdict is not None else derivation.seed,
    )
