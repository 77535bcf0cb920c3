"""Changes: what differs between two scenes, so that only these parts are drawn again."""

from __future__ import annotations

from tutor.layout.box import Edge, Region
from tutor.layout.layout import Layout
from tutor.layout.scene import Active, Scene


def changed_regions(
    layout: Layout, before: Scene, after: Scene, view: Region | None = None
) -> list[Region]:
    """Regions that together hold every cell of ``view`` that differs (None: the whole layout).

    Boxes whose faces differ, the ways of edges that become or cease to be active, and nets whose
    state differs. Sorted from top to bottom; regions may overlap.
    """
    view = view or Region(0, 0, layout.width, layout.height)
    found = {
        box.region for box in layout.boxes_in(view) if before.face(box.id) != after.face(box.id)
    }
    for edge in _switched(before.active, after.active):
        found |= {_around(a, b) for a, b in layout.segments(*edge)}
    if before.edge is not after.edge:
        found |= _nets(layout, before, after, view)
    shown = (_clip(region, view) for region in found)
    return sorted((r for r in shown if r.width > 0 and r.height > 0), key=lambda r: (r.y, r.x, r))


def _switched(before: tuple[Active, ...], after: tuple[Active, ...]) -> set[Edge]:
    """The edges active in one scene only, or in another order: the later one lies on top."""
    stay_before = [one for one in before if one in after]
    stay_after = [one for one in after if one in before]
    changed = set(before) ^ set(after)
    if stay_before != stay_after:
        changed |= set(stay_after)
    return {one.edge for one in changed}


def _nets(layout: Layout, before: Scene, after: Scene, view: Region) -> set[Region]:
    differs: dict[int, bool] = {}

    def changed(source: int) -> bool:
        if source not in differs:
            differs[source] = before.edge(source) != after.edge(source)
        return differs[source]

    found = {
        Region(x0, row, x1 - x0 + 1, 1)
        for row, (x0, x1, source) in layout.horizontals_in(view)
        if changed(source)
    }
    found |= {
        Region(column, y0, 1, y1 - y0 + 1)
        for column, (y0, y1, source, _) in layout.verticals_in(view)
        if changed(source)
    }
    return found


def _around(a: tuple[int, int], b: tuple[int, int]) -> Region:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return Region(x, y, abs(a[0] - b[0]) + 1, abs(a[1] - b[1]) + 1)


def _clip(region: Region, view: Region) -> Region:
    x, y = max(region.x, view.x), max(region.y, view.y)
    right = min(region.x + region.width, view.x + view.width)
    bottom = min(region.y + region.height, view.y + view.height)
    return Region(x, y, right - x, bottom - y)
