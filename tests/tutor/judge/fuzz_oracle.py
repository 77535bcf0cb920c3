"""The fuzz's own judge: terms in plain NumPy at many points, and on both sides of their kinks.

It knows no derivative and nothing of tutor/: an answer is equal to a right answer or it is not.
Every term is worked out in long double and in double; how far these two are apart tells how much
of a difference is rounding, so that there is no tolerance to tune.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tests.tutor.judge.fuzz_language import Tree, children, places, read

POINTS = 8
KINKED_POINTS = 60
MANY_POINTS = 4_000
PAIRS = 2
HALVINGS = 16
SCALES = (0.3, 1.0, 1.0, 2.0, 3.0, 8.0, 0.1, 20.0)
NEAR = 1.0

Env = dict[str, Any]
Opinion = Literal["equal", "different", "undecided"]
AtPoint = Literal["equal", "different", "undecided", "undefined"]


class UnclearError(Exception):
    """A term about which the language leaves a choice, such as relu' at zero."""


class MisfitError(Exception):
    """A term whose operands do not go together."""


@dataclass(slots=True)
class Point:
    """One point: the values of all names in long double and in double."""

    exact: Env
    double: Env


@dataclass(slots=True)
class Ground:
    """What an exercise gives: `at(kind)` makes points; a right term's values are kept."""

    context: Mapping[str, Any]
    seed: int = 0
    names: frozenset[str] = field(init=False)
    forward: list[tuple[str, Tree]] = field(init=False, default_factory=list)
    points: list[Point] = field(init=False, default_factory=list)
    pairs: list[tuple[Env, Env]] = field(init=False, default_factory=list)
    binary: frozenset[str] = field(init=False)
    kept: dict[tuple[Tree, int], tuple[Any, Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        names = set(self.context["vars"]) | set(self.context.get("dims", {}))
        for line in self.context["forward"]:
            for statement in line.split(";"):
                name = statement.split("=", 1)[0].strip()
                self.forward.append((name, read(statement.split("=", 1)[1], names)))
                names.add(name)
        self.names = frozenset(names)
        chance = np.random.default_rng(self.seed)
        self.pairs = [(self.inputs(chance, 1.0), self.inputs(chance, 1.0)) for _ in range(PAIRS)]
        variables = self.context["vars"].items()
        self.binary = frozenset(name for name, one in variables if one.get("domain") == "binary")

    def at(self, number: int) -> Point:
        """A point of the ground, always the same one for one number."""
        while len(self.points) <= number:
            chance = np.random.default_rng((self.seed, len(self.points)))
            scale = SCALES[len(self.points) % len(SCALES)]
            self.points.append(self.point(self.inputs(chance, scale)))
        return self.points[number]

    def right(self, tree: Tree, number: int) -> tuple[Any, Any]:
        """The values of a right term at a point, in long double and in double."""
        if (tree, number) not in self.kept:
            point = self.at(number)
            self.kept[tree, number] = evaluate(tree, point.exact), evaluate(tree, point.double)
        return self.kept[tree, number]

    def between(self, number: int, part: float) -> Env:
        """Values on the way between the two ends of a pair. Masks stay: half a mask is none."""
        first, second = self.pairs[number]
        return {
            name: value if name in self.binary else value + part * (second[name] - value)
            for name, value in first.items()
        }

    def inputs(self, chance: np.random.Generator, scale: float) -> Env:
        """Values of the variables, drawn from their domains."""
        drawn: Env = {}
        dims = self.context.get("dims", {})
        for name, variable in self.context["vars"].items():
            shape = [dims[size] if isinstance(size, str) else size for size in variable["shape"]]
            normal = chance.standard_normal(shape)
            domain = variable.get("domain", "real")
            if domain == "real":
                drawn[name] = np.asarray(normal * scale)
            elif domain == "positive":
                drawn[name] = np.asarray(np.exp(normal * min(scale, 4.0) / 2))
            elif domain == "prob":
                drawn[name] = np.asarray(1 / (1 + np.exp(-1.5 * normal)))
            elif domain == "simplex":
                drawn[name] = np.exp(normal) / np.exp(normal).sum(axis=-1, keepdims=True)
            else:
                drawn[name] = np.asarray((normal > 0).astype(float))
        return drawn

    def point(self, inputs: Env) -> Point:
        """The values of all names, given those of the variables."""
        return Point(self.filled(inputs, np.longdouble), self.filled(inputs, np.float64))

    def filled(
        self, inputs: Env, kind: type[np.floating[Any]], seen: list[bytes] | None = None
    ) -> Env:
        """The values of all names in numbers of one kind. seen: as `evaluate` has it."""
        env: Env = {name: kind(size) for name, size in self.context.get("dims", {}).items()}
        env |= {name: value.astype(kind) for name, value in inputs.items()}
        with np.errstate(all="ignore"):
            for name, tree in self.forward:
                env[name] = evaluate(tree, env, seen)
        return env


def opinion(ground: Ground, right: Tree, answer: Tree) -> Opinion:
    """Whether `answer` means the same as `right` on the domain, almost everywhere."""
    kinked = has_kinks(answer) or has_kinks(right)
    # A piece that is rarely met, such as what min(..., 3) cuts off, needs many points.
    count = KINKED_POINTS if has_kinks(answer) else 2 * POINTS if kinked else POINTS
    clean = murky = undefined = 0
    try:
        with np.errstate(all="ignore"):
            for number in range(count):
                said = _at(ground.at(number), ground.right(right, number), answer)
                if said == "different":
                    return said
                clean += said == "equal"
                near = SCALES[number % len(SCALES)] <= NEAR
                undefined += near and said == "undefined"
                murky += near and said == "undecided"
            # Far out, what is defined may still overflow or lose a small number beside a large one.
            if undefined >= 2:
                return "different"
            if murky or 2 * clean <= count:
                return "undecided"
            if kinked:
                return _beside_kinks(ground, right, answer)
    except UnclearError:
        return "undecided"
    except MisfitError:
        return "different"
    return "equal"


def _at(point: Point, right: tuple[Any, Any], answer: Tree) -> AtPoint:
    mine, yours = right[0], evaluate(answer, point.exact)
    if np.shape(mine) != np.shape(yours):
        return "different"
    if not np.isfinite(mine).all():
        return "undecided"
    if not np.isfinite(yours).all():
        return "undefined"
    size = np.abs(mine) + np.abs(yours)
    apart = np.abs(mine - yours)
    if (apart <= 1e-14 * size).all():
        return "equal"
    noise = np.abs(right[1] - mine) + np.abs(evaluate(answer, point.double) - yours)
    if not np.isfinite(noise).all() or not np.isfinite(apart).all():
        return "undecided"
    suspect = (apart > 1e-11 * size) & (apart > 1e4 * noise)
    if suspect.any():
        peak = _peak(answer, point.exact)
        floor = 1e-17 * peak**2
        found = np.isfinite(peak) and (suspect & (apart > floor)).any()
        return "different" if found else "undecided"
    return "equal" if ((apart <= 1e-14 * size) | (apart <= 0.05 * noise)).all() else "undecided"


def _peak(tree: Tree, env: Env) -> Any:
    """The largest number on the way to a value, at least 1: beside it small ones get lost, and the
    values in the two kinds of numbers may then agree although both are nothing but rounding."""
    values = [np.abs(evaluate(part, env)).max() for _, part in places(tree)]
    return np.max(values) + 1.0


def differ_somewhere(ground: Ground, right: Tree, answer: Tree) -> bool:
    """Whether the terms differ at one of very many points: a long look, for a piece seldom met."""
    chance = np.random.default_rng(ground.seed + 2)
    with np.errstate(all="ignore"):
        for number in range(MANY_POINTS):
            point = ground.point(ground.inputs(chance, SCALES[number % len(SCALES)]))
            here = evaluate(right, point.exact), evaluate(right, point.double)
            if _at(point, here, answer) == "different":
                return True
    return False


def differ_at(ground: Ground, right: Tree, answer: Tree, values: Mapping[str, Any]) -> bool:
    """Whether the terms differ at a point that somebody else found, of sizes of its own. Variables
    that it leaves out are drawn."""
    dims = dict(ground.context.get("dims", {}))
    for name, value in values.items():
        named = zip(ground.context["vars"][name]["shape"], np.shape(value), strict=True)
        dims |= {size: count for size, count in named if isinstance(size, str)}
    there = Ground({**ground.context, "dims": dims}, ground.seed)
    inputs = there.inputs(np.random.default_rng(ground.seed), 1.0)
    inputs |= {name: np.asarray(value, dtype=float) for name, value in values.items()}
    try:
        point = there.point(inputs)
        with np.errstate(all="ignore"):
            here = evaluate(right, point.exact), evaluate(right, point.double)
            return _at(point, here, answer) in ("different", "undefined")
    except (MisfitError, UnclearError):
        return False


def _beside_kinks(ground: Ground, right: Tree, answer: Tree) -> Opinion:
    """Halve the way between two points until it crosses one kink, and look on both of its sides."""
    for number in range(PAIRS):
        start = _pattern(ground, ground.between(number, 0.0), right, answer)
        if start == _pattern(ground, ground.between(number, 1.0), right, answer):
            continue
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if _pattern(ground, ground.between(number, middle), right, answer) == start:
                low = middle
            else:
                high = middle
        for part in (low, high):
            point = ground.point(ground.between(number, part))
            values = evaluate(right, point.exact), evaluate(right, point.double)
            if _at(point, values, answer) == "different":
                return "different"
    return "equal"


def _pattern(ground: Ground, inputs: Env, *trees: Tree) -> bytes:
    """On which side of every kink the terms and the forward lines are."""
    seen: list[bytes] = []
    env = ground.filled(inputs, np.float64, seen)
    for tree in trees:
        if has_kinks(tree):
            evaluate(tree, env, seen)
    return b"|".join(seen)


_KINKED = frozenset(("relu", "relu'", "step", "abs", "sign", "max", "min", "where"))


def has_kinks(tree: Tree) -> bool:
    """Whether a term is piecewise."""
    if tree[0] == "cmp" or (tree[0] == "call" and tree[1] in _KINKED):
        return True
    return any(has_kinks(child) for _, child in children(tree))


def evaluate(tree: Tree, env: Env, seen: list[bytes] | None = None) -> Any:
    """The value of a term. seen: is given, for each kink, on which side of it every entry lies.

    Raises MisfitError where operands do not go together, UnclearError where the language is open.
    """
    kind = tree[0]
    if kind == "num":
        return next(iter(env.values())).dtype.type(tree[1]) if env else np.float64(tree[1])
    if kind == "name":
        return env[tree[1]]
    if kind == "call":
        return _called(tree[1], [evaluate(child, env, seen) for child in tree[2]], tree[3], seen)
    try:
        if kind == "cmp":
            sides = evaluate(tree[2], env, seen), evaluate(tree[3], env, seen)
            return _compared(tree[1], *sides, seen)
        if len(tree) == 2:
            return _SIGNS[kind](evaluate(tree[1], env, seen))
        return _SIGNS[kind](evaluate(tree[1], env, seen), evaluate(tree[2], env, seen))
    except (ValueError, IndexError) as error:
        raise MisfitError(str(error)) from None


def _compared(sign: str, a: Any, b: Any, seen: list[bytes] | None) -> Any:
    if seen is not None:
        seen.append(np.sign(a - b).tobytes())
    apart = np.abs(a - b)
    if ((apart > 0) & (apart < 1e-12 * (np.abs(a) + np.abs(b)))).any():
        raise UnclearError("a mask that rounding decides")
    held = {">": np.greater, "<": np.less, ">=": np.greater_equal, "<=": np.less_equal}[sign](a, b)
    return held.astype(np.result_type(a, b))


def _called(
    name: str, operands: list[Any], keywords: tuple[tuple[str, str], ...], seen: list[bytes] | None
) -> Any:
    first = operands[0]
    if seen is not None and name in _KINKED:
        if len(operands) == 1 and name in ("max", "min"):
            seen.append(bytes(str(np.argmax(first if name == "max" else -first)), "ascii"))
        else:
            seen.append(np.sign(first - (operands[1] if name in ("max", "min") else 0)).tobytes())
    if name in ("relu'", "step") and np.any(first == 0):
        raise UnclearError(name)
    try:
        if name in _REDUCTIONS:
            if keywords and np.ndim(first) == 0:
                raise UnclearError("an axis of a number")
            words = {key: _literal(value) for key, value in keywords}
            return _REDUCTIONS[name](first, **words)
        if len(operands) not in _ARITY.get(name, (1,)):
            raise MisfitError(name)
        return _FUNCTIONS[name](*operands)
    except (ValueError, IndexError) as error:
        raise MisfitError(str(error)) from None


def _literal(text: str) -> int | bool:
    return text == "True" if text in ("True", "False") else int(text)


def _vectors(rule: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def ruled(a: Any, b: Any) -> Any:
        if np.ndim(a) != 1 or np.ndim(b) != 1:
            raise UnclearError("for vectors")
        return rule(a, b)

    return ruled


def _diag(a: Any) -> Any:
    if np.ndim(a) != 1:
        raise UnclearError("diag of a matrix")
    return np.diag(a)


def _flip(k: Any) -> Any:
    return k[::-1] if np.ndim(k) == 1 else k[..., ::-1, ::-1]


def _corr(x: Any, k: Any) -> Any:
    if np.ndim(x) != np.ndim(k) or np.ndim(x) not in (1, 2):
        raise UnclearError("corr of these")
    if any(a < b for a, b in zip(x.shape, k.shape, strict=True)):
        raise MisfitError("kernel larger than its input")
    windows = np.lib.stride_tricks.sliding_window_view(x, k.shape)
    return (windows * k).sum(axis=(-1,) if k.ndim == 1 else (-2, -1))


def _padded(x: Any, k: Any) -> Any:
    if np.ndim(x) != np.ndim(k) or np.ndim(x) not in (1, 2):
        raise UnclearError("corr of these")
    return np.pad(x, [(size - 1, size - 1) for size in k.shape])


def _softmax(z: Any) -> Any:
    if np.ndim(z) == 0:
        raise UnclearError("softmax of a number")
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _sigmoid(z: Any) -> Any:
    return np.where(
        z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z)))
    )


