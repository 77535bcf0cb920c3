"""Key maps: which keys mean which action, as shipped and as a person chose."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from tutor.actions.action import LEADER, Action
from tutor.actions.table import ACTIONS, BY_ID

# hjkl move in time, the arrows in the graph.
_VI: Mapping[str, tuple[str, ...]] = {
    "step.next": ("l", "s"),
    "step.previous": ("h", "S"),
    "node.next": ("j", "n"),
    "node.previous": ("k", "N"),
    "pass.rest": ("right_curly_bracket", "f"),
    "pass.start": ("left_curly_bracket", "F"),
    "time.start": ("0", "home"),
    "time.end": ("dollar_sign", "end"),
    "graph.left": ("left",),
    "graph.right": ("right",),
    "graph.up": ("up",),
    "graph.down": ("down",),
    "edit.redo": ("ctrl+r", "ctrl+y"),
}

# No letters at all: for people who speak, or whose letters are caught by another program. What has
# no key here has its chord, and its word on the command line.
_ARROWS: Mapping[str, tuple[str, ...]] = {
    "step.next": ("right",),
    "step.previous": ("left",),
    "node.next": ("shift+right",),
    "node.previous": ("shift+left",),
    "pass.rest": ("ctrl+right",),
    "pass.start": ("ctrl+left",),
    "time.start": ("home",),
    "time.end": ("end",),
    "scrub.back": ("pageup",),
    "scrub.forward": ("pagedown",),
    "graph.left": ("alt+left",),
    "graph.right": ("alt+right",),
    "graph.up": ("alt+up",),
    "graph.down": ("alt+down",),
    "input.edit": ("f2",),
    "find": ("f3",),
    "command": ("f4",),
    "stop.next": ("f5",),
    "stop.previous": ("shift+f5",),
    "writer.jump": ("f7",),
    "why": ("f8",),
    "stop.here": ("f9",),
    "focus.node": ("enter",),
    "focus.release": ("escape",),
    "panel.close": ("escape",),
    "panel.next": ("greater_than_sign",),
    "panel.previous": ("less_than_sign",),
    "pane.next": ("tab",),
    "pane.previous": ("shift+tab",),
    "play.toggle": ("space",),
    "palette": ("ctrl+p",),
    "help": ("f1",),
    "back": ("backspace",),
    "edit.undo": ("ctrl+z",),
    "edit.redo": ("ctrl+y",),
    "save": ("ctrl+s",),
    "stop.delete": ("delete",),
}

MAPS = ("default", "vi", "arrows")
"""The key maps that are shipped."""

_TAKEN = {LEADER: "begins a chord", "ctrl+c": "copies", "ctrl+q": "leaves the program"}


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys of every action, by its id."""

    name: str
    keys: Mapping[str, tuple[str, ...]]

    def of(self, action: Action) -> tuple[str, ...]:
        """The keys of an action outside text fields, the one that is shown first."""
        return self.keys[action.id]


def shipped(name: str = "default") -> Keymap:
    """One of the shipped key maps."""
    keys = {action.id: action.keys for action in ACTIONS}
    if name == "arrows":
        keys = {action.id: _ARROWS.get(action.id, ()) for action in ACTIONS}
    elif name == "vi":
        keys |= {key: value for key, value in _VI.items() if key in keys}
    return Keymap(name, MappingProxyType(keys))


def chosen(name: str, own: Mapping[str, Sequence[str]]) -> tuple[Keymap, list[str]]:
    """A shipped map with a person's own keys on top, and one line for each that cannot be used.

    A key that is given to one action is taken from any other that had it.
    """
    keymap, wrong = shipped(name), []
    keys = dict(keymap.keys)
    for action_id, wanted in own.items():
        if action_id not in BY_ID:
            near = difflib.get_close_matches(action_id, BY_ID, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            wrong.append(f"[keys]: there is no action {action_id[:40]}{hint}")
            continue
        usable = []
        for key in wanted:
            if key in _TAKEN:
                wrong.append(f"[keys]: {key} {_TAKEN[key]} and can mean nothing else")
            elif not _readable(key):
                wrong.append(f"[keys]: {key[:40]!r} is no key; such as right, f5, ctrl+t, g")
            else:
                usable.append(_textual(key))
        for other in keys:
            if other != action_id and BY_ID[other].panel == BY_ID[action_id].panel:
                keys[other] = tuple([key for key in keys[other] if key not in usable])
        keys[action_id] = tuple(usable)
    return replace(keymap, keys=MappingProxyType(keys)), wrong


_SIGNS = {
    "/": "slash", "?": "question_mark", ":": "colon", "'": "apostrophe", "[": "left_square_bracket",
    "]": "right_square_bracket", "<": "less_than_sign", ">": "greater_than_sign", "+": "plus",
    "-": "minus", ".": "full_stop", ",": "comma", "*": "asterisk", "=": "equals_sign",
    "{": "left_curly_bracket", "}": "right_curly_bracket", "$": "dollar_sign", ";": "semicolon",
    "#": "number_sign", "%": "percent_sign", "&": "ampersand", "!": "exclamation_mark",
    '"': "quotation_mark", "(": "left_parenthesis", ")": "right_parenthesis", "@": "at",
    "^": "circumflex_accent", "_": "underscore", "|": "vertical_line", "~": "tilde", " ": "space",
    "\\": "backslash", "`": "grave_accent",
}  # fmt: skip
_NAMED = {
    *_SIGNS.values(), "right", "left", "up", "down", "home", "end", "pageup", "pagedown", "enter",
    "escape", "tab", "space", "backspace", "delete", "insert", *[f"f{n}" for n in range(1, 13)],
}  # fmt: skip


def _textual(key: str) -> str:
    """A key as Textual names it: `/` is slash."""
    return _SIGNS.get(key, key)


def _readable(key: str) -> bool:
    *held, last = _textual(key).split("+")
    modified = all(one in ("ctrl", "shift", "alt") for one in held)
    return modified and (last in _NAMED or (len(last) == 1 and last.isalnum()))
