"""The laws of a network in a notation: a layer, an error signal, the gradient of a weight.

    δ₁ = (W₂ᵀ ∙ δ₂) ⊙ σ′(z₁)          δⱼ¹ = σ′(θⱼ¹) Σₖ Wⱼₖ² δₖ²

In matrices they follow the shapes as the program has them: `Wᵀ ∙ δ` where it computes `W ∙ x`,
`δ ∙ Wᵀ` where it computes `x ∙ W`. Written for one entry they do not depend on that; over a batch
each line has an index n for the row.
"""

from __future__ import annotations

import math

from engine.trace import Event
from tutor.render.notation.layers import Layer, Part, symbol_of
from tutor.render.notation.names import Names, Sign, lowered, transposed
from tutor.render.numbers import number
from tutor.render.plain import Line, Run

_PLUS = " + "


def value_law(names: Names, node: int) -> Line | None:
    """How a layer's pre-activation or output is computed; None for any other node."""
    layer = names.layer(node)
    if not names.recognises(node) or layer is None:
        return None
    first = names.first(node)
    if node == first + layer.pre and (layer.inner or _indexed(names, layer, first)):
        right = _entries_of_layer(names, layer, first) if _indexed(names, layer, first) else None
        return ((f"{_left(names, layer, node)} = ", "text"),
                (right or _sum(names, node, layer), "local"))  # fmt: skip
    if layer.unit is not None and node == first + layer.unit and _indexed(names, layer, first):
        letters = _letters(names, layer, first, names.notation.indices[0])
        pre = names.signs.nodes[first + layer.pre].entry(names.notation, *letters)
        unit = names.signs.nodes[node].entry(names.notation, *letters)
        function = symbol_of(names.trace.node(node).op)
        if _elementwise(names, node):
            return ((f"{unit} = ", "text"), (f"{function}({pre})", "local"))
    return None


def gradient_laws(names: Names, event: Event) -> list[Line]:
    """What a contribution is in the laws of the network, with the role of each factor's origin; an
    empty list where it takes no part in one."""
    if event.source is None or event.operand is None or not names.recognises(event.node):
        return []
    trace, first = names.trace, names.first(event.node)
    network = names.network(event.node)
    source, target = event.source - first, event.node - first
    for layer in network.layers:
        if source == layer.unit and target == layer.pre:
            return _error_signal(names, layer, first)
        part = next((one for one in layer.parts if one.product == source), None)
        if part is not None and trace.node(event.source).op != "sum":
            if trace.node(event.source).inputs[event.operand] == first + part.data:
                return _to_data(names, layer, part, first)
            return _to_weight(names, layer, part, first, event.node)
        if target in layer.biases and (source == layer.pre or source in layer.inner):
            return _to_bias(names, layer, target, first)
    return _loss(names, event)


def replaces_the_chain_rule(names: Names, event: Event) -> bool:
    """Whether the law stands in the place of the chain rule and not behind it: written entry by
    entry, and for a loss."""
    layer = names.layer(event.source or 0)
    if layer is not None:
        return _indexed(names, layer, names.first(event.node))
    return True


def slope_name(names: Names, source: int, operand: int) -> str | None:
    """`σ′(z₁)` for an activation of a layer; None for any other op."""
    layer = names.layer(source)
    if not names.recognises(source) or layer is None or layer.unit is None or operand != 0:
        return None
    if source != names.first(source) + layer.unit or not _elementwise(names, source):
        return None
    function = symbol_of(names.trace.node(source).op)
    return f"{function}′({names.name(names.first(source) + layer.pre)})"


def _error_signal(names: Names, layer: Layer, first: int) -> list[Line]:
    """BP1 at the output, BP2 below: δ from the derivative above or from the next layer's δ."""
    unit = first + (layer.unit or 0)
    if not _elementwise(names, unit):
        return []
    network = names.network(unit)
    users = [user - first for user in names.trace.consumers(unit)]
    above = [
        (one, part) for one in network.layers for part in one.parts
        if part.product in users and part.data == layer.unit
    ]  # fmt: skip
    function = symbol_of(names.trace.node(unit).op)
    whole = len(above) == len(users) == 1
    if _indexed(names, layer, first):
        return _error_entries(names, layer, first, function, above[0] if whole else None)
    if not whole:
        return []
    one, part = above[0]
    if names.trace.node(first + one.pre).shape != names.trace.node(first + part.product).shape:
        return []
    delta = names.gradient(first + one.pre)
    slope = f"{function}′({names.name(first + layer.pre)})"
    factors = _product(names, part, first, delta)
    times = "⊙" if names.trace.node(unit).shape else "·"
    bare = not names.trace.node(first + part.weight).shape
    left = f"{names.gradient(first + layer.pre)} = "
    return [((f"{left}{'' if bare else '('}", "text"), *factors,
             (f"{'' if bare else ')'} {times} ", "text"), (slope, "local"))]  # fmt: skip


