"""The user's own file as a module, compiled so that what it does can be followed.

Its `for` loops are counted (`engine.loops`), and its assignments to entries can turn a new array
into a tensor (`engine.plain`). Lines, columns, results and errors stay what they are.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from types import CodeType, ModuleType
from typing import Any

from engine import plain
from engine.loops import Loop, Site
from engine.state import MODE

_TURNS, _SEEN, _FRESH = "__turns__", "__seen__", "__fresh__"
_AUGMENTED, _ENTRIES = "__augmented__", "__augmented_entries__"
_SIGNS = {
    ast.Add: "+=",
    ast.Sub: "-=",
    ast.Mult: "*=",
    ast.Div: "/=",
    ast.Pow: "**=",
    ast.MatMult: "@=",
}


def load(name: str, path: str, text: str) -> ModuleType:
    """Import a text as the module `name` of the file `path`, so that it can be followed.

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
        module.__dict__.update(
            {
                _TURNS: self._turns,
                _SEEN: plain.seen,
                _FRESH: plain.fresh,
                _AUGMENTED: plain.augmented,
                _ENTRIES: plain.augmented_entries,
            }
        )
        super().exec_module(module)

    def _turns(self, items: Iterable[Any], number: int) -> Iterable[Any]:
        """What a loop runs over: the items themselves where nobody is watching."""
        watcher = getattr(MODE.get(), "calls", None)
        if watcher is None:
            return items
        return Loop(self._sites[number], items, watcher, sys._getframe(1))


class _Marking(ast.NodeTransformer):
    """Puts what is to be followed into calls. sites: the loops, in the order of their numbers."""

    def __init__(self) -> None:
        self.sites: list[Site] = []
        self.local: set[str] = set()  # the variables of the function that is being visited

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_inside(node, _variables(node))

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._visit_inside(node, _variables(node))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._visit_inside(node, set())

    def visit_For(self, node: ast.For) -> ast.AST:
        last = node.body[-1]
        site = Site(
            tuple(_names(node.target)) or ("turn",),
            (node.body[0].lineno, node.body[0].col_offset),
            (last.end_lineno or last.lineno, last.end_col_offset or 0),
        )
        number = len(self.sites)
        self.sites.append(site)
        self.generic_visit(node)
        node.iter = _call(_TURNS, node.iter, ast.Constant(number), at=node.iter)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if len(node.targets) == 1 and self._is_fresh(node.targets[0]):
            node.value = _call(_SEEN, node.value, at=node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        sign = _SIGNS.get(type(node.op))
        target = node.target
        if sign is None:
            return node
        if isinstance(target, ast.Name) and target.id in self.local:
            variable = ast.copy_location(ast.Name(target.id, ast.Load()), target)
            value = _call(_AUGMENTED, ast.Constant(sign), variable, node.value, at=node)
            return ast.copy_location(ast.Assign([target], value), node)
        if not isinstance(target, ast.Subscript) or not _is_quiet(target):
            return node
        current = _copied(target)
        if not self._is_fresh(target):
            return node
        value = _call(_ENTRIES, ast.Constant(sign), current, node.value, at=node)
        return ast.copy_location(ast.Assign([target], _call(_SEEN, value, at=node)), node)

    def _visit_inside(self, node: Any, names: set[str]) -> ast.AST:
        outside, self.local = self.local, names
        self.generic_visit(node)
        self.local = outside
        return node  # type: ignore[no-any-return]

    def _is_fresh(self, target: ast.expr) -> bool:
        """Put the array behind `array[...]` into a call, if it is a variable of the function."""
        if not isinstance(target, ast.Subscript):
            return False
        inner = target
        while isinstance(inner.value, ast.Subscript):
            inner = inner.value
        array = inner.value
        if not isinstance(array, ast.Name) or array.id not in self.local:
            return False
        bound = ast.copy_location(ast.Name(array.id, ast.Store()), array)
        given = _call(_FRESH, array, at=array)
        inner.value = ast.copy_location(ast.NamedExpr(bound, given), array)
        return True


def _call(name: str, *arguments: ast.expr, at: ast.AST) -> ast.Call:
    call = ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
    for part in (call, call.func, *[one for one in arguments if isinstance(one, ast.Constant)]):
        ast.copy_location(part, at)
    return call


def _variables(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names that a function itself assigns to; those of comprehensions and of functions within
    it are theirs."""
    found = set()
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif isinstance(part, ast.Nonlocal):
            found.update(part.names)
        elif not isinstance(part, _SCOPES):
            waiting.extend(ast.iter_child_nodes(part))
    return found


_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_QUIET = (
    ast.Name,
    ast.Constant,
    ast.Slice,
    ast.Tuple,
    ast.List,
    ast.UnaryOp,
    ast.BinOp,
    ast.Subscript,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
)


def _is_quiet(target: ast.expr) -> bool:
    """Whether a term may be worked out twice: it calls nothing."""
    return all(isinstance(part, _QUIET) for part in ast.walk(target))


def _copied(target: ast.Subscript) -> ast.expr:
    """The same entries as they are read."""
    copied = copy.deepcopy(target)
    copied.ctx = ast.Load()
    return copied


def _names(target: ast.expr) -> Iterator[str]:
    """The variables of a loop, one for each item of its outermost tuple."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield next(_names(part), "turn")
    elif isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)
