"""Every action of the table does the same in line mode as on the screen, there by its keys, by its
chord and by its word."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.actions import ACTIONS, BY_ID, Action
from tutor.actions.commands import perform, read
from tutor.actions.keymap import MAPS, Keymap, chosen, shipped
from tutor.line.loop import respond
from tutor.session import session as sessions
from tutor.session.panel import shown
from tutor.session.refused import Refused
from tutor.session.session import Session
from tutor.session.targets import opened
from tutor.settings.settings import Settings
from tutor.tui.screens.stepper import StepperScreen

FILE = """
import numpy as np

def unit(x, w):
    z = x * w
    return np.tanh(z)

def loss(w=np.array([0.5, -0.25]), x=np.array([1.0, 2.0])):
    print("begun")
    for step in range(3):
        x = unit(x, w)
    y = unit(x, w)
    return np.sum(y * y)
"""


@dataclass(frozen=True)
class Scenario:
    """A trace, and what the actions are given on it. name: of an input; node: of an op; fold: nodes
    that make a gate; before: commands that come before everything else."""

    target: str
    inputs: Mapping[str, Any]
    name: str
    node: str
    fold: str
    value: str = "3"
    before: Sequence[str] = ()
    given: Mapping[str, str] = field(default_factory=dict)

    def begin(self, folder: Path) -> Session:
        """The session at its beginning."""
        if self.target.endswith(".py:loss"):
            (folder / "loss.py").write_text(FILE)
            session = opened(str(folder / "loss.py:loss"), {})
        else:
            session = sessions.start(self.target, self.inputs)
        return after(session, *self.before)


SCENARIOS = {
    "example": Scenario("(x + y)*z", {"x": -2, "y": 5, "z": -4}, "x", "q", "q f"),
    "neuron": Scenario(
        "n = w0 + w1*x1 + w2*x2; f = sigmoid(n); -log(f)",
        {"w0": -3, "w1": 2, "w2": -3, "x1": -1, "x2": -2},
        "w1",
        "f",
        "n1 n2",
        before=("look f",),
    ),
    "layer": Scenario(
        "mean((relu(x@W + b) - t)**2)",
        {
            "x": np.arange(12.0).reshape(4, 3) / 10,
            "W": np.arange(6.0).reshape(3, 2) / 7 - 0.3,
            "b": np.zeros(2),
            "t": np.ones((4, 2)),
        },
        "b",
        "n2",
        "n2 n3",
        value="[1,-1]",
        before=("go 60%",),
    ),
    "loop": Scenario(
        "loss.py:loss",
        {},
        "w",
        "y",
        "n8 f",
        value="[1,-1]",
        before=("go 9",),
    ),
}


def given(scenario: Scenario) -> dict[str, str]:
    """What is typed behind the words of the actions that ask."""
    name, node = scenario.name, scenario.node
    return {
        "time.go": "40%",
        "mark.set": "a",
        "mark.go": "a",
        "find": node,
        "stop.when": f"grad({name}) written",
        "stop.switch": "1",
        "stop.delete": "all",
        "until": f"grad({name}) written",
        "watch.add": f"norm(grad({name}))",
        "gate.mark": scenario.fold,
        "gate.fold": "mine",
        "gate.show": "mine",
        "why": name,
        "cells": f"back {node}",
        "what-if": f"{name}={scenario.value}",
        "compare": "other.bptrace",
        "notation": "I",
        "predict": "amount local",
        "answer": "1",
        "input.edit": f"{name}={scenario.value}",
        "rate.set": "0.2",
        "save": "run.bptrace",
        "export": "json out.json",
        **scenario.given,
    }


def prelude(scenario: Scenario, action: str) -> tuple[str, ...]:
    """What has to come before an action for it to make sense."""
    name, value = scenario.name, scenario.value
    edit = f"set {name}={value}"
    stops = (f"break {scenario.node}", f"break grad({name}) written", f"watch {name}")
    marked = f"mark-node {scenario.fold}"
    return {
        "step.previous": ("go 5",),
        "node.previous": ("go 5",),
        "pass.start": ("go 5",),
        "time.start": ("go 5",),
        "scrub.back": ("end",),
        "mark.go": ("go 2", "mark a", "end"),
        "stop.next": ("start", *stops),
        "stop.previous": ("end", *stops),
        "stop.switch": stops,
        "stop.delete": stops,
        "until": ("start",),
        "notes": (*stops, "mark b"),
        "writer.jump": ("end", f"look {name}"),
        "focus.release": (f"look {name}",),
        "focus.node": (f"look {scenario.node}", "end"),
        "cells": (f"look {scenario.node}", "end"),
        "zoom.in": ("fold-all", f"look {scenario.node}", "fold"),
        "zoom.out": ("open-all",),
        "gate.fold": ("open-all", marked),
        "gate.show": ("open-all", marked, "gate mine"),
        "gate.unfold": ("open-all", marked, "gate mine", f"look {scenario.fold.split()[0]}"),
        "gate.mark": ("open-all",),
        "panel.previous": ("end", f"why {name}", "after"),
        "panel.next": ("end", f"why {name}"),
        "panel.close": ("notes",),
        "back": ("notes",),
        "compare": ("save other.bptrace", edit),
        "legend": ("notation L",),
        "answer": ("start", "predict"),
        "hint": ("start", "predict"),
        "edit.undo": (edit,),
        "edit.redo": (edit, "undo"),
        "descend": ("end",),
    }.get(action, ())


def after(session: Session, *commands: str) -> Session:
    """The session after these commands; one that cannot be done here changes nothing."""
    for command in commands:
        action, text, _ = read(command)
        with suppress(Refused):
            session = perform(session, action, text)
    return session


def in_line(session: Session, command: str) -> Session:
    """The session after a command in line mode."""
    return respond(session, command).session


def state(session: Session) -> dict[str, Any]:
    """All that two front ends have to agree on."""
    notes, now = session.notes, session.prediction
    panel: Any = None
    if session.panel is not None:
        report = shown(session, session.panel)
        # What is found out about a gate comes from another process, later.
        rows = [row.text for row in report.rows if session.panel.kind != "gate"]
        panel = (session.panel.kind, report.title, rows)
    return {
        "cursor": session.frame.cursor,
        "focus": session.frame.focus,
        "zoom": session.frame.zoom,
        "events": len(session.trace.events),
        "result": np.asarray(session.trace.value(session.trace.output)).tolist(),
        "inputs": {name: np.asarray(value).tolist() for name, value in session.inputs.items()},
        "stops": [(stop.text, stop.enabled) for stop in notes.stops],
        "watches": [watch.text for watch in notes.watches],
        "marks": dict(notes.marks),
        "pinned": None if notes.pinned is None else (notes.pinned.label, notes.pinned.cursor),
        "panel": panel,
        "question": None if now is None or now.question is None else now.question.text,
        "predicting": None if now is None else (now.state, now.score),
        "rate": session.rate,
        "notation": session.notation,
        "changed": session.changed,
        "undo": (len(session.past), len(session.future)),
        "text": session.text,
    }


OF_THE_SCREEN = {"play.toggle", "play.faster", "play.slower", "pane.next", "pane.previous", "help",
                 "palette", "command", "editor", "back"}  # fmt: skip
"""What acts on the screen alone: it must not change the session, whichever way it is called."""

GATES = {"gate.fold", "gate.show"}

AROUND = {"graph.left", "graph.right", "graph.up", "graph.down"}
"""On the screen they follow the drawing, in line mode the edges of the graph."""

Way = Callable[[Any, Action, str], Any]


async def by_word(s: Any, action: Action, text: str) -> None:
    s.stepper.asking.given("", f"{action.verb} {text}".strip())
    if s.stepper.running.busy:
        await s.calm()


async def by_chord(s: Any, action: Action, text: str) -> None:
    await s.press(*action.chord.split(" "))
    await typed(s, action, text)


def by_key(keymap: Keymap, number: int) -> Way:
    """By the key of that number in a key map, where there is one; by the chord where a line is
    open that keys type into."""

    async def pressed(s: Any, action: Action, text: str) -> bool:
        keys = keymap.of(action)[number : number + 1]
        if s.session.prediction is not None:
            await by_chord(s, action, text)
        elif keys:
            await s.press(*keys)
            await typed(s, action, text)
        return bool(keys)

    return pressed


async def typed(s: Any, action: Action, text: str) -> None:
    """Put in what the action asks for, if it asks."""
    await s.calm()
    if not action.asks or not (
        action.id == "find"
        or s.stepper.has_class("-editing" if action.id == "input.edit" else "-commanding")
    ):
        return
    if action.id == "input.edit":
        name, _, text = text.partition("=")
        for _ in s.session.inputs:
            if f" {name} was" in s.text:
                break
            await s.press("down")
    await s.enter(text)


async def back_to(s: Any, session: Session) -> None:
    """Take the seat back to this session, with nothing open in front of it."""
    while not isinstance(s.app.screen, StepperScreen):
        s.app.pop_screen()
        await s.pilot.pause()
    s.stepper.player.pause()
    for name in ("-editing", "-commanding", "-predict"):
        s.stepper.remove_class(name)
    s.stepper.go(session)
    s.stepper.focus_picture()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of these tests' own, to work in."""
    before, made = Path.cwd(), tmp_path_factory.mktemp("front")
    os.chdir(made)
    yield made
    os.chdir(before)


