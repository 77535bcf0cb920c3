"""Freeze 200 random expressions of the language with the values and gradients that PyTorch gives.

    python tests/data/make_random_expressions.py

writes random_expressions.json beside itself. Development only: it needs torch, the tests do not.
Every term is written down twice as it is made, as text of the language and as a torch tensor, so
nothing of this project takes part in what the file says. Terms near a singularity are not made
(denominators, roots and logarithms get a positive argument), and expressions whose value or
gradient is very large are thrown away.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

SEED = 20250
SCALAR_EXPRESSIONS = 100
TENSOR_EXPRESSIONS = 100
LARGEST = 1e3

Shape = tuple[int, ...]


@dataclass
class Term:
    """A term as text and as a tensor; `atom` says that it needs no parentheses anywhere."""

    text: str
    value: torch.Tensor
    atom: bool = False

    @property
    def inside(self) -> str:
        return self.text if self.atom else f"({self.text})"


@dataclass
class Case:
    """One expression in the making: its inputs, and the statements before the last."""

    chance: random.Random
    inputs: dict[str, torch.Tensor] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    named: dict[Shape, list[Term]] = field(default_factory=dict)
    tensors: bool = False
    depth: int = 0

    def pick(self, *options: Any) -> Any:
        return self.chance.choice(options)

    def input(self, shape: Shape) -> Term:
        fitting = [name for name, value in self.inputs.items() if value.shape == shape]
        again = 0.35 if len(fitting) < 3 else 0.9
        if fitting and self.chance.random() < again:
            name = self.chance.choice(fitting)
        else:
            letters = {0: "xyzabc", 1: "uvwpqr"}.get(len(shape), "ABCDWX")
            free = [one for one in letters if one not in self.inputs]
            free = free or [
                f"{letters[0]}{i}" for i in range(1, 50) if f"{letters[0]}{i}" not in self.inputs
            ]
            name = free[0]
            numbers = [round(self.chance.uniform(-2, 2), 3) for _ in range(_size(shape))]
            tensor = torch.tensor(numbers, dtype=torch.float64).reshape(shape)
            self.inputs[name] = tensor.requires_grad_()
        return Term(name, self.inputs[name], atom=True)

    def constant(self) -> Term:
        number = self.pick("2", "0.5", "3", "1.25", "-1.5", "1e-1", "0.75", "10")
        return Term(number, torch.tensor(float(number), dtype=torch.float64), number[0] != "-")

    def leaf(self, shape: Shape) -> Term:
        known = self.named.get(shape, [])
        if known and self.chance.random() < 0.4:
            return self.chance.choice(known)
        if shape == () and self.chance.random() < 0.2:
            return self.constant()
        if len(shape) == 1 and self.chance.random() < 0.08:
            numbers = [float(self.chance.randint(-3, 3)) for _ in range(shape[0])]
            text = ", ".join(f"{number:g}" for number in numbers)
            return Term(f"[{text}]", torch.tensor(numbers, dtype=torch.float64), atom=True)
        return self.input(shape)


def _size(shape: Shape) -> int:
    size = 1
    for axis in shape:
        size *= axis
    return size


ELEMENTWISE: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "exp": torch.exp,
    "sin": torch.sin,
    "cos": torch.cos,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "σ": torch.sigmoid,
    "relu": torch.relu,
    "softplus": F.softplus,
    "elu": F.elu,
    "gelu": F.gelu,
    "swish": F.silu,
    "abs": torch.abs,
    "expm1": torch.expm1,
    "sign": torch.sign,
    "erf": torch.erf,
    "square": torch.square,
    "leaky_relu": F.leaky_relu,
}


def elementwise(case: Case, shape: Shape, depth: int) -> Term:
    name = case.chance.choice(list(ELEMENTWISE))
    inner = term(case, shape, depth - 1)
    if case.chance.random() < 0.07:
        return Term(f"clip({inner.text}, -1, 0.8)", inner.value.clip(-1, 0.8), atom=True)
    if case.chance.random() < 0.05:
        value = F.leaky_relu(inner.value, 0.25)
        return Term(f"leaky_relu({inner.text}, slope=0.25)", value, atom=True)
    return Term(f"{name}({inner.text})", ELEMENTWISE[name](inner.value), atom=True)


def guarded(case: Case, shape: Shape, depth: int) -> Term:
    """Functions with a restricted domain, of a positive argument."""
    inner = term(case, shape, depth - 1)
    square = inner.value**2
    raised = case.pick(f"{inner.inside}**2", f"{inner.inside}^2", f"{inner.inside}²")
    match case.chance.randrange(6):
        case 0:
            return Term(f"sqrt({raised} + 0.5)", torch.sqrt(square + 0.5), atom=True)
        case 1:
            name = case.pick("log", "ln")
            return Term(f"{name}({raised} + 1)", torch.log(square + 1), atom=True)
        case 2:
            return Term(f"log1p({raised})", torch.log1p(square), atom=True)
        case 3:
            return Term(f"({raised} + 0.3)**0.7", (square + 0.3) ** 0.7)
        case 4:
            return Term(f"1/(1 + {raised})", 1 / (1 + square))
        case _:
            return Term(f"({raised} + 0.4)**-1.5", (square + 0.4) ** -1.5)


def power(case: Case, shape: Shape, depth: int) -> Term:
    inner = term(case, shape, depth - 1)
    match case.chance.randrange(4):
        case 0:
            return Term(f"{inner.inside}²", inner.value**2)
        case 1:
            return Term(f"{inner.inside}**3", inner.value**3)
        case 2:
            return Term(f"-{inner.inside}^2", -(inner.value**2))
        case _:
            return Term(case.pick(f"-{inner.inside}", f"−{inner.inside}"), -inner.value)


def sum_or_product(case: Case, shape: Shape, depth: int) -> Term:
    left = term(case, shape, depth - 1)
    right = term(case, narrower(case, shape), depth - 1)
    if case.chance.random() < 0.5:
        left, right = right, left
    match case.chance.randrange(5):
        case 0:
            return Term(f"{left.text} + {right.inside}", left.value + right.value)
        case 1:
            return Term(f"{left.text} - {right.inside}", left.value - right.value)
        case 2:
            sign = case.pick("*", " * ", "·", "⊙")
            return Term(f"{left.inside}{sign}{right.inside}", left.value * right.value)
        case 3:
            text = f"{left.inside}/({right.inside}² + 0.5)"
            return Term(text, left.value / (right.value**2 + 0.5))
        case _:
            factor = case.constant()
            if not factor.atom:
                return Term(f"{left.text} - {right.inside}", left.value - right.value)
            text = f"{factor.text}({left.text} - {right.inside})"
            return Term(text, factor.value * (left.value - right.value))


def narrower(case: Case, shape: Shape) -> Shape:
    """A shape that broadcasts to `shape`."""
    options = [shape, shape, ()]
    if len(shape) == 2:
        options = [shape, (), shape[1:], (1, shape[1]), (shape[0], 1)]
    return case.chance.choice(options)


def choice(case: Case, shape: Shape, depth: int) -> Term:
    """Maxima, masks and where."""
    first, second = term(case, shape, depth - 1), term(case, shape, depth - 1)
    relation = case.pick(">", "<", ">=", "<=")
    compared = {
        ">": first.value > second.value,
        "<": first.value < second.value,
        ">=": first.value >= second.value,
        "<=": first.value <= second.value,
    }[relation]
    match case.chance.randrange(6):
        case 5:
            value = torch.logaddexp(first.value, second.value)
            return Term(f"logaddexp({first.text}, {second.text})", value, True)
        case 0:
            name = case.pick("maximum", "max")
            return Term(
                f"{name}({first.text}, {second.text})",
                torch.maximum(first.value, second.value),
                True,
            )
        case 1:
            name = case.pick("minimum", "min")
            return Term(
                f"{name}({first.text}, {second.text})",
                torch.minimum(first.value, second.value),
                True,
            )
        case 2:
            mask = compared.to(torch.float64)
            other = term(case, shape, depth - 1)
            text = f"({first.text} {relation} {second.text})*{other.inside}"
            return Term(text, mask * other.value)
        case _:
            yes, no = term(case, shape, depth - 2), term(case, shape, depth - 2)
            text = f"where({first.text} {relation} {second.text}, {yes.text}, {no.text})"
            return Term(text, torch.where(compared, yes.value, no.value), True)


def product(case: Case, shape: Shape, depth: int) -> Term:
    """A matrix product of the given shape."""
    inner = case.chance.randint(2, 4)
    match len(shape):
        case 0:
            left, right = term(case, (inner,), depth - 1), term(case, (inner,), depth - 1)
            if case.chance.random() < 0.3:
                return Term(f"dot({left.text}, {right.text})", left.value @ right.value, True)
        case 1 if case.chance.random() < 0.5:
            left, right = term(case, (*shape, inner), depth - 1), term(case, (inner,), depth - 1)
        case 1:
            left, right = term(case, (inner,), depth - 1), term(case, (inner, *shape), depth - 1)
        case _:
            rows, columns = shape
            if case.chance.random() < 0.25:
                left, right = term(case, (rows,), depth - 1), term(case, (columns,), depth - 1)
                value = torch.outer(left.value, right.value)
                return Term(f"outer({left.text}, {right.text})", value, True)
            left = term(case, (rows, inner), depth - 1)
            right = term(case, (inner, columns), depth - 1)
            if case.chance.random() < 0.2:
                text = f"einsum(ij,jk->ik, {left.text}, {right.text})"
                return Term(text, left.value @ right.value, True)
    return Term(f"{left.inside} @ {right.inside}", left.value @ right.value)


def transposed(case: Case, shape: Shape, depth: int) -> Term:
    inner = term(case, shape[::-1], depth - 1)
    sign = case.pick(".T", "^T", "ᵀ")
    return Term(f"{inner.inside}{sign}", inner.value.mT if len(shape) == 2 else inner.value)


def normalised(case: Case, shape: Shape, depth: int) -> Term:
    inner = term(case, shape, depth - 1)
    if case.chance.random() < 0.6:
        return Term(f"softmax({inner.text})", torch.softmax(inner.value, -1), True)
    return Term(f"log_softmax({inner.text})", torch.log_softmax(inner.value, -1), True)


def reduced(case: Case, shape: Shape, depth: int) -> Term:
    """Something of `shape` that is reduced from more axes."""
    size = case.chance.randint(2, 4)
    name = case.pick("sum", "mean", "max", "min", "logsumexp")
    if shape == ():
        inner = term(case, case.pick((size,), (size, 3), (2, size), (3, size)), depth - 1)
        if name == "logsumexp":
            axes = tuple(range(inner.value.ndim))
            if len(axes) > 1:
                name = "sum"
        whole = {
            "sum": torch.sum,
            "mean": torch.mean,
            "max": torch.max,
            "min": torch.min,
            "logsumexp": partial(torch.logsumexp, dim=-1),
        }
        value = whole[name](inner.value)
        return Term(f"{name}({inner.text})", value, True)
    kept = len(shape) == 2
    if kept and 1 not in shape:
        return sum_or_product(case, shape, depth)
    axis = shape.index(1) if kept else case.chance.randint(0, 1)
    if kept:
        full = tuple(size if i == axis else n for i, n in enumerate(shape))
    else:
        full = (size, *shape) if axis == 0 else (*shape, size)
    inner = term(case, full, depth - 1)
    along = {
        "sum": torch.sum,
        "mean": torch.mean,
        "max": torch.max,
        "min": torch.min,
        "logsumexp": torch.logsumexp,
    }
    value = along[name](inner.value, axis, keepdim=kept)
    value = value.values if name in ("max", "min") else value
    written = case.pick(axis, axis - 2)
    settings = f"axis={written}, keepdims=True" if kept else f"axis={written}"
    return Term(f"{name}({inner.text}, {settings})", value, True)


def indexed(case: Case, shape: Shape, depth: int) -> Term:
    size = case.chance.randint(2, 4)
    place = case.chance.randrange(-size, size)
    match len(shape):
        case 0:
            if case.chance.random() < 0.5:
                inner = term(case, (size,), depth - 1)
                return Term(f"{inner.inside}[{place}]", inner.value[place], True)
            inner = term(case, (size, 2), depth - 1)
            return Term(f"{inner.inside}[{place}, 1]", inner.value[place, 1], True)
        case 1:
            match case.chance.randrange(4):
                case 0:
                    inner = term(case, (size, *shape), depth - 1)
                    return Term(f"{inner.inside}[{place}]", inner.value[place], True)
                case 1:
                    inner = term(case, (*shape, size), depth - 1)
                    return Term(f"{inner.inside}[:, {place}]", inner.value[:, place], True)
                case 2:
                    inner = term(case, (shape[0] + 2,), depth - 1)
                    return Term(f"{inner.inside}[1:-1]", inner.value[1:-1], True)
                case _:
                    inner = term(case, shape, depth - 1)
                    return Term(f"{inner.inside}[::-1]", inner.value.flip(0), True)
        case _:
            rows, columns = shape
            inner = term(case, (rows + 1, columns), depth - 1)
            return Term(f"{inner.inside}[1:, :]", inner.value[1:, :], True)


def reshaped(case: Case, shape: Shape, depth: int) -> Term:
    if len(shape) == 2:
        inner = term(case, (_size(shape),), depth - 1)
        return Term(f"reshape({inner.text}, {shape})", inner.value.reshape(shape), True)
    kind = case.chance.randrange(4)
    if kind == 0 and shape[0] > 1:
        first, second = term(case, (1,), depth - 1), term(case, (shape[0] - 1,), depth - 1)
        value = torch.cat([first.value, second.value])
        return Term(f"concatenate({first.text}, {second.text})", value, True)
    if kind == 1:
        inner = term(case, shape, depth - 1)
        return Term(f"flip(cumsum({inner.text}))", inner.value.cumsum(0).flip(0), True)
    if kind == 2:
        inner = term(case, (*shape, 2), depth - 1)
        return Term(f"prod({inner.text}, axis=1)", inner.value.prod(1), True)
    parts = [term(case, (), depth - 1) for _ in range(shape[0])]
    text = ", ".join(part.text for part in parts)
    return Term(f"[{text}]", torch.stack([part.value for part in parts]), True)


def remembered(case: Case, shape: Shape, depth: int) -> Term:
    """A term that a statement of its own gives a name."""
    inner = term(case, shape, depth)
    if len(case.statements) > 3 or (inner.atom and len(inner.text) < 4):
        return inner
    name = f"h{len(case.statements) + 1}"
    case.statements.append(f"{name} = {inner.text}")
    made = Term(name, inner.value, atom=True)
    case.named.setdefault(shape, []).append(made)
    return made


def term(case: Case, shape: Shape, depth: int) -> Term:
    if depth <= 0:
        return case.leaf(shape)
    kinds = [elementwise, elementwise, guarded, power, sum_or_product, sum_or_product, choice]
    if case.tensors:
        kinds += [reduced, indexed, product, product]
        if len(shape) == 2 and 1 in shape:
            kinds = [*kinds, *[reduced] * 8]
        if shape:
            kinds += [normalised, normalised, reshaped, transposed]
    if depth < case.depth and case.chance.random() < 0.12:
        kinds = [remembered]
    kind = case.chance.choice(kinds)
    return kind(case, shape, depth)


def expression(seed: int, tensors: bool) -> dict[str, Any] | None:
    """One expression as the file holds it, or None when its numbers are no good."""
    case = Case(random.Random(seed), tensors=tensors)
    shape: Shape = ()
    if tensors and case.chance.random() < 0.15:
        shape = case.pick((2,), (2, 3))
    case.depth = case.chance.randint(3, 4 if tensors else 5)
    if tensors and case.chance.random() < 0.6:
        inner = term(case, case.pick((2, 3), (3, 2), (3, 3), (2, 1), (1, 3)), case.depth)
        whole = Term(f"mean({inner.inside}²)", (inner.value**2).mean(), atom=True)
    else:
        whole = term(case, shape, case.depth)
    text = "; ".join([*case.statements, whole.text])
    if not case.inputs or not whole.value.requires_grad or len(text) > 700:
        return None
    if len(text) < 12 or len(case.inputs) < 2:
        return None
    whole.value.backward(torch.ones_like(whole.value))
    gradients = {name: tensor.grad for name, tensor in case.inputs.items()}
    numbers = [whole.value.detach(), *(g for g in gradients.values() if g is not None)]
    if any(not torch.isfinite(n).all() or n.abs().max() > LARGEST for n in numbers):
        return None
    if all(g is None or not g.any() for g in gradients.values()):
        return None
    return {
        "expression": text,
        "inputs": {name: tensor.tolist() for name, tensor in case.inputs.items()},
        "value": whole.value.tolist(),
        "gradients": {n: None if g is None else g.tolist() for n, g in gradients.items()},
    }


def main() -> None:
    cases: list[dict[str, Any]] = []
    seed = SEED
    for tensors, wanted in ((False, SCALAR_EXPRESSIONS), (True, TENSOR_EXPRESSIONS)):
        found = 0
        while found < wanted:
            seed += 1
            case = expression(seed, tensors)
            if case is not None:
                cases.append(case)
                found += 1
    path = Path(__file__).with_name("random_expressions.json")
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    head = json.dumps({"torch": torch.__version__.partition("+")[0], "seed": SEED})
    path.write_text(f'{head[:-1]}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
