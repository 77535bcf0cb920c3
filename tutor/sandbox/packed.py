"""Arrays of numbers out of the bytes of an .npz file that nobody vouches for.

NumPy's own reader believes a file's header: it allocates what the header claims, and reads it as
Python. Here only what `numpy.savez` writes of plain numbers is taken, stored without compression,
and every size is compared with the bytes that are there before anything is made of it.
"""

from __future__ import annotations

import re
import struct
from io import BytesIO
from math import prod
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import numpy as np

MOST_ARRAYS = 8192

_END = struct.Struct("<4s4H2LH")
_MAGIC = b"\x93NUMPY\x01\x00"
_LONGEST_HEADER = 512
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<|]?[fiubc]\d{1,2})', 'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>(?:\d{1,9}(?:, )?)*,?)\), \} *\n"
)


class PackedError(ValueError):
    """The bytes are no arrays of numbers as `numpy.savez` writes them."""


def unpacked(data: bytes) -> list[np.ndarray[Any, Any]]:
    """The arrays of an .npz file in their order. Raises PackedError for anything else."""
    try:
        _check_end(data)
        with ZipFile(BytesIO(data)) as file:
            members = file.infolist()
            if any(one.compress_type != ZIP_STORED for one in members):
                raise PackedError("an array is compressed")
            if sum(one.file_size for one in members) > len(data):
                raise PackedError("the arrays are larger than the file")
            return [_array(file.read(one)) for one in members]
    except PackedError:
        raise
    except Exception as error:  # a broken archive raises half a dozen kinds of exceptions
        raise PackedError(f"no archive of arrays ({type(error).__name__})") from error


def _check_end(data: bytes) -> None:
    """The archive's directory is as long as it may be, before it is read."""
    if len(data) < _END.size:
        raise PackedError("too short")
    mark, _, _, _, count, size, _, comment = _END.unpack(data[-_END.size :])
    if mark != b"PK\x05\x06" or comment or count > MOST_ARRAYS or size > 256 * MOST_ARRAYS:
        raise PackedError("no archive, or one of too many arrays")


def _array(data: bytes) -> np.ndarray[Any, Any]:
    if data[: len(_MAGIC)] != _MAGIC:
        raise PackedError("no array")
    (length,) = struct.unpack("<H", data[8:10])
    header = _HEADER.fullmatch(data[10 : 10 + length]) if length <= _LONGEST_HEADER else None
    if header is None:
        raise PackedError("no array of plain numbers")
    shape = tuple([int(size) for size in re.findall(rb"\d+", header["shape"])])
    dtype = np.dtype(header["dtype"].decode())
    entries = data[10 + length :]
    if len(shape) > 32 or prod(shape) * dtype.itemsize != len(entries):
        raise PackedError("an array's size is not that of its entries")
    order = "F" if header["fortran"] == b"True" else "C"
    return np.frombuffer(entries, dtype).reshape(shape, order=order)  # type: ignore[call-overload, no-any-return]
