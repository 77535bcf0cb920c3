"""Colours: four themes, and the style of every role that something on the screen can play.

A role says what a piece of text *is* ("backward", "quiet", "box.active"), never how it looks. Every
role that carries meaning by its hue has a glyph or a weight beside it. Blue for forward and orange
for backward are from Okabe and Ito's palette for colour-blind readers (2008).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from tutor.settings.terminal import colours as colours_of


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one theme, by what they are for."""

    ground: str
    raised: str
    text: str
    quiet: str
    faint: str
    line: str
    forward: str
    forward_ground: str
    backward: str
    backward_ground: str
    changed: str
    wrong: str
    right: str
    heat: tuple[str, str, str, str]
    cold: tuple[str, str, str, str]
    dark: bool = True
    ansi: bool = False


DARK = "backprop-dark"
LIGHT = "backprop-light"
CONTRAST = "backprop-contrast"
TERMINAL = "backprop-terminal"

COLOURS: Mapping[str, Colours] = {
    DARK: Colours(
        ground="#10151a",
        raised="#1c242d",
        text="#dde3ea",
        quiet="#94a0ad",
        faint="#657382",
        line="#465361",
        forward="#56b4e9",
        forward_ground="#12344a",
        backward="#e69f00",
        backward_ground="#3f2d05",
        changed="#f0e442",
        wrong="#ff7a70",
        right="#4fc38a",
        heat=("#8a5200", "#c77a00", "#ffb000", "#ffd08a"),
        cold=("#0e5a8a", "#1f86c4", "#56b4e9", "#b5dcf7"),
    ),
    LIGHT: Colours(
        ground="#fcfbf8",
        raised="#ebe8e0",
        text="#1c2228",
        quiet="#56616c",
        faint="#7d8893",
        line="#a9b2bb",
        forward="#0b66a5",
        forward_ground="#d5eaf8",
        backward="#9a5400",
        backward_ground="#fbe6c4",
        changed="#7a6800",
        wrong="#b3261e",
        right="#1a7a48",
        heat=("#d9a050", "#b87414", "#8a5200", "#4a2d05"),
        cold=("#6fb0da", "#2f8fca", "#0e5a8a", "#0a3550"),
        dark=False,
    ),
    CONTRAST: Colours(
        ground="#000000",
        raised="#2c2c2c",
        text="#ffffff",
        quiet="#e4e4e4",
        faint="#c0c0c0",
        line="#a8a8a8",
        forward="#63ccff",
        forward_ground="#003a5c",
        backward="#ffb52e",
        backward_ground="#553600",
        changed="#ffff3c",
        wrong="#ff8078",
        right="#5cff9a",
        heat=("#b87414", "#e69f00", "#ffb52e", "#ffe0a8"),
        cold=("#3f8fc4", "#56b4e9", "#8fd0f7", "#d5eefc"),
    ),
    TERMINAL: Colours(
        ground="ansi_default",
        raised="ansi_default",
        text="ansi_default",
        quiet="ansi_default",
        faint="ansi_default",
        line="ansi_default",
        forward="ansi_cyan",
        forward_ground="ansi_default",
        backward="ansi_yellow",
        backward_ground="ansi_default",
        changed="ansi_bright_yellow",
        wrong="ansi_red",
        right="ansi_green",
        heat=("ansi_yellow",) * 4,
        cold=("ansi_cyan",) * 4,
        ansi=True,
    ),
}
"""Themes by name. The last uses the terminal's own 16 colours, or none with NO_COLOR."""

