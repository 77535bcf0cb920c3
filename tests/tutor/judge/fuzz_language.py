"""A second reader and a writer of the language of derivations, for the fuzz alone.

They share nothing with tutor/language, so that a slip in its grammar shows as a disagreement.
A tree is a tuple: ("num", text), ("name", name), ("neg", a), ("T", a), ("cmp", sign, a, b),
("call", name, operands, keywords), or (sign, a, b) with a sign of + - * / @ **.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

Tree: TypeAlias = tuple[Any, ...]

SYNONYMS = {"ln": "log", "sigma": "sigmoid", "heaviside": "step", "maximum": "max"} | {
    "minimum": "min",
    "drelu": "relu'",
    "dtanh": "tanh'",
    "dsigmoid": "sigmoid'",
    "sigma'": "sigmoid'",
}
FUNCTIONS = frozenset(
    "sigmoid tanh relu exp log sqrt abs sign softmax sum mean max min outer dot diag step where "
    "sin cos sinh cosh transpose corr conv corr_full conv_full flip prod".split()
) | set(SYNONYMS)

_SIGNS = {"−": "-", "·": "*", "×": "*", "⊙": "*", "′": "'", "σ": "sigma", "δ": "delta", "∂": "d"}
_SIGNS |= {"²": "**2", "³": "**3", "ᵀ": ".T"} | {sub: str(n) for n, sub in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_TOKEN = re.compile(
    r"\s*(?:(?P<num>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)|"
    r"(?P<sign>\.T\b|\*\*|[<>=!]=|[-+*/@^()<>=,']))"
)


class NotReadError(Exception):
    """A text that this reader does not read; the fuzz passes it over."""


def read(text: str, names: Collection[str]) -> Tree:
    """The tree of one term in names, or of the last side of `lhs = a = b`.

    Raises NotReadError for anything else, derivatives and symbols of one's own among it.
    """
    side = re.split(r"(?<![<>=!])=(?!=|\s*(?:-?\d|True|False))", text.split("#")[0])[-1]
    reader = _Reader(side, names)
    tree = reader.comparison()
    if reader.kind != "end":
        raise NotReadError(text)
    return tree


class _Reader:
    """Recursive descent over the tokens of one term."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        plain = "".join([_SIGNS.get(sign, sign) for sign in text]).rstrip()
        self.names = names
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(plain):
            found = _TOKEN.match(plain, at)
            if found is None:
                raise NotReadError(text)
            self.tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            at = found.end()
        self.tokens.append(("end", ""))
        self.at = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    def follows(self, *signs: str) -> bool:
        kind, text = self.tokens[self.at]
        return kind == "sign" and text in signs

    def take(self, *signs: str) -> str:
        if signs and not self.follows(*signs):
            raise NotReadError(str(self.tokens))
        self.at += 1
        return self.tokens[self.at - 1][1]

    def comparison(self) -> Tree:
        tree = self.sum()
        while self.follows("<", ">", "<=", ">="):
            tree = ("cmp", self.take(), tree, self.sum())
        return tree

    def sum(self) -> Tree:
        tree = self.product()
        while self.follows("+", "-"):
            tree = (self.take(), tree, self.product())
        return tree

    def product(self) -> Tree:
        tree = self.signed()
        while True:
            if self.follows("*", "/", "@"):
                tree = (self.take(), tree, self.signed())
            elif self.kind in ("num", "name") or self.follows("("):
                tree = ("*", tree, self.signed())
            else:
                return tree

    def signed(self) -> Tree:
        if self.follows("-"):
            self.take()
            return ("neg", self.signed())
        return self.power()

    def power(self) -> Tree:
        tree = self.postfix()
        if self.follows("**", "^"):
            self.take()
            return ("**", tree, self.signed())
        return tree

    def postfix(self) -> Tree:
        tree = self.atom()
        while True:
            if self.follows(".T"):
                self.take()
            elif self.follows("^") and self.tokens[self.at + 1] == ("name", "T"):
                self.at += 2
            else:
                return tree
            tree = ("T", tree)

    def atom(self) -> Tree:
        if self.kind == "num":
            return ("num", self.take())
        if self.kind == "name":
            name = self.take()
            if name in self.names:
                return ("name", name)
            if name in FUNCTIONS and self.follows("(", "'"):
                return self.call(name)
            raise NotReadError(name)
        self.take("(")
        tree = self.comparison()
        self.take(")")
        return tree

    def call(self, name: str) -> Tree:
        if self.follows("'"):
            name += self.take()
        self.take("(")
        operands: list[Tree] = []
        keywords: list[tuple[str, str]] = []
        while True:
            if self.kind == "name" and self.tokens[self.at + 1] == ("sign", "="):
                key = self.take()
                self.take()
                minus = self.take() if self.follows("-") else ""
                keywords.append((key, minus + self.take()))
            else:
                operands.append(self.comparison())
            if not self.follows(","):
                break
            self.take()
        self.take(")")
        return ("call", SYNONYMS.get(name, name), tuple(operands), tuple(keywords))


