"""A syntax tree in words, to be heard: `the quantity x plus y, end of quantity, times z`."""

from __future__ import annotations

from tutor.language.lines import Line
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Derivative,
    Expression,
    Index,
    Name,
    Number,
    Program,
    Slice,
    Statement,
    Transpose,
    Unary,
    Value,
)
from tutor.language.unparse import (
    ATOM,
    POSTFIX,
    SIGNED,
    SUM,
    Part,
    Parts,
    assemble,
    number,
    strength,
)

SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "@": "matrix times"}
RELATIONS = {
    ">": "is greater than",
    "<": "is less than",
    ">=": "is at least",
    "<=": "is at most",
    "==": "equals",
    "!=": "differs from",
}
POWERS = {2.0: "squared", 3.0: "cubed"}
FUNCTIONS = {
    "abs": "absolute value",
    "sqrt": "square root",
    "exp": "exponential",
    "log": "natural logarithm",
    "sum": "sum",
    "max": "largest",
    "min": "smallest",
    "matmul": "matrix product",
    "prod": "product",
}


def words(tree: Expression | Statement | Program | Line) -> str:
    """The tree in words, without a sign that a speaking terminal would skip."""
    if isinstance(tree, Line):
        return _line(tree)
    if isinstance(tree, Program):
        return "; ".join(words(statement) for statement in tree.statements)
    if isinstance(tree, Statement):
        text = words(tree.expression)
        return text if tree.name is None else f"{tree.name} equals {text}"
    text, _ = assemble(tree, _parts_of, ("the quantity ", ", end of quantity,"))
    return text.removesuffix(",").replace(",,", ",")


def _line(line: Line) -> str:
    pieces = [] if line.left is None else [words(line.left)]
    for side in line.sides:
        if pieces or line.continues:
            pieces.append(RELATIONS.get(side.relation, "equals"))
        pieces.append(words(side.expression))
    return " ".join(pieces)


def _parts_of(term: Expression) -> Parts:
    match term:
        case Number():
            return [_number(term.value)]
        case Name():
            return [term.name]
        case Derivative():
            return [f"the derivative of {term.of} by {term.by}"]
        case Unary():
            return ["minus " if term.sign == "-" else "plus ", Part(term.operand, SIGNED)]
        case Binary(sign="**", right=Number(value=value)) if value in POWERS:
            return [Part(term.left, POSTFIX), f" {POWERS[value]}"]
        case Binary(sign="**"):
            return [Part(term.left, POSTFIX), " to the power ", Part(term.right, ATOM)]
        case Binary():
            least = strength(term)
            return [Part(term.left, least), f" {SIGNS[term.sign]} ", Part(term.right, least + 1)]
        case Compare():
            relation = f" {RELATIONS[term.relation]} "
            return [Part(term.left, SUM), relation, Part(term.right, SUM)]
        case Transpose():
            return [Part(term.operand, POSTFIX), " transposed"]
        case Index():
            items = ", ".join(_index_item(item) for item in term.items)
            return [Part(term.operand, POSTFIX), f" at index {items}"]
        case Array():
            return ["the array ", *_listed(term.items, ", "), ", end of array,"]
        case Call():
            settings = "".join(
                f", with {keyword.name} {_setting(keyword.value)}" for keyword in term.keywords
            )
            return [_called(term.function), *_listed(term.operands, " and "), settings]


def _called(name: str) -> str:
    """What is said before the operands of a call: `sum of`, `the derivative of sigmoid at`."""
    plain = name.removesuffix("'")
    spoken = FUNCTIONS.get(plain, plain.replace("_", " "))
    return f"{spoken} of " if plain == name else f"the derivative of {spoken} at "


def _number(value: float) -> str:
    """A number without the signs of its exponent: `1.5 times 10 to the power minus 7`."""
    digits, _, exponent = number(value).partition("e")
    if not exponent:
        return digits.replace("-", "minus ")
    power = str(int(exponent)).replace("-", "minus ")
    return f"{digits} times 10 to the power {power}".replace("-", "minus ")


def _setting(value: Value) -> str:
    """The value of a parameter: `0 and 1` for a tuple, `ij, jk to ik` for a pattern."""
    match value:
        case bool() | None:
            return str(value).lower()
        case int() | float():
            return _number(float(value))
        case str():
            return value.replace("->", " to ").replace(",", ", ")
        case _:
            return " and ".join(_setting(item) for item in value)


def _index_item(item: int | Slice) -> str:
    if isinstance(item, int):
        return f"minus {-item}" if item < 0 else str(item)
    if item == Slice():
        return "all"
    words = []
    if item.first is not None:
        words.append(f"from {_index_item(item.first)}")
    if item.beyond is not None:
        words.append(f"up to {_index_item(item.beyond)}")
    if item.step is not None:
        words.append(f"in steps of {_index_item(item.step)}")
    return " ".join(words)


def _listed(terms: tuple[Expression, ...], between: str) -> Parts:
    parts: Parts = []
    for term in terms:
        if parts:
            parts.append(between)
        parts.append(Part(term, ATOM))
    return parts
