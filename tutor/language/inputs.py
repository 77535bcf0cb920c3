"""The values of inputs as typed after `--at`: `x=-2,y=5`, `W=[[1,2],[3,4]]`, `x=file.npy`, and
`file.npz` for all arrays in it by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar

from tutor.language.errors import LanguageError, Reason, shortened
from tutor.language.functions import function_named
from tutor.language.parser import found
from tutor.language.tokens import MAX_TEXT, Token, tokenize
from tutor.language.tree import Binary, Expression, Name, Program, walk

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    InputValue: TypeAlias = "float | np.ndarray[Any, Any]"

Read = TypeVar("Read")

MAX_AXES = 32

NAME_HINTS = {
    "e": "for e to the power x write exp(x)",
    "pi": "write 3.141592653589793",
}


@dataclass(frozen=True, slots=True)
class Given:
    """One input as it was given, and where: `text[start:end]` is `name=value`."""

    name: str
    value: InputValue
    text: str
    start: int
    end: int


def parse_at(texts: Iterable[str]) -> dict[str, InputValue]:
    """The values that the `--at` options give, by name: floats, and float64 arrays for lists.

    An array from a file keeps its own floating-point type; whole numbers become float64. Raises
    `LanguageError`, whose `text` is the option at fault.
    """
    return {name: _real(given.value) for name, given in read_at(texts).items()}


def read_at(texts: Iterable[str]) -> dict[str, Given]:
    """As `parse_at`, with the place of each input, for `bind`; arrays of whole numbers and masks
    from files stay what they are."""
    inputs: dict[str, Given] = {}
    for text in texts:
        if len(text) > MAX_TEXT:
            message = f"{len(text)} characters; at most {MAX_TEXT} are read"
            _refuse("too_long", message, text, MAX_TEXT, MAX_TEXT + 1, "put the array in a file")
        if not text.strip(" \t\r\n"):
            _refuse("empty_input", "there is nothing to read", text, 0, len(text), "write x=1,y=2")
        for start, end in _pieces(text):
            for given in _given(text, start, end):
                if given.name in inputs:
                    message = f"{shortened(given.name)} is given twice"
                    _refuse("bad_arguments", message, text, start, end)
                inputs[given.name] = given
    return inputs


def typed(given: Mapping[str, Given]) -> tuple[tuple[str, str], ...]:
    """The inputs as they were typed, name and value; a file of arrays once, without a value."""
    pieces = [one.text[one.start : one.end].partition("=") for one in given.values()]
    return tuple(dict.fromkeys((name.strip(), text.strip()) for name, _, text in pieces))


def bind(
    program: Program, given: Mapping[str, Given], option: str = "--at"
) -> dict[str, InputValue]:
    """The values for the program's inputs, in their order.

    Raises `LanguageError` when an input has no value (pointing at it in the program) or a value
    has no input (pointing at it in the option).
    """
    uses = f"the expression uses {_listed(program.inputs) if program.inputs else 'no input'}"
    for name, one in given.items():
        if name in program.inputs:
            continue
        message = f"{uses}; {option} gives {shortened(name)}"
        if any(statement.name == name for statement in program.statements):
            message = f"{shortened(name)} is worked out by the expression itself; {option} gives it"
        near = _near(name, program.inputs)
        hint = f"did you mean {near}?" if near and near not in given else ""
        _refuse("unknown_name", message, one.text, one.start, one.end, hint)
    missing = [name for name in program.inputs if name not in given]
    if missing:
        place = _first_use(program, missing[0])
        message = f"{uses}; {option} gives no value for {_listed(missing)}"
        hint = _missing_hint(program, missing[0])
        hint = hint or f"add {option} " + ",".join(f"{shortened(name)}=..." for name in missing[:6])
        _refuse("bad_arguments", message, program.text, place.start, place.end, hint)
    return {name: _real(given[name].value) for name in program.inputs}


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """The spans of `name=value`, which commas outside brackets divide."""
    start = level = 0
    for position, char in enumerate(text):
        if char == "[":
            level += 1
        elif char == "]":
            level = max(0, level - 1)
        elif char == "," and level == 0:
            yield _trimmed(text, start, position)
            start = position + 1
    yield _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t\r\n":
        start += 1
    while end > start and text[end - 1] in " \t\r\n":
        end -= 1
    return start, end


def _given(text: str, start: int, end: int) -> list[Given]:
    """The input of one piece, or all those in a file of arrays."""
    sign = text.find("=", start, end)
    if sign < 0 and text[start:end].lower().endswith(".npz"):
        from tutor.language.arrays import read_npz

        arrays = _from_file(text, start, end, read_npz)
        return [Given(name, value, text, start, end) for name, value in arrays.items()]
    if sign < 0:
        piece = shortened(text[start:end])
        hint = "a vector is written x=[1, 2]" if start > 0 else "write x=1,y=2"
        message = f"expected name=value, found {piece}" if piece else "expected name=value"
        _refuse("syntax_error", message, text, start, max(end, start + 1), hint)
    name = _name(text, start, sign)
    first, last = _trimmed(text, sign + 1, end)
    if first == last:
        message = f"{shortened(name)} is given no value"
        _refuse("syntax_error", message, text, start, end, f"write {shortened(name)}=1")
    if text[first:last].lower().endswith(".npy"):
        from tutor.language.arrays import read_npy

        return [Given(name, _from_file(text, first, last, read_npy), text, start, end)]
    if text[first:last].lower().endswith(".npz"):
        hint = f"give the file alone: {shortened(text[first:last], 60)}"
        message = "an .npz file holds arrays with names of their own"
        _refuse("bad_arguments", message, text, first, last, hint)
    return [Given(name, _Reader(text, first, last).whole(), text, start, end)]


def _name(text: str, start: int, end: int) -> str:
    tokens = tokenize(text, start, end, most_tokens=MAX_TEXT, longest_line=MAX_TEXT)
    if len(tokens) != 2 or tokens[0].kind != "name":
        first, last = _trimmed(text, start, end)
        message = (
            f"{shortened(text[first:last])} is not a name" if last > first else "a name is missing"
        )
        _refuse("syntax_error", message, text, first, max(last, first + 1), "write x=1,y=2")
    return tokens[0].text


class _Reader:
    """Numbers and nested lists of numbers."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.tokens = tokenize(text, start, end, most_tokens=MAX_TEXT, longest_line=MAX_TEXT)
        self.position = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def whole(self) -> InputValue:
        """The value that the whole text is."""
        start = self.token.start
        if self.token.text != "[":
            value: InputValue = self.number()
        else:
            entries: list[float] = []
            shape = self.entries(entries, 1)
            import numpy as np

            value = np.array(entries, dtype=np.float64).reshape(shape)
        if self.token.kind != "end":
            hint = "values are numbers, lists of numbers or .npy files"
            message = f"expected the end of the value, found {found(self.token)}"
            _refuse("syntax_error", message, self.text, self.token.start, self.token.end, hint)
        if start == self.token.start:
            _refuse("syntax_error", "a value is missing", self.text, start, start + 1)
        return value

    def entries(self, into: list[float], depth: int) -> tuple[int, ...]:
        """Read a list, add its numbers, and return its shape."""
        opened = self.token
        if depth > MAX_AXES:
            message = f"more than {MAX_AXES} brackets within each other"
            _refuse("too_deep", message, self.text, opened.start, opened.end)
        self.position += 1
        count = 0
        inner: tuple[int, ...] | None = None
        while self.token.text != "]":
            start = self.token.start
            if self.token.text == "[":
                shape = self.entries(into, depth + 1)
            else:
                into.append(self.number())
                shape = ()
            if inner is not None and shape != inner:
                self.refuse_ragged(inner, shape, start)
            inner = shape
            count += 1
            if self.token.text == ",":
                self.position += 1
            elif self.token.text != "]":
                self.refuse_unclosed(opened)
        if inner is None:
            message = "an array needs at least one entry"
            _refuse("bad_arguments", message, self.text, opened.start, self.token.end)
        self.position += 1
        return (count, *inner)

    def number(self) -> float:
        """A number with or without its sign; `nan` and `inf` by name."""
        first = self.token
        sign = -1.0 if first.text == "-" else 1.0
        if first.kind == "sign" and first.text in ("-", "+"):
            self.position += 1
        token = self.token
        if token.kind == "name" and token.text.lower() in ("nan", "inf"):
            self.position += 1
            return sign * float(token.text)
        if token.kind != "number":
            hint = "values are numbers, lists of numbers or .npy files"
            end = max(token.end, token.start + 1)
            message = f"expected a number, found {found(token)}"
            if token.kind == "end":
                message = "expected a number"
            _refuse("syntax_error", message, self.text, token.start, end, hint)
        self.position += 1
        return sign * float(token.text)

    def refuse_ragged(self, first: tuple[int, ...], other: tuple[int, ...], start: int) -> NoReturn:
        end = self.tokens[self.position - 1].end
        message = "a number and a list beside each other in one array"
        if first and other:
            message = f"rows of {first[0]} and {other[0]} entries in one array"
            if first[0] == other[0]:
                message = f"rows of the shapes {first} and {other} in one array"
        _refuse("bad_arguments", message, self.text, start, end, "all rows must be of one shape")

    def refuse_unclosed(self, opened: Token) -> NoReturn:
        token = self.token
        if token.kind == "end":
            _refuse("syntax_error", '"[" is never closed', self.text, opened.start, opened.end)
        message = f'expected "," or "]", found {found(token)}'
        _refuse("syntax_error", message, self.text, token.start, token.end)


