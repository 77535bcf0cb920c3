"""The labelled corpus: exercises and answers whose verdicts experts wrote down before the judge.

`python tests/tutor/judge/corpus.py [seed [beginning of ids ...]]` judges it and prints a table per
family of slips.
A case: id, exercise, target, lines, verdict, first_wrong, labels (the accepted ones, the best
first), family (of the best label, or right, incomplete, reject), note.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "data" / "judge"
FIGURES = (
    "exception",
    "diagnosis failed",
    "false accept",
    "false reject",
    "verdict",
    "first wrong line",
    "label",
)
WHOLE = ("too_long", "empty_input")
"""Reasons that no single line has: their line is not compared."""


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled answer. labels: accepted ones; first_wrong is None where nothing is wrong."""

    id: str
    exercise: str
    target: str | None
    lines: tuple[str, ...]
    verdict: str
    first_wrong: int | None
    labels: tuple[str, ...]
    family: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the judge said of one case, beside what was expected. faults: of FIGURES."""

    case: Case
    verdict: str
    first_wrong: int | None
    label: str | None
    faults: tuple[str, ...]

    def __str__(self) -> str:
        case = self.case
        return (
            f"{case.id} {case.exercise} {case.target}: {', '.join(self.faults)}\n"
            f"    {' ;; '.join(map(ascii, case.lines))[:300]}\n"
            f"    expected {case.verdict} {case.first_wrong} {'|'.join(case.labels)}, "
            f"judged {self.verdict} {self.first_wrong} {self.label}"
        )


@dataclass(slots=True)
class Tally:
    """Right and wrong per family, and the figures of the contract."""

    findings: list[Finding] = field(default_factory=list)

    def having(self, verdict: str) -> list[Finding]:
        """Findings whose expected verdict is this one."""
        return [one for one in self.findings if one.case.verdict == verdict]

    def faulty(self, fault: str) -> list[Finding]:
        """Findings with this fault."""
        return [one for one in self.findings if fault in one.faults]

    def label_share(self) -> float:
        """Share of the wrong answers, judged wrong, whose label is an accepted one."""
        wrong = [one for one in self.having("wrong") if one.verdict == "wrong"]
        named = [one for one in wrong if one.label in one.case.labels]
        return len(named) / len(wrong) if wrong else 0.0

    def unknown_share(self) -> float:
        """Share of the wrong answers that the judge has no name for."""
        wrong = [one for one in self.having("wrong") if "unknown" not in one.case.labels]
        return sum(one.label == "unknown" for one in wrong) / len(wrong) if wrong else 0.0

    def table(self, disagreements: bool = True) -> str:
        """The figures, the table per family, and every disagreement."""
        right, wrong = Counter[str](), Counter[str]()
        for one in self.findings:
            (wrong if one.faults else right)[one.case.family] += 1
        rows = [f"{'family':<12}{'right':>7}{'wrong':>7}"]
        rows += [f"{name:<12}{right[name]:>7}{wrong[name]:>7}" for name in sorted(right | wrong)]
        rows.append(f"{'all':<12}{right.total():>7}{wrong.total():>7}")
        several = [one for one in self.having("wrong") if len(one.case.lines) > 1]
        lost = sum("first wrong line" in one.faults for one in several)
        rows += [
            f"false accepts {len(self.faulty('false accept'))}",
            f"false rejects {len(self.faulty('false reject'))} of {len(self.having('correct'))}",
            f"first wrong line {len(several) - lost} of {len(several)} answers of several lines",
            f"accepted label {self.label_share():.1%}, unknown {self.unknown_share():.1%}",
        ]
        if disagreements:
            rows += [str(one) for one in self.findings if one.faults]
        return "\n".join(rows)


def exercises() -> dict[str, Mapping[str, Any]]:
    """All exercises by name. Raises ValueError where two files use one name."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted((DATA / "exercises").glob("*.json")):
        for name, context in json.loads(path.read_text(encoding="utf-8")).items():
            if name in found:
                raise ValueError(f"{path.name}: the exercise {name} is in another file too")
            found[name] = context
    return found


def cases() -> tuple[Case, ...]:
    """All cases, in the order of the files. Raises ValueError where two have one id."""
    found: dict[str, Case] = {}
    for path in sorted((DATA / "cases").glob("*.jsonl")):
        for number, text in enumerate(path.read_text(encoding="utf-8").strip().split("\n"), 1):
            data = json.loads(text)
            one = Case(
                data["id"],
                data["exercise"],
                data["target"],
                tuple(data["lines"]),
                data["verdict"],
                data["first_wrong"],
                tuple(data["labels"]),
                data["family"],
                data.get("note", ""),
            )
            if one.id in found:
                raise ValueError(f"{path.name}:{number}: the id {one.id} is used twice")
            found[one.id] = one
    return tuple(found.values())


def compare(case: Case, verdict: str, first_wrong: int | None, label: str | None) -> Finding:
    """Put a verdict beside the expected one and name what differs.

    Hostile input may be refused or judged wrong.
    """
    faults: list[str] = []
    if case.family == "hostile" and verdict == "wrong":
        return Finding(case, verdict, first_wrong, label, ())
    if verdict == "correct" and case.verdict != "correct":
        faults.append("false accept")
    elif case.verdict == "correct" and verdict != "correct":
        faults.append("false reject")
    elif verdict != case.verdict:
        faults.append("verdict")
    else:
        lines = verdict in ("wrong", "reject") and label not in WHOLE
        if lines and first_wrong != case.first_wrong:
            faults.append("first wrong line")
        if case.labels and label not in case.labels:
            faults.append("label")
    return Finding(case, verdict, first_wrong, label, tuple(faults))


def judge_all(chosen: Iterable[Case], seed: int | None) -> Tally:
    """Judge the cases with the product's judge. What it raises becomes the fault `exception`."""
    from tutor.judge.exercise import read_exercise
    from tutor.judge.judge import judge

    contexts = exercises()
    read = {name: read_exercise(context) for name, context in contexts.items()}
    tally = Tally()
    for case in chosen:
        try:
            verdict = judge(read[case.exercise], case.target or "", case.lines, seed)
        except Exception as error:  # a fault of the judge is a finding like any other
            tally.findings.append(Finding(case, "raised", None, repr(error), ("exception",)))
            continue
        found = compare(case, verdict.kind, verdict.first_wrong, verdict.label)
        if verdict.notes:
            found = replace(found, faults=("diagnosis failed", *found.faults))
        tally.findings.append(found)
    return tally


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    begin = tuple(sys.argv[2:]) or ("",)
    part = [one for one in cases() if one.id.startswith(begin)]
    sys.stdout.write(judge_all(part, int(sys.argv[1]) if sys.argv[1:] else 1).table() + "\n")
