"""The child process that runs a learner's function: `python -m tutor.sandbox.run_submission IN
OUT`, started by `tutor.sandbox.submission`.

IN and OUT are numbers of open files. One line of JSON and an .npz file are read; one line of JSON
and an .npz file are written, at the end and at once. Standard output and standard error belong to
the learner's code. Nothing here knows what is right.
"""

from __future__ import annotations

import errno
import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any

import numpy as np

from tutor.sandbox.fence import close_fence
from tutor.sandbox.limits import LONGEST_MESSAGE, SPARE, UNANSWERED, end_with, limit, limit_time

MOST_ENTRIES = 100_000
"""Entries of one array that are handed over."""

MOST_FILES = 64

FENCED = "a file that is checked reads and computes; it writes no files and starts no processes"

_NUMBERS = "fiubc"
_FENCED = (errno.EPERM, errno.EROFS, errno.EFBIG)
# Their code may exchange any function of a module; these are the real ones.
_array_of, _pack, _write, _process = np.array, np.savez, os.write, os.getpid


class Refused(Exception):
    """The function cannot be called, or returned something else. kind: as of FunctionError."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def main(question: int, reply: int) -> None:
    """Read, run, answer, and end at once: threads of the learner's are not waited for."""
    with os.fdopen(question, "rb") as file:
        head, _, packed = file.read().partition(b"\n")
    request = json.loads(head)
    with np.load(BytesIO(packed), allow_pickle=False) as arrays:
        values = [arrays[name] for name in arrays.files]
    nothing = os.open(os.devnull, os.O_WRONLY)
    _limit(request)
    process = _process()

    def hush() -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number in (1, 2):
            os.dup2(nothing, number)

    told, document = answer(request, values, hush)
    try:
        left = memoryview(json.dumps(told).encode() + b"\n" + document)
        while left and _process() == process:  # not in a copy that their code made by a fork
            left = left[_write(reply, left) :]
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BaseException:  # their code may have closed or exchanged any of these
        os._exit(UNANSWERED)
    os._exit(0)


def answer(
    request: Mapping[str, Any], values: Sequence[Any], hush: Callable[[], None]
) -> tuple[dict[str, Any], bytes]:
    """What is told about the run, and its arrays as an .npz file, in the order that is told.

    hush: called after the first inputs; what is printed later is what was printed before.
    """
    path, text, names = request["path"], request["text"], request["names"]
    random.seed(request["seed"])
    np.random.seed(request["seed"] % 2**32)
    given = iter(values)
    samples = [{name: next(given) for name in names_of} for names_of in request["inputs"]]
    gathered: list[dict[str, Any]] = []
    instead: dict[str, str] = {}
    notes: dict[str, str] = {}
    error = None
    try:
        function = _function(_loaded(path, text), request["function"])
        for sample in samples:
            result = _called(function, request["function"], sample)
            gathered.append(_taken(result, names, instead, notes))
            if len(gathered) == 1:
                hush()
    except BaseException as caught:  # whatever their code raises, SystemExit too, is told as theirs
        error = _told(caught, path, text, request["memory"])
        partial = _partial(caught.__traceback__, path, request["function"])
        with suppress(Exception):  # their values may do anything when they are looked at
            gathered.append(_taken(partial, names, instead, notes))
        instead = {k: "unreached" if v == "missing" else v for k, v in instead.items()}
    file = BytesIO()
    _pack(file, *[array for sample in gathered for array in sample.values()])
    told = {
        "arrays": [list(sample) for sample in gathered],
        "instead": instead,
        "notes": notes,
        "error": error,
    }
    return told, file.getvalue()


def _limit(request: Mapping[str, Any]) -> None:
    """Bound what this process may use, for good, and put the fence up."""
    end_with(int(request["parent"]))
    seconds = float(request["seconds"])
    limit_time(seconds + SPARE)
    limit("RLIMIT_CPU", int(seconds + SPARE) + 1, for_good=True)
    limit("RLIMIT_AS", _used() + int(request["memory"]), for_good=True)
    limit("RLIMIT_CORE", 0, for_good=True)
    limit("RLIMIT_FSIZE", 0, for_good=True)
    limit("RLIMIT_NOFILE", MOST_FILES, for_good=True)
    if not close_fence():
        limit("RLIMIT_NPROC", 0, for_good=True)


def _used() -> int:
    """Bytes of address space that this process has by now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 1024**3


def _loaded(path: str, text: str) -> ModuleType:
    """The learner's file as a module of its own name; what lies beside it can be imported, but
    takes the place of no module of Python's."""
    sys.path.append(str(Path(path).parent))
    sys.argv = [path]
    name = Path(path).stem
    while name in sys.modules or not name.isidentifier():
        name = f"user_{''.join(c if c.isalnum() else '_' for c in name)}"
    loader = _Loader(name, path, text)
    spec = spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