def _from_file(text: str, start: int, end: int, read: Callable[[Path], Read]) -> Read:
    """What a file of arrays holds."""
    from pathlib import Path

    from tutor.language.arrays import ArraysError

    name = shortened(text[start:end], 60)
    try:
        return read(Path(text[start:end]).expanduser())
    except ArraysError as error:
        _refuse("bad_arguments", f"{name}: {error}", text, start, end, error.hint)
    except (ValueError, RuntimeError):  # a path with a character that no path has, an unknown ~user
        _refuse("bad_arguments", f"{name}: there is no such file", text, start, end)


def _real(value: InputValue) -> InputValue:
    """The value as numbers with a gradient: whole numbers and masks become float64."""
    if isinstance(value, float) or value.dtype.kind == "f":
        return value
    return value.astype("float64")


def _first_use(program: Program, name: str) -> Expression:
    for statement in program.statements:
        for term in walk(statement.expression):
            if isinstance(term, Name) and term.name == name:
                return term
    return program.result


def _missing_hint(program: Program, name: str) -> str:
    if name in NAME_HINTS:
        return NAME_HINTS[name]
    if function_named(name):
        return f"{name} is a function as well: write {name}(...)"
    for statement in program.statements:
        for term in walk(statement.expression):
            if isinstance(term, Binary) and term.implied and term.left == Name(name):
                short = shortened(name)
                return f"there is no function {short}: {short}(...) is the product {short}*(...)"
    return ""


def _near(name: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    matches = get_close_matches(name[:40], list(known), n=1, cutoff=0.6)
    return shortened(matches[0]) if matches else None


def _listed(names: Iterable[str], most: int = 8) -> str:
    """`w, x and b`; of a long list the first few and their number."""
    shown = [shortened(name) for name in names]
    if len(shown) > most:
        return ", ".join(shown[:most]) + f" and {len(shown) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _refuse(
    reason: Reason, message: str, text: str, start: int, end: int, hint: str = ""
) -> NoReturn:
    raise LanguageError(reason, message, start, end, hint, text)
