"""The real `backprop`, started as a person starts it: in a terminal, or with its output piped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pexpect
import pyte
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
QUIET = 0.15
# Pyte does not know how a program asks for the newer keyboard protocol, and would print its end;
# nor that a program may draw on a second screen, which is gone when it leaves.
KEYBOARD_MODE = re.compile(rb"\x1b\[[<>=?][0-9;]*u")
SECOND_SCREEN = re.compile(rb"\x1b\[\?1049[hl]")
KEYS = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "page up": "\x1b[5~",
    "page down": "\x1b[6~",
    "shift+tab": "\x1b[Z",
    "tab": "\t",
    "enter": "\r",
    "space": " ",
    "escape": "\x1b",
    "backspace": "\x7f",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f6": "\x1b[17~",
    "f9": "\x1b[20~",
}


def how_to_start() -> list[str]:
    """Return how `backprop` is started: the installed command, else the module behind it."""
    installed = shutil.which("backprop", path=str(Path(sys.executable).parent))
    return [installed] if installed else [sys.executable, "-m", "tutor.cli.main"]


def surroundings(changes: Mapping[str, str | None], *drop: str) -> dict[str, str]:
    """Return this test's environment with `changes` (None removes) and without `drop`."""
    merged = {**os.environ, **changes}
    return {name: v for name, v in merged.items() if v is not None and name not in drop}


class Terminal:
    """A terminal of so many columns and lines with a program in it, started by `words`.

    `raw` is every byte the program wrote; `lines` is what a person sees now.
    """

    def __init__(
        self, words: list[str], columns: int, lines: int, changes: Mapping[str, str | None]
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = pexpect.spawn(
            words[0],
            words[1:],
            cwd=str(ROOT),
            # The size comes from the terminal itself, as it does for a person.
            env=surroundings(changes, "COLUMNS", "LINES"),
            dimensions=(lines, columns),
            timeout=PATIENCE,
            # Tests that run in the background of a shell would hand on that ctrl+c is ignored.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        self.child.delaybeforesend = None

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, without trailing blanks."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The whole screen as one text."""
        return "\n".join(self.lines)

    def press(self, *keys: str) -> None:
        """Press keys by name (``right``, ``ctrl+g``) or by character, and wait for calm."""
        for key in keys:
            if key.startswith("ctrl+"):
                self.child.send(chr(ord(key[-1].upper()) - 64))
            else:
                self.child.send(KEYS.get(key, key))
            self.settle()

    def click(self, column: int, line: int) -> None:
        """Click the left button on a cell (both from 0)."""
        for end in "Mm":
            self.child.send(f"\x1b[<0;{column + 1};{line + 1}{end}")
        self.settle()

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window."""
        self.screen.resize(lines, columns)
        self.child.setwinsize(lines, columns)
        self.settle()

    def wait_for(self, text: str) -> None:
        """Read until `text` stands on the screen; AssertionError with the screen if it never is."""
        self.wait_until(lambda: text in self.text, f"{text!r}")

    def wait_until(self, true: Callable[[], bool], what: str) -> None:
        """Read until `true()`; AssertionError naming `what`, with the screen, if it never is."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            alive = self._read(0.05)
            if not true() and (not alive or time.monotonic() > deadline):
                raise AssertionError(f"{what} never came. The screen:\n{self.text}")

    def settle(self) -> None:
        """Read until nothing more is written for a moment."""
        last = -1
        while last != len(self.raw):
            last = len(self.raw)
            self._read(QUIET)

    def finish(self) -> int:
        """Read to the program's end and return its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read(0.05):
            if time.monotonic() > deadline:
                raise AssertionError(f"still running. The screen:\n{self.text}")
        self.child.close()
        assert self.child.exitstatus is not None, f"ended by signal {self.child.signalstatus}"
        return int(self.child.exitstatus)

    def close(self) -> None:
        """End the program, whatever it does."""
        self.child.close(force=True)

    def _read(self, patience: float) -> bool:
        """Take in what comes within `patience` seconds; False at the program's end."""
        try:
            data = self.child.read_nonblocking(65536, timeout=patience)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        for count, part in enumerate(SECOND_SCREEN.split(KEYBOARD_MODE.sub(b"", data))):
            if count:
                self.screen.reset()
            self.stream.feed(part)
        return True


Open = Callable[..., Terminal]
Pipe = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def program() -> list[str]:
    """The words that start `backprop`."""
    return how_to_start()


@pytest.fixture
def terminal() -> Iterator[Open]:
    """Open `backprop` in a terminal: ``terminal("doctor", size=(80, 24), NO_COLOR="1")``.

    `program` starts something else than the installed command.
    """
    opened: list[Terminal] = []

    def start(
        *arguments: str,
        size: tuple[int, int] = (80, 24),
        program: Sequence[str] | None = None,
        **changes: str | None,
    ) -> Terminal:
        words = [*(program or how_to_start()), *arguments]
        opened.append(Terminal(words, *size, changes))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def piped() -> Pipe:
    """Run `backprop` with its output piped, or going to the descriptor `stdout`, and no input.

    For example ``piped("doctor", TERM="dumb")``.
    """

    def run(
        *arguments: str, stdout: int = subprocess.PIPE, **changes: str | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*how_to_start(), *arguments],
            cwd=ROOT,
            env=surroundings(changes),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    return run
