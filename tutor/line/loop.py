"""Reading commands, one a line, and answering them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tutor.actions.commands import perform, read
from tutor.line import answers
from tutor.line.own import own
from tutor.render.sentences import in_words
from tutor.session import predicting
from tutor.session.panel import close
from tutor.session.refused import Refused
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class Answered:
    """The session after a command, what is said, the same as data, and whether it was the last
    one. refused: it could not be done."""

    session: Session
    said: list[str]
    data: dict[str, Any]
    ended: bool = False
    refused: bool = False


def respond(session: Session, command: str) -> Answered:
    """Do one command. Never raises for what a person may type."""
    text, offset = command.strip().removeprefix(":"), 0
    try:
        asked = None if session.prediction is None else predicting.names(session)
        action, given, offset = read(text, answering=asked)
        if action.id == "back":
            said = ["Goodbye."]
            return Answered(session, said, answers.data(session, text, said, None), ended=True)
        # A question is open as long as one turns in it.
        keeps = action.panel or action.id in ("focus.node", "cells")
        before = session if keeps else close(session)
        mine = None if given else own(action, before)
        if mine is None:
            after = perform(before, action, given)
            report = answers.report_of(before, after)
            said = answers.answer(before, after, report)
        else:
            after, said = mine
            report = answers.report_of(before, after)
        return Answered(after, said, answers.data(after, text, said, report))
    except Refused as refusal:
        hint = f" ({refusal.hint})" if refusal.hint else ""
        said = [f"Not done: {in_words(refusal.message)}{hint}."]
        data: dict[str, Any] = {"format": 1, "command": text}
        data |= {"error": refusal.message, "hint": refusal.hint}
        if refusal.start is not None:
            end = refusal.start + 1 if refusal.end is None else refusal.end
            data["span"] = [offset + refusal.start, offset + end]
        return Answered(session, said, data, refused=True)


def converse(
    session: Session, commands: Iterable[str], *, as_json: bool = False, ascii: bool = False
) -> Iterator[tuple[list[str], Answered]]:
    """The lines to print for each command, with what it led to. An empty line steps on, as in
    debuggers: the last command is done again; in predict mode it gives up the question."""
    last = "step"
    for command in commands:
        if command.lstrip().startswith("#"):
            continue
        # An answer is not given again to another question.
        wanted = command.strip() or ("step" if session.prediction is not None else last)
        last = wanted
        done = respond(session, wanted)
        session = done.session
        if as_json:
            yield [json.dumps(done.data, allow_nan=False)], done
        else:
            yield [answers.plain(line, ascii) for line in done.said], done
        if done.ended:
            return
