"""The lines of tables.jsonl: every op, name, scope, location and set of parameters, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.document import json_, limits, members, params
from engine.document.arrays import Arrays
from engine.document.document import DocumentError
from engine.document.fields import fields, number, printable, text, truth
from engine.document.foreign import found
from engine.ops.declare import Op
from engine.source import Location

_LONGEST_OP = 100
_MOST_OPERANDS = 100
_LAST_LINE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Tables:
    """The items of each kind, in the order of their lines."""

    ops: list[Op] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    scopes: list[tuple[str, ...]] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    params: list[Mapping[str, Any]] = field(default_factory=list)


def read(data: bytes, arrays: Arrays) -> Tables:
    """The tables in the bytes of their member. Raises DocumentError, which names the line."""
    tables = Tables()
    for place, line in json_.lines(members.TABLES, data):
        if not isinstance(line, dict) or len(line) != 1:
            raise DocumentError(f"{place}: there is to be an object of one key")
        ((kind, item),) = line.items()
        if kind == "op":
            tables.ops.append(_op(place, item))
        elif kind == "name":
            tables.names.append(text(place, item, limits.NAME))
        elif kind == "scope":
            tables.scopes.append(_scope(place, item))
        elif kind == "location":
            tables.locations.append(_location(place, item))
        elif kind == "params":
            tables.params.append(_params(place, item, arrays))
        else:
            raise DocumentError(f"{place}: there is no table of this kind")
    return tables


def _op(place: str, item: Any) -> Op:
    fields(place, item, "name", "symbol", "arity", "variadic", "elementwise")
    printable(place, item["name"], _LONGEST_OP)
    printable(place, item["symbol"], _LONGEST_OP)
    number(place, item["arity"], 1, _MOST_OPERANDS, "the number of operands")
    truth(place, item["variadic"])
    truth(place, item["elementwise"])
    return found(item)


def _scope(place: str, item: Any) -> tuple[str, ...]:
    if not isinstance(item, list) or len(item) > limits.SCOPES:
        raise DocumentError(f"{place}: a scope is a list of at most {limits.SCOPES} names")
    return tuple([text(place, name, limits.NAME) for name in item])


def _location(place: str, item: Any) -> Location:
    if not isinstance(item, list) or len(item) != 4:
        raise DocumentError(f"{place}: a location has four parts")
    file, line, start, end = item
    return Location(
        None if file is None else text(place, file, limits.NAME),
        number(place, line, 0, _LAST_LINE, "a line"),
        None if start is None else number(place, start, 0, limits.TEXT, "an offset"),
        None if end is None else number(place, end, 0, limits.TEXT, "an offset"),
    )


def _params(place: str, item: Any, arrays: Arrays) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise DocumentError(f"{place}: the parameters are no object")
    try:
        return {
            name: params.decoded(value, lambda which: arrays.param(place, which))
            for name, value in item.items()
        }
    except DocumentError as error:
        raise DocumentError(_once(place, str(error))) from error


def _once(place: str, message: str) -> str:
    return message if message.startswith(place) else f"{place}: {message}"
