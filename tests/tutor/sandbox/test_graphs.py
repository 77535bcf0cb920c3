from __future__ import annotations

import json

import numpy as np
import pytest

import engine
from engine.trace import Trace
from tutor.language import parse, parse_at
from tutor.sandbox.graphs import UnsendableError, decode, encode

CASES = [
    ("(x + y)*z", "x=-2,y=5,z=-4"),
    ("z = W@x + b; -log(softmax(z)[1])", "W=[[1,2],[3,4]],x=[1,2],b=0.5"),
    ("sum(max(x, axis=1)*reshape(x, (4,))[0:4:2])", "x=[[1,2],[3,4]]"),
    ("relu(x)*(x > 0.5) + where(x > 2, x, 2*x)", "x=[1,-1,3]"),
    ("sum(x[1, :] + x[:, 0])", "x=[[1,2],[3,4]]"),
    ("x", "x=1"),
    ("x*nan0", "x=1,nan0=nan"),
]


def make(expression: str, at: str, **options: object) -> Trace:
    program = parse(expression)
    given = parse_at([at])
    inputs = {name: given[name] for name in program.inputs}
    return engine.record_with(program.function(), inputs, **options)


@pytest.mark.parametrize(("expression", "at"), CASES)
@pytest.mark.parametrize("dtype", [None, "float32"])
def test_a_pass_comes_back_as_it_was(expression: str, at: str, dtype: str | None) -> None:
    before = make(expression, at, dtype=dtype)
    after = decode(json.loads(json.dumps(encode(before.passes[0]))))
    assert [node.op for node in after.nodes] == [node.op for node in before.nodes]
    for node in range(len(before.nodes)):
        np.testing.assert_array_equal(before.value(node), after.value(node))
        assert np.asarray(before.value(node)).dtype == np.asarray(after.value(node)).dtype
        if before.grad(node) is None:
            assert after.grad(node) is None
        else:
            np.testing.assert_array_equal(before.grad(node), after.grad(node))


def test_a_given_seed_is_kept() -> None:
    before = make("x*x", "x=[1,2]", upstream=[3, 4])
    after = decode(encode(before.passes[0]))
    assert after.grad("x").tolist() == [6, 16]


def test_what_has_no_form_as_data_is_refused() -> None:
    p = make("x[0]", "x=[1,2]").passes[0]
    (node,) = p.params
    odd = {**p.params, node: {"index": object()}}
    with pytest.raises(UnsendableError, match="type object"):
        encode(type(p)(**{**{f: getattr(p, f) for f in p.__dataclass_fields__}, "params": odd}))
