"""Functions of the session that are imported when they are first called: a key that nobody presses
costs no start-up."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

REFERRED: list[tuple[str, str]] = []
"""Every module and name that is referred to, for the test that they are there."""


def later(module: str, name: str) -> Callable[..., Any]:
    """`name` of a module of `tutor.session`."""
    REFERRED.append((module, name))

    def call(*given: Any) -> Any:
        return getattr(import_module(f"tutor.session.{module}"), name)(*given)

    return call
