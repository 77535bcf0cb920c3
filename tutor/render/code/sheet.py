"""Expressions as lines of a program: what is used twice gets a name, what is too long is parted.

A sheet is the body of one function. Several sheets share one `Names`, so that what one function
keeps in a variable is found again by another.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections import Counter
from collections.abc import Iterable

import numpy as np

from engine.arrays.code import ATOM, SUM, Code, Part, bracketed

WIDTH = 88
_LONG_PART = 20
_LONG_ARRAY = 8
_LONG_NAME = 40


class Names:
    """Which names are taken, which expressions are alike, and which variable holds which.

    Two expressions are alike when they are written alike; all that are alike have one number.
    variables: by number. uses: how often an expression is used, by number. arrays: long
    arrays of plain numbers, which stand outside the functions, by name.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self.taken = {*reserved, *keyword.kwlist}
        self.variables: dict[int, str] = {}
        self.uses: Counter[int] = Counter()
        self.arrays: dict[str, Code] = {}
        self._numbers: dict[tuple[object, ...], int] = {}
        self._known: dict[int, tuple[int, Code]] = {}
        self._parts = 1

    def new(self, wish: str, otherwise: str = "v") -> str:
        """A fresh identifier, as near as may be to the one wished for; `otherwise` stands before
        what cannot begin one."""
        plain = unicodedata.normalize("NFKC", wish)
        name = "".join(c if f"a{c}".isidentifier() else "_" for c in plain[:_LONG_NAME])
        name = name if name.isidentifier() else f"{otherwise}{name}"
        count, made = 1, name
        while made in self.taken:
            count += 1
            made = f"{name}_{count}"
        self.taken.add(made)
        return made

    def part(self) -> str:
        """A fresh name for a part of an expression: t1, t2, …"""
        while f"t{self._parts}" in self.taken:
            self._parts += 1
        return self.new(f"t{self._parts}")

    def number(self, code: Code) -> int:
        """The number of an expression."""
        known = self._known.get(id(code))
        if known is not None:
            return known[0]
        key = tuple([p if isinstance(p, str) else (self.number(p[0]), p[1]) for p in code.parts])
        number = self._numbers.setdefault(key, len(self._numbers))
        self._known[id(code)] = number, code
        return number

    def count(self, roots: Iterable[Code]) -> None:
        """Note how often each part of these expressions is used; parts that are alike count as
        one, in whatever they stand."""
        seen: set[int] = set()
        waiting = list(roots)
        for code in waiting:
            self.uses[self.number(code)] += 1
        while waiting:
            code = waiting.pop()
            number = self.number(code)
            if number in seen:
                continue
            seen.add(number)
            for operand in code.operands:
                self.uses[self.number(operand)] += 1
                waiting.append(operand)


class Sheet:
    """The lines of one function. used: the variables that they read. needs: the functions of ours
    that they call."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.lines: list[str] = []
        self.used: set[str] = set()
        self.needs: set[str] = set()
        self.made: list[str] = []
        self._own: set[str] = set()  # variables whose array, if it is one, nothing else sees
        self._numbers: set[str] = set()  # variables that hold a number, which cannot change

    def assign(self, name: str, code: Code, *, keep: bool, note: str = "") -> None:
        """`name = code`. keep: the variable will not change, so it stands for the expression."""
        number = self.names.number(code)
        written = self._written(code, root=keep)
        line = f"{name} = {written}"
        self.lines.append(f"{line}  # {note}" if note and len(line) < WIDTH else line)
        self._note(name, code, written)
        if keep:
            self.names.variables.setdefault(number, name)

    def add(self, name: str, code: Code) -> None:
        """`name += code`, in place where the variable's array is its own."""
        written = self._written(code)
        if name in self._own:
            self.lines.append(f"{name} += {written}")
            return
        self.lines.append(f"{name} = {name} + {bracketed(written, _level(written, code), SUM + 1)}")
        self._own.add(name)
        if not code.shape:
            self._numbers.add(name)

    def own(self, name: str) -> None:
        """Note that a variable's array is its own."""
        self._own.add(name)

    def _note(self, name: str, code: Code, written: str) -> None:
        self.made.append(name)
        if written.isidentifier():
            number = written in self._numbers
        else:
            number = not isinstance(code.value, np.ndarray)
        if number:
            self._numbers.add(name)
        if number or (code.own and not written.isidentifier()):
            self._own.add(name)

    def _written(self, code: Code, root: bool = False) -> str:
        names = self.names
        number = names.number(code)
        if code.kind == "variable":
            self.used.add(str(code.parts[0]))
            return str(code.parts[0])
        if number in names.variables:
            self.used.add(names.variables[number])
            return names.variables[number]
        if code.needs:
            self.needs.add(code.needs)
        if code.kind == "array" and code.size >= _LONG_ARRAY:
            name = names.new("places" if code.dtype.kind in "iub" else "numbers")
            names.arrays[name] = code
            names.variables[number] = name
            return name
        texts = {id(operand): self._written(operand) for operand in code.operands}
        while len(text := _text(code, texts)) > WIDTH:
            longest = max(code.operands, key=lambda x: len(texts[id(x)]), default=code)
            if len(texts.get(id(longest), "")) < _LONG_PART:
                break
            texts[id(longest)] = self._part(longest, texts[id(longest)])
        if not root and names.uses[number] > 1 and not _is_slight(code):
            return self._part(code, text)
        return text

    def _part(self, code: Code, text: str) -> str:
        """A variable for a part of an expression."""
        name = self.names.part()
        self.lines.append(f"{name} = {text}")
        self._note(name, code, text)
        self.used.add(name)
        self.names.variables[self.names.number(code)] = name
        return name


def _text(code: Code, texts: dict[int, str]) -> str:
    return "".join([_piece(part, texts) for part in code.parts])


def _piece(part: Part, texts: dict[int, str]) -> str:
    if isinstance(part, str):
        return part
    code, least = part
    written = texts[id(code)]
    return bracketed(written, _level(written, code), least)


def _level(written: str, code: Code) -> int:
    return ATOM if written.isidentifier() else code.level


def _is_slight(code: Code) -> bool:
    """Whether an expression costs no more to write again than to name: `-x`, `W.T`, `x[:, None]`,
    a number."""
    if code.kind in ("literal", "array"):
        return True
    simple = all(x.kind in ("variable", "literal") for x in code.operands)
    return simple and (code.kind == "view" or code.parts[0] == "-")
