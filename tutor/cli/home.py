"""What the home screen shows, without a terminal: the screens and the recent functions."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from tutor.render.sanitise import sanitise
from tutor.settings import recent


def as_text(screens: Mapping[str, str]) -> str:
    """The screens by their commands, then what was traced last, newest first."""
    lines = ["Screens:", *(f"  {command}: {what}" for command, what in screens.items())]
    entries = recent.load(_tell)
    lines.append("Recent:" if entries else "Recent: nothing traced yet.")
    for entry in entries:
        statements = entry.expression.strip().replace("\n", "; ")
        values = "".join(
            f" --at {name}={value}" if value else f" --at {name}" for name, value in entry.inputs
        )
        lines.append(sanitise(f"  {statements}{values}"))
    return "\n".join(lines)


def as_json(screens: Mapping[str, str]) -> str:
    """The same as one JSON document."""
    return json.dumps(
        {
            "format": 1,
            "screens": [{"command": command, "what": what} for command, what in screens.items()],
            "recent": [
                {"expression": entry.expression, "inputs": dict(entry.inputs)}
                for entry in recent.load(_tell)
            ],
        }
    )


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)
