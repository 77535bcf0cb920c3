"""A user's function in a child process: what comes back, and every way in which it can go wrong."""

from __future__ import annotations

import os
import random
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.document import read_bytes
from tutor.sandbox import run_function
from tutor.sandbox.functions import (
    FileTarget,
    FunctionError,
    Job,
    file_target,
    run,
    start,
)

DATA = Path(__file__).parents[2] / "data" / "functions"
BROKEN = DATA / "broken.py"


@pytest.fixture
def in_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run the child's side in this process, and leave no trace of it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    modules = set(sys.modules)
    states = random.getstate(), np.random.get_state()
    yield
    for name in set(sys.modules) - modules:
        del sys.modules[name]
    random.setstate(states[0])
    np.random.set_state(states[1])


def answered(path: Path, function: str, text: str | None = None, **inputs: Any) -> Any:
    """What the child would answer: the told part, and the trace."""
    settings = {"upstream": inputs.pop("upstream", None), "dtype": inputs.pop("dtype", None)}
    request = {
        "path": str(path),
        "text": path.read_text() if text is None else text,
        "function": function,
        "names": list(inputs),
        "upstream": settings["upstream"] is not None,
        "dtype": settings["dtype"],
        "seed": 3,
        "index": 2,
        "seconds": 5.0,
    }
    values = [*inputs.values(), *([settings["upstream"]] if request["upstream"] else [])]
    told, document = run_function.answer(request, values)
    return told, read_bytes(document).trace if document else None


def test_a_function_comes_back_as_a_trace() -> None:
    target = file_target(f"{DATA / 'mlp.py'}:loss")
    assert target == FileTarget(DATA / "mlp.py", "loss")
    ran = run(target, {"decay": 0.5, "y": np.array([2, 2, 0, 1, 1])}, index=1)
    p = ran.trace.passes[0]
    assert p.index == 1
    assert list(p.inputs) == ["W1", "b1", "W2", "b2", "x", "decay"]
    assert p.values[p.inputs["decay"]] == 0.5
    assert [ran.trace.node(i).name for i in (7, 9)] == ["z1", "h1"]
    assert ran.trace.node(ran.trace.id("e")).scope == ("softmax",)
    assert ran.trace.node(ran.trace.id("z1")).location.line == 25
    assert ran.source.kind == "file"
    assert ran.source.text == (DATA / "mlp.py").read_text()
    assert (Path(ran.source.name).name, ran.source.function) == ("mlp.py", "loss")
    assert [(a.name, a.required, a.traced) for a in ran.arguments[-2:]] == [
        ("y", False, False),
        ("decay", False, True),
    ]
    assert ran.arguments[1].default.tolist() == [0.0] * 4
    assert ran.arguments[-1].default == 1e-3
    assert list(ran.passed) == ["y"]
    assert ran.printed == ""


def test_what_is_printed_is_captured_from_whoever_prints() -> None:
    ran = run(FileTarget(BROKEN, "prints"), {"x": 3.0})
    assert ran.printed == "y is 9.00\na warning\nfrom a subprocess\n"
    assert ran.trace.value(ran.trace.output) == 9.0


def test_a_copy_of_the_process_does_not_answer() -> None:
    assert run(FileTarget(BROKEN, "forks"), {}).trace.grad("x") == 3.0


def test_of_a_flood_the_end_is_kept() -> None:
    printed = run(FileTarget(BROKEN, "floods"), {}).printed
    first, _, rest = printed.partition("\n")
    assert first == f"… {2_000_000 + 8 - 65_536} bytes before this were left out"
    assert rest.endswith("z\nthe end\n")
    assert len(rest) == 65_536


@pytest.mark.parametrize(
    ("function", "kind", "said", "printed"),
    [
        ("ends", "crash", "ended its process with exit code 7", "so far so good\n"),
        ("crashes", "crash", "SIGSEGV", "about to crash\n"),
        ("asks", "exception", "EOFError", "how many? "),
        ("closes_all", "crash", "could not be handed over", ""),
    ],
)
def test_the_parent_lives_on(function: str, kind: str, said: str, printed: str) -> None:
    with pytest.raises(FunctionError, match=said) as caught:
        run(FileTarget(BROKEN, function), {})
    assert caught.value.kind == kind
    assert caught.value.printed == printed
    assert "\n" not in str(caught.value)


