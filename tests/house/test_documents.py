"""What the documents and the help say to type, typed."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tutor.cli.main import COMMANDS, main

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def examples() -> list[str]:
    """Return the command lines of the documents and of each command's help."""
    found: list[str] = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        found += re.findall(
            r"(?:^|`)(?:\.venv/bin/)?(backprop (?:trace [\"-]|doctor)[^`\n]*)", text, re.M
        )
    for name in COMMANDS:
        found += [line for line, _ in importlib.import_module(f"tutor.cli.{name}").EXAMPLES]
    return sorted({line for line in found if "…" not in line})


@pytest.mark.parametrize("line", examples())
def test_an_example_does_what_it_says(
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "vector.npy", np.array([5.0, 6.0]))
    words = shlex.split(line, comments=True)
    assert words[0] == "backprop"
    code = main(words[1:])
    seen = capsys.readouterr()
    assert code == 0, seen.err
    assert seen.out


def test_the_python_in_the_readme_runs() -> None:
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.S)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_documents_have_examples() -> None:
    assert len([line for line in examples() if line.startswith("backprop trace")]) >= 5


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []
