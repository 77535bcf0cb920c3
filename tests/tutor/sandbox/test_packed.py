"""Arrays out of bytes of strangers: what `numpy.savez` writes is read, everything else refused."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.sandbox.packed import MOST_ARRAYS, PackedError, unpacked


def packed(*arrays: Any, compressed: bool = False) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, *arrays)
    return file.getvalue()


def archive(*members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number, member in enumerate(members):
            made.writestr(f"arr_{number}.npy", member)
    return file.getvalue()


def header(text: str, data: bytes = b"") -> bytes:
    line = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(line)) + line + data


SEVERAL = packed(
    np.arange(6.0).reshape(2, 3), np.float64(2.5), np.zeros((0, 3)), np.ones((2, 3, 4)).T
)


def test_what_numpy_writes_is_read() -> None:
    matrix, number, empty, turned = unpacked(SEVERAL)
    assert matrix.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert number.shape == ()
    assert number == 2.5
    assert empty.shape == (0, 3)
    assert turned.shape == (4, 3, 2)
    assert unpacked(packed()) == []


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i8", "u2", "?", "c16"])
def test_every_kind_of_number_is_read(dtype: str) -> None:
    array = np.array([[0, 1], [1, 0]], dtype=dtype, order="F")
    [read] = unpacked(packed(array))
    assert read.dtype == array.dtype
    assert read.tolist() == array.tolist()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"PK\x05\x06" + bytes(18) + b"x",
        packed(np.ones(3), compressed=True),
        packed(np.array([object()], dtype=object)),
        packed(np.array(["a"])),
        packed(np.zeros(2, dtype=[("a", "f8")])),
        packed(np.array(["2020"], dtype="M8[D]")),
        archive(b"no array"),
        archive(header("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999,), }")),
        archive(header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", bytes(8))),
        archive(header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", bytes(8))),
        archive(header("[" * 400, bytes(8))),
        archive(header("__import__('os')", bytes(8))),
        archive(*[header("{}")] * (MOST_ARRAYS + 1)),
        SEVERAL[:-1],
        SEVERAL + b"\0",
    ],
)
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(PackedError):
        unpacked(data)


@given(st.integers(0, len(SEVERAL) - 1), st.integers(0, 255))
def test_a_changed_byte_never_does_more_than_change_a_number(place: int, byte: int) -> None:
    changed = bytearray(SEVERAL)
    changed[place] = byte
    try:
        arrays = unpacked(bytes(changed))
    except PackedError:
        return
    assert sum(array.nbytes for array in arrays) <= len(SEVERAL)
