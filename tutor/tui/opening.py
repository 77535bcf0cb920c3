"""From two lines of text to a session, or to a fault with the spot it lies at.

Imports the language, the engine and NumPy when first called: no first frame needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from tutor.language import Given
    from tutor.session.session import Session

EXAMPLE = "(x + y)*z"
EXAMPLE_INPUTS = "x=-2, y=5, z=-4"


@dataclass(frozen=True, slots=True)
class Ready:
    """What can be opened: the target, the values of its inputs, and these as they were typed. slow:
    it is run or read from a file, so the screen should not wait for it."""

    text: str
    given: Mapping[str, Given]
    typed: tuple[tuple[str, str], ...]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text can not be used, and where.

    field: "expression" or "inputs". start, end: offsets in that text.
    """

    field: str
    message: str
    hint: str
    start: int
    end: int


def read(target: str, inputs: str) -> Ready | Fault:
    """Read both lines as they are typed. Never raises for a text, whatever it is, and runs
    nothing."""
    from tutor.language import LanguageError, bind, parse, read_at, typed
    from tutor.session.targets import kind_of

    program = None
    if kind_of(target) == "expression":
        try:
            program = parse(target)
        except LanguageError as error:
            return Fault("expression", error.message, error.hint, error.start, error.end)
    try:
        given = read_at([inputs]) if inputs.strip() else {}
    except LanguageError as error:
        return Fault("inputs", error.message, error.hint, error.start, error.end)
    try:
        if program is not None:
            bind(program, given, "at")
    except LanguageError as error:
        field = "inputs" if error.text == inputs else "expression"
        return Fault(field, error.message, error.hint, error.start, error.end)
    return Ready(target, given, typed(given), slow=program is None)


def open_session(ready: Ready, stopped: Event | None = None) -> Session | Fault:
    """Run the target and stand at its beginning; a Fault where it cannot be run. stopped: ends what
    runs, of a thread of its own."""
    from engine.errors import EngineError
    from tutor.language import LanguageError
    from tutor.sandbox.target import FunctionError
    from tutor.session.origin import STOPPED
    from tutor.session.targets import opened

    STOPPED.set(stopped)
    try:
        return opened(ready.text, ready.given)
    except LanguageError as error:
        return Fault("expression", error.message, error.hint, error.start, error.end)
    except (EngineError, FunctionError) as error:
        return Fault("expression", str(error), "", 0, len(ready.text))
