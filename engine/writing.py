"""Writing into a Tensor while it is recorded: `h[t] = v` and `h += v`, as NumPy means them.

The graph never changes: what is written makes a new node. The Python object goes on as that node,
so that everybody who holds it sees the new entries, as they would in an array; whoever used it
before is given another object in its place, which stands for the node as it was.

Views are where that could go wrong in silence. In NumPy `row = h[0]` shares its entries with h; a
Tensor made of h does not. So writing into a view is refused, and so is the use of a view of entries
that were overwritten after it was made.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.arrays import numpy_
from engine.errors import LeavesGraphError, ShapeError
from engine.instructions import puts_back
from engine.source import calling_frame, calling_line
from engine.state import MODE
from engine.tensor import Tensor

# These give, of a NumPy array, a view or what may be one.
_VIEWS = frozenset(
    "getitem reshape transpose expand_dims squeeze flip broadcast_to expand diag einsum".split()
)


class Writes:
    """What was written into Tensors during one recording.

    started: the serial number of the first node that belongs to it. nodes: those made so far, in
    the order of their serial numbers; an object that is written into is exchanged there.
    begun: called before the first write; from then on `check` must be asked about every node.
    done: called after each write with the object as it was, the one that was replaced by the
    target, and the target.
    """

    def __init__(
        self,
        started: int,
        nodes: list[Tensor],
        begun: Callable[[], None],
        done: Callable[[Tensor, Tensor, Tensor], None],
    ) -> None:
        self.started = started
        self.nodes = nodes
        self.begun: Callable[[], None] | None = begun
        self.done = done
        self.owed: tuple[Tensor, Tensor | None] | None = None  # see `put_back`
        # By the serial number of every state that a written tensor was in: when each of its
        # entries was last written, as the serial number of the node that did it.
        self.stamps: dict[int, Any] = {}

    def replace(self, target: Tensor, new: Tensor, index: Any) -> None:
        """Let the object `target` go on as the node `new`, which was made by writing at `index`."""
        self.begin()
        old: Tensor = object.__new__(Tensor)
        _become(old, target)
        after = bisect_right(self.nodes, target.serial, key=_serial)
        for node in self.nodes[after:]:
            _exchange(node, target, old)
        if after and self.nodes[after - 1] is target:
            self.nodes[after - 1] = old
        self.nodes[bisect_right(self.nodes, new.serial, key=_serial) - 1] = target
        stamps = self.stamps.get(target.serial)
        if stamps is None:
            stamps = self.stamps[target.serial] = np.zeros(target.shape, dtype=np.int64)
        stamps[index] = new.serial
        self.stamps[new.serial] = stamps
        _become(target, new)
        if old.name is not None and target.name is None:
            target.name = old.name
        self.done(old, new, target)

    def begin(self) -> None:
        """Let `check` be asked about every node from now on."""
        if self.begun is not None:
            self.begun()
            self.begun = None

    def check(self, *used: Tensor) -> None:
        """Raise LeavesGraphError where a tensor is used that is a view of entries overwritten since
        it was made, or where a view was changed in place just before."""
        if self.owed is not None:
            self.owed = None
            raise LeavesGraphError(
                f"a view was changed in place before this ({calling_line()}), which would write "
                "through it into the array that it is taken from: write into that array itself"
            )

        for tensor in used:
            if is_view(tensor):
                self._refuse_stale(tensor)

    def _refuse_stale(self, tensor: Tensor) -> None:
        chain = []
        node: Any = tensor
        while is_view(node):
            chain.append(node)
            node = node.first
            stamps = self.stamps.get(node.serial)
            if stamps is None:
                continue
            for link in reversed(chain):
                stamps = link.op.forward(numpy_.NAMESPACE, stamps, **link.params)
            if np.size(stamps) and np.max(stamps) > tensor.serial:
                who, whole = tensor.name or "this", node.name or "the array"
                raise LeavesGraphError(
                    f"{who} is a view of {whole}, which was written into after {who} was made "
                    f"({calling_line()}): in NumPy {who} would have the new entries. Take them "
                    f"again from {whole}, or keep the old ones with .copy()"
                )


def write(target: Tensor, index: Any, value: Any) -> None:
    """`target[index] = value` while recording: target goes on as a node of the op `write`.

    Raises LeavesGraphError where that would not be what NumPy does: outside of a recording, for an
    input or a tensor from elsewhere, and for a view. Raises ShapeError for entries that do not fit
    and for an index that names a place twice.
    """
    from engine.ops.index import plain_index, write

    mode = MODE.get()
    if mode is None or mode.writes is None:
        raise LeavesGraphError(
            f"a tensor cannot be written into ({calling_line()}): build a new one with "
            "where, concatenate or stack"
        )
    owed = mode.writes.owed
    if owed is not None and owed[0] is value and owed[1] is target:
        mode.writes.owed = None
    _refuse_foreign(target, mode.writes.started)
    _refuse_view(target, "[...] =")
    place = plain_index(index)
    _refuse_mask(target, value)
    mode.writes.replace(target, write(target, value, index=place), place)


def write_all(target: Tensor, sign: str, compute: Callable[[], Tensor]) -> Tensor:
    """`target += value` and its like while recording; `compute` gives the new node.

    An array that was made in this recording goes on as that node. A scalar cannot be changed in
    NumPy either, and an input or a tensor from elsewhere is left as it is: there the new node is
    returned. Raises LeavesGraphError for a view, and ShapeError for a result of another shape.
    """
    mode = MODE.get()
    if type(target.held) is float or target.ndim == 0 or mode is None or mode.writes is None:
        return compute()
    if target.serial < mode.writes.started or (target.op is None and target.requires_grad):
        return compute()
    if is_view(target):
        if puts_back(calling_frame()):
            return put_back(target, compute)
        _refuse_view(target, f" {sign}=")
    result = compute()
    if result.shape != target.shape:
        raise ShapeError(
            f"{target.name or 'a tensor'} {sign}= ... ({calling_line()}): a result of shape "
            f"{result.shape} does not fit into shape {target.shape}"
        )
    mode.writes.replace(target, result, Ellipsis)
    return target


def put_back(view: Tensor, compute: Callable[[], Tensor]) -> Tensor:
    """What `h[i] += v` makes of the view h[i]. It must be written into h right after this; if h is
    no tensor but a list of views, that does not happen, and the next node is refused."""
    result = compute()
    mode = MODE.get()
    if mode is not None and mode.writes is not None:
        mode.writes.begin()
        mode.writes.owed = (result, view.first)
    return result


def is_view(node: Tensor) -> bool:
    """Whether NumPy would give, or might give, a view of the first operand."""
    op = node.op
    if op is None or op.name not in _VIEWS:
        return False
    if op.name == "getitem":
        index = node.params["index"]
        parts = index if isinstance(index, tuple) else (index,)
        entry = node.shape == () and not any(part is Ellipsis for part in parts)
        return not entry and all(_is_basic(part) for part in parts)
    if op.name == "einsum":
        return _only_moves(str(node.params["pattern"]))
    return op.name != "diag" or len(node.inputs[0].shape) == 2


def _only_moves(pattern: str) -> bool:
    """Whether a pattern of einsum, such as `ij->ji`, sums nothing: NumPy then gives a view."""
    before, arrow, after = pattern.replace(" ", "").partition("->")
    kept = set(before) <= set(after) if arrow else len(set(before)) == len(before)
    return "," not in before and kept


def _is_basic(part: Any) -> bool:
    whole = isinstance(part, (int, np.integer)) or (isinstance(part, np.ndarray) and not part.ndim)
    return whole or part is None or part is Ellipsis or isinstance(part, slice)


def _refuse_foreign(target: Tensor, started: int) -> None:
    who = target.name or "a tensor"
    if target.op is None and target.requires_grad:
        raise LeavesGraphError(
            f"{who}[...] = ... ({calling_line()}) would write into an input, and so into the "
            f"caller's own array: write into a copy, {who} = {who}.copy()"
        )
    if target.serial < started:
        raise LeavesGraphError(
            f"{who}[...] = ... ({calling_line()}) would write into a tensor that was made outside "
            "of the function: make it inside, or write into a copy of it"
        )


def _refuse_view(target: Tensor, sign: str) -> None:
    if is_view(target):
        who, whole = target.name or "a view", target.inputs[0].name or "the array"
        raise LeavesGraphError(
            f"{who}{sign} ... ({calling_line()}) would write through a view into {whole} that it "
            f"is taken from: write into {whole} itself, as in h[i, j] = ..., or into a .copy() of "
            "the view"
        )


def _refuse_mask(target: Tensor, value: Any) -> None:
    if target.dtype.kind == "b" and getattr(value, "dtype", np.dtype(type(value))).kind != "b":
        raise LeavesGraphError(
            f"{target.name or 'a mask'}[...] = ... ({calling_line()}) would write numbers into a "
            "mask of true and false"
        )


def _become(one: Tensor, other: Tensor) -> None:
    """Give one object everything that another one is, its name too."""
    one.held, one.op, one.first, one.others = other.held, other.op, other.first, other.others
    one.kept, one.requires_grad, one.serial = other.kept, other.requires_grad, other.serial
    for slot in ("_name", "_params"):
        if hasattr(other, slot):
            setattr(one, slot, getattr(other, slot))
        elif hasattr(one, slot):
            delattr(one, slot)


def _exchange(node: Tensor, one: Tensor, other: Tensor) -> None:
    if node.first is one:
        node.first = other
    if node.others is one:
        node.others = other
    elif type(node.others) is tuple:
        node.others = tuple([other if x is one else x for x in node.others])


def _serial(node: Tensor) -> int:
    return node.serial
