"""What stands in each pane of the stepper at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.trace import Trace
from tutor.actions import BY_ID, key_label
from tutor.actions.keymap import Keymap
from tutor.debugger.frame import focused
from tutor.render.events import event_row
from tutor.render.formula import Formula, formula
from tutor.render.inspector import Inspection, inspection
from tutor.render.numbers import exact
from tutor.render.report import Report
from tutor.render.sentences import sentence, start_sentence
from tutor.render.values import inline
from tutor.session.panel import shown
from tutor.session.panels.source import SourcePanel
from tutor.session.session import Session
from tutor.session.writing import notation_of
from tutor.tui import words
from tutor.tui.commands import chord_hint, first_key, keys_for
from tutor.tui.picture import picture
from tutor.tui.widgets.canvas import GraphCanvas
from tutor.tui.widgets.commandbar import COMMAND_KEYS, PREDICT_KEYS
from tutor.tui.widgets.editbar import EDIT_KEYS
from tutor.tui.widgets.events import EventList
from tutor.tui.widgets.keybar import Key, KeyBar
from tutor.tui.widgets.line import Lines, Pane, Rule
from tutor.tui.widgets.reportview import ReportView
from tutor.tui.widgets.surface import Row, Run, row_width
from tutor.tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from tutor.tui.screens.stepper import StepperScreen

PANES = ("canvas", "panel", "formula", "inspector", "source", "events", "timeline")
_ENTRIES = 40
ROOMY = 138
"""From how many columns on a panel, which is up to 78 wide, has room beside the other panes."""
POLL = 0.3
"""Seconds between two looks at an answer that is not whole yet."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is said of a moment, made once for all panes."""

    formula: Formula | None
    inspection: Inspection


def show(screen: StepperScreen) -> None:
    """Fill every pane from the session."""
    session, ascii_only = screen.session, screen.ascii_only
    frame, trace = session.frame, session.trace
    node = focused(frame)
    moment = screen.moment = Moment(
        formula(trace, frame.cursor - 1, ascii=ascii_only, notation=notation_of(session))
        if frame.cursor
        else None,
        inspection(trace, node, frame.cursor, text=_text(session), ascii=ascii_only),
    )
    canvas = screen.query_one("#canvas", GraphCanvas)
    screen.set_class(session.panel is not None and screen.size.width < ROOMY, "-cramped")
    if session.panel is not None:
        report = shown(session, session.panel).spelled(ascii_only)
        screen.query_one("#panel", ReportView).show(report)
        if session.panel.pending:
            screen.look_again(POLL)
        screen.panel_title = (report.title, report.aside)
    elif screen.drawing is None:
        canvas.say(f"Drawing {len(trace.passes[0].ops)} nodes …")
    else:
        canvas.show(picture(session, screen.drawing, ascii=ascii_only))
    pane = screen.query_one("#formula", Pane)
    if session.prediction is not None:
        asked = question_of(screen)
        pane.show([[("  ", "ground"), *row.line] for row in asked.rows][-pane.size.height :])
    elif moment.formula is None:
        pane.show(_beginning(pane.size.width, screen.keymap, ascii_only))
    else:
        pane.show(words.formula_rows(moment.formula, *pane.size))
    pane = screen.query_one("#inspector", Pane)
    facts = words.facts(moment.inspection, session, node)
    if pane.size.height > 3:
        pane.show(words.inspector_rows(facts, pane.size.width))
    else:
        count = max(1, pane.size.height)
        about = moment.inspection
        rows = words.inspector_lines(facts, about, pane.size.width, count, ascii=ascii_only)
        pane.show(rows)
    show_source(screen)
    events = screen.query_one("#events", EventList)
    if events.display:
        # What is asked for is not told beforehand.
        known = len(trace.events) if session.prediction is None else frame.cursor
        describe = partial(_event_row, trace, ascii_only, known)
        events.show(session.prediction or trace, describe, len(trace.events), frame.cursor - 1)
    show_crumbs(screen)
    show_titles(screen)
    show_status(screen)
    timeline = screen.query_one("#timeline", Timeline)
    timeline.show(words.stretches(trace), frame.cursor, screen.player.note)
    keys: Sequence[Key] = keys_for(session, screen.keymap, ascii=ascii_only)
    if screen.has_class("-editing"):
        keys = EDIT_KEYS
    elif screen.has_class("-commanding"):
        keys = COMMAND_KEYS if session.prediction is None else PREDICT_KEYS
    screen.query_one("#keys", KeyBar).show(keys)


def seen(screen: StepperScreen) -> list[str]:
    """The panes that are on the screen, or one key away in the place of another."""
    hidden = {"-tiny": {"formula", "inspector", "events"}, "-low": {"inspector"}}
    absent = set().union(*(names for size, names in hidden.items() if screen.has_class(size)))
    absent.add("canvas" if screen.session.panel is not None else "panel")
    if not (screen.has_class("-source") and screen.has_class("-wide")):
        absent.add("source")
    return [name for name in PANES if name not in absent]


def question_of(screen: StepperScreen) -> Report:
    """What predict mode asks."""
    from tutor.session import predicting

    return predicting.report(screen.session).spelled(screen.ascii_only)


