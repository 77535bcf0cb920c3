"""The names of a condition, looked up in a trace: nodes, ops, scopes, and what is near to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NoReturn

from engine.ops import REGISTRY
from engine.passes import Pass
from engine.trace import Trace
from tutor.debugger.stops.conditions import (
    Bare,
    Condition,
    Field,
    Happens,
    Is,
    Joined,
    Not,
    Number,
    Place,
    Quantity,
    Relation,
)
from tutor.debugger.stops.words import refuse
from tutor.language.errors import shortened
from tutor.language.tokens import GREEK
from tutor.render.sanitise import sanitise
from tutor.render.values import shape_text

LEAVES = ("input", "constant")
_DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
)
_MANY = 2000
_SHOWN = 3


def node_named(p: Pass, name: str) -> int | None:
    """The local number of the node of that name in a pass; None for none.

    Greek letters may be written as themselves where the language of expressions spelled them out.
    """
    node = p.by_name.get(name)
    if node is not None:
        return node
    spelled = "".join(GREEK.get(letter, letter) for letter in name)
    return p.by_name.get(spelled)


def is_op(name: str) -> bool:
    """Whether a name is that of an op, "input" and "constant" included."""
    return name in REGISTRY or name in LEAVES


def in_scope(path: tuple[str, ...], wanted: str) -> bool:
    """Whether a node with this path of scopes lies in `wanted`: `layer1`, or `net.layer1`."""
    if wanted in path:
        return True
    parts = tuple(wanted.split("."))
    return any(path[k : k + len(parts)] == parts for k in range(len(path) - len(parts) + 1))


def check_names(condition: Condition, trace: Trace, text: str) -> None:
    """Refuse names that the trace does not have, and entries outside a shape.

    Raises LanguageError with the span of the name and, as a hint, the names near to it.
    """
    for piece in pieces_of(condition):
        _check(piece, trace, text)


def pieces_of(condition: Condition) -> Iterator[Condition]:
    """Every statement of a condition, without the words between them."""
    if isinstance(condition, Joined):
        for part in condition.parts:
            yield from pieces_of(part)
    elif isinstance(condition, Not):
        yield from pieces_of(condition.part)
    else:
        yield condition


def check_quantity(quantity: Quantity, trace: Trace, text: str) -> None:
    """Refuse the name of no node and an entry that is not there. Raises LanguageError."""
    if quantity.node is None:
        return
    span = (quantity.start, quantity.end)
    at = _pass_with(trace, quantity.node)
    if at is None:
        _unknown(trace, quantity.node, text, span)
    if quantity.index is None:
        return
    shape = shape_in(trace.passes[at], quantity.node)
    sizes = zip(quantity.index, shape, strict=False)
    if len(quantity.index) > len(shape) or any(not -size <= i < size for i, size in sizes):
        message = f"{shortened(quantity.node)} has the shape {shape_text(shape)}"
        refuse("bad_arguments", f"there is no such entry: {message}", text, *span)


def shape_in(p: Pass, name: str) -> tuple[int, ...]:
    """The shape of a node of a pass, () where there is no such node."""
    node = node_named(p, name)
    return () if node is None else tuple(getattr(p.values[node], "shape", ()))


def _check(piece: Condition, trace: Trace, text: str) -> None:
    span = (piece.start, piece.end)
    match piece:
        case Relation():
            sides = [s for s in (piece.left, piece.right) if not isinstance(s, Number)]
            for side in sides:
                check_quantity(side, trace, text)
            if len(sides) == 2:
                for side in sides:
                    _check_one_number(side, trace, text)
        case Is():
            check_quantity(piece.quantity, trace, text)
        case Happens():
            if _pass_with(trace, piece.node) is None:
                _unknown(trace, piece.node, text, span)
        case Bare():
            known = _pass_with(trace, piece.name) is not None
            if not known and not is_op(piece.name) and not _has_scope(trace, piece.name):
                _unknown(trace, piece.name, text, span)
        case Place() | Field():
            _check_word(piece, trace, text)
        case _:
            pass


def _check_word(piece: Place | Field, trace: Trace, text: str) -> None:
    span, wanted = (piece.start, piece.end), piece.wanted
    if not isinstance(wanted, str):
        return
    if piece.name in ("op", "through") and not is_op(wanted):
        _none("op", wanted, [*REGISTRY, *LEAVES], text, span)
    if piece.name in ("name", "from") and _pass_with(trace, wanted) is None:
        _unknown(trace, wanted, text, span)
    if piece.name == "scope" and not _has_scope(trace, wanted):
        _none("scope", wanted, _scopes(trace), text, span)
    if piece.name == "dtype" and wanted not in _DTYPES:
        _none("dtype", wanted, _DTYPES, text, span)


def _check_one_number(side: Quantity, trace: Trace, text: str) -> None:
    """A named array has a shape of its own, which that of an event need not fit."""
    if side.node is None or side.is_number:
        return
    at = _pass_with(trace, side.node)
    shape = shape_in(trace.passes[at or 0], side.node)
    if shape[len(side.index or ()) :]:
        hint = "take one number of it: norm(...), max(...), or an entry [0, 1]"
        message = f"{shortened(side.node)} is an array {shape_text(shape)}"
        refuse("bad_arguments", message, text, side.start, side.end, hint)


def _pass_with(trace: Trace, name: str) -> int | None:
    found = (at for at, p in enumerate(trace.passes) if node_named(p, name) is not None)
    return next(found, None)


def _has_scope(trace: Trace, wanted: str) -> bool:
    return any(
        in_scope(path, wanted) for p in trace.passes for path in frozenset(p.scopes.values())
    )


def _scopes(trace: Trace) -> list[str]:
    paths = dict.fromkeys(path for p in trace.passes for path in p.scopes.values())
    return list(dict.fromkeys(name for path in paths for name in path))


def _unknown(trace: Trace, name: str, text: str, span: tuple[int, int]) -> NoReturn:
    p = trace.passes[0]
    named = list(dict.fromkeys([*p.inputs, *p.given_names.values()]))
    few = list(p.by_name) if len(p.ops) <= _MANY else named[:_MANY]
    few = [one for one in few if one[:1].isalpha()]
    near = get_close_matches(name, few, _SHOWN)
    near = near or get_close_matches(name, [*_scopes(trace), *REGISTRY], 1, 0.8)
    _refused("node, op or scope", name, near or named[:_SHOWN], bool(near), text, span)


def _none(what: str, name: str, known: Iterable[str], text: str, span: tuple[int, int]) -> NoReturn:
    names = list(known)
    near = get_close_matches(name, names, _SHOWN)
    shown = near or names[:_SHOWN]
    _refused(what, name, shown, bool(near), text, span)


def _refused(
    what: str, name: str, names: list[str], near: bool, text: str, span: tuple[int, int]
) -> NoReturn:
    listed = ", ".join(sanitise(one) for one in names)
    hint = ""
    if names:
        hint = f"did you mean {listed}?" if near else f"there is {listed}"
    refuse("unknown_name", f"there is no {what} called {shortened(name)}", text, *span, hint)
