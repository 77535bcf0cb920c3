"""Every op against values and gradients that PyTorch gave once, ties and kinks included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Tensor
from engine.ops import REGISTRY

FROZEN = Path(__file__).parents[2] / "data" / "torch_ops.json"
CASES = json.loads(FROZEN.read_text(encoding="ascii"))["cases"]


def from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(from_json(part) for part in value["tuple"])
    return ... if value == "..." else value


def test_every_op_has_cases() -> None:
    assert {case["op"] for case in CASES} == set(REGISTRY)


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_values_and_gradients_are_those_of_pytorch(name: str) -> None:
    for case in CASES:
        if case["op"] != name:
            continue
        operands = [Tensor(x, requires_grad=True) for x in case["operands"]]
        params = {key: from_json(value) for key, value in case["params"].items()}
        told = f"{name}({case['operands']}, {params})"
        out = REGISTRY[name](*operands, **params)
        np.testing.assert_allclose(
            out.data.astype(float), case["output"], rtol=1e-12, atol=1e-13, err_msg=told
        )
        out.backward(Tensor(case["upstream"]))
        for operand, wanted in zip(operands, case["gradients"], strict=True):
            got = np.zeros(operand.shape) if operand.grad is None else operand.grad.data
            wanted = np.zeros(operand.shape) if wanted is None else wanted
            np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-13, err_msg=told)
