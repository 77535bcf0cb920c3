"""JSON as a document may hold it: finite numbers, no key twice, brackets 64 deep at most."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np

from engine.document import limits
from engine.document.document import DocumentError

Data = Any

# A string, or what is left of one that does not end. Nothing is tried twice, so that no text takes
# more than one look.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_OTHERS = bytes(sorted(set(range(256)) - set(b"[]{}")))


def written(data: Data) -> bytes:
    """One line of JSON in ASCII."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode("ascii")


def check(name: str, text: bytes) -> None:
    """Whether the text of a member is within the limits, before anything is made of it.

    Raises DocumentError.
    """
    if len(text) > limits.JSON_BYTES:
        raise DocumentError(f"{name}: it is larger than {limits.JSON_BYTES // 2**20} MB")
    brackets = np.frombuffer(_STRING.sub(b"", text).translate(None, _OTHERS), dtype=np.uint8)
    if len(brackets) > 2 * limits.BRACKETS:
        raise DocumentError(f"{name}: it has more than {limits.BRACKETS} lists and objects")
    opening = (brackets == ord("[")) | (brackets == ord("{"))
    if len(brackets):
        depth = np.cumsum(np.where(opening, 1, -1).astype(np.int32))
        if depth.max() > limits.DEPTH:
            raise DocumentError(f"{name}: brackets stand more than {limits.DEPTH} deep")


def read(name: str, text: bytes) -> Data:
    """The data in a member of one object. Raises DocumentError."""
    check(name, text)
    return _parsed(name, text)


def lines(name: str, text: bytes) -> Iterator[tuple[str, Data]]:
    """The data of each line of a member, with the place to name in an error: "name, line 3".

    Raises DocumentError.
    """
    check(name, text)
    for number, line in enumerate(BytesIO(text), 1):
        place = f"{name}, line {number}"
        yield place, _parsed(place, line)


def _parsed(place: str, text: bytes) -> Data:
    try:
        return _DECODER.decode(text.decode("ascii"))
    except UnicodeDecodeError as error:
        raise DocumentError(f"{place}: a byte at {error.start} is not ASCII") from error
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"{place}: this is no JSON: {error.msg.removesuffix(' at')} at {error.pos}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{place}: this is no JSON: {str(error).splitlines()[0]}") from error


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _object(pairs: list[tuple[str, Data]]) -> dict[str, Data]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


_DECODER = json.JSONDecoder(
    parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_object
)
