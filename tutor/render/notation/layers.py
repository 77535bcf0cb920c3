"""Which nodes of a graph are a network: linear layers, activations, output, target and loss.

A linear layer is a product of a parameter with something else (`W @ x`, `x @ W`, `x @ W.T`, a
`dot`, a sum of `w * x`), with everything that is added to it. What is applied to the sum next, if
it is an activation, makes the unit's output. Layers are numbered by how many stand before them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.ops import REGISTRY
from engine.passes import Pass
from tutor.render.kept import Kept

ACTIVATIONS = frozenset(
    "sigmoid tanh relu leaky_relu prelu softplus elu gelu swish step sine softmax log_softmax "
    "sign sin clip".split()
)
LOSSES = frozenset(
    "mse cross_entropy cross_entropy_from_probabilities binary_cross_entropy "
    "binary_cross_entropy_with_logits multilabel_cross_entropy hinge margin_ranking".split()
)
OF_LOGITS = frozenset("cross_entropy binary_cross_entropy_with_logits".split())
"""The losses whose prediction is a pre-activation: the activation is inside."""

_PRODUCTS = ("matmul", "dot", "mul")
# By convention x is data and y, t are targets; as in the session's choice of parameters.
_DATA = re.compile(r"[xyt]s?\d*(_\w*)?|targets?\d*|inputs?\d*", re.IGNORECASE)
_WEIGHT = re.compile(r"(w|u|v|theta|weight|kernel)", re.IGNORECASE)
_MOST = 3000


@dataclass(frozen=True, slots=True)
class Part:
    """One product of a layer. product: its node. weight: the parameter. data: what it is applied
    to, as it stands in the product. weight_first: whether it is `W ∙ x`. turned: whether the
    parameter is transposed on its way into the product."""

    product: int
    weight: int
    data: int
    weight_first: bool
    turned: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """A linear layer, by nodes of its pass.

    number: how many layers stand before it, plus one. place: which of the layers of that number, 1
    where there is one. alone: whether it is the only one of its number. pre: the pre-activation.
    inner: the nodes that `pre` is summed up from. unit: its activation's output, None for none.
    """

    number: int
    place: int
    alone: bool
    pre: int
    parts: tuple[Part, ...]
    biases: tuple[int, ...]
    inner: frozenset[int]
    unit: int | None

    @property
    def out(self) -> int:
        """What the layer hands on: the activation's output, else the pre-activation."""
        return self.pre if self.unit is None else self.unit


@dataclass(frozen=True, slots=True)
class Network:
    """What was recognised in a pass. outputs: what the last layers hand on. target, loss: a node or
    None. above: the nodes computed from the outputs, the loss among them."""

    layers: tuple[Layer, ...] = ()
    outputs: tuple[int, ...] = ()
    target: int | None = None
    loss: int | None = None
    above: frozenset[int] = field(default_factory=frozenset)

    def layer_of(self, node: int) -> Layer | None:
        """The layer whose pre-activation, output or inner node this is."""
        found = (one for one in self.layers if node in (one.pre, one.unit) or node in one.inner)
        return next(found, None)


def _recognised(p: Pass) -> Network:
    return Network() if len(p.ops) > _MOST else _Search(p).network()


network_of: Kept[Pass, Network] = Kept(_recognised)
"""The network in a pass; an empty one where there is none, or more than three thousand nodes."""


