"""The forms in which a moment of a trace can be written into a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.errors import EngineError
from tutor.debugger.export import picture
from tutor.debugger.export.errors import ExportError
from tutor.debugger.frame import Frame, focused
from tutor.render import json_
from tutor.render.code import numpy_code
from tutor.render.derivation import Derivation, NothingToDeriveError, derivation
from tutor.render.expressions import name_of
from tutor.render.latex import latex
from tutor.render.markdown import markdown
from tutor.render.svg import Theme, svg, text_picture

KindName = Literal["svg", "text", "latex", "markdown", "json", "numpy"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to write. numbers: a derivation with its numbers, or in symbols alone. theme: the colours
    of an SVG. ascii: a picture of plain text without Unicode signs."""

    numbers: bool = True
    theme: Theme = "auto"
    ascii: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One form. ending: of a file, with its dot. title: what it holds, for a list to choose from.
    of_node: it is about the focused node alone."""

    name: KindName
    ending: str
    title: str
    write: Callable[[Frame, Options], str]
    of_node: bool = False


def export(
    kind: str,
    frame: Frame,
    *,
    numbers: bool = True,
    theme: Theme = "auto",
    ascii: bool = False,
) -> str:
    """What the frame shows, in one of KINDS, as the text of a file.

    svg, text: the picture of the graph at this moment. latex, markdown: the derivation of the
    gradient of the focused node. json: the whole trace. numpy: the function of the pass that one is
    in, as a program. For `numbers`, `theme` and `ascii` see `Options`.

    Raises ExportError, one line, for an unknown kind, a node that no gradient reaches, a picture
    that is too large, and a function that cannot be written down.
    """
    known = KINDS.get(kind)
    if known is None:
        raise ExportError(f"there is no export {kind!r}; there are {', '.join(KINDS)}")
    try:
        return known.write(frame, Options(numbers, theme, ascii))
    except (EngineError, NothingToDeriveError) as error:
        raise ExportError(str(error)) from error


def file_name(kind: str, frame: Frame) -> str:
    """A name for the file, without a folder: `f-event-9.svg`, `df-dx.tex`, `f.py`.

    Raises ExportError for an unknown kind.
    """
    known = KINDS.get(kind)
    if known is None:
        raise ExportError(f"there is no export {kind!r}; there are {', '.join(KINDS)}")
    trace = frame.trace
    output = _plain(name_of(trace, trace.output))
    if known.of_node:
        return f"d{output}-d{_plain(name_of(trace, focused(frame)))}{known.ending}"
    moment = f"-event-{frame.cursor}" if kind in ("svg", "text") else ""
    return f"{output}{moment}{known.ending}"


def _plain(name: str) -> str:
    """A name of letters, digits and underscores, which every file system takes."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:40] or "result"


def _svg(frame: Frame, options: Options) -> str:
    return svg(
        picture.rows(frame),
        options.theme,
        flow=picture.flow(frame),
        title=picture.title(frame),
        caption=picture.caption(frame),
    )


def _text(frame: Frame, options: Options) -> str:
    rows = picture.rows(frame, ascii=options.ascii)
    return text_picture(rows, picture.caption(frame, ascii=options.ascii))


def _derivation(frame: Frame) -> Derivation:
    return derivation(frame.trace, focused(frame))


def _latex(frame: Frame, options: Options) -> str:
    return latex(_derivation(frame), numbers=options.numbers)


def _markdown(frame: Frame, options: Options) -> str:
    return markdown(_derivation(frame), numbers=options.numbers)


def _json(frame: Frame, options: Options) -> str:
    return json_.dumps(json_.document(frame.trace, {})) + "\n"


def _numpy(frame: Frame, options: Options) -> str:
    return numpy_code(frame.trace, frame.trace.pass_at(frame.cursor))


_ALL = (
    Kind("svg", ".svg", "the picture, as SVG", _svg),
    Kind("text", ".txt", "the picture, as plain text", _text),
    Kind("latex", ".tex", "the derivation of this gradient, as LaTeX", _latex, of_node=True),
    Kind(
        "markdown", ".md", "the derivation of this gradient, as Markdown", _markdown, of_node=True
    ),
    Kind("json", ".json", "the whole trace, as JSON", _json),
    Kind("numpy", ".py", "the function with its backward pass, as NumPy code", _numpy),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
"""All forms by name, in the order in which they are offered."""
