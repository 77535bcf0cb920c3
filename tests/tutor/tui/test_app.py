"""The application as a whole: what it imports, how it ends."""

from __future__ import annotations

import subprocess
import sys
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

from tutor.session import session as sessions
from tutor.tui import app as application
from tutor.tui.app import BackpropTutor
from tutor.tui.screens import panes
from tutor.tui.widgets.surface import Surface

ROOT = Path(__file__).parents[3]
ROOMS_OF_ANSWERS = (
    "audit",
    "cells",
    "compare",
    "export",
    "gates",
    "predict",
    "stops",
    "watches",
    "why",
)


OPENED = """
from tutor.session.session import start
from tutor.tui import badge

session = start("x*x", {"x": 3.0})
badge.CALM = 1000.0  # gradients are checked after the first frame
"""
PROBE = """
import asyncio, sys
from tutor.tui import app

session = None
{opened}

async def first_frame():
    async with app.BackpropTutor(session).run_test(size=(160, 45)):
        print(*sys.modules)

asyncio.run(first_frame())
"""


@pytest.mark.parametrize(
    ("opened", "absent"),
    [
        ("", {"numpy", "engine", "sympy"}),
        (
            OPENED,
            {
                "sympy",
                "cupy",
                "numpy.ma",
                "textual_plot",
                "engine.document",
                "engine.proof",
                "tutor.sandbox.prover",
                *(f"tutor.debugger.{room}" for room in ROOMS_OF_ANSWERS),
            },
        ),
    ],
    ids=["home", "stepper"],
)
def test_a_first_frame_imports_no_more_than_it_needs(opened: str, absent: set[str]) -> None:
    probe = PROBE.format(opened=opened)
    told = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "tutor.tui.screens" in told.stdout.split()
    assert absent.isdisjoint(told.stdout.split())


def test_a_fault_of_ours_leaves_the_screen_and_is_raised_for_the_door(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(screen: Any) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(panes, "show", fail)
    monkeypatch.setattr(BackpropTutor, "run", partialmethod(BackpropTutor.run, headless=True))
    session = sessions.start("x*x", {"x": 3})
    with pytest.raises(ValueError, match="a fault of ours"):
        application.run_stepper(session)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err


async def test_only_cells_that_changed_are_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = BackpropTutor(sessions.start("(x + y)*z", {"x": -2, "y": 5, "z": -4}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        painted: list[tuple[str | None, Any]] = []
        refresh = Surface.refresh

        def note(self: Surface, *regions: Any, **options: Any) -> Surface:
            painted.extend((self.id, region) for region in regions)
            return refresh(self, *regions, **options)

        monkeypatch.setattr(Surface, "refresh", note)
        app.screen.action_act("step.next")
        canvas = [region for name, region in painted if name == "canvas"]
        assert 0 < sum(region.area for region in canvas) < 120
        painted.clear()
        app.screen.show()
        assert painted == []
