"""Child processes of our own: how one is begun on a question, and what surrounds it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

_ROOT = str(Path(__file__).resolve().parents[2])


def began(module: str, question: bytes) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Run a module with the question on its standard input; what it says goes into the file that
    is returned, which the caller closes.

    Files, not pipes: neither side ever waits for the other to read. Raises OSError where no process
    can be started.
    """
    reply = tempfile.TemporaryFile()  # noqa: SIM115
    with tempfile.TemporaryFile() as asked:
        asked.write(question)
        asked.seek(0)
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", module],
                stdin=asked,
                stdout=reply,
                stderr=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
        except OSError:
            reply.close()
            raise
    return child, reply


def environment(**more: str) -> dict[str, str]:
    """This process's environment, with our own packages first and one thread for the numbers."""
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    path = os.pathsep.join(filter(None, [_ROOT, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, **threads, "PYTHONPATH": path, **more}
