"""An audit hook over the corpus: judging opens no file, imports, executes and starts nothing.

It runs in an interpreter of its own, because a hook cannot be taken out again. What judging needs
is imported before the first record; the hook is there from the first record on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "judge"

WATCHED = """
import json, sys
from pathlib import Path

import tutor.cli.main, tutor.cli.judge
from tutor.judge.records import answered

data, step = Path(sys.argv[1]), int(sys.argv[2])
contexts = {}
for path in sorted((data / "exercises").glob("*.json")):
    contexts.update(json.loads(path.read_text(encoding="utf-8")))
records = []
for path in sorted((data / "cases").glob("*.jsonl")):
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        context = contexts[case["exercise"]]
        given = {"context": context, "target": case["target"], "lines": case["lines"], "seed": 1}
        records.append((case["id"], json.dumps(given)))
neuron = json.dumps(contexts["neuron_sigmoid"])
hostile = ['', '[', '[' * 100000, 'x' * 2000000, '{"seed": ' + '7' * 5000 + '}', '\\ud800']
for lines in (
    ["(" * 500], ["__import__('os').system('true')"], ["9**9**9"], ["a" * 1000000],
    ["open('/etc/passwd')"], ["\\x00"], ["exec('1')"], ["eval('1')"], ["x"] * 100000,
    ["().__class__.__bases__"], ["lambda: 0"], ["f'{x}'"], ["import os"], ["x;y"], ["\\x1b[2J"],
):
    hostile.append(f'{{"context": {neuron}, "target": "dL/dw", "lines": {json.dumps(lines)}}}')
chosen = [(f"hostile {number}", text) for number, text in enumerate(hostile)] + records[::step]

BAD = ("open", "import", "exec", "compile", "subprocess.", "os.", "socket.", "ctypes.", "pickle.",
       "marshal.", "code.", "shutil.", "tempfile.", "mmap.", "urllib.", "pty.", "glob.", "pathlib.",
       "sqlite3.", "signal.", "builtins.input", "builtins.breakpoint", "sys.settrace")
case, found, counted = "", [], 0

def hook(event, arguments):
    global counted
    if case:
        counted += 1
        if event.startswith(BAD):
            found.append(f"{case}: {event} {ascii(arguments)[:200]}")

sys.addaudithook(hook)
modules = set(sys.modules)
told = {}
for case, text in chosen:
    answer = answered(text)
    told[case] = answer["verdict"]
case = ""
json.dump({
    "found": found[:5], "judged": told, "modules": sorted(set(sys.modules) - modules),
    "sympy": sorted(name for name in sys.modules if name.partition(".")[0] in (
        "sympy", "mpmath", "cupy", "textual", "rich")),
}, sys.stdout)
"""


def watched(step: int) -> dict[str, object]:
    """What the hook saw while every `step`-th case was judged, the hostile ones first."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(DATA), str(step)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("step", [60, pytest.param(1, marks=pytest.mark.long)], ids=str)
def test_judging_opens_imports_and_starts_nothing(step: int) -> None:
    seen = watched(step)
    assert seen["found"] == []
    assert seen["modules"] == []
    assert seen["sympy"] == []
    judged = seen["judged"]
    assert isinstance(judged, dict)
    assert len(judged) >= 20 + 1200 // step
    assert {told for case, told in judged.items() if case.startswith("hostile")} == {"reject"}


def test_the_hook_would_see_it() -> None:
    """The hook works: it sees an import, a file and a compilation on the way of a record."""
    changed = WATCHED.replace(
        "answer = answered(text)",
        "import colorsys; open('/dev/null').close(); compile('1', 'f', 'eval')\n"
        "    answer = answered(text)",
    )
    done = subprocess.run(
        [sys.executable, "-c", changed, str(DATA), "100000"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    seen = json.loads(done.stdout)
    assert [one.split()[2] for one in seen["found"]][:1] == ["import"]
    assert seen["modules"] == ["colorsys"]
