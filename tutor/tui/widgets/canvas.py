"""Canvas: the graph, as one widget that looks at a part of a picture and follows the event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from tutor.debugger.view.view import View, representative
from tutor.layout import ASCII, UNICODE, Edge, Layout, Region, Scene, draw
from tutor.tui.palette import styles
from tutor.tui.twins import twin
from tutor.tui.widgets.minimap import Minimap, minimap
from tutor.tui.widgets.surface import Row, Run, Surface, row_width

MARGIN = 2
# What drawing calls a part of a box, and the role it plays.
_ROLES = {"fill": "value", "title": "name"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What the canvas shows: a layout, the faces and active edges on it, the flow of the event
    ("forward" or "backward"), the boxes to keep in view, the most important last, and what is seen
    of the pass."""

    layout: Layout
    scene: Scene
    flow: str
    follow: tuple[int, ...]
    view: View


class GraphCanvas(Surface, can_focus=True):
    """Draws what is in view; says which node or edge was clicked. Drag or wheel to look around."""

    FOCUS_ON_CLICK: ClassVar[bool] = True

    class NodeClicked(Message):
        """A box was clicked. right: with the right button, which asks for what can be done."""

        def __init__(self, node: int, double: bool, right: bool = False) -> None:
            self.node = node
            self.double = double
            self.right = right
            super().__init__()

    class EdgeClicked(Message):
        """An edge was clicked; on a shared trunk, the first of several."""

        def __init__(self, edge: Edge) -> None:
            self.edge = edge
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.left = self.top = 0
        self._picture: Picture | None = None
        self._flow = ""
        self._map: Minimap | None = None
        self._map_at: Region | None = None
        self._drag: tuple[int, int] | None = None
        self._dragged = False

    def show(self, picture: Picture) -> None:
        """Show a moment: scroll only if what happens is out of sight, repaint only what changed."""
        before = self._picture
        self._picture = picture
        if before is None or before.layout is not picture.layout:
            was = self.left, self.top
            self._settle()
            if before is not None:
                self._stay(before, *was)
        self._follow()
        self._draw()

    def say(self, sentence: str) -> None:
        """Show a sentence instead of a picture (while a large graph is being laid out)."""
        self._picture = None
        self.paint([[("", "ground")], [("  " + sentence, "quiet")]])

    def look_at(self, node: int) -> None:
        """Bring a box into view."""
        if self._picture is not None:
            self._bring(self._picture.layout.placed[node].region)
            self._draw()

    def on_resize(self) -> None:
        if self._picture is not None:
            self._settle()
            self._follow()
            self._draw()
            self.refresh()

    def _settle(self) -> None:
        """Centre a picture that fits; start at the left of one that does not."""
        assert self._picture is not None  # noqa: S101
        layout, (width, height) = self._picture.layout, self.size
        self._map = minimap(layout, width, height)
        self.left = _start(layout.width, width)
        self.top = _start(layout.height, height)

    def _stay(self, before: Picture, left: int, top: int) -> None:
        """Keep what one looks at where it was on the screen when groups are opened or folded."""
        assert self._picture is not None  # noqa: S101
        now, (width, height) = self._picture, self.size
        if not now.follow or len(before.view.item_of) != len(now.view.item_of):
            return
        box = now.layout.placed[now.follow[-1]]
        node = representative(now.view, box.id)
        old = before.layout.placed[before.view.at(node).id]
        self.left = _within(box.x - (old.x - left), width, now.layout.width)
        self.top = _within(box.y - (old.y - top), height, now.layout.height)

    def _follow(self) -> None:
        """Bring the most important box into view, and with it those for which there is room."""
        picture = self._picture
        if picture is None or self._drag is not None:
            return
        placed = picture.layout.placed
        boxes = [placed[node].region for node in reversed(picture.follow) if node in placed]
        held: Region | None = None
        for box in boxes:
            both = box if held is None else _around(held, box)
            if held is None or self._has_room(both):
                self._bring(both)
                held = both

    def _has_room(self, region: Region) -> bool:
        assert self._picture is not None  # noqa: S101
        layout, (width, height) = self._picture.layout, self.size
        across = region.width + 2 <= width or layout.width <= width
        return across and (region.height + 2 <= height or layout.height <= height)

    def _bring(self, region: Region) -> None:
        """Scroll so that a region is in view: not at all if it is, else well into the middle."""
        assert self._picture is not None  # noqa: S101
        layout, (width, height) = self._picture.layout, self.size
        self.left = _brought(region.x, region.width, self.left, width, layout.width)
        self.top = _brought(region.y, region.height, self.top, height, layout.height)

    def _draw(self) -> None:
        picture = self._picture
        width, height = self.size
        if picture is None or width < 1 or height < 1:
            return
        view = Region(self.left, self.top, width, height)
        glyphs = ASCII if self.backprop.ascii_only else UNICODE
        rows: list[Row] = list(draw(picture.layout, view, picture.scene, glyphs))
        self._map_at = None
        if self._map is not None:
            self._overlay(rows, view, self._map)
        if self._flow != picture.flow:
            # The same names stand for other colours now.
            self._flow, self._rows = picture.flow, []
        self.paint(rows)

    def _strip(self, row: Row, width: int) -> Strip:
        """Drawn rows are safe to print and fill the width: nothing is left to look at."""
        if self._picture is None:
            return super()._strip(row, width)
        if self.backprop.ascii_only:
            row = [(twin(text), key) for text, key in row]
        look = _look(self.app.theme, self._flow)
        segments: list[Segment] = []
        held, held_style = "", look["ground"]
        for text, key in row:
            style = look[key]
            if style is held_style:
                held += text
            else:
                if held:
                    segments.append(Segment(held, held_style))
                held, held_style = text, style
        segments.append(Segment(held, held_style))
        return Strip(segments, width)

    def _overlay(self, rows: list[Row], view: Region, small: Minimap) -> None:
        """Put the map into a corner, the lower right one unless it would hide what happens."""
        assert self._picture is not None  # noqa: S101
        placed = self._picture.layout.placed
        x, y = self._map_corner(view, small)
        box = placed.get(self._picture.follow[-1]) if self._picture.follow else None
        centre = None if box is None else (box.x + box.width // 2, box.y + box.height // 2)
        for offset, line in enumerate(small.rows(view, centre, self._picture.flow)):
            rows[y + offset] = _spliced(rows[y + offset], x, line)
        self._map_at = Region(x, y, small.width, small.height)

    def _map_corner(self, view: Region, small: Minimap) -> tuple[int, int]:
        """Where the map goes: the first corner of those that hide the fewest cells of the boxes to
        keep in view and of those at the ends of the active edges."""
        assert self._picture is not None  # noqa: S101
        picture = self._picture
        nodes = set(picture.follow)
        for one in picture.scene.active:
            nodes |= {one.edge.source, one.edge.consumer}
        boxes = [
            picture.layout.placed[node].region for node in nodes if node in picture.layout.placed
        ]
        right, low = view.width - small.width - 1, view.height - small.height
        corners = [(right, low), (right, 0), (1, low), (1, 0)]

        def hidden(corner: tuple[int, int]) -> int:
            x, y = view.x + corner[0], view.y + corner[1]
            return sum(
                max(0, min(box.x + box.width, x + small.width) - max(box.x, x))
                * max(0, min(box.y + box.height, y + small.height) - max(box.y, y))
                for box in boxes
            )

        return min(corners, key=hidden)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._drag, self._dragged = (event.x, event.y), False

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._drag is None or not event.button:
            return
        if self.app.mouse_captured is not self:
            self.capture_mouse()
        self._dragged = True
        self._pan(self._drag[0] - event.x, self._drag[1] - event.y)
        self._drag = (event.x, event.y)

    def on_mouse_up(self) -> None:
        self._drag = None
        if self.app.mouse_captured is self:
            self.release_mouse()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def on_mouse_scroll_right(self) -> None:
        self._pan(8, 0)

    def on_mouse_scroll_left(self) -> None:
        self._pan(-8, 0)

    def _wheel(self, event: events.MouseEvent, way: int) -> None:
        event.stop()
        if event.shift or (self._picture and self._picture.layout.height <= self.size.height):
            self._pan(8 * way, 0)
        else:
            self._pan(0, 3 * way)

    def _pan(self, dx: int, dy: int) -> None:
        if self._picture is None:
            return
        layout, (width, height) = self._picture.layout, self.size
        self.left = _within(self.left + dx, width, layout.width)
        self.top = _within(self.top + dy, height, layout.height)
        self._draw()

    def on_click(self, event: events.Click) -> None:
        picture = self._picture
        if picture is None or self._dragged:
            return
        at = self._map_at
        if (
            at
            and self._map
            and at.x <= event.x < at.x + at.width
            and at.y <= event.y < at.y + at.height
        ):
            x, y = self._map.place(event.x - at.x, event.y - at.y)
            self._pan(x - self.left - self.size.width // 2, y - self.top - self.size.height // 2)
            return
        x, y = event.x + self.left, event.y + self.top
        node = picture.layout.box_at(x, y)
        if node is not None:
            right = event.button == 3
            self.post_message(self.NodeClicked(node, event.chain == 2 and not right, right))
            return
        edges = picture.layout.edges_at(x, y)
        if edges:
            self.post_message(self.EdgeClicked(edges[0]))


def _start(length: int, room: int) -> int:
    return -((room - length) // 2) if length <= room else -MARGIN


def _brought(start: int, length: int, first: int, room: int, whole: int) -> int:
    """The first cell in view so that `start .. start+length` is, given the `first` one now."""
    if whole <= room:
        return _start(whole, room)
    if first + 1 <= start and start + length + 1 <= first + room:
        return first
    return _within(start + length // 2 - room // 2, room, whole)


def _around(one: Region, other: Region) -> Region:
    x, y = min(one.x, other.x), min(one.y, other.y)
    right = max(one.x + one.width, other.x + other.width)
    return Region(x, y, right - x, max(one.y + one.height, other.y + other.height) - y)


def _within(first: int, room: int, whole: int) -> int:
    if whole <= room:
        return _start(whole, room)
    return max(-MARGIN, min(first, whole + MARGIN - room))


class _Look(dict[str, Style]):
    """The style of what drawing has names for, in one theme, while things flow one way."""

    def __init__(self, theme: str, flow: str) -> None:
        super().__init__()
        self._styles = styles(theme)
        self._flow = flow

    def __missing__(self, key: str) -> Style:
        part, dot, state = key.removesuffix(".focus").partition(".")
        part = _ROLES.get(part, part)
        role = f"{part}.active.{self._flow}" if state == "active" else part + dot + state
        made = self[key] = self._styles[role]
        return made


@cache
def _look(theme: str, flow: str) -> _Look:
    return _Look(theme, flow)


def _spliced(row: Row, x: int, over: Sequence[Run]) -> list[Run]:
    """`row` with the cells from `x` on replaced by those of `over`."""
    end = x + row_width(over)
    left: list[Run] = []
    right: list[Run] = []
    at = 0
    for text, role in row:
        stop = at + row_width([(text, role)])
        if at < x:
            left.append((text[: max(0, x - at)], role))
        if stop > end:
            right.append((text[max(0, end - at) :], role))
        at = stop
    return [*left, *over, *right]
