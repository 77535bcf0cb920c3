"""Trace a function of the user's own file, in a child process with limits.

    target = file_target("loss.py:mse")
    job = start(target, {"w": 0.5})
    ran = job.poll()         # None while it is at work; never waits
    ran = job.wait()         # waits, at most until the limit
    job.stop()               # when the result is not wanted any more

The child gets numbers as data and sends back the trace as a document (`engine.document`), through a
file that prints do not reach. Nothing that their code does, a crash, a loop without end, an exit,
can take this process with it. It is no jail: their code may do what they may do.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import numpy as np

from engine.document import DocumentError, Source, read_bytes
from engine.trace import Trace
from tutor.sandbox.children import environment
from tutor.sandbox.limits import UNANSWERED
from tutor.sandbox.target import FileTarget as FileTarget
from tutor.sandbox.target import FunctionError as FunctionError
from tutor.sandbox.target import Kind as Kind
from tutor.sandbox.target import file_target as file_target
from tutor.sandbox.target import near_name as near_name
from tutor.sandbox.target import read_source as read_source

LIMIT = 60.0
"""Seconds that a function may take."""

MOST_PRINTED = 64 * 1024
"""Bytes of what it prints that are kept, the last ones."""

MOST_REPLY = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of the function. default: its own default where that is a number or an array.
    traced: it is an input of the trace; others (whole numbers, words, labels) are passed as they
    are and get no gradient."""

    name: str
    default: Any
    required: bool
    traced: bool


@dataclass(frozen=True, slots=True)
class Ran:
    """A function that was traced: one pass, what it printed, the text of its file, and all its
    parameters.

    passed: those of the given inputs that are no inputs of the trace, such as labels and counts;
    to run the function again, they must be given again.
    """

    trace: Trace
    printed: str
    source: Source
    arguments: tuple[Argument, ...]
    passed: Mapping[str, Any]


class Job:
    """A function at work in a child process: end it with `wait` or `stop`."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        reply: IO[bytes],
        source: Source,
        inputs: Mapping[str, Any],
        seconds: float,
    ) -> None:
        self._child = child
        self._reply = reply
        self._source = source
        self._inputs = dict(inputs)
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._result: Ran | FunctionError | None = None
        self._printed = _Printed(child.stdout)

    def poll(self) -> Ran | None:
        """The result if there is one now; a child beyond its time is stopped.

        Raises FunctionError where there is no result and never will be.
        """
        if self._result is None:
            if self._child.poll() is not None:
                self._result = self._read()
            elif time.monotonic() >= self._ends:
                self._result = self._too_long()
        return None if self._result is None else self._given()

    def wait(self) -> Ran:
        """The result, at the latest when the time is up. Raises FunctionError as `poll` does."""
        if self._result is None:
            try:
                self._child.wait(max(0.0, self._ends - time.monotonic()))
                self._result = self._read()
            except subprocess.TimeoutExpired:
                self._result = self._too_long()
            except BaseException:
                self.stop()
                raise
        return self._given()

    def stop(self) -> None:
        """End the child, whatever it is doing, and whatever it has started."""
        self._end()
        if self._result is None:
            self._result = self._error("stopped", "the run was stopped")

    def _given(self) -> Ran:
        if isinstance(self._result, Ran):
            return self._result
        raise self._result or self._error("stopped", "the run was stopped")

    def _error(self, kind: Kind, message: str, **place: Any) -> FunctionError:
        place.setdefault("file", self._source.name)
        return FunctionError(message, kind=kind, printed=self._printed.text(), **place)

    def _too_long(self) -> FunctionError:
        self._end()
        return self._error(
            "timeout",
            f"{self._source.function} was still running after {self._seconds:g} seconds and was "
            "stopped; is there a loop without an end?",
        )

    def _end(self) -> None:
        # All that it started is in its process group, which has its number.
        with suppress(OSError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.kill()
        self._child.wait()
        self._printed.close()
        self._reply.close()

    def _read(self) -> Ran | FunctionError:
        """What the child left, which it may have written or not."""
        with self._reply as reply:
            reply.seek(0)
            data = reply.read(MOST_REPLY + 1)
            self._end()
        head, _, document = data.partition(b"\n")
        try:
            told = json.loads(head)
            if "kind" in told:
                return self._error(**_error_fields(told))
            trace = read_bytes(document).trace
            arguments = tuple([_argument(one) for one in told["arguments"]])
            given = {k: x for k, x in self._inputs.items() if k not in trace.inputs}
            return Ran(trace, self._printed.text(), self._source, arguments, given)
        except DocumentError as error:
            return self._error("crash", f"the trace that came back cannot be read: {error}")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return self._error("crash", _ending(self._child.returncode))


def start(
    target: FileTarget,
    inputs: Mapping[str, Any],
    *,
    upstream: Any = None,
    dtype: str | None = None,
    seed: int = 0,
    index: int = 0,
    seconds: float = LIMIT,
) -> Job:
    """Begin to run a function on some inputs, the rest from its defaults. Returns at once.

    upstream, dtype: as of `engine.record_with`. seed: of `random` and `numpy.random`, set before
    the file is run. index: the number of the pass. Raises FunctionError for a file that cannot be
    read, and where no process can be started.
    """
    text = read_source(target.path)
    path = str(target.path.resolve())
    request = {
        "path": path,
        "text": text,
        "function": target.function,
        "names": list(inputs),
        "upstream": upstream is not None,
        "dtype": dtype,
        "seed": seed,
        "index": index,
        "seconds": seconds,
        "parent": os.getpid(),
    }
    packed = _packed(inputs if upstream is None else {**inputs, "the upstream gradient": upstream})
    source = Source("file", target.path.name, text, target.function)
    # Files, not pipes: neither side ever waits for the other to read. The job closes its own.
    reply = tempfile.TemporaryFile()  # noqa: SIM115
    with tempfile.TemporaryFile() as question:
        question.write(json.dumps(request).encode() + b"\n")
        question.write(packed)
        question.flush()
        question.seek(0)
        files = (question.fileno(), reply.fileno())
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "tutor.sandbox.run_function", *map(str, files)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=files,
                env=_environment(seed),
                start_new_session=True,
            )
        except OSError as error:
            reply.close()
            raise FunctionError(
                f"no process can be started ({error.strerror or error})", kind="crash"
            ) from error
    return Job(child, reply, source, inputs, seconds)


def run(
    target: FileTarget,
    inputs: Mapping[str, Any],
    *,
    upstream: Any = None,
    dtype: str | None = None,
    seed: int = 0,
    index: int = 0,
    seconds: float = LIMIT,
) -> Ran:
    """`start` and wait. Raises FunctionError."""
    return start(
        target,
        inputs,
        upstream=upstream,
        dtype=dtype,
        seed=seed,
        index=index,
        seconds=seconds,
    ).wait()


class _Printed:
    """What a child prints: read all the time, so that it never has to wait, and its end kept."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self._pipe = pipe
        self._kept = bytearray()
        self._count = 0
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """The end of what was printed, with a line above it where something was left out."""
        kept = bytes(self._kept[-MOST_PRINTED:])
        text = kept.decode(errors="replace")
        left_out = self._count - len(kept)
        return f"… {left_out} bytes before this were left out\n{text}" if left_out > 0 else text

    def close(self) -> None:
        """Wait for what is on its way. Whoever else holds the pipe is not waited for."""
        self._thread.join(1.0)

    def _drain(self) -> None:
        if self._pipe is None:
            return
        with self._pipe as pipe:
            while part := os.read(pipe.fileno(), 64 * 1024):
                self._count += len(part)
                self._kept += part
                del self._kept[: -2 * MOST_PRINTED]


