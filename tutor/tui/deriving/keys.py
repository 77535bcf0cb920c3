"""From the table of a derivation's actions to bindings, chords and the key bar."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.binding import Binding, BindingType

from tutor.actions.action import LEADER, key_label
from tutor.actions.deriving import DERIVE_BY_ID, DERIVING, DeriveAction, derive_footer
from tutor.session.deriving.derivation import Derivation
from tutor.tui.widgets.keybar import GAP, Key
from tutor.tui.widgets.surface import Row, Run, row_width

_WORD = re.compile(r"(?<!\S):([a-z]+)")
_FIELD_OWN = frozenset({"delete", "question_mark"})

CHORDS = {
    action.chord.split(" ", 1)[1]: action
    for action in DERIVING
    if action.chord.startswith(LEADER + " ")
}
"""What a key does after the leader."""

IN_FIELD = {
    key: action.id
    for action in DERIVING
    for key in (*action.keys, action.chord)
    if len(key) > 1 and " " not in key and key not in _FIELD_OWN
}
"""What a key does inside the field too."""

_VERBS = {verb: one for one in DERIVING for verb in (one.verb, *one.synonyms) if verb}


def bindings() -> list[BindingType]:
    """A binding for every key of the table. Inside the field, what can be typed is typed."""
    made: list[BindingType] = [Binding(LEADER, "leader", show=False)]
    for action in DERIVING:
        single = [action.chord] if action.chord and " " not in action.chord else []
        keys = dict.fromkeys([*action.keys, *single])
        made += [Binding(key, f"act('{action.id}')", show=False) for key in keys]
    return made


def shown_key(action: DeriveAction, writing: bool) -> str:
    """The key of an action that is told: while one writes, one that acts inside the field."""
    for key in action.keys:
        if not writing or (len(key) > 1 and key not in _FIELD_OWN):
            return key
    return action.chord


def label(name: str, writing: bool, ascii: bool) -> str:
    """The key of the action of that id, as a person reads it."""
    return key_label(shown_key(DERIVE_BY_ID[name], writing), ascii=ascii)


def keys_for(derivation: Derivation, width: int, *, writing: bool, ascii: bool) -> list[Key]:
    """The few keys that make sense now, as many as fit; help stays where others go."""
    keys = []
    actions = derive_footer(derivation)
    back = DERIVE_BY_ID["derive.back"]
    if not writing and back not in actions:
        actions.insert(1, back)
    for action in actions:
        title = action.title
        if action.id == "derive.enter" and not writing:
            title = "write"
        keys.append(Key(label(action.id, writing, ascii), title, action.id))
    while len(keys) > 1 and _width(keys) > width:
        del keys[-2]
    return keys


def chord_hint(derivation: Derivation, width: int, *, ascii: bool) -> Row:
    """What may follow the leader now, the most useful first, in `width` cells."""
    row: list[Run] = [(f" {LEADER} ", "key")]
    able = [one for one in CHORDS.values() if one.enabled(derivation) is None]
    useful = [one for one in derive_footer(derivation) if one in able]
    for action in dict.fromkeys([*useful, *able]):
        key = action.chord.split(" ", 1)[1]
        runs = [(key_label(key, ascii=ascii), "key"), (f" {action.title}  ", "quiet")]
        if row_width(row) + row_width(runs) > width - 2:
            return [*row, ("…", "quiet")]
        row += runs
    return row


def with_keys(text: str, *, writing: bool, ascii: bool) -> str:
    """A sentence that names actions by their words, `:between shows a step`, with their keys."""

    def key(found: re.Match[str]) -> str:
        action = _VERBS.get(found[1])
        return found[0] if action is None else label(action.id, writing, ascii)

    return _WORD.sub(key, text)


def _width(keys: Sequence[Key]) -> int:
    return 1 + sum(row_width([(f"{key.label} {key.title}{GAP}", "key")]) for key in keys)
