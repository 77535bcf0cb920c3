"""Verdict: what the judge says of a derivation, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["correct", "wrong", "incomplete", "reject"]
Mark = Literal["=", "≈", "✗", "~", "?", " "]

FAMILIES: dict[str, tuple[str, ...]] = {
    "sign": ("sign_error",),
    "constant": ("constant_factor", "additive_constant", "rounded_constant"),
    "chain": (
        "missing_chain_factor",
        "extra_chain_factor",
        "missing_branch",
        "extra_term",
        "sum_product_confusion",
    ),
    "local": (
        "product_quotient_rule",
        "power_rule",
        "activation_for_derivative",
        "wrong_local_derivative",
        "softmax_diagonal_only",
        "inverted_ratio",
        "not_differentiated",
        "integrated_instead",
    ),
    "node": ("wrong_eval_point", "wrong_node", "wrong_target"),
    "shape": (
        "transpose_error",
        "matmul_order",
        "elementwise_vs_matmul",
        "outer_inner",
        "shape_mismatch",
        "kernel_flip",
    ),
    "reduce": ("missing_sum", "wrong_axis", "batch_mean"),
    "form": (
        "missing_parentheses",
        "algebra_slip",
        "circular",
        "unresolved",
        "contradicts_given",
    ),
    "other": ("domain_mismatch", "unknown"),
}
"""The slips by family."""

SLIPS: tuple[str, ...] = tuple(slip for family in FAMILIES.values() for slip in family)

REASONS = (
    "syntax_error",
    "unknown_name",
    "forbidden_syntax",
    "bad_arguments",
    "too_long",
    "too_deep",
    "number_too_large",
    "bad_character",
    "empty_input",
    "not_finite",
)
"""Why an answer is rejected."""


@dataclass(frozen=True, slots=True)
class CounterExample:
    """Values at which the two sides of a line differ.

    values: name -> number or nested lists, of the names that the line and the truth depend on.
    yours: what the line says. truth: what is true. entry: the entry of an array that `yours` and
    `truth` are, None for scalars. Numbers that are not finite are None. against: whether `truth`
    is the true value, or that of the term before it in a chain.
    """

    values: Mapping[str, Any]
    yours: float | None
    truth: float | None
    entry: tuple[int, ...] | None = None
    against: Literal["truth", "before"] = "truth"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slip that explains a wrong line. span: where in the line, offsets into its text.
    confirmed: it holds on other points too. fact: data for the message, such as the factor."""

    label: str
    span: tuple[int, int]
    confirmed: bool = True
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found about one line. mark: its sign in the gutter. label: the slip or the reason.
    follows: the line above it that was wrong and that this one follows from."""

    number: int
    mark: Mark
    label: str | None = None
    span: tuple[int, int] | None = None
    message: str = ""
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says.

    first_wrong: the index of the first wrong line (of the refused line for a reject). label: the
    slip, the reason of the reject, the cause of an incomplete, or None. span: where in that line.
    candidates: up to three slips, the best first. message: where and what kind, one or two
    sentences, without the answer. lines: one entry a line that is not blank. seed: of the samples.
    notes: what the judging met that is our own fault.
    """

    kind: Kind
    first_wrong: int | None
    label: str | None
    span: tuple[int, int] | None
    counter_example: CounterExample | None
    candidates: tuple[Candidate, ...]
    message: str
    lines: tuple[Judged, ...]
    seed: int
    notes: tuple[str, ...] = field(default=())
