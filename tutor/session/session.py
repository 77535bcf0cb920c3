"""Session: a function with its inputs, the moment of its trace that is looked at, and the way
back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.columns import Value
from engine.errors import EngineError, GradientError
from engine.recording import appended, updates_of
from engine.trace import Trace
from tutor.debugger import moving
from tutor.debugger.frame import Frame
from tutor.debugger.state import changed_nodes
from tutor.debugger.view.zoom import Zoom
from tutor.language import Program, parse
from tutor.session import carried, told
from tutor.session.origin import Expression, File, Function, Origin, Run

if TYPE_CHECKING:
    from tutor.session.notes import Notes
    from tutor.session.panel import Panel
    from tutor.session.predicting import Prediction

DEFAULT_RATE = 0.1
# By convention x is data, y and t are targets: x, X, x1, x_train, xs, target; theta is learned.
_DATA = re.compile(r"[xyt]s?\d*(_\w*)?|targets?\d*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moment:
    """What undo goes back to: the origin, the inputs of the first pass and the seed, the trace, and
    where one stood in it."""

    origin: Origin
    inputs: Mapping[str, Value]
    upstream: Value | None
    trace: Trace
    cursor: int
    zoom: Zoom


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting with one function.

    origin: what is traced. inputs: what the first pass was given. upstream: the seed of a result
    that is no scalar, None for ones. dtype: what inputs are rounded to. rate, params: learning
    rate, and names of the inputs that a step changes. changed: nodes of the first pass that the
    last edit, undo or redo changed. notes: stops, watches, marks, and the run to compare with.
    panel: the question that is open above the graph. prediction: predict mode, where it is on.
    notation: how formulas are written. told: what
    the last action has to say beyond the moment. printed: what the function printed. past, future:
    for undo and redo.
    """

    origin: Origin
    inputs: Mapping[str, Value]
    upstream: Value | None
    dtype: str | None
    rate: float
    params: tuple[str, ...]
    frame: Frame
    notes: Notes
    changed: frozenset[int] = frozenset()
    panel: Panel | None = None
    prediction: Prediction | None = None
    notation: str = "own"
    told: str = ""
    printed: str = ""
    past: tuple[Moment, ...] = field(default=(), repr=False)
    future: tuple[Moment, ...] = field(default=(), repr=False)

    @property
    def trace(self) -> Trace:
        """The trace that is looked at."""
        return self.frame.trace

    @property
    def text(self) -> str:
        """What stands above the graph: the typed expression, or the function's name."""
        return self.origin.text

    @property
    def program(self) -> Program | None:
        """The expression that was read; None for a function from elsewhere."""
        return self.origin.program


def start(
    target: str | Program | Callable[..., Any] | Origin,
    inputs: Mapping[str, Any],
    *,
    upstream: Any = None,
    dtype: str | None = None,
    rate: float = DEFAULT_RATE,
    params: tuple[str, ...] | None = None,
) -> Session:
    """Run `target` on `inputs` and stand at the beginning.

    target: an expression (text, or already read), a function of Tensors, or any other origin.
    params: the inputs that a step changes; None takes those of `default_params`.

    Raises LanguageError for a text that cannot be read, EngineError for inputs that the function
    cannot take or for parameters that are no inputs.
    """
    origin = _origin(target)
    run = origin.run(inputs, upstream=upstream, dtype=dtype)
    return begun(
        run.origin or origin,
        Trace((run.made,)),
        upstream=upstream,
        dtype=dtype,
        rate=rate,
        params=params,
        printed=run.printed,
    )


def begun(
    origin: Origin,
    trace: Trace,
    *,
    upstream: Any = None,
    dtype: str | None = None,
    rate: float = DEFAULT_RATE,
    params: tuple[str, ...] | None = None,
    printed: str = "",
) -> Session:
    """The session at the beginning of a trace that was made already."""
    from tutor.session.notes import Notes

    for name in params or ():
        if name not in trace.inputs:
            known = ", ".join(trace.inputs)
            raise EngineError(f"{name!r} is no input; the inputs are {known}")
    return Session(
        origin=origin,
        inputs=_inputs(trace),
        upstream=upstream,
        dtype=dtype,
        rate=rate,
        params=default_params(trace) if params is None else params,
        frame=Frame(trace),
        notes=Notes(),
        printed=printed,
    )


def at(session: Session, frame: Frame) -> Session:
    """The session at another moment of its trace."""
    return session if frame is session.frame else replace(session, frame=frame)


def edit_input(session: Session, name: str, value: Any) -> Session:
    """Run the function again with another value of one input; what changed is marked.

    Steps of gradient descent are gone afterwards; what changed is judged against the pass that one
    stood in. Raises EngineError for a name that is no input
    and for a value that the function cannot take.
    """
    return edit_inputs(session, {name: value})


def arguments(session: Session) -> tuple[str, ...]:
    """The names of what can be changed: the inputs, and what else a user's function was given."""
    passed = session.origin.passed if isinstance(session.origin, File) else {}
    return (*session.inputs, *passed)


