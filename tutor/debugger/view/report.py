"""What is seen of the graph, told without a picture: one row an item."""

from __future__ import annotations

from typing import Any

from engine.trace import Trace
from tutor.debugger.frame import Frame, active
from tutor.debugger.view.box import counted, folded_title, several
from tutor.debugger.view.moves import shown
from tutor.debugger.view.view import Item
from tutor.render import box
from tutor.render.expressions import expression, name_of
from tutor.render.json_ import plain
from tutor.render.plain import Line
from tutor.render.report import Report, Row
from tutor.render.values import inline

_KINDS = {"scope": "scope", "repeat": "repeat", "chunk": "group", "fold": "gate"}
_NAME = 32
_NUMBER = 12
_NAMED = 6


def view_report(trace: Trace, frame: Frame) -> Report:
    """The items that are seen at a moment, each after its inputs: what it is, its value and its
    gradient so far, and where its values come from. `▶` and `◀` mark the active one."""
    seen = shown(frame)
    at = trace.pass_at(frame.cursor)
    first = trace.node_range(at).start
    now = active(frame)
    lit = None if now is None else seen.at(now.node - first).id
    titles = {item.id: _title(trace, first, item) for item in seen.items}
    rows, sentences, items = [], [], []
    for item in seen.items:
        inputs = list(dict.fromkeys(item.inputs))
        mark = " "
        if item.id == lit and now is not None:
            mark = "▶" if now.direction == "forward" else "◀"
        rows.append(_row(trace, frame, first, item, titles, mark))
        sentences.append(_sentence(trace, frame, first, item, [titles[k] for k in inputs]))
        items.append(_data(trace, frame, first, item, [titles[k] for k in inputs]))
    count = len(trace.node_range(at))
    folded = len(seen.items) < count
    return Report(
        "view",
        "graph",
        tuple(rows),
        (_beginning(len(seen.items), count), *sentences),
        {"nodes": count, "items": items},
        aside=f"{len(seen.items)} boxes for {count} nodes" if folded else f"{count} nodes",
        at=next((k for k, item in enumerate(seen.items) if item.id == lit), 0),
    )


def _row(
    trace: Trace, frame: Frame, first: int, item: Item, titles: dict[int, str], mark: str
) -> Row:
    node = first + item.output
    title = box.title(trace, node) if item.kind == "node" else folded_title(item)
    value, gradient = _numbers(trace, frame, first, item, most=1)
    inputs = [titles[k] for k in dict.fromkeys(item.inputs)]
    line: Line = (
        (f" {mark} ", "active" if mark.strip() else "faint"),
        (
            _fitted("  " * item.depth + title, _NAME),
            "label" if item.kind == "node" else "strong",
        ),
        ("  v ", "faint"),
        (_fitted(value or "—", _NUMBER).rjust(_NUMBER), "value" if value else "absent"),
        ("  ∂ ", "faint"),
        (_fitted(gradient or "—", _NUMBER).rjust(_NUMBER), "gradient" if gradient else "absent"),
    )
    if item.kind != "node" and inputs:
        line = (*line, (f"  from {_listed(inputs, 2)}", "quiet"))
    return Row(line, node=node)


def _sentence(trace: Trace, frame: Frame, first: int, item: Item, inputs: list[str]) -> str:
    node = first + item.output
    if item.kind == "node":
        about = name_of(trace, node)
        if item.inputs:
            about = f"{about} is {expression(trace, node)}"
    else:
        about = f"{item.title}, a {_KINDS[item.kind]} of {item.size} nodes, is folded"
        if inputs:
            about = f"{about}, takes {_listed(inputs, _NAMED)}"
    value, gradient = _numbers(trace, frame, first, item, most=12)
    told = [about]
    if several(trace, first, item):
        told.append(f"gives {counted(item)}")
    else:
        told += [f"value {value}"] if value else []
        told += [f"gradient {gradient}"] if gradient else []
    return f"{', '.join(told)}."


def _numbers(trace: Trace, frame: Frame, first: int, item: Item, *, most: int) -> tuple[str, str]:
    """The value and the gradient of an item in one line each, nothing for what is not there."""
    node = first + item.output
    gradient = trace.grad_at(node, frame.cursor)
    value = inline(trace.value(node), most=most) if trace.known(node, frame.cursor) else ""
    if several(trace, first, item):
        return (counted(item) if value else "", counted(item) if gradient is not None else "")
    return value, "" if gradient is None else inline(gradient, most=most)


def _data(trace: Trace, frame: Frame, first: int, item: Item, inputs: list[str]) -> dict[str, Any]:
    node = first + item.output
    known = trace.known(node, frame.cursor)
    return {
        "title": item.title,
        "kind": item.kind,
        "node": node,
        "nodes": [[first + some.start, first + some.stop - 1] for some in item.nodes],
        "count": item.count,
        "depth": item.depth,
        "inputs": inputs,
        "outputs": [first + one for one in item.outputs],
        "value": plain(trace.value(node)) if known else None,
        "gradient": plain(trace.grad_at(node, frame.cursor)),
    }


def _title(trace: Trace, first: int, item: Item) -> str:
    return name_of(trace, first + item.id) if item.kind == "node" else item.title


def _beginning(items: int, nodes: int) -> str:
    if items == nodes:
        return f"The graph has {nodes} nodes, all of them open."
    return f"The graph has {nodes} nodes, seen as {items} boxes."


def _listed(names: list[str], most: int) -> str:
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _fitted(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"
