"""Titles: what groups are called, by scope, source line or op, or by their first and last node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutor.debugger.view.parts import Grain, Lines, Numbers, Part, stem
from tutor.render.sanitise import sanitise

SPELLED = 3
"""Up to how many ops a group without a name is called by them."""


@dataclass(frozen=True, slots=True)
class Titles:
    """Names for the groups of a pass. order: its nodes by place. leads: where the leaves and the op
    of each op begin."""

    grain: Grain
    order: Numbers
    leads: Sequence[int]

    def part(self, part: Part, at: int) -> str:
        """The title of a part that begins with op `at`: `t=3`, `layer ×12`, `lines 12–14`."""
        if part.kind == "repeat":
            return self._repeat(part.parts, at, f" ×{len(part.parts)}")
        if part.name:
            return sanitise(part.name)
        if part.lines and part.length > 1:
            return _lines(part.lines)
        if part.length <= SPELLED:
            return " ".join(self.op(at + k) for k in range(part.length))
        return self.ends(self.leads[at], self.leads[at + part.length] - 1)

    def op(self, at: int) -> str:
        """The name of an op."""
        op = self.grain.p.ops[int(self.grain.nodes[at])]
        return "" if op is None else op.name

    def stretch(self, units: Sequence[Part], at: int, number: int) -> str:
        """Some alike parts of a repeat, the first of which is its part number `number`: `t=3..5`,
        `layer3…layer5`, `line 12 #3–5`."""
        first, last = units[0].name, units[-1].name
        if first == last:
            return f"{self.part(units[0], at)} #{number}–{number + len(units) - 1}"
        return self._repeat(units, at, "") if "=" in first else sanitise(f"{first}…{last}")

    def ends(self, first: int, last: int) -> str:
        """The names of the nodes at two places: `n3…n60`."""
        names = self.grain.p.names
        return sanitise(f"{names[self.order[first]]}…{names[self.order[last]]}")

    def _repeat(self, units: Sequence[Part], at: int, times: str) -> str:
        first, last = units[0], units[-1]
        if not first.name:
            return self.part(first, at) + times
        (word, low), (_, high) = stem(first.name), stem(last.name)
        if word.endswith("=") and low != high:
            return sanitise(f"{word}{low}..{high}")
        return sanitise(word) + times


def _lines(lines: Lines) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    if lines[-1] - lines[0] == len(lines) - 1:
        return f"lines {lines[0]}–{lines[-1]}"
    return f"lines {', '.join(map(str, lines))}" if len(lines) == 2 else f"lines {lines[0]}…"
