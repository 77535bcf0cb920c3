"""What the terminal can show, as far as the surroundings tell."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Literal, TextIO

ColourLevel = Literal["none", "16", "256", "truecolor"]


def colours(environment: Mapping[str, str] | None = None) -> ColourLevel:
    """Return how many colours a terminal with this environment (the process's own) shows.

    None with ``NO_COLOR`` and where nothing can be drawn; else as COLORTERM and TERM say.
    """
    environment = os.environ if environment is None else environment
    if environment.get("NO_COLOR") or not drawable(environment):
        return "none"
    kind = environment["TERM"].lower()
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor"
    if kind.endswith("-direct"):
        return "truecolor"
    return "256" if "256color" in kind or "kitty" in kind else "16"


def drawable(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether the terminal understands more than lines of text."""
    environment = os.environ if environment is None else environment
    return environment.get("TERM", "").lower() not in ("", "dumb")


def unicode_ok(stream: TextIO | None = None, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether more than ASCII can be trusted to show on `stream` (standard output).

    It cannot where the encoding is another than UTF-8, nor where the person asked for the C
    locale: Python then writes UTF-8 on its own account, which says nothing about the terminal.
    """
    environment = os.environ if environment is None else environment
    encoding = getattr(stream or sys.__stdout__, "encoding", None) or "ascii"
    if not encoding.lower().replace("_", "-").startswith(("utf-8", "utf8")):
        return False
    return (environment.get("LC_ALL") or environment.get("LANG")) not in ("C", "POSIX")
