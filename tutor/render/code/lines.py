"""What a recorded pass computes, as assignments of expressions to variables.

Each op's own declaration is run on pieces of source text (`engine.arrays.code`): its forward
function makes the line of a node, its gradient rule the lines of the gradients that it passes on.
So any op can be written, those to come included, and what is written is what was computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from engine.arrays.code import Code, as_code, literal, variable
from engine.arrays.code_functions import NAMESPACE, astype, broadcast_to, reshape
from engine.columns import Value
from engine.errors import EngineError
from engine.ops.declare import Op
from engine.passes import Pass
from engine.replay import ancestors
from tutor.render.code.sheet import Names
from tutor.render.values import shape_text


@dataclass(frozen=True, slots=True)
class Line:
    """One assignment of an expression to a variable.

    adds: the expression is added to what the variable has. keep: the variable keeps this value for
    good. note: what stands behind the line.
    """

    name: str
    code: Code
    adds: bool = False
    keep: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The lines that one node makes. comment: what stands above them, or nothing."""

    comment: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Lines:
    """One pass as lines.

    nodes: the expression that stands for each node. arguments, constants: the variables of leaves
    by node. gradients: the variable of the gradient of each node that one reaches.
    """

    p: Pass
    names: Names
    nodes: dict[int, Code] = field(default_factory=dict)
    named: dict[int, str] = field(default_factory=dict)
    arguments: dict[int, str] = field(default_factory=dict)
    constants: dict[int, str] = field(default_factory=dict)
    gradients: dict[int, Code] = field(default_factory=dict)
    forward: list[Group] = field(default_factory=list)
    backward: list[Group] = field(default_factory=list)


def lines_of(p: Pass, names: Names) -> Lines:
    """Both passes as lines. Raises EngineError for an op that cannot be written down."""
    made = Lines(p, names)
    needed = ancestors(p)
    _name_leaves(made, needed)
    made.forward = list(_forward(made, needed))
    made.backward = list(_backward(made))
    return made


def in_double(value: Value) -> Any:
    """A value as the program has it: float32 and float16 become float64."""
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _name_leaves(made: Lines, needed: list[int]) -> None:
    """Inputs are arguments; constants have a name, or are numbers where they are used."""
    p = made.p
    inputs = dict.fromkeys(p.inputs.values())
    for node in [*inputs, *[i for i in needed if p.ops[i] is None and i not in inputs]]:
        value = in_double(p.values[node])
        plain = not value.ndim and value.dtype != bool and node != p.output
        if plain and node not in inputs and not p.wanted[node]:
            made.nodes[node] = literal(value[()])
            continue
        name = made.named[node] = made.names.new(p.names[node], "c")
        made.nodes[node] = variable(name, value)
        group = made.arguments if node in inputs or p.wanted[node] else made.constants
        group[node] = name


def _forward(made: Lines, needed: list[int]) -> Iterator[Group]:
    p = made.p
    scope: tuple[str, ...] = ()
    for node in needed:
        op = p.ops[node]
        if op is None:
            continue
        operands = [made.nodes[k] for k in p.operands[node]]
        code = as_code(
            _run(op, partial(op.forward, NAMESPACE, *operands, **p.params.get(node, {})))
        )
        # As in the engine: sums of masks are numbers, and so is a comparison of two numbers.
        if code.dtype.kind in "iu" or (op.elementwise and not code.ndim and code.dtype == bool):
            code = astype(code, "float")
        name = made.named[node] = made.names.new(p.names[node], "n")
        made.nodes[node] = variable(name, np.asarray(code.value)[()])
        inside = p.scopes.get(node, ())
        comment = " › ".join(inside) if inside != scope else ""
        scope = inside
        yield Group(comment, (Line(name, code, note=shape_text(code.shape) if code.shape else ""),))


def _backward(made: Lines) -> Iterator[Group]:
    p = made.p
    if p.seed is None:
        return
    arrivals = np.bincount(p.targets, minlength=len(p.ops))
    _name_gradient(made, p.output)
    edges = zip(p.sources.tolist(), p.slots.tolist(), p.targets.tolist(), strict=True)
    for source, passed in groupby(edges, key=itemgetter(0)):
        op = p.ops[source]
        if op is None:
            continue
        amounts = _amounts(made, op, source)
        sums: dict[int, Code] = {}
        arrived: Counter[int] = Counter()
        for _, slot, target in passed:
            code = _unbroadcast(as_code(amounts[slot]), made.nodes[target].shape)
            sums[target] = sums[target] + code if target in sums else code
            arrived[target] += 1
        lines = []
        for target, code in sums.items():
            adds = target in made.gradients
            if not adds:
                _name_gradient(made, target)
            name = str(made.gradients[target].parts[0])
            lines.append(Line(name, code, adds, keep=arrivals[target] == arrived[target]))
        yield Group(f"{made.named[source]}: {op.rule}", tuple(lines))


def _name_gradient(made: Lines, node: int) -> None:
    name = made.names.new(f"d{made.named[node]}", "d")
    made.gradients[node] = variable(name, in_double(made.p.gradients[node])[()])


def _amounts(made: Lines, op: Op, node: int) -> Any:
    """What a node passes to each of its operands, by its own rule."""
    p = made.p
    inputs = [made.nodes[k] for k in p.operands[node]]
    params = dict(p.params.get(node, {}))
    if op.prunes:
        params["wants"] = tuple([bool(p.wanted[k]) for k in p.operands[node]])
    upstream, out = made.gradients[node], made.nodes[node]
    return _run(op, partial(op.vjp, NAMESPACE, upstream, out, *inputs, **params))


def _run(op: Op, declared: Callable[[], Any]) -> Any:
    try:
        return declared()
    except EngineError as error:
        raise EngineError(f"{op.name}: {error}", op=op.name) from error
    except (AttributeError, TypeError, ValueError) as error:
        why = str(error).splitlines()[0]
        if isinstance(error, AttributeError) and error.obj is NAMESPACE:
            why = f"xp.{error.name} is not in the namespace of ops"
        raise EngineError(
            f"{op.name}: it cannot be written down as code ({why})", op=op.name
        ) from error


def _unbroadcast(code: Code, shape: tuple[int, ...]) -> Code:
    """A gradient summed over the axes along which its operand was repeated."""
    have = code.shape
    if have == shape:
        return code
    lead = len(have) - len(shape)
    if lead < 0 or any(h == 1 and s != 1 for h, s in zip(have[lead:], shape, strict=True)):
        return broadcast_to(code, shape)
    total = NAMESPACE.sum
    if shape == ():
        return as_code(total(code))
    if lead:
        code = total(code, axis=tuple(range(lead)))
    ones = tuple([i for i, size in enumerate(shape) if size == 1 and code.shape[i] != 1])
    if ones:
        code = total(code, axis=ones, keepdims=True)
    return code if code.shape == shape else reshape(code, shape)
