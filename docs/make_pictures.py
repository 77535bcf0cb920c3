"""Draw the pictures of the documents from the program itself: `python docs/make_pictures.py`."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from tutor.session import session
from tutor.tui.app import BackpropTutor

IMAGES = Path(__file__).parent / "images"
NEURON = "z = w*x + b; a = sigmoid(z); (a - y)**2/2"
PICTURES: dict[str, tuple[str, dict[str, Any], tuple[int, int], list[str]]] = {
    "stepper": ("(x + y)*z", {"x": -2, "y": 5, "z": -4}, (80, 24), ["right"] * 9),
    "neuron": (NEURON, {"w": 0.5, "x": 2, "b": -1, "y": 1}, (120, 34), ["right"] * 18),
}


async def draw(name: str) -> None:
    """Open the stepper, press the keys, and save what stands on the screen."""
    text, inputs, size, keys = PICTURES[name]
    app = BackpropTutor(session.start(text, inputs))
    async with app.run_test(size=size) as pilot:
        await pilot.press(*keys)
        await asyncio.sleep(5)  # SymPy's verdict comes from another process
        await pilot.pause()
        picture = app.export_screenshot(title=f"backprop trace {text!r}")
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)  # fonts from elsewhere
    (IMAGES / f"{name}.svg").write_text(picture + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each in PICTURES:
        asyncio.run(draw(each))
