"""What is said of a slip, made from its tag: one short clause, and a longer word on the kind.

No sentence gives the answer away: it tells where to look and what kind of thing went wrong there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Told(NamedTuple):
    """short: the clause behind `Line 3: `. kind: two or three sentences on this kind of slip."""

    short: str
    kind: str


SLIP_WORDS: Mapping[str, Told] = MappingProxyType(
    {
        "sign_error": Told(
            "a sign is turned",
            "Every minus of the forward pass, and every minus that a rule brings with it, has to "
            "arrive in the gradient once. Count them along the path.",
        ),
        "constant_factor": Told(
            "a constant factor is off",
            "The formula is right but for a number in front. Such numbers come from exponents, "
            "from a 1/2 in the loss, or from a constant in the forward line.",
        ),
        "additive_constant": Told(
            "a constant is added or lost",
            "The two sides differ by the same number everywhere. A derivative of a constant is 0, "
            "and a constant inside a rule stays.",
        ),
        "rounded_constant": Told(
            "a constant is rounded",
            "A number is nearly right. Write it as a fraction or as a function, such as 1/3 or "
            "sqrt(2), so that it is exact.",
        ),
        "missing_chain_factor": Told(
            "a factor of the chain is missing",
            "From the loss back to this quantity every step of the forward pass gives one factor. "
            "Walk the path step by step and write one local derivative for each.",
        ),
        "extra_chain_factor": Told(
            "a factor too many stands in the chain",
            "One local derivative is there that belongs to no step of this path, or twice. Every "
            "step of the forward pass gives one factor, no more.",
        ),
        "missing_branch": Told(
            "one of the paths to the loss is missing",
            "This quantity is used more than once. The gradient is the sum over all its uses: "
            "each path to the loss gives one summand.",
        ),
        "extra_term": Told(
            "a summand too many is added",
            "A term is added that no path of the forward pass gives. Ask of each summand which "
            "use of the quantity it comes from.",
        ),
        "sum_product_confusion": Told(
            "a sum stands where a product belongs, or the other way round",
            "Along one path local derivatives are multiplied. Over several paths the products are "
            "added.",
        ),
        "product_quotient_rule": Told(
            "the product or quotient rule is not carried through",
            "Both parts of a product or a quotient may depend on the quantity. Each gives a "
            "summand; in a quotient the denominator comes in squared.",
        ),
        "power_rule": Told(
            "the power rule is not carried through",
            "The exponent comes in front as a factor, and the exponent that stays is one less.",
        ),
        "activation_for_derivative": Told(
            "a function stands where its derivative belongs",
            "Going forward the function is applied; going back its slope at the same point is "
            "the factor.",
        ),
        "wrong_local_derivative": Told(
            "one local derivative is not that of its function",
            "The chain has the right links, but one slope is that of another function. Look each "
            "function's derivative up, or work it out from its definition.",
        ),
        "softmax_diagonal_only": Told(
            "only the diagonal of softmax's Jacobian is used",
            "Every input of softmax changes every output, because all share one sum. The gradient "
            "needs the other entries of the Jacobian as well.",
        ),
        "inverted_ratio": Told(
            "a ratio is upside down",
            "Numerator and denominator have changed places. Follow the quantity: does the result "
            "grow or shrink with it?",
        ),
        "not_differentiated": Told(
            "the quantity itself stands where its derivative is asked for",
            "A part of the formula was carried over from the forward pass without being "
            "differentiated.",
        ),
        "integrated_instead": Told(
            "something was integrated instead of differentiated",
            "The step goes the wrong way: exponents go down by one when one differentiates.",
        ),
        "wrong_eval_point": Told(
            "the right slope is taken at the wrong place",
            "The formula of the slope is right, but it is evaluated at another node. A slope "
            "belongs to the input of its function; some are shorter in terms of its output.",
        ),
        "wrong_node": Told(
            "a variable, layer or time step is mixed up with another",
            "One factor is the right kind of thing from the wrong place. Check names and indices "
            "against the forward lines.",
        ),
        "wrong_target": Told(
            "this is the gradient of another quantity",
            "The line is true of something else. Compare it with what is asked for.",
        ),
        "transpose_error": Told(
            "a transpose is missing or too many",
            "The gradient of a matrix has the matrix's own shape. Write the shape under every "
            "factor and let inner sizes meet.",
        ),
        "matmul_order": Told(
            "the factors of a matrix product stand in the wrong order",
            "Matrix products do not commute. Write the shape under every factor: inner sizes have "
            "to meet, and outer ones give the shape of the result.",
        ),
        "elementwise_vs_matmul": Told(
            "an elementwise product and a matrix product are mixed up",
            "Elementwise functions pass gradients entry by entry with *, matrix products with @.",
        ),
        "outer_inner": Told(
            "an outer and an inner product are mixed up",
            "An inner product of two vectors is one number, an outer product is a matrix. The "
            "gradient has the shape of what it belongs to.",
        ),
        "shape_mismatch": Told(
            "the shapes do not fit",
            "Write the shape under every factor: the result has to have the shape of the quantity "
            "on the left.",
        ),
        "kernel_flip": Told(
            "a kernel has to be flipped, or must not be",
            "Going back through a correlation, the kernel meets the gradient the other way round: "
            "one of the two gradients flips it, the other does not.",
        ),
        "missing_sum": Told(
            "a sum over an axis is missing",
            "What was broadcast going forward is summed going back: each copy sends its own "
            "gradient, and they add up.",
        ),
        "wrong_axis": Told(
            "the sum or mean runs over the wrong axis",
            "Ask which axis the quantity was spread over in the forward pass; that axis is summed.",
        ),
        "batch_mean": Told(
            "the 1/n of a mean is missing, twice there, or wrong",
            "A mean divides by the number of entries once. Follow that factor from the loss to "
            "the end.",
        ),
        "missing_parentheses": Told(
            "parentheses are missing or stand elsewhere",
            "The factors are there, but they reach only part of what they should. Products bind "
            "before sums.",
        ),
        "algebra_slip": Told(
            "the line above is true, this rewriting of it is not",
            "The derivative was fine one step before. Redo the rewriting in smaller steps.",
        ),
        "circular": Told(
            "the quantity is expressed through itself",
            "The line is true but leads nowhere: what is asked for still stands on the right.",
        ),
        "unresolved": Told(
            "true so far, but not worked out yet",
            "Derivatives that nobody has worked out yet are left, or the target was not reached.",
        ),
        "contradicts_given": Told(
            "this contradicts what is given",
            "The forward lines define this quantity; the line says something else of it.",
        ),
        "domain_mismatch": Told(
            "this holds on a part of the domain only",
            "For some values the two sides agree, for others they do not. Try negative numbers, "
            "large ones, and both sides of every kink.",
        ),
        "unknown": Told(
            "the two sides are not equal",
            "No single slip explains it. Compare the two sides at the numbers shown, factor by "
            "factor.",
        ),
    }
)
"""For each slip what is said of it."""


def of_slip(label: str, line: int, piece: str = "") -> str:
    """`Line 3: a factor of the chain is missing (missing_chain_factor).` Lines count from 1 here.

    piece: the part of the line to look at; empty where it is the whole line.
    """
    told = SLIP_WORDS.get(label, SLIP_WORDS["unknown"])
    if label == "algebra_slip" and line == 1:
        told = Told("what stands before it is true, this rewriting of it is not", told.kind)
    name = f" ({label})" if label != "unknown" else ""
    sentence = f"Line {line}: {told.short}{name}."
    return f"{sentence} Look at {piece}" if piece else sentence


def of_incomplete(label: str, target: str) -> str:
    """What is said when every line is true and the target was not reached."""
    if label == "circular":
        return f"Every line is true, but {target} is expressed through itself (circular)."
    return f"Every line is true, but {target} is not worked out yet (unresolved)."


def of_way(goal: str) -> str:
    """What is said of an identity or a bound that is true so far and not at its end."""
    return f"Every line is true; {goal} is still to come (unresolved)."
