"""Ways to write a term otherwise, and ways to spoil it.

A rewrite keeps the value wherever its shapes allow it, a spoiling mostly does not; the oracle has
the last word on both. Each is a function of a sub-tree, the names at hand and chance, and gives
None where it has nothing to do.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.tutor.judge.fuzz_language import Tree, places, put


@dataclass(frozen=True, slots=True)
class Names:
    """What a change may write: names that are alike in shape, and what forward lines say."""

    alike: Mapping[str, Sequence[str]]
    forward: Mapping[str, Tree]


Change = Callable[[Tree, Names, random.Random], "Tree | None"]


def num(text: str | int | float) -> Tree:
    """A number."""
    return ("num", str(text))


def call(name: str, *operands: Tree) -> Tree:
    """A call without keywords."""
    return ("call", name, operands, ())


ONE, TWO = num(1), num(2)


def changed(tree: Tree, changes: Sequence[Change], names: Names, chance: random.Random) -> Tree:
    """The tree with one of the changes made at one of its places."""
    spots = list(places(tree))
    for _ in range(40):
        path, spot = chance.choice(spots)
        new = chance.choice(changes)(spot, names, chance)
        if new is not None and new != spot:
            return put(tree, path, new)
    return tree


def _commute(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    return (t[0], t[2], t[1]) if t[0] in "+*" else None


def _minus(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] == "-":
        return chance.choice((("+", t[1], ("neg", t[2])), ("neg", ("-", t[2], t[1]))))
    if t[0] == "neg" and t[1][0] in "*/@":
        return (t[1][0], ("neg", t[1][1]), t[1][2])
    if t[0] in ("*", "@", "/"):
        return (t[0], ("neg", t[1]), ("neg", t[2]))
    return ("neg", ("neg", t))


def _by_one(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    return chance.choice((("*", t, ONE), ("*", ONE, t), ("/", t, ONE), ("**", t, ONE)))


def _there_and_back(t: Tree, names: Names, chance: random.Random) -> Tree | None:
    if t[0] == "name" and names.alike.get(t[1]):
        other: Tree = ("name", chance.choice(names.alike[t[1]]))
    else:
        other = num(chance.choice(("1", "2.5", "100", "1e6")))
    return chance.choice((("-", ("+", t, other), other), ("+", other, ("-", t, other))))


def _quotient(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] != "/":
        return None
    inverse = chance.choice((("/", ONE, t[2]), ("**", t[2], ("neg", ONE))))
    return chance.choice((("*", t[1], inverse), ("*", inverse, t[1])))


def _associate(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] in "+*@" and t[1][0] == t[0]:
        return (t[0], t[1][1], (t[0], t[1][2], t[2]))
    if t[0] in "+*@" and t[2][0] == t[0]:
        return (t[0], (t[0], t[1], t[2][1]), t[2][2])
    if t[0] == "*" and t[1][0] == "/":
        return ("/", ("*", t[1][1], t[2]), t[1][2])
    return None


def _distribute(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] in ("*", "@") and t[2][0] in "+-":
        return (t[2][0], (t[0], t[1], t[2][1]), (t[0], t[1], t[2][2]))
    if t[0] in ("*", "@", "/") and t[1][0] in "+-":
        return (t[1][0], (t[0], t[1][1], t[2]), (t[0], t[1][2], t[2]))
    if t[0] == "call" and t[1] in ("sum", "mean") and t[2][0][0] == "-":
        parts = [("call", t[1], (part,), t[3]) for part in t[2][0][1:]]
        return ("-", *parts)
    return None


def _powers(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] == "**" and t[2] == TWO:
        base = t[1]
        if base[0] == "-":
            cross = ("*", TWO, ("*", base[1], base[2]))
            return ("+", ("-", ("*", base[1], base[1]), cross), ("**", base[2], TWO))
        return ("*", base, base)
    if t[0] == "*" and t[1] == t[2]:
        return ("**", t[1], TWO)
    if t[0] == "-" and t[1] == ONE and t[2][0] == "**" and t[2][2] == TWO:
        return ("*", ("-", ONE, t[2][1]), ("+", ONE, t[2][1]))
    if t[0] == "call" and t[1] == "sqrt":
        return ("**", t[2][0], num("0.5"))
    return None


def _numbers(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    other = {"2": ("/", num(4), TWO), "0.5": ("/", ONE, TWO), "1": ("-", num(3), TWO)}
    return other.get(t[1]) if t[0] == "num" else None


def _turned(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] == "T" and t[1][0] == "@":
        return ("@", ("T", t[1][2]), ("T", t[1][1]))
    if t[0] == "T" and t[1][0] in "+-*":
        return (t[1][0], ("T", t[1][1]), ("T", t[1][2]))
    if t[0] == "T":
        return call("transpose", t[1])
    if t[0] == "@":
        return ("T", ("@", ("T", t[2]), ("T", t[1])))
    if t[0] == "call" and t[1] == "outer":
        return ("T", call("outer", t[2][1], t[2][0]))
    return ("T", ("T", t)) if t[0] == "name" else None


def _inner(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] != "call":
        return None
    if t[1] == "dot":
        return chance.choice((call("sum", ("*", *t[2])), ("@", *t[2])))
    if t[1] == "sum" and t[2][0][0] == "*" and not t[3]:
        return call("dot", *t[2][0][1:])
    if t[1] == "flip":
        return call("flip", call("flip", t))
    if t[1] in ("corr", "corr_full"):
        return call(t[1].replace("corr", "conv"), t[2][0], call("flip", t[2][1]))
    if t[1] in ("conv", "conv_full"):
        return call(t[1].replace("conv", "corr"), t[2][0], call("flip", t[2][1]))
    return None


def _functions(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] != "call" or len(t[2]) != 1:
        return None
    z = t[2][0]
    minus, fall = ("neg", z), call("exp", ("neg", z))
    twice = ("*", TWO, z)
    forms: dict[str, tuple[Tree, ...]] = {
        "sigmoid": (
            ("/", ONE, ("+", ONE, fall)),
            ("-", ONE, call("sigmoid", minus)),
            ("/", ("+", ONE, call("tanh", ("/", z, TWO))), TWO),
        ),
        "tanh": (
            ("-", ("*", TWO, call("sigmoid", twice)), ONE),
            ("neg", call("tanh", minus)),
            ("/", call("sinh", z), call("cosh", z)),
        ),
        "sigmoid'": (
            ("*", call("sigmoid", z), ("-", ONE, call("sigmoid", z))),
            call("sigmoid'", minus),
        ),
        "tanh'": (
            ("-", ONE, ("**", call("tanh", z), TWO)),
            ("/", ONE, ("**", call("cosh", z), TWO)),
        ),
        "relu": (
            call("max", z, num(0)),
            ("*", z, ("cmp", ">", z, num(0))),
            ("/", ("+", z, call("abs", z)), TWO),
            ("-", z, call("min", z, num(0))),
        ),
        "relu'": (("cmp", ">", z, num(0)), call("step", z)),
        "step": (("cmp", ">", z, num(0)), ("/", ("+", ONE, call("sign", z)), TWO)),
        "abs": (call("max", z, minus), ("*", z, call("sign", z)), call("sqrt", ("**", z, TWO))),
        "exp": (("/", ONE, call("exp", minus)), ("**", call("exp", ("/", z, TWO)), TWO)),
        "log": (("neg", call("log", ("/", ONE, z))),),
        "sqrt": (call("exp", ("/", call("log", z), TWO)),),
    }
    return chance.choice(forms[t[1]]) if t[1] in forms else None


def _masks(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] != "cmp":
        return None
    opposite = {">": "<=", "<": ">=", ">=": "<", "<=": ">"}[t[1]]
    swapped = {">": "<", "<": ">", ">=": "<=", "<=": ">="}[t[1]]
    return chance.choice(
        (
            ("-", ONE, ("cmp", opposite, t[2], t[3])),
            ("cmp", swapped, t[3], t[2]),
            ("cmp", t[1], ("-", t[2], t[3]), num(0)),
            call("where", t, ONE, num(0)),
            ("*", t, t),
        )
    )


def _said_out(t: Tree, names: Names, chance: random.Random) -> Tree | None:
    return names.forward.get(t[1]) if t[0] == "name" else None


REWRITES: tuple[Change, ...] = (
    _commute,
    _commute,
    _minus,
    _by_one,
    _there_and_back,
    _quotient,
    _associate,
    _associate,
    _distribute,
    _distribute,
    _powers,
    _numbers,
    _turned,
    _inner,
    _functions,
    _functions,
    _masks,
    _said_out,
)


def _sign(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] in "+-":
        return ("-" if t[0] == "+" else "+", t[1], t[2])
    return t[1] if t[0] == "neg" else ("neg", t)


def _factor(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    wrong = chance.choice(("2", "0.5", "3", "1.01", "1.000000001", "0.999"))
    return ("*", num(wrong), t)


def _constant(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    return (chance.choice("+-"), t, num(chance.choice(("1", "0.5", "0.001"))))


def _dropped(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    return t[chance.choice((1, 2))] if t[0] in ("+", "-", "*", "/", "@", "**") else None


def _renamed(t: Tree, names: Names, chance: random.Random) -> Tree | None:
    if t[0] != "name":
        return None
    others = names.alike.get(t[1], ())
    if chance.random() < 0.2 or not others:
        others = tuple(names.alike)
    return ("name", chance.choice(others))


def _sides(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] in ("-", "/", "@", "**"):
        return (t[0], t[2], t[1])
    if t[0] == "call" and len(t[2]) == 2:
        return (*t[:2], (t[2][1], t[2][0]), t[3])
    return None


def _sign_of_product(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] not in ("*", "/", "@", "+"):
        return None
    return (chance.choice([sign for sign in ("*", "/", "@", "+") if sign != t[0]]), t[1], t[2])


def _transposed(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    return t[1] if t[0] == "T" else ("T", t)


def _exponent(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] == "**":
        return ("**", t[1], num(chance.choice(("1", "3", "4"))))
    return ("**", t, TWO)


def _other_function(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] != "call":
        return None
    alike = (
        ("sigmoid", "tanh", "relu", "sigmoid'", "tanh'", "relu'", "softmax", "step", "exp"),
        ("sum", "mean", "max", "prod"),
        ("corr", "conv", "corr_full", "conv_full", "outer", "dot"),
        ("log", "exp", "sqrt", "abs", "sin", "cos", "sinh", "cosh", "sign"),
        ("max", "min"),
    )
    group = chance.choice([group for group in alike if t[1] in group] or [(t[1],)])
    keywords = t[3] if t[1] in ("sum", "mean") and chance.random() < 0.7 else ()
    return ("call", chance.choice(group), t[2], keywords)


def _unwrapped(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    return t[2][0] if t[0] == "call" else None


def _reduced(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    axis = chance.choice(((), (("axis", "0"),), (("axis", "1"),), (("axis", "-1"),)))
    keep = (("keepdims", "True"),) if axis and chance.random() < 0.3 else ()
    return ("call", chance.choice(("sum", "mean")), (t,), (*axis, *keep))


def _threshold(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    if t[0] == "cmp":
        return ("cmp", t[1], t[2], ("+", t[3], num(chance.choice(("0.05", "0.5")))))
    if t[0] == "call" and t[1] in ("relu", "relu'", "step"):
        return ("call", t[1], (("-", t[2][0], num(chance.choice(("0.05", "0.5")))),), ())
    return None


def _clamped(t: Tree, _: Names, chance: random.Random) -> Tree | None:
    limit = num(chance.choice(("1", "3")))
    return chance.choice((call("min", t, limit), call("max", t, ("neg", limit)), call("abs", t)))


SPOILINGS: tuple[Change, ...] = (
    _sign,
    _sign,
    _factor,
    _constant,
    _dropped,
    _dropped,
    _renamed,
    _renamed,
    _sides,
    _sign_of_product,
    _transposed,
    _exponent,
    _other_function,
    _unwrapped,
    _reduced,
    _threshold,
    _clamped,
)
