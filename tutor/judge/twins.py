"""For each slip a tiny example in which somebody else makes it: forward lines, a wrong line, and
the right one. The third hint shows it; a learner carries the difference over to their own line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Twin:
    """forward: the lines of the small exercise. target: what is asked. wrong, right: the line with
    the slip and without it. context: what the exercise has besides scalar inputs."""

    forward: tuple[str, ...]
    target: str
    wrong: str
    right: str
    context: Mapping[str, Any] = field(default_factory=dict)

    def exercise(self) -> dict[str, Any]:
        """The small exercise as data, for the judge: every free name a real number."""
        given: dict[str, Any] = {
            "vars": {name: {"shape": []} for name in ("w", "x", "y", "b")},
            "forward": list(self.forward),
            "loss": "L",
            "final_form": "backprop",
        }
        return given | dict(self.context)


def _arrays(dims: Mapping[str, int], **shapes: str) -> dict[str, Any]:
    """The part of a context that says which sizes there are and who has them."""
    return {
        "dims": dict(dims),
        "vars": {name: {"shape": shape.split()} for name, shape in shapes.items()},
    }


_DENSE = _arrays({"n": 3, "m": 2}, W="m n", x="n", y="m")
_BATCH = _arrays({"n": 4, "d": 3}, X="n d", w="d", y="n", b="")

TWINS: Mapping[str, Twin] = MappingProxyType(
    {
        "sign_error": Twin(("L = (y - x)**2",), "dL/dx", "2*(y - x)", "-2*(y - x)"),
        "constant_factor": Twin(("L = x**2",), "dL/dx", "x", "2*x"),
        "additive_constant": Twin(("L = x**2 + 3*x",), "dL/dx", "2*x + 4", "2*x + 3"),
        "rounded_constant": Twin(("L = x**3/3 + x/3",), "dL/dx", "x**2 + 0.333", "x**2 + 1/3"),
        "missing_chain_factor": Twin(("L = sin(w*x)",), "dL/dx", "cos(w*x)", "cos(w*x)*w"),
        "extra_chain_factor": Twin(("L = sin(x) + y",), "dL/dx", "cos(x)*y", "cos(x)"),
        "missing_branch": Twin(("u = w*x", "L = u + x**2"), "dL/dx", "w", "w + 2*x"),
        "extra_term": Twin(("L = w*x",), "dL/dx", "w + x", "w"),
        "sum_product_confusion": Twin(
            ("u = x**2", "L = sin(u)"), "dL/dx", "cos(u) + 2*x", "cos(u)*2*x"
        ),
        "product_quotient_rule": Twin(("L = x*sin(x)",), "dL/dx", "cos(x)", "sin(x) + x*cos(x)"),
        "power_rule": Twin(("L = x**3",), "dL/dx", "3*x**3", "3*x**2"),
        "activation_for_derivative": Twin(
            ("a = tanh(x)", "L = w*a"), "dL/dx", "w*tanh(x)", "w*(1 - tanh(x)**2)"
        ),
        "wrong_local_derivative": Twin(
            ("a = tanh(x)", "L = w*a"), "dL/dx", "w*a*(1 - a)", "w*(1 - a**2)"
        ),
        "softmax_diagonal_only": Twin(
            ("p = softmax(z)", "L = sum(c*p)"),
            "dL/dz",
            "c*p*(1 - p)",
            "p*(c - sum(c*p))",
            _arrays({"k": 3}, z="k", c="k"),
        ),
        "inverted_ratio": Twin(("L = w/y",), "dL/dw", "y", "1/y"),
        "not_differentiated": Twin(
            ("L = exp(x)*w + x**2",), "dL/dx", "exp(x)*w + x**2", "exp(x)*w + 2*x"
        ),
        "integrated_instead": Twin(("L = x**2",), "dL/dx", "x**3/3", "2*x"),
        "wrong_eval_point": Twin(
            ("a = sigmoid(x)", "L = w*a"),
            "dL/dx",
            "w*sigmoid'(a)",
            "w*sigmoid'(x)",
        ),
        "wrong_node": Twin(("L = w*x + b*y**2",), "dL/dw", "y", "x"),
        "wrong_target": Twin(("L = w**2*x",), "dL/dx", "2*w*x", "w**2"),
        "transpose_error": Twin(("z = W @ x", "L = sum(y*z)"), "dL/dx", "W @ y", "W.T @ y", _DENSE),
        "matmul_order": Twin(
            ("Z = X @ W", "L = sum(C*Z)"),
            "dL/dX",
            "W.T @ C",
            "C @ W.T",
            _arrays({"n": 4, "d": 3, "m": 2}, X="n d", W="d m", C="n m"),
        ),
        "elementwise_vs_matmul": Twin(
            ("a = tanh(z)", "L = sum(y*a)"),
            "dL/dz",
            "y @ (1 - a**2)",
            "y*(1 - a**2)",
            _arrays({"n": 3}, z="n", y="n"),
        ),
        "outer_inner": Twin(
            ("L = b*(w @ x)",),
            "dL/db",
            "outer(w, x)",
            "w @ x",
            _arrays({"n": 3}, w="n", x="n", b=""),
        ),
        "shape_mismatch": Twin(("z = W @ x", "L = sum(y*z)"), "dL/dx", "y*x", "W.T @ y", _DENSE),
        "kernel_flip": Twin(
            ("z = corr(x, k)", "L = sum(z*c)"),
            "dL/dx",
            "corr_full(c, k)",
            "conv_full(c, k)",
            _arrays({"n": 6, "m": 3, "j": 4}, x="n", k="m", c="j"),
        ),
        "missing_sum": Twin(("z = X @ w + b", "L = sum(y*z)"), "dL/db", "y", "sum(y)", _BATCH),
        "wrong_axis": Twin(
            ("Z = B + c", "L = sum(Z*B)"),
            "dL/dc",
            "sum(B, axis=1)",
            "sum(B, axis=0)",
            _arrays({"n": 4, "d": 3}, B="n d", c="d"),
        ),
        "batch_mean": Twin(
            ("L = sum((X @ w - y)**2)/n",),
            "dL/dw",
            "2*X.T @ (X @ w - y)",
            "2*X.T @ (X @ w - y)/n",
            _BATCH,
        ),
        "missing_parentheses": Twin(("L = x*(w - y)**2",), "dL/dw", "2*x*w - y", "2*x*(w - y)"),
        "algebra_slip": Twin(
            ("L = (x + w)**3/3",),
            "dL/dx",
            "dL/dx = (x + w)**2 = x**2 + w**2",
            "dL/dx = (x + w)**2 = x**2 + 2*x*w + w**2",
        ),
        "circular": Twin(("u = w*x", "L = u**2"), "dL/dx", "dL/dx = dL/dx", "dL/dx = dL/du * w"),
        "unresolved": Twin(
            ("u = w*x", "L = u**2"), "dL/dx", "dL/dx = dL/du * du/dx", "dL/dx = 2*u*w"
        ),
        "contradicts_given": Twin(
            ("a = sigmoid(x)", "L = w*a"), "dL/dx", "a = tanh(x)", "a = sigmoid(x)"
        ),
        "domain_mismatch": Twin(("L = x**2/2",), "dL/dx", "sqrt(x**2)", "x"),
    }
)
"""One for each slip; a test lets the judge find it."""
