from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.render.sanitise import cell_width, sanitise


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("(x + y)·z ≈ −4", "(x + y)·z ≈ −4"),
        ("\x1b[31mred\x1b]8;;x\x07", "␛[31mred␛]8;;x␇"),
        ("a\nb\tc\r\x00\x7f", "a␊b␉c␍␀␡"),
        ("\x9b31m", "�31m"),
        ("a\u202eb\u200bc\u2028d\ufeff", "a�b�c�d�"),
        ("\udcff", "�"),
        ("a\u00a0b", "a\u00a0b"),
    ],
)
def test_what_cannot_be_seen_becomes_a_character_that_can(foreign: str, shown: str) -> None:
    assert sanitise(foreign) == shown


def test_line_breaks_stay_where_they_are_asked_for() -> None:
    assert sanitise("a\n\x1bb", keep="\n") == "a\n␛b"


def test_ascii_only() -> None:
    assert sanitise("σ(x) − 1\x1b", unicode=False) == "?(x) ? 1?"


@given(st.text(st.characters()), st.booleans())
def test_every_character_stays_one_and_none_commands_the_terminal(text: str, unicode: bool) -> None:
    shown = sanitise(text, unicode=unicode)
    assert len(shown) == len(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    shown.encode("utf-8" if unicode else "ascii")
    assert sanitise(shown, unicode=unicode) == shown


def test_cell_width_counts_what_the_terminal_shows() -> None:
    assert cell_width("abc−σ") == 5
    assert cell_width("勾配") == 4
    assert cell_width("x\u0302") == 1
