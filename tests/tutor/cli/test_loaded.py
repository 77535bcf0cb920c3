"""The commands on traces that were loaded and are strange, and on files that are no traces."""

from __future__ import annotations

import json
import random
import struct
import zipfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from engine.document import read_bytes
from tests.tutor.loaded import DOCUMENTS, mutated
from tutor.cli.main import main

OWN = """
import numpy as np
from engine.ops.declare import REAL, op

@op("⊙", rule="the gradient times the other factor", domain=(REAL, REAL), elementwise=True)
def bespoke(xp, a, b):
    return a * b

@bespoke.gradient
def _(xp, g, out, a, b):
    return g * b, g * a

def loss(x=2.0, w=3.0):
    return bespoke(np.tanh(x), w) * 2
"""


def runs(names: list[str], chance: random.Random) -> list[list[str]]:
    """Every command without a screen, and most of their options."""
    node, path = chance.choice(names), "run.bptrace"
    given = [
        ["open", path, "--text"],
        ["open", path, "--json"],
        ["open", path, "--break", "value is nan", "--watch", f"grad({node})", "--json"],
        ["open", path, "--until", f"grad({node}) written"],
        ["open", path, "--do", "end", "--do", f"cells {node}", "--json"],
        ["open", path, "--at", "x=1", "--text"],
        ["trace", path, "--step", "lr=0.1", "--text", "--ascii"],
        ["trace", path, "--dtype", "float16", "--json"],
        ["trace", path, "--upstream", "2", "--text"],
        ["audit", path],
        ["audit", path, "--json"],
        ["why", path, node],
        ["why", path, node, "--cut", "1", "--json"],
        ["compare", path, "other.bptrace", "--json"],
        ["compare", path, "--if", f"{node}=tanh"],
        ["predict", path, "--json"],
        ["predict", path, "--line"],
    ]
    kinds = ("svg", "text", "latex", "markdown", "json", "numpy")
    return [*given, *[["export", kind, path] for kind in kinds]]


def no_constant(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


def survive(data: bytes, seed: int, capsys: pytest.CaptureFixture[str], mp: Any) -> None:
    """Run every command; each gives an answer, says what is wrong, or what was given wrong."""
    chance = random.Random(seed)
    Path("run.bptrace").write_bytes(data)
    names = [node.name for node in read_bytes(data).trace.nodes[:30]]
    for argv in runs(names, chance):
        mp.setattr("sys.stdin", StringIO("1\nnan\nhint\n(2,)\nx\n" * 6))
        code = main(argv)
        out, err = capsys.readouterr()
        assert code in (0, 1, 2), (argv, err)
        assert "Traceback" not in out + err, argv
        assert "Warning" not in err, (argv, err)
        assert out if code < 2 else err.count("\n") <= 4, (argv, err)
        if "--json" in argv and code < 2:
            for line in out.splitlines():
                json.loads(line, parse_constant=no_constant)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.bptrace").write_bytes(DOCUMENTS["foreign-layer"])
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("foreign-layer", "no-rows") else pytest.param(name, marks=pytest.mark.long)
        for name in DOCUMENTS
    ],
)
def test_every_command_on_a_strange_trace(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    survive(DOCUMENTS[name], 0, capsys, monkeypatch)


@pytest.mark.parametrize(
    "seeds", [range(2), pytest.param(range(2, 100), marks=pytest.mark.long)], ids=str
)
def test_every_command_on_a_trace_with_other_numbers_and_ops(
    seeds: range, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in seeds:
        survive(mutated(seed), seed, capsys, monkeypatch)


def test_what_cannot_be_checked_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.bptrace").write_bytes(DOCUMENTS["foreign"])
    assert main(["open", "run.bptrace", "--text", "--prove"]) == 0
    said = capsys.readouterr().out
    why = "the op bespoke is not known to this program"
    assert f"The gradients cannot be checked: {why}." in said
    assert f"SymPy: skipped: {why}." in said
    assert main(["open", "run.bptrace", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert checks["finite_difference"] == {"agrees": None, "max_error": None, "why": why}


def test_a_function_with_an_op_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.py").write_text(OWN)
    assert main(["trace", "own.py:loss", "--text", "--save", "run.bptrace"]) == 0
    said = capsys.readouterr().out
    assert "bespoke(" in said or "⊙" in said
    assert "the op bespoke is not known to this program" in said
    assert main(["open", "run.bptrace", "--json"]) == 0
    nodes = json.loads(capsys.readouterr().out)["nodes"]
    (own,) = [node for node in nodes if node["op"] == "bespoke"]
    assert own["rule"] is None


def test_another_seed_and_another_dtype_run_the_graph_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("run.bptrace").write_bytes(DOCUMENTS["branch"])
    assert main(["open", "run.bptrace", "--upstream", "5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["inputs"]["x"]["grad"] == 10.0
    assert main(["open", "run.bptrace", "--at", "x=0.1", "--dtype", "float16", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["inputs"]["x"]["value"] == 0.0999755859375


def bomb() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("about.json", b" " * 10**7)
    return buffer.getvalue()


def with_member(name: str) -> bytes:
    buffer = BytesIO(DOCUMENTS["branch"])
    with zipfile.ZipFile(buffer, "a") as file:
        file.writestr(name, b"x")
    return buffer.getvalue()


GOOD = DOCUMENTS["foreign"]
HOSTILE = {
    "empty": b"",
    "text": b"no trace at all\n",
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.",
    "half": GOOD[: len(GOOD) // 2],
    "no end": GOOD[:-22],
    "flipped": GOOD[:60] + bytes([GOOD[60] ^ 255]) + GOOD[61:],
    "bomb": bomb(),
    "strange member": with_member("\x1b[2J../../evil.py"),
    "huge directory": GOOD[:-10] + struct.pack("<I", 2**31) + GOOD[-6:],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_trace_gets_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad.bptrace").write_bytes(HOSTILE[name])
    for command in (["open"], ["audit"], ["export", "json"]):
        assert main([*command, "bad.bptrace"]) == 2
        out, err = capsys.readouterr()
        assert not out
        assert err.startswith(f"backprop {command[0]}: error: bad.bptrace: ")
        assert len(err.splitlines()) == 1
        assert err.strip().isprintable()
