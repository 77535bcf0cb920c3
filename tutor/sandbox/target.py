"""`loss.py:mse`: which function of which file, looked up without running anything."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from stat import S_ISREG
from typing import Literal, NoReturn

MAX_FILE = 4 * 1024 * 1024

Kind = Literal[
    "missing", "arguments", "exception", "refused", "output", "timeout", "crash", "stopped"
]


class FunctionError(Exception):
    """Why a user's function could not be traced; `str` gives one line.

    kind: "missing" (no such file or function), "arguments" (they do not fit the function),
    "exception" (their code raised), "refused" (the engine cannot follow their code), "output" (the
    result is no tensor), "timeout", "crash" (the process ended or ran out of memory), "stopped".
    file, line, column: the innermost place in their file, counted from 1; source_line: that line.
    printed: what the function had printed by then.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: Kind,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        source_line: str | None = None,
        printed: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.file = file
        self.line = line
        self.column = column
        self.source_line = source_line
        self.printed = printed

    @property
    def place(self) -> str:
        """`loss.py:12`, or nothing."""
        if self.file is None:
            return ""
        return Path(self.file).name + ("" if self.line is None else f":{self.line}")

    def __str__(self) -> str:
        place = self.place
        return self.message if not place or place in self.message else f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A function of a Python file."""

    path: Path
    function: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.function}"


def file_target(text: str) -> FileTarget | None:
    """The function that `loss.py:mse` names; None where the text does not look like that.

    Raises FunctionError (`missing`) where there is no such file, or nothing of that name in it.
    """
    match = re.fullmatch(r"\s*(?P<path>.*\.py)(?::(?P<name>[^:/\\]*))?\s*", text, re.DOTALL)
    if match is None or "\n" in text:
        return None
    path = Path(os.path.expanduser(match["path"]))
    name = (match["name"] or "").strip()
    functions, names = _defined(_parsed(path, read_source(path)))
    offered = ", ".join(f"{path.name}:{known}" for known in functions[:6])
    if not name:
        known = f"; there is {offered}" if offered else ""
        _refuse(f"{path.name}: say which function, as in {path.name}:loss{known}", path)
    if not name.isidentifier():
        hint = f"; write a function that calls it, as in def loss(x): return {name[:40]}(x)"
        message = f"{path.name}: {name[:60]!r} is no name of a function of the file"
        _refuse(f"{message}{hint if '.' in name else ''}", path)
    if names and "*" not in names and name not in names:
        near = _near(name, functions)
        hint = f"; there is {offered}" if offered else "; it defines none"
        hint = f"; did you mean {path.name}:{near}?" if near else hint
        _refuse(f"{path.name} has no function {name}{hint}", path)
    return FileTarget(path, name)


def read_source(path: Path) -> str:
    """The text of a Python file. Raises FunctionError (`missing`) where it cannot be read."""
    from importlib.util import decode_source

    name = path.name
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            _refuse(f"{name}: this is not a file", path)
        if status.st_size > MAX_FILE:
            _refuse(f"{name}: {status.st_size} bytes; at most {MAX_FILE} are read", path)
        return decode_source(path.read_bytes())
    except FileNotFoundError:
        near = _near(name, _beside(path))
        hint = f"; did you mean {near}?" if near else ""
        _refuse(f"{path}: there is no such file{hint}", path)
    except OSError as error:
        _refuse(f"{name}: the file cannot be read ({error.strerror or error})", path)
    except (SyntaxError, UnicodeError, ValueError):
        _refuse(f"{name}: this is no text in the encoding that it declares", path)


def near_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like another, if one is."""
    return _near(name, known)


def _parsed(path: Path, text: str) -> ast.Module | None:
    """The module; None where Python cannot read it, which its run will tell better."""
    try:
        return ast.parse(text, str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defined(module: ast.Module | None) -> tuple[list[str], set[str]]:
    """The functions that a module writes at its top level, and all names that it gives itself
    there; "*" where it takes all names of another."""
    if module is None:
        return [], set()
    functions: dict[str, None] = {}
    others: set[str] = set()
    for statement in _statements(module.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            functions[statement.name] = None
        elif isinstance(statement, ast.ClassDef):
            others.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                others.add(alias.asname or alias.name.partition(".")[0])
        else:
            named = dict.fromkeys(
                name
                for part in ast.iter_child_nodes(statement)
                if isinstance(part, ast.expr | ast.withitem)
                for name in _stored(part)
            )
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Lambda):
                functions |= named
            others |= named.keys()
    return list(functions), others | functions.keys()


def _stored(part: ast.AST) -> Iterator[str]:
    for inner in ast.walk(part):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements with those inside `if`, `try`, `with` and loops."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from _statements(handler.body)


def _beside(path: Path) -> list[str]:
    try:
        return [one.name for one in sorted(path.parent.glob("*.py"))[:1000]]
    except OSError:
        return []


def _near(name: str, known: Iterable[str]) -> str | None:
    matches = get_close_matches(name[:60], list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def _refuse(message: str, path: Path) -> NoReturn:
    raise FunctionError(message, kind="missing", file=str(path))
