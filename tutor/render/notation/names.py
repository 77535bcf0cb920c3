"""The names of a trace's nodes and gradients in a notation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from engine.trace import Trace
from tutor.render.expressions import filled, name_of, pieces
from tutor.render.kept import Kept
from tutor.render.notation.layers import OF_LOGITS, Layer, Network, network_of
from tutor.render.notation.notations import OWN, Notation

# The numbers of a layer's weights, its pre-activation and its output.
Numbers = tuple[int | None, int | None, int | None]

_LOWERED = {
    "h": "ₕ", "i": "ᵢ", "j": "ⱼ", "k": "ₖ", "m": "ₘ", "n": "ₙ", "o": "ₒ", ",": ",",
}  # fmt: skip


_RAISING = ("²", "³", "^", "ᵀ")


@dataclass(frozen=True, slots=True)
class Sign:
    """A letter, the number of its layer, and which unit of several it is."""

    letter: str
    number: int | None = None
    place: int | None = None

    def text(self, notation: Notation) -> str:
        """The sign as it is written: `z₂`, `O₁²`."""
        return notation.layered(self.letter, self.number, self.place)

    def entry(self, notation: Notation, *indices: str) -> str:
        """One entry of it: `Wᵢⱼ²`."""
        return notation.layered(f"{self.letter}{lowered(*indices)}", self.number)


def lowered(*indices: str) -> str:
    """Letters as indices: `ᵢⱼ`."""
    return "".join(_LOWERED[index] for index in indices)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What the nodes of a trace, and their error signals, are written as."""

    nodes: dict[int, Sign] = field(default_factory=dict)
    deltas: dict[int, Sign] = field(default_factory=dict)
    weights: dict[int, str] = field(default_factory=dict)


_kept: Kept[Trace, dict[str, _Signs]] = Kept(lambda _: {})


@dataclass(frozen=True, slots=True)
class Names:
    """Names in a notation; what was not recognised is called as in the program."""

    trace: Trace
    notation: Notation
    signs: _Signs

    def name(self, node: int) -> str:
        """What the node is called, safe to print."""
        sign = self.signs.nodes.get(node)
        if sign is not None:
            return sign.text(self.notation)
        return self.signs.weights.get(node) or name_of(self.trace, node)

    def gradient(self, node: int) -> str:
        """`∂f/∂x`, or of a pre-activation the error signal: `δ₂`."""
        delta = self.signs.deltas.get(node)
        return self.derivative(node) if delta is None else delta.text(self.notation)

    def derivative(self, node: int) -> str:
        """`∂f/∂x`, also where there is an error signal."""
        at = self.trace.pass_of(node)
        output = self.trace.node_range(at).start + self.trace.passes[at].output
        return f"∂{self.name(output)}/∂{self.name(node)}"

    def upstream(self, source: int) -> str:
        """The gradient that `source` passes on. A bias is added without changing the gradient, so
        that of a product is the layer's error signal."""
        if source in self.signs.deltas:
            return self.gradient(source)
        layer = self.layer(source)
        if layer is None or not self.recognises(source):
            return self.gradient(source)
        pre = self.first(source) + layer.pre
        same = self.trace.node(pre).shape == self.trace.node(source).shape
        inner = source - self.first(source) in layer.inner
        return self.gradient(pre) if inner and same else self.gradient(source)

    def expression(self, node: int) -> str:
        """What a node computes, from names: `σ(z₁)`."""
        entry = self.trace.node(node)
        if not entry.inputs:
            return self.name(node)
        parts, called = pieces(self.trace, entry), [self.name(k) for k in entry.inputs]
        if parts[1:] and parts[0] == 0 and parts[1] in _RAISING:
            called[0] = clear(called[0])
        return filled(parts, called)

    def recognises(self, node: int) -> bool:
        """Whether the notation has a sign for anything in the pass of that node."""
        return self.notation.id != OWN.id and bool(self.network(node).layers)

    def network(self, node: int) -> Network:
        """The network that the node belongs to."""
        return network_of(self.trace.passes[self.trace.pass_of(node)])

    def layer(self, node: int) -> Layer | None:
        """The layer that the node belongs to."""
        return self.network(node).layer_of(node - self.first(node))

    def first(self, node: int) -> int:
        """The number of the first node of that node's pass."""
        return self.trace.node_range(self.trace.pass_of(node)).start


