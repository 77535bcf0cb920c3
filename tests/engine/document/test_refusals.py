"""What is wrong with a document is said in one line, with the member, and its line or node."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.document import Document, DocumentError, Source, limits, read_bytes, write_bytes
from engine.document.archive import zipped
from engine.document.members import packed as column_bytes
from engine.document.members import unpacked
from engine.errors import EngineError
from tests.engine.document.samples import changed, members, packed


def fn(x: Any, w: Any) -> Any:
    z = engine.clip(w @ x, lo=-1.0, hi=2.0)
    return engine.sum(z[0] * z)


DATA = write_bytes(
    Document(
        engine.step(engine.record(fn, x=[0.5, 0.25], w=[[1.0, 2.0], [3.0, 4.0]]), fn, 0.1),
        Source("file", "loss.py", "x = 1\n", "fn"),
    )
)
FILES = members(DATA)


def refusal(data: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        read_bytes(data)
    assert isinstance(caught.value, EngineError)
    return str(caught.value)


def with_numbers(name: str, change: Callable[[Any], Any]) -> bytes:
    """The document with another column; `change` gets a copy and may return a new one."""
    column = unpacked(name, FILES[f"{name}.npy"]).copy()
    result = change(column)
    return packed(
        {**FILES, f"{name}.npy": column_bytes(name, column if result is None else result)}
    )


def with_data(name: str, line: int, change: Callable[[Any], Any]) -> bytes:
    """The document with other data in one line of JSON."""
    lines = FILES[name].split(b"\n")
    data = json.loads(lines[line])
    result = change(data)
    lines[line] = json.dumps(data if result is None else result).encode()
    return packed({**FILES, name: b"\n".join(lines)})


def put(place: Any, value: Any) -> Callable[[Any], None]:
    def change(holder: Any) -> None:
        holder[place] = value

    return change


def test_bytes_that_are_no_document() -> None:
    assert refusal(b"") == "the file is empty"
    assert refusal(b"hello") == (
        "this is no trace document (its first bytes are not those of a zip)"
    )
    assert refusal(DATA[:-1]) == "the file is damaged: it has no proper end; it may be cut off"
    assert refusal(packed({"a.txt": b"a"})) == (
        "this is no trace document: the member about.json is missing"
    )
    assert refusal(b"\x00" + DATA).startswith("this is no trace document")
    assert refusal(DATA[:40] + DATA) == (
        "the file is damaged: its directory is not where it should be"
    )
    middle = len(DATA) // 2
    assert "the file is damaged: " in refusal(DATA[:middle] + b"\xff" * 9 + DATA[middle + 9 :])


def test_a_later_version_is_told_apart_from_a_broken_file() -> None:
    later = json.dumps({"format": 2, "whatever": []}).encode()
    assert refusal(packed({"about.json": later, "new.bin": b""})) == (
        "the file was written by a newer version (its format is 2, this program reads 1): "
        "update this program"
    )
    for wrong in (b"[]", b"{}", b'{"format":0}', b'{"format":"1"}', b'{"format":true}'):
        message = refusal(packed({**FILES, "about.json": wrong}))
        assert message == "about.json: it does not say which format this is"


def test_members() -> None:
    for name in FILES:
        message = refusal(packed({k: v for k, v in FILES.items() if k != name}))
        assert name in message, message
    assert refusal(packed({**FILES, "../../etc/passwd": b""})) == (
        "the member '../../etc/passwd' does not belong in a document"
    )
    assert refusal(packed({**FILES, "evil\x1b]0;\n": b""})) == (
        r"the member 'evil\x1b]0;\n' does not belong in a document"
    )
    buffer = io.BytesIO(DATA)
    with zipfile.ZipFile(buffer, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("ops.npy", b"")
    assert refusal(buffer.getvalue()) == "the member 'ops.npy' occurs twice"
    no_source = with_data("about.json", 0, put("source", None))
    assert refusal(no_source) == "source.txt: there is a text without a source, or none for one"
    assert refusal(packed({**FILES, "source.txt": b"\xff"})) == (
        "source.txt: this is no UTF-8 at byte 0"
    )


def test_entries_that_lie_over_each_other() -> None:
    data = bytearray(DATA)
    directory = int.from_bytes(data[-6:-2], "little")
    first = directory
    size = sum(int.from_bytes(data[first + k : first + k + 2], "little") for k in (28, 30, 32))
    second = first + 46 + size
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert "lies over another one" in refusal(bytes(data)) or "damaged" in refusal(bytes(data))


def test_a_directory_with_more_entries_than_anybody_needs() -> None:
    assert refusal(packed({f"{i:04}": b"" for i in range(2000)})) == (
        "the file is damaged: its directory is not where it should be"
    )


def test_bombs() -> None:
    zeros = packed({**FILES, "source.txt": b"\0" * 10**7})
    assert refusal(zeros) == "source.txt: it unpacks to more than 100 times its size"
    spaces = packed({**FILES, "about.json": b" " * 10**7 + FILES["about.json"]})
    assert refusal(spaces) == "about.json: it unpacks to more than 100 times its size"
    text = zipped({**FILES, "source.txt": b"\0" * (4 * limits.TEXT + 1)})
    assert refusal(text) == "source.txt: it is larger than 64 MB"


@pytest.mark.long
def test_more_than_256_megabytes() -> None:
    noise = np.random.default_rng(0).normal(size=2**12)
    numbers = np.tile(np.concatenate([noise, np.zeros(2**16)]), 260)
    large = {name: column_bytes(name, numbers) for name in ("values", "data_float64")}
    assert sum(map(len, large.values())) > limits.BYTES
    data = packed({**FILES, **{f"{name}.npy": column for name, column in large.items()}})
    assert refusal(data) == "data_float64.npy: the file unpacks to more than 256 MB"


def test_too_many_nodes() -> None:
    count = limits.NODES + 1
    ops = np.full(count, -1, dtype=np.int32)
    line = json.loads(FILES["passes.jsonl"].split(b"\n")[0])
    line["rows"]["ops"] = count
    line = json.dumps(line).encode() + b"\n"
    data = zipped({**FILES, "passes.jsonl": line, "ops.npy": column_bytes("ops", ops)})
    assert refusal(data) == "passes.jsonl, line 1: the trace has more than 1000000 nodes"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[" * 65 + b"]" * 65, "brackets stand more than 64 deep"),
        (b'{"a":' * 100_000, "brackets stand more than 64 deep"),
        (b'["]", ' + b"[" * 64, "brackets stand more than 64 deep"),
        (b"[" * 64 + b"]" * 64, "it does not say which format this is"),
        (b'"' + b'\\"' * 50_000, "this is no JSON: Unterminated string starting at 0"),
        (b'{"format": NaN}', "this is no JSON: NaN is no number of JSON"),
        (b'{"format": -Infinity}', "this is no JSON: -Infinity is no number of JSON"),
        (b'{"format": 1e999}', "this is no JSON: a number is too large"),
        (b'{"format": 1, "format": 1}', "this is no JSON: a key stands twice in one object"),
        (b'{"format": ' + b"1" * 5000 + b"}", "this is no JSON: Exceeds the limit"),
        (b'{"format": 1', "this is no JSON: Expecting ',' delimiter at 12"),
        (b'{"format": "\xc3\xa9"}', "a byte at 12 is not ASCII"),
        (b"", "this is no JSON"),
    ],
)
def test_json_of_a_strange_kind(text: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=rf"^about.json: ({message})"):
        read_bytes(zipped({**FILES, "about.json": text}))


def test_json_with_too_many_brackets() -> None:
    some = zipped({**FILES, "tables.jsonl": b"[]" * (limits.BRACKETS + 1)})
    assert refusal(some) == "tables.jsonl: it has more than 8000000 lists and objects"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "its header is not that"),
        (b"{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", "its header is not that"),
        (b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", "its header is not that"),
        (b"{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "its header is not that"),
        (
            b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
            "it holds another kind of numbers than <f8",
        ),
        (
            b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }",
            "it holds another kind of numbers",
        ),
        (
            b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
            "2 numbers are announced, 8",
        ),
        (b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }", "99999999999 num"),
        (b"__import__('os').system('true')", "its header is not that of an array of this format"),
    ],
)
def test_headers_of_arrays(header: bytes, message: str) -> None:
    npy = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n"
    with pytest.raises(DocumentError, match=f"^values.npy: {message}"):
        read_bytes(packed({**FILES, "values.npy": npy + b"\0" * 8}))


def test_truth_is_0_or_1() -> None:
    assert refusal(changed(DATA, "wanted.npy", lambda b: b[:-1] + b"\x02")) == (
        "wanted.npy: a truth value is neither 0 nor 1"
    )


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "ops",
            put(1, 99),
            "ops.npy, for passes.jsonl, line 1: it names an item that tables.jsonl",
        ),
        ("ops", put(0, 0), r"line 1: node 0 \(matmul\): it has 0 operands"),
        ("ops", put(2, -1), r"line 1: node 2 \(a leaf\): it has 2 operands"),
        ("operands", put(0, 2), "line 1: node 2 has the operand 2, which is not before it"),
        ("operands", put(0, -1), "line 1: node 2 has the operand -1, which is not before it"),
        ("operand_counts", put(2, -2), "operand_counts.npy, .*: a node has fewer than 0 operands"),
        ("operand_counts", put(2, 3), "line 1: 8 operands are counted, 7 given"),
        (
            "values",
            lambda c: c[:-1],
            "line 2: the number of rows of values is to be a whole number",
        ),
        ("values", lambda c: np.append(c, 1.0), "values.npy: it has more rows than the passes"),
        ("value_arrays", put((0, 0), 5), "value_arrays.npy, .*: its places are not those"),
        ("value_arrays", put((0, 1), 999), "it names an item that there is not"),
        ("value_arrays", put((0, 1), -1), r"line 1: node 0 \(a leaf\): it has no value"),
        ("value_arrays", put((0, 1), 1), r"node 0 \(a leaf\): its gradient has another shape than"),
        (
            "gradient_arrays",
            put((0, 1), -1),
            r"line 1: node 0 \(a leaf\): it has a gradient that n",
        ),
        (
            "sources",
            put(0, 0),
            "slots.npy, for passes.jsonl, line 1: node 0 has no operand number 0",
        ),
        (
            "sources",
            put(0, 9),
            "sources.npy, .*: a contribution comes from a node that there is no",
        ),
        ("sources", put(0, 5), "line 1: contribution 1 is out of order"),
        ("values", put(0, 2.0), "a number stands where value_arrays.npy has an array or nothing"),
        ("slots", put(0, 1), "node 6 has no operand number 1"),
        ("wanted", put(0, False), r"node 0 \(a leaf\): it wants no gradient and is given one"),
        ("amount_arrays", put((0, 1), 1), "contribution 0 has another shape than node 5, to which"),
        (
            "update_nodes",
            put(0, 70),
            "update_nodes.npy, .*: an update is of a node that there is n",
        ),
        (
            "update_nodes",
            put(0, 1),
            r"node 1 \(a leaf\): it is updated to a value of another shape",
        ),
        ("locations", put(2, 40), "locations.npy, .*: it names an item that tables.jsonl does not"),
        ("params", put((0, 0), 0), r"node 0 \(a leaf\): it has parameters and no op"),
        ("array_kinds", put((0, 0), 12), "array_kinds.npy: an array is of no known kind"),
        ("array_kinds", put((0, 1), 3), "array_shapes.npy: it has not one size for each axis"),
        ("array_kinds", put((0, 0), 4), "data_int64.npy: it ends within array 0"),
        ("array_shapes", put(0, -2), "array_shapes.npy: array 0 is too large"),
        ("array_shapes", put(0, 2**40), "array_shapes.npy: array 0 is too large"),
        ("array_shapes", put(0, 300), "data_float64.npy: it ends within array"),
        ("array_shapes", put(0, 1), "data_float64.npy: it has more entries than the arrays"),
        (
            "seed_arrays",
            lambda c: np.array([[0, 0]], dtype=c.dtype),
            "seed_arrays is to be|more row",
        ),
    ],
)
def test_columns(name: str, change: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read_bytes(with_numbers(name, change))


def table(kind: str) -> int:
    """The line of tables.jsonl where the first item of a kind stands."""
    lines = FILES["tables.jsonl"].splitlines()
    return next(i for i, line in enumerate(lines) if line.startswith(b'{"%s"' % kind.encode()))


@pytest.mark.parametrize(
    ("kind", "item", "message"),
    [
        ("op", {"name": "matmul"}, "symbol is missing"),
        ("op", 3, "there is no object"),
        ("op", {**dict.fromkeys(("name", "symbol"), "\x1b[2J")}, "arity is missing"),
        ("name", 7, "there is to be text of at most 10000 characters"),
        ("name", "n" * 10_001, "there is to be text of at most 10000 characters"),
        (
            "location",
            ["a.py", -1, None, None],
            "a line is to be a whole number from 0 to 2147483647",
        ),
        ("location", ["a.py", 1.5, None, None], "a line is to be a whole number"),
        ("location", ["a.py", 1], "a location has four parts"),
        ("params", [], "the parameters are no object"),
        ("params", {"lo": {"float": "1.0"}}, "a parameter is written in no known way"),
        ("params", {"lo": {"array": 1000}}, "an array is to be a whole number from 0 to"),
        ("params", {"lo": {"scalar": 0}}, "a parameter announces a number and has an array"),
        ("params", {"lo": 2**63}, "a parameter is a whole number of more than 64 bits"),
        ("params", {"lo": "x" * 10_001}, "a parameter is text of more than 10000 characters"),
        ("params", {"lo": {"list": [0] * 100_001}}, "a parameter has more than 100000 entries and"),
        ("params", {"lo": "abc"}, None),
        ("params", {"lo": 2.0, "hi": 1.0}, None),
        ("nonsense", 1, "there is no table of this kind"),
    ],
)
def test_tables(kind: str, item: Any, message: str | None) -> None:
    at = table(kind if kind != "nonsense" else "op")
    lines = FILES["tables.jsonl"].splitlines()
    lines[at] = json.dumps({kind: item}).encode()
    said = refusal(zipped({**FILES, "tables.jsonl": b"\n".join(lines) + b"\n"}))
    if message is None:
        assert said.startswith("passes.jsonl, line 1: node 3 (clip) cannot be: ")
    else:
        assert said.startswith(f"tables.jsonl, line {at + 1}: {message}")


def test_an_op_is_called_what_a_terminal_may_show() -> None:
    def change(entry: Any) -> None:
        entry["op"]["symbol"] = "\x1b[2J"

    assert refusal(with_data("tables.jsonl", table("op"), change)) == (
        f"tables.jsonl, line {table('op') + 1}: there is to be text of characters that can be "
        "printed"
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("index", -1, "the index is to be a whole number from 0 to 1000000, not -1"),
        ("output", 7, "a node is to be a whole number from 0 to 6, not 7"),
        ("output", True, "a node is to be a whole number from 0 to 6"),
        ("inputs", {"x": 0, "w": 2}, r"node 2 \(matmul\): it is called an input and was computed"),
        ("inputs", {"x": 0, "w": 0}, "two inputs are one node"),
        ("inputs", [], "the inputs are no object"),
        ("seed_given", 1, "there is to be true or false"),
        ("rows", {}, "ops is missing"),
        ("decisions", {}, "the decisions are no list"),
        ("decisions", [[0, "truth", True]], "a decision has four parts"),
        (
            "decisions",
            [[0, "truth", 1.0, -1]],
            "a decision has no known kind, or no fitting outcome",
        ),
        ("decisions", [[0, "guess", True, -1]], "a decision has no known kind, or no"),
        (
            "decisions",
            [[9, "truth", True, -1]],
            "a node is to be a whole number from 0 to 6, not 9",
        ),
        (
            "decisions",
            [[0, "truth", True, 99]],
            "the location of a decision is to be a whole numbe",
        ),
        ("decisions", [[0, "number", {"array": 0}, -1]], "the outcome of a decision is no number"),
    ],
)
def test_passes(key: str, value: Any, message: str) -> None:
    with pytest.raises(DocumentError, match=f"^passes.jsonl, line 1: {message}"):
        read_bytes(with_data("passes.jsonl", 0, put(key, value)))


def test_no_pass_and_no_line() -> None:
    assert refusal(packed({**FILES, "passes.jsonl": b""})) == (
        "passes.jsonl: there is no pass in it"
    )
    assert refusal(packed({**FILES, "passes.jsonl": FILES["passes.jsonl"] + b"\n"})).startswith(
        "passes.jsonl, line 3: this is no JSON"
    )


def test_shapes_that_an_elementwise_op_cannot_have_made() -> None:
    trace = engine.record(lambda x, y: x * y, x=[1.0, 2.0], y=[3.0, 4.0])
    files = members(write_bytes(Document(trace)))
    shapes = unpacked("array_shapes", files["array_shapes.npy"]).copy()
    kinds = unpacked("array_kinds", files["array_kinds.npy"]).copy()
    assert shapes.tolist()[:2] == [2, 2]
    # x and all that has its shape become (2, 1): with y of shape (2,) the product would be (2, 2).
    kinds[[0, 3], 1] = 2
    wide = np.insert(shapes, [1, 4], 1)
    said = refusal(
        packed(
            {
                **files,
                "array_kinds.npy": column_bytes("array_kinds", kinds),
                "array_shapes.npy": column_bytes("array_shapes", wide),
            }
        )
    )
    assert "another shape" in said or "has not the shape of its operands together" in said


def test_a_shape_that_the_op_does_not_give() -> None:
    trace = engine.record(lambda x: engine.sum(x, axis=0) * 2.0, x=np.ones((2, 3)))
    files = members(write_bytes(Document(trace)))
    table = files["tables.jsonl"].replace(b'"axis":0', b'"axis":1')
    assert refusal(packed({**files, "tables.jsonl": table})) == (
        "passes.jsonl, line 1: node 1 (sum) cannot be: its value has not the shape that the op "
        "gives"
    )