class _Search:
    """What has been found so far in one pass."""

    def __init__(self, p: Pass) -> None:
        self.p = p
        self.ops = ["" if op is None else op.name for op in p.ops]
        self.parts: dict[int, Part] = {}
        self.affine: set[int] = set()

    def network(self) -> Network:
        """All layers, then what stands above the last ones."""
        for node in range(len(self.ops)):
            self.look_at(node)
        tops = [node for node in sorted(self.affine) if self.is_top(node)]
        layers = self.layered([node for node in tops if self.counts(node)])
        if not layers:
            return Network()
        last = max(layer.number for layer in layers)
        outputs = tuple(layer.out for layer in layers if layer.number == last)
        above = self.above(outputs)
        loss = self.p.output if self.p.output in above else None
        return Network(layers, outputs, self.target(outputs, layers, above), loss, above)

    def look_at(self, node: int) -> None:
        """Whether a node is a product with a parameter, or a sum of such products."""
        op, operands = self.ops[node], self.p.operands[node]
        if op == "sum" and self.ops[operands[0]] == "mul" and operands[0] in self.parts:
            if self.p.params.get(node, {}).get("axis") is None:
                inner = self.parts.pop(operands[0])
                self.affine.discard(operands[0])
                self.parts[node] = Part(node, inner.weight, inner.data, inner.weight_first, False)
                self.affine.add(node)
            return
        if op in _PRODUCTS and operands[0] != operands[1]:
            part = self.part(node, operands)
            if part is not None:
                self.parts[node] = part
                self.affine.add(node)
        elif (
            op == "add" and self.affine.intersection(operands) and all(map(self.adds_up, operands))
        ):
            self.affine.add(node)

    def adds_up(self, node: int) -> bool:
        """Whether a summand belongs to a layer: a product used only here, or a bias."""
        if node in self.affine:
            return len(self.p.consumers[node]) == 1
        return self.is_parameter(node) and not _DATA.fullmatch(self.p.names[node])

    def part(self, node: int, operands: tuple[int, ...]) -> Part | None:
        """The product, with the side that is a parameter; None where neither is."""
        sides = [self.parameter_behind(k) for k in operands]
        first = self.side(sides, operands)
        if first is None:
            return None
        weight = sides[first]
        if weight is None:
            return None
        return Part(node, weight, operands[1 - first], first == 0, operands[first] != weight)

    def side(self, sides: list[int | None], operands: tuple[int, ...]) -> int | None:
        if sides[0] is None and sides[1] is None:
            return None
        if sides[0] is None or sides[1] is None:
            return 0 if sides[1] is None else 1
        named = [bool(_WEIGHT.match(self.p.names[k])) for k in sides if k is not None]
        if named[0] != named[1]:
            return 0 if named[0] else 1
        data = [bool(_DATA.fullmatch(self.p.names[k])) for k in sides if k is not None]
        if data[0] != data[1]:
            return 1 if data[0] else 0
        # W x for a vector x, x W for a vector on the left; else as the columns are written.
        return 1 if len(self.shape(operands[0])) < len(self.shape(operands[1])) else 0

    def parameter_behind(self, node: int) -> int | None:
        """The parameter that a node is, perhaps transposed."""
        while self.ops[node] == "transpose":
            (node,) = self.p.operands[node]
        return node if self.is_parameter(node) else None

    def is_parameter(self, node: int) -> bool:
        """A leaf that a gradient is wanted by."""
        return not self.ops[node] and bool(self.p.wanted[node])

    def is_top(self, node: int) -> bool:
        """Whether nothing more is added to a sum."""
        return not any(user in self.affine for user in self.p.consumers[node])

    def counts(self, node: int) -> bool:
        """Whether a sum is a layer: products of scalars are one only where an activation, a bias or
        a comparison with a target shows it."""
        parts, biases, _ = self.inside(node)
        if all(_DATA.fullmatch(self.p.names[part.weight]) for part in parts):
            return False
        if any(self.ops[part.product] != "mul" for part in parts):
            return True
        after = [self.ops[user] for user in self.p.consumers[node]]
        if any(op in ACTIVATIONS for op in after):
            return True
        return bool(biases) and (not after or any(op == "sub" or op in LOSSES for op in after))

    def inside(self, top: int) -> tuple[tuple[Part, ...], tuple[int, ...], frozenset[int]]:
        """The products and biases that a sum is made of, and the nodes between them and it."""
        parts: list[Part] = []
        biases: list[int] = []
        inner: set[int] = set()
        left = [top]
        while left:
            node = left.pop()
            if node != top and node in self.affine:
                inner.add(node)
            if node in self.parts:
                parts.append(self.parts[node])
            elif node in self.affine:
                left.extend(reversed(self.p.operands[node]))
            else:
                biases.append(node)
        return tuple(parts), tuple(biases), frozenset(inner)

    def layered(self, tops: list[int]) -> tuple[Layer, ...]:
        """The layers with their numbers."""
        chosen = set(tops)
        level = [0] * len(self.ops)
        for node in range(len(self.ops)):
            below = max([level[k] for k in self.p.operands[node]], default=0)
            level[node] = below + (node in chosen)
        count: dict[int, int] = {}
        layers = []
        for top in tops:
            number = level[top]
            count[number] = count.get(number, 0) + 1
            parts, biases, inner = self.inside(top)
            users = self.p.consumers[top]
            unit = next((k for k in users if self.ops[k] in ACTIVATIONS), None)
            made = Layer(number, count[number], True, top, parts, biases, inner, unit)
            layers.append(made)
        return tuple(
            Layer(one.number, one.place, count[one.number] == 1, one.pre, one.parts, one.biases,
                  one.inner, one.unit)
            for one in layers
        )  # fmt: skip

    def above(self, outputs: tuple[int, ...]) -> frozenset[int]:
        """Everything that is computed from the outputs."""
        found: set[int] = set()
        for node in range(min(outputs) + 1, len(self.ops)):
            if any(k in outputs or k in found for k in self.p.operands[node]):
                found.add(node)
        return frozenset(found - set(outputs))

    def target(
        self, outputs: tuple[int, ...], layers: tuple[Layer, ...], above: frozenset[int]
    ) -> int | None:
        """The leaf that the output is compared with."""
        taken = {part.weight for layer in layers for part in layer.parts}
        taken |= {node for layer in layers for node in layer.biases}
        for node in sorted(above):
            for leaf in self.p.operands[node]:
                given = leaf in self.p.given_names or self.shape(leaf) != ()
                if not self.ops[leaf] and given and leaf not in taken and leaf not in outputs:
                    return int(leaf)
        return None

    def shape(self, node: int) -> tuple[int, ...]:
        return tuple(getattr(self.p.values[node], "shape", ()))


def symbol_of(op: str) -> str:
    """How a function is written: σ, tanh, relu."""
    return REGISTRY[op].symbol if op in REGISTRY else op
