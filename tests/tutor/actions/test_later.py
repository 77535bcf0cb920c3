from __future__ import annotations

from importlib import import_module

import pytest

import tutor.actions  # noqa: F401  (which makes the references)
from tutor.actions.later import REFERRED


@pytest.mark.parametrize(("module", "name"), sorted(set(REFERRED)))
def test_what_is_referred_to_is_there(module: str, name: str) -> None:
    assert callable(getattr(import_module(f"tutor.session.{module}"), name))
