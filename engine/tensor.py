"""Tensor: a value and the op that made it. Running `backward` from one fills in gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import source
from engine.arrays import namespace_for, namespace_of
from engine.errors import EngineError, LeavesGraphError, ShapeError
from engine.instructions import writes_entries
from engine.state import BUSY, MODE, looked_at, recording

if TYPE_CHECKING:
    from engine.ops.declare import Op

Value = Any
next_serial = count().__next__
_NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


class Tensor:
    """A number or an array in a graph of operations.

    x: a number, nested lists, a NumPy or CuPy array, or a Tensor (its value is taken). The array
        is used as it stands, not copied; integers become float64.
    requires_grad: whether gradients are wanted by this leaf.
    dtype: "float16", "float32", "float64"; None keeps a float's own, float64 else.
    device: None or "cpu" for NumPy, "cuda" for CuPy.
    name: how the node is called in a trace.

    `data` is the array, `grad` is None or a Tensor. Unlike in PyTorch, every node of the graph
    keeps its gradient. A 0-d float64 is held as a Python float until somebody asks for `data`:
    scalar graphs are then several times as fast, and results are the same IEEE numbers.
    """

    # What a node holds is paid for a million times, so: the operands are `first` and `others` (a
    # tuple of two costs 72 bytes and a quarter of the time of a scalar graph); `_name` and
    # `_params` stay unset where there is none; `kept` is the gradient, and `reached_in` the
    # number of the backward pass that wrote it last.
    __slots__ = (
        "_name",
        "_params",
        "first",
        "held",
        "kept",
        "op",
        "others",
        "reached_in",
        "requires_grad",
        "serial",
    )

    held: Value
    kept: Any
    op: Op | None
    first: Tensor | None
    others: Any
    requires_grad: bool
    serial: int
    reached_in: int
    _name: str | None
    _params: Mapping[str, Any]

    def __init__(
        self,
        x: Any,
        requires_grad: bool = False,
        dtype: Any = None,
        device: str | None = None,
        name: str | None = None,
    ) -> None:
        self.held = as_value(x, dtype, device)
        self.requires_grad = requires_grad
        self.op = self.first = self.others = self.kept = None
        self.serial = next_serial()
        if name is not None:
            self._name = name

    @property
    def name(self) -> str | None:
        """How the node is called in traces and errors; None where nobody named it."""
        try:
            return self._name
        except AttributeError:
            return None

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name
        if BUSY and (mode := MODE.get()) is not None:
            mode.named.append(self)

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters that the op was called with; empty for most."""
        try:
            return self._params
        except AttributeError:
            return _NO_PARAMS

    @property
    def data(self) -> Any:
        """The array. Writing into it, or assigning to it, changes the value without a trace."""
        if type(self.held) is float:
            self.held = np.array(self.held)
        return self.held

    @data.setter
    def data(self, value: Any) -> None:
        self.held = as_value(value, None, None)

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated by `backward`, or None where none has arrived."""
        if self.kept is not None and type(self.kept) is not Tensor:
            self.kept = _leaf(self.kept)
        gradient: Tensor | None = self.kept
        return gradient

    @grad.setter
    def grad(self, gradient: Any) -> None:
        self.kept = None if gradient is None else as_tensor(gradient)
        self.reached_in = 0

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The operands that the op was applied to; empty for a leaf."""
        if self.first is None:
            return ()
        if self.others is None:
            return (self.first,)
        if type(self.others) is tuple:
            return (self.first, *self.others)
        return (self.first, self.others)

    @property
    def is_leaf(self) -> bool:
        """Whether no op that needs a gradient made this tensor, as in PyTorch."""
        return self.op is None

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes; () for a scalar."""
        return () if type(self.held) is float else tuple(self.held.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return 0 if type(self.held) is float else int(self.held.ndim)

    @property
    def size(self) -> int:
        """The number of entries."""
        return 1 if type(self.held) is float else int(self.held.size)

    @property
    def dtype(self) -> Any:
        """The NumPy dtype of the entries."""
        return np.dtype(np.float64) if type(self.held) is float else self.held.dtype

    @property
    def device(self) -> str:
        """Where the array lies: "cpu" or "cuda"."""
        return str(namespace_of((self.held,)).device)

    @property
    def T(self) -> Tensor:
        """All axes in reverse order."""
        from engine.ops.shape import transpose

        return transpose(self)

    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        """Accumulate into `grad` of every node of the graph the gradient of this tensor.

        gradient: the seed, of this tensor's shape; may be left out for a scalar (it is 1 then).
        create_graph: make the gradients parts of a graph themselves, for second derivatives.
        Raises GradientError for a missing seed, for one of another shape, and where nothing that
        this tensor depends on requires a gradient.
        """
        from engine.backward import backward

        backward(self, gradient, create_graph)

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` becomes None, as torch's `set_to_none`."""
        self.kept = None

    def detach(self) -> Tensor:
        """The same value as a leaf of its own, which no gradient passes."""
        return _leaf(self.held)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` in place and return the tensor."""
        self.requires_grad = requires_grad
        return self

    def forget(self) -> None:
        """Cut this node from its inputs, in place: it becomes a leaf without gradient."""
        self.op = self.first = self.others = None
        self.requires_grad = False

    def item(self) -> float:
        """The entry of a one-entry tensor as a Python number, out of the graph on purpose."""
        entry = self.held if type(self.held) is float else self.held.item()
        if BUSY:
            looked_at(self, "number", entry)
        return entry

    def numpy(self) -> np.ndarray[Any, Any]:
        """The array of a tensor that needs no gradient; else LeavesGraphError."""
        return self.__array__()

    def tolist(self) -> Any:
        """The value as a number or nested lists."""
        return self.data.tolist()

    def __repr__(self) -> str:
        head = np.array2string(np.asarray(self.held), precision=6, separator=", ")
        name = f", name={self.name!r}" if self.name else ""
        tail = ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({head}{name}{tail})"

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a scalar tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ShapeError(
                f"the truth of a tensor of shape {self.shape} is not clear: use .any() or .all() "
                f"of its .data, or where(condition, a, b) ({source.calling_line()})"
            )
        truth = bool(self.held)
        if BUSY:
            looked_at(self, "truth", truth)
        return truth

    def __float__(self) -> float:
        self._refuse_to_leave("float()")
        return float(self.item())

    def __int__(self) -> int:
        """The whole number that is left of a one-entry tensor. While recording too: no gradient is
        lost, since a step is flat wherever it has a slope."""
        entry = self.held if type(self.held) is float else self.held.item()
        whole = int(entry)
        if BUSY:
            looked_at(self, "whole number", whole)
        return whole

    def __index__(self) -> int:
        raise TypeError("a tensor holds floats and cannot be an index; use int(x)")

    def __format__(self, form: str) -> str:
        """As NumPy's arrays do it: a format such as .3f for one entry, none for more."""
        if not form:
            return str(self)
        return format(self.data.item() if self.size == 1 else self.data, form)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        self._refuse_to_leave("np.asarray()", also_outside=True)
        return np.array(self.data, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from engine.protocols import ufunc_call

        return ufunc_call(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from engine.protocols import function_call

        return function_call(function, args, kwargs)

    def __setitem__(self, index: Any, value: Any) -> None:
        from engine.writing import write

        write(self, index, value)

    if TYPE_CHECKING:  # the operators: installed by engine.operators

        def __add__(self, other: Any) -> Tensor: ...

        def __radd__(self, other: Any) -> Tensor: ...

        def __sub__(self, other: Any) -> Tensor: ...

        def __rsub__(self, other: Any) -> Tensor: ...

        def __mul__(self, other: Any) -> Tensor: ...

        def __rmul__(self, other: Any) -> Tensor: ...

        def __truediv__(self, other: Any) -> Tensor: ...

        def __rtruediv__(self, other: Any) -> Tensor: ...

        def __pow__(self, other: Any) -> Tensor: ...

        def __rpow__(self, other: Any) -> Tensor: ...

        def __matmul__(self, other: Any) -> Tensor: ...

        def __rmatmul__(self, other: Any) -> Tensor: ...

        def __gt__(self, other: Any) -> Tensor: ...

        def __ge__(self, other: Any) -> Tensor: ...

        def __lt__(self, other: Any) -> Tensor: ...

        def __le__(self, other: Any) -> Tensor: ...

        def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]

        def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]

        def __neg__(self) -> Tensor: ...

        def __pos__(self) -> Tensor: ...

        def __abs__(self) -> Tensor: ...

        def __getitem__(self, index: Any) -> Tensor: ...

        # the methods: installed by engine.methods
        exp: Callable[..., Tensor]
        expm1: Callable[..., Tensor]
        log: Callable[..., Tensor]
        log1p: Callable[..., Tensor]
        sqrt: Callable[..., Tensor]
        square: Callable[..., Tensor]
        sin: Callable[..., Tensor]
        cos: Callable[..., Tensor]
        sinh: Callable[..., Tensor]
        cosh: Callable[..., Tensor]
        erf: Callable[..., Tensor]
        abs: Callable[..., Tensor]
        sign: Callable[..., Tensor]
        floor: Callable[..., Tensor]
        sigmoid: Callable[..., Tensor]
        tanh: Callable[..., Tensor]
        relu: Callable[..., Tensor]
        sum: Callable[..., Tensor]
        mean: Callable[..., Tensor]
        prod: Callable[..., Tensor]
        max: Callable[..., Tensor]
        min: Callable[..., Tensor]
        cumsum: Callable[..., Tensor]
        logsumexp: Callable[..., Tensor]
        softmax: Callable[..., Tensor]
        log_softmax: Callable[..., Tensor]
        squeeze: Callable[..., Tensor]
        expand_dims: Callable[..., Tensor]
        unsqueeze: Callable[..., Tensor]
        take: Callable[..., Tensor]
        diag: Callable[..., Tensor]
        clip: Callable[..., Tensor]
        clamp: Callable[..., Tensor]
        pow: Callable[..., Tensor]
        dot: Callable[..., Tensor]
        outer: Callable[..., Tensor]
        matmul: Callable[..., Tensor]
        maximum: Callable[..., Tensor]
        minimum: Callable[..., Tensor]
        reshape: Callable[..., Tensor]
        expand: Callable[..., Tensor]
        flip: Callable[..., Tensor]
        transpose: Callable[..., Tensor]
        permute: Callable[..., Tensor]
        ravel: Callable[..., Tensor]
        flatten: Callable[..., Tensor]
        swapaxes: Callable[..., Tensor]
        std: Callable[..., Tensor]
        var: Callable[..., Tensor]
        copy: Callable[..., Tensor]
        argmax: Callable[..., Any]

    def _refuse_to_leave(self, what: str, also_outside: bool = False) -> None:
        if self.requires_grad and (also_outside or recording()):
            who = self.name or (self.op.name if self.op else "a tensor")
            if writes_entries(source.calling_frame()):
                raise LeavesGraphError(
                    f"{self.name or 'a tensor'} is written into a plain NumPy array "
                    f"({source.calling_line()}), where no gradient could flow back; make the array "
                    "from a tensor, h = np.zeros_like(x) or engine.Tensor(np.zeros(...)), or "
                    "collect the parts in a list and np.stack them"
                )
            way = "use the functions of engine or NumPy on it"
            if what == "np.asarray()":
                way = "use it as it is, and np.stack to make an array of several"
            raise LeavesGraphError(
                f"{what} on {who} ({source.calling_line()}) would take it out of the graph, and "
                f"no gradient could flow back; {way}, or .detach() or .item() to leave on purpose"
            )


def as_value(x: Any, dtype: Any, device: str | None) -> Value:
    """What a Tensor holds for `x`: a Python float for a 0-d float64 on the CPU, else an array.

    Raises EngineError for what is no real number, list or array of them, and DeviceError for a
    device that is not there.
    """
    if type(x) is Tensor:
        x = x.held
    if dtype is None and device is None:
        if type(x) is float:
            return x
        if type(x) is int:
            return float(x)
    if device is not None and device != "cpu":
        x = namespace_for(device).asarray(x)
    elif isinstance(x, (float, int, bool, list, tuple, np.generic)):
        try:
            x = np.asarray(x)
        except ValueError as error:
            raise EngineError(
                "a tensor is rectangular: all its rows have the same length"
            ) from error
        if x.dtype.kind not in "fiub":
            raise EngineError(f"a tensor holds real numbers, not {x.dtype.name} values")
    elif not hasattr(x, "dtype") or not hasattr(x, "shape"):
        raise EngineError(f"a tensor cannot be made from a {type(x).__name__}")
    if dtype is not None:
        x = x.astype(dtype, copy=False)
    elif x.dtype.kind in "iu":
        x = x.astype(np.float64)
    elif x.dtype.kind in "cMmSUV":
        raise EngineError(f"a tensor holds real numbers, not {x.dtype.name} values")
    if type(x) is np.ndarray and x.ndim == 0 and x.dtype == np.float64 and x.base is None:
        return float(x)
    return x


def as_tensor(x: Any) -> Tensor:
    """`x` itself if it is a Tensor, else a leaf that needs no gradient."""
    return x if type(x) is Tensor else _leaf(as_value(x, None, None))


def _leaf(value: Value) -> Tensor:
    leaf = object.__new__(Tensor)
    leaf.held = value
    leaf.requires_grad = False
    leaf.op = leaf.first = leaf.others = leaf.kept = None
    leaf.serial = next_serial()
    return leaf
