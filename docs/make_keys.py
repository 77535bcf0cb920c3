"""Write the table of all keys from the table of actions: `python docs/make_keys.py`."""

from __future__ import annotations

import re
from pathlib import Path

from tutor.actions import ACTIONS, Action, key_label
from tutor.actions.action import Group
from tutor.actions.deriving import DERIVING, DeriveAction
from tutor.actions.keymap import MAPS, shipped

PAGE = Path(__file__).with_name("keys.md")

TITLES: dict[Group, str] = {
    "time": "Through time",
    "stops": "Stopping and watching",
    "graph": "Along the graph",
    "understand": "Understanding",
    "edit": "Changing things",
    "out": "Out of the terminal",
    "screen": "The screen",
}

HEAD = """# Every action, its keys and its word

<!-- Written by docs/make_keys.py from the table of actions. -->

A key does it on the screen. The chord does the same everywhere, in a line of text too: `ctrl+g`,
then one more key. The word does it after `:`, in line mode and with `--do`; `help` lists the words
that can be given now. With the mouse: a click on a key in the last line does what it says, and
`ctrl+p` lists every action to click.

`default`, `vi` and `arrows` are key maps: `backprop settings keymap=vi` chooses one. In `arrows` no
letter is a key; what has none there has its chord and its word. Any key can be given to any action,
see [the debugger](debugger.md#settings-and-keys); the first column is the name to use there. A key
in *italics* means this while a panel is open.
"""

DERIVE_HEAD = """## Deriving by hand

On the [derive screen](derive.md) letters belong to the line that is written; `esc` leaves it, and
then a key means this. The chord works within the line too. In line mode the word stands after a
colon.
"""


def page() -> str:
    """The whole page."""
    maps = [shipped(name) for name in MAPS]
    parts = [HEAD]
    for group, title in TITLES.items():
        rows = [action for action in ACTIONS if action.group == group]
        parts.append(f"## {title}\n")
        parts.append(f"| action | {' | '.join(MAPS)} | chord | word | what it does |")
        parts.append("|---" * (len(MAPS) + 4) + "|")
        for action in rows:
            keys = [" ".join(_key(key, action) for key in one.of(action)) or "—" for one in maps]
            cells = [action.id, *keys, f"`{key_label(action.chord)}`", _word(action), _told(action)]
            parts.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        parts.append("")
    return "\n".join([*parts, *_deriving()])


def _deriving() -> list[str]:
    """The table of the derive screen, which has the same keys in every map."""
    parts = [DERIVE_HEAD, "| action | key | chord | word | what it does |", "|---" * 5 + "|"]
    for action in DERIVING:
        keys = " ".join(f"`{key_label(key)}`" for key in action.keys) or "—"
        chord = f"`{key_label(action.chord)}`" if action.chord else "—"
        words = ", ".join(f"`:{word}`" for word in (action.verb, *action.synonyms) if word) or "—"
        parts.append(f"| {action.id} | {keys} | {chord} | {words} | {_told(action)} |")
    return [*parts, ""]


def _key(key: str, action: Action) -> str:
    label = f"`{key_label(key)}`"
    return f"*{label}*" if action.panel else label


def _word(action: Action) -> str:
    return ", ".join(f"`{word}`" for word in (action.verb, *action.synonyms) if word) or "—"


def _told(action: Action | DeriveAction) -> str:
    if action.argument is None:
        return action.help
    such = re.split(rf", (?={action.verb}\b)", action.argument.example)
    return f"{action.help} {', '.join(f'`{one}`' for one in such)}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
