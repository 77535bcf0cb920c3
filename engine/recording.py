"""Run a function once, forward and backward, and write down everything that happens."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import Any

import numpy as np

from engine import source
from engine.backward import contributions, seed_for
from engine.errors import EngineError, GradientError
from engine.source import CURRENT, Location, calling_instruction, line_of
from engine.state import STATE, mode
from engine.tensor import Tensor, as_tensor, as_value
from engine.trace import Column, Pass, Trace

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
    recorder = _Recorder()
    with mode(recorder):
        result = fn(**leaves)
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

    def __init__(self) -> None:
        self.made_nodes: list[Tensor] = []
        self.places: list[Any] = []
        self.scopes: dict[int, tuple[str, ...]] = {}

    def made(self, node: Tensor) -> None:
        if STATE.scopes:
            self.scopes[node.serial] = STATE.scopes
        self.made_nodes.append(node)
        self.places.append(CURRENT.location or calling_instruction())

    def finish(
        self, leaves: Mapping[str, Tensor], output: Tensor, upstream: Any, index: int
    ) -> Pass:
        """Number the nodes in evaluation order, run backward, and freeze everything."""
        nodes: list[Tensor] = list(leaves.values())
        ids = {leaf.serial: i for i, leaf in enumerate(nodes)}
        places: list[Any] = [None] * len(nodes)
        operands: list[tuple[int, ...]] = [()] * len(nodes)
        for node, place in zip(self.made_nodes, self.places, strict=True):
            mine = []
            others = node.others
            for operand in (
                (node.first, others) if type(others) is Tensor else node.inputs
            ):
                at = ids.get(operand.serial)  # type: ignore[union-attr]
                if at is None:
                    at = ids[operand.serial] = len(nodes)  # type: ignore[union-attr]
                    nodes.append(operand)  # type: ignore[arg-type]
                    places.append(None)
                    operands.append(())
                mine.append(at)
            ids[node.serial] = len(nodes)
            nodes.append(node)
            places.append(place)
            operands.append(tuple(mine))
        if output.serial not in ids:
            ids[output.serial] = len(nodes)
            nodes.append(output)
            places.append(None)
            operands.append(())
        return _freeze(nodes, operands, _locations(places), self.scopes, leaves, ids[output.serial],
                       upstream, index)


def _freeze(
    nodes: list[Tensor],
    operands: list[tuple[int, ...]],
    locations: tuple[Location | None, ...],
    scopes: Mapping[int, tuple[str, ...]],
    leaves: Mapping[str, Tensor],
    output: int,
    upstream: Any,
    index: int,
) -> Pass:
    count = len(nodes)
    made = [bool(inputs) for inputs in operands]
    gradients: list[Any] = [None] * count
    seed = None
    if nodes[output].requires_grad:
        seed = _seed(nodes[output], upstream)
        gradients[output] = seed
    elif upstream is not None:
        raise GradientError("record: the result depends on no input, so no gradient can be seeded")
    sources, slots = array("i"), array("b")
    targets = array("i")
    amounts, totals = _Writer(), _Writer()
    wanted = [node.requires_grad for node in nodes]
    for at in range(output, -1, -1):
        upstream_here = gradients[at]
        if upstream_here is None or not made[at]:
            continue
        shares = contributions(nodes[at], upstream_here)
        for slot, target in enumerate(operands[at]):
            amount = shares[slot]
            if amount is None or not wanted[target]:
                continue
            before = gradients[target]
            total = amount if before is None else before + amount
            gradients[target] = total
            sources.append(at)
            slots.append(slot)
            targets.append(target)
            amounts.write(amount)
            totals.write(total)
    values = _Writer()
    for node in nodes:
        values.write(node.held, copy=True)
    kept = _Writer()
    for gradient in gradients:
        kept.write(gradient)
    return Pass(
        index=index,
        ops=tuple(node.op if was_made else None for node, was_made in zip(nodes, made, strict=True)),
        operands=tuple(operands),
        params={i: node.params for i, node in enumerate(nodes) if made[i] and node.params},
        given_names={i: node.name for i, node in enumerate(nodes) if node.name},
        scopes={i: scopes[node.serial] for i, node in enumerate(nodes) if node.serial in scopes},
        locations=locations,
        wanted=np.array(wanted, dtype=bool),
        inputs={name: i for i, name in enumerate(leaves)},
        output=output,
        seed=None if seed is None else _frozen(seed, copy=False),
        seed_given=upstream is not None,
        values=values.column(),
        gradients=kept.column(),
        sources=np.array(sources, dtype=np.int32),
        slots=np.array(slots, dtype=np.int8),
        targets=np.array(targets, dtype=np.int32),
        amounts=amounts.column(),
        totals=totals.column(),
    )


def _seed(output: Tensor, upstream: Any) -> Any:
    if upstream is None and output.size != 1:
        return np.ones(output.shape, dtype=output.dtype)
    if upstream is not None and np.shape(upstream) == () and output.size == 1:
        upstream = np.broadcast_to(np.asarray(upstream), output.shape)
    return seed_for(output, upstream)


class _Writer:
    """Collects values of one column: floats together, arrays beside them."""

    def __init__(self) -> None:
        self.floats = array("d")
        self.arrays: dict[int, Any] = {}
        self.absent: list[int] = []

    def write(self, value: Any, copy: bool = False) -> None:
        if type(value) is float:
            self.floats.append(value)
            return
        if value is None:
            self.absent.append(len(self.floats))
        else:
            self.arrays[len(self.floats)] = _frozen(value, copy)
        self.floats.append(0.0)

    def column(self) -> Column:
        return Column(np.array(self.floats), self.arrays, frozenset(self.absent))


def _frozen(value: Any, copy: bool) -> Any:
    """A read-only NumPy array of a value (from the GPU, a copy in this machine's memory)."""
    if type(value) is float:
        return value
    if not isinstance(value, np.ndarray):
        value = value.get() if hasattr(value, "get") else np.asarray(value)
        copy = False
    if copy or value.base is not None:
        value = value.copy()
    value.setflags(write=False)
    return value


def _locations(places: list[Any]) -> tuple[Location | None, ...]:
    known: dict[tuple[CodeType, int], Location] = {}
    result: list[Location | None] = []
    for place in places:
        if type(place) is tuple:
            at = known.get(place)
            if at is None:
                at = known[place] = line_of(*place)
            place = at
        result.append(place)
    return tuple(result)
