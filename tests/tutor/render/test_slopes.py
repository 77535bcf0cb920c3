"""Each formula of a local derivative says what the engine's own rule does."""

from __future__ import annotations

import numpy as np
import pytest

from engine.ops import REGISTRY
from engine.proof.points import operands
from tutor.language import parse
from tutor.render.slopes import SLOPES

CASES = [(name, i) for name, row in SLOPES.items() for i, slope in enumerate(row) if slope]


@pytest.mark.parametrize(("name", "operand"), CASES)
def test_the_formula_is_the_rule(name: str, operand: int) -> None:
    op = REGISTRY[name]
    sample = next(sample for sample in op.samples if all(len(s) > 0 for s in sample.shapes))
    values = operands(op, sample)
    out = op.forward(np, *values)
    extra = {"wants": (True,) * len(values)} if op.prunes else {}
    rule = np.broadcast_to(op.vjp(np, np.ones_like(out), out, *values, **extra)[operand], out.shape)
    template = SLOPES[name][operand]
    assert template is not None
    program = parse(template.format(a="a", b="b", out="out"))
    known = dict(zip(("a", "b"), values, strict=False)) | {"out": out}
    found = program.function()(**{name: known[name] for name in program.inputs})
    np.testing.assert_allclose(np.broadcast_to(found.data, out.shape), rule, rtol=1e-12)


def test_only_elementwise_ops_have_slopes() -> None:
    for name, row in SLOPES.items():
        assert REGISTRY[name].elementwise
        assert len(row) == REGISTRY[name].arity
