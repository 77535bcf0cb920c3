"""A learner's file in a child process: what comes back, and everything it may try instead."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tutor.sandbox import run_submission
from tutor.sandbox.packed import unpacked
from tutor.sandbox.submission import MOST_PRINTED, FunctionError, Submission, run, start

FENCED = sys.platform.startswith("linux") and platform.machine() in ("x86_64", "aarch64")
NAMES = ("dz", "dw")
INPUTS: list[dict[str, Any]] = [
    {"x": np.arange(3.0), "w": np.float64(2.0)},
    {"x": np.ones((2, 2)), "w": np.float64(-1.0)},
]
RIGHT = "return {'dz': w * x, 'dw': np.sum(x)}"


def written(folder: Path, body: str, name: str = "mine.py") -> Path:
    """A file whose function does what `body` says."""
    path = folder / name
    inner = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    path.write_text(f"import numpy as np\n\n\ndef backward(x, w):\n{inner}\n")
    return path


def submitted(folder: Path, body: str, **settings: Any) -> Submission:
    return run(written(folder, body), "backward", NAMES, INPUTS, **settings)


def answered(body: str) -> tuple[dict[str, Any], list[Any]]:
    """What the child would tell, in this process."""
    text = f"import numpy as np\n\n\ndef backward(x, w):\n{textwrap.indent(body, '    ')}\n"
    request = {
        "path": "/nowhere/mine.py",
        "text": text,
        "function": "backward",
        "names": list(NAMES),
        "inputs": [list(one) for one in INPUTS],
        "seed": 1,
        "memory": 2**30,
    }
    values = [np.asarray(x) for one in INPUTS for x in one.values()]
    told, document = run_submission.answer(request, values, lambda: None)
    return told, unpacked(document)


@pytest.fixture(autouse=True)
def _in_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    for name in ("mine", "user_mine"):
        monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]


def test_arrays_come_back_for_every_sample(tmp_path: Path) -> None:
    submission = submitted(tmp_path, f"print('hello')\n{RIGHT}")
    assert submission.failed is None
    assert [one["dz"].tolist() for one in submission.arrays] == [[0, 2, 4], [[-1, -1], [-1, -1]]]
    assert [float(one["dw"]) for one in submission.arrays] == [3.0, 4.0]
    assert submission.printed == "hello\n"
    assert submission.instead == {}


def test_what_is_no_array_is_told() -> None:
    told, arrays = answered("return {'dz': None, 'dw': 'x'}")
    assert told["instead"] == {"dz": "none", "dw": "a str"}
    assert arrays == []
    told, _ = answered("return {'dw': np.array([object()])}")
    assert told["instead"] == {"dz": "missing", "dw": "an array of object"}
    told, arrays = answered("return {'dz': [1, 2], 'dw': 3}")
    assert told["notes"] == {"dz": "a list"}
    assert [array.tolist() for array in arrays] == [[1, 2], 3] * 2
    told, _ = answered("return {'dz': np.zeros((2000, 2000)), 'dw': {}}")
    assert told["instead"] == {"dz": "an array of shape (2000, 2000)", "dw": "a dict"}


def test_what_was_worked_out_before_an_error_is_kept() -> None:
    told, arrays = answered("dz = w * x\ndw = None\nreturn {'dz': dz, 'dw': dz @ dw}")
    assert told["error"]["line"] == 7
    assert told["error"]["text"] == "    return {'dz': dz, 'dw': dz @ dw}"
    assert told["instead"] == {"dw": "none"}
    assert [array.tolist() for array in arrays] == [[0, 2, 4]]
    told, _ = answered("dq = 1 / 0")
    assert told["error"]["message"] == "ZeroDivisionError: division by zero"
    assert told["instead"] == {"dz": "unreached", "dw": "unreached"}


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("pass", "output", "it returns nothing, and has to return a dict"),
        ("return x", "output", "it returns a ndarray"),
        ("raise SystemExit(0)", "exception", "ended itself with sys.exit(0)"),
        (
            "class R:\n    def __repr__(self): 1/0\nraise SystemExit(R())",
            "exception",
            "sys.exit((it cannot say what is wrong))",
        ),
        ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
        ("return backward(x, w)", "exception", "RecursionError"),
        ("dz = = 3", "exception", "SyntaxError: invalid syntax"),
        ("class E(Exception):\n    def __str__(self): 1/0\nraise E", "exception", "cannot say"),
        ("class E(Exception):\n    def __str__(self): exit()\nraise E", "exception", "cannot say"),
        (
            "class D(dict):\n    def get(self, *a): raise SystemExit\nreturn D()",
            "exception",
            "exit",
        ),
    ],
)
def test_what_their_code_does_is_told_as_theirs(body: str, kind: str, said: str) -> None:
    told, arrays = answered(body)
    assert told["error"]["kind"] == kind
    assert said in told["error"]["message"]
    assert arrays == []


def test_a_function_that_is_missing_or_takes_something_else(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("forward = 1\n")
    missing = run(path, "backward", NAMES, INPUTS).failed
    assert missing is not None
    assert str(missing) == "mine.py: the file has no function backward"
    path.write_text("def backward(x):\n    return {}\n")
    other = run(path, "backward", NAMES, INPUTS).failed
    assert other is not None
    assert "backward has to take backward(x, w)" in other.message
    with pytest.raises(FunctionError, match="there is no such file"):
        run(tmp_path / "none.py", "backward", NAMES, INPUTS)
    with pytest.raises(FunctionError, match="this is not a file"):
        run(tmp_path, "backward", NAMES, INPUTS)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("import os; os._exit(0)", "crash", "exit code 0 before its arrays were handed over"),
        ("import os; os.closerange(0, 64)", "crash", "closed files that are not its own"),
        ("import ctypes; ctypes.string_at(0)", "crash", "SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "crash", "SIGKILL"),
    ],
)
def test_a_child_that_ends_is_told(tmp_path: Path, body: str, kind: str, said: str) -> None:
    submission = submitted(tmp_path, body)
    assert submission.failed is not None
    assert submission.failed.kind == kind
    assert said in submission.failed.message
    assert submission.arrays == ()


def test_a_verdict_is_nothing_that_a_submission_can_write(tmp_path: Path) -> None:
    forged = r"""
    import os
    print('{"right": true}')
    for fd in range(3, 64):
        try:
            os.write(fd, b'{"arrays": [], "instead": {}, "notes": {}, "error": null}\n')
        except OSError:
            pass
    os._exit(0)
    """
    submission = submitted(tmp_path, forged)
    assert submission.arrays == ()
    assert submission.failed is not None
    assert "no arrays that can be read" in submission.failed.message
    assert submission.printed.startswith('{"right": true}\n')


def test_what_a_submission_makes_up_is_kept_short_or_not_taken(tmp_path: Path) -> None:
    """It writes the reply itself: a long message, then a line beyond all numbers."""
    forged = r"""
    import io, json, os
    archive = io.BytesIO()
    np.savez(archive)
    error = {"kind": "exception", "message": "m" * 10**4, "line": LINE, "text": None}
    told = {"arrays": [], "instead": {"dz": "z" * 10**4}, "notes": {}, "error": error}
    for fd in range(3, 64):
        try:
            os.write(fd, json.dumps(told).encode() + b"\n" + archive.getvalue())
        except OSError:
            pass
    os._exit(0)
    """
    long = submitted(tmp_path, forged.replace("LINE", "7"))
    assert long.failed is not None
    assert (long.failed.line, long.failed.message) == (7, "m" * 600)
    assert long.instead == {"dz": "z" * 600}
    endless = submitted(tmp_path, forged.replace("LINE", "float('inf')"))
    assert endless.failed is not None
    assert "no arrays that can be read" in endless.failed.message


def test_functions_that_are_exchanged_change_nothing(tmp_path: Path) -> None:
    body = f"""
    import io, os, json
    np.savez = np.array = np.asarray = lambda *a, **k: None
    os.getpid = io.BytesIO = lambda *a: 1
    {RIGHT.replace("np.sum(x)", "x.sum()")}
    """
    submission = submitted(tmp_path, body)
    assert submission.failed is None
    assert float(submission.arrays[0]["dw"]) == 3.0


def test_time_is_limited(tmp_path: Path) -> None:
    for body in ("while True: pass", "import time; time.sleep(60)"):
        began = time.monotonic()
        submission = submitted(tmp_path, body, seconds=0.8)
        assert submission.failed is not None
        assert submission.failed.kind == "timeout"
        assert "still running after 0.8 seconds" in submission.failed.message
        assert time.monotonic() - began < 20


def test_memory_is_limited(tmp_path: Path) -> None:
    submission = submitted(tmp_path, "a = np.ones(2**28)", memory=128)
    assert submission.failed is not None
    said = "at most 128 MB are allowed" in submission.failed.message
    assert said or not sys.platform.startswith("linux")  # elsewhere it may not be enforced


def test_of_a_flood_the_end_is_kept(tmp_path: Path) -> None:
    flood = "for _ in range(64): print('x' * 2**20)\nprint('the end')\n" + RIGHT
    submission = submitted(tmp_path, flood)
    assert submission.failed is None
    assert submission.printed.endswith("x\nthe end\n")
    assert len(submission.printed) < MOST_PRINTED + 100


def test_too_many_arrays_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    names = [f"d{i}" for i in range(40)]
    path.write_text(
        "import numpy as np\n"
        "def backward(x, w):\n"
        f"    return {{f'd{{i}}': np.ones(99_999) for i in range({len(names)})}}\n"
    )
    submission = run(path, "backward", names, INPUTS)
    assert submission.failed is not None
    assert "more than 16 MB of arrays" in submission.failed.message


TRIES = """
import os, signal, socket, subprocess
import resource
parent = os.getppid()
def tried(what, act):
    try:
        act()
        print(what, "done")
    except (OSError, AttributeError):
        print(what, "denied")
