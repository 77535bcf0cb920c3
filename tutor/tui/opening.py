"""From two lines of text to a session, or to a fault with the spot it lies at.

Imports the language, the engine and NumPy when first called: no first frame needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tutor.language import Program
    from tutor.session.session import Session

EXAMPLE = "(x + y)*z"
EXAMPLE_INPUTS = "x=-2, y=5, z=-4"


@dataclass(frozen=True, slots=True)
class Ready:
    """What can be opened: the program, the values of its inputs, and these as they were typed."""

    program: Program
    inputs: dict[str, Any]
    typed: tuple[tuple[str, str], ...]


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


def read(expression: str, inputs: str) -> Ready | Fault:
    """Read both lines as they are typed. Never raises for a text, whatever it is."""
    from tutor.language import LanguageError, bind, parse, read_at

    try:
        program = parse(expression)
    except LanguageError as error:
        return Fault("expression", error.message, error.hint, error.start, error.end)
    try:
        given = read_at([inputs]) if inputs.strip() else {}
    except LanguageError as error:
        return Fault("inputs", error.message, error.hint, error.start, error.end)
    try:
        values = bind(program, given, "at")
    except LanguageError as error:
        field = "inputs" if error.text == inputs else "expression"
        return Fault(field, error.message, error.hint, error.start, error.end)
    texts = {name: one.text[one.start : one.end].partition("=")[2] for name, one in given.items()}
    return Ready(program, values, tuple((name, text.strip()) for name, text in texts.items()))


def open_session(ready: Ready) -> Session | Fault:
    """Run the function and stand at its beginning; a Fault where the engine refuses it."""
    from engine.errors import EngineError
    from tutor.language import LanguageError
    from tutor.session.session import start

    try:
        return start(ready.program, ready.inputs)
    except LanguageError as error:
        return Fault("expression", error.message, error.hint, error.start, error.end)
    except EngineError as error:
        return Fault("expression", str(error), "", 0, len(ready.program.text))
