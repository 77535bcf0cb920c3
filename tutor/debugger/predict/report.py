"""A question, what was answered and the score, as rows, as sentences and as data.

predict                                                             7 right of 9
  a = tanh(z) gets −2 from above. Its own value is 0.8. What does it pass on to z?
  > −0.72
  ✓  −2 · (1 − 0.8²) = −0.72
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Any

from tutor.debugger.predict.judge import Answer, Score
from tutor.debugger.predict.question import Question, Reply
from tutor.render.json_ import plain
from tutor.render.report import Report, Row
from tutor.render.sanitise import sanitise
from tutor.render.sentences import in_words

_WIDTH = 76
_DEFINED = re.compile(r"(\S+) = (.+?) gets ")


@dataclass(frozen=True, slots=True)
class State:
    """How far one is with a question. text: what was typed last. answer: what was said of it.
    hints: how many were asked for. revealed: whether the answer was given away."""

    text: str = ""
    answer: Answer | None = None
    hints: int = 0
    revealed: bool = False

    @property
    def done(self) -> bool:
        """Whether the event may be shown: answered rightly, or given up."""
        return self.revealed or (self.answer is not None and self.answer.verdict == "right")


def reveal(question: Question) -> str:
    """The whole line: `✓  −2 · (1 − 0.8²) = −0.72`."""
    return f"✓  {question.solution}"


def score_text(score: Score) -> str:
    """`7 right of 9`, with the run of right ones from 3 on."""
    if not score.asked:
        return ""
    run = f", {score.streak} in a row" if score.streak >= 3 else ""
    return f"{score.right} right of {score.asked}{run}"


def report(question: Question | None, state: State, score: Score) -> Report:
    """The report of kind "predict"; None for a question says that there is nothing more to ask."""
    aside = score_text(score)
    data: dict[str, Any] = {
        "score": {"right": score.right, "asked": score.asked, "streak": score.streak}
    }
    if question is None:
        told = "Everything has happened: there is nothing left to predict."
        return Report("predict", "predict", (Row(((told, "text"),)),), (told,), data, aside)
    rows = _rows(question.text, "text", node=question.node)
    if question.choices:
        rows += _rows(f"One of: {', '.join(question.choices)}", "quiet")
    given = question.hints[: state.hints]
    for text in given:
        rows += _rows(f"hint: {text}", "quiet")
    if state.text:
        rows.append(Row(((f"  > {sanitise(state.text)[:_WIDTH]}", "strong"),)))
    sentences = [_aloud(question.text), *[in_words(text) for text in given]]
    if state.answer is not None and not (state.revealed and state.answer.verdict == "right"):
        verdict = state.answer.verdict
        role = {"right": "right", "wrong": "wrong"}.get(verdict, "quiet")
        mark = {"right": "✓  ", "wrong": "✗  "}.get(verdict, "")
        if verdict != "right":
            rows += _rows(f"{mark}{state.answer.message}", role)
        sentences.append(in_words(state.answer.message))
    if state.done:
        rows += _rows(reveal(question), "right", event=question.event)
        sentences.append(f"{in_words(question.solution).rstrip('.')}.")
    data |= _data(question, state)
    return Report("predict", "predict", tuple(rows), tuple(sentences), data, aside)


def _aloud(text: str) -> str:
    """A question in words: `f = q·z gets 1` as `f, q times z, gets 1`."""
    return in_words(_DEFINED.sub(r"\1, \2, gets ", text))


def _rows(text: str, role: str, node: int | None = None, event: int | None = None) -> list[Row]:
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False)
    return [Row(((f"  {line}", role),), node, event) for line in lines]


def _data(question: Question, state: State) -> dict[str, Any]:
    data: dict[str, Any] = {
        "kind": question.kind,
        "event": question.event,
        "node": question.node,
        "index": list(question.index),
        "question": question.text,
        "form": question.form,
        "choices": list(question.choices),
        "hints": list(question.hints[: state.hints]),
    }
    if state.answer is not None:
        data |= {
            "typed": state.text,
            "verdict": state.answer.verdict,
            "message": state.answer.message,
            "slip": state.answer.slip,
        }
    if state.done:
        data |= {"answer": _plain(question.reply), "solution": question.solution}
    return data


def _plain(reply: Reply) -> Any:
    if isinstance(reply, frozenset):
        return sorted(reply)
    return (
        plain(reply)
        if isinstance(reply, float)
        else reply
        if isinstance(reply, str)
        else list(reply)
    )
