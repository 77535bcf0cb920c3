"""The notations: what each calls a pre-activation, an output, an error signal, a weight.

The letters are those of five courses, which do not agree; sources in the order of `NOTATIONS`:
[Q] F. Z. Qureshi, [L] J. M. Lago Alonso, [I] "Introduction to Neural Networks", [B] S. Bhattacharya
(CS60020), [C] H.-H. Chen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

_RAISED = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, slots=True)
class Notation:
    """How a network is written.

    id: stable, for settings and commands. title: for a person. source: whose it is. pre: the
    pre-activation. unit: the output of a unit. output, target, loss: of the network. delta: the
    error signal, "" where it is written as a derivative. weight, bias: the parameters. layer: where
    the number of a layer stands. form: matrices or one entry with its indices. to_from: whether the
    first index of a weight is the unit that it leads to; then a layer is z = W x, else θ = Wᵀ x.
    indices: of the unit a weight leads to, of the unit it comes from, of the unit one layer on.
    comma: whether one stands between them. activation: which of the two is called "activation".
    every_function: whether each function, not each pair of W and σ, counts as a layer.
    """

    id: str
    title: str
    source: str
    pre: str = "z"
    unit: str = "a"
    output: str = "ŷ"
    target: str = "y"
    loss: str = "L"
    delta: str = "δ"
    weight: str = "W"
    bias: str = "b"
    layer: Literal["below", "raised", "bracketed"] = "below"
    form: Literal["matrix", "index"] = "matrix"
    to_from: bool = True
    indices: tuple[str, str, str] = ("j", "k", "m")
    comma: bool = False
    activation: Literal["after", "before"] = "after"
    every_function: bool = False

    def order(self, to: str, by: str) -> tuple[str, ...]:
        """The indices of the weight that leads from unit `by` to unit `to`."""
        first, second = (to, by) if self.to_from else (by, to)
        return (first, ",", second) if self.comma else (first, second)

    def layered(self, letter: str, number: int | None, unit: int | None = None) -> str:
        """A letter with the number of its layer, and that of a unit: `z₂`, `z₁²`, `O⁽²⁾`."""
        if number is None:
            return letter if unit is None else f"{letter}{str(unit).translate(_LOWERED)}"
        if self.layer == "below":
            below = str(number).translate(_LOWERED)
            unit_too = "" if unit is None else f",{str(unit).translate(_LOWERED)}"
            return f"{letter}{below}{unit_too}"
        text = f"({number})" if self.layer == "bracketed" else str(number)
        below = "" if unit is None else str(unit).translate(_LOWERED)
        return f"{letter}{below}{text.translate(_RAISED)}"


def aloud(notation: Notation) -> Notation:
    """The notation as one says it: a raised number of a layer would be heard as a power."""
    return replace(notation, layer="below")


OWN = Notation("own", "names of the program", "your own names")
TUTOR = Notation("tutor", "this program's notation", "as the tutor writes it")
Q = Notation(
    "Q",
    "[Q] every function is a layer",
    "Qureshi",
    pre="z",
    unit="z",
    output="ỹ",
    target="y",
    loss="C",
    layer="raised",
    indices=("h", "i", "o"),
    every_function=True,
)
L = Notation(
    "L",
    "[L] z, a and δ with the layer above",
    "Lago Alonso",
    output="a",
    loss="C",
    layer="raised",
    indices=("j", "k", "m"),
)
I = Notation(  # noqa: E741
    "I",
    "[I] one unit with its indices",
    "Introduction to Neural Networks",
    pre="θ",
    unit="O",
    output="y",
    target="t",
    loss="E",
    layer="raised",
    form="index",
    to_from=False,
    indices=("j", "i", "k"),
)
B = Notation(
    "B",
    "[B] the activation stands before σ",
    "Bhattacharya",
    pre="in",
    unit="a",
    loss="J",
    layer="bracketed",
    form="index",
    to_from=False,
    indices=("i", "j", "k"),
    comma=True,
    activation="before",
)
C = Notation(
    "C",
    "[C] no δ, every factor as a derivative",
    "Chen",
    pre="I",
    unit="O",
    delta="",
    weight="w",
    layer="bracketed",
    indices=("i", "j", "k"),
)

NOTATIONS: tuple[Notation, ...] = (OWN, TUTOR, Q, L, I, B, C)
"""All notations in the order in which a key goes through them; the first is the default."""


def named(id: str) -> Notation:
    """The notation with that id, in any case. Raises KeyError, naming those that there are."""
    for notation in NOTATIONS:
        if notation.id.lower() == id.strip("[] ").lower():
            return notation
    known = ", ".join(notation.id for notation in NOTATIONS)
    raise KeyError(f"there is no notation {id!r}; there are {known}")


def next_notation(notation: Notation) -> Notation:
    """The one after this; after the last the first."""
    at = NOTATIONS.index(notation)
    return NOTATIONS[(at + 1) % len(NOTATIONS)]
