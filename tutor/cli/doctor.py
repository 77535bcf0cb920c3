"""`backprop doctor`: what is installed, what the terminal can do, whether there is a GPU."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tutor import __version__
from tutor.cli.errors import RIGHT, WRONG
from tutor.cli.terminal import colour_level, is_interactive, size, stdout_console, unicode_ok
from tutor.render.sanitise import sanitise
from tutor.settings.paths import data_folder, state_folder

NAME = "doctor"
HELP = "Say what is installed and what this terminal can do."
EXAMPLES = (
    ("backprop doctor", "everything, as a table"),
    ("backprop doctor --json", "the same as data, for a bug report or a script"),
)

_NEEDED = ("textual", "rich", "numpy", "sympy", "platformdirs")
_COLOURS = {
    "none": "no colours",
    "16": "16 colours",
    "256": "256 colours",
    "truecolor": "16 million colours",
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """What standard output is and can show. `why` explains missing colours; columns and lines."""

    interactive: bool
    kind: str
    colours: str
    why: str | None
    unicode: bool
    columns: int
    lines: int


@dataclass(frozen=True, slots=True)
class Gpu:
    """Whether a kernel ran on a GPU; `why` says which one, or what is missing."""

    found: bool
    why: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of ours and whether a file can be written there."""

    path: str
    writable: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the doctor looked at. A version of None means: not installed."""

    versions: Mapping[str, str | None]
    platform: str
    terminal: Terminal
    gpu: Gpu
    data: Folder
    state: Folder

    @property
    def problems(self) -> list[str]:
        """What keeps the program from working fully, one sentence each."""
        missing = [name for name in _NEEDED if self.versions[name] is None]
        sentences = [f"{name} is not installed: install backprop-tutor again" for name in missing]
        for folder in (self.data, self.state):
            if not folder.writable:
                sentences.append(f"{folder.path} cannot be written: {folder.why}")
        return sentences


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the two ways of printing."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="plain lines, also on a terminal")
    form.add_argument("--json", action="store_true", help="the findings as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 when something that the program needs is missing."""
    findings = examine()
    if arguments.json:
        data = {"format": 1, **asdict(findings), "problems": findings.problems}
        print(json.dumps(data, indent=2))
    elif arguments.text or colour_level() == "none":
        for section, rows in report(findings).items():
            print(section)
            for name, told in rows:
                print(f"  {name}: {told}")
    else:
        _print_table(findings)
    return WRONG if findings.problems else RIGHT


def examine() -> Findings:
    """Look at everything. Takes a moment where CuPy is installed, because a kernel is run."""
    return Findings(
        versions=_versions(),
        platform=platform.platform(),
        terminal=_terminal(),
        gpu=_gpu(),
        data=_folder(data_folder()),
        state=_folder(state_folder()),
    )


def report(findings: Findings) -> dict[str, list[tuple[str, str]]]:
    """Return what the doctor says: sections of named sentences, made safe to print."""
    terminal = findings.terminal
    colours = _COLOURS[terminal.colours] + (f" ({terminal.why})" if terminal.why else "")
    sections = {
        "Versions": [
            ("Platform", findings.platform),
            *((name, version or "not installed") for name, version in findings.versions.items()),
        ],
        "Terminal": [
            ("Interface", "can be opened" if terminal.interactive else "cannot be opened here"),
            ("Kind", terminal.kind or "TERM is not set"),
            ("Colours", colours),
            ("Characters", "Unicode" if terminal.unicode else "ASCII only"),
            ("Size", f"{terminal.columns} columns, {terminal.lines} lines"),
        ],
        "GPU": [("Found" if findings.gpu.found else "Not used", findings.gpu.why)],
        "Folders": [("Data", _told(findings.data)), ("State", _told(findings.state))],
        "Problems": [(str(i), told) for i, told in enumerate(findings.problems, 1)]
        or [("None", "all that is needed is there")],
    }
    return {
        title: [(name, sanitise(told, unicode=terminal.unicode)) for name, told in rows]
        for title, rows in sections.items()
    }


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {
        "backprop-tutor": __version__,
        "Python": platform.python_version(),
    }
    for name in _NEEDED:
        versions[name] = _version_of(name)
    cupy = ("cupy", "cupy-cuda12x", "cupy-cuda13x")
    versions["cupy"] = next((v for v in map(_version_of, cupy) if v is not None), None)
    return versions


def _version_of(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _terminal() -> Terminal:
    columns, lines = size()
    colours = colour_level()
    kind = os.environ.get("TERM", "")
    why = None
    if colours == "none":
        if not sys.stdout.isatty():
            why = "standard output is no terminal"
        elif os.environ.get("NO_COLOR"):
            why = "NO_COLOR is set"
        else:
            why = f"TERM is {kind or 'not set'}"
    return Terminal(is_interactive(), kind, colours, why, unicode_ok(), columns, lines)


def _gpu() -> Gpu:
    """Run one tiny kernel through CuPy. Any failure is an answer, never an error of ours."""
    if importlib.util.find_spec("cupy") is None:
        if sys.platform != "linux":
            return Gpu(False, "CuPy runs on Linux with an NVIDIA GPU; here NumPy computes")
        how = "pip install '.[cuda12]' or '.[cuda13]' in the clone"
        return Gpu(False, f"CuPy is not installed: {how}")
    try:
        import cupy

        count = cupy.cuda.runtime.getDeviceCount()
        numbers = cupy.arange(8, dtype=cupy.float64)
        total = float((numbers * numbers).sum().get())
        if total != 140.0:
            return Gpu(False, f"a test kernel gave {total} where 140 is right")
        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode(errors="replace")
    except Exception as error:
        reason = " ".join(str(error).split()) or "no reason given"
        return Gpu(False, f"CuPy is installed but does not work: {type(error).__name__}: {reason}")
    return Gpu(True, f"{name}" + (f", the first of {count}" if count > 1 else ""))


def _folder(path: Path) -> Folder:
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        return Folder(str(path), False, error.strerror or str(error))
    return Folder(str(path), True, None)


def _told(folder: Folder) -> str:
    return f"{folder.path} ({'writable' if folder.writable else f'not writable: {folder.why}'})"


def _print_table(findings: Findings) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None, pad_edge=False)
    for section, rows in report(findings).items():
        table.add_row(Text(section, style="bold"))
        for name, told in rows:
            good = not (section == "Problems" and findings.problems)
            table.add_row(Text(f"  {name}"), Text(told, style="" if good else "bold red"))
    stdout_console().print(table)
