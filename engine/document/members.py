"""What lies in a document: the members of the zip, and the arrays among them as bytes.

about.json      the format's version, the source's name and kind, and what else was said
source.txt      the source text; only where there is a source
passes.jsonl    one line a pass: its inputs, output and decisions, its rows in each column
tables.jsonl    one line an item: every op, name, scope, location and set of parameters, once
*.npy           the columns, those of all passes end to end

A column of a pass gives each of its nodes (or contributions, or updates) a number. Where that
number names an item, it counts the lines of its kind in tables.jsonl, from 0. A column of values
comes as two: the floats, and pairs of a place and the number of the array that stands there (−1:
nothing does). Node ids count within their pass. Contributions have no target: it is the operand
number `slot` of `source`.

The entries of all arrays lie end to end, by dtype, in `data_*`; their shapes lie end to end in
`array_shapes`; `array_kinds` has a row an array: its dtype (by its place in DTYPES), the number of
its axes, and 1 where its entries lie in Fortran's order.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from engine.document.document import DocumentError

Array = np.ndarray[Any, Any]

FORMAT = 1
ABOUT, SOURCE, PASSES, TABLES = "about.json", "source.txt", "passes.jsonl", "tables.jsonl"

FLOATS = ("float64", "float32", "float16", "bool")  # what values are made of
WHOLE = ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8")  # and indices
DTYPES = FLOATS + WHOLE

# Name: the dtype, and the width of its rows (0: one number each). First those of the passes.
COLUMNS = {
    "ops": ("<i4", 0),
    "operand_counts": ("<i4", 0),
    "operands": ("<i4", 0),
    "wanted": ("|b1", 0),
    "names": ("<i4", 2),
    "scopes": ("<i4", 2),
    "params": ("<i4", 2),
    "locations": ("<i4", 0),
    "values": ("<f8", 0),
    "value_arrays": ("<i4", 2),
    "gradients": ("<f8", 0),
    "gradient_arrays": ("<i4", 2),
    "sources": ("<i4", 0),
    "slots": ("<i4", 0),
    "amounts": ("<f8", 0),
    "amount_arrays": ("<i4", 2),
    "seeds": ("<f8", 0),
    "seed_arrays": ("<i4", 2),
    "update_nodes": ("<i4", 0),
    "update_rates": ("<f8", 0),
    "update_values": ("<f8", 0),
    "update_arrays": ("<i4", 2),
}
ARRAYS = {
    "array_kinds": ("<i4", 3),
    "array_shapes": ("<i8", 0),
    **{f"data_{name}": (np.dtype(name).newbyteorder("<").str, 0) for name in DTYPES},
}
EVERY = COLUMNS | ARRAYS
REQUIRED = frozenset({ABOUT, PASSES, TABLES, *[f"{name}.npy" for name in EVERY]})
ALLOWED = REQUIRED | {SOURCE}

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '([^']{3,4})', 'fortran_order': False, 'shape': \((\d{1,12}),(?: (\d))?\), \} *\n"
)


def packed(name: str, column: Array) -> bytes:
    """A column as the bytes of an .npy file."""
    descr, width = EVERY[name]
    shape = f"({len(column)},)" if width == 0 else f"({len(column)}, {width})"
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(_MAGIC) + 3 + len(header)) % 64) + "\n"
    length = len(header).to_bytes(2, "little")
    data = np.ascontiguousarray(column, dtype=descr)
    return b"".join((_MAGIC, length, header.encode("ascii"), data.tobytes()))


def unpacked(name: str, data: bytes) -> Array:
    """The column that lies in the bytes of an .npy file, read-only and without a copy.

    The header is matched, letter by letter, against the only one that fits. Raises DocumentError.
    """
    descr, width = EVERY[name]
    start = len(_MAGIC) + 2
    end = start + int.from_bytes(data[len(_MAGIC) : start], "little")
    match = _HEADER.fullmatch(data[start:end])
    if not data.startswith(_MAGIC) or match is None:
        raise DocumentError(f"{name}.npy: its header is not that of an array of this format")
    if match[1].decode("ascii", "replace") != descr or int(match[3] or 0) != width:
        raise DocumentError(f"{name}.npy: it holds another kind of numbers than {descr}")
    rows = int(match[2])
    dtype = np.dtype(descr)
    count = rows * (width or 1)
    if len(data) - end != count * dtype.itemsize:
        raise DocumentError(
            f"{name}.npy: {count} numbers are announced, {len(data) - end} bytes follow"
        )
    flat = np.frombuffer(data, dtype, count, end) if count else np.empty(0, dtype)
    flat.setflags(write=False)
    if dtype.kind == "b" and np.any(flat.view(np.uint8) > 1):
        raise DocumentError(f"{name}.npy: a truth value is neither 0 nor 1")
    return flat.reshape(rows, width) if width else flat
