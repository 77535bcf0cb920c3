"""The child process that runs a user's function: `python -m tutor.sandbox.run_function IN OUT`,
started by `tutor.sandbox.functions`.

IN and OUT are numbers of open files. One line of JSON and an .npz file are read; one line of JSON
and a trace document are written. Standard output and standard error belong to the user's code.
"""

from __future__ import annotations

import inspect
import json
import os
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, wraps
from io import BytesIO
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from engine.document import Document, DocumentError, write_bytes
from engine.errors import EngineError, GradientError
from engine.marking import load
from engine.passes import Pass
from engine.recording import record_pass
from engine.source import Location
from engine.tensor import Tensor
from engine.trace import Trace
from tutor.sandbox.limits import SPARE, UNANSWERED, end_with, limit, limit_time
from tutor.sandbox.target import near_name

MEMORY = 4 * 1024**3
"""Bytes of address space, where the platform can limit it."""

LONGEST_MESSAGE = 2000

MANY_WRITES = 50

_PYTHONS = frozenset({"float64", "int64", "bool"})  # whose scalars Python has itself


class Refused(Exception):
    """The function cannot be called as asked. kind: as of FunctionError."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def main(question: int, reply: int) -> None:
    """Read, run, answer, and end at once: threads of the user's are not waited for."""
    with os.fdopen(question, "rb") as file:
        head, _, arrays = file.read().partition(b"\n")
    request = json.loads(head)
    limit("RLIMIT_AS", MEMORY)
    limit("RLIMIT_CORE", 0)
    limit_time(float(request["seconds"]) + SPARE)
    end_with(int(request["parent"]))
    process = os.getpid()
    told, document = answer(request, _unpacked(arrays))
    try:
        if os.getpid() == process:  # not in a copy that their code made by a fork
            with os.fdopen(reply, "wb") as file:
                file.write(json.dumps(told).encode() + b"\n" + document)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BaseException:  # their code may have closed or exchanged any of these
        os._exit(UNANSWERED)
    os._exit(0)


def answer(request: Mapping[str, Any], values: list[Any]) -> tuple[dict[str, Any], bytes]:
    """What is told about the run, and the trace as a document; none after an error."""
    path, text = request["path"], request["text"]
    inputs = dict(zip(request["names"], values, strict=False))
    upstream = values[-1] if request["upstream"] else None
    random.seed(request["seed"])
    np.random.seed(request["seed"] % 2**32)
    try:
        function = getattr(_loaded(path, text), request["function"], None)
        if not callable(function) or isinstance(function, type):
            what = "there is no such name" if function is None else "it is no function"
            raise Refused("missing", f"{request['function']}: {what} once the file has run")
        parameters = _parameters(request["function"], function)
        traced, others = _arguments(request["function"], parameters, inputs)
        p = record_pass(
            _called(function, parameters, others),
            traced,
            upstream=upstream,
            dtype=request["dtype"],
            index=request["index"],
            user=path,
        )
        if p.seed is None:
            raise Refused("output", _no_gradient(request["function"], traced))
        document = _document(_without_folders(p))
    except BaseException as error:  # whatever their code raises, SystemExit too, is told as theirs
        return _told(error, path, text), b""
    return {"arguments": [_described(one, traced) for one in parameters.values()]}, document


def _without_folders(p: Pass) -> Pass:
    """The pass with files by their names alone: a trace is handed on, and where a file lay on this
    machine is nobody's business."""

    @cache
    def bare(place: Location | None) -> Location | None:
        if place is None or place.file is None:
            return place
        return replace(place, file=Path(place.file).name)

    decisions = [replace(one, location=bare(one.location)) for one in p.decisions]
    return replace(p, locations=tuple(map(bare, p.locations)), decisions=tuple(decisions))


def _document(p: Pass) -> bytes:
    """The pass as a document. Raises Refused for one that is too large."""
    try:
        return write_bytes(Document(Trace((p,))))
    except DocumentError as error:
        writes = sum(op is not None and op.name == "write" for op in p.ops)
        hint = "; each h[t] = ... keeps all of h: collect the parts in a list and np.stack them"
        raise Refused("refused", f"{error}{hint if writes > MANY_WRITES else ''}") from error


def _loaded(path: str, text: str) -> ModuleType:
    """The user's file as a module of its own name, found by itself and by what lies beside it."""
    sys.path.insert(0, str(Path(path).parent))
    sys.argv = [path]
    name = Path(path).stem
    while name in sys.modules or not name.isidentifier():
        name = f"user_{''.join(c if c.isalnum() else '_' for c in name)}"
    return load(name, path, text)


def _parameters(name: str, function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        parameters = _signature(function).parameters
    except (ValueError, TypeError) as error:
        raise Refused("arguments", f"{name} does not tell its parameters ({error})") from error
    for one in parameters.values():
        if one.kind is one.VAR_POSITIONAL:
            message = f"{name} takes *{one.name}; inputs need names: give each a parameter"
            raise Refused("arguments", message)
    return parameters


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):  # where annotations are worked out only now, and may fail
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.STRING)
    return inspect.signature(function)


