from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from tutor.settings.paths import data_folder, state_folder


def test_the_variable_moves_every_folder_under_one(home: Path) -> None:
    assert data_folder() == home / "data"
    assert state_folder() == home / "state"


def test_without_it_the_platform_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKPROP_TUTOR_HOME")
    assert data_folder() == platformdirs.user_data_path("backprop-tutor", appauthor=False)
    assert state_folder() == platformdirs.user_state_path("backprop-tutor", appauthor=False)
    assert data_folder() != state_folder()
