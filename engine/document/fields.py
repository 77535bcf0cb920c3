"""Single pieces of JSON as what they are to be; each check raises DocumentError with the place."""

from __future__ import annotations

from typing import Any

from engine.document.archive import shown
from engine.document.document import DocumentError


def fields(place: str, data: Any, *names: str) -> None:
    """That this is an object with exactly these keys."""
    if not isinstance(data, dict):
        raise DocumentError(f"{place}: there is no object")
    for name in names:
        if name not in data:
            raise DocumentError(f"{place}: {name} is missing")
    if len(data) > len(names):
        strange = next(name for name in data if name not in names)
        raise DocumentError(f"{place}: {shown(strange)} does not belong there")


def number(place: str, data: Any, low: int, high: int, what: str) -> int:
    """A whole number from low to high."""
    if type(data) is not int or not low <= data <= high:
        given = "" if type(data) is not int or abs(data) > 10**12 else f", not {data}"
        raise DocumentError(f"{place}: {what} is to be a whole number from {low} to {high}{given}")
    return data


def truth(place: str, data: Any) -> bool:
    """True or false."""
    if type(data) is not bool:
        raise DocumentError(f"{place}: there is to be true or false")
    return data


def text(place: str, data: Any, longest: int) -> str:
    """Text of at most so many characters, whatever is in it."""
    if not isinstance(data, str) or len(data) > longest:
        raise DocumentError(f"{place}: there is to be text of at most {longest} characters")
    return data


def printable(place: str, data: Any, longest: int) -> str:
    """Text that may go to a terminal as it is, not empty."""
    if not text(place, data, longest) or not data.isprintable():
        raise DocumentError(f"{place}: there is to be text of characters that can be printed")
    return str(data)


def texts(place: str, data: Any, most: int, longest: int) -> dict[str, str]:
    """At most so many texts by name."""
    if not isinstance(data, dict) or len(data) > most:
        raise DocumentError(f"{place}: there is to be an object of at most {most} texts")
    return {text(place, key, longest): text(place, value, longest) for key, value in data.items()}
