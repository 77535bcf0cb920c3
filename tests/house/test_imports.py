"""Who may import what: looked at in fresh interpreters, and in the source."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("cupy", "numpy", "rich", "sympy", "textual", "textual_plot", "torch")
REFUSED_CALLS = {"eval", "exec", "lambdify", "parse_expr", "sympify"}

PROBE = """
import importlib, json, sys
heavy = {heavy!r}
found = {{}}
for name in {modules!r}:
    before = set(sys.modules)
    importlib.import_module(name)
    found[name] = [library for library in heavy if library in sys.modules and library not in before]
print(json.dumps(found))
"""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources() -> list[Path]:
    return sorted(path for part in ("engine", "tutor", "lessons") for path in part_files(part))


def part_files(part: str) -> Iterator[Path]:
    return (ROOT / part).rglob("*.py")


def room(module: str) -> str:
    """Return the room a module belongs to: the engine, a symbolic half, or a room of tutor."""
    first, *rest = module.split(".")
    if is_symbolic(module):
        return f"{first} (symbolic)"
    if first != "tutor":
        return first
    return ".".join([first, *rest[:1]])


def is_symbolic(module: str) -> bool:
    """Return whether a module may import SymPy at its top: nobody imports these at start-up."""
    return module.startswith(
        ("engine.arrays.symbol", "engine.proof.symbolic", "tutor.judge.proof.symbolic")
    )


def rooms() -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for module in map(module_name, sources()):
        if not module.endswith("__main__"):
            grouped.setdefault(room(module), []).append(module)
    return grouped


def imported_by(modules: list[str]) -> dict[str, list[str]]:
    """Import `modules` one after the other in a fresh interpreter; what each of them brought in."""
    script = PROBE.format(heavy=HEAVY, modules=modules)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def allowed(name: str) -> set[str]:
    if name == "tutor.tui":
        return {"numpy", "rich", "textual"}
    if name in ("engine (symbolic)", "tutor (symbolic)"):
        return {"numpy", "sympy"}
    if name in ("tutor", "tutor.cli", "tutor.settings", "lessons"):
        return set()
    return {"numpy"}


@pytest.mark.parametrize("name", sorted(rooms()))
def test_a_room_brings_in_only_what_it_may(name: str) -> None:
    refused = {
        module: sorted(set(libraries) - allowed(name))
        for module, libraries in imported_by(rooms()[name]).items()
        if set(libraries) - allowed(name)
    }
    assert refused == {}


def test_the_probe_sees_what_is_imported() -> None:
    assert imported_by(["json", "rich.text", "textual.app"]) == {
        "json": [],
        "rich.text": ["rich"],
        "textual.app": ["textual"],
    }


def test_starting_a_command_brings_in_nothing_heavy() -> None:
    commands = ["tutor.cli.main", "tutor.cli.trace", "tutor.cli.doctor"]
    assert imported_by(commands) == {command: [] for command in commands}


def imports_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("textual", ("tutor/tui/",)),
        ("rich", ("tutor/tui/", "tutor/cli/")),
        ("cupy", ("engine/arrays/", "tutor/cli/doctor.py")),
        ("torch", ()),
    ],
)
def test_a_library_is_named_only_where_it_lives(library: str, places: tuple[str, ...]) -> None:
    strangers = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if not path.relative_to(ROOT).as_posix().startswith(places)
        and any(
            name == library or name.startswith(f"{library}.")
            for name in imports_of(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert strangers == []


def test_no_text_becomes_code() -> None:
    called = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in REFUSED_CALLS)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in REFUSED_CALLS)
        )
    ]
    assert called == []


def test_no_file_is_longer_than_one_idea() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): lines(path) for path in sources()}
    assert {name: count for name, count in lengths.items() if count > 500} == {}


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
