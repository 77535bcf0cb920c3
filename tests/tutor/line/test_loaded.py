"""Everything that can be done is done to traces that were loaded and are strange: nothing but
answers and refusals may come of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tutor.loaded import DOCUMENTS, mutated
from tutor.actions import ACTIONS
from tutor.line.loop import respond
from tutor.session.panel import shown
from tutor.session.session import Session
from tutor.session.targets import recorded

GIVEN = {
    "go": ["12", "50%"],
    "break": ["value is nan", "op bespoke", "|grad| > 10", "grad({node}) written", "{node}"],
    "watch": ["grad({node})", "norm(grad({node}))", "{node}"],
    "until": ["grad({node}) written", "value is inf"],
    "look": ["{node}"],
    "mark-node": ["{node} {other}"],
    "why": ["{node}", "{other}", "{node}[0]", "{node} at 1"],
    "cells": ["{node}", "{other}[0, 0]", "back {node}", "back {input}[0]"],
    "what-if": ["{input}=3", "{node}=tanh", "{other}=0", "{node}=nan", "seed=2"],
    "compare": ["other.bptrace"],
    "answer": ["-0.72", "nan", "(2,)", "{node}"],
    "set": ["{input}=3", "{input}=[1, 2]", "{input}=nan"],
}
"""What the verbs are given beside the examples of the action table."""


def commands(session: Session, chance: random.Random) -> Iterator[str]:
    """Every verb of the table, with and without something behind it; gates apart, for whose proofs
    a child process is waited for."""
    names = [node.name for node in session.trace.nodes[:40]]
    words = {
        "node": chance.choice(names),
        "other": chance.choice(names),
        "input": chance.choice(list(session.inputs) or ["x"]),
    }
    for action in ACTIONS:
        if not action.verb or action.id in ("back", "gate.fold", "gate.show"):
            continue
        if action.argument is None or action.argument.optional:
            yield action.verb
        if action.argument is not None:
            examples = action.argument.example.split(f", {action.verb} ")
            yield from (f"{action.verb} {text.removeprefix(action.verb)}" for text in examples)
        for text in GIVEN.get(action.verb, []):
            yield f"{action.verb} {text.format(**words)}"


def converse(session: Session, seed: int) -> None:
    """All commands in another order, from the end or somewhere before."""
    chance = random.Random(seed)
    place = chance.choice(["end", f"go {chance.randrange(len(session.trace.events) + 1)}"])
    now = respond(session, place).session
    for command in chance.sample(wanted := list(commands(session, chance)), len(wanted)):
        done = respond(now, command)
        json.dumps(done.data, allow_nan=False)
        assert done.said, command
        assert all(line.isprintable() for line in done.said), (command, done.said)
        if done.session.panel is not None:
            assert shown(done.session, done.session.panel).rows, command
        if not done.refused and chance.random() < 0.6:
            now = done.session


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.bptrace").write_bytes(DOCUMENTS["foreign-layer"])
    return tmp_path


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_every_command_on_a_strange_trace(name: str, folder: Path) -> None:
    path = folder / "run.bptrace"
    path.write_bytes(DOCUMENTS[name])
    converse(recorded(path, {}), 0)


@pytest.mark.parametrize(
    "seeds", [range(5), pytest.param(range(5, 500), marks=pytest.mark.long)], ids=str
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_every_command_on_a_trace_with_other_numbers_and_ops(seeds: range, folder: Path) -> None:
    path = folder / "run.bptrace"
    for seed in seeds:
        path.write_bytes(mutated(seed))
        converse(recorded(path, {}), seed)


def test_what_is_said_of_an_op_that_is_not_known(folder: Path) -> None:
    path = folder / "run.bptrace"
    path.write_bytes(DOCUMENTS["foreign"])
    session = respond(recorded(path, {}), "go 3").session
    assert respond(session, "back").said == ["Event 2 of 8: y is 2."]
    assert respond(session, "step-to-nowhere").refused
    told = " ".join(respond(session, "pane").said)
    assert "bespoke: this program does not have the op, so its rule is not known here" in told
    refusal = "bespoke: this program has no such op, so it cannot be run again"
    assert refusal in respond(session, "what-if x=3").said[0]
    assert respond(session, "why x").said[0].startswith("x's gradient is 29.56")


def test_a_gate_with_an_op_that_is_not_known_is_refused(folder: Path) -> None:
    path = folder / "run.bptrace"
    path.write_bytes(DOCUMENTS["foreign"])
    session = recorded(path, {})
    for command in ("mark-node q f", "gate mine"):
        done = respond(session, command)
        session = done.session
    assert done.said[0].startswith("Not done: mine cannot be run by itself"), done.said