def show_source(screen: StepperScreen) -> None:
    """The source beside the graph, where there is room and more than a line of it."""
    origin = screen.session.origin
    shown = screen.has_class("-wide") and (origin.kind != "expression" or "\n" in origin.text)
    source = origin.source if shown else None
    shown = source is not None and "\n" in source.text.strip()
    screen.set_class(shown, "-source")
    if shown:
        report = SourcePanel().report(screen.session).spelled(screen.ascii_only)
        screen.query_one("#source", ReportView).show(report)
        screen.query_one("#source-title", Rule).show(report.title, report.aside)


def show_crumbs(screen: StepperScreen) -> None:
    """The first line: where one is, and which routes to the gradient agree."""
    line = screen.query_one("#crumbs", Lines)
    width = line.size.width
    badge = screen.badge.runs(width, ascii=screen.ascii_only)
    left = words.crumbs(screen.session, width - row_width(badge) - 3)
    gap = max(1, width - row_width(left) - row_width(badge) - 1)
    line.show([*left, (" " * gap, "ground"), *badge])


def show_titles(screen: StepperScreen) -> None:
    """The lines between the panes: what is in them, the one with the focus in bold."""
    moment, frame = screen.moment, screen.session.frame
    if moment is None:
        return
    focus = screen.focused.id if screen.focused is not None else None

    def title(pane: str, left: str, right: str = "") -> None:
        role = "title.focus" if focus == pane else "title"
        screen.query_one(f"#{pane}-title", Rule).show(left, right, role)

    if screen.session.panel is None:
        title("canvas", "graph", words.inputs_told(screen.session, screen.size.width - 20))
    else:
        role = "title.focus" if focus == "panel" else "title"
        screen.query_one("#canvas-title", Rule).show(*screen.panel_title, role)
    if screen.session.prediction is not None:
        title("formula", "predict", question_of(screen).aside)
    elif moment.formula is None:
        title("formula", "the beginning")
    else:
        title("formula", moment.formula.title, moment.formula.rule)
    title("inspector", moment.inspection.title, moment.inspection.place)
    title("events", "events", f"{frame.cursor} of {len(frame.trace.events)}")


def show_status(screen: StepperScreen) -> None:
    """The sentence of the event, or what there is to say instead, in the room there is."""
    session, frame = screen.session, screen.session.frame
    line = screen.query_one("#status", Lines)
    said = partial(sentence, session.trace, frame.cursor - 1, ascii=screen.ascii_only)
    if screen.said is not None:
        ways = [screen.said]
    elif frame.cursor == 0:
        graph = start_sentence(session.trace, ascii=screen.ascii_only)
        begin = f"Press {_next_key(screen.keymap, screen.ascii_only)} for the first event."
        ways = [f"{begin} {graph}", begin]
    else:
        fell = words.fell(session.trace, frame.cursor, ascii=screen.ascii_only)
        ways = [f"{said()} {fell}", f"{said(numbered=False)} {fell}"] if fell else []
        ways += [fell] if fell else [said(), *words.ways(said(numbered=False))]
    room = [words.wrapped(text, line.size.width - 2) for text in ways]
    rows = next((rows for rows in room if len(rows) <= line.size.height), room[-1])
    if len(rows) > line.size.height > 0:
        rows = words.shortened(rows, line.size.height, line.size.width - 2)
    line.show(*[[(" ", "ground"), *row] for row in rows])


def show_hint(screen: StepperScreen) -> None:
    """What may follow the leader."""
    line = screen.query_one("#status", Lines)
    room = line.size.width * max(1, line.size.height) - 2
    hint = chord_hint(screen.session, room, ascii=screen.ascii_only)
    line.show(*words.folded(hint, line.size.width - 1))


def written(value: Any) -> tuple[str, str]:
    """An input as it is told, with the minus sign that one types, and as one would type it (nothing
    where that is too long)."""
    if np.ndim(value) == 0:
        return inline(value, ascii=True), exact(value, ascii=True)
    if np.size(value) > _ENTRIES:
        return inline(value, ascii=True), ""
    return inline(value, ascii=True, most=6), str(np.asarray(value).tolist()).replace(" ", "")


def _next_key(keymap: Keymap, ascii_only: bool) -> str:
    return key_label(first_key(BY_ID["step.next"], keymap), ascii=ascii_only)


def _beginning(width: int, keymap: Keymap, ascii_only: bool) -> list[Row]:
    key = _next_key(keymap, ascii_only)
    rows = words.wrapped(
        f"Each {key} shows one event: first every value, then how the gradient of the result comes "
        "back along the edges.",
        width - 4,
        "quiet",
    )
    return [[("   ", "ground"), *row] for row in rows]


def _event_row(trace: Trace, ascii_only: bool, known: int, event: int) -> list[Run]:
    if event >= known:
        return [(str(event + 1).rjust(len(str(len(trace.events)))), "quiet"), ("  ?", "faint")]
    row = event_row(trace, event, ascii=ascii_only)
    flow = "forward" if trace.events[event].kind == "value" else "backward"
    if trace.events[event].kind == "update":
        flow = "changed"
    return [
        (row.number.rjust(len(str(len(trace.events)))), "quiet"),
        ("  " + row.what.ljust(13), "text"),
        (" " + row.amount.rjust(9), flow),
        ("  " + row.how, "quiet"),
    ]


def _text(session: Session) -> str | None:
    return None if session.program is None else session.text
