"""How the audit names a place: `log (loss.py:14)`, `cell [3, 1]`, `10^−6.2`."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.trace import Trace
from tutor.render.expressions import name_of
from tutor.render.numbers import number
from tutor.render.sanitise import sanitise
from tutor.render.values import is_scalar


def told(trace: Trace, node: int) -> str:
    """A node as one finds it again: an input by its name, what an op made by the op, its name where
    it was given one, and the line; in a typed expression by the op and the name made up here."""
    entry = trace.nodes[node]
    name = name_of(trace, node)
    if entry.op == "input":
        return name
    if entry.op == "constant":
        return f"the constant {name}" if is_scalar(trace.value(node)) else f"a constant ({name})"
    places = [name] if entry.named else []
    if entry.location is not None and entry.location.file is not None:
        places.append(sanitise(str(entry.location)))
    return f"{entry.op} ({', '.join(places or [name])})"


def cell_text(cell: tuple[int, ...] | None) -> str:
    """`, cell [3, 1]` behind a place; nothing for a single number."""
    return f", cell [{', '.join(map(str, cell))}]" if cell else ""


def power(exponent: float) -> str:
    """A factor by its logarithm to base 10: `10^−6.2`."""
    if not np.isfinite(exponent):
        return "0" if exponent < 0 else "∞"
    return f"10^{exponent:.1f}".replace("-", "−").replace("−0.0", "0.0")


def percent(share: float) -> str:
    """A share in whole percents, never rounded to none or all of it: `81 %`, `<1 %`."""
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{share * 100:.0f} %"


def counted(count: int, noun: str) -> str:
    """`1 unit`, `12 units`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(names: list[str], most: int = 3) -> str:
    """`W1`, `W1 and b1`, `W1, b1, W2 and 4 more`."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def entry_text(value: Any) -> str:
    """One entry of a value, four digits."""
    return number(float(value))
