from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tutor import __version__
from tutor.cli import doctor
from tutor.cli.main import main


def test_json_says_what_is_there(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == 1
    assert found["versions"]["backprop-tutor"] == __version__
    assert found["versions"]["numpy"] == np.__version__
    assert found["terminal"]["colours"] == "none"
    assert found["terminal"]["why"] == "standard output is no terminal"
    assert (found["terminal"]["columns"], found["terminal"]["lines"]) == (80, 24)
    assert found["data"] == {"path": str(home / "data"), "writable": True, "why": None}
    assert found["problems"] == []


def test_piped_it_prints_the_same_plain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    piped = capsys.readouterr().out
    assert main(["doctor", "--text"]) == 0
    assert capsys.readouterr().out == piped
    assert f"  backprop-tutor: {__version__}\n" in piped
    assert "  Colours: no colours (standard output is no terminal)\n" in piped
    assert "\x1b" not in piped


def test_both_forms_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--text", "--json"]) == 2
    assert "not allowed with argument" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_a_problem(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    home.write_text("a file where the folder should be")
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert f"{home / 'data'} cannot be written: Not a directory" in told
    assert "not writable: Not a directory" in told


def test_a_missing_part_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        doctor, "_NEEDED", (*doctor._NEEDED, "a-distribution-that-is-not-installed")
    )
    assert main(["doctor"]) == 1
    assert "is not installed: install backprop-tutor again" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environment", "why"),
    [({"NO_COLOR": "1"}, "NO_COLOR is set"), ({"TERM": "dumb"}, "TERM is dumb")],
)
def test_it_says_why_there_are_no_colours(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], why: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert doctor.examine().terminal.why == why


def cupy(count: int = 1, error: Exception | None = None, factor: float = 1.0) -> SimpleNamespace:
    """A stand-in for CuPy: so many devices, or this error, or wrong numbers."""

    class Numbers:
        def __mul__(self, other: Numbers) -> Numbers:
            return self

        def sum(self) -> Numbers:
            return self

        def get(self) -> float:
            return 140.0 * factor

    def devices() -> int:
        if error is not None:
            raise error
        return count

    runtime = SimpleNamespace(
        getDeviceCount=devices, getDeviceProperties=lambda index: {"name": b"A GPU"}
    )
    return SimpleNamespace(
        cuda=SimpleNamespace(runtime=runtime),
        arange=lambda stop, dtype: Numbers(),
        float64=float,
        __spec__=object(),
    )


@pytest.mark.parametrize(
    ("module", "found", "why"),
    [
        (cupy(), True, "A GPU"),
        (cupy(2), True, "A GPU, the first of 2"),
        (
            cupy(error=RuntimeError("cudaErrorNoDevice:\n no device")),
            False,
            "CuPy is installed but does not work: RuntimeError: cudaErrorNoDevice: no device",
        ),
        (cupy(factor=2.0), False, "a test kernel gave 280.0 where 140 is right"),
    ],
)
def test_the_gpu_is_tried_and_the_answer_explained(
    monkeypatch: pytest.MonkeyPatch, module: SimpleNamespace, found: bool, why: str
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", module)
    assert doctor._gpu() == doctor.Gpu(found, why)


@pytest.mark.parametrize(
    ("system", "why"), [("linux", "CuPy is not installed"), ("darwin", "CuPy runs on Linux")]
)
def test_without_cupy_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, system: str, why: str
) -> None:
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "platform", system)
    gpu = doctor._gpu()
    assert not gpu.found
    assert gpu.why.startswith(why)
