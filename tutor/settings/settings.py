"""What a person chose, in one TOML file in the platform's folder for configuration.

    theme = "light"            # auto, dark, light, contrast, terminal
    motion = false             # true: events play one after the other
    precision = 4              # significant digits, 2 to 8
    ascii = true               # "auto": as the terminal can
    line = true                # commands open line mode in place of the screen
    notation = "L"             # how formulas are written
    keymap = "vi"              # default, vi, arrows

    [keys]                     # of single actions, on top of the key map
    "step.next" = ["right", "n"]

A file that is wrong in places still counts in the others; what is wrong is told in one line each.
"""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tutor.settings.paths import config_folder

FILE = "settings.toml"

_CHOICES: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "theme": ("auto", "dark", "light", "contrast", "terminal"),
        "motion": (True, False),
        "precision": tuple(range(2, 9)),
        "ascii": ("auto", True, False),
        "line": (True, False),
        "notation": ("own", "tutor", "Q", "L", "I", "B", "C"),
        "keymap": ("default", "vi", "arrows"),
    }
)


def _no_keys() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person chose. keys: of single actions, by the action's id."""

    theme: str = "auto"
    motion: bool = True
    precision: int = 4
    ascii: bool | str = "auto"
    line: bool = False
    notation: str = "own"
    keymap: str = "default"
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=_no_keys)


NAMES = tuple(_CHOICES)
"""What can be set, apart from the keys."""


class SettingError(ValueError):
    """A setting that there is not, or a value that it cannot have; one line."""


def settings_file() -> Path:
    """The path of the file, whether it exists or not."""
    return config_folder() / FILE


def load() -> tuple[Settings, list[str]]:
    """The settings, and one line for each thing in the file that cannot be used."""
    path = settings_file()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings(), []
    except OSError as error:
        return Settings(), [f"{path.name} cannot be read: {error.strerror}"]
    except UnicodeDecodeError:
        return Settings(), [f"{path.name} is no text in UTF-8"]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Settings(), [f"{path.name} is no TOML: {error}"]
    return read(data)


def read(data: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """The settings in a TOML document, and what in it cannot be used."""
    settings, wrong = Settings(), []
    for name, value in data.items():
        if name == "keys":
            keys, complaints = _keys(value)
            settings = replace(settings, keys=keys)
            wrong += complaints
            continue
        try:
            settings = replace(settings, **{name: checked(name, value)})
        except SettingError as error:
            wrong.append(f"{FILE}: {error}")
    return settings, wrong


def checked(name: str, value: Any) -> Any:
    """The value, if the setting can have it. Raises SettingError."""
    if name not in _CHOICES:
        import difflib

        near = difflib.get_close_matches(name, _CHOICES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(NAMES)}"
        raise SettingError(f"there is no setting {name[:40]!r}; {hint}")
    choices = _CHOICES[name]
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        known = ", ".join(_toml(choice) for choice in choices)
        raise SettingError(f"{name} cannot be {str(value)[:40]!r}; it is one of {known}")
    return value


def typed(name: str, text: str) -> Any:
    """A value as it is typed after `name=`: true, 4, light. Raises SettingError."""
    word = text.strip().strip("\"'")
    values: dict[str, Any] = {"true": True, "false": False, "on": True, "off": False}
    value = values.get(word.lower(), int(word) if word.isdecimal() and len(word) < 10 else word)
    return checked(name, value)


def save(name: str, value: Any) -> None:
    """Write one setting into the file and leave the rest of it as it is, comments too.

    Raises SettingError for a value that it cannot have and for a file that is no text, and OSError
    where the file cannot be written.
    """
    line = f"{name} = {_toml(checked(name, value))}"
    path = settings_file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except UnicodeDecodeError as error:
        raise SettingError(f"{path} is no text in UTF-8; move it away to begin anew") from error
    head, bracket, tail = _split(text)
    pattern = re.compile(rf"^[ \t]*{name}[ \t]*=[^\n#]*(?P<note>#[^\n]*)?$", re.MULTILINE)
    found = pattern.search(head)
    if found is None:
        head = f"{head.rstrip()}\n{line}\n".lstrip() + ("\n" if bracket else "")
    else:
        note = f"  {found['note']}" if found["note"] else ""
        head = head[: found.start()] + line + note + head[found.end() :]
    whole = head + bracket + tail
    try:
        tomllib.loads(whole)
    except tomllib.TOMLDecodeError as error:
        told = f"{path.name} is written in a way that is left alone; write {line} there by hand"
        raise SettingError(told) from error
    _write(path, whole)


def as_data(settings: Settings) -> dict[str, Any]:
    """The settings as plain data."""
    data = {one.name: getattr(settings, one.name) for one in fields(settings)}
    data["keys"] = {name: list(keys) for name, keys in settings.keys.items()}
    return data


def _keys(value: Any) -> tuple[Mapping[str, tuple[str, ...]], list[str]]:
    if not isinstance(value, dict):
        return _no_keys(), [f"{FILE}: [keys] is a table of action names and keys"]
    keys, wrong = {}, []
    for name, given in value.items():
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list) or not all(isinstance(key, str) and key for key in listed):
            wrong.append(f'{FILE}: the keys of {name[:40]} are written ["right", "n"]')
            continue
        keys[name] = tuple(listed)
    return MappingProxyType(keys), wrong


def _split(text: str) -> tuple[str, str, str]:
    """The text before the first table, the beginning of that, and the rest."""
    found = re.search(r"^[ \t]*\[", text, re.MULTILINE)
    if found is None:
        return text, "", ""
    return text[: found.start()], text[found.start() : found.end()], text[found.end() :]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            Path(temporary).unlink(missing_ok=True)
