"""The ASCII twin of every character that the interface draws, for terminals without Unicode."""

from __future__ import annotations

_TWINS = {
    "─": "-", "━": "=", "│": "|", "┃": "|", "┬": "+", "┴": "+", "├": "+", "┤": "+", "┼": "+",
    "╭": ".", "╮": ".", "╰": "'", "╯": "'", "┏": "#", "┓": "#", "┗": "#", "┛": "#", "▶": ">",
    "◀": "<", "→": ">", "←": "<", "↑": "^", "↓": "v", "↔": "-", "⏎": "/", "●": "o", "○": ".",
    "◉": "@", "■": "#", "□": ".", "█": "#", "▓": "%", "▒": "+", "░": ":", "▪": "#", "✓": "y",
    "✗": "X", "…": "~", "—": "-", "–": "-", "−": "-", "·": "*", "×": "x", "⊙": "*", "∂": "d",
    "∇": "g", "›": ">", "‹": "<", "σ": "s", "Σ": "S", "√": "v", "′": "'", "η": "h", "²": "2",
    "≈": "~", "≤": "<", "≥": ">", "≠": "!", "∞": "8", "‾": "^", "▏": "|", "▎": "|", "▍": "|",
    "▌": "|", "▋": "#", "▊": "#", "▉": "#", "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=",
    "▆": "=", "▇": "#", "“": '"', "”": '"', "‘": "'", "’": "'", "δ": "d", "Δ": "D", "λ": "l",
    "₀": "0", "₁": "1", "₂": "2",
}  # fmt: skip
_TABLE = str.maketrans(_TWINS)


def twin(text: str) -> str:
    """`text` in ASCII, one character for each, ``?`` where there is none that looks alike."""
    if text.isascii():
        return text
    text = text.translate(_TABLE)
    if text.isascii():
        return text
    return "".join(char if char.isascii() else "?" for char in text)
