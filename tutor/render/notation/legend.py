"""What is what: the nodes of a trace and what they are called in a notation."""

from __future__ import annotations

from typing import Any

from engine.trace import Trace
from tutor.render.expressions import name_of
from tutor.render.notation.layers import Layer, symbol_of
from tutor.render.notation.names import Names, lowered, of_logits, written
from tutor.render.notation.notations import OWN, Notation, aloud
from tutor.render.report import Report, Row

_MOST = 40


def legend(trace: Trace, notation: Notation) -> Report:
    """The signs of a notation with the program's own names beside them, layer by layer.

    A row leads to its node. Where the graph is no network it says so.
    """
    names = written(trace, notation)
    title = f"Notation: {notation.title}"
    found = [] if notation.id == OWN.id else _found(names)
    if not found:
        why = (
            "Everything is called as in the program."
            if notation.id == OWN.id
            else "No layers were recognised, so everything is called as in the program."
        )
        data: dict[str, Any] = {"notation": notation.id, "signs": []}
        return Report("notation", title, (Row(((why, "quiet"),)),), (why,), data, notation.source)
    width = max(len(names.name(node)) for node, _ in found)
    widest = max(len(what) for _, what in found)
    rows = [
        Row(
            (
                (f"  {names.name(node).ljust(width)}", "strong"),
                ("   ", "text"),
                (what.ljust(widest), "text"),
                (f"   {_own(trace, names, node)}".rstrip(), "quiet"),
            ),
            node=node,
        )
        for node, what in found[:_MOST]
    ]
    if len(found) > _MOST:
        rows.append(Row(((f"  … and {len(found) - _MOST} more", "quiet"),)))
    told = _conventions(names)
    rows += [Row(((f"  {line}", "quiet"),)) for line in told]
    said = written(trace, aloud(notation))
    sentences = [
        f"{said.name(node)} is {what}{_called(trace, names, node)}." for node, what in found[:_MOST]
    ]
    signs = [
        {"node": node, "sign": names.name(node), "name": name_of(trace, node), "is": what}
        for node, what in found
    ]
    return Report(
        "notation",
        title,
        tuple(rows),
        (*sentences, *_conventions(said)),
        {"notation": notation.id, "signs": signs, "conventions": list(told)},
        notation.source,
    )


def _found(names: Names) -> list[tuple[int, str]]:
    """The recognised nodes of the first pass and what each is."""
    network = names.network(0)
    found: list[tuple[int, str]] = []
    for layer in network.layers:
        which = "" if len(network.layers) == 1 else f" of layer {layer.number}"
        if not layer.alone:
            which = f"{which}, unit {layer.place}" if which else f", unit {layer.place}"
        for part in layer.parts:
            if part.weight in names.signs.nodes:
                found.append((part.weight, f"the weights{which}"))
        for bias in layer.biases:
            if bias in names.signs.nodes:
                found.append((bias, f"the bias{which}"))
        found.append((layer.pre, _pre_activation(names, layer, which)))
        if layer.unit is not None:
            found.append((layer.unit, _unit(names, layer, which)))
    if network.target is not None:
        found.append((network.target, "the target"))
    if network.loss is not None:
        found.append((network.loss, "the loss"))
    return list(dict.fromkeys(found))


def _pre_activation(names: Names, layer: Layer, which: str) -> str:
    if layer.unit is None and layer.pre in names.network(0).outputs:
        if of_logits(names.trace, 0, layer.pre):
            return "the pre-activation of the output"
        return "the output of the network"
    if names.notation.activation == "before":
        return f"the activation{which}, before σ"
    return f"the pre-activation{which}"


def _unit(names: Names, layer: Layer, which: str) -> str:
    if layer.out in names.network(0).outputs:
        return "the output of the network"
    what = "activation" if names.notation.activation == "after" else "output"
    return f"the {what}{which}"


def _own(trace: Trace, names: Names, node: int) -> str:
    own = name_of(trace, node)
    return "" if own == names.name(node) else f"in the program: {own}"


def _called(trace: Trace, names: Names, node: int) -> str:
    own = name_of(trace, node)
    return "" if own == names.name(node) else f", called {own} in the program"


def _conventions(names: Names) -> list[str]:
    """What a reader of this notation has to know: δ, indices, W as rows or columns, activation."""
    notation, network = names.notation, names.network(0)
    to, by, _ = notation.indices
    told = []
    if notation.every_function:
        told.append(f"Every function is a layer; {notation.delta}ˡ is ∂{notation.loss}/∂zˡ.")
    elif notation.delta:
        pre = names.name(network.layers[0].pre)
        of = names.gradient(network.layers[0].pre)
        told.append(f"{of} is the error signal: the derivative of the loss by {pre}.")
    else:
        told.append("There is no sign for the error signal: it is written as a derivative.")
    told.append(
        f"{notation.weight}{lowered(*notation.order(to, by))} leads from unit {by} to unit {to}; "
        f"a layer is {_layer_as(notation)}."
    )
    stored = [part.weight_first != part.turned for one in network.layers for part in one.parts
              if names.trace.node(part.weight).shape]  # fmt: skip
    if stored and all(one != notation.to_from for one in stored):
        told.append("The program keeps W the other way round: transposed.")
    where = "after" if notation.activation == "after" else "before"
    functions = [names.trace.node(one.unit).op for one in network.layers if one.unit is not None]
    sign = symbol_of(functions[0]) if functions else "σ"
    told.append(f'"Activation" is what stands {where} {sign}.')
    return told


def _layer_as(notation: Notation) -> str:
    pre, weight = notation.pre, notation.weight
    return f"{pre} = {weight} x" if notation.to_from else f"{pre} = {weight}ᵀ x"
