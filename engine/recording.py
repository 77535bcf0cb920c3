"""Run a function once, forward and backward, and write down everything that happens."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import Any

import numpy as np

from engine.arrays import floats, namespace_of
from engine.backward import added, contributions, seed_for
from engine.calls import Calls
from engine.collector import rare_collections
from engine.columns import Column, slot_numbers
from engine.errors import EngineError, GradientError, LeavesGraphError
from engine.numbering import Numbered, number
from engine.passes import Decision, Pass
from engine.source import Location, calling_frame, line_of
from engine.state import SCOPES, Look, mode
from engine.tensor import Tensor, as_tensor, as_value, next_serial
from engine.trace import Trace
from engine.writing import Writes

Function = Callable[..., Any]
Update = tuple[int, float, Any]  # the node, the learning rate, the new value
_FLOATS = floats.NAMESPACE


def record(fn: Function, /, **inputs: Any) -> Trace:
    """Run `fn(**inputs)` with Tensors, then backward from its result, and return the Trace.

    fn: a function of Tensors (or written in plain NumPy) that returns one.
    inputs: numbers or arrays; they are copied, so nothing done to them later changes the trace.

    A result that is not a scalar is seeded with ones. Raises EngineError when fn returns neither a
    Tensor nor a number, and whatever fn itself raises.
    """
    return record_with(fn, inputs)


def record_with(
    fn: Function,
    inputs: Mapping[str, Any],
    *,
    upstream: Any = None,
    dtype: Any = None,
    user: str | None = None,
) -> Trace:
    """`record` with its options: `upstream` seeds the result, `dtype` rounds every input first
    ("float16", "float32", "float64"), `user` is the file of the user's own code: nodes are then
    named after its variables, and scopes after its functions and loops (see `engine.calls`).

    Raises GradientError for an upstream of another shape, or where no input would get any of it.
    """
    return Trace((record_pass(fn, inputs, upstream=upstream, dtype=dtype, user=user),))


def step(trace: Trace, fn: Function, rate: float, wrt: Iterable[str] | None = None) -> Trace:
    """One step of gradient descent: an update event for each parameter, then the next pass.

    rate: the learning rate η in w ← w − η·∂L/∂w.
    wrt: names of the inputs to update, all of them when None.

    fn is run again on the new values, so branches are taken anew. Raises EngineError for a name
    that is no input, and GradientError for a parameter that no gradient reached.
    """
    updates, values = updates_of(trace, rate, wrt)
    last = trace.passes[-1]
    following = record_pass(
        fn, values, upstream=last.seed if last.seed_given else None, index=len(trace.passes)
    )
    return appended(trace, updates, following)


def updates_of(
    trace: Trace, rate: float, wrt: Iterable[str] | None = None
) -> tuple[list[Update], dict[str, Any]]:
    """What a step of gradient descent changes in the last pass, and the inputs of the next one.

    Arguments and errors as of `step`.
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
            raise GradientError(f"step: no gradient reached {name}, so it cannot be updated")
        values[name] = _stepped(values[name], rate, gradient)
        updates.append((node, rate, values[name]))
    return updates, values


def appended(trace: Trace, updates: Iterable[Update], following: Pass) -> Trace:
    """The trace with updates at the end of its last pass, and the pass that comes after them."""
    last = trace.passes[-1].updated(list(updates))
    return Trace((*trace.passes[:-1], last, following))


def record_pass(
    fn: Function,
    inputs: Mapping[str, Any],
    *,
    upstream: Any = None,
    dtype: Any = None,
    index: int = 0,
    user: str | None = None,
) -> Pass:
    """One forward and one backward pass of `fn` on `inputs`; options as of `record_with`."""
    leaves = {}
    for name, value in inputs.items():
        held = as_value(value, dtype, None)
        leaves[name] = Tensor(held if type(held) is float else held.copy(), True, name=name)
    recorder = _Recorder(fn, user)
    with rare_collections():
        with mode(recorder):
            try:
                result = fn(**leaves)
            except ValueError as error:
                # NumPy hides our refusal to become a float behind a message about sequences.
                if isinstance(error.__cause__, LeavesGraphError):
                    raise error.__cause__.with_traceback(error.__traceback__) from None
                raise
            finally:
                if recorder.calls is not None:
                    recorder.calls.settle()
                    recorder.calls.close()
        return recorder.finish(leaves, _single_output(result), upstream, index)


def _single_output(result: Any) -> Tensor:
    if isinstance(result, Tensor):
        return result
    if isinstance(result, (int, float, np.number, np.ndarray)):
        return as_tensor(result)
    kind = "nothing" if result is None else f"a {type(result).__name__}"
    hint = ": one of its parts, or their sum" if isinstance(result, (tuple, list)) else ""
    raise EngineError(f"record: the function returned {kind}; it must return one Tensor{hint}")


