"""`backprop settings`: what a person chose, shown and changed."""

from __future__ import annotations

import argparse
import json
import sys

from tutor.cli.errors import RIGHT, UnusableInput

NAME = "settings"
HELP = "Show or change the settings and the keys."
EXAMPLES = (
    ("backprop settings", "what is set, and where the file lies"),
    ("backprop settings theme=light precision=6", "change two of them"),
    ("backprop settings line=on", "line mode in place of the screen, for a screen reader"),
    ("backprop settings keymap=vi", "hjkl move in time"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the changes and the form."""
    parser.add_argument("changes", metavar="NAME=VALUE", nargs="*", help="what to set")
    parser.add_argument("--keys", action="store_true", help="list every action with its keys")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Change what is to be changed, then print what is set."""
    from tutor.settings import settings

    for change in arguments.changes:
        name, equals, text = change.partition("=")
        try:
            if not equals:
                raise settings.SettingError("expected name=value, such as theme=light")
            value = settings.typed(name.strip(), text)
        except settings.SettingError as error:
            raise UnusableInput(str(error), text=change, start=0, end=len(change)) from error
        try:
            settings.save(name.strip(), value)
        except settings.SettingError as error:
            raise UnusableInput(str(error)) from error
        except OSError as error:
            raise UnusableInput(f"the settings cannot be written: {error.strerror}") from error
    chosen, wrong = settings.load()
    from tutor.actions.keymap import chosen as chosen_keys

    keymap, odd = chosen_keys(chosen.keymap, chosen.keys)
    for line in [*wrong, *odd]:
        print(line, file=sys.stderr)
    data = settings.as_data(chosen)
    if arguments.json:
        keys = {name: list(keys) for name, keys in keymap.keys.items()}
        document = {"format": 1, "file": str(settings.settings_file()), **data, "keys": keys}
        print(json.dumps(document))
        return RIGHT
    print(f"# {settings.settings_file()}")
    for name in settings.NAMES:
        value = data[name]
        print(f"{name:<10} {str(value).lower() if isinstance(value, bool) else value}")
    if arguments.keys:
        from tutor.actions import ACTIONS

        for action in ACTIONS:
            pressed = " ".join(keymap.of(action)) or action.chord
            print(f"{action.id:<18} {pressed:<28} {action.help}")
    return RIGHT
