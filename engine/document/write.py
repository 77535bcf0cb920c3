"""A document as bytes: every table once, every column of all passes end to end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from engine.columns import Column
from engine.document import foreign, json_, limits, members, params
from engine.document.archive import zipped
from engine.document.document import Document, DocumentError, Source
from engine.ops.declare import Op
from engine.passes import Pass
from engine.source import Location

Array = np.ndarray[Any, Any]


def write_bytes(document: Document) -> bytes:
    """The document as the bytes of a `.bptrace` file, the same for the same document.

    Raises DocumentError for what has no form as data (a parameter or a value of a strange type)
    and for more than `engine.document.limits` allows.
    """
    passes = document.trace.passes
    count = sum(len(p.ops) for p in passes)
    if count > limits.NODES:
        raise DocumentError(f"the trace has {count} nodes; a document holds {limits.NODES}")
    writer = _Writer()
    lines = [writer.pass_(p) for p in passes]
    if len(writer.arrays.kinds) > limits.ARRAYS:
        raise DocumentError(f"the trace has more than {limits.ARRAYS} arrays")
    columns = writer.columns | writer.arrays.columns()
    files: dict[str, bytes] = {members.ABOUT: json_.written(_about(document))}
    if document.source is not None:
        files[members.SOURCE] = _text(document.source)
    files[members.PASSES] = b"".join([json_.written(line) + b"\n" for line in lines])
    files[members.TABLES] = b"".join([line + b"\n" for line in writer.lines])
    for name in (members.ABOUT, members.PASSES, members.TABLES):
        json_.check(name, files[name])
    for name, (descr, width) in members.EVERY.items():
        empty = np.empty((0, width) if width else 0, dtype=descr)
        files[f"{name}.npy"] = members.packed(name, np.concatenate([empty, *columns[name]]))
    return zipped(files)


def _about(document: Document) -> dict[str, Any]:
    about = dict(document.about)
    if len(about) > limits.WORDS:
        raise DocumentError(f"about: more than {limits.WORDS} entries")
    for key, value in about.items():
        _short(key, "a key of about")
        if not isinstance(value, str) or len(value) > limits.TEXT:
            raise DocumentError(f"about: {key!r} is no text, or too long")
    source = document.source
    return {
        "format": members.FORMAT,
        "about": about,
        "source": None
        if source is None
        else {
            "kind": source.kind,
            "name": _short(source.name, "the name of the source"),
            "function": source.function and _short(source.function, "the name of the function"),
        },
    }


def _text(source: Source) -> bytes:
    if len(source.text) > limits.TEXT:
        raise DocumentError(f"the source text is longer than {limits.TEXT} characters")
    return source.text.encode("utf-8", "surrogatepass")


def _short(text: Any, what: str) -> str:
    if not isinstance(text, str) or len(text) > limits.NAME:
        raise DocumentError(f"{what} is no text of at most {limits.NAME} characters")
    return text


class _Arrays:
    """Every array once, however many values share it."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.kept: list[Array] = []  # so that no other array gets the address of one that is known
        self.kinds: list[tuple[int, int, int]] = []
        self.shapes: list[int] = []
        self.data: dict[str, list[Array]] = {name: [] for name in members.DTYPES}

    def number(self, array: Any, kinds: tuple[str, ...]) -> int:
        """The number of an array. kinds: the dtypes that it may have."""
        found = self.numbers.get(id(array))
        if found is not None:
            return found
        plain = np.asarray(array)
        name = plain.dtype.name
        if name not in kinds:
            raise DocumentError(f"an array of {name} cannot be saved")
        if not limits.fits(plain.shape):
            raise DocumentError(f"an array of shape {plain.shape} cannot be saved")
        fortran = plain.flags.f_contiguous and not plain.flags.c_contiguous
        self.kinds.append((members.DTYPES.index(name), plain.ndim, int(fortran)))
        self.shapes.extend(plain.shape)
        self.data[name].append(plain.ravel("F" if fortran else "C"))
        self.kept.append(array)
        self.numbers[id(array)] = len(self.kinds) - 1
        return len(self.kinds) - 1

    def columns(self) -> dict[str, list[Any]]:
        """The columns that hold the arrays."""
        return {
            "array_kinds": [np.array(self.kinds, dtype=np.int32).reshape(-1, 3)],
            "array_shapes": [np.array(self.shapes, dtype=np.int64)],
            **{f"data_{name}": parts for name, parts in self.data.items()},
        }


