"""Changing what is traced: inputs, the learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tutor.debugger.frame import focused
from tutor.language import LanguageError, parse_at
from tutor.render.numbers import exact, number
from tutor.session.refused import Refused
from tutor.session.session import Session, arguments, edit_inputs, standing

_ENTRIES = 40


def edit(session: Session, text: str) -> Session:
    """Give inputs other values, `x=3, w=0.5`, and run the function again."""
    values = parse_at([text])
    for name in values:
        if name not in arguments(session):
            known = ", ".join(arguments(session))
            raise Refused(f"{name} is no input", 0, len(text), f"the inputs are {known}")
    return edit_inputs(session, values)


def editable(session: Session, text: str) -> Sequence[str]:
    """`x=` for every input, for completion."""
    return [f"{name}=" for name in arguments(session) if name.startswith(text)]


def edited(session: Session) -> str:
    """The focused input with its value as one would type it."""
    name = session.trace.nodes[focused(session.frame)].name
    if name not in session.inputs:
        name = next(iter(session.inputs), "")
    return f"{name}={typed(standing(session, name))}" if name else ""


def typed(value: Any) -> str:
    """A value as one would type it; nothing where that is too long."""
    if np.ndim(value) == 0:
        return exact(value, ascii=True)
    if np.size(value) > _ENTRIES:
        return ""
    return str(np.asarray(value).tolist()).replace(" ", "")


def set_rate(session: Session, text: str) -> Session:
    """Another learning rate for the steps to come."""
    try:
        rate = float(text.partition("=")[2] or text)
    except ValueError:
        rate = float("nan")
    if not 0.0 < rate < float("inf"):
        raise LanguageError("bad_arguments", "expected a learning rate above 0", 0, len(text),
                            "write rate 0.1", text)  # fmt: skip
    return replace(session, rate=rate, told=f"The learning rate is {number(rate)} now.")