def edit_inputs(session: Session, values: Mapping[str, Any]) -> Session:
    """`edit_input` for several inputs at once."""
    known = arguments(session)
    for name in values:
        if name not in known:
            raise EngineError(f"{name!r} is no input; the inputs are {', '.join(known)}")
    inputs = {**session.inputs, **values}
    run = session.origin.run(inputs, upstream=session.upstream, dtype=session.dtype)
    after = rerun(session, session.origin, run, session.upstream)
    was = {name: standing(session, name) for name in values if name in session.inputs}
    return replace(after, told=told.of_edit(was, session, after))


def rerun(session: Session, origin: Origin, run: Run, upstream: Value | None) -> Session:
    """The session on what a run of `origin` with this seed gave, at the same place; undo leads
    back."""
    trace = Trace((run.made,))
    place, zoom = carried.place(session.frame, trace), carried.zoom(session.frame, trace)
    moment = Moment(run.origin or origin, _inputs(trace), upstream, trace, place, zoom)
    return replace(_changed_to(session, moment), printed=run.printed)


def descend(session: Session) -> Session:
    """One step of gradient descent: the updates and the next pass are added to the trace, and the
    cursor goes to the first update.

    Raises GradientError where there is no parameter, or one that no gradient reached.
    """
    if not session.params:
        raise GradientError("no gradient reached any input, so there is nothing to update")
    updates, values = updates_of(session.trace, session.rate, session.params)
    last = session.trace.passes[-1]
    run = session.origin.run(
        values,
        upstream=last.seed if last.seed_given else None,
        index=len(session.trace.passes),
    )
    trace = appended(session.trace, updates, run.made)
    here = session.trace.backward_range(len(session.trace.passes) - 1).stop
    origin, zoom = run.origin or session.origin, session.frame.zoom
    moment = Moment(origin, session.inputs, session.upstream, trace, here + 1, zoom)
    after = replace(_changed_to(session, moment), changed=frozenset(), printed=run.printed)
    return replace(after, told=told.of_step(after))


def standing(session: Session, name: str) -> Value:
    """The value of an input in the pass that is looked at, where steps may have changed it."""
    p = session.trace.passes[session.trace.pass_at(session.frame.cursor)]
    return p.value(p.inputs[name])


def with_rate(session: Session, rate: float) -> Session:
    """The session with another learning rate for the steps to come."""
    return replace(session, rate=rate)


def rewound(session: Session) -> Session:
    """The session at the start of its trace, with nothing to undo and nothing said."""
    frame = Frame(session.trace, zoom=session.frame.zoom)
    return replace(session, frame=frame, told="", past=(), future=())


def undo(session: Session) -> Session:
    """Take back the last edit or step; the same session when there is none."""
    if not session.past:
        return session
    *past, moment = session.past
    future = (*session.future, _moment(session))
    after = replace(_shown(session, moment), past=tuple(past), future=future)
    return replace(after, told=told.of_return("taken back", session, after))


def redo(session: Session) -> Session:
    """Do again what was undone last; the same session when nothing was."""
    if not session.future:
        return session
    *future, moment = session.future
    past = (*session.past, _moment(session))
    after = replace(_shown(session, moment), past=past, future=tuple(future))
    return replace(after, told=told.of_return("done again", session, after))


def default_params(trace: Trace) -> tuple[str, ...]:
    """The inputs that a step changes unless told otherwise.

    Of those that a gradient reached, all but the data: inputs called x, y or t, with or without a
    number or a suffix (x1, x_train), and targets. All of them where that leaves none.
    """
    reached = [name for name, node in trace.inputs.items() if trace.grad(node) is not None]
    learned = [name for name in reached if not _DATA.fullmatch(name)]
    return tuple(learned or reached)


def _origin(target: str | Program | Callable[..., Any] | Origin) -> Origin:
    if isinstance(target, str):
        return Expression(parse(target))
    if isinstance(target, Program):
        return Expression(target)
    return Function(target) if callable(target) else target


def _inputs(trace: Trace) -> Mapping[str, Value]:
    return {name: trace.value(node) for name, node in trace.inputs.items()}


def _moment(session: Session) -> Moment:
    frame = session.frame
    return Moment(
        session.origin, session.inputs, session.upstream, frame.trace, frame.cursor, frame.zoom
    )


def _changed_to(session: Session, moment: Moment) -> Session:
    past = (*session.past, _moment(session))
    return replace(_shown(session, moment), past=past, future=())


def _shown(session: Session, moment: Moment) -> Session:
    at = session.trace.pass_at(session.frame.cursor)
    old, new = session.trace.passes[at], moment.trace.passes[0]
    zoom = session.frame.zoom if carried.alike(old, new) else moment.zoom
    after = replace(
        session,
        origin=moment.origin,
        inputs=moment.inputs,
        upstream=moment.upstream,
        frame=moving.jump(Frame(moment.trace, zoom=zoom), moment.cursor),
        changed=changed_nodes(session.trace, moment.trace, at=at),
    )
    panel = session.panel
    return after if panel is None else replace(after, panel=panel.carried(session, after))
