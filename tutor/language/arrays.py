"""Arrays of numbers in the files of `numpy.save` and `numpy.savez`. Nothing in them is executed."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from stat import S_ISREG
from typing import IO, Any

import numpy as np

MAX_FILE = 256 * 1024 * 1024
MAX_ARRAYS = 1000

Array = np.ndarray[Any, Any]


class ArraysError(ValueError):
    """A file that holds no arrays of numbers. One line, without the file's name. hint: what to do
    about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def read_npy(path: Path) -> Array:
    """The array in a .npy file of at most 256 MB. Raises ArraysError."""
    try:
        _check_file(path)
        # A map is checked against the length of the file, whatever its header claims.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise ArraysError("there is no such file") from None
    except OSError as error:
        reason = error.strerror or "not an array"
        raise ArraysError(f"the file cannot be read ({reason})") from None
    except (EOFError, RuntimeError, OverflowError, ValueError) as error:
        if isinstance(error, ArraysError):
            raise
        raise ArraysError("this is no array of numbers as numpy.save writes it") from None
    if not isinstance(array, np.ndarray):
        raise ArraysError("this holds several arrays", "call it .npz, or save one with numpy.save")
    return np.array(_plain(array))


def read_npz(path: Path) -> Mapping[str, Array]:
    """All arrays in an .npz file by name, of at most 256 MB together when unpacked.

    Whole numbers and masks stay what they are. Raises ArraysError.
    """
    try:
        _check_file(path)
        with zipfile.ZipFile(path) as archive:
            return _members(archive)
    except FileNotFoundError:
        raise ArraysError("there is no such file") from None
    except OSError as error:
        raise ArraysError(f"the file cannot be read ({error.strerror or 'broken'})") from None
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise ArraysError("this is no .npz file, or it is cut off or broken") from None
    except (RuntimeError, NotImplementedError, OverflowError):
        raise ArraysError("this is packed in a way that numpy.savez does not write") from None


def _members(archive: zipfile.ZipFile) -> dict[str, Array]:
    members = archive.infolist()
    if not members:
        raise ArraysError("there is no array in it")
    if len(members) > MAX_ARRAYS:
        raise ArraysError(f"{len(members)} arrays; at most {MAX_ARRAYS} are read")
    size = sum(member.file_size for member in members)
    if size > MAX_FILE:
        raise ArraysError(f"{size} bytes when unpacked; at most {MAX_FILE} are read")
    arrays: dict[str, Array] = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if name == member.filename or not name.isidentifier():
            raise ArraysError(
                f"{member.filename[:60]!r} in it is no array with the name of an input"
            )
        if name in arrays:
            raise ArraysError(f"there are two arrays {name} in it")
        with archive.open(member) as file:
            arrays[name] = _member(name, file, member.file_size)
    return arrays


def _member(name: str, file: IO[bytes], size: int) -> Array:
    """One array; its header is believed only where the bytes are really there."""
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, in_columns, dtype = read(file)
    except (ValueError, KeyError, TypeError):
        raise ArraysError(f"{name} in it is no array of numbers as numpy.savez writes it") from None
    if dtype.hasobject or dtype.kind not in "fiub":
        raise ArraysError(f"{name} is an array of {dtype.name}; inputs are real numbers")
    if prod(shape) * dtype.itemsize != size - file.tell() or any(n < 0 for n in shape):
        raise ArraysError(f"{name} in it is cut off, or not of the shape that it claims")
    entries = np.frombuffer(file.read(), dtype=dtype)
    return _plain(entries.reshape(shape, order="F" if in_columns else "C"))


def _check_file(path: Path) -> None:
    status = path.stat()
    if not S_ISREG(status.st_mode):
        raise ArraysError("this is not a file")
    if status.st_size > MAX_FILE:
        raise ArraysError(f"{status.st_size} bytes; at most {MAX_FILE} are read")


def _plain(array: Array) -> Array:
    """The same numbers in this machine's byte order, in types of at most 8 bytes."""
    if array.dtype.kind not in "fiub":
        raise ArraysError(f"an array of {array.dtype.name}; inputs are real numbers")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array.astype(array.dtype.newbyteorder("="))