# Role: colour, colour behind it, weights. Where a theme has no shades (the terminal's own
# colours), "dim" and "reverse" do what the shades do elsewhere.
_LIT = {"forward": "forward_ground", "backward": "backward_ground"}
_ROLES: dict[str, tuple[str, str, str]] = {
    "ground": ("text", "ground", ""),
    "text": ("text", "ground", ""),
    "strong": ("text", "ground", "bold"),
    "quiet": ("quiet", "ground", "dim"),
    "faint": ("faint", "ground", "dim"),
    "line": ("line", "ground", "dim"),
    "title": ("quiet", "ground", ""),
    "title.focus": ("text", "ground", "bold"),
    "key": ("text", "ground", "bold"),
    "key.off": ("faint", "ground", "dim"),
    "forward": ("forward", "ground", ""),
    "forward.strong": ("forward", "ground", "bold"),
    "term": ("text", "raised", ""),
    "term.forward": ("forward", "forward_ground", "bold underline"),
    "term.backward": ("backward", "backward_ground", "bold underline"),
    "term.update": ("changed", "raised", "bold underline"),
    "backward": ("backward", "ground", ""),
    "backward.strong": ("backward", "ground", "bold"),
    "changed": ("changed", "ground", "bold"),
    "wrong": ("wrong", "ground", "bold"),
    "right": ("right", "ground", ""),
    "cursor": ("text", "raised", "bold reverse"),
    "cursor.quiet": ("quiet", "raised", "reverse"),
    "cursor.forward": ("forward", "raised", "bold reverse"),
    "cursor.backward": ("backward", "raised", "bold reverse"),
    "cursor.changed": ("changed", "raised", "bold reverse"),
    "minimap": ("faint", "raised", "dim"),
    "minimap.view": ("text", "line", "reverse"),
    "minimap.active.forward": ("forward", "raised", "bold"),
    "minimap.active.backward": ("backward", "raised", "bold"),
    "minimap.active.update": ("changed", "raised", "bold"),
    "edge": ("line", "ground", "dim"),
    "edge.pending": ("line", "ground", "dim"),
    "edge.done": ("quiet", "ground", ""),
    "edge.active.forward": ("forward", "ground", "bold"),
    "edge.active.backward": ("backward", "ground", "bold"),
    "edge.active.update": ("changed", "ground", "bold"),
    "box": ("faint", "ground", "dim"),
    "box.pending": ("line", "ground", "dim"),
    "box.done": ("quiet", "ground", ""),
    "box.active.forward": ("forward", "forward_ground", "bold"),
    "box.active.backward": ("backward", "backward_ground", "bold"),
    "box.active.update": ("changed", "raised", "bold"),
    "box.changed": ("changed", "ground", ""),
    "name": ("quiet", "ground", ""),
    "name.pending": ("faint", "ground", "dim"),
    "name.done": ("text", "ground", ""),
    "name.active.forward": ("text", "forward_ground", "bold"),
    "name.active.backward": ("text", "backward_ground", "bold"),
    "name.active.update": ("text", "raised", "bold"),
    "name.changed": ("changed", "ground", "bold"),
    "label": ("faint", "ground", "dim"),
    "value": ("text", "ground", ""),
    "value.active.forward": ("text", "forward_ground", "bold"),
    "gradient.active.backward": ("backward", "backward_ground", "bold"),
    "gradient": ("backward", "ground", ""),
    "before": ("quiet", "ground", ""),
    "absent": ("faint", "ground", "dim"),
    "upstream": ("backward", "ground", ""),
    "local": ("forward", "ground", ""),
    "factor.input": ("text", "ground", "bold"),
    "factor.loss": ("changed", "ground", ""),
    "result": ("text", "ground", "bold"),
    "active": ("backward", "backward_ground", "bold underline"),
    "heat+4": ("heat4", "ground", "bold"),
    "heat+3": ("heat3", "ground", ""),
    "heat+2": ("heat2", "ground", ""),
    "heat+1": ("heat1", "ground", "dim"),
    "heat+0": ("faint", "ground", "dim"),
    "heat-1": ("cold1", "ground", "dim"),
    "heat-2": ("cold2", "ground", ""),
    "heat-3": ("cold3", "ground", ""),
    "heat-4": ("cold4", "ground", "bold"),
    "heat!": ("wrong", "ground", "bold"),
}


class Styles(dict[str, Style]):
    """The style of every role in one theme, made when first asked for.

    A role without an entry takes the style of the part before its last dot. What is in an active
    box (`value.active.forward`) stands on the ground of that box.
    """

    def __init__(self, theme: str) -> None:
        super().__init__()
        self._colours = COLOURS.get(theme, COLOURS[DARK])

    def __missing__(self, role: str) -> Style:
        known = role
        while known not in _ROLES:
            known = known.rpartition(".")[0] or "text"
        front, back, weights = _ROLES[known]
        flow = role.rpartition(".active.")[2] if ".active." in role else ""
        if flow and known == role.rpartition(".active.")[0]:
            back = _LIT.get(flow, "raised")
        made = self[role] = _style(self._colours, front, back, weights)
        return made


@cache
def _style(colours: Colours, front: str, back: str, weights: str) -> Style:
    """One and the same object for the same looks: neighbours that look alike are drawn as one."""
    words, plain = weights.split(), colours.ansi
    return Style(
        color=Color.parse(_colour(colours, front)).rich_color,
        bgcolor=Color.parse(_colour(colours, back)).rich_color,
        bold="bold" in words,
        underline="underline" in words,
        dim=plain and "dim" in words,
        reverse=plain and "reverse" in words,
    )


@lru_cache
def styles(theme: str) -> Styles:
    """The styles of a theme."""
    return Styles(theme)


def _colour(colours: Colours, name: str) -> str:
    if name[:-1] in ("heat", "cold"):
        shades: tuple[str, ...] = getattr(colours, name[:-1])
        return shades[int(name[-1]) - 1]
    return str(getattr(colours, name))


def themes() -> list[Theme]:
    """The themes as Textual knows them, for its own widgets and for the style sheets."""
    return [_theme(name, colours) for name, colours in COLOURS.items()]


def _theme(name: str, colours: Colours) -> Theme:
    cursor = colours.text if not colours.ansi else "ansi_white"
    ground = colours.ground if not colours.ansi else "ansi_black"
    return Theme(
        name=name,
        primary=colours.forward,
        secondary=colours.backward,
        warning=colours.backward,
        error=colours.wrong,
        success=colours.right,
        accent=colours.forward,
        foreground=colours.text,
        background=colours.ground,
        surface=colours.ground,
        panel=colours.raised,
        boost=colours.raised,
        dark=colours.dark,
        ansi=colours.ansi,
        variables={
            **(BUILTIN_THEMES["ansi-dark"].variables if colours.ansi else {}),
            "quiet": colours.quiet,
            "faint": colours.faint,
            "line": colours.line,
            "raised": colours.raised,
            "block-cursor-background": cursor,
            "block-cursor-foreground": ground,
            "input-cursor-background": cursor,
            "input-cursor-foreground": ground,
            "input-cursor-text-style": "none",
            "border": colours.line,
            "border-blurred": colours.line,
        },
    )


def theme_for(chosen: str = "auto", environment: Mapping[str, str] | None = None) -> str:
    """The theme to begin with: the one that was chosen, unless the terminal shows few colours; by
    itself light on a light ground (as COLORFGBG tells), else dark."""
    environment = os.environ if environment is None else environment
    if colours_of(environment) in ("none", "16"):
        return TERMINAL
    if f"backprop-{chosen}" in COLOURS:
        return f"backprop-{chosen}"
    ground = environment.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if ground in ("7", "15") else DARK
