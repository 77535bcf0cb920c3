"""Run the function of a learner's own file on several inputs, in a child process with limits.

    submission = run(Path("my_backward.py"), "backward", ["dz", "dW"], [{"x": …, "W": …}, …])
    submission.arrays[0]["dW"]      # what it returned for the first inputs
    submission.failed               # what went wrong, or None

The child gets the text of the file and the inputs, and nothing else: whether an array is right is
found out here, by the caller, after the child has ended. What comes back on a private pipe is
bytes, taken for nothing but plain arrays of numbers within a size.
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
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from tutor.sandbox.children import environment
from tutor.sandbox.limits import LONGEST_MESSAGE, UNANSWERED
from tutor.sandbox.packed import PackedError, unpacked
from tutor.sandbox.target import FunctionError as FunctionError
from tutor.sandbox.target import Kind as Kind
from tutor.sandbox.target import read_source as read_source

Array = np.ndarray[Any, Any]

LIMIT = 10.0
"""Seconds that a submission may take, for all inputs together."""

MEMORY = 512
"""Megabytes that it may use, beside what Python and NumPy use."""

MOST_PRINTED = 64 * 1024
"""Bytes of what it prints that are kept, the last ones."""

MOST_REPLY = 16 * 1024 * 1024
"""Bytes of arrays that are taken back."""

_KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Submission:
    """What a learner's function gave.

    arrays: for each of the inputs, the arrays by name; after an error those that had been worked
    out before it. instead: what stands in place of an array, by name, where the function gave none:
    "none" (it is None), "missing" (it is not returned), "unreached" (an error came before it), or
    what it is, such as "a str". notes: what an array was before it was made one, "a list". printed:
    what it printed. failed: why it did not come to its end, or None.
    """

    arrays: tuple[Mapping[str, Array], ...]
    instead: Mapping[str, str]
    printed: str = ""
    failed: FunctionError | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


class Job:
    """A submission at work in a child process: end it with `wait` or `stop`."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        reply: IO[bytes],
        name: str,
        wanted: frozenset[str],
        samples: int,
        seconds: float,
    ) -> None:
        self._child = child
        self._name = name
        self._wanted = wanted
        self._samples = samples
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._printed = _Drain(child.stdout, MOST_PRINTED, first=False)
        self._reply = _Drain(reply, MOST_REPLY + 1, first=True)
        self._result: Submission | None = None

    def poll(self) -> Submission | None:
        """The result if there is one now; a child beyond its time is stopped."""
        if self._result is None:
            if self._child.poll() is not None:
                self._result = self._read()
            elif time.monotonic() >= self._ends:
                self._result = self._too_long()
        return self._result

    def wait(self) -> Submission:
        """The result, at the latest when the time is up."""
        if self._result is None:
            try:
                self._child.wait(max(0.0, self._ends - time.monotonic()))
                self._result = self._read()
            except subprocess.TimeoutExpired:
                self._result = self._too_long()
            except BaseException:
                self.stop()
                raise
        return self._result

    def stop(self) -> None:
        """End the child, whatever it is doing, and whatever it has started."""
        self._end()
        if self._result is None:
            self._result = self._nothing("stopped", "the run was stopped")

    def _too_long(self) -> Submission:
        self._end()
        return self._nothing(
            "timeout",
            f"it was still running after {self._seconds:g} seconds and was stopped; is there a "
            "loop without an end?",
        )

    def _nothing(self, kind: Kind, message: str) -> Submission:
        printed = self._printed.text()
        failed = FunctionError(message, kind=kind, file=self._name, printed=printed)
        return Submission((), {}, printed, failed)

    def _end(self) -> None:
        # All that it started is in its process group, which has its number.
        with suppress(OSError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.kill()
        self._child.wait()
        self._printed.close()
        self._reply.close()

    def _read(self) -> Submission:
        """What the child left, which it may have written or not."""
        self._end()
        data = self._reply.kept()
        if len(data) > MOST_REPLY:
            return self._nothing(
                "output", f"it returned more than {MOST_REPLY // 1024**2} MB of arrays"
            )
        if not data:
            return self._nothing("crash", _ending(self._child.returncode))
        head, _, packed = data.partition(b"\n")
        try:
            return self._understood(json.loads(head), unpacked(packed))
        except _UNREADABLE:
            return self._nothing("crash", "what it handed over are no arrays that can be read")

    def _understood(self, told: Any, values: Sequence[Array]) -> Submission:
        names = [[str(name) for name in sample] for sample in told["arrays"]]
        if sum(map(len, names)) != len(values):
            raise ValueError("names and arrays are not as many")
        if not all(self._wanted.issuperset(sample) for sample in names):
            raise ValueError("a name that nobody asked for")
        waiting = iter(values)
        arrays = tuple([{name: next(waiting) for name in sample} for sample in names])
        printed = self._printed.text()
        error = told["error"]
        failed = None
        if len(names) > self._samples or (error is None and len(names) < self._samples):
            raise ValueError("answers and inputs are not as many")
        if error is not None:
            failed = FunctionError(
                _short(error["message"]),
                kind=error["kind"] if error["kind"] in _KINDS else "exception",
                file=self._name,
                line=None if error["line"] is None else int(error["line"]),
                source_line=None if error["text"] is None else _short(error["text"]),
                printed=printed,
            )
        return Submission(
            arrays,
            {str(k): _short(v) for k, v in told["instead"].items()},
            printed,
            failed,
            {str(k): _short(v) for k, v in told["notes"].items()},
        )


_KINDS = ("missing", "arguments", "exception", "output")

# Whatever may be raised by data that their code has made up.
_UNREADABLE = (
    PackedError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def _short(text: object) -> str:
    """What is told, no longer than what a child of ours tells."""
    return str(text)[:LONGEST_MESSAGE]


def start(
    path: Path,
    function: str,
    names: Sequence[str],
    samples: Sequence[Mapping[str, Array]],
    *,
    text: str | None = None,
    seconds: float = LIMIT,
    memory: int = MEMORY,
    seed: int = 0,
) -> Job:
    """Begin to call a function of a file on each of the samples, by keyword. Returns at once.

    names: of the arrays that it is to return, in a dict. text: the file's, where it has been read
    already. seed: of `random` and `numpy.random` in the child. Raises FunctionError (`missing`) for
    a file that cannot be read, and (`crash`) where no process can be started.
    """
    if text is None:
        text = read_source(path)
    request = {
        "path": str(path.resolve()),
        "text": text,
        "function": function,
        "names": list(names),
        "inputs": [list(sample) for sample in samples],
        "seconds": seconds,
        "memory": memory * 1024**2,
        "seed": seed,
        "parent": os.getpid(),
    }
    packed = BytesIO()
    np.savez(packed, *[np.asarray(x) for sample in samples for x in sample.values()])
    with tempfile.TemporaryFile() as question:
        question.write(json.dumps(request).encode() + b"\n")
        question.write(packed.getvalue())
        question.seek(0)
        reading, writing = os.pipe()
        files = (question.fileno(), writing)
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "tutor.sandbox.run_submission", *map(str, files)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=files,
                env=_environment(seed),
                cwd=path.resolve().parent,
                start_new_session=True,
            )
        except OSError as error:
            os.close(reading)
            message = f"no process can be started ({error.strerror or error})"
            raise FunctionError(message, kind="crash") from error
        finally:
            os.close(writing)
    pipe = os.fdopen(reading, "rb", buffering=0)
    return Job(child, pipe, path.name, frozenset(names), len(samples), seconds)


def run(
    path: Path,
    function: str,
    names: Sequence[str],
    samples: Sequence[Mapping[str, Array]],
    *,
    text: str | None = None,
    seconds: float = LIMIT,
    memory: int = MEMORY,
    seed: int = 0,
) -> Submission:
    """`start` and wait. Raises FunctionError as `start` does."""
    return start(
        path, function, names, samples, text=text, seconds=seconds, memory=memory, seed=seed
    ).wait()


class _Drain:
    """A pipe that is read all the time, so that nobody has to wait, and what is kept of it: its
    first bytes or its last ones."""

    def __init__(self, pipe: IO[bytes] | None, most: int, *, first: bool) -> None:
        self._pipe = pipe
        self._most = most
        self._first = first
        self._held = bytearray()
        self._count = 0
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def kept(self) -> bytes:
        return bytes(self._held[: self._most] if self._first else self._held[-self._most :])

    def text(self) -> str:
        """What is kept, with a line above it where something was left out."""
        kept = self.kept()
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
                if not self._first:
                    self._held += part
                    del self._held[: -2 * self._most]
                elif len(self._held) < self._most:
                    self._held += part


def _environment(seed: int) -> dict[str, str]:
    """Little of this process's environment: what a person keeps there is not the submission's."""
    full = environment(
        PYTHONHASHSEED=str(seed % 2**32),
        PYTHONUNBUFFERED="1",
        PYTHONIOENCODING="utf-8",
        PYTHONDONTWRITEBYTECODE="1",
        MPLBACKEND="Agg",
    )
    # It starts in the folder of the submission, which must not stand for one of ours.
    places = [os.path.abspath(place) for place in full["PYTHONPATH"].split(os.pathsep)]
    full["PYTHONPATH"] = os.pathsep.join(places)
    ours = ("PYTHON", "OMP_", "OPENBLAS_", "MKL_", "MPL")
    return {k: v for k, v in full.items() if k in _KEPT or k.startswith(ours)}


def _ending(code: int) -> str:
    """How a process ended that left no answer."""
    if code == UNANSWERED:
        return "its arrays could not be handed over; it closed files that are not its own"
    if code >= 0:
        return f"it ended its process with exit code {code} before its arrays were handed over"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    why = {
        "SIGSEGV": "a crash inside an extension module, or recursion too deep",
        "SIGKILL": "it took too much time or memory",
        "SIGXCPU": "it computed for too long",
        "SIGALRM": "it took too long",
        "SIGABRT": "an extension module gave up: too little memory?",
    }.get(name)
    return f"its process was ended by {name}" + (f" ({why})" if why else "")