def _where(mask: Any, a: Any, b: Any) -> Any:
    return np.where(mask != 0, a, b)


_SIGNS: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "@": np.matmul,
    "neg": np.negative,
    "T": np.transpose,
}
_REDUCTIONS: dict[str, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "prod": np.prod}
_TWO = ("outer", "dot", "corr", "conv", "corr_full", "conv_full")
_ARITY: dict[str, tuple[int, ...]] = dict.fromkeys(_TWO, (2,))
_ARITY |= {"max": (1, 2), "min": (1, 2), "where": (3,)}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "softmax": _softmax,
    "max": lambda a, b=None: np.max(a) if b is None else np.maximum(a, b),
    "min": lambda a, b=None: np.min(a) if b is None else np.minimum(a, b),
    "outer": _vectors(np.outer),
    "dot": _vectors(np.dot),
    "diag": _diag,
    "step": lambda z: (z > 0).astype(z.dtype),
    "where": _where,
    "sin": np.sin,
    "cos": np.cos,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "transpose": np.transpose,
    "corr": _corr,
    "conv": lambda x, k: _corr(x, _flip(k)),
    "corr_full": lambda x, k: _corr(_padded(x, k), k),
    "conv_full": lambda x, k: _corr(_padded(x, k), _flip(k)),
    "flip": _flip,
    "sigmoid'": lambda z: _sigmoid(z) * _sigmoid(-z),
    "tanh'": lambda z: 1 / np.cosh(z) ** 2,
    "relu'": lambda z: (z > 0).astype(z.dtype),
    "exp'": np.exp,
    "log'": lambda z: 1 / z,
    "sqrt'": lambda z: 0.5 / np.sqrt(z),
    "sin'": np.cos,
    "cos'": lambda z: -np.sin(z),
}