@cache
def goals(name: str, folder: Path) -> list[tuple[Action, Session, str, Session, Session]]:
    """Every action: where it begins, what it is given, and where line mode arrives with that and
    without."""
    scenario, found = SCENARIOS[name], []
    base = scenario.begin(folder)
    for action in ACTIONS:
        if action.id in OF_THE_SCREEN | AROUND:
            continue
        begin = after(base, *prelude(scenario, action.id))
        text = given(scenario).get(action.id, "")
        # Line mode waits for what is found out about a gate: once is enough.
        line = after if action.id in GATES and name != "example" else in_line
        goal = bare = line(begin, f"{action.verb} {text}")
        if action.argument is not None and action.argument.optional:
            bare = line(begin, action.verb)
        found.append((action, begin, text, goal, bare))
    return found


async def agree(s: Any, name: str, folder: Path, way: Way, *, bare: bool = False,
                only: Sequence[Action] = ACTIONS) -> None:  # fmt: skip
    """Both front ends arrive at the same state. bare: what is optional is left out."""
    apart = []
    for action, begin, text, goal, without in goals(name, folder):
        if action not in only:
            continue
        await back_to(s, begin)
        if await way(s, action, text) is False:
            continue
        found, wanted = state(s.session), state(without if bare else goal)
        differs = [f"{key}: {found[key]} for {wanted[key]}" for key in found
                   if found[key] != wanted[key]]  # fmt: skip
        if differs:
            apart.append(f"{action.id} {text}: {'; '.join(differs)}")
    assert not apart, "\n".join(apart)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.long) for name in SCENARIOS])