def written(trace: Trace, notation: Notation = OWN) -> Names:
    """The names of a trace in a notation. Found once a trace and notation."""
    if notation.id == OWN.id:
        return Names(trace, notation, _Signs())
    kept = _kept(trace)
    if notation.id not in kept:
        kept[notation.id] = _signs(trace, notation)
    return Names(trace, notation, kept[notation.id])


def _signs(trace: Trace, notation: Notation) -> _Signs:
    signs = _Signs()
    for at, p in enumerate(trace.passes):
        network, first = network_of(p), trace.node_range(at).start
        numbers = _numbers(network, notation)
        uses = Counter(node for layer in network.layers for node in _parameters(layer))
        for layer in network.layers:
            _add_layer(signs, trace, first, layer, network, notation, numbers[layer.number], uses)
        if network.target is not None:
            signs.nodes[first + network.target] = Sign(notation.target)
        if network.loss is not None:
            signs.nodes[first + network.loss] = Sign(notation.loss)
        for node, op in enumerate(p.ops):
            if op is not None and op.name == "transpose":
                (turned,) = p.operands[node]
                if first + turned in signs.nodes:
                    text = signs.nodes[first + turned].text(notation)
                    signs.weights[first + node] = transposed(text)
    return signs


def transposed(text: str) -> str:
    """`W₂ᵀ`, `(W²)ᵀ`, and back."""
    if text.endswith(")ᵀ") and text.startswith("("):
        return text[1:-2]
    if text.endswith("ᵀ"):
        return text[:-1]
    return f"{clear(text)}ᵀ"


def clear(text: str) -> str:
    """A name that a power or a ᵀ can be put behind: in brackets if it ends in a raised number."""
    return f"({text})" if text[-1:] in tuple("⁰¹²³⁴⁵⁶⁷⁸⁹⁾") else text


def _numbers(network: Network, notation: Notation) -> dict[int, Numbers]:
    """For each layer number, those of its weights, its pre-activation and its output."""
    most = max([layer.number for layer in network.layers], default=0)
    numbers: dict[int, Numbers] = {}
    value = 1
    for number in range(1, most + 1):
        if notation.every_function:
            has_unit = any(one.number == number and one.unit is not None for one in network.layers)
            numbers[number] = (value, value + 1, value + 1 + has_unit)
            value += 1 + has_unit
        else:
            shown = number if most > 1 else None
            numbers[number] = (shown, shown, shown)
    return numbers


def _add_layer(
    signs: _Signs,
    trace: Trace,
    first: int,
    layer: Layer,
    network: Network,
    notation: Notation,
    numbers: Numbers,
    uses: Counter[int],
) -> None:
    of_weights, of_pre, of_unit = numbers
    place = None if layer.alone else layer.place
    is_output = layer.out in network.outputs
    pre, unit = Sign(notation.pre, of_pre, place), Sign(notation.unit, of_unit, place)
    if is_output and notation.output != notation.unit:
        unit = Sign(notation.output, None, place)
    if layer.unit is not None:
        signs.nodes[first + layer.unit] = unit
    elif is_output and not of_logits(trace, first, layer.pre):
        pre = Sign(unit.letter, unit.number if unit.letter == notation.unit else None, place)
    signs.nodes[first + layer.pre] = pre
    if notation.delta:
        signs.deltas[first + layer.pre] = Sign(notation.delta, of_pre, place)
        if notation.every_function and layer.unit is not None:
            signs.deltas[first + layer.unit] = Sign(notation.delta, of_unit, place)
    if notation.every_function and layer.number == 1 and len(layer.parts) == 1:
        signs.nodes.setdefault(first + layer.parts[0].data, Sign(notation.unit, 1))
    for letter, nodes in (
        (notation.weight, [part.weight for part in layer.parts]),
        (notation.bias, list(layer.biases)),
    ):
        if layer.alone and len(nodes) == 1 and uses[nodes[0]] == 1:
            scalar = not trace.node(first + nodes[0]).shape
            shown = letter.lower() if scalar else letter
            signs.nodes[first + nodes[0]] = Sign(shown, of_weights)


def _parameters(layer: Layer) -> list[int]:
    return [*(part.weight for part in layer.parts), *layer.biases]


def of_logits(trace: Trace, first: int, pre: int) -> bool:
    """Whether a loss takes this pre-activation, its activation being inside of the loss."""
    return any(trace.node(user).op in OF_LOGITS for user in trace.consumers(first + pre))
