from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tutor.cli.targets import remember_target
from tutor.settings import recent
from tutor.tui.opening import Ready, read


def test_a_file_of_arrays_is_remembered_by_its_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W=np.ones((2, 2)), v=np.ones(2))
    at = [str(tmp_path / "w.npz"), "q=2"]
    remember_target(argparse.Namespace(target="sum(W@v)*q", at=at))
    (entry,) = recent.load()
    assert entry.inputs == ((str(tmp_path / "w.npz"), ""), ("q", "2"))
    inputs = ", ".join(f"{name}={text}" if text else name for name, text in entry.inputs)
    ready = read(entry.expression, inputs)
    assert isinstance(ready, Ready)
    assert set(ready.given) == {"W", "v", "q"}
