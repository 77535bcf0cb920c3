"""Graphs that several tests lay out, and a reader that follows the edges of a drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from tutor.layout import Active, Box, Edge, Face, Glyphs, Layout, Region, Scene, draw

WIDTH, HEIGHT = 11, 4


class Graph:
    """Boxes with titles, built by calling it once per node."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.boxes: list[Box] = []
        self.titles: list[str] = []
        self.size = width, height

    def __call__(self, title: str, *inputs: int) -> int:
        node = len(self.boxes)
        self.boxes.append(Box(node, *self.size, inputs))
        self.titles.append(title)
        return node

    def scene(
        self,
        value: Callable[[int], str] = lambda node: "",
        active: tuple[Active, ...] = (),
    ) -> Scene:
        def face(node: int) -> Face:
            return Face(self.titles[node], ((((" v ", "label"), (value(node), "value"))),))

        return Scene(face, active)


def product_of_sum(height: int = HEIGHT) -> Graph:
    """(x + y)·z."""
    g = Graph(height=height)
    x, y, z = g("x"), g("y"), g("z")
    g("f = q·z", g("q = x + y", x, y), z)
    return g


def sigmoid_neuron() -> Graph:
    """1 / (1 + exp(−(w0·x0 + w1·x1 + w2))): five inputs, seven gates and 1/x."""
    g = Graph()
    w0, x0, w1, x1, w2 = (g(name) for name in ("w0", "x0", "w1", "x1", "w2"))
    total = g("+", g("+", g("·", w0, x0), g("·", w1, x1)), w2)
    g("1/x", g("1+", g("exp", g("−", total))))
    return g


def mlp(*sizes: int, points: int = 1, height: int = HEIGHT) -> Graph:
    """A network of scalar nodes with tanh units and squared errors; all points share weights."""
    g = Graph(height=height)
    weights: dict[str, int] = {}

    def weight(name: str) -> int:
        if name not in weights:
            weights[name] = g(name)
        return weights[name]

    losses = []
    for _ in range(points):
        units = [g(f"x{i}") for i in range(sizes[0])]
        for layer, count in enumerate(sizes[1:]):
            outputs = []
            for j in range(count):
                products = [g("·", weight(f"w{layer}.{j}.{i}"), h) for i, h in enumerate(units)]
                total = products[0]
                for product in products[1:]:
                    total = g("+", total, product)
                outputs.append(g("tanh", g("+", total, weight(f"b{layer}.{j}"))))
            units = outputs
        losses += [g("²", g("−", unit, g("t"))) for unit in units]
    total = losses[0]
    for loss in losses[1:]:
        total = g("+", total, loss)
    return g


@st.composite
def graphs(draw: st.DrawFn, most: int = 24) -> list[Box]:
    """Random graphs: any operands, any sizes, repeated operands, loose parts."""
    boxes: list[Box] = []
    for node in range(draw(st.integers(1, most))):
        reach = st.integers(max(0, node - draw(st.sampled_from([3, most]))), max(0, node - 1))
        operands = draw(st.lists(reach, max_size=draw(st.sampled_from([2, 2, 5])))) if node else []
        size = draw(st.tuples(st.integers(3, 9), st.integers(3, 6)))
        boxes.append(Box(node * 3 + 1, *size, tuple(3 * i + 1 for i in operands)))
    return boxes


def edges(layout: Layout) -> list[Edge]:
    return [edge for out in layout.consumers.values() for edge in out]


def whole(layout: Layout) -> Region:
    return Region(0, 0, layout.width, layout.height)


def blank(node: int) -> Face:
    return Face()


def read_edges(layout: Layout, glyphs: Glyphs) -> set[tuple[int, int, int]]:
    """Follow the characters from every output port, as an eye does: (source, consumer, row)."""
    rows = draw(layout, whole(layout), Scene(blank), glyphs)
    page = ["".join(text for text, _ in row) for row in rows]
    found = set()
    for box in layout.placed.values():
        if layout.consumers[box.id]:
            seen: set[tuple[int, int, int, int]] = set()
            ahead = [(box.right + 1, box.output_row, 1, 0)]
            while ahead:
                at = ahead.pop()
                if at in seen:
                    continue
                seen.add(at)
                x, y, dx, dy = at
                consumer = layout.box_at(x, y)
                if consumer is None:
                    ahead += [(x + a, y + b, a, b) for a, b in _turns(page, x, y, dx, dy, glyphs)]
                else:
                    found.add((box.id, consumer, y))
    return found


_RIGHT, _UP, _DOWN = (1, 0), (0, -1), (0, 1)


def _turns(
    page: Sequence[str], x: int, y: int, dx: int, dy: int, glyphs: Glyphs
) -> list[tuple[int, int]]:
    """Where a line that comes to a character in this direction goes on: never to the left."""
    char = page[y][x]
    straight = {"-": dx, "─": dx, "|": 1, "│": 1}
    if char in straight:
        assert straight[char], f"a vertical runs into {char} at {x}, {y}"
        return [(dx, dy)]
    if glyphs.ascii:
        return _ascii_turns(page, x, y, dx, dy)
    if dy:
        assert char in ("╰╯├┴┤●" if dy > 0 else "╭╮├┬┤●"), f"{char} at {x}, {y}"
        on = [(dx, dy)] if char in "├┤●" else []
        return on + ([_RIGHT] if char in "├╰╭●┴┬" else [])
    assert char in "╮╯┤┬┴●", f"{char} at {x}, {y}"
    arms = {"╮": [_DOWN], "╯": [_UP], "┤": [_UP, _DOWN], "┬": [_RIGHT, _DOWN]}
    return arms.get(char) or ([_RIGHT, _UP] if char == "┴" else [_RIGHT, _UP, _DOWN])


def _ascii_turns(page: Sequence[str], x: int, y: int, dx: int, dy: int) -> list[tuple[int, int]]:
    char = page[y][x]
    assert char in ".'+o", f"{char} at {x}, {y}"
    if char == "o":
        return [_RIGHT, (dx, dy)] if dy else [_RIGHT, _UP, _DOWN]
    if char in ".'":
        assert not dy or (char == "'") == (dy > 0)
        return [_RIGHT] if dy else [_UP if char == "'" else _DOWN]
    if dy:
        return [_RIGHT, (dx, dy)]
    above, below = page[y - 1][x] if y else " ", page[y + 1][x] if y + 1 < len(page) else " "
    after = page[y][x + 1 :].lstrip("|")[:1]
    arms = [(_UP, above in "|.+o"), (_DOWN, below in "|'+o"), (_RIGHT, after == "-")]
    return [arm for arm, there in arms if there]
