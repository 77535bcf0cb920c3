"""A recorded graph run again, forward and backward, with something changed: what if?

The graph is all that there is: no line of the function's own Python runs. So what the function
decided by looking at a number is recorded and not decided again, and where one of those decisions
would now come out differently the rerun is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.apply import apply
from engine.document.foreign import ForeignOp, unknown
from engine.errors import EngineError, ShapeError
from engine.gates import opened
from engine.ops.declare import Op
from engine.passes import Decision, Pass
from engine.recording import record_pass
from engine.source import Location, location
from engine.state import MODE
from engine.tensor import Tensor, as_value

Value = Any
Swap = tuple[Op, Mapping[str, Any]]

_NO_PARAMS: Mapping[str, Any] = {}
_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")


class _Anywhere(Location):
    """A place for all nodes until they get their own; found by identity, for it is looked up for
    every node."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


_HERE = _Anywhere(None, 0)


class FlippedError(EngineError):
    """A decision of the recorded function that would come out differently.

    node: whose value was looked at, by its local id in the pass. location: where.
    """

    def __init__(self, message: str, node: int, location: Location | None) -> None:
        super().__init__(message)
        self.node = node
        self.location = location


@dataclass(frozen=True, slots=True)
class Rerun:
    """The pass that came of a rerun. nodes: for each node of the old pass its id in the new one;
    None for a leaf that nothing uses any more."""

    pass_: Pass
    nodes: tuple[int | None, ...]


def rerun(
    p: Pass,
    *,
    inputs: Mapping[str, Value] | None = None,
    values: Mapping[int, Value] | None = None,
    ops: Mapping[int, Swap] | None = None,
    gates: Iterable[int] = (),
    upstream: Value = None,
    dtype: Any = None,
    index: int = 0,
) -> Rerun:
    """The graph of a pass run again in full, as a recording of its own. Nodes are local ids of `p`.

    inputs: other values of inputs, by name. values: nodes that are held at a value; one that an op
    had made becomes a leaf, and no gradient passes it. ops: another op at a node, with its
    parameters; it must take as many operands. gates: nodes to replace by the smaller ops that
    theirs is made of (`engine.gates`), in a scope with the node's name. upstream: the seed; the
    recorded one where None, if it was given. dtype: rounds every input first; where None, a value
    keeps the dtype that was recorded. index: the number of the new pass.

    A value may have another shape where the ops can take it. Nodes keep their names, scopes,
    locations and decisions. Raises EngineError, which names the node, for what cannot be run: a
    shape that does not fit, an op that this program does not have, a node or an input that is not
    there; FlippedError where a decision would come out differently.
    """
    edits = _Edits(p, inputs or {}, values or {}, ops or {}, frozenset(gates))
    made = _Remade(p, edits)
    given = {name: edits.held.get(node, p.values[node]) for name, node in p.inputs.items()}
    if upstream is None and p.seed_given:
        upstream = p.seed
    with location(_HERE):
        following = record_pass(made.run, given, upstream=upstream, dtype=dtype, index=index)
    return made.as_it_was(following) or made.named(following)


class _Edits:
    """What is to be different, checked against the pass."""

    def __init__(
        self,
        p: Pass,
        inputs: Mapping[str, Value],
        values: Mapping[int, Value],
        ops: Mapping[int, Swap],
        gates: frozenset[int],
    ) -> None:
        for name in inputs:
            if name not in p.inputs:
                known = ", ".join(list(p.inputs)[:8]) or "none"
                raise EngineError(f"rerun: {name!r} is no input; the inputs are {known}")
        for node in (*values, *ops, *gates):
            if not 0 <= node < len(p.ops):
                raise EngineError(f"rerun: there is no node {node}; there are {len(p.ops)}")
        named = {p.inputs[name]: value for name, value in inputs.items()}
        self.held = {i: _like(p, i, value) for i, value in {**named, **values}.items()}
        self.ops = dict(ops)
        self.gates = gates
        for node, (op, _) in ops.items():
            count = len(p.operands[node])
            if p.ops[node] is None:
                raise EngineError(f"{who(p, node)}: no op made it, so none can take its place")
            if not op.variadic and op.arity != count:
                raise EngineError(
                    f"{who(p, node)}: {op.name} takes {_count(op.arity)}, here there {_are(count)}"
                )
        for node in gates:
            if p.ops[node] is None:
                raise EngineError(f"{who(p, node)}: no op made it, so there is nothing to open")


