"""Ops that a document names and this program does not have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from engine.errors import EngineError
from engine.ops.declare import REAL, REGISTRY, Op, Sample

RULE = "this program does not have the op, so its rule is not known here"


class ForeignOp(Op):
    """An op in name only: somebody's own, or one of a later version.

    What it computed can be looked at; run again it raises EngineError. `declared` is how the
    document describes it. It is in no registry.
    """

    __slots__ = ("declared",)

    def __init__(self, declared: Mapping[str, Any]) -> None:
        name = declared["name"]

        def forward(xp: Any, *operands: Any, **params: Any) -> Any:
            raise EngineError(unknown(name), op=name)

        super().__init__(
            f"{name}*" if name in REGISTRY else name,
            forward,
            symbol=declared["symbol"],
            rule=RULE,
            domain=(REAL,) * declared["arity"],
            samples=(Sample(((),) * declared["arity"]),),
            refuses=(),
            elementwise=False,
            variadic=declared["variadic"],
            check=None,
            numeric_only=unknown(name),
            synonyms=(),
        )
        self.operands = tuple([f"x{i + 1}" for i in range(declared["arity"])])
        self.parameters = ()
        self.vjp = forward
        self.declared = MappingProxyType(dict(declared))

    @property
    def doc(self) -> str:
        """That nothing is known of the op."""
        return unknown(self.name)


def unknown(name: str) -> str:
    """What is said of an op that is not here."""
    return (
        f"{name}: this program has no such op, so it cannot be run again; "
        "what was recorded of it can be looked at"
    )


def declared(op: Op) -> dict[str, Any]:
    """How an op is described in a document."""
    if isinstance(op, ForeignOp):
        return dict(op.declared)
    return {
        "name": op.name,
        "symbol": op.symbol if op.symbol.isprintable() else op.name,
        "arity": op.arity,
        "variadic": op.variadic,
        "elementwise": op.elementwise,
    }


def found(entry: Mapping[str, Any]) -> Op:
    """The op of the registry that fits a description, else a placeholder."""
    known = REGISTRY.get(entry["name"])
    if known is not None and all(
        getattr(known, key) == entry[key] for key in ("arity", "variadic", "elementwise")
    ):
        return known
    return ForeignOp(entry)