def _stepped(value: Any, rate: float, gradient: Any) -> Any:
    if isinstance(value, float):
        return value - rate * gradient
    with np.errstate(all="ignore"):
        return value - np.asarray(rate, dtype=value.dtype) * gradient


class _Recorder:
    """The mode that writes down nodes as they are made."""

    recording = True

    def __init__(self, fn: Function, user: str | None) -> None:
        self.scopes = SCOPES.get()
        self.location: Location | None = None
        self.named: list[Tensor] = []
        self.nodes: list[Tensor] = []
        self.places: list[Any] = []  # of each node: a Location, or a key of `known`
        self.known: dict[Any, Location] = {}
        self.scopes_of: dict[int, tuple[str, ...]] = {}  # by serial number
        self.looks: list[tuple[int, Look, bool | float, Location]] = []  # serial number first
        self.writes = Writes(next_serial(), self.nodes, self._check, self._written)
        self.calls: Calls | None = None
        self.made = self._hook()
        if user is not None:
            base = sys._getframe(1)
            self.calls = Calls(user, fn, base, self.scopes, self.nodes, self.scopes_of)
            self.made = self._user_hook(self.calls)

    def _hook(self) -> Callable[[Tensor], None]:
        """What is called for every node; a closure, for it is called as often as any rule."""
        note, place, known, frame_at = (
            self.nodes.append,
            self.places.append,
            self.known,
            sys._getframe,
        )
        user_code: CodeType | None = None

        def made(node: Tensor) -> None:
            nonlocal user_code
            note(node)
            if self.location is None:
                frame = frame_at(2)  # usually it was the user's line that called the operator
                if frame.f_code is not user_code:
                    frame = calling_frame(2)
                    user_code = frame.f_code
                # An address inside the code object, which keeps its instructions within itself.
                at: Any = id(frame.f_code) + frame.f_lasti
                if at not in known:
                    known[at] = line_of(frame.f_code, frame.f_lasti)
            else:
                at = self.location
                known.setdefault(at, at)
            place(at)
            if self.scopes:
                self.scopes_of[node.serial] = self.scopes

        return made

    def _user_hook(self, calls: Calls) -> Callable[[Tensor], None]:
        """The same for a recording that looks at the user's frames."""

        def made(node: Tensor) -> None:
            self.nodes.append(node)
            frame = calls.frame()
            if self.location is None:
                at: Any = id(frame.f_code) + frame.f_lasti
                if at not in self.known:
                    self.known[at] = line_of(frame.f_code, frame.f_lasti)
            else:
                at = self.location
                self.known.setdefault(at, at)
            self.places.append(at)
            calls.made(node, frame)

        return made

    def _check(self) -> None:
        """From now on refuse nodes that a write has made wrong."""
        unchecked = self.made

        def made(node: Tensor) -> None:
            self.writes.check(*node.inputs)
            unchecked(node)

        self.made = made

    def _written(self, old: Tensor, new: Tensor, target: Tensor) -> None:
        if self.calls is not None:
            self.calls.written(old, new, target)

    def took(self, leaf: Tensor, array: Any) -> None:
        """Note that a plain array became a constant of the graph."""
        if self.calls is not None:
            self.calls.took(leaf, array)

    def decided(self, tensor: Tensor, kind: Look, outcome: bool | float) -> None:
        """Note that Python got a number out of a Tensor."""
        self.writes.check(tensor)
        if self.location is not None:
            place = self.location
        else:
            frame = calling_frame() if self.calls is None else self.calls.frame()
            place = line_of(frame.f_code, frame.f_lasti)
        self.looks.append((tensor.serial, kind, outcome, place))

    def rescoped(self, scopes: tuple[str, ...]) -> None:
        """Note that a scope was entered or left."""
        self.scopes = scopes
        if self.calls is not None:
            self.calls.rescoped(scopes)

    def finish(
        self, leaves: Mapping[str, Tensor], output: Tensor, upstream: Any, index: int
    ) -> Pass:
        """Number the nodes, run backward, and freeze everything."""
        self.writes.check(output)
        graph = number(list(leaves.values()), self.nodes, output)
        nodes = graph.nodes
        values = [node.held for node in nodes]
        backward = _Backward(graph, values)
        backward.run(upstream)
        locations: list[Location | None] = [None] * len(nodes)
        for at, place in zip(graph.made.tolist(), self.places, strict=True):
            locations[at] = self.known[place]
        freezer = _Freezer()
        return Pass(
            index=index,
            ops=tuple(graph.ops),
            operands=graph.operands,
            params=_params(graph),
            given_names=self._names(graph),
            scopes=self._scopes(graph),
            locations=tuple(locations),
            wanted=np.array(backward.wanted, dtype=bool),
            inputs={name: at for at, name in enumerate(leaves)},
            output=graph.output,
            seed=None if backward.seed is None else freezer.frozen(backward.seed, copy=True),
            seed_given=upstream is not None,
            values=freezer.column(values, copy=True),
            gradients=freezer.column(backward.gradients),
            sources=backward.sources,
            slots=backward.slots,
            targets=backward.targets,
            amounts=Column(
                np.array(backward.amounts),
                {k: freezer.frozen(x, copy=False) for k, x in backward.amount_arrays.items()},
                frozenset(),
            ),
            decisions=self._decisions(graph),
        )

    def _decisions(self, graph: Numbered) -> tuple[Decision, ...]:
        """What was looked at; a number that no node of the graph holds decides nothing here."""
        if not self.looks:
            return ()
        ids = {node.serial: at for at, node in enumerate(graph.nodes)}
        return tuple(
            [
                Decision(ids[serial], kind, outcome, place)
                for serial, kind, outcome, place in self.looks
                if serial in ids
            ]
        )

    def _names(self, graph: Numbered) -> dict[int, str]:
        """The names that were given: to leaves at any time, to other nodes while recording."""
        named = range(len(graph.nodes)) if self.named else sorted(graph.leaves)
        return {at: name for at in named if (name := graph.nodes[at].name)}

    def _scopes(self, graph: Numbered) -> dict[int, tuple[str, ...]]:
        if not self.scopes_of:
            return {}
        serials = ((at, node.serial) for at, node in enumerate(graph.nodes))
        return {at: self.scopes_of[serial] for at, serial in serials if serial in self.scopes_of}


