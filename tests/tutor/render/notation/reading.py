"""Reads the laws that a formula shows and works them out in numbers, to hold them against a trace.

Matrix laws become NumPy expressions over columns, laws of one entry become einsum.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from tutor.render.notation import Names

Array = np.ndarray[Any, Any]
FUNCTIONS = {
    "σ": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(-1, keepdims=True),
}
SLOPES = {
    "σ": lambda z: FUNCTIONS["σ"](z) * (1 - FUNCTIONS["σ"](z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0) * 1.0,
}
_LETTERS = dict(zip("ₕᵢⱼₖₘₙₒ", "hijkmno", strict=True))


def _tables(names: Names) -> dict[str, Any]:
    trace, known = names.trace, {}
    for node in range(len(trace.nodes)):
        known[names.name(node)] = trace.value(node)
        gradient = trace.grad(node)
        if gradient is not None:
            known[names.gradient(node)] = gradient
            known[names.derivative(node)] = gradient
    return known


def matrix_value(names: Names, text: str) -> Array:
    """What a law in matrices comes to; vectors are columns."""
    known = _tables(names)
    held: list[Any] = []
    for name in sorted(known, key=len, reverse=True):
        pattern = rf"(?<![\w∂/]){re.escape(name)}(?![^\Wᵀ]|[₀-₉⁰-⁹²³⁽])"
        if re.search(pattern, text):
            text = re.sub(pattern, f"V{len(held)}_", text)
            value = np.asarray(known[name])
            held.append(value.reshape(-1, 1) if value.ndim == 1 else value)
    text = re.sub(r"(σ|tanh|relu)′", lambda m: f"slope_{_ascii(m[1])}", text)
    text = text.replace("σ(", "f_sigmoid(").replace("ᵀ", ".T").replace("−", "-")
    for sign, python in (("∙", "@"), ("⊙", "*"), ("·", "*")):
        text = text.replace(sign, python)
    return np.asarray(_walk(ast.parse(text, mode="eval").body, held))


def _ascii(name: str) -> str:
    return "sigmoid" if name == "σ" else name


def _walk(tree: ast.AST, held: list[Any]) -> Any:
    match tree:
        case ast.Name(id=name):
            return held[int(name[1:-1])]
        case ast.Constant(value=value):
            return value
        case ast.Attribute(value=inner):
            return _walk(inner, held).T
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            kind, _, function = name.partition("_")
            table = SLOPES if kind == "slope" else FUNCTIONS
            function = "σ" if function == "sigmoid" else function or kind
            return table[function](_walk(inner, held))
        case ast.BinOp(left=a, op=op, right=b):
            left, right = _walk(a, held), _walk(b, held)
            match op:
                case ast.MatMult():
                    return left @ right
                case ast.Mult():
                    return left * right
                case ast.Div():
                    return left / right
                case ast.Add():
                    return left + right
                case _:
                    return left - right
    raise AssertionError(ast.dump(tree))


def entry_value(names: Names, law: str, *, stored_to_from: bool) -> tuple[str, Array]:
    """What a law of one entry comes to, and the indices of its left side.

    stored_to_from: whether the program keeps its weights with a row for each output.
    """
    left, _, right = law.partition(" = ")
    (out,) = re.findall(r"([ₕᵢⱼₖₘₙₒ,]+)[^ₕᵢⱼₖₘₙₒ,]*$", left)
    indices = _plain(out)
    known = {_bare(name): value for name, value in _tables(names).items()}
    right = re.sub(r"\(Σ(\S+) (.*?)\) · ", r"Σ\1 \2 ", right).replace(" · ", " ")
    total: Any = 0.0
    for term in right.split(" + "):
        factors: list[tuple[str, Array]] = []
        for word in [word for word in term.split(" ") if word and not word.startswith("Σ")]:
            slope = re.fullmatch(r"(\w+)′\((.*)\)", word)
            word = slope[2] if slope else word
            letters = _plain("".join(re.findall("[ₕᵢⱼₖₘₙₒ,]", word)))
            value = np.asarray(known[_bare(word)])
            if _bare(word).startswith("W") and stored_to_from != names.notation.to_from:
                value = value.T
            if letters and len(letters) != value.ndim:
                raise AssertionError(f"{word} has {value.ndim} axes")
            factors.append((letters, SLOPES[slope[1]](value) if slope else value))
        pattern = ",".join(letters for letters, _ in factors)
        used = "".join(k for k in indices if k in pattern)
        made = np.einsum(f"{pattern}->{used}", *[value for _, value in factors])
        total = total + made
    return indices, np.asarray(total)


def _plain(letters: str) -> str:
    return "".join(_LETTERS.get(one, "") for one in letters)


def _bare(name: str) -> str:
    return re.sub("[ₕᵢⱼₖₘₙₒ,]", "", name)