class _Remade:
    """The graph being made again, and what becomes of each node."""

    def __init__(self, p: Pass, edits: _Edits) -> None:
        self.p = p
        self.edits = edits
        self.tensors: list[Any] = [None] * len(p.ops)
        self.inner: list[tuple[int, range]] = []  # opened nodes, and which ops were made for them
        self.recorded: Sequence[Tensor] = ()

    def run(self, /, **given: Tensor) -> Tensor:
        """The function to be recorded."""
        p, tensors, held, swaps = self.p, self.tensors, self.edits.held, self.edits.ops
        gates, known = self.edits.gates, p.params
        recorder: Any = MODE.get()
        self.recorded = recorder.nodes
        for name, node in p.inputs.items():
            tensors[node] = given[name].requires_grad_(bool(p.wanted[node]))
        flat, starts = p.operands.flat.tolist(), p.operands.starts.tolist()
        node, op = 0, None
        try:
            for node, op in enumerate(p.ops):
                if node in held or op is None:
                    if tensors[node] is None:
                        value = held[node] if node in held else p.values[node]
                        tensors[node] = Tensor(value, requires_grad=bool(p.wanted[node]))
                    continue
                params = known.get(node, _NO_PARAMS)
                if node in swaps:
                    op, params = swaps[node]
                operands = tuple([tensors[i] for i in flat[starts[node] : starts[node + 1]]])
                if node in gates:
                    before = len(self.recorded)
                    made = opened(op, operands, params)
                    self.inner.append((node, range(before, len(self.recorded))))
                else:
                    made = apply(op, operands, params)
                tensors[node] = made
                if type(made.held) is not float and made.held.dtype.kind == "b":
                    made.held = _as_recorded(made.held, p.values[node])
        except (ShapeError, TypeError) as error:
            refused = None if op is None else op.name
            raise ShapeError(f"{who(p, node)}: {error}", op=refused) from error
        except EngineError as error:
            said = unknown(op.name) if isinstance(op, ForeignOp) else str(error)
            raise EngineError(f"{who(p, node)}: {said}", op=error.op) from error
        self._decide()
        output: Tensor = tensors[p.output]
        return output

    def _decide(self) -> None:
        for decision in self.p.decisions:
            value = self.tensors[decision.node].held
            outcome = _OUTCOMES[decision.kind](value) if np.size(value) == 1 else None
            if outcome is None or not _same(outcome, decision.outcome):
                message = _flipped(self.p, decision, outcome)
                raise FlippedError(message, decision.node, decision.location)

    def as_it_was(self, q: Pass) -> Rerun | None:
        """The new pass with everything that is not a number as in the old one, where both are of
        one form; None else."""
        p = self.p
        if self.inner or q.operands != p.operands or q.inputs != p.inputs or q.output != p.output:
            return None
        q = replace(
            q,
            given_names=p.given_names,
            scopes=p.scopes,
            locations=p.locations,
            decisions=p.decisions,
        )
        return Rerun(q, tuple(range(len(p.ops))))

    def named(self, q: Pass) -> Rerun:
        """The new pass with the names, scopes, locations and decisions of the old one."""
        p = self.p
        new_ids = self._new_ids(q)
        nodes = tuple([new_ids.get(id(tensor)) for tensor in self.tensors])
        pairs = [(old, new) for old, new in enumerate(nodes) if new is not None]
        locations = list(q.locations)
        scopes = {new: p.scopes[old] for old, new in pairs if old in p.scopes}
        for old, new in pairs:
            locations[new] = p.locations[old]
        for old, inner in self.inner:
            scope = (*p.scopes.get(old, ()), p.names[old])
            for i in inner:
                new = new_ids[id(self.recorded[i])]
                scopes[new] = scope
                locations[new] = p.locations[old]
        places = [(decision, nodes[decision.node]) for decision in p.decisions]
        moved = [replace(decision, node=new) for decision, new in places if new is not None]
        q = replace(
            q,
            given_names={new: p.given_names[old] for old, new in pairs if old in p.given_names},
            scopes=dict(sorted(scopes.items())),
            locations=tuple(locations),
            decisions=tuple(moved),
        )
        return Rerun(_kept_names(p, q, pairs), nodes)

    def _new_ids(self, q: Pass) -> dict[int, int]:
        """The new id of each Tensor, by its address: inputs first, then what ops made, in order;
        leaves are found as somebody's operands."""
        made = [i for i, op in enumerate(q.ops) if op is not None]
        ids = {id(self.tensors[node]): q.inputs[name] for name, node in self.p.inputs.items()}
        for new, tensor in zip(made, self.recorded, strict=True):
            ids[id(tensor)] = new
        for new, tensor in zip(made, self.recorded, strict=True):
            for operand, at in zip(tensor.inputs, q.operands[new], strict=True):
                ids.setdefault(id(operand), at)
        ids.setdefault(id(self.tensors[self.p.output]), q.output)
        return ids


