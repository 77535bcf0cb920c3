"""A document from bytes that nobody vouches for: made first, then checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.columns import Column, Ragged, slot_numbers
from engine.document import check, json_, limits, members, params, tables
from engine.document.archive import Archive, shown
from engine.document.arrays import Arrays
from engine.document.document import Document, DocumentError, Source
from engine.document.fields import fields, number, text, texts, truth
from engine.document.tables import Tables
from engine.passes import Decision, Pass
from engine.trace import Trace

Array = np.ndarray[Any, Any]
_OUTCOMES: dict[str, tuple[type, ...]] = {
    "truth": (bool,),
    "number": (float, int, bool),
    "whole number": (int,),
}


def read_bytes(data: bytes) -> Document:
    """The document in the bytes of a `.bptrace` file, every event as it was saved, bit for bit.

    Arrays are read-only. An op that the registry lacks becomes a ForeignOp. Raises DocumentError,
    whatever the bytes are: one line with the member, and its line, where something is wrong.
    """
    archive = Archive(data)
    about, source = _about(archive)
    missing = members.REQUIRED - archive.names
    if missing:
        raise DocumentError(f"the member {min(missing)} is missing")
    strange = archive.names - members.ALLOWED
    if strange:
        raise DocumentError(f"the member {shown(min(strange))} does not belong in a document")
    if (source is not None) != (members.SOURCE in archive.names):
        raise DocumentError(f"{members.SOURCE}: there is a text without a source, or none for one")
    if source is not None:
        source = Source(source.kind, source.name, _text(archive), source.function)
    columns = {name: members.unpacked(name, archive.read(f"{name}.npy")) for name in members.EVERY}
    arrays = Arrays(columns)
    kept = tables.read(archive.read(members.TABLES, limits.JSON_BYTES), arrays)
    passes = tuple(_passes(archive.read(members.PASSES, limits.JSON_BYTES), columns, arrays, kept))
    return Document(Trace(passes), source, about)


def _about(archive: Archive) -> tuple[dict[str, str], Source | None]:
    """What about.json says; the version first, for a later one may look different otherwise."""
    place = members.ABOUT
    if place not in archive.names:
        raise DocumentError(f"this is no trace document: the member {place} is missing")
    data = json_.read(place, archive.read(place, limits.JSON_BYTES))
    version = data.get("format") if isinstance(data, dict) else None
    if type(version) is not int or version < 1:
        raise DocumentError(f"{place}: it does not say which format this is")
    if version > members.FORMAT:
        raise DocumentError(
            f"the file was written by a newer version (its format is {version}, "
            f"this program reads {members.FORMAT}): update this program"
        )
    fields(place, data, "format", "about", "source")
    about = texts(place, data["about"], limits.WORDS, limits.TEXT)
    source = data["source"]
    if source is None:
        return about, None
    fields(place, source, "kind", "name", "function")
    kind = source["kind"]
    if kind not in ("expression", "file"):
        raise DocumentError(f"{place}: the kind of a source is neither expression nor file")
    function = source["function"]
    if function is not None:
        text(place, function, limits.NAME)
    return about, Source(kind, text(place, source["name"], limits.NAME), "", function)


def _text(archive: Archive) -> str:
    data = archive.read(members.SOURCE, 4 * limits.TEXT)
    try:
        found = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{members.SOURCE}: this is no UTF-8 at byte {error.start}") from error
    return text(members.SOURCE, found, limits.TEXT)


def _passes(data: bytes, columns: dict[str, Array], arrays: Arrays, kept: Tables) -> Iterator[Pass]:
    starts = dict.fromkeys(members.COLUMNS, 0)
    nodes = 0
    for place, line in json_.lines(members.PASSES, data):
        fields(place, line, "index", "rows", "output", "inputs", "seed_given", "decisions")
        rows = line["rows"]
        fields(place, rows, *members.COLUMNS)
        own = {}
        for name, start in starts.items():
            most = len(columns[name]) - start
            end = start + number(place, rows[name], 0, most, f"the number of rows of {name}")
            own[name] = columns[name][start:end]
            starts[name] = end
        nodes += len(own["ops"])
        if nodes > limits.NODES:
            raise DocumentError(f"{place}: the trace has more than {limits.NODES} nodes")
        made = _Reading(place, own, arrays, kept).pass_(line)
        check.everything(place, made)
        yield made
    if not nodes:
        raise DocumentError(f"{members.PASSES}: there is no pass in it")
    for name, start in starts.items():
        if start != len(columns[name]):
            raise DocumentError(f"{name}.npy: it has more rows than the passes")


class _Reading:
    """One pass being made of its part of the columns."""

    def __init__(self, place: str, columns: dict[str, Array], arrays: Arrays, kept: Tables) -> None:
        self.place = place
        self.columns = columns
        self.arrays = arrays
        self.tables = kept
        self.count = len(columns["ops"])

    def pass_(self, line: dict[str, Any]) -> Pass:
        """The pass, its parts of the right lengths and all its numbers those of something."""
        for like, names in check.LENGTHS.items():
            for name in names:
                if len(self.columns[name]) != len(self.columns[like]):
                    self._fail(name, f"it has not as many rows as {like}.npy")
        if not self.count:
            raise DocumentError(f"{self.place}: the pass has no nodes")
        if len(self.columns["seeds"]) != 1:
            self._fail("seeds", "a pass has one row")
        operands = self._operands()
        inputs = line["inputs"]
        if not isinstance(inputs, dict):
            raise DocumentError(f"{self.place}: the inputs are no object")
        return Pass(
            index=number(self.place, line["index"], 0, limits.NODES, "the index"),
            ops=tuple(self._dense("ops", self.tables.ops)),
            operands=operands,
            params=self._sparse("params", self.tables.params),
            given_names=self._sparse("names", self.tables.names),
            scopes=self._sparse("scopes", self.tables.scopes),
            locations=tuple(self._dense("locations", self.tables.locations)),
            wanted=self.columns["wanted"],
            inputs={
                text(self.place, name, limits.NAME): self._node(at) for name, at in inputs.items()
            },
            output=self._node(line["output"]),
            seed=self._column("seeds", "seed_arrays")[0],
            seed_given=truth(self.place, line["seed_given"]),
            values=self._column("values", "value_arrays"),
            gradients=self._column("gradients", "gradient_arrays"),
            sources=self.columns["sources"],
            slots=self._slots(operands),
            targets=self._targets(operands),
            amounts=self._column("amounts", "amount_arrays"),
            updates=self._updates(),
            decisions=self._decisions(line["decisions"]),
        )

    def _operands(self) -> Ragged:
        counts, flat = self.columns["operand_counts"], self.columns["operands"]
        if counts.min() < 0 or counts.max() > limits.OPERANDS:
            self._fail("operand_counts", "a node has fewer than 0 operands, or too many")
        starts = np.zeros(self.count + 1, dtype=np.int64)
        np.cumsum(counts, out=starts[1:])
        if starts[-1] != len(flat):
            self._fail("operand_counts", f"{starts[-1]} operands are counted, {len(flat)} given")
        users = np.repeat(np.arange(self.count, dtype=np.int32), counts)
        wrong = np.flatnonzero((flat < 0) | (flat >= users))
        if len(wrong):
            node, operand = users[wrong[0]], flat[wrong[0]]
            self._fail("operands", f"node {node} has the operand {operand}, which is not before it")
        return Ragged(flat, starts.astype(np.int32))

    def _targets(self, operands: Ragged) -> Array:
        sources, slots = self.columns["sources"], self.columns["slots"]
        if not len(sources):
            return np.empty(0, dtype=np.int32)
        if sources.min() < 0 or sources.max() >= self.count:
            self._fail("sources", "a contribution comes from a node that there is not")
        starts = operands.starts
        wrong = np.flatnonzero((slots < 0) | (slots >= starts[sources + 1] - starts[sources]))
        if len(wrong):
            k = int(wrong[0])
            self._fail("slots", f"node {sources[k]} has no operand number {slots[k]}")
        targets: Array = operands.flat[starts[sources] + slots]
        targets.setflags(write=False)
        return targets

    def _slots(self, operands: Ragged) -> Array:
        slots = slot_numbers(self.columns["slots"], int(np.diff(operands.starts).max()))
        slots.setflags(write=False)
        return slots

    def _dense(self, name: str, items: list[Any]) -> Iterator[Any]:
        column = self.columns[name]
        if column.min() < -1 or column.max() >= len(items):
            self._fail(name, f"it names an item that {members.TABLES} does not have")
        return map([*items, None].__getitem__, column.tolist())

    def _sparse(self, name: str, items: list[Any]) -> dict[int, Any]:
        nodes, which = self._pairs(name, self.count, 0, len(items))
        return dict(zip(nodes, map(items.__getitem__, which), strict=True))

    def _pairs(self, name: str, places: int, low: int, high: int) -> tuple[list[int], list[int]]:
        pairs = self.columns[name]
        if len(pairs) and (
            pairs[0, 0] < 0 or pairs[-1, 0] >= places or np.any(np.diff(pairs[:, 0]) <= 0)
        ):
            self._fail(name, "its places are not those of the pass in rising order")
        if len(pairs) and (pairs[:, 1].min() < low or pairs[:, 1].max() >= high):
            self._fail(name, "it names an item that there is not")
        return pairs[:, 0].tolist(), pairs[:, 1].tolist()

    def _column(self, name: str, of_arrays: str) -> Column:
        floats = self.columns[name]
        places, which = self._pairs(of_arrays, len(floats), -1, len(self.arrays))
        pairs = list(zip(places, which, strict=True))
        odd = np.flatnonzero(floats[places] != 0)  # a NaN stands where there is nothing
        if any(which[k] >= 0 or floats[places[k]] == floats[places[k]] for k in odd.tolist()):
            self._fail(name, f"a number stands where {of_arrays}.npy has an array or nothing")
        there = {i: self.arrays.value(of_arrays, k) for i, k in pairs if k >= 0}
        return Column(floats, there, frozenset(i for i, k in pairs if k < 0))

    def _updates(self) -> tuple[tuple[int, float, Any], ...]:
        nodes = self.columns["update_nodes"].tolist()
        if any(not 0 <= node < self.count for node in nodes):
            self._fail("update_nodes", "an update is of a node that there is not")
        values = self._column("update_values", "update_arrays")
        rates = self.columns["update_rates"].tolist()
        return tuple((nodes[i], rates[i], values[i]) for i in range(len(nodes)))

    def _decisions(self, data: Any) -> tuple[Decision, ...]:
        if not isinstance(data, list):
            raise DocumentError(f"{self.place}: the decisions are no list")
        return tuple([self._decision(entry) for entry in data])

    def _decision(self, entry: Any) -> Decision:
        if not isinstance(entry, list) or len(entry) != 4:
            raise DocumentError(f"{self.place}: a decision has four parts")
        node, kind, outcome, at = entry
        kinds = _OUTCOMES.get(kind) if isinstance(kind, str) else None
        outcome = params.decoded(outcome, self._no_array)
        if kinds is None or type(outcome) not in kinds:
            raise DocumentError(
                f"{self.place}: a decision has no known kind, or no fitting outcome"
            )
        locations = self.tables.locations
        at = number(self.place, at, -1, len(locations) - 1, "the location of a decision")
        return Decision(self._node(node), kind, outcome, locations[at] if at >= 0 else None)

    def _node(self, at: Any) -> int:
        return number(self.place, at, 0, self.count - 1, "a node")

    def _no_array(self, _: Any) -> Any:
        raise DocumentError(f"{self.place}: the outcome of a decision is no number")

    def _fail(self, name: str, message: str) -> None:
        raise DocumentError(f"{name}.npy, for {self.place}: {message}")
