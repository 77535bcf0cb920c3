"""Run a function once, forward and backward, and write down everything that happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from engine.arrays import namespace_of
from engine.backward import added, contributions, seed_for
from engine.errors import EngineError, GradientError, LeavesGraphError
from engine.ops.declare import Op
from engine.source import Location, calling_frame, line_of
from engine.state import mode
from engine.tensor import Tensor, as_tensor, as_value
from engine.trace import Column, Pass, Ragged, Trace

Function = Callable[..., Any]


def record(fn: Function, /, **inputs: Any) -> Trace:
    """Run `fn(**inputs)` with Tensors, then backward from its result, and return the Trace.

    fn: a function of Tensors (or written in plain NumPy) that returns one. inputs: numbers or arrays;
        they are copied, so that nothing done to them later changes the trace.

    A result that is not a scalar is seeded with ones. Raises EngineError when the result is no Tensor or
    depends on none of the inputs.
    """
    return record_with(fn, inputs)


def record_with(
    fn: Function, inputs: Mapping[str, Any], *, upstream: Any = None, dtype: Any = None
) -> Trace:
    """`record` with its options: `upstream` seeds a result that is not a scalar, `dtype` rounds
    every input first ("float16", "float32", "float64")."""
    return Trace((record_pass(fn, inputs, upstream=upstream, dtype=dtype),))


def step(trace: Trace, fn: Function, rate: float, wrt: Iterable[str] | None = None) -> Trace:
    """One step of gradient descent: an update event for each parameter, then the next pass.

    rate: the learning rate η in w ← w − η·∂L/∂w. wrt: names of the inputs to update, all of them when None.
    fn is run again on the new values, so branches are taken anew. Raises EngineError for
    a name that is no input, and GradientError for a parameter that no gradient reached.
    """
    last = trace.passes[-1]
    names = list(last.inputs) if wrt is None else list(wrt)
    values = {name: last.value(node) for name, node in last.inputs.items()}
    updates = []
    for name in names:
        if name not in last.inputs:
            raise EngineError(f"step: {name!r} is no input; the inputs are {', '.join(values)}")
        node = last.inputs[name]
        gradient = last.gradient(node)
        if gradient is None:
            raise GradientError(f"step: no gradient reached {name}, so it can not be updated")
        values[name] = _stepped(values[name], rate, gradient)
        updates.append((node, rate, values[name]))
    following = record_pass(
        fn, values, upstream=last.seed if last.seed_given else None, index=len(trace.passes)
    )
    return Trace((*trace.passes[:-1], last.updated(updates), following))


def record_pass(
    fn: Function,
    inputs: Mapping[str, Any],
    *,
    upstream: Any = None,
    dtype: Any = None,
    index: int = 0,
) -> Pass:
    """One forward and one backward pass of `fn` on `inputs`."""
    leaves = {}
    for name, value in inputs.items():
        held = as_value(value, dtype, None)
        leaves[name] = Tensor(held if type(held) is float else held.copy(), True, name=name)
    recorder = _Recorder(leaves.values())
    with mode(recorder):
        try:
            result = fn(**leaves)
        except ValueError as error:
            # NumPy hides our refusal to become a float behind a message about sequences.
            if isinstance(error.__cause__, LeavesGraphError):
                raise error.__cause__ from None
            raise
    output = _single_output(result)
    return recorder.finish(leaves, output, upstream, index)


def _single_output(result: Any) -> Tensor:
    if isinstance(result, Tensor):
        return result
    if isinstance(result, (int, float, np.number, np.ndarray)):
        return as_tensor(result)
    kind = type(result).__name__
    raise EngineError(f"record: the function returned a {kind}; it must return one Tensor")


def _stepped(value: Any, rate: float, gradient: Any) -> Any:
    if isinstance(value, float):
        return value - rate * gradient
    return value - np.asarray(rate, dtype=value.dtype) * gradient


class _Recorder:
    """The mode that writes down nodes as they are made."""

    recording = True

    def __init__(self, leaves: Iterable[Tensor]) -> None:
        self.scopes: tuple[str, ...] = ()
        self.location: Location | None = None
        self.named: list[Tensor] = []
        self.nodes: list[Tensor] = []
        self.ops: list[Op | None] = []
        self.places: list[Any] = []  # of each node: a key of `known`
        self.known: dict[Any, Location | None] = {None: None}
        self.ids: dict[int, int] = {}  # of each node, by serial number
        self.operands: list[int] = []
        self.starts = [0]
        self.params: dict[int, Any] = {}
        self.scopes_of: dict[int, tuple[str, ...]] = {}
        for leaf in leaves:
            self.id_of(leaf)

    def made(self, node: Tensor) -> None:
        op, first, others, ids = node.op, node.first, node.others, self.ids
        if type(others) is Tensor:
            a, b = ids.get(first.serial), ids.get(others.serial)  # type: ignore[union-attr]
            self.operands.append(self.id_of(first) if a is None else a)  # type: ignore[arg-type]
            self.operands.append(self.id_of(others) if b is None else b)
        else:
            self.operands += [self.id_of(operand) for operand in node.inputs]
        number = ids[node.serial] = len(self.nodes)
        self.nodes.append(node)
        self.ops.append(op)
        self.starts.append(len(self.operands))
        place: Any = self.location
        if place is None:
            frame = calling_frame(3)
            # An address inside the code object, which keeps its instructions within itself.
            place = id(frame.f_code) + frame.f_lasti
            if place not in self.known:
                self.known[place] = line_of(frame.f_code, frame.f_lasti)
        self.places.append(place)
        if self.scopes:
            self.scopes_of[number] = self.scopes
        if not op.plain and node.params:  # type: ignore[union-attr]
            self.params[number] = node.params

    def id_of(self, operand: Tensor) -> int:
        """The id of an operand, which is a leaf if it was not made in this recording."""
        number = self.ids.get(operand.serial)
        if number is None:
            number = self.ids[operand.serial] = len(self.nodes)
            self.nodes.append(operand)
            self.ops.append(None)
            self.places.append(None)
            # Between the operands of a node that is being made: those belong behind the leaf.
            self.starts.append(self.starts[-1])
        return number

    def finish(
        self, leaves: Mapping[str, Tensor], output: Tensor, upstream: Any, index: int
    ) -> Pass:
        """Run backward, and freeze everything."""
        result = self.id_of(output)
        nodes, ops = self.nodes, self.ops
        values = [node.held for node in nodes]
        backward = _Backward(nodes, ops, values, self.operands, self.starts)
        backward.run(result, upstream)
        freezer = _Freezer()
        known = self.known
        return Pass(
            index=index,
            ops=tuple(ops),
            operands=Ragged(
                np.array(self.operands, dtype=np.int32), np.array(self.starts, dtype=np.int32)
            ),
            params=self.params,
            given_names=self._names(),
            scopes=self.scopes_of,
            locations=tuple(
                [place if type(place) is Location else known[place] for place in self.places]
            ),
            wanted=np.array(backward.wanted, dtype=bool),
            inputs={name: i for i, name in enumerate(leaves)},
            output=result,
            seed=None if backward.seed is None else freezer.frozen(backward.seed, copy=True),
            seed_given=upstream is not None,
            values=freezer.column(values, copy=True),
            gradients=freezer.column(backward.gradients),
            sources=backward.sources,
            slots=backward.slots,
            targets=backward.targets,
            amounts=freezer.column(backward.amounts),
        )

    def _names(self) -> dict[int, str]:
        """The names that were given: to leaves at any time, to other nodes while recording."""
        leaves = [node for node, op in zip(self.nodes, self.ops, strict=True) if op is None]
        named = [node for node in (*leaves, *self.named) if node.serial in self.ids]
        return {self.ids[node.serial]: node.name for node in named if node.name}


class _Backward:
    """One backward pass that keeps every contribution.

    gradients: by node. amounts: by contribution. sources, slots, targets: whence and where to.
    """

    def __init__(
        self,
        nodes: list[Tensor],
        ops: list[Op | None],
        values: list[Any],
        operands: list[int],
        starts: list[int],
    ) -> None:
        self.nodes = nodes
        self.ops = ops
        self.values = values
        self.operands = operands
        self.starts = starts
        self.wanted = [node.requires_grad for node in nodes]
        self.gradients: list[Any] = [None] * len(nodes)
        self.amounts: list[Any] = []
        self.seed: Any = None

    def run(self, output: int, upstream: Any) -> None:
        """Go from the newest node to the oldest, as `engine.backward.backward` does."""
        nodes, ops = self.nodes, self.ops
        operands, starts, wanted = self.operands, self.starts, self.wanted
        gradients, write = self.gradients, self.amounts.append
        withheld: list[tuple[int, int]] = []  # node and operand to which it passes nothing
        reached: list[int] = []
        if wanted[output]:
            self.seed = gradients[output] = _seed(nodes[output], upstream)
        elif upstream is not None:
            raise GradientError("record: the result depends on no input, so nothing can be seeded")
        for at in range(output, -1, -1):
            gradient, op = gradients[at], ops[at]
            if gradient is None or op is None:
                continue
            reached.append(at)
            edge = starts[at]
            for amount in contributions(nodes[at], gradient):
                target = operands[edge]
                edge += 1
                if not wanted[target]:
                    continue
                if amount is None:
                    withheld.append((at, target))
                    continue
                so_far = gradients[target]
                if so_far is None:
                    gradients[target] = amount
                elif type(so_far) is float:
                    gradients[target] = so_far + amount
                else:
                    gradients[target] = added(so_far, amount)
                write(amount)
        self._edges(np.array(reached, dtype=np.int32), withheld)

    def _edges(self, reached: Any, withheld: list[tuple[int, int]]) -> None:
        """Where the contributions went, worked out for all at once."""
        starts = np.array(self.starts, dtype=np.int32)
        operands = np.array(self.operands, dtype=np.int32)
        counts = starts[reached + 1] - starts[reached]
        sources = np.repeat(reached, counts)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        slots = np.arange(len(sources), dtype=np.int32) - before
        targets = operands[starts[sources] + slots] if len(sources) else sources
        passed = np.array(self.wanted, dtype=bool)[targets]
        if withheld:
            skipped = set(withheld)
            pairs = zip(sources.tolist(), targets.tolist(), strict=True)
            passed &= np.array([pair not in skipped for pair in pairs], dtype=bool)
        self.sources = sources[passed]
        self.slots = slots[passed].astype(np.int16)
        self.targets = targets[passed]


def _seed(output: Tensor, upstream: Any) -> Any:
    if upstream is None and output.size != 1:
        return namespace_of((output.held,)).ones_like(output.held)
    if upstream is not None and np.shape(upstream) == () and output.size == 1:
        upstream = np.broadcast_to(np.asarray(upstream), output.shape)
    return seed_for(output, upstream)


class _Freezer:
    """Makes columns of read-only arrays; what several columns share is copied and fetched once."""

    def __init__(self) -> None:
        self.done: dict[int, tuple[Any, Any]] = {}

    def column(self, values: list[Any], copy: bool = False) -> Column:
        """The column of these values. copy: others may hold the arrays and write into them."""
        kinds = set(map(type, values))
        if kinds <= {float, type(None)}:
            floats = np.array(values, dtype=np.float64)
            nans = np.flatnonzero(np.isnan(floats)).tolist() if type(None) in kinds else []
            return Column(floats, {}, frozenset(i for i in nans if values[i] is None))
        arrays = {
            i: self.frozen(value, copy)
            for i, value in enumerate(values)
            if type(value) is not float and value is not None
        }
        floats = np.array([v if type(v) is float else 0.0 for v in values], dtype=np.float64)
        return Column(floats, arrays, frozenset(i for i, v in enumerate(values) if v is None))

    def frozen(self, value: Any, copy: bool) -> Any:
        """A read-only NumPy array of a value (from the GPU, a copy in this machine's memory)."""
        if type(value) is float:
            return value
        found = self.done.get(id(value))
        if found is None:
            array = value if isinstance(value, np.ndarray) else value.get()
            if array is value and (copy or value.base is not None):
                array = value.copy()
            array.setflags(write=False)
            found = self.done[id(value)] = (array, value)
        return found[0]
