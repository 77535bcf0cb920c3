"""Text that nobody means: random characters, token soup, spoilt answers, depth and length."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from tests.tutor.judge.fuzz_language import FUNCTIONS

_STRANGE = "\x00\x1b\u202e\ud800\udfff\ufeff\u00a0ａｘ∗∑√😀\u0301\r\n\t\\`$%&!?:;{}[]\"'~|"
_TOKENS = (
    "( ) ( ) + - * / @ ** ^ = = , .T ^T ' ' 0 1 2 0.5 1e3 1e250 1e251 9**9**9 -1 < <= >= > == . # "
    "axis=0 axis=1 axis=7 keepdims=True True None lambda import __import__ dL dL/ / dL/dL d d/d "
    "eval() x.y z.real e E 1e 1e+ 0x10 1_000 ² ᵀ σ δ ∂ ′ − · ₀"
).split()
_WHOLE = (
    "__import__('os').system('true')",
    "().__class__.__mro__",
    "open('/etc/passwd').read()",
    "[x for x in (1, 2)]",
    "f'{1}'",
    "9**9**9**9**9",
    "2**2**2**2**2**2",
    "1e250**1e250",
    "exp(exp(exp(exp(exp(1e250)))))",
    "-" * 500 + "1",
    "(" * 1500 + "1" + ")" * 400,
    "(" * 60 + "1" + ")" * 60,
    "1" * 41,
    "1." + "0" * 1990,
    "1" + ".T" * 600,
    "1" + "'" * 600,
    "1" + "²" * 300,
    "sigmoid" + "'" * 200 + "(1)",
    "exp(" * 64 + "1" + ")" * 64,
    "+".join(["1"] * 500),
    "*".join(["(1 + 1e-9)"] * 120),
    "**".join(["2"] * 190),
    "^".join(["1.0000001"] * 190),
    "dL/dL/dL/dL",
    "d/d",
    "=" * 300,
    "= = =",
    " " * 2_000_000,
    "x" * 1999,
    "\ud800",
    "\x00",
    "\x1b[31mred\x1b[0m",
    "",
)


def hostile(
    names: Sequence[str], answers: Sequence[str], count: int, seed: int
) -> Iterator[list[str]]:
    """`count` answers of one or several lines. names, answers: of the exercise, to be mixed in."""
    chance = random.Random(seed)
    words = [*_TOKENS, *names, *names, *sorted(FUNCTIONS)]
    makers = (
        lambda: "".join([_letter(chance) for _ in range(chance.randint(1, 60))]),
        lambda: _joined([chance.choice(words) for _ in range(chance.randint(1, 30))], chance),
        lambda: _damaged(chance.choice(answers), chance),
        lambda: _damaged(chance.choice(answers), chance),
        lambda: _nested(chance, words),
        lambda: chance.choice(_WHOLE),
    )
    for number in range(count):
        if number < len(_WHOLE):
            yield [_WHOLE[number]]
        else:
            yield [chance.choice(makers)() for _ in range(chance.choice((1, 1, 1, 2, 3)))]


def _letter(chance: random.Random) -> str:
    if chance.random() < 0.2:
        return chr(chance.randint(0, 0x10FFFF))
    return chance.choice(_STRANGE + "abcLdxyzwTW0123456789+-*/@()=.^' _")


def _joined(tokens: list[str], chance: random.Random) -> str:
    return chance.choice((" ", "", " ")).join(tokens)


def _damaged(text: str, chance: random.Random) -> str:
    letters = list(text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(letters) + 1)
        what = chance.random()
        if what < 0.4:
            letters[at:at] = _letter(chance)
        elif what < 0.7:
            letters[at : at + chance.randint(1, 3)] = []
        else:
            start = chance.randrange(len(letters) + 1)
            letters[at:at] = letters[start : start + chance.randint(1, 12)]
    return "".join(letters)


def _nested(chance: random.Random, words: Sequence[str]) -> str:
    text = chance.choice(words)
    for _ in range(chance.choice((5, 20, 60, 63, 64, 65, 200))):
        text = chance.choice(("({})", "-{}", "exp({})", "{}.T", "sum({})", "2**{}", "1/({})"))
        text = text.format(text if chance.random() < 0.01 else chance.choice(words))
    depth = chance.choice((10, 62, 63, 64, 65, 400))
    opening, closing = chance.choice(
        (("(", ")"), ("-", ""), ("tanh(", ")"), ("", ".T"), ("2^", ""))
    )
    return opening * depth + text + closing * depth
