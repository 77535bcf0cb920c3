"""What the user's own code calls things: nodes by the variables they are stored in, scopes by the
functions and loops they are made in.

All of it is read from the running frames of the user's file, when a node is made. Frames of other
files in between do not count, nor do comprehensions, lambdas, generators and operators of the
user's classes: they stand for no part of the work.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any

from engine.instructions import Instructions, Target
from engine.loops import Loop
from engine.source import calling_frame
from engine.tensor import Tensor

Path = tuple[str, ...]

_PATIENCE = 4  # so many nodes at a time wait for the variable that they go to

_AS_CLASS = frozenset({"__call__", "__init__", "forward"})
_BETWEEN = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class _Code:
    """What is known of some code of the user's file."""

    __slots__ = ("counts", "fates", "instructions", "places")

    def __init__(self, code: CodeType) -> None:
        name = code.co_name
        dunder = name.startswith("__") and name.endswith("__") and name not in _AS_CLASS
        self.counts = not (name.startswith("<") or dunder or code.co_flags & _BETWEEN)
        self.instructions = Instructions(code)
        self.places = [(line or 0, column) for line, _, column, _ in code.co_positions()]
        self.fates: dict[int, tuple[Target | None, bool]] = {}  # by address, once they are asked

    def fate(self, address: int) -> tuple[Target | None, bool]:
        """Where the value of the instruction at an address is stored; whether it is returned."""
        found = self.fates.get(address)
        if found is None:
            there = self.instructions
            found = self.fates[address] = (there.target(address), there.returns(address))
        return found

    def place(self, address: int) -> tuple[int, int | None]:
        """Line and column of the instruction at an address."""
        return self.places[address // 2]


class _Entry:
    """A call under way: its frame, the scope it stands in, and the scopes that the user opened in
    it, each with the number of loops that were around it."""

    __slots__ = ("frame", "opened", "path")

    def __init__(self, frame: FrameType, path: Path) -> None:
        self.frame = frame
        self.path = path
        self.opened: list[tuple[int, str]] = []


class Calls:
    """Names and scopes for the nodes of one recording.

    file: the user's file, as code objects name it. function: what is recorded; its own call is no
    scope. base: the frame at which the search for the user's frames ends. outside: the scopes that
    were open before. nodes: those made so far, and scopes_of: the scopes of each by its serial
    number; both belong to the recording.
    """

    def __init__(
        self,
        file: str,
        function: Callable[..., Any],
        base: FrameType | None,
        outside: Path,
        nodes: list[Tensor],
        scopes_of: dict[int, Path],
    ) -> None:
        self.file = file
        self._root = getattr(inspect.unwrap(function), "__code__", None)
        self._base = base
        self._outside = outside
        self._nodes = nodes
        self._scopes_of = scopes_of
        self._codes: dict[int, tuple[CodeType, _Code]] = {}  # by the address of the code object
        self._stack: list[_Entry] = []
        self._loops: dict[FrameType, list[Loop]] = {}
        self._opened: list[_Entry | None] = []
        self._taken: dict[Path, int] = {}  # how often each path was asked for
        self._awaited: list[tuple[Tensor, FrameType, Target]] = []
        self.written_next = False  # whether a tensor is about to be written into entries

    def close(self) -> None:
        """Let go of all frames."""
        self._base = None
        self._awaited.clear()
        self._stack.clear()
        self._opened.clear()
        self._loops.clear()

    def frame(self) -> FrameType:
        """The nearest frame of the user's file; where there is none, the nearest outside the
        engine."""
        first = calling_frame(2)
        at: FrameType | None = first
        while at is not None and at is not self._base:
            if at.f_code.co_filename == self.file:
                return at
            at = at.f_back
        return first

    def made(self, node: Tensor, frame: FrameType) -> None:
        """Note a new node that was made while a frame of the user's runs."""
        self.settle()
        self._expect(node, frame)
        entry = self._entry(frame)
        path = self._outside if entry is None else self._path(entry)
        if path:
            self._scopes_of[node.serial] = path

    def took(self, leaf: Tensor, array: Any) -> None:
        """Name a constant after the variable in which its array stands."""
        frame = self.frame()
        name = _variable(array, frame.f_locals, frame.f_globals)
        if name is not None:
            leaf.name = name

    def _expect(self, node: Tensor, frame: FrameType) -> None:
        """Note which variable the code is about to store a new node in, by way of the callers that
        it is returned to."""
        at: FrameType | None = frame
        while at is not None and at.f_code.co_filename == self.file:
            target, returned = self._code(at.f_code).fate(at.f_lasti)
            if target is not None:
                self._awaited.append((node, at, target))
            if not returned:
                return
            at = at.f_back

    def settle(self) -> None:
        """Name the nodes that are awaited, if that very object stands in the variable."""
        if not self._awaited:
            return
        later = []
        for awaited in self._awaited:
            node, frame, target = awaited
            name = _variable(node, frame.f_locals) if not target else target[-1]
            if name is None or (target and _held(frame, target) is not node):
                later.append(awaited)
            elif node.name is None:
                node.name = name
        self._awaited = later[-_PATIENCE:]

    def written(self, old: Tensor, new: Tensor, target: Tensor) -> None:
        """Name the states of a tensor that was written into by the variable that it stands in."""
        self._awaited = [awaited for awaited in self._awaited if awaited[0] is not new]
        frame = self.frame()
        if old.name is None:
            old.name = _variable(target, frame.f_locals)
        if old.name is not None and target.name is None:
            target.name = old.name

    def rescoped(self, scopes: Path) -> None:
        """Note that the user opened a scope, or left the one that was opened last."""
        count = len(self._outside) + len(self._opened)
        if len(scopes) > count:
            entry = self._entry(self.frame())
            self._opened.append(entry)
            if entry is not None:
                entry.opened.append((len(self._turning(entry)), scopes[-1]))
        elif len(scopes) < count:
            entry = self._opened.pop()
            if entry is not None:
                entry.opened.pop()

    def began(self, loop: Loop) -> None:
        """Called by a loop of the user's at its beginning; others of that place are over."""
        running = self._loops.setdefault(loop.frame, [])
        running[:] = [one for one in running if one.site is not loop.site]
        running.append(loop)

    def made_so_far(self) -> int:
        """The number of nodes at this moment."""
        return len(self._nodes)

    def fetched(self, loop: Loop, since: int) -> None:
        """Called by a loop whose item was made by nodes: these belong to the turn that begins."""
        entry = self._entry(loop.frame)
        if entry is None or entry.frame is not loop.frame:
            return
        outside = self._path(entry)
        loop.begins = True
        inside = self._path(entry)
        loop.begins = False
        for node in self._nodes[since:]:
            path = self._scopes_of.get(node.serial, ())
            self._awaited.append((node, loop.frame, ()))  # for one of the loop's variables
            if path[: len(outside)] == outside:
                self._scopes_of[node.serial] = (*inside, *path[len(outside) :])

    def ended(self, loop: Loop) -> None:
        """Called by a loop of the user's that has no more items."""
        running = self._loops.get(loop.frame, [])
        if loop in running:
            running.remove(loop)
        if not running:
            self._loops.pop(loop.frame, None)

    def _code(self, code: CodeType) -> _Code:
        found = self._codes.get(id(code))
        if found is None:
            found = self._codes[id(code)] = (code, _Code(code))
        return found[1]

    def _entry(self, frame: FrameType) -> _Entry | None:
        """The innermost call that counts, at or above a frame of the user's; those that were not
        known yet are put on the stack, those that are over are taken from it."""
        stack = self._stack
        if stack and stack[-1].frame is frame:
            return stack[-1]
        new: list[FrameType] = []
        known = {entry.frame: k for k, entry in enumerate(stack)}
        at: FrameType | None = frame
        while at is not None and at is not self._base and at not in known:
            if at.f_code.co_filename == self.file:
                new.append(at)
            at = at.f_back
        if at is None:
            return None
        del stack[known[at] + 1 if at in known else 0 :]
        for called in reversed(new):
            if not stack or self._is_root(called):
                stack.append(_Entry(called, self._outside))
            elif self._code(called.f_code).counts:
                around = self._path(stack[-1])
                stack.append(_Entry(called, self._unused((*around, _title(called)))))
        return stack[-1] if stack else None

    def _is_root(self, frame: FrameType) -> bool:
        """Whether a frame is the first call of the recorded function, under its decorators."""
        above = [entry.frame.f_code for entry in self._stack]
        return frame.f_code is self._root and self._root not in above

    def _turning(self, entry: _Entry) -> list[Loop]:
        """The loops around what a call is doing now, the outermost first."""
        running = self._loops.get(entry.frame)
        if not running:
            return []
        line, column = self._code(entry.frame.f_code).place(entry.frame.f_lasti)
        return [one for one in running if one.begins or one.site.covers(line, column)]

    def _path(self, entry: _Entry) -> Path:
        if not entry.opened and entry.frame not in self._loops:
            return entry.path
        path = entry.path
        opened = list(entry.opened)
        for depth, loop in enumerate(self._turning(entry)):
            while opened and opened[0][0] <= depth:
                path = (*path, opened.pop(0)[1])
            path = (*path, self._turn(loop, path))
        return (*path, *[name for _, name in opened])

    def _turn(self, loop: Loop, path: Path) -> str:
        """The scope of a loop's present turn. A second loop over t in the same scope is told from
        the first by calling its variable t_2."""
        if loop.named is not None and loop.named[:2] == (path, loop.turn):
            return str(loop.named[3])
        if loop.named is None or loop.named[0] != path:
            variable = self._unused((*path, f"for {loop.site.names[0]}"))[-1][4:]
        else:
            variable = loop.named[2]
        title = loop.title(variable)
        if (*path, title) in self._taken:
            title = f"{variable} {loop.turn}"
        title = self._unused((*path, title))[-1]
        loop.named = (path, loop.turn, variable, title)
        return title

    def _unused(self, path: Path) -> Path:
        """The path, its last name with _2, _3 … if it was there before."""
        first, count = path, self._taken.get(path, 0)
        while path in self._taken:
            count += 1
            path = (*first[:-1], f"{first[-1]}_{count}")
        self._taken[first] = max(count, 1)
        self._taken.setdefault(path, 1)
        return path


def _title(frame: FrameType) -> str:
    """What a call is called: the function, or the class whose instances are called."""
    code = frame.f_code
    if code.co_name in _AS_CLASS and code.co_argcount:
        return type(frame.f_locals.get(code.co_varnames[0])).__name__
    return code.co_name


def _variable(value: Any, *scopes: Mapping[str, Any]) -> str | None:
    """The first variable that holds this very object."""
    for variables in scopes:
        for name, held in list(variables.items()):
            if held is value and name.isidentifier():
                return name
    return None


def _held(frame: FrameType, target: Target) -> Any:
    """What stands in a variable, or in an attribute of it, without running the user's code."""
    value = frame.f_locals.get(target[0])
    if len(target) == 1:
        return value
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return attributes.get(target[1])
