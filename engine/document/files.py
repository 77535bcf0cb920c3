"""Documents on disk."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from engine.document import limits
from engine.document.document import Document, DocumentError
from engine.document.members import PASSES
from engine.document.read import read_bytes
from engine.document.write import write_bytes

_LARGEST = limits.BYTES + 2**20  # nothing larger can unpack to no more than is allowed


def save(document: Document, path: str | os.PathLike[str]) -> None:
    """Write a document to a file, whole or not at all: whoever reads the file meanwhile finds the
    old one.

    Raises DocumentError, which names the file, where it cannot be written.
    """
    data = write_bytes(document)
    try:
        if Path(path).exists() and not Path(path).is_file():
            Path(path).write_bytes(data)  # a pipe is written to, not replaced
            return
        target = Path(os.path.realpath(path))
        beside = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}")
        try:
            beside.write_bytes(data)
            if target.exists():
                beside.chmod(stat.S_IMODE(target.stat().st_mode))
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise DocumentError(f"{path}: cannot be written: {_reason(error)}") from error


def load(path: str | os.PathLike[str]) -> Document:
    """The document in a file. Raises DocumentError, which names the file, in every case."""
    try:
        special = Path(path).exists() and not Path(path).is_file()
        size = 0 if special else Path(path).stat().st_size
        data = b"" if special or size > _LARGEST else _start_of(path)
    except (OSError, ValueError) as error:
        raise DocumentError(f"{path}: cannot be read: {_reason(error)}") from error
    if special:
        raise DocumentError(f"{path}: this is no file")
    if max(size, len(data)) > _LARGEST:
        raise DocumentError(
            f"{path}: the file is larger than a trace document can be ({limits.BYTES // 2**20} MB)"
        )
    try:
        document = read_bytes(data)
        for at, p in enumerate(document.trace.passes):
            if p.index != at:  # the bytes of a single later pass are no document on disk
                raise DocumentError(f"{PASSES}, line {at + 1}: the index is {p.index}, not {at}")
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error
    return document


def _start_of(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:
        return file.read(_LARGEST + 1)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
