"""Named bytes in a zip, and back, without trust in what the zip says of itself."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from engine.document import limits
from engine.document.document import DocumentError

_LEVEL = 1  # numbers hardly get smaller with more effort
_CHUNK = 2**18
_NAMES = 64 * 1024  # bytes of the zip's directory
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def zipped(members: Mapping[str, bytes]) -> bytes:
    """The members as a zip, the same bytes for the same members.

    What deflates to less than a hundredth is stored as it is, so that no reader has to take it for
    a bomb. Raises DocumentError where there is more than a reader would take.
    """
    total = sum(map(len, members.values()))
    if total > limits.BYTES:
        raise DocumentError(
            f"the trace takes {_megabytes(total)}; a document holds at most "
            f"{_megabytes(limits.BYTES)}"
        )
    as_they_are: set[str] = set()
    while True:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for name, data in members.items():
                deflated = name not in as_they_are
                how = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o644 << 16  # for whoever unpacks it
                file.writestr(entry, data, how, _LEVEL)
            dense = {
                entry.filename
                for entry in file.infolist()
                if entry.file_size > limits.RATIO * entry.compress_size
            }
        if not dense:
            return buffer.getvalue()
        as_they_are |= dense


class Archive:
    """A zip that is read member by member, up to the limits. Raises DocumentError throughout."""

    def __init__(self, data: bytes) -> None:
        self._left = limits.BYTES
        _check_ends(data)
        try:
            self._file = zipfile.ZipFile(io.BytesIO(data))
            entries = self._file.infolist()
        except _BROKEN as error:
            raise DocumentError(f"the file is damaged: {_said(error)}") from error
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) < len(entries):
            names = [entry.filename for entry in entries]
            twice = next(name for name in names if names.count(name) > 1)
            raise DocumentError(f"the member {shown(twice)} occurs twice")
        _check_places(entries)

    @property
    def names(self) -> frozenset[str]:
        """What the members are called."""
        return frozenset(self._entries)

    def read(self, name: str, most: int = limits.BYTES) -> bytes:
        """The bytes of a member, at most so many; counted while they are inflated, whatever the
        zip announces."""
        entry = self._entries[name]
        allowed = min(most, self._left, limits.RATIO * entry.compress_size)
        chunks, count = [], 0
        try:
            with self._file.open(entry) as file:
                while chunk := file.read(_CHUNK):
                    count += len(chunk)
                    if count > allowed:
                        raise DocumentError(f"{name}: {self._excess(count, most)}")
                    chunks.append(chunk)
        except DocumentError:
            raise
        except _BROKEN as error:
            raise DocumentError(f"{name}: the file is damaged: {_said(error)}") from error
        if count != entry.file_size:
            raise DocumentError(f"{name}: the file is damaged: it ends too early")
        self._left -= count
        return b"".join(chunks)

    def _excess(self, count: int, most: int) -> str:
        if count > most:
            return f"it is larger than {_megabytes(most)}"
        if count > self._left:
            return f"the file unpacks to more than {_megabytes(limits.BYTES)}"
        return f"it unpacks to more than {limits.RATIO} times its size"


def _check_ends(data: bytes) -> None:
    """Whether the file begins and ends as a zip written here, with a short directory; a hostile
    one could have millions of entries, which Python's reader would all make."""
    if not data:
        raise DocumentError("the file is empty")
    if not data.startswith(b"PK\x03\x04"):
        raise DocumentError("this is no trace document (its first bytes are not those of a zip)")
    if data[-22:-18] != b"PK\x05\x06" or data[-42:-38] == b"PK\x06\x07":
        raise DocumentError("the file is damaged: it has no proper end; it may be cut off")
    size = int.from_bytes(data[-10:-6], "little")
    start = int.from_bytes(data[-6:-2], "little")
    if size > _NAMES or start + size != len(data) - 22:
        raise DocumentError("the file is damaged: its directory is not where it should be")


def _check_places(entries: list[zipfile.ZipInfo]) -> None:
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise DocumentError(f"the member {shown(entry.filename)} lies over another one")
        end = entry.header_offset + 30 + len(entry.filename) + entry.compress_size


def shown(text: str) -> str:
    """Text of the file as a message may show it: in quotes, short, and in ASCII."""
    return ascii(text if len(text) <= 40 else text[:39] + "…")


def _said(error: Exception) -> str:
    """The first line of what a library said, without quotes from the file."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return ascii(text[:80])[1:-1]


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.0f} MB"
