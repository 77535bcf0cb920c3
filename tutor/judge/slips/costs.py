"""Which explanation of a wrong line is best: one table of costs.

A cost is small when learners often make the slip and when few things can be explained by it by
accident. There is a column for each way in which a slip can be found: from the `ratio` or the
difference of the whole side and the truth, from an `edit` of the learner's tree, from a reverse
sweep with a wrong `rule`. Where a slip is found in several ways the cheapest counts.
"""

from __future__ import annotations

_: float | None = None

_TABLE: dict[str, tuple[float | None, float | None, float | None]] = {
    #                          ratio edit  rule
    "sign_error":             (1.00, 1.20, 1.75),
    "constant_factor":        (1.30, 1.80, 1.60),
    "additive_constant":      (1.65, 2.60, 2.20),
    "rounded_constant":       (1.10, 1.15, _),
    "missing_chain_factor":   (2.60, 2.80, 2.00),
    "extra_chain_factor":     (3.10, 2.02, 2.60),
    "missing_branch":         (2.60, 2.20, 1.85),
    "extra_term":             (2.80, 2.05, _),
    "sum_product_confusion":  (_, 1.75, _),
    "product_quotient_rule":  (_, _, 1.85),
    "power_rule":             (_, 1.95, 1.80),
    "activation_for_derivative": (_, 1.60, 1.65),
    "wrong_local_derivative": (1.70, 2.30, 1.95),
    "softmax_diagonal_only":  (1.20, _, 1.50),
    "inverted_ratio":         (2.30, 2.10, 2.90),
    "not_differentiated":     (1.70, 2.10, 1.90),
    "integrated_instead":     (1.90, _, 2.30),
    "wrong_eval_point":       (_, 1.95, 1.90),
    "wrong_node":             (_, 2.05, 2.35),
    "wrong_target":           (2.05, _, _),
    "transpose_error":        (_, 1.50, _),
    "matmul_order":           (_, 1.60, _),
    "elementwise_vs_matmul":  (_, 1.58, _),
    "outer_inner":            (_, 1.55, _),
    "shape_mismatch":         (_, 3.00, _),
    "kernel_flip":            (_, 1.40, 1.50),
    "missing_sum":            (_, 1.60, 1.80),
    "wrong_axis":             (_, 1.50, 1.80),
    "batch_mean":             (1.25, 1.45, 1.40),
    "missing_parentheses":    (_, 1.70, _),
    "domain_mismatch":        (1.85, 2.75, _),
    "algebra_slip":           (3.00, 1.90, _),
}  # fmt: skip

REWRITTEN = 1.3
"""What an explanation by a wrong rule costs more where a true line was only written otherwise."""

_WAYS = {"ratio": 0, "edit": 1, "rule": 2}

DOUBLE = 1.5
"""What it costs when a sign or a simple factor is wrong as well."""


def cost(label: str, way: str) -> float:
    """The cost of a slip that was found in some way."""
    found = _TABLE[label][_WAYS[way]]
    return 9.0 if found is None else found
