"""How long the layout and the drawing of computation graphs take, in CPU time of this process.

Run from the repository's root: ``python -m benchmarks.layout``. Targets: 1,000 nodes laid out in
about 50 ms, 10,000 in under 700 ms, a view of 120 x 40 cells drawn in a few ms. The best of several
runs is printed, and the median beside it, since other work on the machine only ever adds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import process_time

from tutor.layout import Active, Box, Edge, Face, Region, Scene, changed_regions, draw, layout
from tutor.layout.layers import layered
from tutor.layout.order import crossings, depth_first, ordered

BOX = (11, 4)
VIEW = (120, 40)


def main() -> None:
    cases = [
        ("(x + y)*z", product_of_sum(), 50),
        ("MLP 2-2-1", mlp(2, 2, 1), 30),
        ("MLP 2-16-16-1", mlp(2, 16, 16, 1), 12),
        ("MLP 2-56-56-1", mlp(2, 56, 56, 1), 6),
        ("chain", [Box(i, *BOX, (i - 1,) if i else ()) for i in range(100_000)], 2),
    ]
    heads = ("layout ms", "draw ms", "changes ms")
    print("graph            nodes", *(head.rjust(18) for head in heads), "       cells  crossings")
    for name, boxes, runs in cases:
        print(f"{name:14} {len(boxes):7,} {measured(boxes, runs)}", flush=True)


def measured(boxes: list[Box], runs: int) -> str:
    """One row of the table."""
    found = layout(boxes)
    faces = [
        Face(f"n{b.id}", (((" v   1.25", "value"),), ((" ∂   —", "gradient"),))) for b in boxes
    ]
    last = max((b for b in boxes if b.inputs), key=lambda b: b.id)
    lit = (Active(Edge(last.inputs[0], last.id, 0), "backward"),)
    before, after = Scene(faces.__getitem__), Scene(faces.__getitem__, lit)
    at = found.placed[boxes[len(boxes) // 2].id]
    view = Region(max(0, at.x - VIEW[0] // 2), max(0, at.y - VIEW[1] // 2), *VIEW)
    times = [
        clocked(lambda: layout(boxes), runs),
        clocked(lambda: draw(found, view, after), 20),
        clocked(lambda: changed_regions(found, before, after, view), 20),
    ]
    row = " ".join(f"{best:7.2f} ({middle:.2f})".rjust(18) for best, middle in times)
    row += f"{found.width}x{found.height}".rjust(13)
    if len(boxes) < 50_000:
        graph = layered(boxes)
        naive = crossings(graph, [sorted(layer) for layer in depth_first(graph)])
        row += f"  {crossings(graph, ordered(graph)):,} (evaluation order: {naive:,})"
    return row


def clocked(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """The best and the median CPU time of some runs, in milliseconds."""
    times = []
    for _ in range(runs):
        start = process_time()
        work()
        times.append(1000 * (process_time() - start))
    return min(times), median(times)


def product_of_sum() -> list[Box]:
    inputs: list[tuple[int, ...]] = [(), (), (), (0, 1), (3, 2)]
    return [Box(i, *BOX, operands) for i, operands in enumerate(inputs)]


def mlp(*sizes: int) -> list[Box]:
    """The scalar graph of a network with one activation per unit and a squared error."""
    boxes: list[Box] = []

    def node(*inputs: int) -> int:
        boxes.append(Box(len(boxes), *BOX, inputs))
        return len(boxes) - 1

    units = [node() for _ in range(sizes[0])]
    for count in sizes[1:]:
        outputs = []
        for _ in range(count):
            total = node(node(), units[0])
            for unit in units[1:]:
                total = node(total, node(node(), unit))
            outputs.append(node(node(total, node())))
        units = outputs
    for unit in units:
        node(node(unit, node()))
    return boxes


if __name__ == "__main__":
    sys.exit(main())