def _error_entries(
    names: Names, layer: Layer, first: int, function: str, above: tuple[Layer, Part] | None
) -> list[Line]:
    notation = names.notation
    to, _, on = notation.indices
    letters = _letters(names, layer, first, to)
    left = f"{_delta(names, first + layer.pre, letters)} = "
    slope = f"{function}′({names.signs.nodes[first + layer.pre].entry(notation, *letters)})"
    if above is None:
        derivative = _derivative(names, first + (layer.unit or 0), letters)
        role = (
            "factor.loss" if layer.out in names.network(first + layer.pre).outputs else "upstream"
        )
        return [((left, "text"), (derivative, role), (" · ", "text"), (slope, "local"))]
    one, part = above
    weight = _weight_entry(names, part, first, on, to)
    delta = _delta(names, first + one.pre, _letters(names, one, first, on))
    return [
        (
            (f"{left}(Σ{lowered(on)} ", "text"),
            (weight, "local"),
            (" ", "text"),
            (delta, "upstream"),
            (") · ", "text"),
            (slope, "local"),
        )
    ]


def _to_weight(names: Names, layer: Layer, part: Part, first: int, target: int) -> list[Line]:
    """BP4: δ times what the layer was given; and the same with δ taken apart."""
    if _indexed(names, layer, first):
        return [_weight_entries(names, layer, part, first)]
    if layer.unit is None or not _elementwise(names, first + layer.unit):
        return []
    trace, unit = names.trace, first + layer.unit
    shape = trace.node(first + layer.pre).shape
    if len(shape) > 2 or shape != trace.node(first + part.product).shape:
        return []
    function = symbol_of(trace.node(unit).op)
    scalar = not shape
    times = "·" if scalar else "⊙"
    direct = layer.unit in names.network(unit).outputs
    delta: tuple[Run, ...] = (
        ("" if scalar else "(", "text"),
        (names.gradient(unit), "factor.loss" if direct else "upstream"),
        (f" {times} ", "text"),
        (f"{function}′({names.name(first + layer.pre)})", "local"),
        ("" if scalar else ")", "text"),
    )
    data = names.name(first + part.data)
    left: Run = (f"{names.gradient(target)} = ", "text")
    if scalar or trace.node(first + part.product).op != "matmul":
        times = " · " if scalar else " ⊙ "
        line = (left, *delta, (times, "text"), (data, "factor.input"))
        return [tuple(run for run in line if run[0])]
    turned: Run = (transposed(data), "factor.input")
    by: Run = (" ∙ ", "text")
    product = (*delta, by, turned) if part.weight_first else (turned, by, *delta)
    return [tuple(run for run in (left, *product) if run[0])]


def _weight_entries(names: Names, layer: Layer, part: Part, first: int) -> Line:
    to, by, _ = names.notation.indices
    rows = _rows(names, layer, first)
    data = _entry(names, first + part.data, _letters(names, layer, first, by, first + part.data))
    delta = _delta(names, first + layer.pre, _letters(names, layer, first, to))
    weight = _weight_entry(names, part, first, to, by)
    over = f"Σ{lowered('n')} " if rows else ""
    loss = names.name(_output(names, first))
    return ((f"∂{loss}/∂{weight} = {over}", "text"), (data, "factor.input"), (" ", "text"),
            (delta, "upstream"))  # fmt: skip


def _to_data(names: Names, layer: Layer, part: Part, first: int) -> list[Line]:
    """What goes on to the layer below: the weights times δ."""
    if not _indexed(names, layer, first):
        return []
    to, by, _ = names.notation.indices
    left = _derivative(
        names, first + part.data, _letters(names, layer, first, by, first + part.data)
    )
    delta = _delta(names, first + layer.pre, _letters(names, layer, first, to))
    weight = _weight_entry(names, part, first, to, by)
    return [((f"{left} = Σ{lowered(to)} ", "text"), (weight, "local"), (" ", "text"),
             (delta, "upstream"))]  # fmt: skip


def _to_bias(names: Names, layer: Layer, bias: int, first: int) -> list[Line]:
    """BP3: the bias gets δ, over a batch the sum of its rows."""
    trace, pre = names.trace, first + layer.pre
    summed = trace.node(first + bias).shape != trace.node(pre).shape
    if _indexed(names, layer, first):
        if not trace.node(first + bias).shape:
            return []
        to = names.notation.indices[0]
        left = _derivative(names, first + bias, (to,))
        delta = _delta(names, pre, _letters(names, layer, first, to))
    else:
        left, delta = names.gradient(first + bias), names.gradient(pre)
    over = f"Σ{lowered('n')} " if summed and _rows(names, layer, first) else "Σ " if summed else ""
    return [((f"{left} = {over}", "text"), (delta, "upstream"))]


def _loss(names: Names, event: Event) -> list[Line]:
    """What a loss passes on to the prediction."""
    trace, source = names.trace, event.source or 0
    entry = trace.node(source)
    if event.operand != 0 or entry.op not in _LOSSES:
        return []
    prediction, target = (names.name(k) for k in entry.inputs[:2])
    given, wanted = (trace.node(k) for k in entry.inputs[:2])
    classes = entry.op == "cross_entropy"
    if classes and len(wanted.shape) < len(given.shape):
        target = f"onehot({target})"
    text = _LOSSES[entry.op].format(p=prediction, y=target)
    count = math.prod(given.shape[:-1] if classes else given.shape)
    if entry.params.get("reduction", "mean") == "mean" and count > 1:
        text = f"{text} / {number(count)}"
    left = names.gradient(event.node)
    upstream: tuple[Run, ...] = ()
    if source != _output(names, names.first(source)):
        upstream = ((names.upstream(source), "upstream"), (" · ", "text"))
    return [((f"{left} = ", "text"), *upstream, (text, "factor.loss"))]