class _Writer:
    """The tables and columns, growing pass by pass."""

    def __init__(self) -> None:
        self.arrays = _Arrays()
        self.lines: list[bytes] = []
        self.columns: dict[str, list[Any]] = {name: [] for name in members.COLUMNS}
        self._items: dict[str, dict[bytes, int]] = {}

    def item(self, kind: str, data: Any) -> int:
        """The number, among the items of its kind, of a line of the tables."""
        items = self._items.setdefault(kind, {})
        line = json_.written({kind: data})
        if line not in items:
            items[line] = len(items)
            self.lines.append(line)
        return items[line]

    def pass_(self, p: Pass) -> dict[str, Any]:
        """Take in the columns of a pass; what stands in its own line."""
        counts = np.diff(p.operands.starts)
        if len(counts) and counts.max() > limits.OPERANDS:
            raise DocumentError(f"a node has more than {limits.OPERANDS} operands")
        self._put("ops", self._dense("op", p.ops, self._op))
        self._put("operand_counts", counts)
        self._put("operands", p.operands.flat)
        self._put("wanted", p.wanted)
        self._put("names", self._sparse(p.given_names, self._name))
        self._put("scopes", self._sparse(p.scopes, self._scope))
        self._put("params", self._params(p))
        self._put("locations", self._dense("location", p.locations, self._location))
        self._values("values", "value_arrays", p.values, p)
        self._values("gradients", "gradient_arrays", p.gradients, p)
        self._put("sources", p.sources)
        self._put("slots", p.slots)
        self._values("amounts", "amount_arrays", p.amounts)
        self._values("seeds", "seed_arrays", _column([p.seed]))
        self._put("update_nodes", np.array([node for node, _, _ in p.updates], dtype=np.int32))
        self._put("update_rates", np.array([rate for _, rate, _ in p.updates], dtype=np.float64))
        self._values("update_values", "update_arrays", _column([new for _, _, new in p.updates]))
        return {
            "index": p.index,
            "rows": self._rows(),
            "output": p.output,
            "inputs": {_short(name, "the name of an input"): at for name, at in p.inputs.items()},
            "seed_given": p.seed_given,
            "decisions": [
                [d.node, d.kind, params.encoded(d.outcome, self._no_array), self._place(d.location)]
                for d in p.decisions
            ],
        }

    def _put(self, name: str, column: Array) -> None:
        self.columns[name].append(column)

    def _rows(self) -> dict[str, int]:
        """How many rows the last pass has in each column."""
        return {name: len(parts[-1]) for name, parts in self.columns.items() if parts}

    def _dense(self, kind: str, items: Iterable[Any], number: Callable[[Any], int]) -> Array:
        """The number of each item, −1 for None; each different object is looked at once."""
        items = tuple(items)
        known = {id(item): item for item in items}
        numbers = {key: -1 if item is None else number(item) for key, item in known.items()}
        return np.fromiter(map(numbers.__getitem__, map(id, items)), np.int32, len(items))

    def _sparse(self, items: Mapping[int, Any], number: Callable[[Any], int]) -> Array:
        pairs = [(node, number(items[node])) for node in sorted(items)]
        return np.array(pairs, dtype=np.int32).reshape(-1, 2)

    def _op(self, op: Op) -> int:
        return self.item("op", foreign.declared(op))

    def _name(self, name: str) -> int:
        return self.item("name", _short(name, "the name of a node"))

    def _scope(self, scope: tuple[str, ...]) -> int:
        if len(scope) > limits.SCOPES:
            raise DocumentError(f"a scope is more than {limits.SCOPES} deep")
        return self.item("scope", [_short(name, "the name of a scope") for name in scope])

    def _location(self, at: Location) -> int:
        file = at.file if at.file is None else _short(at.file, "the name of a file")
        return self.item("location", [file, at.line, at.start, at.end])

    def _place(self, at: Location | None) -> int:
        return -1 if at is None else self._location(at)

    def _params(self, p: Pass) -> Array:
        def number(node: int) -> int:
            try:
                data = {
                    name: params.encoded(value, lambda x: self.arrays.number(x, members.DTYPES))
                    for name, value in p.params[node].items()
                }
            except DocumentError as error:
                raise DocumentError(f"{_who(p, node)}: {error}") from error
            return self.item("params", data)

        return self._sparse({node: node for node in p.params}, number)

    def _values(self, name: str, of_arrays: str, column: Column, p: Pass | None = None) -> None:
        pairs = [(place, -1) for place in column.absent]
        for place, array in column.arrays.items():
            try:
                pairs.append((place, self.arrays.number(array, members.FLOATS)))
            except DocumentError as error:
                who = f"{_who(p, place)}: " if p is not None else ""
                raise DocumentError(f"{who}{error}") from error
        self._put(name, column.floats)
        self._put(of_arrays, np.array(sorted(pairs), dtype=np.int32).reshape(-1, 2))

    def _no_array(self, value: Any) -> int:
        raise DocumentError("the outcome of a decision is no number")


def _column(values: list[Any]) -> Column:
    """A few values as a column."""
    arrays = {
        i: np.asarray(value)
        for i, value in enumerate(values)
        if value is not None and not isinstance(value, float)
    }
    floats = [value if isinstance(value, float) else 0.0 for value in values]
    absent = frozenset(i for i, value in enumerate(values) if value is None)
    return Column(np.array(floats, dtype=np.float64), arrays, absent)


def _who(p: Pass, node: int) -> str:
    op = p.ops[node]
    return f"node {node} ({op.name if op is not None else 'a leaf'})"
