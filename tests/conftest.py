"""The same world for every test: no settings of the machine, no clock, no chance."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import hypothesis
import numpy as np
import pytest

hypothesis.settings.register_profile("house", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("house")

_FOREIGN = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM", "COLORFGBG", "LC_ALL")
_TERMINAL = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", "LANG": "C.UTF-8"}
_numbers = itertools.count()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the personal folders of all tests."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, homes: Path) -> Path:
    """Give the test its own personal folder (not created), a plain terminal and fixed seeds."""
    folder = homes / str(next(_numbers))
    monkeypatch.setenv("BACKPROP_TUTOR_HOME", str(folder))
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
    for name, value in _TERMINAL.items():
        monkeypatch.setenv(name, value)
    random.seed(0)
    np.random.seed(0)
    return folder