_LOSSES = {
    "mse": "2·({p} − {y})",
    "cross_entropy": "(softmax({p}) − {y})",
    "binary_cross_entropy_with_logits": "(σ({p}) − {y})",
    "binary_cross_entropy": "({p} − {y}) / ({p}·(1 − {p}))",
}
"""The derivative of a loss by its prediction, for a target that sums to 1 over the classes."""


def _product(names: Names, part: Part, first: int, delta: str) -> tuple[Run, ...]:
    """The weights turned round, times δ, in the order that the program's shapes ask for."""
    weight = names.name(first + part.weight)
    product = names.trace.node(first + part.product)
    if product.op != "matmul" or not product.shape:
        return ((weight, "local"), (" · ", "text"), (delta, "upstream"))
    turned = weight if part.turned else transposed(weight)
    if part.weight_first:
        return ((turned, "local"), (" ∙ ", "text"), (delta, "upstream"))
    return ((delta, "upstream"), (" ∙ ", "text"), (turned, "local"))


def _sum(names: Names, node: int, layer: Layer) -> str:
    """A pre-activation as the whole sum that it is: `W₂ ∙ a₁ + b₂`."""
    first = names.first(node)

    def flat(at: int) -> str:
        entry = names.trace.node(at)
        if entry.op == "add" and (at == node or at - first in layer.inner):
            return _PLUS.join(flat(k) for k in entry.inputs)
        return names.expression(at) if at == node or at - first in layer.inner else names.name(at)

    return flat(node)


def _entries_of_layer(names: Names, layer: Layer, first: int) -> str:
    to, by, _ = names.notation.indices
    (part,) = layer.parts
    weight = _weight_entry(names, part, first, to, by)
    data = _entry(names, first + part.data, _letters(names, layer, first, by, first + part.data))
    biases = ""
    for bias in layer.biases:
        letters = (to,) if names.trace.node(first + bias).shape else ()
        biases += f"{_PLUS}{_entry(names, first + bias, letters)}"
    return f"Σ{lowered(by)} {weight} {data}{biases}"


def _left(names: Names, layer: Layer, node: int) -> str:
    first = names.first(node)
    if not _indexed(names, layer, first):
        return names.name(node)
    return _entry(names, node, _letters(names, layer, first, names.notation.indices[0]))


def _weight_entry(names: Names, part: Part, first: int, to: str, by: str) -> str:
    """The entry of a weight that leads from unit `by` to unit `to`, in the notation's order."""
    order = names.notation.order(to, by)
    return _entry(names, first + part.weight, order)


def _entry(names: Names, node: int, letters: tuple[str, ...]) -> str:
    sign = names.signs.nodes.get(node) or Sign(names.name(node))
    return sign.entry(names.notation, *letters)


def _delta(names: Names, pre: int, letters: tuple[str, ...]) -> str:
    sign = names.signs.deltas.get(pre)
    if sign is None:
        return _derivative(names, pre, letters)
    return sign.entry(names.notation, *letters)


def _derivative(names: Names, node: int, letters: tuple[str, ...]) -> str:
    """`∂E/∂Oⱼ¹`"""
    loss = names.name(_output(names, names.first(node)))
    return f"∂{loss}/∂{_entry(names, node, letters)}"


def _letters(
    names: Names, layer: Layer, first: int, index: str, node: int | None = None
) -> tuple[str, ...]:
    """The indices of one entry: of the unit, and of the row of a batch where there is one."""
    if node is not None and len(names.trace.node(node).shape) < 2:
        return (index,)
    if not _rows(names, layer, first):
        return (index,)
    return (index, "n") if layer.parts[0].weight_first else ("n", index)


def _rows(names: Names, layer: Layer, first: int) -> bool:
    """Whether the layer is applied to several rows at once."""
    return len(names.trace.node(first + layer.pre).shape) == 2


def _indexed(names: Names, layer: Layer, first: int) -> bool:
    """Whether the layer is written entry by entry: one product of a matrix, at most two axes."""
    if names.notation.form != "index" or not layer.alone or len(layer.parts) != 1:
        return False
    (part,) = layer.parts
    weight, data = (names.trace.node(first + k) for k in (part.weight, part.data))
    pre, product = (names.trace.node(first + k) for k in (layer.pre, part.product))
    matrices = len(weight.shape) == 2 and len(data.shape) == len(pre.shape) in (1, 2)
    return product.op == "matmul" and matrices and pre.shape == product.shape


def _elementwise(names: Names, node: int) -> bool:
    op = names.trace.op(node)
    return op is not None and op.elementwise


def _output(names: Names, first: int) -> int:
    return first + names.trace.passes[names.trace.pass_of(first)].output