def test_a_loop_without_end_is_stopped_at_its_time_or_before() -> None:
    job = start(FileTarget(BROKEN, "endless"), {}, seconds=0.4)
    assert job.poll() is None
    with pytest.raises(FunctionError, match=r"endless was still running after 0\.4 s") as caught:
        job.wait()
    assert caught.value.kind == "timeout"
    stopped = start(FileTarget(BROKEN, "endless"), {})
    stopped.stop()
    with pytest.raises(FunctionError, match="stopped") as caught:
        stopped.poll()
    assert caught.value.kind == "stopped"


def test_an_interrupt_while_waiting_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    job = start(FileTarget(BROKEN, "endless"), {})
    child = job._child

    def interrupted(timeout: float | None = None) -> int:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(child, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        job.wait()
    assert child.poll() is not None


def test_what_the_function_started_ends_with_it() -> None:
    ran = run(FileTarget(BROKEN, "leaves_a_sleeper"), {})
    assert ran.trace.value(ran.trace.output) == 1.0
    asked = ["ps", "-o", "stat=", "-p", ran.printed.strip()]
    state = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    assert state.strip()[:1] in ("", "Z")


def test_a_job_can_be_polled() -> None:
    job: Job = start(FileTarget(DATA / "neuron.py", "loss"), {"w": 0.25})
    while (ran := job.poll()) is None:
        time.sleep(0.01)
    assert job.poll() is ran
    assert ran.trace.value("w") == 0.25
    job.stop()
    assert job.wait() is ran


def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    file = tmp_path / "endless.py"
    file.write_text(
        f"ALIVE = open({str(alive)!r}, 'w')\nprint('here', file=ALIVE, flush=True)\n"
        "def f(x=1.0):\n    while True:\n        pass\n"
    )
    program = (
        "import sys, pathlib\n"
        "from tutor.sandbox.functions import FileTarget, start\n"
        "start(FileTarget(pathlib.Path(sys.argv[1]), 'f'), {}, seconds=1000).wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(file)])
    with alive.open("rb", buffering=0) as pipe:  # which ends when its last writer does
        assert pipe.readline() == b"here\n"
        parent.kill()
        parent.wait()
        assert select.select([pipe], [], [], 30.0)[0]
        assert pipe.read() == b""


@pytest.mark.parametrize(
    ("function", "kind", "said", "line"),
    [
        ("raises", "exception", "KeyError: 'b'", 14),
        ("leaves", "exception", r"the code ended itself with sys\.exit\(3\)", 18),
        ("hoards", "exception", "MemoryError: .*GB are allowed", 73),
        (
            "pair",
            "output",
            "py: the function returned a tuple; it must return one Tensor: one of",
            None,
        ),
        ("nothing", "output", "py: the function returned nothing; it must", None),
        ("loses", "output", r"the result of loses depends on none of its inputs \(x\)", None),
        ("fills", "refused", r"plain NumPy array \(broken\.py:91\).*zeros_like", 91),
        ("adds", "refused", r"\(broken\.py:98\).*write a = a \+", 98),
        ("as_ints", "refused", r"a tensor has no \.astype; NumPy's functions", 104),
        ("star", "arguments", r"takes \*args", None),
        ("only_words", "output", "no parameter that is a float", None),
        ("NOT_A_FUNCTION", "missing", "it is no function", None),
        ("absent", "missing", "there is no such name", None),
    ],
)
def test_an_error_is_told_as_theirs(
    in_here: None, function: str, kind: str, said: str, line: int | None
) -> None:
    told, trace = answered(BROKEN, function)
    assert trace is None
    assert told["kind"] == kind
    error = FunctionError(
        told["message"],
        kind=told["kind"],
        file=str(BROKEN),
        line=told["line"],
        column=told["column"],
        source_line=told["source_line"],
    )
    assert told["line"] == line, told
    if line is not None:
        assert told["source_line"] == BROKEN.read_text().splitlines()[line - 1]
        assert told["column"] > 1
        assert f"broken.py:{line}" in str(error)
    import re

    assert re.search(said, str(error)), str(error)
    assert "\n" not in str(error)
    assert "run_function" not in str(error)


def test_missing_and_unknown_arguments_are_named(in_here: None) -> None:
    told, _ = answered(BROKEN, "needs", x=1.0)
    assert told["kind"] == "arguments"
    assert told["message"] == (
        "needs is missing a value for w: give numbers with --at w=0.5, or arrays with --at file.npz"
    )
    told, _ = answered(BROKEN, "needs", x=1.0, w=1.0, moed=2.0)
    assert told["message"] == "needs has no parameter moed; did you mean mode?"
    told, _ = answered(BROKEN, "raises", x=1.0, zzz=2.0)
    assert told["message"] == "raises has no parameter zzz; it takes x"


def test_keywords_places_and_others(in_here: None) -> None:
    _, trace = answered(BROKEN, "keyword_only", x=3.0, extra=4.0, power=3.0)
    assert trace.value(trace.output) == 2.0 * 27.0 + 4.0
    assert list(trace.inputs) == ["x", "scale", "extra"]
    _, trace = answered(BROKEN, "by_place", x=2.0)
    assert trace.value(trace.output) == 6.0


def test_whole_numbers_stay_whole_where_the_function_wants_them(in_here: None) -> None:
    text = (
        "import numpy as np\n"
        "def f(x: float, n: int, k=2, on=True, labels=np.array([0, 1]), m=None):\n"
        "    assert type(n) is int and type(k) is int and on is not None\n"
        "    return sum(x[i] for i in labels[:n]) * k * (1.0 if m is None else m)\n"
    )
    path = DATA / "typed.py"
    x = np.array([1.5, 2.5])
    told, trace = answered(path, "f", text, x=x, n=2.0, labels=np.array([1.0, 1.0]), k=3.0)
    assert list(trace.inputs) == ["x"]
    assert trace.grad("x").tolist() == [0.0, 6.0]
    assert [one["traced"] for one in told["arguments"]] == [True, *[False] * 5]
    _, trace = answered(path, "f", text.replace("type(k) is int", "k"), x=x, n=1.0, k=2.5, m=0.5)
    assert list(trace.inputs) == ["x", "k", "m"]
    assert trace.value(trace.output) == 1.5 * 2.5 * 0.5


def test_upstream_dtype_and_seed(in_here: None) -> None:
    text = (
        "import random\nimport numpy as np\nA, B = random.random(), np.random.rand()\n"
        "def f(x=np.array([1.0, 2.0])):\n    return x * A + random.random() * B\n"
    )
    path = DATA / "chance.py"
    one = answered(path, "f", text, upstream=np.array([1.0, -1.0]), dtype="float32")[1]
    two = answered(path, "f", text)[1]
    assert one.passes[0].index == 2
    assert one.node(0).dtype == "float32"
    np.testing.assert_allclose(one.value(one.output), two.value(two.output), rtol=1e-6)
    np.testing.assert_allclose(one.grad("x"), two.grad("x") * [1.0, -1.0], rtol=1e-6)
    told, _ = answered(path, "f", text, upstream=np.ones(3))
    assert told["kind"] == "arguments"
    assert "gradient of shape (3,)" in told["message"]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("def f(x=1.0):\n    return x +\n", "SyntaxError: invalid syntax", 2),
        ("import nowhere_at_all\n", "ModuleNotFoundError: No module named 'nowhere_at_all'", 1),
        ("x = 1\n\x00", "null bytes", None),
        ("raise SystemExit\n", "the code ended itself", 1),
        (
            "class E(BaseException):\n    def __str__(self):\n        1/0\nraise E\n",
            "E: .it cann",
            4,
        ),
        ("raise ValueError('a\\n  b')\n", "ValueError: a b", 1),
        ("def f(x=1.0):\n    import re\n    re.compile('(')\n", "error: missing \\)", 3),
    ],
)
def test_a_file_that_fails_on_its_own(
    in_here: None, tmp_path: Path, text: str, said: str, line: int | None
) -> None:
    import re

    told, trace = answered(tmp_path / "bad.py", "f", text)
    assert trace is None
    assert told["kind"] == "exception"
    assert told["line"] == line
    assert re.search(said, told["message"]), told["message"]