def _params(graph: Numbered) -> dict[int, Any]:
    if all(op is None or op.plain for op in set(graph.ops)):
        return {}
    pairs = zip(graph.nodes, graph.ops, strict=True)
    return {at: node.params for at, (node, op) in enumerate(pairs) if op and node.params}


class _Backward:
    """One backward pass that keeps every contribution.

    gradients: by node. amounts: by contribution. sources, slots, targets: whence and where to.
    """

    def __init__(self, graph: Numbered, values: list[Any]) -> None:
        self.graph = graph
        self.values = values
        self.wanted = [node.requires_grad for node in graph.nodes]
        self.gradients: list[Any] = [None] * len(graph.nodes)
        self.amounts = array("d")
        self.amount_arrays: dict[int, Any] = {}
        self.seed: Any = None

    def run(self, upstream: Any) -> None:
        """Go from the newest node to the oldest, as `engine.backward.backward` does."""
        nodes, ops, output = self.graph.nodes, self.graph.ops, self.graph.output
        operands, starts = self.graph.operands.flat.tolist(), self.graph.operands.starts.tolist()
        values, wanted, gradients = self.values, self.wanted, self.gradients
        write = self.amounts.append
        withheld: list[tuple[int, int]] = []  # node and slot through which it passes nothing
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
            if op.plain and type(gradient) is float and starts[at + 1] - edge == 2:
                # The most frequent case by far, two floats: the same as below without a loop.
                i, j = operands[edge], operands[edge + 1]
                a, b = values[i], values[j]
                if type(a) is float and type(b) is float:
                    try:
                        to_a, to_b = op.vjp(_FLOATS, gradient, values[at], a, b)
                    except (ArithmeticError, ValueError, AttributeError):
                        to_a, to_b = contributions(nodes[at], gradient)
                    if to_a is not None and to_b is not None:
                        if wanted[i]:
                            so_far = gradients[i]
                            gradients[i] = to_a if so_far is None else so_far + to_a
                            write(to_a)
                        if wanted[j]:
                            so_far = gradients[j]
                            gradients[j] = to_b if so_far is None else so_far + to_b
                            write(to_b)
                        continue
            for amount in contributions(nodes[at], gradient):
                target = operands[edge]
                edge += 1
                if not wanted[target]:
                    continue
                if amount is None:
                    withheld.append((at, edge - 1 - starts[at]))
                    continue
                so_far = gradients[target]
                gradients[target] = amount if so_far is None else added(so_far, amount)
                if type(amount) is float:
                    write(amount)
                else:
                    self.amount_arrays[len(self.amounts)] = amount
                    write(0.0)
        self._edges(np.array(reached, dtype=np.int32), withheld)

    def _edges(self, reached: Any, withheld: list[tuple[int, int]]) -> None:
        """Where the contributions went, worked out for all at once."""
        starts, operands = self.graph.operands.starts, self.graph.operands.flat
        counts = starts[reached + 1] - starts[reached]
        sources = np.repeat(reached, counts)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        slots = np.arange(len(sources), dtype=np.int32) - before
        targets = operands[starts[sources] + slots] if len(sources) else sources
        passed = np.array(self.wanted, dtype=bool)[targets]
        if withheld:
            skipped = set(withheld)
            pairs = zip(sources.tolist(), slots.tolist(), strict=True)
            passed &= np.array([pair not in skipped for pair in pairs], dtype=bool)
        self.sources = sources[passed]
        self.slots = slot_numbers(slots[passed], int(counts.max(initial=0)))
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
