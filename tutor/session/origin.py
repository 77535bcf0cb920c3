"""Where a trace comes from, and how it is run again on other numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from engine.recording import record_pass
from engine.trace import Pass
from tutor.language import Program
from tutor.sandbox.target import FileTarget, FunctionError, file_target

if TYPE_CHECKING:
    from engine.document import Source

STOPPED: ContextVar[Event | None] = ContextVar("stopped", default=None)
"""Set in a thread that runs functions: an event that ends what it runs."""

_POLL = 0.02

Kind = Literal["expression", "function", "file", "recorded"]


@dataclass(frozen=True, slots=True)
class Run:
    """A pass, what the function printed meanwhile, and the origin as it was run: its text may have
    been edited since."""

    made: Pass
    printed: str = ""
    origin: Origin | None = None


class Origin(Protocol):
    """What is traced.

    kind: what it is. text: what stands above the graph, the typed expression or `loss.py:mse`.
    program: the expression that was read; None for anything else. source: the text that the nodes'
    places lie in, if it is known. slow: it is run in a child process, so whoever has a screen
    should not wait for it there.
    """

    @property
    def kind(self) -> Kind: ...

    @property
    def text(self) -> str: ...

    @property
    def program(self) -> Program | None: ...

    @property
    def source(self) -> Source | None: ...

    @property
    def slow(self) -> bool: ...

    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        upstream: Any = None,
        dtype: str | None = None,
        index: int = 0,
    ) -> Run:
        """One forward and one backward pass. Raises EngineError, LanguageError or whatever this
        kind of origin refuses with."""
        ...


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was typed."""

    program: Program
    kind: Kind = "expression"
    slow: bool = False

    @property
    def text(self) -> str:
        """The expression."""
        return self.program.text

    @property
    def source(self) -> Source:
        """The expression as a text of its own."""
        from engine.document import Source

        return Source("expression", "expression", self.program.text)

    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        upstream: Any = None,
        dtype: str | None = None,
        index: int = 0,
    ) -> Run:
        """Run the expression in this process."""
        return Run(_recorded(self.program.function(), inputs, upstream, dtype, index))


@dataclass(frozen=True, slots=True)
class Function:
    """A function of this very process: of a test, of a notebook."""

    function: Callable[..., Any]
    kind: Kind = "function"
    slow: bool = False
    program: None = None
    source: None = None

    @property
    def text(self) -> str:
        """The function's name."""
        return getattr(self.function, "__name__", "f")

    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        upstream: Any = None,
        dtype: str | None = None,
        index: int = 0,
    ) -> Run:
        """Run the function in this process."""
        return Run(_recorded(self.function, inputs, upstream, dtype, index))


@dataclass(frozen=True, slots=True)
class File:
    """A function of the user's file. Every run is a run of the file as it is then, in a child
    process, which the user asked for.

    passed: what was given for arguments that are no inputs of the trace, such as labels and counts;
    it is given again in every run.
    """

    target: FileTarget
    seed: int = 0
    source: Source | None = None
    passed: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = "file"
    slow: bool = True
    program: None = None

    @classmethod
    def of(cls, text: str, seed: int = 0) -> File:
        """The function that `loss.py:mse` names. Raises FunctionError where there is none."""
        target = file_target(text)
        if target is None:
            raise FunctionError(f"{text} names no function of a file", kind="missing")
        return cls(target, seed)

    @property
    def text(self) -> str:
        """The file and the function: `loss.py:mse`."""
        return f"{self.target.path.name}:{self.target.function}"

    @property
    def path(self) -> Path:
        """The file that the user named."""
        return self.target.path

    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        upstream: Any = None,
        dtype: str | None = None,
        index: int = 0,
    ) -> Run:
        """Run the function in a child process."""
        from tutor.sandbox import functions

        given = {**self.passed, **inputs}
        job = functions.start(
            self.target, given, upstream=upstream, dtype=dtype, seed=self.seed, index=index
        )
        stopped = STOPPED.get()
        if stopped is not None:
            while job.poll() is None:
                if stopped.wait(_POLL):
                    job.stop()
        ran = job.wait()
        origin = replace(self, source=ran.source, passed=ran.passed)
        return Run(ran.trace.passes[0], ran.printed, origin)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A graph that was recorded: of a loaded trace, or of a function that was rebuilt to ask what
    if. What Python decided while it was recorded is not decided again.

    name: of what it was recorded. changes: what is different since, in words.
    """

    graph: Pass
    name: str
    source: Source | None = None
    changes: tuple[str, ...] = ()
    kind: Kind = "recorded"
    slow: bool = False
    program: None = None

    @property
    def text(self) -> str:
        """The name, with what is different: `loss.py:mse, if a by relu and b held`."""
        return f"{self.name}, if {' and '.join(self.changes)}" if self.changes else self.name

    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        upstream: Any = None,
        dtype: str | None = None,
        index: int = 0,
    ) -> Run:
        """Run the graph on other inputs. Raises FlippedError where a branch would have gone the
        other way, and EngineError for an op that is not known here."""
        from engine.rerun import rerun

        with np.errstate(all="ignore"):
            again = rerun(self.graph, inputs=inputs, upstream=upstream, dtype=dtype, index=index)
        return Run(again.pass_)


def _recorded(
    function: Callable[..., Any],
    inputs: Mapping[str, Any],
    upstream: Any,
    dtype: str | None,
    index: int,
) -> Pass:
    """The pass; that numbers overflow or are not finite is seen in it, so nobody is warned."""
    with np.errstate(all="ignore"):
        return record_pass(function, inputs, upstream=upstream, dtype=dtype, index=index)
