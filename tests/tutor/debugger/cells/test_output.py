"""What made one cell: the worked examples, ops of one's own, numbers that are not finite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.errors import EngineError
from engine.ops import REGISTRY
from engine.ops.declare import REAL, Op, Sample, op
from engine.trace import Trace
from tutor.debugger.cells import CellError, OutputCell, input_cell, output_cell, report
from tutor.debugger.cells.cell import Index

PATCH = [[3, 2, 1], [1, 2, 3], [1, 1, 1]]
SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
IMAGE = [[1, 2, 0, 3, 1], [1, 0, 0, 2, 2], [2, 1, 2, 1, 1], [0, 0, 1, 0, 0], [1, 2, 1, 1, 1]]
KERNEL = [[-1, 1, 2], [1, 1, 0], [-1, -2, 0]]


def factors(cell: OutputCell) -> list[tuple[float, ...]]:
    return [tuple(f.value for f in product.factors) for product in cell.products]


def slopes(cell: OutputCell, operand: int) -> dict[Index, float]:
    return {term.index: term.slope for term in cell.terms if term.operand == operand}


def test_a_layer_of_we_05() -> None:
    def layer(W: Any, x: Any, b: Any) -> Any:
        return engine.sum(engine.sigmoid(W @ x + b))

    trace = engine.record(layer, W=[[1, -2], [-1, 1]], x=[1, -1], b=[1, 0])
    product, z, a, total = 3, 4, 5, 6
    cell = output_cell(trace, product, (0,))
    assert factors(cell) == [(1.0, 1.0), (-2.0, -1.0)]
    assert [[f.index for f in p.factors] for p in cell.products] == [[(0, 0), (0,)], [(0, 1), (1,)]]
    assert [p.amount for p in cell.products] == [1.0, 2.0]
    assert (cell.value, cell.total, cell.agrees) == (3.0, 3.0, True)
    assert slopes(cell, 0) == {(0, 0): 1.0, (0, 1): -1.0}
    assert slopes(cell, 1) == {(0,): 1.0, (1,): -2.0}
    assert output_cell(trace, z, (0,)).value == 4
    activation = output_cell(trace, a, (0,))
    assert activation.value == pytest.approx(0.982014, rel=1e-5)
    assert activation.terms[0].slope == pytest.approx(0.0176627, rel=1e-5)
    assert activation.touched == 1
    assert [p.factors[0].index for p in output_cell(trace, total, ()).products] == [(0,), (1,)]


def test_the_kernel_of_we_09() -> None:
    trace = engine.record(engine.corr, x=PATCH, k=SOBEL)
    cell = output_cell(trace, 2, (0, 0))
    assert cell.value == 2
    amounts = np.array([p.amount for p in cell.products]).reshape(3, 3)
    assert amounts.tolist() == [[-3, 0, 1], [-2, 0, 6], [-1, 0, 1]]
    assert [slopes(cell, 0)[at] for at in np.ndindex(3, 3)] == np.ravel(SOBEL).tolist()
    assert [slopes(cell, 1)[at] for at in np.ndindex(3, 3)] == np.ravel(PATCH).tolist()
    turned = engine.record(engine.conv, x=PATCH, k=SOBEL)
    cell = output_cell(turned, 2, (0, 0))
    assert cell.value == -2
    assert cell.products[0].factors[1].index == (2, 2)


def test_the_image_of_we_11() -> None:
    trace = engine.record(lambda x, k: engine.sum(engine.corr(x, k)), x=IMAGE, k=KERNEL)
    out = [[-2, -1, 3], [2, 5, 8], [-2, 0, -1]]
    for index in np.ndindex(3, 3):
        cell = output_cell(trace, 2, index)
        assert (cell.value, cell.summands, cell.agrees) == (out[index[0]][index[1]], 9, True)
        assert {f.index for p in cell.products for f in p.factors if f.operand == 0} == {
            (index[0] + i, index[1] + k) for i in range(3) for k in range(3)
        }


def test_the_delta_rule_of_co_01() -> None:
    trace = engine.record(lambda x, W: x @ W, x=[1, 2], W=[[0.1, -0.2], [0.3, 0.4]])
    cell = output_cell(trace, 2, (1,))
    assert factors(cell) == [(1.0, -0.2), (2.0, 0.4)]
    assert cell.value == pytest.approx(0.6)


def test_the_hidden_layer_of_co_02() -> None:
    trace = engine.record(
        lambda W, x, b: W @ x + b, W=[[0.2, -0.4], [0.7, 0.1]], x=[0.5, -1], b=[0.1, -0.3]
    )
    assert output_cell(trace, 4, (0,)).value == pytest.approx(0.6)
    cell = output_cell(trace, 3, (0,))
    assert factors(cell) == [(0.2, 0.5), (-0.4, -1.0)]


def test_constants_stand_before_a_product() -> None:
    mean = output_cell(engine.record(engine.mean, x=[1.0, 2.0, 3.0, 6.0]), 1, ())
    assert [p.coefficient for p in mean.products] == [0.25] * 4
    assert mean.total == 3
    less = output_cell(engine.record(lambda x, y: x - y, x=5.0, y=2.0), 2, ())
    assert [p.coefficient for p in less.products] == [1, -1]
    three = engine.record(
        lambda a, b, c: engine.einsum("i,ij,j->", a, b, c),
        a=[1.0, 2.0],
        b=[[1.0, 0.0], [3.0, 4.0]],
        c=[5.0, -1.0],
    )
    cell = output_cell(three, 3, ())
    assert cell.value == 27
    assert factors(cell) == [(1, 1, 5), (1, 0, -1), (2, 3, 5), (2, 4, -1)]


def test_cells_that_are_zero_are_touched_too() -> None:
    trace = engine.record(lambda W, x: W @ x, W=[[0.0, 0.0], [1.0, 2.0]], x=[0.0, 3.0])
    cell = output_cell(trace, 2, (0,))
    assert [[f.index for f in p.factors] for p in cell.products] == [[(0, 0), (0,)], [(0, 1), (1,)]]
    assert (cell.touched, cell.total) == (4, 0)


def test_an_infinity_elsewhere_does_not_blur_the_slopes() -> None:
    W = [[1.0, 2.0], [np.inf, np.nan]]
    trace = engine.record(lambda W, x: W @ x, W=W, x=[3.0, 4.0])
    cell = output_cell(trace, 2, (0,))
    assert (cell.value, cell.agrees) == (11.0, True)
    assert slopes(cell, 0) == {(0, 0): 3.0, (0, 1): 4.0}
    assert slopes(cell, 1) == {(0,): 1.0, (1,): 2.0}
    odd = output_cell(trace, 2, (1,))
    assert np.isnan(odd.value)
    assert odd.agrees
    assert slopes(odd, 1)[(0,)] == np.inf


def test_the_largest_or_the_first_few_are_listed() -> None:
    x = np.arange(1.0, 101.0) * np.where(np.arange(100) % 2, 1, -1)
    trace = engine.record(engine.sum, x=x)
    few = output_cell(trace, 1, (), most=3)
    assert [p.amount for p in few.products] == [-1, 2, -3]
    assert (few.summands, few.touched, len(few.terms)) == (100, 100, 3)
    assert few.rest + sum(p.amount for p in few.products) == few.value
    largest = output_cell(trace, 1, (), most=3, largest=True)
    assert [p.amount for p in largest.products] == [100, -99, 98]
    assert largest.rest + sum(p.amount for p in largest.products) == largest.value


@given(st.data())
def test_matrix_products_of_any_shape(data: st.DataObject) -> None:
    rows, inner, columns, batch = [data.draw(st.integers(1, 5)) for _ in range(4)]
    stacked = data.draw(st.booleans())
    draw = np.random.default_rng(data.draw(st.integers(0, 99)))
    a = draw.integers(-2, 3, ((batch,) if stacked else ()) + (rows, inner)).astype(float)
    b = draw.integers(-2, 3, (inner, columns)).astype(float)
    trace = engine.record(lambda a, b: a @ b, a=a, b=b)
    shape = trace.nodes[2].shape
    index = tuple([data.draw(st.integers(0, size - 1)) for size in shape])
    cell = output_cell(trace, 2, index)
    lead, i, k = index[:-2], index[-2], index[-1]
    assert [[f.index for f in p.factors] for p in cell.products] == [
        [(*lead, i, j), (j, k)] for j in range(inner)
    ]
    assert cell.total == cell.value


@given(st.data())
def test_broadcast_cells(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 3), max_size=3)))
    part = shape[data.draw(st.integers(0, len(shape))) :]
    small = tuple([data.draw(st.sampled_from([1, size])) for size in part])
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=shape), draw.normal(size=small)
    trace = engine.record(lambda a, b: a * b, a=a, b=b)
    index = tuple([data.draw(st.integers(0, size - 1)) for size in trace.nodes[2].shape])
    cell = output_cell(trace, 2, index)
    assert cell.touched == 2
    first, second = cell.terms
    assert first.slope == second.value == np.broadcast_to(b, shape)[index]
    assert second.slope == first.value
    assert cell.total == cell.value


@pytest.fixture
def own() -> Iterator[dict[str, Op]]:
    """Ops defined here: an affine layer with a bias, one whose rule is broken, one without rule."""
    samples = (Sample(((2,),)),)

    @op("aff", rule="affine", domain=(REAL, REAL, REAL), samples=samples, name="own_affine")
    def affine(xp: Any, x: Any, w: Any, b: Any) -> Any:
        return xp.matmul(x, w) + b

    @affine.gradient
    def _(xp: Any, g: Any, out: Any, x: Any, w: Any, b: Any) -> Any:
        return xp.matmul(g, xp.transpose(w)), xp.matmul(xp.transpose(x), g), g

    @op("odd", rule="odd", samples=samples, name="own_odd")
    def odd(xp: Any, x: Any) -> Any:
        return x * x

    @odd.gradient
    def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
        raise EngineError("no rule\nfor today")

    yield {"affine": affine, "odd": odd}
    for name in ("own_affine", "own_odd"):
        del REGISTRY[name]


def test_an_op_defined_in_a_test(own: dict[str, Op]) -> None:
    w = [[1.0, 0.0, -1.0], [2.0, 3.0, 0.5]]
    trace = engine.record(own["affine"], x=[[1.0, 2.0], [0.0, 4.0]], w=w, b=[0.1, 0.2, 0.3])
    cell = output_cell(trace, 3, (1, 2))
    assert cell.value == pytest.approx(2.3)
    assert [[(f.operand, f.index) for f in p.factors] for p in cell.products] == [
        [(0, (1, 0)), (1, (0, 2))],
        [(0, (1, 1)), (1, (1, 2))],
        [(2, (2,))],
    ]
    assert cell.agrees
    assert slopes(cell, 2) == {(2,): 1.0}


def test_a_rule_that_fails_is_one_line(own: dict[str, Op]) -> None:
    p = engine.record(engine.square, x=[1.0, 2.0]).passes[0]
    broken = Trace((type(p)(**{**_fields(p), "ops": (None, own["odd"])}),))
    message = "the gradient rule of own_odd cannot be asked about one cell: no rule$"
    with pytest.raises(CellError, match=message):
        output_cell(broken, 1, (0,))
    (seed,) = input_cell(broken, 1, (0,)).arrivals
    assert seed.source is None
    (arrival,) = input_cell(broken, 0, (0,)).arrivals
    assert arrival.why.endswith("cannot be asked about one cell: no rule")
    for side in ("output", "input"):
        told = report(broken, 1 if side == "output" else 0, (0,))
        assert "cannot be asked" in " ".join(told.sentences)


def _fields(p: Any) -> dict[str, Any]:
    return {name: getattr(p, name) for name in p.__dataclass_fields__}


@pytest.mark.parametrize(
    ("node", "index", "message"),
    [
        (0, (0,), "x is an input: no op made it"),
        (1, (2,), "f has no cell 2 along axis 0: they are 0 to 1"),
        (1, (0, 0), r"a cell of f, of shape \(2,\), has 1 number, not 2"),
        (1, (), r"has 1 number, not 0"),
    ],
)
def test_cells_that_are_not_there(node: int, index: Index, message: str) -> None:
    trace = engine.record(engine.exp, x=[1.0, 2.0])
    with pytest.raises(CellError, match=message):
        output_cell(trace, node, index)


def test_an_empty_array_has_no_cells() -> None:
    trace = engine.record(engine.exp, x=np.zeros((0, 2)))
    with pytest.raises(CellError, match=r"f of shape \(0, 2\) has no cells"):
        output_cell(trace, 1, (0, 0))


def test_a_later_pass() -> None:
    function = lambda w, x: w @ x  # noqa: E731
    first = engine.record(function, w=[1.0, 2.0], x=[3.0, 4.0])
    trace = engine.step(first, function, 0.1, wrt=["w"])
    node = trace.node_range(1).start + 2
    cell = output_cell(trace, node, ())
    assert cell.value == trace.value(node)
    assert {term.node for term in cell.terms} == {node - 2, node - 1}


def test_half_precision_is_told_in_its_own_numbers() -> None:
    trace = engine.record_with(
        lambda w, x: w @ x, {"w": [0.1, 0.2], "x": [0.3, 0.4]}, dtype="float16"
    )
    cell = output_cell(trace, 2, ())
    assert cell.terms[0].slope == float(np.float16(0.3))
    assert cell.agrees
    assert cell.summands == 2
