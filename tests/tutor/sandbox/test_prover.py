from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

import engine
from engine.trace import Trace
from tutor.language import parse
from tutor.sandbox import prover


def make(text: str, **inputs: object) -> Trace:
    return engine.record_with(parse(text).function(), inputs)


XYZ = make("(x + y)*z", x=-2, y=5, z=-4)

# A child that never answers, one that answers nonsense, one that dies.
SLEEPS = "import time; time.sleep(60)"
BABBLES = "print('no json')"
DIES = "import os; os.abort()"


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Start a program of the test's own instead of the prover."""
    real = subprocess.Popen
    command = [sys.executable, "-c", request.param]
    monkeypatch.setattr(subprocess, "Popen", lambda arguments, **options: real(command, **options))


def test_gradients_are_proved_in_a_child() -> None:
    assert prover.start(XYZ, seconds=60).wait().status == "proved"


def test_sympy_stays_out_of_the_parent() -> None:
    program = (
        "import sys, engine; from tutor.debugger import checks; from tutor.sandbox import prover\n"
        "t = engine.record(lambda x: x * x, x=2.0)\n"
        "checks.differences(t); prover.start(t).stop()\n"
        "sys.exit('sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_one_node_is_proved() -> None:
    assert prover.start(XYZ, 3, seconds=60).wait().status == "proved"


@pytest.mark.parametrize("child", [SLEEPS], indirect=True)
@pytest.mark.usefixtures("child")
def test_a_proof_that_takes_too_long_is_ended() -> None:
    job = prover.start(XYZ, seconds=0.2)
    assert job.poll() is None
    answer = job.wait()
    assert (answer.status, answer.why) == ("skipped", "no proof within 0.2 seconds")
    assert job.poll() is answer
    assert isinstance(job, prover.Job)
    assert job._child.returncode is not None


@pytest.mark.parametrize("child", [SLEEPS], indirect=True)
@pytest.mark.usefixtures("child")
def test_polling_ends_it_too() -> None:
    job = prover.start(XYZ, seconds=0.05)
    deadline = time.monotonic() + 20
    while (answer := job.poll()) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert answer is not None
    assert answer.status == "skipped"


@pytest.mark.parametrize("child", [SLEEPS], indirect=True)
@pytest.mark.usefixtures("child")
def test_a_job_can_be_stopped() -> None:
    job = prover.start(XYZ, seconds=60)
    job.stop()
    assert job.wait() == prover.Answer("skipped", "stopped")
    job.stop()


@pytest.mark.parametrize("child", [BABBLES, DIES], indirect=True)
@pytest.mark.usefixtures("child")
def test_a_child_without_an_answer_is_no_fault() -> None:
    answer = prover.start(XYZ, seconds=60).wait()
    assert answer.status == "skipped"
    assert "without an answer" in answer.why


def test_a_system_without_child_processes_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    answer = prover.start(XYZ).wait()
    assert (answer.status, "no child process" in answer.why) == ("skipped", True)


def test_what_need_not_be_tried_is_answered_at_once() -> None:
    assert prover.start(make("2*3")).poll() == prover.Answer(
        "skipped", "there is no gradient to prove"
    )

    def chain(x: engine.Tensor) -> engine.Tensor:
        for _ in range(300):
            x = x * 1.5
        return x

    answer = prover.start(engine.record(chain, x=1.0)).poll()
    assert answer is not None
    assert "601 nodes are too many" in answer.why


def test_large_arrays_are_not_sent() -> None:
    trace = engine.record(lambda W, x: (x @ W).sum(), W=np.ones((150, 150)), x=np.ones(150))
    why = "22,650 numbers are too many for a proof, at most 20,000"
    assert prover.start(trace) == prover.Refused(prover.Answer("skipped", why))


def test_numbers_that_symbols_cannot_hold_are_no_fault() -> None:
    answer = prover.start(make("x*y", x=float("nan"), y=float("inf")), seconds=60).wait()
    assert answer.status in ("proved", "numeric", "skipped")


def test_the_child_bounds_itself() -> None:
    program = (
        "import resource; from tutor.sandbox.prove import limit\n"
        "limit('RLIMIT_CPU', 7); print(resource.getrlimit(resource.RLIMIT_CPU)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["7"]
