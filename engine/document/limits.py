"""How much a document may hold. What is written keeps to it as well, so it can always be read."""

from __future__ import annotations

from math import prod

BYTES = 256 * 2**20  # of all members, unpacked
NODES = 1_000_000  # of all passes
RATIO = 100  # of what is unpacked to what is packed, in each member
DEPTH = 64  # of brackets within brackets in JSON
JSON_BYTES = 64 * 2**20  # of each member of JSON; it takes more room in memory than arrays do
BRACKETS = 8_000_000  # opened in each member of JSON: each is an object of some 64 bytes
ARRAYS = 4_000_000
AXES = 64  # of one array, NumPy's own limit
EMPTY = 1_000_000  # rows of an array without entries: lists of it are as long
NAME = 10_000  # characters of one name, and of a path
WHOLE = 2**63  # what a whole number among parameters is smaller than
ENTRIES = 100_000  # of one list or tuple among parameters; an array may have more
SCOPES = 1_000  # names in one scope
TEXT = 16 * 2**20  # characters of the source text
WORDS = 1_000  # entries of `about`
OPERANDS = 1_000_000  # of one node


def fits(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape may be made: one without entries can still have a shape that
    no loop over its rows comes to the end of."""
    if len(shape) > AXES or not all(0 <= size <= BYTES for size in shape):
        return False
    if 0 in shape:
        return prod([max(size, 1) for size in shape]) <= EMPTY
    return prod(shape) <= BYTES
