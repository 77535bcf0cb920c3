"""Every code point is looked at, every token knows where it stands."""

from __future__ import annotations

import pytest

from tutor.language.errors import LanguageError, printable, shortened
from tutor.language.tokens import tokenize


def plain(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokenize(text)][:-1]


def test_tokens_carry_their_spans() -> None:
    spans = [(token.text, token.start, token.end) for token in tokenize("w*x1 >= 2.5")]
    assert spans == [
        ("w", 0, 1),
        ("*", 1, 2),
        ("x1", 2, 4),
        (">=", 5, 7),
        ("2.5", 8, 11),
        ("", 11, 11),
    ]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("a − b", ["a", "-", "b"]),
        ("a·b × c ⊙ d", ["a", "*", "b", "*", "c", "*", "d"]),
        ("σ(z)", ["sigma", "(", "z", ")"]),
        ("δ₁₂", ["delta12"]),
        ("x² + y³", ["x", "2", "+", "y", "3"]),
        ("Wᵀ", ["W", "ᵀ"]),
        ("1e−3", ["1e-3"]),
        ("2.T", ["2", ".", "T"]),
        ("2.", ["2."]),
        ("2.e5 2.5.T", ["2.e5", "2.5", ".", "T"]),
        (".5x", [".5", "x"]),
        ("2e 2ex 2e5", ["2", "e", "2", "ex", "2e5"]),
        ("x # all of this is skipped: é", ["x"]),
        ("a\r\nb", ["a", "", "b"]),
        ("(a\n+ b)\nc", ["(", "a", "+", "b", ")", "", "c"]),
        ("i->j", ["i", "->", "j"]),
    ],
)
def test_spellings(text: str, texts: list[str]) -> None:
    assert [token for _, token in plain(text)] == texts


@pytest.mark.parametrize(
    ("char", "shown"),
    [
        ("\x00", "U+0000"),
        ("\x07", "U+0007"),
        ("\x1b", "U+001B"),
        ("\x7f", "U+007F"),
        ("\xa0", "U+00A0"),
        ("\u200b", "U+200B"),
        ("\u202e", "U+202E"),
        ("\ud800", "U+D800"),
        ("\ufeff", "U+FEFF"),
        ("ａ", "U+FF41"),
        ("é", "U+00E9"),
        ("٣", "U+0663"),
        ("⁴", "U+2074"),
        ("∇", "U+2207"),
        ("\U0001f600", "U+1F600"),
        ("\x0b", "U+000B"),
        ("\u2028", "U+2028"),
        ("$", "U+0024 ($)"),
        ("\\", "U+005C (\\)"),
        ("`", "U+0060 (`)"),
        ("%", "U+0025 (%)"),
    ],
)
def test_other_characters_are_refused_by_code_point(char: str, shown: str) -> None:
    with pytest.raises(LanguageError) as caught:
        tokenize(f"x + {char}1")
    error = caught.value
    assert error.reason == "bad_character"
    assert (error.start, error.end) == (4, 5)
    assert error.message == f"{shown} at column 5 is not a character of the language"
    assert (char.isascii() and char.isprintable()) or char not in str(error)


def test_the_column_counts_from_the_line() -> None:
    with pytest.raises(LanguageError, match=r"U\+0007 at column 3"):
        tokenize("x = 1\n  \x07")


def test_a_comment_holds_only_what_can_be_printed() -> None:
    with pytest.raises(LanguageError, match=r"U\+001B at column 4"):
        tokenize("x #\x1b[31m")


def test_a_window_of_the_text_keeps_the_offsets() -> None:
    tokens = tokenize("name=12,x=3", 5, 7)
    assert [(token.text, token.start) for token in tokens] == [("12", 5), ("", 7)]


def test_foreign_text_is_made_safe() -> None:
    assert printable("x\x1b[31m\x00é\ud800−σ\ty") == "x?[31m???−σ y"
    assert shortened("x" * 41) == "x" * 37 + "..."