def _arguments(
    name: str, parameters: Mapping[str, inspect.Parameter], inputs: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs of the trace, and what is passed as it is."""
    known = [one.name for one in parameters.values() if one.kind is not one.VAR_KEYWORD]
    anything = len(known) < len(parameters)
    for given in inputs:
        if given not in known and not anything:
            near = near_name(given, [one for one in known if one not in inputs])
            hint = f"did you mean {near}?" if near else f"it takes {', '.join(known) or 'nothing'}"
            raise Refused("arguments", f"{name} has no parameter {given}; {hint}")
    defaults = {one.name: one.default for one in parameters.values()}
    missing = [
        one for one in known if defaults[one] is inspect.Parameter.empty and one not in inputs
    ]
    if missing:
        ways = ",".join(f"{one}=0.5" for one in missing[:4])
        raise Refused(
            "arguments",
            f"{name} is missing a value for {', '.join(missing)}: give numbers with --at {ways}, "
            "or arrays with --at file.npz",
        )
    traced: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for one in [*known, *(given for given in inputs if given not in known)]:
        value = defaults.get(one)
        if one in inputs:
            whole = one in parameters and _is_whole(parameters[one])
            value = _as_whole(inputs[one]) if whole else inputs[one]
        (traced if _is_number(value) else others)[one] = value
    return traced, others


def _no_gradient(name: str, traced: Mapping[str, Any]) -> str:
    if not traced:
        return (
            f"{name} has no parameter that is a float or an array of floats, so no gradient; "
            f"what is to have one is a parameter: def {name}(w=0.5)"
        )
    return f"the result of {name} depends on none of its inputs ({', '.join(traced)})"


def _is_whole(parameter: inspect.Parameter) -> bool:
    """Whether a parameter is meant for whole numbers, by its default or its annotation."""
    if parameter.default is not inspect.Parameter.empty and parameter.default is not None:
        return _kind(parameter.default) in ("i", "u", "b")
    return parameter.annotation in (int, bool, "int", "bool")


def _as_whole(value: Any) -> Any:
    """Whole numbers as Python's own, or as an array of them; others as they are."""
    array = np.asarray(value)
    if not np.all(np.isfinite(array)) or np.any(array != np.floor(array)):
        return value
    whole = array.astype(np.int64)
    return int(whole) if whole.ndim == 0 else whole


def _is_number(value: Any) -> bool:
    """Whether a value has a gradient: a float, or an array of floats."""
    return _kind(value) == "f"


def _kind(value: Any) -> str:
    """The kind of a number or an array, as NumPy's dtypes have it; empty for anything else."""
    if isinstance(value, bool):
        return "b"
    if isinstance(value, int):
        return "i"
    if isinstance(value, float):
        return "f"
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind
    held = getattr(value, "held", None)  # a Tensor of the engine's
    return _kind(held) if held is not None else ""


def _called(
    function: Callable[..., Any],
    parameters: Mapping[str, inspect.Parameter],
    others: Mapping[str, Any],
) -> Callable[..., Any]:
    """The function of its traced inputs alone."""
    by_place = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_ONLY]

    @wraps(function)
    def call(**traced: Any) -> Any:
        given = {**others, **traced}
        return function(*[given.pop(name) for name in by_place], **given)

    return call


def _described(one: inspect.Parameter, traced: Mapping[str, Any]) -> dict[str, Any]:
    required = one.default is inspect.Parameter.empty and one.kind is not one.VAR_KEYWORD
    default: Any = None
    if not required and _kind(one.default) and _kind(one.default) in "fiub":
        array = np.asarray(getattr(one.default, "held", one.default))
        default = array.item() if array.ndim == 0 else None
        if array.ndim and array.size <= 10_000:
            default = {
                "array": array.ravel().tolist(),
                "shape": list(array.shape),
                "dtype": array.dtype.name,
            }
    return {
        "name": one.name,
        "default": default,
        "required": required,
        "traced": one.name in traced,
    }


def _told(error: BaseException, path: str, text: str) -> dict[str, Any]:
    """An error as data: its kind, what it says, and the innermost place in the user's file."""
    line, column = _place(error.__traceback__, path)
    message = _message(error)
    kind = "exception"
    if isinstance(error, Refused):
        kind, line, column = error.kind, None, None
    elif isinstance(error, GradientError) and line is None:
        kind = "arguments"
    elif isinstance(error, EngineError):
        kind = "output" if line is None else "refused"
        message = message.removeprefix("record: ")
    elif isinstance(error, AttributeError) and type(error.obj) is Tensor:
        kind = "refused"
        message = f"a tensor has no .{error.name}; NumPy's functions and operators work on it"
    elif isinstance(error, SystemExit):
        message = f"the code ended itself with sys.exit({error.code!r})"[:LONGEST_MESSAGE]
    elif isinstance(error, MemoryError):
        message = f"{message} (at most {MEMORY // 1024**3} GB are allowed)"
    elif isinstance(error, SyntaxError) and error.filename == path:
        line, column = error.lineno, error.offset
        message = f"{type(error).__name__}: {error.msg}"
    lines = text.splitlines()
    inside = line is not None and 1 <= line <= len(lines)
    return {
        "kind": kind,
        "message": message,
        "line": line,
        "column": column,
        "source_line": lines[line - 1] if line is not None and inside else None,
    }


def _message(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception:
        said = "(it cannot say what is wrong)"
    said = " ".join(said.split())
    if not isinstance(error, (EngineError, Refused)):
        said = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return said[:LONGEST_MESSAGE]


def _place(traceback: TracebackType | None, path: str) -> tuple[int | None, int | None]:
    """Line and column, from 1, of the innermost frame of the user's file."""
    line = column = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == path:
            line = traceback.tb_lineno
            positions = list(code.co_positions())
            at = traceback.tb_lasti // 2
            start = positions[at][2] if 0 <= at < len(positions) else None
            column = None if start is None else start + 1
        traceback = traceback.tb_next
    return line, column


def _unpacked(data: bytes) -> list[Any]:
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        found = [arrays[name] for name in arrays.files]
    return [x.item() if x.ndim == 0 and x.dtype.name in _PYTHONS else x for x in found]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
