"""Line mode of a derivation: a line is a line of the derivation, a word after `:` is a command."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tutor.actions.deriving import DERIVING, DeriveAction
from tutor.judge.report import example_sentence, report, told
from tutor.judge.verdict import Judged
from tutor.language.derivation import knowing, read_line
from tutor.language.errors import LanguageError
from tutor.language.unparse import unparse
from tutor.language.words import words
from tutor.render.spoken import in_words
from tutor.session.deriving import derivation as deriving
from tutor.session.deriving.asking import asked, quantities
from tutor.session.deriving.derivation import Derivation
from tutor.session.deriving.helping import solution
from tutor.session.refused import Refused

if TYPE_CHECKING:
    from tutor.judge.worked import WorkedStep

VERBS: Mapping[str, DeriveAction] = MappingProxyType(
    {verb: action for action in DERIVING for verb in (action.verb, *action.synonyms) if verb}
)
"""Every word that does something after `:`."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The derivation after a line or command, what is said, and the same as data. ended: it was the
    last one. refused: it could not be done."""

    derivation: Derivation
    said: list[str]
    data: dict[str, Any]
    ended: bool = False
    refused: bool = False


def beginning(derivation: Derivation) -> list[str]:
    """What is said first: the exercise, its forward lines, what is asked."""
    exercise = derivation.exercise
    said = [f"{exercise.title or derivation.name}."]
    said += [f"Given: {spoken}." for spoken in _aloud(derivation, exercise.forward_texts)]
    said += [f"Given: {in_words(told)}." for told in quantities(exercise)]
    task = asked(derivation, lambda end: _aloud(derivation, [unparse(end)])[0])
    task = in_words(task) if exercise.find == "gradient" else task
    said.append(f"{task[0].upper()}{task[1:]}. Type one line at a time; :help lists the commands.")
    return said


def _aloud(derivation: Derivation, lines: Sequence[str]) -> list[str]:
    """Lines in words, each knowing the symbols that the ones above brought in."""
    vocabulary = derivation.exercise.vocabulary
    said = []
    for text in lines:
        try:
            line = read_line(text, vocabulary)
        except LanguageError:
            line = None
        vocabulary = knowing(vocabulary, line)
        said.append(in_words(text) if line is None else words(line))
    return said


def respond(derivation: Derivation, text: str) -> Answered:
    """Take one line or do one command. Never raises for what a person may type."""
    typed = text.rstrip("\r\n")
    if not typed.lstrip().startswith(":"):
        after = deriving.entered(derivation, typed)
        unread = _unread(derivation, after)
        if unread is not None:
            said = [in_words(unread), "It is not kept: type it again."]
            data = _data(derivation, typed, said) | {"error": unread}
            return Answered(derivation, said, data, refused=True)
        said = _heard(derivation, after)
        return Answered(after, said, _data(after, typed, said))
    try:
        action, given = _read(typed.strip()[1:])
        if action.id == "derive.back":
            return Answered(derivation, ["Goodbye."], _data(derivation, typed, []), ended=True)
        after, said = _done(derivation, action, given)
    except Refused as refusal:
        hint = f" ({refusal.hint})" if refusal.hint else ""
        said = [f"Not done: {in_words(refusal.message)}{hint}."]
        data = _data(derivation, typed, said) | {"error": refusal.message}
        return Answered(derivation, said, data, refused=True)
    return Answered(after, said, _data(after, typed, said))


def _unread(before: Derivation, after: Derivation) -> str | None:
    """Why what was typed cannot be read, if it cannot: kept, it would make the whole answer one
    that nobody can read."""
    verdict = after.verdict
    if verdict is None or verdict.kind != "reject" or verdict.first_wrong is None:
        return None
    return verdict.message if before.at <= verdict.first_wrong < after.at else None


def converse(
    derivation: Derivation, lines: Iterable[str], *, as_json: bool = False
) -> Iterator[tuple[list[str], Answered]]:
    """The lines to print for each line that is typed, with what it led to."""
    for line in lines:
        done = respond(derivation, line)
        derivation = done.derivation
        yield ([json.dumps(done.data, allow_nan=False)] if as_json else done.said), done
        if done.ended:
            return


def _read(text: str) -> tuple[DeriveAction, str]:
    word, _, given = text.strip().partition(" ")
    action = VERBS.get(word)
    if action is None:
        near = difflib.get_close_matches(word.lower(), VERBS, n=2)
        hint = f"did you mean :{' or :'.join(near)}?" if near else ":help lists the commands"
        raise Refused(f"{word or 'nothing'} is no command", hint=hint)
    return action, given.strip()


def _done(derivation: Derivation, action: DeriveAction, given: str) -> tuple[Derivation, list[str]]:
    why = action.enabled(derivation)
    if why is not None:
        raise Refused(why[:1].lower() + why[1:])
    own = _OWN.get(action.id)
    if own is not None:
        return own(derivation)
    before = replace(derivation, told="")
    argument = action.argument
    if argument is not None and (given or not argument.optional):
        if not given:
            raise Refused(f"{action.verb} needs to know more", hint=f"such as :{argument.example}")
        after = argument.take(before, given)
    elif action.run is not None:
        after = action.run(before)
    else:
        return derivation, ["That belongs to the screen."]
    return after, _heard(derivation, after)


def _heard(before: Derivation, after: Derivation) -> list[str]:
    """What a change led to: what was said of it, and of the lines that are new."""
    said = _told(before, after)
    if after.verdict is not None and after.verdict is not before.verdict:
        said += _of_new_lines(before, after)
    elif not said:
        said.append(_at(after))
    return said


def _told(before: Derivation, after: Derivation) -> list[str]:
    """What an action had to say; a step that it shows is read as a formula."""
    if after.solved > before.solved:
        steps = solution(after)
        which = f"Step {after.solved} of {len(steps)}: "
        return [which + _of_step(after, steps[: after.solved])]
    if after.between is not None and after.between is not before.between:
        return [f"A line between: {_of_step(after, [after.between])}"]
    return [in_words(after.told)] if after.told else []


def _of_step(derivation: Derivation, steps: Sequence[WorkedStep]) -> str:
    """The last of some steps, and the rule by which it follows."""
    lines = [*derivation.lines, *[step.line for step in steps]]
    return f"{_aloud(derivation, lines)[-1]}. By: {in_words(steps[-1].rule)}."


def _at(derivation: Derivation) -> str:
    """The line that is being written."""
    if derivation.at >= len(derivation.lines):
        return f"Line {derivation.at + 1} is new."
    return f"Line {derivation.at + 1}: {_aloud(derivation, derivation.lines)[derivation.at]}."


def _of_new_lines(before: Derivation, after: Derivation) -> list[str]:
    verdict = after.verdict
    if verdict is None:
        return []
    old = dict(enumerate(before.lines))
    fresh = [
        one
        for one in verdict.lines
        if old.get(one.number) != after.lines[one.number] or before.judged(one.number) != one
    ]
    if verdict.kind == "reject":
        return [in_words(verdict.message)]
    # Of the first wrong line the message says more.
    said = [_of_line(one) for one in fresh if one.mark in _SAID and one.mark != "✗"]
    if verdict.kind != "incomplete" or len(fresh) == 0:
        said += [in_words(one) for one, _ in told(after.target, verdict)[:1]]
        example = verdict.counter_example
        said += [in_words(example_sentence(example, spoken=True))] if example is not None else []
    return said or ["Nothing changed."]


_SAID = {
    "=": "is right, and proved",
    "≈": "is right at every point",
    "✗": "is wrong",
    "~": "follows from the wrong line above",
    "?": "cannot be read",
}


def _of_line(one: Judged) -> str:
    return f"Line {one.number + 1} {_SAID[one.mark]}."


def _show(derivation: Derivation) -> tuple[Derivation, list[str]]:
    """The exercise and every line with what was found about it."""
    said = beginning(derivation)
    for index, spoken in enumerate(_aloud(derivation, derivation.lines)):
        one = derivation.judged(index)
        found = f" {_SAID[one.mark]}" if one is not None and one.mark in _SAID else ""
        said.append(f"Line {index + 1}{found}: {spoken}.")
    return derivation, said


def _help(derivation: Derivation) -> tuple[Derivation, list[str]]:
    said = ["A line without a colon is the next line of the derivation."]
    for action in DERIVING:
        if not action.verb:
            continue
        such = f" Such as: :{action.argument.example}." if action.argument is not None else ""
        why = action.enabled(derivation)
        not_now = f" Not now: {why.replace(':', '')}." if why else ""
        said.append(f":{action.verb} {action.help}{such}{not_now}")
    return derivation, said


def _latex(derivation: Derivation) -> tuple[Derivation, list[str]]:
    from tutor.session.deriving.helping import latex

    return derivation, latex(derivation).splitlines()


def _prove(derivation: Derivation) -> tuple[Derivation, list[str]]:
    """Wait for SymPy, and say what it found of each line."""
    from tutor.session.deriving.proving import wait

    after, said = wait(derivation)
    return after, [in_words(one) for one in said]


_OWN: Mapping[str, Callable[[Derivation], tuple[Derivation, list[str]]]] = MappingProxyType(
    {
        "derive.show": _show,
        "derive.help": _help,
        "derive.latex": _latex,
        "derive.prove": _prove,
    }
)


def _data(derivation: Derivation, typed: str, said: list[str]) -> dict[str, Any]:
    """The same as one JSON object."""
    data: dict[str, Any] = {
        "format": 1,
        "typed": typed,
        "exercise": derivation.name,
        "target": derivation.target,
        "lines": list(derivation.lines),
        "at": derivation.at,
        "said": said,
    }
    if derivation.verdict is not None:
        found = report(derivation.target, derivation.lines, derivation.verdict, derivation.proofs)
        data["report"] = found.document()
    return data
