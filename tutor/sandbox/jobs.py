"""A child process at work on a question, which answers with lines of JSON, one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import Any

from tutor.sandbox.children import began


class Job:
    """A child at work. It holds a process: end it with `wait` or `stop`.

    over: None while it is at work; then why it ended, empty where it ended by itself.
    """

    def __init__(self, module: str, question: bytes, seconds: float) -> None:
        """Begin. Raises OSError where no process can be started."""
        self._child, self._reply = began(module, question)
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._said: list[dict[str, Any]] = []
        self.over: str | None = None

    def poll(self) -> list[dict[str, Any]]:
        """What it has said so far. Never waits; a child beyond its time is stopped."""
        if self.over is None:
            if self._child.poll() is not None:
                self._end("")
            elif time.monotonic() >= self._ends:
                self._end(f"no proof within {self._seconds:g} seconds")
            else:
                self._read()
        return self._said

    def wait(self) -> list[dict[str, Any]]:
        """All that it says, at the latest when the time is up."""
        if self.over is None:
            try:
                self._child.wait(max(0.0, self._ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            except BaseException:
                self.stop()
                raise
        return self.poll()

    def stop(self) -> None:
        """End the child, whatever it is doing."""
        if self.over is None:
            self._end("stopped")

    def _end(self, why: str) -> None:
        self._child.kill()
        self._child.wait()
        self._read()
        self._reply.close()
        self.over = why

    def _read(self) -> None:
        """Take in the whole lines of the reply."""
        # The child writes at the place of this very file: to seek in it would move the child too.
        number = self._reply.fileno()
        text = os.pread(number, os.fstat(number).st_size, 0)
        said = []
        for line in text.split(b"\n")[:-1]:
            try:
                document = json.loads(line)
            except ValueError:
                continue
            if isinstance(document, dict):
                said.append(document)
        self._said = said
