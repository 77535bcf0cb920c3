"""From the one action table to bindings, the keys of a chord, and the key bar."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.binding import Binding, BindingType

from tutor.actions import ACTIONS, LEADER, Action, footer, key_label
from tutor.actions.commands import VERBS
from tutor.actions.keymap import Keymap
from tutor.session.session import Session
from tutor.tui.widgets.keybar import Key
from tutor.tui.widgets.surface import Row, Run, row_width

_WORD = re.compile(r"(?<!\S):([a-z]+(?:-[a-z]+)*)")

CHORDS = {
    action.chord.split(" ", 1)[1]: action
    for action in ACTIONS
    if action.chord.startswith(LEADER + " ")
}
"""What a key does after the leader."""


def bindings(keymap: Keymap) -> list[BindingType]:
    """A binding for every key: to the action it does, or to the first of several that fits (a key
    may mean something else while a panel is open)."""
    of: dict[str, list[str]] = {}
    for action in sorted(ACTIONS, key=lambda action: not action.panel):
        single = [] if " " in action.chord or not action.chord else [action.chord]
        for key in dict.fromkeys([*keymap.of(action), *single]):
            of.setdefault(key, []).append(action.id)
    made: list[BindingType] = [Binding(LEADER, "leader", show=False)]
    made += [Binding(key, f"act('{'|'.join(ids)}')", show=False) for key, ids in of.items()]
    return made


def keys_for(session: Session, keymap: Keymap, *, ascii: bool) -> list[Key]:
    """The few keys that make sense now."""
    return [
        Key(key_label(first_key(action, keymap), ascii=ascii), action.title, action.id)
        for action in footer(session)
    ]


def first_key(action: Action, keymap: Keymap) -> str:
    """The key of an action that is shown; its chord where a key map has none for it."""
    keys = keymap.of(action)
    return keys[0] if keys else action.chord


def chord_hint(session: Session, width: int, *, ascii: bool) -> Row:
    """What may follow the leader now, the most useful first, in `width` cells."""
    row: list[Run] = [(f" {LEADER} ", "key")]
    useful = [action for action in footer(session) if action in CHORDS.values()]
    others = [action for action in CHORDS.values() if action.enabled(session) is None]
    for action in dict.fromkeys([*useful, *others]):
        key = action.chord.split(" ", 1)[1]
        runs = [(key_label(key, ascii=ascii), "key"), (f" {action.title}  ", "quiet")]
        if row_width(row) + row_width(runs) > width - 2:
            return [*row, ("…", "quiet")]
        row += runs
    return row


def with_keys(text: str, keymap: Keymap, *, ascii: bool) -> str:
    """A sentence that names actions by their words, `:mark sets one`, with their keys."""

    def key(found: re.Match[str]) -> str:
        action = VERBS.get(found[1])
        return found[0] if action is None else key_label(first_key(action, keymap), ascii=ascii)

    return _WORD.sub(key, text)


def keys_of(action: Action, keymap: Keymap, *, ascii: bool) -> tuple[str, str]:
    """The keys of an action as a person reads them: outside text fields, and everywhere."""
    return (
        " ".join(key_label(key, ascii=ascii) for key in keymap.of(action)),
        key_label(action.chord, ascii=ascii),
    )


def by_group(actions: Sequence[Action]) -> dict[str, list[Action]]:
    """Actions under the headings of the help."""
    groups: dict[str, list[Action]] = {}
    for action in actions:
        groups.setdefault(action.group, []).append(action)
    return groups