async def test_words_do_the_same_in_both(seat: Any, folder: Path, name: str) -> None:
    async with seat(goals(name, folder)[0][1], size=(60, 15)) as s:
        await agree(s, name, folder, by_word)


@pytest.mark.long
async def test_what_follows_the_leader_does_what_words_do(seat: Any, folder: Path) -> None:
    async def following(s: Any, action: Action, text: str) -> bool:
        _, _, key = action.chord.partition(" ")
        if not key:
            return False
        s.stepper.action_leader()
        assert s.stepper.take_key(key)
        await typed(s, action, text)
        return True

    async with seat(goals("example", folder)[0][1], size=(60, 15)) as s:
        await agree(s, "example", folder, following, bare=True)


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
async def test_chords_do_what_words_do(seat: Any, folder: Path, name: str) -> None:
    async with seat(goals(name, folder)[0][1], size=(60, 15)) as s:
        await agree(s, name, folder, by_chord, bare=True)


@pytest.mark.long
@pytest.mark.parametrize("keymap", MAPS)
@pytest.mark.parametrize("name", SCENARIOS)
async def test_keys_do_what_words_do(seat: Any, folder: Path, name: str, keymap: str) -> None:
    keys = shipped(keymap)
    async with seat(goals(name, folder)[0][1], settings=Settings(keymap=keymap)) as s:
        for number in range(max(len(keys.of(action)) for action in ACTIONS)):
            await agree(s, name, folder, by_key(keys, number), bare=True)


@pytest.mark.long
async def test_keys_of_ones_own_do_what_words_do(seat: Any, folder: Path) -> None:
    own = {action.id: (key,) for action, key in zip(MINE, "qwertzuiopasdfghjklyxcvbnm",
                                                    strict=False)}  # fmt: skip
    keys, wrong = chosen("arrows", own)
    assert wrong == []
    settings = Settings(keymap="arrows", keys=own)
    async with seat(goals("example", folder)[0][1], size=(60, 15), settings=settings) as s:
        await agree(s, "example", folder, by_key(keys, 0), bare=True, only=MINE)


MINE = [BY_ID[name] for name in ("step.next", "node.next", "mark.set", "stop.here", "stop.when",
                                 "until", "why", "cells", "what-if", "view", "gate.mark",
                                 "notation", "export", "rate.set", "panel.next")]  # fmt: skip


@pytest.mark.long
async def test_what_acts_on_the_screen_leaves_the_session_alone(seat: Any, folder: Path) -> None:
    base = goals("example", folder)[0][1]
    for name in sorted(OF_THE_SCREEN - {"back", "play.toggle"}):
        said = respond(base, BY_ID[name].verb or "help")
        assert said.said
        assert state(said.session) == state(base)
    async with seat(base) as s:
        for name in sorted(OF_THE_SCREEN - {"back", "play.toggle"}):
            await back_to(s, base)
            s.act(name)
            await s.pilot.pause()
            assert state(s.session if name not in ("help", "palette") else base) == state(base)
        await back_to(s, base)
        s.act(*["play.faster"] * 6, "play.toggle")
        await s.shows("10/10")
        assert state(s.session) == state(respond(base, "play").session)
        s.act("back")
        await s.pilot.pause()
        assert s.app.return_code == 0
    assert respond(base, "quit").ended


def test_every_action_can_be_said_and_is_explained() -> None:
    for action in ACTIONS:
        assert bool(action.verb) == (action.id != "command")
        assert action.help.endswith(".")
        assert action.help[0].isupper()
        if action.argument is not None:
            assert action.argument.example.replace(",", "").split()[0] in (
                action.verb,
                *action.synonyms,
            )
