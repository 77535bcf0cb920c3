"""Tensors as numbers: gradient rules run on the graph itself, which makes second derivatives free.

Each function is the registered op of the same meaning, looked up when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.arrays import register

_SAME_NAME = """exp log log1p expm1 sqrt sin cos sinh cosh tanh erf logaddexp abs sign maximum
minimum where floor sum mean max min prod cumsum reshape transpose broadcast_to expand_dims
squeeze flip pad take windows""".split()
_OTHER_NAME = {"power": "pow", "matmul": "matmul", "greater": "gt", "less": "lt", "equal": "eq"}


class _Namespace:
    """The op registry under the names that gradient rules use."""

    name = "tensors"
    device = "graph"

    def concatenate(self, arrays: Any, axis: int = 0) -> Any:
        return _op("concatenate")(*arrays, axis=axis)

    def stack(self, arrays: Any, axis: int = 0) -> Any:
        return _op("stack")(*arrays, axis=axis)

    def einsum(self, pattern: str, *operands: Any) -> Any:
        return _op("einsum")(*operands, pattern=pattern)

    def scatter(self, shape: tuple[int, ...], index: Any, values: Any) -> Any:
        return _op("scatter")(values, shape=shape, index=index)

    def zeros(self, shape: Any, dtype: Any = None) -> Any:
        import numpy as np

        return _constant(np.zeros(shape, dtype=dtype))

    def zeros_like(self, x: Any) -> Any:
        return _constant(_namespace(x).zeros_like(x.data))

    def ones_like(self, x: Any) -> Any:
        return _constant(_namespace(x).ones_like(x.data))

    def argmax(self, x: Any, axis: int | None = None) -> Any:
        return _namespace(x).argmax(x.data, axis=axis)

    def shift(self, x: Any, axis: Any) -> Any:
        return _constant(_namespace(x).shift(x.data, axis))

    def winners(self, x: Any, axis: Any) -> Any:
        return _constant(_namespace(x).winners(x.data, axis))

    def one_hot(self, classes: Any, count: int, like: Any) -> Any:
        return _constant(_namespace(like).one_hot(classes.data, count, like.data))

    def asarray(self, x: Any, dtype: Any = None) -> Any:
        from engine.tensor import as_tensor

        return as_tensor(x)


def _namespace(x: Any) -> Any:
    from engine.arrays import namespace_of

    return namespace_of((x.data,))


def _constant(value: Any) -> Any:
    from engine.tensor import Tensor

    return Tensor(value)


def _op(name: str) -> Callable[..., Any]:
    from engine.ops import REGISTRY

    return REGISTRY[name]


def _forwarded(name: str) -> Callable[..., Any]:
    def call(self: _Namespace, *operands: Any, **params: Any) -> Any:
        return _op(name)(*operands, **params)

    call.__name__ = name
    return call


for _name in _SAME_NAME:
    setattr(_Namespace, _name, _forwarded(_name))
for _name, _target in _OTHER_NAME.items():
    setattr(_Namespace, _name, _forwarded(_target))

NAMESPACE: Any = _Namespace()


def install() -> None:
    """Let `namespace_of` find this namespace for Tensors."""
    from engine.tensor import Tensor

    register(Tensor, NAMESPACE)
