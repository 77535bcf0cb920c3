"""The fuzz of the judge: right answers rewritten and spoilt, and what the oracle says of each.

`python tests/tutor/judge/fuzz.py [count] [seed]` runs it and prints every disagreement.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.tutor.judge import corpus
from tests.tutor.judge.fuzz_changes import REWRITES, SPOILINGS, Names, changed
from tests.tutor.judge.fuzz_language import NotReadError, Tree, read, write
from tests.tutor.judge.fuzz_oracle import (
    Ground,
    MisfitError,
    Opinion,
    UnclearError,
    differ_at,
    differ_somewhere,
    evaluate,
    opinion,
)
from tutor.judge.exercise import read_exercise
from tutor.judge.judge import judge
from tutor.judge.verdict import Verdict

LONGEST = 700
SPOILT = 0.35


@dataclass(frozen=True, slots=True)
class Source:
    """A right answer of one line without derivatives."""

    exercise: str
    target: str
    tree: Tree
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer to be judged. said: the oracle's opinion of it."""

    source: Source
    ground: Ground
    tree: Tree
    text: str
    said: Opinion


@dataclass(slots=True)
class Report:
    """What a run found. disagreements: one paragraph each."""

    counts: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


def sources() -> tuple[tuple[Source, ...], dict[str, Ground]]:
    """The right answers that the fuzz starts from, and the grounds of their exercises."""
    contexts = corpus.exercises()
    grounds: dict[str, Ground] = {}
    found: list[Source] = []
    for case in corpus.cases():
        context = contexts[case.exercise]
        if case.verdict != "correct" or len(case.lines) != 1 or "loss" not in context:
            continue
        try:
            if case.exercise not in grounds:
                grounds[case.exercise] = Ground(context)
            ground = grounds[case.exercise]
            tree = read(case.lines[0], ground.names)
            evaluate(tree, ground.at(0).exact)
        except (NotReadError, UnclearError, MisfitError, KeyError):
            continue
        found.append(Source(case.exercise, case.target or "", tree, case.lines[0]))
    return tuple(found), grounds


def samples(count: int, seed: int, report: Report) -> Iterator[Sample]:
    """`count` answers, most of them only rewritten, the others spoilt in one place as well.

    report: counts what the oracle cannot decide; such answers are passed over.
    """
    found, grounds = sources()
    named = {name: names_of(ground) for name, ground in grounds.items()}
    chance = random.Random(seed)
    made = 0
    while made < count:
        source = chance.choice(found)
        spoilt = chance.random() < SPOILT
        tree = source.tree
        for _ in range(chance.randint(0 if spoilt else 1, 4)):
            tree = changed(tree, REWRITES, named[source.exercise], chance)
        if spoilt:
            tree = changed(tree, SPOILINGS, named[source.exercise], chance)
        text = write(tree, chance)
        if len(text) > LONGEST:
            continue
        said = opinion(grounds[source.exercise], source.tree, tree)
        report.counts[said] += 1
        if said == "undecided":
            continue
        made += 1
        yield Sample(source, grounds[source.exercise], tree, text, said)


def names_of(ground: Ground) -> Names:
    """The names of an exercise, each with those of its shape."""
    env = ground.at(0).exact
    shapes = {name: np.shape(env[name]) for name in sorted(ground.names)}
    alike = {
        name: [other for other in shapes if shapes[other] == shape and other != name]
        for name, shape in shapes.items()
    }
    return Names(alike, dict(ground.forward))


def _fault(sample: Sample, verdict: Verdict) -> str:
    """What is wrong with a verdict, or nothing."""
    if verdict.kind == "correct":
        return "false accept" if sample.said == "different" else ""
    if sample.said == "equal":
        # The judge looks at more points than the oracle. Where it shows one, the oracle looks too;
        # else the oracle takes a longer look.
        example = verdict.counter_example
        terms = sample.source.tree, sample.tree
        shown = example is not None and differ_at(sample.ground, *terms, example.values)
        return "" if shown or differ_somewhere(sample.ground, *terms) else "false reject"
    fair = verdict.kind == "wrong" or verdict.label in ("not_finite", "bad_arguments")
    return "" if fair else "strange verdict"


def run(count: int, seed: int, judge_seeds: Sequence[int] = (1,)) -> Report:
    """Judge `count` answers and compare with the oracle."""
    report = Report()
    read_already = {name: read_exercise(context) for name, context in corpus.exercises().items()}
    for number, sample in enumerate(samples(count, seed, report)):
        exercise = read_already[sample.source.exercise]
        judge_seed = judge_seeds[number % len(judge_seeds)]
        where = f"{sample.source.exercise} {sample.source.target} (seed {judge_seed})"
        try:
            verdict = judge(exercise, sample.source.target, [sample.text], judge_seed)
        except Exception as error:
            report.counts["exception"] += 1
            report.disagreements.append(f"exception: {where}\n    {sample.text}\n    {error!r}")
            continue
        report.counts[verdict.kind] += 1
        fault = _fault(sample, verdict)
        if fault:
            report.counts[fault] += 1
            report.disagreements.append(
                f"{fault}: {where}\n    {sample.text}\n    of the right {sample.source.text}\n"
                f"    judged {verdict.kind} {verdict.label} {verdict.message}"
            )
    return report


if __name__ == "__main__":
    amount = int(sys.argv[1]) if sys.argv[1:] else 20_000
    result = run(amount, int(sys.argv[2]) if sys.argv[2:] else 1, (1, 2, 3, 4, 5))
    sys.stdout.write("\n".join([*result.disagreements, str(dict(result.counts))]) + "\n")
