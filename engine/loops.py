"""Loops of the user's own file, counted: each turn of `for t in ...` becomes a scope.

Python does not tell from outside which turn a loop is in. So the file is compiled with one change:
what a `for` loop runs over is handed out by a `Loop`, one item at a time. Lines, columns, results
and errors stay what they are.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from types import CodeType, FrameType, ModuleType
from typing import Any, Protocol

import numpy as np

from engine.state import MODE

_WATCH = "__turns__"


@dataclass(frozen=True, slots=True)
class Site:
    """A `for` statement: its variables, and where its body begins and ends (line, column)."""

    names: tuple[str, ...]
    start: tuple[int, int]
    end: tuple[int, int]

    def covers(self, line: int, column: int | None) -> bool:
        """Whether a place lies in the body; by its line alone where there is no column."""
        if column is None:
            return self.start[0] <= line <= self.end[0]
        return self.start <= (line, column) < self.end


class Watcher(Protocol):
    """Something that wants to know of loops under way."""

    def began(self, loop: Loop) -> None:
        """The loop is about to begin."""

    def made_so_far(self) -> int:
        """The number of nodes at this moment."""

    def fetched(self, loop: Loop, since: int) -> None:
        """A turn begins, whose item was made by the nodes from number `since` on."""

    def ended(self, loop: Loop) -> None:
        """There are no more items."""


class Loop:
    """A loop under way in a frame: it hands out the items. turn: the number of the present one,
    from 0. begins: the turn begins with nodes that made its item."""

    __slots__ = ("_ahead", "_watcher", "begins", "frame", "item", "named", "site", "turn")

    def __init__(self, site: Site, items: Iterable[Any], watcher: Watcher, frame: FrameType):
        self._ahead = iter(items)
        self._watcher = watcher
        self.frame = frame
        self.site = site
        self.turn = -1
        self.item: Any = None
        self.begins = False
        self.named: Any = None  # kept by the watcher: what the present turn is called
        watcher.began(self)

    def __iter__(self) -> Loop:
        return self

    def __next__(self) -> Any:
        before = self._watcher.made_so_far()
        try:
            self.item = next(self._ahead)
        except BaseException:
            self._watcher.ended(self)
            raise
        self.turn += 1
        if self._watcher.made_so_far() != before:
            self._watcher.fetched(self, before)
        return self.item

    def title(self, variable: str) -> str:
        """The present turn in words: `t=3` for whole numbers, else the variable and the turn's
        number: `layer 3`."""
        names = self.site.names
        items = (
            self.item if len(names) > 1 and isinstance(self.item, (tuple, list)) else [self.item]
        )
        whole = [
            f"{variable if name == names[0] else name}={int(item)}"
            for name, item in zip(names, items, strict=False)
            if isinstance(item, (int, np.integer)) and not isinstance(item, bool)
        ]
        return ",".join(whole) if whole else f"{variable} {self.turn}"


def load(name: str, path: str, text: str) -> ModuleType:
    """Import a text as the module `name` of the file `path`, with its loops counted.

    Raises SyntaxError, and whatever the text raises when it is run.
    """
    loader = _Loader(name, path, text)
    spec = spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        tree = ast.parse(text, path)
        marking = _Marking()
        marked = ast.fix_missing_locations(marking.visit(tree))
        self._code = compile(marked, path, "exec", dont_inherit=True)
        self._sites = marking.sites

    def get_code(self, fullname: str) -> CodeType:
        return self._code

    def exec_module(self, module: ModuleType) -> None:
        setattr(module, _WATCH, self._turns)
        super().exec_module(module)

    def _turns(self, items: Iterable[Any], number: int) -> Iterable[Any]:
        """What a loop runs over: the items themselves where nobody is watching."""
        watcher = getattr(MODE.get(), "calls", None)
        if watcher is None:
            return items
        return Loop(self._sites[number], items, watcher, sys._getframe(1))


class _Marking(ast.NodeTransformer):
    """Puts the iterable of each `for` statement into a call."""

    def __init__(self) -> None:
        self.sites: list[Site] = []

    def visit_For(self, node: ast.For) -> ast.For:
        last = node.body[-1]
        site = Site(
            tuple(_names(node.target)) or ("turn",),
            (node.body[0].lineno, node.body[0].col_offset),
            (last.end_lineno or last.lineno, last.end_col_offset or 0),
        )
        number = len(self.sites)
        self.sites.append(site)
        self.generic_visit(node)
        call = ast.Call(ast.Name(_WATCH, ast.Load()), [node.iter, ast.Constant(number)], [])
        for part in (call, call.func, call.args[1]):
            ast.copy_location(part, node.iter)
        node.iter = call
        return node


def _names(target: ast.expr) -> Iterator[str]:
    """The variables of a loop, one for each item of its outermost tuple."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield next(_names(part), "turn")
    elif isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)
