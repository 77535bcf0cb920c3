"""What is installed, and that README, continuous integration and locks say the same."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tutor import __version__

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned(lock: str) -> dict[tuple[str, str], set[str]]:
    """Return the hashes of each line of a lock, by ``name==version`` and marker."""
    found: dict[tuple[str, str], set[str]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([a-z0-9._-]+==[^ ;]+)(?: ; (.+?))? *\\$", line):
            hashes = found.setdefault((match[1], match[2] or ""), set())
        elif match := re.fullmatch(r"    --hash=sha256:([0-9a-f]{64})( \\)?", line):
            hashes.add(match[1])
        else:
            assert line == "" or line.startswith("#") or line == "--only-binary :all:", line
    return found


def names(lines: list[str]) -> set[str]:
    return {re.split(r"[<>=!~; \[]", line, maxsplit=1)[0].lower() for line in lines}


def locked_names(lock: str) -> set[str]:
    return names([line for line, _ in pinned(lock)])


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_has_hashes(lock: str) -> None:
    assert pinned(lock)
    assert all(pinned(lock).values())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


def test_the_locks_hold_what_the_project_asks_for() -> None:
    needed = names(project()["dependencies"]) | {"hatchling"}
    assert needed <= locked_names("requirements.lock")
    dev = names(project()["optional-dependencies"]["dev"])
    assert needed | dev <= locked_names("requirements-dev.lock")
    assert not dev & locked_names("requirements.lock")


def test_the_locks_agree() -> None:
    dev = pinned("requirements-dev.lock")
    assert {line: dev.get(line) for line in pinned("requirements.lock")} == pinned(
        "requirements.lock"
    )


def test_numpy_is_there_for_every_python_from_3_11() -> None:
    markers = [m for line, m in pinned("requirements.lock") if line.startswith("numpy==")]
    assert sorted(markers) == ["python_full_version < '3.12'", "python_full_version >= '3.12'"]


def test_the_readme_and_the_machine_run_the_same_test_command() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = [block.strip() for block in blocks if "requirements-dev.lock" in block]
    assert len(commands) == 1
    assert commands[0] in script


def test_the_command_is_declared_and_there() -> None:
    module, _, function = project()["scripts"]["backprop"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_the_wheel_holds_the_three_packages_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.iterdir()
    assert wheel.name == f"backprop_tutor-{__version__}-py3-none-any.whl"
    files = zipfile.ZipFile(wheel).namelist()
    tops = {"engine", "tutor", "lessons", f"backprop_tutor-{__version__}.dist-info"}
    assert {name.partition("/")[0] for name in files} == tops
    for part in ("engine", "tutor", "lessons"):
        sources = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / part).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert {name for name in files if name.startswith(f"{part}/")} == sources
    assert {"engine/py.typed", "tutor/py.typed"} <= set(files)