tried("write", lambda: open("left.txt", "w"))
tried("remove", lambda: os.remove(__file__))
tried("rename", lambda: os.rename(__file__, __file__ + "x"))
tried("mkdir", lambda: os.mkdir("folder"))
tried("link", lambda: os.symlink(__file__, "link"))
tried("fork", lambda: os.fork() or os._exit(0))
tried("run", lambda: subprocess.run(["true"]))
tried("socket", lambda: socket.socket())
tried("kill", lambda: os.kill(parent, 0))
tried("limit", lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE, (9, 9)))
tried("memory", lambda: open(f"/proc/{parent}/mem", "r+b"))
tried("read", lambda: open(__file__).close())
"""


def test_a_fence_keeps_files_processes_and_the_network_away(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"{TRIES}\ndef backward(x, w):\n    return {{}}\n")
    submission = run(path, "backward", NAMES, INPUTS)
    told = dict(line.split() for line in submission.printed.splitlines())
    denied = {what for what, how in told.items() if how == "denied"}
    every = {*told} - {"read"}
    assert told["read"] == "done"
    assert denied == every or not FENCED
    assert len(every) == 11
    assert [one.name for one in tmp_path.iterdir()] == ["mine.py"] or not FENCED


def test_what_is_started_ends_with_it(tmp_path: Path) -> None:
    """A bomb of forks ends, with or without a fence."""
    bomb = "import os\nfor _ in range(6): os.fork()\nimport time; time.sleep(30)"
    submission = submitted(tmp_path, bomb, seconds=1.5)
    assert submission.failed is not None
    assert submission.failed.kind in ("timeout", "exception")


def test_a_childs_environment_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_SECRET", "42")
    submission = submitted(tmp_path, f"import os; print(sorted(os.environ))\n{RIGHT}")
    assert submission.failed is None
    assert "OUR_SECRET" not in submission.printed
    assert "'PATH'" in submission.printed


def test_what_lies_beside_the_file_can_be_imported_and_shadows_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine_too.py").write_text("two = 2\n")
    (tmp_path / "struct.py").write_text("raise ImportError('shadow')\n")
    (tmp_path / "numpy.py").write_text("raise ImportError('shadow')\n")
    submission = submitted(tmp_path, f"import mine_too, struct; print(mine_too.two)\n{RIGHT}")
    assert submission.failed is None
    assert submission.printed == "2\n"


def test_a_job_can_be_stopped(tmp_path: Path) -> None:
    job = start(written(tmp_path, "while True: pass"), "backward", NAMES, INPUTS)
    assert job.poll() is None
    job.stop()
    stopped = job.poll()
    assert stopped is not None
    assert stopped.failed is not None
    assert stopped.failed.kind == "stopped"
    assert job.wait() is stopped


def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    path = written(tmp_path, "import os; print(os.getpid(), flush=True)\nwhile True: pass")
    note = tmp_path / "note"
    program = (
        "import sys, time; from pathlib import Path; import numpy as np\n"
        "from tutor.sandbox.submission import start\n"
        "inputs = [{'x': np.ones(2), 'w': np.ones(2)}]\n"
        f"job = start(Path({str(path)!r}), 'backward', ['dz'], inputs)\n"
        f"Path({str(note)!r}).write_text(str(job._child.pid))\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], env={**os.environ})
    ends = time.monotonic() + 30
    while not (note.exists() and note.read_text()) and time.monotonic() < ends:
        time.sleep(0.05)
    child = int(note.read_text())
    parent.kill()
    parent.wait()
    while _is_alive(child) and time.monotonic() < ends:
        time.sleep(0.1)
    assert not _is_alive(child)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return sys.platform != "linux"
