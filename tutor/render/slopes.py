"""The local derivative of an op as a formula, for the formulas that show where a number came from.

Written with `a`, `b` for the operands and `out` for the value, in the language of expressions; the
tests compare each with the engine's own rule. An op that is not here is shown by its number alone.
"""

from __future__ import annotations

from engine.trace import Node, Trace
from tutor.render.numbers import bracketed, number
from tutor.render.values import is_scalar

SLOPES: dict[str, tuple[str | None, ...]] = {
    "add": (None, None),
    "sub": (None, None),
    "mul": ("{b}", "{a}"),
    "div": ("1/{b}", "−{a}/{b}²"),
    "neg": (None,),
    "pow": ("{b}·{a}^({b} − 1)", "ln({a})·{out}"),
    "exp": ("{out}",),
    "expm1": ("{out} + 1",),
    "log": ("1/{a}",),
    "log1p": ("1/(1 + {a})",),
    "square": ("2·{a}",),
    "sqrt": ("1/(2·{out})",),
    "sin": ("cos({a})",),
    "cos": ("−sin({a})",),
    "sinh": ("cosh({a})",),
    "cosh": ("sinh({a})",),
    "tanh": ("1 − {out}²",),
    "sigmoid": ("{out}·(1 − {out})",),
    "softplus": ("σ({a})",),
}


def slope_of(trace: Trace, node: Node, operand: int) -> str | None:
    """The local derivative of a node by one of its operands, with {a}, {b} and {out} to fill in;
    None where there is no formula to show."""
    if node.op == "pow" and operand == 0 and trace.nodes[node.inputs[1]].op == "constant":
        power = trace.value(node.inputs[1])
        if is_scalar(power):
            return _power_slope(float(power))
    templates = SLOPES.get(node.op)
    return templates[operand] if templates else None


def _power_slope(power: float) -> str:
    """`2·{a}` for {a}², `3·{a}²` for {a}³, `0.5·{a}^(−0.5)`."""
    less = number(power - 1.0)
    below = {"1": "", "2": "²", "3": "³"}.get(less, f"^{bracketed(less)}")
    return f"{number(power)}·{{a}}{below}"
