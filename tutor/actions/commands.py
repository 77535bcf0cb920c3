"""The `:` line and the verbs of line mode: from a text to an action and what it is given."""

from __future__ import annotations

import difflib
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from engine.errors import EngineError
from tutor.actions.action import Action
from tutor.actions.table import ACTIONS
from tutor.debugger.errors import DebuggerError
from tutor.language import LanguageError
from tutor.sandbox.target import FunctionError
from tutor.session.refused import Refused, is_count
from tutor.session.session import Session

VERBS: Mapping[str, Action] = MappingProxyType(
    {verb: action for action in ACTIONS for verb in (action.verb, *action.synonyms) if verb}
)
"""Every word that does something."""


def read(text: str, *, answering: Container[str] | None = None) -> tuple[Action, str, int]:
    """The action of a command, what it is given, and the offset of that in the text.

    A number alone goes to that event. answering: in predict mode, where what is no command is an
    answer, the words that are answers before they are commands. Raises Refused for a word that does
    nothing.
    """
    stripped = text.strip()
    if not stripped:
        raise Refused("there is nothing to do", hint="help lists the commands")
    start = len(text) - len(text.lstrip())
    first = stripped.partition(" ")[0]
    if answering is not None and (stripped in answering or first not in VERBS):
        return VERBS["answer"], stripped, start
    if is_count(stripped):
        return VERBS["go"], stripped, start
    word, _, rest = stripped.partition(" ")
    action = VERBS.get(word)
    if action is None:
        near = difflib.get_close_matches(word.lower(), VERBS, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else "help lists the commands"
        raise Refused(f"{word} is no command", start=start, end=start + len(word), hint=hint)
    given = rest.strip()
    offset = text.index(given, start + len(word)) if given else len(text)
    return action, given, offset


def perform(session: Session, action: Action, text: str = "") -> Session:
    """Do what an action says, with the text that it was given.

    Returns the session afterwards; `told` is empty unless this action said something. Raises
    Refused, with one sentence and where the text is at fault, when it cannot be done.
    """
    why = action.enabled(session)
    if why is not None:
        raise Refused(why)
    before = replace(session, told="") if session.told else session
    try:
        if action.argument is not None and (text or not action.argument.optional):
            if not text:
                example = action.argument.example
                raise Refused(f"{action.verb} needs to know more", hint=f"such as: {example}")
            return _kept_up(before, action.argument.take(before, text))
        if text:
            raise Refused(f"{action.verb} takes nothing behind it", start=0, end=len(text))
        if action.run is None:
            return before
        return _kept_up(before, action.run(before))
    except LanguageError as error:
        raise Refused(error.message, error.start, error.end, error.hint) from error
    except (EngineError, FunctionError, DebuggerError) as error:
        raise Refused(str(error)) from error


def _kept_up(before: Session, after: Session) -> Session:
    """The session with a question about where it is now, if predict mode is on."""
    if after.prediction is None:
        return after
    from tutor.session import predicting

    return predicting.kept_up(before, after)


def completions(session: Session, text: str) -> Sequence[str]:
    """Whole commands that begin as this text does: verbs, then what an action may be given."""
    word, blank, rest = text.lstrip().partition(" ")
    if not blank:
        return sorted(verb for verb in VERBS if verb.startswith(word))
    action = VERBS.get(word)
    if action is None or action.argument is None:
        return ()
    return [f"{word} {given}" for given in action.argument.complete(session, rest.lstrip())]
