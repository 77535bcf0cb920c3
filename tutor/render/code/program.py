"""The recorded function as a NumPy program of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from engine.arrays.code import array_text, literal, text
from engine.collector import rare_collections
from engine.errors import EngineError
from engine.passes import Pass
from engine.trace import Trace
from tutor.render.code.lines import Group, Lines, in_double, lines_of
from tutor.render.code.sheet import Names, Sheet
from tutor.render.code.texts import CHECK, FUNCTIONS
from tutor.render.sanitise import sanitise
from tutor.render.values import shape_text

LARGEST = 1000
"""Entries of the largest array that is written out."""

_WIDTH = 88
_FEW = 8
_RESERVED = ("np", "math", "cache", "float", "int", "forward", "backward", "check", "main")


def numpy_code(trace: Trace, at: int = 0) -> str:
    """Pass number `at` of a trace as a Python program that needs NumPy alone.

    It has `forward(x, …)`, which returns the result and a cache, and `backward(cache, df=1.0)`,
    which returns the gradients by name. When it is run it compares these with finite differences at
    the recorded inputs; an input of more than 1000 entries is drawn at random there. It computes in
    double precision.

    Raises EngineError for a constant of more than 1000 entries, and for an op that does more than
    an op may (it looks at a number, or asks for what is not in the namespace of ops).
    """
    with rare_collections():
        return _program(trace.passes[at])


def _program(p: Pass) -> str:
    with np.errstate(all="ignore"):
        made = lines_of(p, Names((*_RESERVED, *FUNCTIONS)))
    groups = [*made.forward, *made.backward]
    made.names.count(line.code for group in groups for line in group.lines)
    forward, backward = Sheet(made.names), Sheet(made.names)
    _fill(forward, made.forward)
    _begin(backward, made)
    _fill(backward, made.backward)
    needs = forward.needs | backward.needs
    cached = [x for x in (*made.arguments.values(), *forward.made) if x in backward.used]
    used = forward.used | backward.used | {made.named[p.output]}
    constants = "\n".join(_constants(made, used))
    parts = [
        _head(made),
        *([constants] if constants else []),
        *[source for name, source in FUNCTIONS.items() if name in needs],
        "\n".join(_forward(made, forward, cached)),
        "\n".join(_backward(made, backward, cached)),
        CHECK.rstrip(),
        "\n".join(_main(made)),
        'if __name__ == "__main__":\n    main()\n',
    ]
    start = "import math\n\n" if "erf" in needs else ""
    return (
        "\n\n\n".join([f"{parts[0]}\n\n{start}import numpy as np", *map(str.rstrip, parts[1:])])
        + "\n"
    )


def _fill(sheet: Sheet, groups: Iterable[Group]) -> None:
    for group in groups:
        if group.comment:
            sheet.lines += _wrapped("# ", sanitise(group.comment), "# ")
        for line in group.lines:
            if line.adds:
                sheet.add(line.name, line.code)
            else:
                sheet.assign(line.name, line.code, keep=line.keep, note=line.note)


def _begin(sheet: Sheet, made: Lines) -> None:
    """The seed of a result that is an array, in its shape."""
    p = made.p
    if np.ndim(p.values[p.output]) and p.seed is not None:
        name = _seed_name(made)
        shape = shape_text(np.shape(p.values[p.output]))
        sheet.lines.append(f"{name} = np.full({shape}, {name}, dtype=float)")
        sheet.own(name)


def _head(made: Lines) -> str:
    p = made.p
    output = made.named[p.output]
    inputs = _listed(list(made.arguments.values()))
    paragraphs = [
        f"{output} as a function of {inputs}, and its gradient, in NumPy.",
        f"forward computes {output} and keeps in a cache what backward needs. backward goes the "
        "same way back: each line multiplies what comes from above by a local derivative.",
        "Run this file to compare the gradient with finite differences.",
    ]
    if p.decisions:
        paragraphs.insert(
            2,
            "When it was recorded, the function looked at numbers to decide how to go on; this is "
            "the way that it took then.",
        )
    narrow = {v.dtype.name for v in p.values.arrays.values() if v.dtype.kind == "f"} - {"float64"}
    if narrow:
        paragraphs.insert(
            2, f"It was recorded in {' and '.join(sorted(narrow))}; here it is computed in float64."
        )
    first, *rest = paragraphs
    wrapped = [textwrap.fill(paragraph, _WIDTH) for paragraph in rest]
    return "\n\n".join([textwrap.fill(f'"""{first}', _WIDTH), *wrapped]) + '\n"""'


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "nothing"
    if len(names) > _FEW:
        return f"{len(names)} inputs"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _constants(made: Lines, used: set[str]) -> Iterator[str]:
    for node, name in made.constants.items():
        if name in used:
            value = in_double(made.p.values[node])
            if value.size > LARGEST:
                raise EngineError(
                    f"the constant {sanitise(made.p.names[node])} has {value.size} entries, and "
                    f"at most {LARGEST} can be written into a program; make it an input"
                )
            yield _assigned(name, value)
    for name, code in made.names.arrays.items():
        if code.size > LARGEST:
            raise EngineError(
                f"an index of {code.size} entries is used, and at most {LARGEST} can be written "
                "into a program"
            )
        yield from _wrapped(f"{name} = ", text(code))


def _forward(made: Lines, sheet: Sheet, cached: Sequence[str]) -> Iterator[str]:
    yield from _wrapped("def forward(", f"{', '.join(made.arguments.values())}):")
    yield from _indented(sheet.lines)
    yield from _indented(_wrapped("cache = ", _tuple(cached)))
    yield f"    return {made.named[made.p.output]}, cache"


def _backward(made: Lines, sheet: Sheet, cached: Sequence[str]) -> Iterator[str]:
    yield f"def backward(cache, {_seed_name(made)}=1.0):"
    if cached:
        *lines, last = _wrapped("", _tuple(cached))
        unpacked = f"{last} = cache" if lines else f"{last[1:-1]} = cache"
        yield from _indented([*lines, unpacked])
    yield from _indented(sheet.lines)
    missing = [name for node, name in made.arguments.items() if node not in made.gradients]
    if missing:
        yield from _indented(_wrapped("# ", f"No gradient reaches {_listed(missing)}.", "# "))
    found = [
        f'"{name}": {made.gradients[node].parts[0]}'
        for node, name in made.arguments.items()
        if node in made.gradients
    ]
    yield from _indented(_wrapped("return {", f"{', '.join(found)}}}"))


def _main(made: Lines) -> Iterator[str]:
    p = made.p
    yield "def main():"
    yield '    """The gradients at the recorded inputs, and how far they are from differences."""'
    values = {name: in_double(p.values[node]) for node, name in made.arguments.items()}
    seed = in_double(p.seed) if p.seed_given else None
    if any(value.size > LARGEST for value in [*values.values(), np.asarray(seed)]):
        yield "    rng = np.random.default_rng(0)"
    yield "    inputs = {}" if not values else "    inputs = {"
    for name, value in values.items():
        yield from _indented(_wrapped(f'"{name}": ', f"{_array(value)},"), 8)
    if values:
        yield "    }"
    given = ""
    if seed is not None:
        given = ", seed"
        yield from _indented([_assigned("seed", seed)])
    yield "    result, cache = forward(**inputs)"
    yield f'    print("{made.named[p.output]} =", result)'
    yield f"    for name, gradient in backward(cache{given}).items():"
    yield '        print(f"d{name} =", gradient)'
    yield f'    print(f"largest error against differences: {{check(inputs{given}):.1e}}")'


def _seed_name(made: Lines) -> str:
    output = made.p.output
    if output in made.gradients:
        return str(made.gradients[output].parts[0])
    return f"d{made.named[output]}"


def _assigned(name: str, value: Any) -> str:
    return "\n".join(_wrapped(f"{name} = ", _array(value)))


def _array(value: np.ndarray[Any, Any]) -> str:
    """An array as it is typed; a large one as random numbers of the same kind."""
    if value.size > _FEW and np.all(value == value.flat[0]):
        return f"np.full({shape_text(value.shape)}, {literal(value.flat[0]).parts[0]})"
    if value.size <= LARGEST:
        return f"np.array({array_text(value)})"
    shape = shape_text(value.shape)
    if value.dtype == bool:
        return f"rng.random({shape}) < {value.mean():.3g}"
    finite = value[np.isfinite(value)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if np.array_equal(finite, np.round(finite)):
        return f"rng.integers({low:.0f}, {high + 1:.0f}, {shape}).astype(float)"
    if low >= 0:
        return f"rng.uniform({low:.4g}, {high:.4g}, {shape})"
    return f"rng.normal({finite.mean():.4g}, {finite.std():.4g}, {shape})"


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _wrapped(start: str, rest: str, indent: str = "    ") -> list[str]:
    """A statement in lines, broken between the rows of an array and where there are spaces."""
    if len(start) + len(rest) <= _WIDTH:
        return [start + rest]
    if "], [" in rest:
        first, *rows = f"{start}{rest}".replace("], [", "],\n[").split("\n")
        return [*_wrapped("", first), *[part for row in rows for part in _wrapped(indent, row)]]
    return textwrap.wrap(
        start + rest,
        _WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _indented(lines: Iterable[str], by: int = 4) -> Iterator[str]:
    for line in lines:
        yield from (" " * by + part for part in line.split("\n"))
