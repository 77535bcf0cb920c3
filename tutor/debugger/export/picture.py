"""The picture of the graph at a moment, as rows of styled text."""

from __future__ import annotations

from tutor.debugger.export.errors import ExportError
from tutor.debugger.frame import Frame, phase
from tutor.debugger.view.picture import plan, scene
from tutor.layout import ASCII, UNICODE, Region, draw
from tutor.render.expressions import name_of
from tutor.render.sentences import sentence, start_sentence

MOST_CELLS = 2_000_000
"""The largest picture: beyond this a browser would not show it."""

Row = list[tuple[str, str]]


def rows(frame: Frame, *, ascii: bool = False) -> list[Row]:
    """What the frame shows, whole: the items of its zoom, with what they have at its moment.

    Raises ExportError where that is too large to be drawn.
    """
    trace = frame.trace
    placed = plan(trace, trace.pass_at(frame.cursor), frame.zoom)
    width, height = placed.layout.width, placed.layout.height
    if width * height > MOST_CELLS:
        raise ExportError(
            f"the picture would have {width} x {height} cells, and at most {MOST_CELLS} can be "
            "written; fold some of its groups first"
        )
    whole = Region(0, 0, width, height)
    shown = scene(placed, frame, ascii=ascii)
    return draw(placed.layout, whole, shown, ASCII if ascii else UNICODE)


def flow(frame: Frame) -> str:
    """Which way things flow at this moment: the colour of what is active."""
    return phase(frame)


def caption(frame: Frame, *, ascii: bool = False) -> list[str]:
    """What the moment is, in a sentence."""
    trace = frame.trace
    if frame.cursor == 0:
        return [start_sentence(trace, ascii=ascii)]
    return [sentence(trace, frame.cursor - 1, ascii=ascii)]


def title(frame: Frame) -> str:
    """The picture's name: `The graph of f after event 9 of 10`."""
    trace = frame.trace
    moment = (
        f"after event {frame.cursor} of {len(trace.events)}" if frame.cursor else "at the start"
    )
    return f"The graph of {name_of(trace, trace.output)} {moment}"
