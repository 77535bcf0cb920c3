"""Predict mode of a sitting: before each event it asks for it, judges the answer, keeps the
score."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace

from tutor.debugger import moving, predict
from tutor.debugger.predict import Question, Score, State
from tutor.debugger.predict.question import KINDS, Kind
from tutor.render.report import Report
from tutor.session.refused import Refused, is_count
from tutor.session.session import Session


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predict mode under way. question: None when there is nothing left to ask. seed, kinds: of
    the questions."""

    question: Question | None
    state: State = field(default_factory=State)
    score: Score = field(default_factory=Score)
    seed: int = 0
    kinds: frozenset[Kind] | None = None


def start(session: Session) -> Session:
    """Begin to ask, from this moment on; once more, leave it."""
    if session.prediction is not None:
        return leave(session)
    return _asked(session, Prediction(None))


def start_with(session: Session, text: str) -> Session:
    """Begin to ask for some kinds only: `predict amount local`, and with a number for another row
    of questions: `predict 7`."""
    words = text.replace(",", " ").split()
    named = [word for word in words if not is_count(word)]
    for word in named:
        if word not in KINDS:
            at = text.index(word)
            hint = f"the kinds are {', '.join(KINDS)}"
            raise Refused(f"{word} is no kind of question", at, at + len(word), hint)
    kinds = frozenset(kind for kind in KINDS if kind in named)
    seeds = [int(word) for word in words if is_count(word)]
    return _asked(session, Prediction(None, seed=seeds[0] if seeds else 0, kinds=kinds or None))


def leave(session: Session) -> Session:
    """Stop asking, with the score."""
    now = session.prediction
    if now is None:
        return session
    score = now.score
    told = "Nothing was answered." if not score.asked else f"{score.right} of {score.asked} right."
    return replace(session, prediction=None, told=f"Predict mode is off. {told}")


def answer(session: Session, text: str) -> Session:
    """Judge an answer."""
    now, question = _standing(session)
    if now.state.done:
        return answer(onward(session), text)
    judged = predict.judge(question, text)
    # Only the first answer to a question counts, so that trying on costs nothing.
    first = now.state.answer is None or now.state.answer.verdict == "unreadable"
    state = replace(now.state, text=text.strip(), answer=judged)
    score = now.score.after(judged) if first else now.score
    return replace(session, prediction=replace(now, state=state, score=score))


def hint(session: Session) -> Session:
    """One hint more: the rule in words, with names, with numbers."""
    now, question = _standing(session)
    if now.state.hints >= len(question.hints):
        raise Refused("there is no further hint", hint="step shows the answer")
    state = replace(now.state, hints=now.state.hints + 1)
    return replace(session, prediction=replace(now, state=state))


def on(session: Session) -> Session:
    """Show the answer that is not given yet; then the event, and the next question."""
    now = session.prediction
    if now is None or now.question is None:
        return replace(session, frame=moving.next_event(session.frame))
    if now.state.done:
        return onward(session)
    untried = now.state.answer is None or now.state.answer.verdict == "unreadable"
    score = now.score.passed() if untried else now.score
    state = replace(now.state, revealed=True)
    return replace(session, prediction=replace(now, state=state, score=score))


def onward(session: Session) -> Session:
    """Let the event happen, and ask for what comes."""
    now = session.prediction
    if now is None:
        return session
    return _asked(replace(session, frame=moving.next_event(session.frame)), now)


def kept_up(before: Session, after: Session) -> Session:
    """The session with a question about the moment it is at, where it moved by other means."""
    now = after.prediction
    if now is None or before.prediction is None or before.prediction is not now:
        return after
    if before.trace is after.trace and after.frame.cursor < before.frame.cursor:
        # On the way back the questions that are passed over lie behind.
        asked = predict.previous_question(
            after.trace, after.frame.cursor, seed=now.seed, kinds=now.kinds
        )
        if asked is not None:
            after = replace(after, frame=moving.jump(after.frame, asked.event))
        return _asked(after, now)
    moved = before.frame.cursor != after.frame.cursor or before.trace is not after.trace
    return _asked(after, now) if moved else after


def names(session: Session) -> Container[str]:
    """The names of nodes while a node is asked for: answers before they are commands."""
    now = session.prediction
    if now is None or now.question is None or now.state.done:
        return ()
    if now.question.form not in ("node", "nodes"):
        return ()
    return session.trace.passes[session.trace.pass_of(now.question.node)].by_name


def report(session: Session) -> Report:
    """The question, what was answered, and the score."""
    now = session.prediction
    if now is None:
        raise Refused("predict mode is off", hint="predict begins it")
    return predict.report(now.question, now.state, now.score)


def predicting(session: Session) -> str | None:
    """Why nothing can be answered."""
    return None if session.prediction is not None else "Predict mode is off; :predict begins it"


def _asked(session: Session, now: Prediction) -> Session:
    cursor, trace = session.frame.cursor, session.trace
    question = predict.next_question(trace, cursor, seed=now.seed, kinds=now.kinds)
    cursor = len(trace.events) if question is None else question.event
    frame = moving.jump(session.frame, cursor)
    return replace(session, frame=frame, prediction=replace(now, question=question, state=State()))


def _standing(session: Session) -> tuple[Prediction, Question]:
    now = session.prediction
    if now is None:
        raise Refused("predict mode is off", hint="predict begins it")
    if now.question is None:
        raise Refused("there is nothing left to predict", hint="start goes back to the beginning")
    return now, now.question
