"""What the documents and the help say to type, typed."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from docs import make_keys
from docs.make_outputs import DOCUMENTS, Example, abridged, announced, clone, examples, typed
from tutor.actions.keymap import chosen
from tutor.cli.main import COMMANDS
from tutor.debugger.stops.parser import parse_condition
from tutor.settings.settings import NAMES, as_data, read

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "debugger.md"
SAVED = (
    "backprop trace docs/examples/deep.py:loss --save run.bptrace",
    'backprop trace "tanh(w*x)" --at w=1,x=2 --save before.bptrace',
    'backprop trace "tanh(w*x)" --at w=3,x=2 --save after.bptrace',
)


def wrong_in(lines: list[Example]) -> list[str]:
    """What does not do what it says, when one types all of it from top to bottom."""
    wrong = []
    for example in lines:
        code, printed = typed(example.line)
        if code != example.code:
            wrong.append(f"{example.line}: exit code {code}, not {example.code}: {printed}")
        elif not printed:
            wrong.append(f"{example.line} prints nothing")
        elif example.shown is not None:
            now = abridged(printed, example.shown)
            if now != list(example.shown):
                wrong.append(f"{example.line} prints what docs/make_outputs.py would write: {now}")
    return wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_examples_of_a_document_do_what_it_says(document: Path, tmp_path: Path) -> None:
    text = document.read_text(encoding="utf-8")
    with clone(tmp_path):
        assert wrong_in(list(examples(text))) == []
        for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            if document.name != "CONTRIBUTING.md":  # which shows what to write, and no program
                assert printed_by(code)


def printed_by(code: str) -> str:
    """What a program prints that works with this checkout. Raises CalledProcessError."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=surroundings,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_the_help_do_what_it_says(name: str, tmp_path: Path) -> None:
    told = importlib.import_module(f"tutor.cli.{name}").EXAMPLES
    with clone(tmp_path):
        np.save("vector.npy", np.array([5.0, 6.0]))
        for line in SAVED:
            assert typed(line)[0] == 0
        assert wrong_in([Example(line, announced(meaning)) for line, meaning in told]) == []


def test_examples_are_found_where_documents_have_them() -> None:
    text = (
        "Type `backprop trace x --at x=3` or `backprop doctor`, as in `backprop trace … --json`.\n"
    )
    text += "```sh\nbackprop audit x   # exit code 1: wrong\nls\nbackprop open …\n```\n"
    text += "```console\n$ backprop why x x\n1\n…\n$ other\n2\n```\n```\n$ backprop no\n```\n"
    assert list(examples(text)) == [
        Example("backprop trace x --at x=3"),
        Example("backprop audit x   # exit code 1: wrong", 1),
        Example("backprop why x x", 0, ("1", "…"), 8),
    ]
    assert abridged(["1", "2", "3"], ("0", "…", "9")) == ["1", "…", "3"]
    assert abridged(["1", "2", "3"], ("0", "9")) == ["1", "2", "3"]


def test_the_documents_have_examples() -> None:
    found = [example for document in DOCUMENTS for example in examples(document.read_text())]
    assert {example.line.split()[1] for example in found} >= set(COMMANDS)
    assert len([example for example in found if example.shown]) >= 10


def test_the_settings_that_are_shown_can_be_set() -> None:
    [shown] = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    settings, wrong = read(tomllib.loads(shown))
    assert wrong == []
    assert set(as_data(settings)) == {*NAMES, "keys"}
    assert chosen(settings.keymap, settings.keys)[1] == []


def test_the_conditions_that_are_shown_can_be_read() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    [table] = re.findall(r"\| it stops \| typed \|\n\|.*\n((?:\|.*\n)+)", text)
    conditions = re.findall(r"`([^`]+)`", table.replace("\\|", "|"))
    assert len(conditions) > 10
    for condition in conditions:
        parse_condition(condition)


def test_the_table_of_keys_is_that_of_the_actions() -> None:
    assert make_keys.PAGE.read_text(encoding="utf-8") == make_keys.page()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target, heading in re.findall(r"\]\((?!https?://)([^)#]*)#?([^)]*)\)", text):
        page = document.parent / target if target else document
        assert page.exists(), target
        if heading:
            assert heading in headings(page), f"{target}#{heading}"


def headings(page: Path) -> list[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
