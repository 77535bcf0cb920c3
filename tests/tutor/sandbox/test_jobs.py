from __future__ import annotations

import os
from pathlib import Path

import pytest

from tutor.sandbox.jobs import Job

TALKING = """\
import json, time
for number in range(1500):
    print(json.dumps({"line": number}), flush=True)
    since = time.perf_counter()
    while time.perf_counter() - since < 1e-4: pass
"""


def test_what_a_child_says_while_it_is_read_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parent and child have one file open together, and with it one place to read and write at."""
    (tmp_path / "talking.py").write_text(TALKING)
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), known])))
    job = Job("talking", b"", 60.0)
    while job.over is None:
        said = job.poll()
    assert job.over == ""
    assert [one["line"] for one in said] == list(range(1500))


def test_a_child_beyond_its_time_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "silent.py").write_text("while True: pass\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    job = Job("silent", b"", 0.2)
    assert job.wait() == []
    assert job.over == "no proof within 0.2 seconds"