def _kept_names(p: Pass, q: Pass, pairs: list[tuple[int, int]]) -> Pass:
    """The new pass with a given name wherever a node would be called differently otherwise."""
    other = {
        new: p.names[old]
        for old, new in pairs
        if q.names[new] != p.names[old] and not (p.ops[old] is None and not p.wanted[old])
    }
    return replace(q, given_names=dict(sorted({**q.given_names, **other}.items()))) if other else q


def who(p: Pass, node: int) -> str:
    """A node as an error names it: its name, and its line where that is known."""
    place = p.locations[node]
    return p.names[node] if place is None else f"{p.names[node]} ({place})"


def _like(p: Pass, node: int, value: Value) -> Value:
    """A value in the dtype that the node had; where that was a mask, as it is given."""
    was: Any = p.values[node]
    dtype = np.dtype(np.float64) if type(was) is float else was.dtype
    try:
        held = as_value(value, None, None)
        have = np.dtype(np.float64) if type(held) is float else held.dtype
        return held if have == dtype or dtype.kind == "b" else as_value(held, dtype, None)
    except (EngineError, TypeError, ValueError) as error:
        raise EngineError(f"{who(p, node)}: {error}") from error


def _as_recorded(mask: Value, was: Value) -> Value:
    """A mask that was recorded as numbers becomes numbers here too."""
    dtype = np.dtype(np.float64) if type(was) is float else was.dtype
    return mask if dtype.kind == "b" else as_value(mask, dtype, None)


def _truth(value: Value) -> bool:
    return bool(value)


def _number(value: Value) -> float:
    return float(value) if type(value) is float else value.item()


def _whole(value: Value) -> float | None:
    number = _number(value)
    return int(number) if np.isfinite(number) else None


_OUTCOMES: Mapping[str, Callable[[Value], Any]] = {
    "truth": _truth,
    "number": _number,
    "whole number": _whole,
}


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))


def _flipped(p: Pass, decision: Decision, outcome: Any) -> str:
    at = f" at {decision.location}" if decision.location is not None else ""
    if decision.kind == "truth":
        what = _said(p, decision.node)
        if decision.outcome:
            return (
                f"the branch{at} was taken because {what}; "
                "with these values it would not be: run the file itself again"
            )
        return (
            f"the branch{at} was not taken because it is not so that {what}; "
            "with these values it would be: run the file itself again"
        )
    now = "none" if outcome is None else f"{outcome:.6g}"
    return (
        f"the function looked at the number {p.names[decision.node]} = {decision.outcome:.6g}{at}; "
        f"with these values it is {now}: run the file itself again"
    )


def _said(p: Pass, node: int) -> str:
    """What a truth is about: a comparison with its operands, or that a number is not 0."""
    op = p.ops[node]
    if op is not None and op.name in _COMPARISONS:
        a, b = p.operands[node]
        return f"{p.names[a]} {op.symbol} {p.names[b]}"
    return f"{p.names[node]} ≠ 0"


def _count(number: int) -> str:
    return "1 operand" if number == 1 else f"{number} operands"


def _are(number: int) -> str:
    return "is 1" if number == 1 else f"are {number}"
