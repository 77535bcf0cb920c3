"""The tree of a condition: what is asked of an event.

    |grad| > 10 and op = log        value(h) is nan        grad(W1) written        scope layer1

Every piece knows its span, the offsets [start, end) in the text; two pieces that say the same are
equal wherever they stand. What the pieces mean is told in `tutor.debugger.stops.judging`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Sign = Literal["=", "!=", "<", "<=", ">", ">="]
Held = Literal["value", "grad", "amount", "local", "upstream"]
FieldName = Literal[
    "op", "name", "scope", "line", "kind", "shape", "dtype", "pass", "through", "from"
]
What = Literal["computed", "written", "complete", "updated"]

REDUCTIONS = ("norm", "min", "max", "mean", "sum")
"""What makes one number of an array."""

QUANTIFIERS = ("all", "any")
"""How many entries of an array a relation speaks of; without a word it is some entry."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that something is compared with."""

    number: float
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is looked at: `value`, `grad(W)[0, 1]`, `norm(grad)`, `all(|amount|)`.

    held: which of an event's quantities. node: of which node; None for that of the event. index:
    which entry, or part, of an array. wraps: what is done to it, the innermost first: "abs" and
    the names of `REDUCTIONS`. quantifier: "some", "any" or "all", how many entries a relation
    speaks of.
    """

    held: Held
    node: str | None
    index: tuple[int, ...] | None
    wraps: tuple[str, ...]
    quantifier: str
    start: int = field(compare=False)
    end: int = field(compare=False)

    @property
    def is_number(self) -> bool:
        """Whether it is one number for any shape."""
        return any(wrap in REDUCTIONS for wrap in self.wraps)


@dataclass(frozen=True, slots=True)
class Relation:
    """`value > 3`, `|amount| > |upstream|`."""

    left: Quantity | Number
    sign: Sign
    right: Quantity | Number
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Is:
    """`grad is nan`; what: "nan", "inf" or "finite"."""

    quantity: Quantity
    what: str
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """`op = log`, `shape = (3, 4)`, `line > 12`, and with a file `line` of `loss.py:12`."""

    name: FieldName
    sign: Sign
    wanted: str | float | tuple[int, ...]
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Place:
    """`op log`, `scope layer1`, `line 12`, `loss.py:12`: everything that happens there."""

    name: Literal["op", "scope", "line"]
    wanted: str | int
    file: str | None
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Happens:
    """`value(h) computed`, `grad(W1) written`, `grad(W1) complete`, `W1 updated`."""

    node: str
    what: What
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Bare:
    """A name alone: a node of the trace, else an op, else a scope."""

    name: str
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """`changed`: a value that is not what it was in the pass before."""

    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """`not ...`"""

    part: Condition
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """`... and ...`, `... or ...`"""

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]
    start: int = field(compare=False)
    end: int = field(compare=False)


Condition = Relation | Is | Field | Place | Happens | Bare | Changed | Not | Joined

HELP = """\
value > 1e6              a value; some entry of an array
|grad| > 10              the gradient so far, by size
all(value) > 0           every entry
norm(grad) > 5           norm, min, max, mean, sum of an array
value is nan             nan, inf, finite
W[0, 1] < 0              an entry of a node's value
grad(W1) is inf          the gradient of one node
|amount| > |upstream|    a contribution that is larger than what came in
local = 0                the local derivative of a contribution
op = log and value < 1   and, or, not, parentheses
shape = (3, 4)           also dtype, kind, name, scope, line, pass
through = tanh           the op that passed a contribution on; from: the node
changed                  a value that differs from the pass before
op log                   everything an op does; scope layer1, line 12, loss.py:12
W1                       everything that happens to a node
grad(W1) written         also complete; value(h) computed; W1 updated"""
"""What can be written, one line each: an example and what it means."""