def _packed(values: Mapping[str, Any]) -> bytes:
    """Numbers and arrays as the bytes of an .npz file, in their order."""
    arrays = []
    for name, value in values.items():
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            message = f"{name} is no number or array of numbers, but {array.dtype.name}"
            raise FunctionError(message, kind="arguments")
        arrays.append(array)
    file = BytesIO()
    np.savez(file, *arrays)
    return file.getvalue()


def _environment(seed: int) -> dict[str, str]:
    """That of our children, with the order of sets by the seed, and no window of a plot to wait
    for."""
    return environment(
        PYTHONHASHSEED=str(seed % 2**32),
        PYTHONUNBUFFERED="1",
        PYTHONIOENCODING="utf-8",
        MPLBACKEND="Agg",
    )


def _error_fields(told: dict[str, Any]) -> dict[str, Any]:
    """What an error says, each part of the type that it must have."""
    fields: dict[str, Any] = {"kind": str(told["kind"]), "message": str(told["message"])}
    for name, kind in (("line", int), ("column", int), ("source_line", str)):
        value = told.get(name)
        fields[name] = None if value is None else kind(value)
    return fields


def _argument(told: dict[str, Any]) -> Argument:
    default = told["default"]
    if isinstance(default, dict):
        default = np.array(default["array"], dtype=default["dtype"]).reshape(default["shape"])
    return Argument(str(told["name"]), default, bool(told["required"]), bool(told["traced"]))


def _ending(code: int) -> str:
    """How a process ended that left no answer."""
    if code == UNANSWERED:
        return "the trace could not be handed over; the function closed files that are not its own"
    if code >= 0:
        return f"the function ended its process with exit code {code} (os._exit?)"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    why = {
        "SIGSEGV": "a crash inside an extension module, or recursion too deep",
        "SIGKILL": "the system ended it: too little memory?",
        "SIGXCPU": "it computed for too long",
        "SIGALRM": "it took too long",
        "SIGABRT": "an extension module gave up: too little memory?",
    }.get(name)
    return f"the function's process was ended by {name}" + (f" ({why})" if why else "")