def places(tree: Tree, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Tree]]:
    """Every sub-tree with its path: the positions to go down from the root."""
    yield path, tree
    for position, child in children(tree):
        yield from places(child, (*path, position))


def children(tree: Tree) -> list[tuple[int, Tree]]:
    """The operands of a tree, each with its position."""
    if tree[0] == "call":
        return list(enumerate(tree[2]))
    return [(at, child) for at, child in enumerate(tree) if isinstance(child, tuple)]


def put(tree: Tree, path: tuple[int, ...], new: Tree) -> Tree:
    """The tree with the sub-tree at `path` replaced."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    if tree[0] == "call":
        operands = list(tree[2])
        operands[first] = put(operands[first], rest, new)
        return (*tree[:2], tuple(operands), tree[3])
    return (*tree[:first], put(tree[first], rest, new), *tree[first + 1 :])


_LEVEL = {"cmp": 0, "+": 1, "-": 1, "neg": 1, "*": 2, "/": 2, "@": 2, "**": 4, "T": 5}
_ATOM = 6


def write(tree: Tree, chance: random.Random) -> str:
    """A text that reads as the tree; the spelling, blanks and spare parentheses are chance."""
    kind = tree[0]
    if kind in ("num", "name"):
        return str(tree[1])
    if kind == "call":
        operands = [write(operand, chance) for operand in tree[2]]
        operands += [f"{key}={value}" for key, value in tree[3]]
        names = [tree[1], *(new for new, old in SYNONYMS.items() if old == tree[1])]
        if tree[1] in ("max", "min") and len(operands) == 1:
            names = [tree[1]]
        name = chance.choice(names) if chance.random() < 0.3 else tree[1]
        return f"{name}({', '.join(operands)})"
    if kind == "neg":
        return chance.choice("--−") + _within(tree[1], 2, chance)
    if kind == "T":
        text = _within(tree[1], 5, chance)
        return text + (chance.choice((".T", ".T", "^T", "ᵀ")) if text[-1] != "'" else ".T")
    if kind == "**":
        base, sign = _within(tree[1], 5, chance), chance.choice(("**", "**", "^"))
        if tree[2] == ("num", "2") and chance.random() < 0.3:
            return base + "²"
        return base + sign + _within(tree[2], 5, chance)
    if kind == "cmp":
        return f"{_within(tree[2], 1, chance)} {tree[1]} {_within(tree[3], 1, chance)}"
    level = _LEVEL[kind]
    left, right = _within(tree[1], level, chance), _within(tree[2], level + 1, chance)
    if tree[2][0] == "neg" and not right.startswith("("):
        right = f"({right})"
    if kind == "*":
        if right.startswith("(") and tree[1][0] == "num" and chance.random() < 0.5:
            return left + right
        return left + chance.choice(("*", "*", "*", " * ", "·", " ⊙ ")) + right
    if kind == "/":
        return left + chance.choice(("/", " / ")) + right
    return f"{left} {kind} {right}"


def _within(tree: Tree, level: int, chance: random.Random) -> str:
    text = write(tree, chance)
    wrapped = _LEVEL.get(tree[0], _ATOM) < level or chance.random() < 0.05
    return f"({text})" if wrapped else text