class _Loader(SourceFileLoader):
    """Imports the text that the parent has read, whatever the file holds by now."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._text, self.path)


def _function(module: ModuleType, name: str) -> Callable[..., Any]:
    function = getattr(module, name, None)
    if not callable(function):
        what = "has no" if function is None else "holds something else than a"
        raise Refused("missing", f"the file {what} function {name}")
    return function  # type: ignore[no-any-return]


def _called(function: Callable[..., Any], name: str, sample: Mapping[str, Any]) -> Any:
    given = {key: x.copy() if x.ndim else _number(x) for key, x in sample.items()}
    try:
        return function(**given)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            wanted = f"{name}({', '.join(sample)})"
            raise Refused("arguments", f"{name} has to take {wanted}: {error}") from error
        raise


def _number(x: Any) -> Any:
    """A number of NumPy's; a whole number, such as a size, of Python's."""
    return int(x) if x.dtype.kind in "iu" else x[()]


def _taken(
    result: Any, names: Sequence[str], instead: dict[str, str], notes: dict[str, str]
) -> dict[str, Any]:
    """The arrays that a function returned, by name; what is no array is told in `instead`."""
    if not isinstance(result, Mapping):
        what = "nothing" if result is None else _a(result)
        message = (
            f'it returns {what}, and has to return a dict such as {{"{names[0]}": {names[0]}}}'
        )
        raise Refused("output", message)
    arrays = {}
    for name in names:
        value = result.get(name, _MISSING)
        array, what, note = _array(value)
        if array is not None:
            arrays[name] = array
        else:
            instead.setdefault(name, what)
        if note:
            notes.setdefault(name, note)
    return arrays


_MISSING = object()


def _array(value: Any) -> tuple[Any, str, str]:
    """A value as an array of numbers, or None and what it is instead; and a note about it."""
    if value is None:
        return None, "none", ""
    if value is _MISSING:
        return None, "missing", ""
    note = _a(value) if isinstance(value, list | tuple) else ""
    try:
        array = _array_of(value)
    except Exception:
        return None, _a(value), ""
    if array.dtype.kind not in _NUMBERS or array.dtype.itemsize > 16:
        what = f"an array of {array.dtype.name}" if isinstance(value, np.ndarray) else _a(value)
        return None, what, ""
    if array.size > MOST_ENTRIES:
        return None, f"an array of shape {array.shape}"[:LONGEST_MESSAGE], ""
    if array.dtype.name in ("longdouble", "clongdouble"):
        array = array.astype(complex if array.dtype.kind == "c" else float)
    return array.astype(array.dtype.newbyteorder("<")), "", note


def _a(value: Any) -> str:
    kind = str(type(value).__name__)[:40]
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


def _told(error: BaseException, path: str, text: str, memory: int) -> dict[str, Any]:
    """An error as data: its kind, what it says, and the innermost place in the learner's file."""
    line = None
    for frame, number in _frames(error.__traceback__):
        if frame.f_code.co_filename == path:
            line = number
    kind, message = "exception", _message(error)
    if isinstance(error, Refused):
        kind, line = error.kind, None
    elif isinstance(error, SystemExit):
        message = f"the code ended itself with sys.exit({_said(error.code, repr)})"
    elif isinstance(error, OSError) and error.errno in _FENCED:
        message = f"{message} ({FENCED})"
    elif isinstance(error, MemoryError):
        message = f"{message} (at most {memory // 1024**2} MB are allowed)"
    elif isinstance(error, SyntaxError) and error.filename == path:
        line, message = error.lineno, f"{type(error).__name__}: {error.msg}"
    lines = text.splitlines()
    inside = line is not None and 1 <= line <= len(lines)
    return {
        "kind": kind,
        "message": message[:LONGEST_MESSAGE],
        "line": line,
        "text": lines[line - 1][:LONGEST_MESSAGE] if line is not None and inside else None,
    }


def _message(error: BaseException) -> str:
    said = " ".join(_said(error, str).split())
    if isinstance(error, Refused):
        return said
    name = type(error).__name__
    return f"{name}: {said}" if said else name


def _said(value: object, words: Callable[[object], str]) -> str:
    """The words of an object of theirs, which may raise anything instead of saying them."""
    try:
        return words(value)
    except BaseException:
        return "(it cannot say what is wrong)"


def _partial(traceback: TracebackType | None, path: str, function: str) -> dict[str, Any]:
    """The variables that the function had when it was left by an error."""
    for frame, _ in _frames(traceback):
        if frame.f_code.co_filename == path and frame.f_code.co_name == function:
            return dict(frame.f_locals)
    return {}


def _frames(traceback: TracebackType | None) -> Iterator[tuple[Any, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