def test_what_lies_beside_the_file_can_be_imported(in_here: None, tmp_path: Path) -> None:
    (tmp_path / "layers_beside.py").write_text("def twice(v):\n    return v * 2\n")
    path = tmp_path / "numpy.py"
    text = (
        "from layers_beside import twice\nimport numpy as np\nimport engine\n"
        "from dataclasses import dataclass\n@dataclass\nclass Box:\n    v: object\n"
        "def f(x=2.0):\n    y = twice(Box(engine.exp(x)).v)\n    return np.log(y)\n"
        "if __name__ == '__main__':\n    raise RuntimeError\n"
    )
    _, trace = answered(path, "f", text)
    assert trace.value(trace.output) == pytest.approx(2.0 + np.log(2.0))
    assert trace.node(trace.id("y")).location.line == 9


def test_targets_that_are_there_and_those_that_are_not(tmp_path: Path) -> None:
    file = tmp_path / "loss.py"
    file.write_text(
        "import math\nfrom os import path as where\nif True:\n    def mse(x):\n        inner = 1\n"
        "    huber = lambda x: x\ntry:\n    import numpy\nexcept ImportError:\n    numpy = None\n"
        "class Model:\n    def __call__(self, x):\n        pass\nmodel = Model()\n"
    )
    for name in ("mse", "huber", "model", "where", "numpy"):
        assert file_target(f" {file}:{name} ") == FileTarget(file, name)
    for text in ("(x + y)*z", "x.py + 1", "run.bptrace", "loss.pyc:f", "a.py:f\nb"):
        assert file_target(text) is None
    for text, said in (
        (
            f"{file}:model.loss",
            r"'model\.loss' is no name of a function .* return model\.loss\(x\)",
        ),
        (f"{file}:pi", r"has no function pi; there is loss\.py:mse"),
        (f"{file}:msee", r"loss\.py has no function msee; did you mean loss\.py:mse\?"),
        (f"{file}:inner", "has no function inner"),
        (f"{file}", r"say which function, as in loss\.py:loss; there is loss\.py:mse"),
        (f"{file}:", "say which function"),
        (f"{file}:1x", "'1x' is no name of a function"),
        (f"{tmp_path}/los.py:f", r"there is no such file; did you mean loss\.py\?"),
        (f"{tmp_path}/nowhere/a.py:f", "there is no such file"),
    ):
        with pytest.raises(FunctionError, match=said) as caught:
            file_target(text)
        assert caught.value.kind == "missing"
        assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder.py"
    folder.mkdir()
    coded = tmp_path / "coded.py"
    coded.write_bytes(b"# coding: no-such-code\nx = 1\n")
    latin = tmp_path / "latin.py"
    latin.write_bytes(b"# -*- coding: latin-1 -*-\ns = '\xe9'\ndef f(x): return x\n")
    large = tmp_path / "large.py"
    large.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    for path, said in (
        (folder, "this is not a file"),
        (coded, "no text in the encoding"),
        (large, "at most 4194304 are read"),
    ):
        with pytest.raises(FunctionError, match=said):
            file_target(f"{path}:f")
    assert file_target(f"{latin}:f") is not None
    broken = tmp_path / "broken.py"
    broken.write_text("def f(:\n")
    assert file_target(f"{broken}:f") == FileTarget(broken, "f")
    os.remove(broken)
    with pytest.raises(FunctionError, match="no such file"):
        start(FileTarget(broken, "f"), {})


def test_inputs_that_are_no_numbers_are_refused_before_anything_runs() -> None:
    with pytest.raises(FunctionError, match="x is no number or array of numbers") as caught:
        start(FileTarget(BROKEN, "prints"), {"x": ["a", "b"]})
    assert caught.value.kind == "arguments"
