"""Draw the pictures of the documents from the program itself: `python docs/make_pictures.py`.

With names behind it, only those: `python docs/make_pictures.py why predict`.
"""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tutor.judge import shelf
from tutor.session import session as sessions
from tutor.session.deriving.derivation import Derivation, begin, entered
from tutor.session.session import Session
from tutor.session.targets import opened
from tutor.tui.app import BackpropTutor

HERE = Path(__file__).parent
IMAGES = HERE / "images"
START = {"x": -2, "y": 5, "z": -4}
NEURON = "z = w*x + b; a = sigmoid(z); (a - y)**2/2"
WIDE = "h1 = tanh(W1 @ x); h2 = tanh(W2 @ h1); p = W3 @ h2; sum((p - y)**2)"


@dataclass(frozen=True)
class Picture:
    """What is traced, in how large a window, and what is pressed: keys, or `:` and a command."""

    target: str
    pressed: list[str]
    size: tuple[int, int] = (80, 24)
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def typed(self) -> str:
        """The command that opens it."""
        quoted = self.target if self.target.endswith(":loss") else f"{self.target!r}"
        return f"backprop trace {quoted}"

    def session(self) -> Session:
        """The session before anything is pressed."""
        if self.target.endswith(":loss"):
            return opened(str(HERE.parent / self.target), {})
        return sessions.start(self.target, self.inputs)


def wide() -> dict[str, Any]:
    """The inputs of a network with 40 units in each of two layers."""
    rng = np.random.default_rng(5)
    shapes = {"W1": (40, 12), "x": (12,), "W2": (40, 40), "W3": (3, 40), "y": (3,)}
    inputs = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return {name: a / np.sqrt(a.shape[1]) if a.ndim == 2 else a for name, a in inputs.items()}


PICTURES = {
    "stepper": Picture("(x + y)*z", ["right"] * 9, inputs=START),
    "neuron": Picture(NEURON, ["right"] * 18, (120, 34), {"w": 0.5, "x": 2, "b": -1, "y": 1}),
    "why": Picture(WIDE, ["end", ":why W1[3, 7] at 4"], (80, 28), wide()),
    "folded": Picture(
        "docs/examples/recurrent.py:loss", ["underscore", "f", *["n"] * 16], (120, 36)
    ),
    "nan": Picture("docs/examples/attention.py:loss", ["A", "enter", ":source"]),
    "predict": Picture(
        "tanh(w*x) * v",
        ["f", *["right"] * 3, ":predict amount", *"-2", "enter"],
        inputs={"w": 0.8, "x": 1, "v": -2},
    ),
}


@dataclass(frozen=True)
class Derived:
    """An exercise with lines, in how large a window, and what is pressed."""

    exercise: str
    lines: tuple[str, ...]
    pressed: tuple[str, ...] = ()
    size: tuple[int, int] = (80, 24)

    @property
    def typed(self) -> str:
        """The command that opens it."""
        return f"backprop derive {self.exercise}"

    def session(self) -> Derivation:
        """The derivation with its lines, judged at the same points each time."""
        exercise = shelf.load(self.exercise)
        begun = replace(begin(self.exercise, exercise, exercise.targets[0]), seed=7)
        for line in self.lines:
            begun = entered(begun, line)
        return begun


DERIVED = {
    "derive": Derived("neuron", tuple((HERE / "examples" / "neuron.txt").read_text().splitlines())),
}


async def draw(name: str) -> None:
    """Open the screen, press the keys, and save what stands on it."""
    picture = DERIVED.get(name) or PICTURES[name]
    app = BackpropTutor(picture.session())
    async with app.run_test(size=picture.size) as pilot:
        await pilot.pause()
        for pressed in picture.pressed:
            keys = ["colon", *map(_key, pressed[1:]), "enter"] if pressed[0] == ":" else [pressed]
            await pilot.press(*keys)
        await asyncio.sleep(5)  # SymPy's verdict comes from another process
        await pilot.pause()
        drawn = app.export_screenshot(title=picture.typed)
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # fonts from elsewhere
    (IMAGES / f"{name}.svg").write_text(drawn + "\n", encoding="utf-8")


def _key(character: str) -> str:
    return {" ": "space"}.get(character, character)


if __name__ == "__main__":
    for each in sys.argv[1:] or [*PICTURES, *DERIVED]:
        asyncio.run(draw(each))
