"""What every registered op must pass. A new op is tested here by being declared."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor
from engine.errors import ShapeError
from engine.ops import REGISTRY, Op
from engine.ops.declare import Refusal, Sample, _no_rule
from engine.proof import gradcheck, points
from engine.proof.symbolic import prove_op
from engine.transforms import gradients

OPS = [pytest.param(op, id=op.name) for op in REGISTRY.values()]
SAMPLES = [
    pytest.param(op, sample, id=f"{op.name}-{i}")
    for op in REGISTRY.values()
    for i, sample in enumerate(op.samples)
]
SMALL = [
    pytest.param(op, sample, id=f"{op.name}-{i}")
    for op in REGISTRY.values()
    for i, sample in enumerate(op.samples)
    if sample.small
]
REFUSALS = [
    pytest.param(op, refusal, id=f"{op.name}-{i}")
    for op in REGISTRY.values()
    for i, refusal in enumerate(op.refuses)
]


def missing(op: Op) -> list[str]:
    """What a declaration lacks before anybody may rely on the op."""
    lacks = []
    if op.vjp is _no_rule:
        lacks.append("a gradient rule")
    if not op.rule.strip():
        lacks.append("a rule to read")
    if not op.doc:
        lacks.append("a docstring")
    if not op.symbol:
        lacks.append("a symbol")
    if not op.samples:
        lacks.append("samples")
    if op.numeric_only is None and not any(sample.small for sample in op.samples):
        lacks.append("a small sample to prove, or the reason why numbers must do")
    if op.numeric_only is not None and not op.numeric_only.strip():
        lacks.append("the reason why numbers must do")
    return lacks


def free_function(op: Op, sample: Sample) -> tuple[Callable[..., Tensor], list[Any]]:
    """The op as a function of its drawn operands alone, and values for these."""
    values = points.operands(op, sample)
    drawn = points.drawn(sample)

    def fn(*free: Any) -> Tensor:
        given = iter(free)
        operands = [next(given) if is_free else v for v, is_free in zip(values, drawn, strict=True)]
        return op(*operands, **sample.params)

    return fn, [v for v, is_free in zip(values, drawn, strict=True) if is_free]


@pytest.mark.parametrize("op", OPS)
def test_a_declaration_is_complete(op: Op) -> None:
    assert missing(op) == []


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_the_gradient_agrees_with_differences(op: Op, sample: Sample) -> None:
    fn, values = free_function(op, sample)
    check = gradcheck(fn, *values)
    assert check.status == "agrees", check
    assert check.compared > 0


@pytest.mark.parametrize(("op", "sample"), SMALL)
def test_the_gradient_is_proved(op: Op, sample: Sample) -> None:
    proof = prove_op(op, sample)
    expected = "proved" if op.numeric_only is None else "numeric"
    assert proof.status == expected, proof.why
    if expected == "proved":
        assert proof.entries > 0


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_the_second_derivative_agrees_with_differences(op: Op, sample: Sample) -> None:
    fn, values = free_function(op, sample)

    def slopes(*inputs: Tensor) -> Tensor:
        """All first derivatives, weighted and added up."""
        inputs = tuple(x if x.requires_grad else x.detach().requires_grad_() for x in inputs)
        out = fn(*inputs)
        seed = np.random.default_rng(3).uniform(0.5, 1.5, out.shape)
        found = gradients(out, inputs, seed, create_graph=True)
        total = Tensor(0.0)
        for k, gradient in enumerate(found):
            if gradient is not None:
                weights = np.random.default_rng(k).uniform(0.5, 1.5, gradient.shape)
                total = total + engine.sum(gradient * weights)
        return total

    check = gradcheck(slopes, *values)
    assert check.status == "agrees", check


@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_gradients_have_the_shape_of_their_operands(op: Op, sample: Sample) -> None:
    fn, values = free_function(op, sample)
    inputs = [Tensor(v, requires_grad=True) for v in values]
    out = fn(*inputs)
    for x, gradient in zip(inputs, gradients(out, inputs, np.ones(out.shape)), strict=True):
        assert gradient is None or gradient.shape == x.shape


@pytest.mark.parametrize("op", OPS)
def test_an_elementwise_op_of_several_operands_is_tried_with_broadcasting(op: Op) -> None:
    if op.elementwise and op.arity > 1:
        assert any(len(set(sample.shapes)) > 1 for sample in op.samples)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize(("op", "sample"), SAMPLES)
def test_a_narrow_dtype_is_kept(op: Op, sample: Sample, dtype: str) -> None:
    values = points.operands(op, sample)
    operands = [
        Tensor(v, requires_grad=is_free, dtype=None if v.dtype == bool else dtype)
        for v, is_free in zip(values, points.drawn(sample), strict=True)
    ]
    out = op(*operands, **sample.params)
    assert out.dtype.name in (dtype, "bool")
    wide = op(*values, **sample.params)
    assert np.allclose(out.data, wide.data, rtol=0.05, atol=0.05)
    for gradient in gradients(out, operands, np.ones(out.shape)):
        assert gradient is None or gradient.dtype.name == dtype


@pytest.mark.parametrize(("op", "refusal"), REFUSALS)
def test_a_wrong_call_is_refused_in_words(op: Op, refusal: Refusal) -> None:
    operands = [Tensor(np.ones(shape), name="W") for shape in refusal.shapes]
    with pytest.raises(ShapeError, match=re.escape(refusal.message)) as caught:
        op(*operands, **refusal.params)
    message = str(caught.value)
    assert message.startswith(f"{op.name}: ")
    assert "\n" not in message
    assert caught.value.op == op.name


def test_every_op_is_proved_and_none_is_left_to_numbers() -> None:
    assert [op.name for op in REGISTRY.values() if op.numeric_only is not None] == []


def declared(forward: Callable[..., Any], vjp: Callable[..., Any] | None = None) -> Op:
    """An op of one operand that is not registered."""
    settings = {name: getattr(REGISTRY["sin"], name) for name in SETTINGS}
    op = Op("cube", forward, **settings)
    if vjp is not None:
        op.gradient(vjp)
    return op


SETTINGS = """symbol rule domain samples refuses elementwise variadic check numeric_only
synonyms""".split()


def cube(xp: Any, x: Any) -> Any:
    """x³."""
    return x * x * x


def verdicts(op: Op, sample: Sample) -> tuple[str, str]:
    fn, values = free_function(op, sample)
    return gradcheck(fn, *values).status, prove_op(op, sample).status


def test_an_op_without_a_gradient_rule_is_noticed() -> None:
    assert missing(declared(cube)) == ["a gradient rule"]


def test_an_op_without_samples_doc_or_proof_is_noticed() -> None:
    op = declared(lambda xp, x: x * x, lambda xp, g, out, x: (2 * g * x,))
    op.samples, op.rule = (), " "
    assert missing(op) == [
        "a rule to read",
        "a docstring",
        "samples",
        "a small sample to prove, or the reason why numbers must do",
    ]


@pytest.mark.parametrize(
    ("vjp", "expected"),
    [
        (lambda xp, g, out, x: (3 * g * x * x,), ("agrees", "proved")),
        (lambda xp, g, out, x: (-3 * g * x * x,), ("differs", "differs")),
        (lambda xp, g, out, x: (2 * g * x * x,), ("differs", "differs")),
        (lambda xp, g, out, x: (3 * g * x,), ("differs", "differs")),
        (lambda xp, g, out, x: (3 * x * x,), ("differs", "differs")),
        (lambda xp, g, out, x: (None,), ("differs", "differs")),
        (lambda xp, g, out, x: (3 * g * x * x + 0.01 * g,), ("differs", "differs")),
    ],
)
def test_a_wrong_rule_is_caught_by_both_routes(vjp: Any, expected: tuple[str, str]) -> None:
    assert verdicts(declared(cube, vjp), Sample(((3,),))) == expected


def mutant(op: Op, change: Callable[[Any], Any] | None) -> Op:
    """The op with every gradient of its rule changed; None turns each into ones."""
    made = copy.copy(op)

    def vjp(xp: Any, g: Any, out: Any, *inputs: Any, **params: Any) -> Sequence[Any]:
        if change is None:
            return [xp.ones_like(x) for x in inputs]
        found = op.vjp(xp, g, out, *inputs, **params)
        return [None if gradient is None else change(gradient) for gradient in found]

    made.vjp, made.plain = vjp, False
    return made


def is_flat(op: Op, sample: Sample) -> bool:
    fn, values = free_function(op, sample)
    inputs = [Tensor(v, requires_grad=True) for v in values]
    out = fn(*inputs)
    seed = np.random.default_rng(0).uniform(0.5, 1.5, out.shape)
    return not any(g is not None and np.any(g.data) for g in gradients(out, inputs, seed))


@pytest.mark.parametrize("slip", ["sign", "factor"])
@pytest.mark.parametrize("op", OPS)
def test_a_slip_in_any_rule_is_caught_by_both_routes(op: Op, slip: str) -> None:
    sample = next(s for s in op.samples if (s.small and not is_flat(op, s)) or s is op.samples[-1])
    change: Any = {"sign": lambda g: -g, "factor": lambda g: g * 2}[slip]
    wrong = mutant(op, None if is_flat(op, sample) else change)
    expected = "differs" if op.numeric_only is None else "numeric"
    assert verdicts(wrong, sample) == ("differs", expected)
