"""The shelf of exercises: those that are shipped, by name, and a teacher's own, by path.

Files are opened here, before anything is judged. Whatever is wrong with a name or a file is a
`ShelfError` of one line.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from tutor.judge.exercise import Exercise, ExerciseError, read_exercise
from tutor.judge.worked import WorkedStep, with_steps
from tutor.language.errors import shortened

MAX_BYTES = 1_000_000
ENDING = ".json"
_MOST_STEPS = 200

Warn = Callable[[str], None]


class ShelfError(ValueError):
    """An exercise that is not there or cannot be read: one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list of exercises says of one of them. level: 1 (one rule) to 5 (a whole cell)."""

    name: str
    title: str
    summary: str
    level: int
    find: str
    targets: tuple[str, ...]


@cache
def names() -> tuple[str, ...]:
    """The names of the shipped exercises: by level, then as the alphabet has them."""
    return tuple(one.name for one in summaries())


@cache
def summaries() -> tuple[Summary, ...]:
    """One entry a shipped exercise, the easier ones first."""
    found = [_summary(name, _shipped(name)) for name in sorted(_listed())]
    return tuple(sorted(found, key=lambda one: (one.level, one.find != "gradient", one.name)))


def load(name: str | Path, warn: Warn | None = None) -> Exercise:
    """An exercise by the name under which it is shipped, or by the path of a JSON file.

    Anything with a slash in it or `.json` at its end is a path. warn: is told, in one line each,
    which keys of the file are ignored. Raises ShelfError.
    """
    text = str(name)
    if isinstance(name, Path) or text.endswith(ENDING) or "/" in text or "\\" in text:
        return _from_file(Path(name), warn)
    if text not in _listed():
        raise ShelfError(_unknown(text))
    return _exercise(_shipped(text), text, warn)


def _from_file(path: Path, warn: Warn | None) -> Exercise:
    shown = shortened(path.name)
    data = _parsed(_read(path, shown), shown)

    def tell(message: str) -> None:
        if warn is not None:
            warn(f"{shown}: {message}")

    return _exercise(data, shown, tell)


def _exercise(data: Mapping[str, Any], shown: str, warn: Warn | None) -> Exercise:
    try:
        exercise = read_exercise(data, warn)
    except ExerciseError as error:
        raise ShelfError(f"{shown}: {error}") from None
    return with_steps(exercise, _steps(data, shown))


def _steps(data: Mapping[str, Any], shown: str) -> tuple[WorkedStep, ...]:
    """The lines of a proof, where the author gave them."""
    given = data.get("steps", [])
    wanted = f'{shown}: steps: a list of {{"line": "…", "rule": "…"}} is wanted'
    if not isinstance(given, list) or len(given) > _MOST_STEPS:
        raise ShelfError(wanted)
    steps: list[WorkedStep] = []
    for one in given:
        if not isinstance(one, dict):
            raise ShelfError(wanted)
        line, rule = one.get("line"), one.get("rule", "")
        if not isinstance(line, str) or not isinstance(rule, str):
            raise ShelfError(wanted)
        steps.append(WorkedStep(line, rule))
    return tuple(steps)


def _read(path: Path, shown: str) -> str:
    try:
        plain = stat.S_ISREG(path.stat().st_mode)
        # A pipe would be waited for.
        held = _start_of(path) if plain else b""
    except FileNotFoundError:
        near = _near(path.name.removesuffix(ENDING))
        hint = f"; the exercise {near} is shipped, without a path" if near else ""
        raise ShelfError(f"there is no file {shown}{hint}") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "the path cannot be used"
        raise ShelfError(f"{shown} cannot be read: {why}") from None
    if not plain:
        raise ShelfError(f"{shown} is no file; give the path of an exercise's JSON file")
    if len(held) > MAX_BYTES:
        raise ShelfError(f"{shown} is larger than {MAX_BYTES} bytes; an exercise is much smaller")
    try:
        return held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        raise ShelfError(f"{shown}: line {line} is not UTF-8 text; save it as UTF-8") from None


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _parsed(text: str, shown: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ShelfError(f"{shown}: {place}: this is no JSON: {error.msg}") from None
    except RecursionError:
        raise ShelfError(f"{shown}: the data is nested too deeply") from None
    except ValueError:
        raise ShelfError(f"{shown}: a number in it has too many digits") from None
    if not isinstance(data, dict):
        raise ShelfError(f'{shown}: an exercise is an object: {{"vars": …, "forward": …}}')
    return data


@cache
def _listed() -> frozenset[str]:
    found = (entry.name for entry in _folder().iterdir())
    return frozenset(name.removesuffix(ENDING) for name in found if name.endswith(ENDING))


def _shipped(name: str) -> Mapping[str, Any]:
    text = _folder().joinpath(name + ENDING).read_text(encoding="utf-8")
    return _parsed(text, name)


def _folder() -> Any:
    return files("lessons").joinpath("exercises")


def _summary(name: str, data: Mapping[str, Any]) -> Summary:
    return Summary(
        name,
        data.get("title", name),
        data.get("summary", ""),
        data.get("level", 1),
        data.get("find", "gradient"),
        tuple(data.get("targets", ())),
    )


def _unknown(name: str) -> str:
    near = _near(name)
    hint = f"; did you mean {near}?" if near else "; without a name, derive lists them all"
    return f"there is no exercise {shortened(name)}{hint}"


def _near(name: str) -> str | None:
    wanted = name.lower().replace("_", "-").replace(" ", "-")
    known = sorted(_listed())
    if wanted in known:
        return wanted
    close = get_close_matches(wanted[:80], known, 1, 0.6)
    if close:
        return close[0]
    return next((one for one in known if len(wanted) > 2 and wanted in one), None)
