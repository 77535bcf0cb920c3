"""Documents on disk: whole or not at all, and every error names the file."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

import engine
from engine.document import SUFFIX, Document, DocumentError, Source, limits, load, save, write_bytes
from engine.trace import Trace
from tests.engine.document.samples import assert_alike, assert_bits

DOCUMENT = Document(engine.record(lambda x: x * x, x=3.0), Source("expression", "", "x*x"))


def test_a_document_is_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / f"run{SUFFIX}"
    save(DOCUMENT, path)
    assert_alike(load(path).trace, DOCUMENT.trace)
    assert load(str(path)).source == DOCUMENT.source
    assert path.read_bytes() == write_bytes(DOCUMENT)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_the_passes_of_a_file_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "run.bptrace"
    p = replace(DOCUMENT.trace.passes[0], index=3)
    path.write_bytes(write_bytes(Document(Trace((p,)))))
    with pytest.raises(DocumentError, match=r"passes.jsonl, line 1: the index is 3, not 0"):
        load(path)


def test_a_node_of_many_operands(tmp_path: Path) -> None:
    path = tmp_path / "run.bptrace"
    trace = engine.record(lambda x: engine.sum(engine.stack([x] * 32_769)), x=3.0)
    assert int(trace.passes[0].slots.max()) == 32_768
    save(Document(trace), path)
    assert_bits(load(path).trace.passes[0].slots, trace.passes[0].slots)


def test_an_old_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "run.bptrace"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link = tmp_path / "link.bptrace"
    link.symlink_to(path)
    save(DOCUMENT, link)
    assert link.is_symlink()
    assert_alike(load(path).trace, DOCUMENT.trace)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_document_that_cannot_be_made_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.bptrace"
    path.write_bytes(b"old")
    with pytest.raises(DocumentError, match="the name of the source"):
        save(Document(DOCUMENT.trace, Source("file", "n" * 10_001, "")), path)
    assert path.read_bytes() == b"old"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(
        DocumentError, match=r"nowhere/run.bptrace: cannot be written: No such file"
    ):
        save(DOCUMENT, tmp_path / "nowhere" / "run.bptrace")
    with pytest.raises(DocumentError, match="cannot be written: Is a directory"):
        save(DOCUMENT, tmp_path)
    with pytest.raises(DocumentError, match="cannot be written: embedded null"):
        save(DOCUMENT, "a\0b")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    read, write = os.pipe()
    save(DOCUMENT, f"/dev/fd/{write}")
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == write_bytes(DOCUMENT)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "run.bptrace"
    with pytest.raises(DocumentError, match=r"run.bptrace: cannot be read: No such file"):
        load(path)
    with pytest.raises(DocumentError, match="this is no file"):
        load(tmp_path)
    with pytest.raises(DocumentError, match="cannot be read: embedded null"):
        load("a\0b")
    with pytest.raises(DocumentError, match="/dev/zero: this is no file"):
        load("/dev/zero")
    path.write_bytes(b"")
    with pytest.raises(DocumentError, match=r"run.bptrace: the file is empty"):
        load(path)
    path.write_bytes(write_bytes(DOCUMENT)[:-30])
    with pytest.raises(DocumentError, match=r"run.bptrace: the file is damaged: it has no proper"):
        load(path)
    with path.open("wb") as file:
        file.truncate(limits.BYTES + 2**20 + 1)
    with pytest.raises(DocumentError, match=r"larger than a trace document can be \(256 MB\)"):
        load(path)
