"""Our own signs in ASCII: `∂f/∂x = −4 · 1` as `df/dx = -4 * 1`."""

from __future__ import annotations

import re

from tutor.render.sanitise import sanitise

# A piece of text and its role, which the front end turns into a style.
Run = tuple[str, str]
Line = tuple[Run, ...]

_SIGNS = str.maketrans(
    {
        "−": "-", "·": "*", "∙": "@", "⊙": "*", "⊗": "(x)", "×": "x", "∂": "d", "∇": "grad",
        "√": "sqrt", "σ": "sigmoid", "η": "lr", "Σ": "sum", "∑": "sum", "Π": "prod",
        "∫": "integral", "φ": "phi", "Φ": "Phi", "π": "pi", "δ": "delta", "ε": "eps",
        "α": "alpha", "β": "beta", "λ": "lambda", "ω": "omega", "ŷ": "y^", "∗": "*", "⋆": "*",
        "½": "1/2", "′": "'", "∘": "o", "‖": "|", "₀": "0", "₁": "1", "₂": "2", "₃": "3",
        "ᵢ": "_i", "ⱼ": "_j", "←": "<-", "→": "->", "▶": ">", "◀": "<", "›": ">", "●": "*",
        "◉": "@", "○": ".", "—": "--", "–": "-", "…": "...", "✓": "ok", "✗": "wrong", "≤": "<=",
        "≥": ">=", "≠": "!=", "≈": "~", "∞": "inf", "∈": "in", "░": ".", "▒": ":", "▓": "*",
        "█": "#", "▁": "_", "▂": ".", "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "%", "↑": "^",
        "↓": "v", "θ": "theta", "ℓ": "l", "₄": "4", "₅": "5", "₆": "6", "₇": "7", "₈": "8",
        "₉": "9", "ₖ": "_k", "ₗ": "_l", "ₕ": "_h", "ₘ": "_m", "ₙ": "_n", "ₒ": "_o", "ỹ": "y~",
    }
)  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀˣᵃᵇⁿˡ⁽⁾", "0123456789-Txabnl()")
_POWERS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀˣᵃᵇⁿˡ⁽⁾]+")


def to_ascii(text: str) -> str:
    """`text` with our signs spelled out in ASCII and every other character outside it as `?`."""
    if text.isascii():
        return text
    text = _POWERS.sub(lambda power: "^" + power[0].translate(_RAISED), text)
    return sanitise(text.translate(_SIGNS), keep="\n", unicode=False)


def spelled(text: str, ascii: bool) -> str:
    """`text` as it is, or in ASCII."""
    return to_ascii(text) if ascii else text


def spelled_line(line: Line, ascii: bool) -> Line:
    """A line of runs as it is, or in ASCII."""
    return tuple([(to_ascii(text), role) for text, role in line]) if ascii else line


def text_of(line: Line) -> str:
    """The text of a line of runs."""
    return "".join([text for text, _ in line])
