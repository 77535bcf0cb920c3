"""Write what the commands of the documents print into them: `python docs/make_outputs.py`.

In a ```console block each line that begins with `$ ` is typed, in the order of the document, in a
folder that looks like a fresh clone, and what it prints follows. Where a line `…` stands in what
follows, as many lines as stand before it and after it are kept. Commands in ```sh blocks are typed
as well, because others may need the files they write.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = "docs/examples"
DOCUMENTS = tuple(sorted(path for folder in ("", "docs") for path in (ROOT / folder).glob("*.md")))
CUT = "…"


@dataclass(frozen=True, slots=True)
class Example:
    """A command line of a document. code: the exit code that it announces. shown: the lines under
    it, None where none are shown. first: the number of the line under it, from 0."""

    line: str
    code: int = 0
    shown: tuple[str, ...] | None = None
    first: int = 0


def examples(text: str) -> Iterator[Example]:
    """The command lines of a document, from top to bottom.

    Those are the lines of its ```sh blocks and the prompts of its ```console blocks that begin
    with `backprop`, and what stands in the text as code, if it is more than a command's name. With
    `…` in it a line is a pattern and no example. `# exit code 1` behind a line announces one.
    """
    lines = text.splitlines()
    block = ""
    for number, line in enumerate(lines):
        if line.startswith("```"):
            block = "" if block else line.removeprefix("```") or "text"
        elif not block:
            for code in re.findall(r"`(backprop [^`]+)`", line):
                if len(code.split()) > 2 and CUT not in code:
                    yield Example(code)
        elif block == "sh" and line.startswith("backprop ") and CUT not in line:
            yield Example(line, announced(line))
        elif block == "console" and line.startswith("$ backprop "):
            under = []
            for following in lines[number + 1 :]:
                if following.startswith(("$ ", "```")):
                    break
                under.append(following)
            command = line.removeprefix("$ ")
            yield Example(command, announced(command), tuple(under), number + 1)


def announced(text: str) -> int:
    """The exit code that a line, or what is said about it, announces."""
    found = re.search(r"exit code (\d+)", text)
    return int(found[1]) if found else 0


@contextlib.contextmanager
def clone(folder: Path) -> Iterator[None]:
    """Work in a folder that holds of a clone what the examples need, with settings of its own."""
    shutil.copytree(ROOT / EXAMPLES, folder / EXAMPLES, ignore=shutil.ignore_patterns("__*"))
    before = os.environ.get("BACKPROP_TUTOR_HOME")
    os.environ["BACKPROP_TUTOR_HOME"] = str(folder / "home")
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        if before is None:
            del os.environ["BACKPROP_TUTOR_HOME"]
        else:
            os.environ["BACKPROP_TUTOR_HOME"] = before


def typed(line: str) -> tuple[int, list[str]]:
    """Type a command where no terminal is. Returns its exit code and the lines that it prints, the
    talk before the data."""
    from tutor.cli.main import main

    words = shlex.split(line, comments=True)
    given = ""
    if "<" in words:
        at = words.index("<")
        given = Path(words[at + 1]).read_text(encoding="utf-8")
        del words[at : at + 2]
    data, talk = io.StringIO(), io.StringIO()
    asked, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8")
    try:
        with contextlib.redirect_stdout(data), contextlib.redirect_stderr(talk):
            code = main(words[1:])
    finally:
        sys.stdin = asked
    return code, [line.rstrip() for line in (talk.getvalue() + data.getvalue()).splitlines()]


def abridged(printed: list[str], shown: tuple[str, ...]) -> list[str]:
    """What is printed, cut as what was shown before is cut."""
    if CUT not in shown:
        return printed
    head = shown.index(CUT)
    tail = len(shown) - head - 1
    if len(printed) <= head + tail:
        return printed
    return [*printed[:head], CUT, *printed[len(printed) - tail :]]


def remade(text: str) -> str:
    """A document with what its commands print now. It changes the working folder's files."""
    lines = text.splitlines()
    made: list[str] = []
    done = 0
    for example in examples(text):
        _, printed = typed(example.line)
        if example.shown is not None:
            made += lines[done : example.first]
            made += abridged(printed, example.shown)
            done = example.first + len(example.shown)
    return "\n".join([*made, *lines[done:]]) + "\n"


def main() -> None:
    """Write all documents anew, and say which ones changed."""
    for document in DOCUMENTS:
        before = document.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder, clone(Path(folder)):
            after = remade(before)
        if after != before:
            document.write_text(after, encoding="utf-8")
            print(f"{document.relative_to(ROOT)} changed")


if __name__ == "__main__":
    main()
