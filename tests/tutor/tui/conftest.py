"""The interface without a terminal: a session opened in a screen of so many cells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tutor.judge import shelf
from tutor.session import session as sessions
from tutor.session.deriving import derivation as deriving
from tutor.session.deriving.derivation import Derivation
from tutor.session.session import Session
from tutor.settings.settings import Settings
from tutor.tui.app import BackpropTutor
from tutor.tui.screens.derive import DeriveScreen
from tutor.tui.screens.stepper import StepperScreen
from tutor.tui.widgets.line import Lines
from tutor.tui.widgets.sheet import LineRows
from tutor.tui.widgets.surface import Surface

EXAMPLE = {"x": -2, "y": 5, "z": -4}


class Seat:
    """A person in front of the interface: presses keys and reads the screen."""

    def __init__(self, app: BackpropTutor, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def stepper(self) -> StepperScreen:
        """The stepper, which is in front."""
        assert isinstance(self.app.screen, StepperScreen)
        return self.app.screen

    @property
    def session(self) -> Session:
        """The stepper's session."""
        return self.stepper.session

    @property
    def cursor(self) -> int:
        """How many events have happened."""
        return self.session.frame.cursor

    @property
    def lines(self) -> list[str]:
        """Every row of the screen as text. The compositor is Textual's own: this is the one place
        that knows it."""
        return [
            "".join(segment.text for segment in strip)
            for strip in self.app.screen._compositor.render_strips()
        ]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def status(self) -> str:
        """The status line."""
        return self.app.screen.query_one("#status", Lines).text.strip()

    def act(self, *names: str) -> None:
        """Do what these actions of the table do, without the cost of a key."""
        for name in names:
            self.stepper.action_act(name)

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type into the field with the focus."""
        names = {".": "full_stop", "-": "minus", ",": "comma", "[": "left_square_bracket"}
        await self.pilot.press(*[names.get(char, char) for char in text])

    async def command(self, text: str) -> None:
        """Do a command on the `:` line."""
        self.act("command")
        await self.enter(text)

    async def enter(self, text: str) -> None:
        """Put a text into the open line, and press enter."""
        await self.pilot.pause()
        field = self.app.screen.focused
        assert isinstance(field, Input), f"no line is open:\n{self.text}"
        field.value = text
        await self.pilot.press("enter")
        await self.calm()

    async def calm(self) -> None:
        """Wait until what runs beside the screen has come."""
        await self.pilot.pause()
        while isinstance(self.app.screen, StepperScreen) and self.stepper.running.busy:
            await self.pilot.pause(0.02)

    async def shows(self, words: str) -> None:
        """Wait until the screen shows these words; fails with the screen."""
        for _ in range(150):
            if words in self.text:
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"{words!r} never came. The screen:\n{self.text}")


Take = Callable[..., AbstractAsyncContextManager[Seat]]


@pytest.fixture
def seat() -> Take:
    """Open the stepper (or with None the home screen): ``async with seat("x*y", {...}) as s``.

    target: an expression, a function, or a session that was begun already.
    """

    @asynccontextmanager
    async def take(
        target: Any = "(x + y)*z",
        inputs: Mapping[str, Any] = EXAMPLE,
        *,
        size: tuple[int, int] = (80, 24),
        plain: bool = False,
        settings: Settings | None = None,
    ) -> AsyncIterator[Seat]:
        session = target
        if target is not None and not isinstance(target, Session):
            session = sessions.start(target, inputs)
        app = BackpropTutor(session, plain=plain, settings=settings)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Seat(app, pilot)

    return take


class Desk:
    """A person at the derive screen."""

    def __init__(self, app: BackpropTutor, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> DeriveScreen:
        """The derive screen, which is in front."""
        assert isinstance(self.app.screen, DeriveScreen)
        return self.app.screen

    @property
    def derivation(self) -> Derivation:
        """What it shows."""
        return self.screen.derivation

    @property
    def text(self) -> str:
        """Every row of the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips)

    @property
    def status(self) -> str:
        """The status line."""
        return self.screen.query_one("#status", Lines).text.strip()

    @property
    def told(self) -> str:
        """What is said below."""
        return self.screen.query_one("#told", Surface).text

    @property
    def drawn(self) -> str:
        """What is drawn."""
        return self.screen.query_one("#formula", Surface).text

    @property
    def marks(self) -> str:
        """The marks of all lines, the one in the field too."""
        rows = self.screen.query_one("#above", LineRows).text.splitlines()
        rows += [self.screen.query_one("#gutter", Lines).text]
        rows += self.screen.query_one("#below", LineRows).text.splitlines()
        return "".join(row[2] for row in rows if row[3:6].strip().isdigit())

    async def act(self, *names: str) -> None:
        """Do what these actions of the table do."""
        for name in names:
            self.screen.action_act(f"derive.{name}")
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def write(self, *lines: str) -> None:
        """Write lines, each with enter at its end."""
        for one in lines:
            self.screen.sheet.field.put(one)
            await self.press("enter")

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something holds; fails with the screen."""
        for _ in range(600):
            if true():
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"it never came. The screen:\n{self.text}")


Sit = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def desk() -> Sit:
    """Open the derive screen, or with None home: ``async with desk("neuron", lines) as d``."""

    @asynccontextmanager
    async def sit(
        name: str | None = "neuron",
        lines: Sequence[str] = (),
        *,
        target: str = "",
        size: tuple[int, int] = (80, 24),
        plain: bool = False,
    ) -> AsyncIterator[Desk]:
        begun = None
        if name is not None:
            exercise = shelf.load(name)
            wanted = target or next(iter(exercise.targets), "")
            begun = deriving.begin(name, exercise, wanted, tuple(lines))
        app = BackpropTutor(begun, plain=plain)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Desk(app, pilot)

    return sit
