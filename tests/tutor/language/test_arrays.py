"""Arrays of numbers from files, odd and hostile ones too."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tutor.language import LanguageError, bind, parse, parse_at, read_at
from tutor.language.arrays import ArraysError, read_npy, read_npz


def header(shape: str, descr: str = "<f8") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def archive(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(f"{name}.npy", data)


def test_all_arrays_of_a_file_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    arrays = {
        "x": np.arange(6.0).reshape(2, 3),
        "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "half": np.float16([1.5]),
        "swapped": np.array([1.5, 2.5], dtype=">f8"),
        "labels": np.array([2, 0]),
        "mask": np.array([True, False]),
        "number": np.float64(2.5),
        "none": np.zeros((0, 3)),
        "wide": np.longdouble([0.5]),
    }
    for save in (np.savez, np.savez_compressed):
        save(path, **arrays)
        found = read_npz(path)
        assert list(found) == list(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype.isnative
        kinds = {name: array.dtype.name for name, array in found.items()}
        assert kinds["half"] == "float16"
        assert (kinds["labels"], kinds["mask"], kinds["wide"]) == ("int64", "bool", "float64")


def test_a_file_gives_several_inputs_at_once(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, x=np.array([1.0, 2.0]), k=np.array([1, 0]))
    given = read_at([f"{path}, w=0.5"])
    assert [(name, type(one.value)) for name, one in given.items()] == [
        ("x", np.ndarray),
        ("k", np.ndarray),
        ("w", float),
    ]
    assert given["k"].value.dtype.kind == "i"
    assert given["k"].text[given["k"].start : given["k"].end] == str(path)
    values = parse_at([str(path)])
    assert values["k"].dtype == np.float64
    bound = bind(parse("sum(w*x*k)"), given)
    assert bound["k"].dtype == np.float64
    np.save(tmp_path / "k.npy", np.array([1, 0]))
    assert read_at([f"k={tmp_path}/k.npy"])["k"].value.dtype.kind == "i"


def test_what_cannot_be_used_points_at_the_option(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, x=np.ones(2), y=np.ones(2))
    text = f"x=1,{path}"
    with pytest.raises(LanguageError, match="x is given twice") as caught:
        read_at([text])
    assert text[caught.value.start : caught.value.end] == str(path)
    with pytest.raises(LanguageError, match="names of their own"):
        read_at([f"x={path}"])
    with pytest.raises(LanguageError, match="uses x; --at gives y"):
        bind(parse("x**2"), read_at([str(path)]))
    with pytest.raises(LanguageError, match="there is no such file"):
        read_at([f"{tmp_path}/nothing.npz"])
    with pytest.raises(LanguageError, match="there is no such file"):
        read_at(["\x00.npz"])


def _cut(path: Path) -> None:
    np.savez(path, x=np.arange(1000.0))
    path.write_bytes(path.read_bytes()[:-200])


def _flipped(path: Path) -> None:
    np.savez(path, x=np.arange(1000.0))
    data = bytearray(path.read_bytes())
    data[600] ^= 255
    path.write_bytes(data)


def _bomb(path: Path) -> None:
    packed = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed as made, made.open("x.npy", "w") as file:
        for _ in range(257):
            file.write(bytes(1024 * 1024))


def _objects(path: Path) -> None:
    np.savez(path, x=np.array([{}, print]))


def _many(path: Path) -> None:
    archive(path, **{f"x{k}": b"" for k in range(1001)})


def _twice(path: Path) -> None:
    file = io.BytesIO()
    np.save(file, np.ones(2))
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("x.npy", file.getvalue())
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("x.npy", file.getvalue())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.write_bytes(b""), "no .npz file, or it is cut off"),
        (lambda p: p.write_bytes(b"PK\x03\x04" + b"x" * 99), "no .npz file, or it is cut off"),
        (lambda p: p.mkdir(), "this is not a file"),
        (_cut, "cut off or broken"),
        (_flipped, "cut off or broken"),
        (_bomb, "bytes when unpacked; at most 268435456"),
        (_many, "1001 arrays; at most 1000"),
        (_twice, "two arrays x"),
        (_objects, "x is an array of object"),
        (lambda p: np.savez(p, x=np.array(["a"])), "x is an array of str"),
        (lambda p: np.savez(p, x=np.array([1j])), "x is an array of complex128"),
        (lambda p: np.savez(p, **{"a b": np.ones(2)}), "'a b.npy' in it is no array with the name"),
        (lambda p: zipfile.ZipFile(p, "w").close(), "there is no array in it"),
        (lambda p: archive(p, x=b"text"), "x in it is no array of numbers"),
        (lambda p: archive(p, x=header("(1000000000000,)")), "x in it is cut off, or not of the"),
        (lambda p: archive(p, x=header("(-1,)")), "x in it is cut off|no array of numbers"),
        (lambda p: archive(p, x=header("(2,)") + bytes(17)), "x in it is cut off"),
        (lambda p: archive(p, x=header("exit()")), "x in it is no array of numbers"),
        (lambda p: archive(p, x=header("(1,)", "|V8") + bytes(8)), "x is an array of void"),
    ],
)
def test_odd_files_get_one_clear_line(
    make: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.npz"
    make(path)
    with pytest.raises(ArraysError, match=said) as caught:
        read_npz(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(LanguageError, match=said):
        read_at([str(path)])


def test_one_array_is_read_from_a_npy_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.arange(3))
    assert read_npy(path).tolist() == [0, 1, 2]
    with open(path, "wb") as file:
        np.savez(file, x=np.ones(2))
    with pytest.raises(ArraysError, match="several arrays") as caught:
        read_npy(path)
    assert ".npz" in caught.value.hint
