"""A program as a function of Tensors: every op is applied once, at its place in the text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import source
from engine.arrays import namespace_of
from engine.errors import EngineError
from engine.ops import REGISTRY
from engine.tensor import Tensor, as_tensor
from tutor.language.errors import LanguageError
from tutor.language.tree import (
    Array,
    Binary,
    Call,
    Compare,
    Expression,
    Index,
    Listed,
    Name,
    Number,
    Program,
    Slice,
    Transpose,
    Unary,
    Value,
    children,
)

OPS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "@": "matmul",
    "**": "pow",
    ">": "gt",
    "<": "lt",
    ">=": "ge",
    "<=": "le",
    "==": "eq",
    "!=": "ne",
}

# The engine's masks are true and false; the language's are 1 and 0, which can be added and counted.
# These ops need not know: a mask that is moved, chosen from or compared remains one.
KEEP_MASKS = frozenset(
    "where getitem take transpose reshape expand expand_dims squeeze flip stack concatenate "
    "mul maximum minimum max min gt lt ge le eq ne".split()
)

# A term's value: a Tensor, or a constant that no op has met yet.
Operand = Any


def function_of(program: Program) -> Callable[..., Tensor]:
    """The function that a program writes down, for `engine.record`.

    Its keyword parameters are the program's inputs, in order of first appearance; it returns the
    value of the last statement. A value that a statement gives a name carries that name, and each
    op runs inside `engine.source.location` of its term. Numbers stay constants, and what is worked
    out of numbers alone by operators is one constant. The function raises `LanguageError`
    (`bad_arguments`), pointing at the term, where the engine refuses shapes or parameters.
    """
    plan = [
        (statement.name, list(_in_order(statement.expression))) for statement in program.statements
    ]

    def run(**inputs: Any) -> Tensor:
        given = set(inputs)
        if given != set(program.inputs):
            wanted = ", ".join(program.inputs) or "none"
            raise TypeError(f"the inputs are {wanted}; given were {', '.join(inputs) or 'none'}")
        values: dict[str, Operand] = {name: as_tensor(value) for name, value in inputs.items()}
        evaluation = _Evaluation(program.text, values, *_kind_of(values))
        result: Tensor | None = None
        for name, terms in plan:
            result = evaluation.tensor(evaluation.value(terms))
            if name is not None:
                if result.name is None and not any(result is known for known in values.values()):
                    result.name = name
                values[name] = result
        assert result is not None  # noqa: S101  (a program has at least one statement)
        return result

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, keyword) for name in program.inputs]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__name__ = run.__qualname__ = program.result_name or "f"
    return run


def _in_order(expression: Expression) -> Iterator[Expression]:
    """Every term after its operands, from left to right."""
    waiting: list[tuple[Expression, bool]] = [(expression, False)]
    while waiting:
        term, ready = waiting.pop()
        if ready:
            yield term
            continue
        waiting.append((term, True))
        waiting.extend((child, False) for child in reversed(children(term)))


def _kind_of(values: dict[str, Operand]) -> tuple[np.dtype[Any], Any]:
    """The dtype and the namespace that constants take: those of the inputs.

    So float32 stays float32, and the program runs on a GPU and on symbols as it stands.
    """
    kinds = {value.dtype for value in values.values() if value.dtype.kind == "f"}
    dtype = np.result_type(*kinds) if kinds else np.dtype(np.float64)
    return dtype, namespace_of([value.held for value in values.values()])


@dataclass(slots=True)
class _Evaluation:
    text: str
    values: dict[str, Operand]
    dtype: np.dtype[Any]
    namespace: Any

    def tensor(self, operand: Operand) -> Tensor:
        return operand if type(operand) is Tensor else Tensor(self.constant(operand))

    def constant(self, operand: Operand) -> Operand:
        """A number or an array of numbers as the inputs' kind of it; Tensors as they are."""
        if type(operand) is float and self.dtype != np.float64:
            return self.dtype.type(operand)
        if type(operand) is np.ndarray and self.namespace.name not in ("floats", "numpy"):
            return self.namespace.asarray(operand)
        return operand

    def value(self, terms: list[Expression]) -> Operand:
        """The value of the last of the terms, which stand in order of evaluation."""
        done: list[Operand] = []
        for term in terms:
            count = len(children(term))
            operands = done[len(done) - count :]
            del done[len(done) - count :]
            done.append(self.term(term, operands))
        return done[0]

    def term(self, term: Expression, operands: list[Operand]) -> Operand:
        match term:
            case Number():
                return term.value
            case Name():
                return self.values[term.name]
            case Unary(sign="+"):
                return operands[0]
            case Unary():
                if type(operands[0]) is float:
                    return -operands[0]
                return self.apply(term, "neg", operands)
            case Binary():
                if term.sign != "@" and all(type(operand) is float for operand in operands):
                    return _folded(term.sign, operands[0], operands[1])
                return self.apply(term, OPS[term.sign], operands)
            case Compare():
                return self.apply(term, OPS[term.relation], operands)
            case Call():
                params = {keyword.name: _setting(keyword.value) for keyword in term.keywords}
                return self.apply(term, term.function, operands, **params)
            case Transpose():
                return self.apply(term, "transpose", operands)
            case Index():
                items = tuple(_index_item(item) for item in term.items)
                index = items[0] if len(items) == 1 else items
                return self.apply(term, "getitem", operands, index=index)
            case Array():
                return self.array(term, operands)

    def apply(self, term: Expression, op: str, operands: list[Operand], **params: Any) -> Tensor:
        if op not in KEEP_MASKS and all(_is_mask(operand) for operand in operands):
            operands[0] = self.apply(children(term)[0], "where", [operands[0], 1.0, 0.0])
        line = self.text.count("\n", 0, term.start) + 1
        place = source.Location(None, line, term.start, term.end)
        try:
            with source.location(place):
                return REGISTRY[op](*[self.constant(operand) for operand in operands], **params)
        except EngineError as error:
            raise self.refusal(term, str(error)) from error
        except MemoryError as error:
            raise self.refusal(term, f"{op}: the result does not fit into memory") from error

    def array(self, term: Array, items: list[Operand]) -> Operand:
        if any(type(item) is Tensor for item in items):
            return self.apply(term, "stack", items)
        try:
            made = np.array(items, dtype=self.dtype)
        except ValueError as error:
            raise self.refusal(term, "the rows of an array must be of one length") from error
        return made

    def refusal(self, term: Expression, message: str) -> LanguageError:
        return LanguageError("bad_arguments", message, term.start, term.end, text=self.text)


def _folded(sign: str, left: float, right: float) -> float:
    """An operator on two constants, with IEEE results where Python would raise."""
    a, b = np.float64(left), np.float64(right)
    with np.errstate(all="ignore"):
        match sign:
            case "+":
                return float(a + b)
            case "-":
                return float(a - b)
            case "*":
                return float(a * b)
            case "/":
                return float(a / b)
            case _:
                return float(a**b)


def _index_item(item: int | Slice) -> int | slice:
    return slice(item.first, item.beyond, item.step) if isinstance(item, Slice) else item


def _is_mask(operand: Operand) -> bool:
    return type(operand) is Tensor and operand.dtype.kind == "b"


def _setting(value: Value) -> Any:
    return [_setting(item) for item in value] if isinstance(value, Listed) else value
