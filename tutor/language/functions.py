"""Which names are functions, and what they take: read from the engine's own declarations.

The engine is imported when the first function name is met, so that a text without calls is read
without NumPy.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints

# With two operands these are elementwise.
PAIRWISE = {"max": "maximum", "min": "minimum"}
MAX_NAME = 24
# An index is written x[0]; nothing is written into.
UNCALLABLE = frozenset({"getitem", "write"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function: its name, its declared type, its default unless required."""

    name: str
    required: bool
    default: Any
    kind: str

    def accepts(self, value: Any) -> bool:
        """Whether the declared type has room for a literal; a tuple's type is that of its items."""
        if "Any" in self.kind:
            return True
        match value:
            case None:
                return "None" in self.kind
            case bool():
                return "bool" in self.kind
            case str():
                return "str" in self.kind
            case int():
                return "int" in self.kind or "float" in self.kind
            case _:
                return "float" in self.kind

    def wants(self) -> str:
        """What may be given, in words: `a whole number`, `True or False`."""
        if "bool" in self.kind:
            return "True or False"
        if "str" in self.kind:
            return "a word"
        if "float" in self.kind or "Any" in self.kind:
            return "a number"
        if self.kind.startswith("tuple"):
            return "whole numbers such as (2, 3)"
        return "a whole number"


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: an op of the engine and how it is called.

    `most` is None when any number of operands is taken (from `least` on).
    """

    name: str
    operands: tuple[str, ...]
    least: int
    most: int | None
    parameters: tuple[Parameter, ...]

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, if there is one."""
        return next((known for known in self.parameters if known.name == name), None)

    def usage(self) -> str:
        """How a call is written: `sum(x, axis=None, keepdims=False)`."""
        arguments = [*self.operands] if self.most is not None else ["a", "b", "..."]
        if self.pattern is not None:
            arguments.insert(0, "ij,jk->ik")
        for known in self.parameters:
            if known.name != self.pattern:
                arguments.append(f"{known.name}={'...' if known.required else known.default}")
        return f"{self.name}({', '.join(arguments)})"

    @property
    def pattern(self) -> str | None:
        """The parameter that is written first, as a bare pattern: `einsum(ij,jk->ik, A, B)`."""
        needed = (known for known in self.parameters if known.required and "str" in known.kind)
        return next((known.name for known in needed), None)


def function_named(name: str) -> Function | None:
    """The function that a name means in a call, or None."""
    return _functions().get(name)


def names() -> tuple[str, ...]:
    """Every name that can be called, in alphabetical order."""
    return tuple(sorted(_functions()))


def near(name: str) -> str | None:
    """The function whose name is one slip of the finger away from `name`, or None.

    One letter too many, too few, wrong, or two exchanged: then the two names, or what is left
    of them without one letter, are the same.
    """
    lower = name.lower()
    known, slips = _functions(), _slips()
    if lower in known:
        return lower
    return next((slips[rest] for rest in (lower, *_without_one(lower)) if rest in slips), None)


def _without_one(name: str) -> list[str]:
    return [name[:i] + name[i + 1 :] for i in range(len(name))] if len(name) <= MAX_NAME else []


@cache
def _slips() -> dict[str, str]:
    """Every function name as it is and without one of its letters, and the name it belongs to."""
    known = [name for name in names() if len(name) > 2]
    return {rest: name for name in known for rest in _without_one(name)} | {
        name: name for name in known
    }


@cache
def _functions() -> dict[str, Function]:
    from engine.ops import REGISTRY

    known: dict[str, Function] = {}
    for name, op in REGISTRY.items():
        if name in UNCALLABLE:
            continue
        arguments = list(inspect.signature(op.forward).parameters.values())[1:]
        count = 1 if op.variadic else op.arity
        # Hints are read from text, which takes its time: only where there is a parameter.
        types = get_type_hints(op.forward) if arguments[count:] else {}
        function = Function(
            name=name,
            operands=tuple(one.name for one in arguments[:count]),
            least=count,
            most=None if op.variadic else count,
            parameters=tuple(
                Parameter(one.name, one.default is one.empty, one.default, str(types[one.name]))
                for one in arguments[count:]
            ),
        )
        known[name] = function
    for name, op in REGISTRY.items():
        for spelling in op.synonyms:
            if name in known:
                known.setdefault(spelling, known[name])
    return known
