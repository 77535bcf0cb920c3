"""A recorded pass as JSON data, and the pass that is made of such data again.

Only what determines the pass is sent: the ops by name, their operands and parameters, the values of
the leaves, the seed. The other side runs the ops of its own registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import engine
from engine.apply import apply
from engine.ops import REGISTRY
from engine.tensor import Tensor
from engine.trace import Pass, Trace

Data = Any


class UnsendableError(ValueError):
    """A pass holds something that has no form as data; the message says what."""


def encode(p: Pass) -> Data:
    """The pass as plain data for `json.dumps`. Raises UnsendableError for what the other side could
    not make anything of."""
    strange = [op.name for op in set(p.ops) if op is not None and REGISTRY.get(op.name) is not op]
    if strange:
        raise UnsendableError(f"the op {min(strange)} is not known to this program")
    leaves = [i for i, op in enumerate(p.ops) if op is None]
    return {
        "ops": [None if op is None else op.name for op in p.ops],
        "operands": [list(operands) for operands in p.operands],
        "params": {
            str(i): {name: _encoded(value) for name, value in params.items()}
            for i, params in p.params.items()
        },
        "dtypes": [np.asarray(p.values[i]).dtype.name for i in range(len(p.ops))],
        "leaves": {str(i): _encoded(p.values[i]) for i in leaves},
        "inputs": dict(p.inputs),
        "output": p.output,
        "seed": _encoded(p.seed) if p.seed_given else None,
    }


def decode(data: Data) -> Trace:
    """The pass of `encode`, run again: a trace of one pass. Raises what the ops raise."""
    inputs = data["inputs"]
    leaves = {int(i): _decoded(value) for i, value in data["leaves"].items()}

    def run(**given: Tensor) -> Tensor:
        made: dict[int, Tensor] = {node: given[name] for name, node in inputs.items()}
        for node, name in enumerate(data["ops"]):
            if node in made:
                continue
            if name is None:
                made[node] = Tensor(leaves[node])
                continue
            operands = tuple([made[i] for i in data["operands"][node]])
            params = {key: _decoded(v) for key, v in data["params"].get(str(node), {}).items()}
            made[node] = apply(REGISTRY[name], operands, params)
            _as_recorded(made[node], data["dtypes"][node])
        return made[data["output"]]

    values = {name: leaves[node] for name, node in inputs.items()}
    return engine.record_with(run, values, upstream=_decoded(data["seed"]))


def _as_recorded(node: Tensor, dtype: str) -> None:
    """A mask that was recorded as numbers becomes numbers here too."""
    if node.dtype.kind == "b" and dtype != "bool":
        node.data = node.data.astype(dtype)


def _encoded(value: Any) -> Data:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return _encoded(np.asarray(value))
    if isinstance(value, np.ndarray):
        numbers = value.ravel().tolist()
        return {"array": numbers, "shape": list(value.shape), "dtype": value.dtype.name}
    if isinstance(value, slice):
        return {"slice": [_encoded(part) for part in (value.start, value.stop, value.step)]}
    if type(value) in (tuple, list):
        return {type(value).__name__: [_encoded(part) for part in value]}
    if value is Ellipsis:
        return {"ellipsis": True}
    raise UnsendableError(f"a parameter of type {type(value).__name__} cannot be sent")


def _decoded(data: Data) -> Any:
    if not isinstance(data, Mapping):
        return data
    if "array" in data:
        return np.array(data["array"], dtype=data["dtype"]).reshape(data["shape"])
    if "slice" in data:
        return slice(*[_decoded(part) for part in data["slice"]])
    if "tuple" in data:
        return tuple([_decoded(part) for part in data["tuple"]])
    if "list" in data:
        return [_decoded(part) for part in data["list"]]
    return Ellipsis
