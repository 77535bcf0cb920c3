"""Pictures as SVG and as plain text: what is drawn, what is safe, what can be read."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tutor.layout import STYLES, Box, Face, Region, Scene, draw, layout
from tutor.layout.glyphs import UNICODE
from tutor.render.svg import CELL_HEIGHT, CELL_WIDTH, PALETTES, _arms, svg, text_picture

SPACE = "{http://www.w3.org/2000/svg}"
ROWS = [
    [
        ("┏ ", "box.active"),
        ("x", "title.active"),
        (" ━┓", "box.active"),
        ("◀━", "edge.active.backward"),
    ],
    [("┃ ", "box.active"), ("v", "label.active.backward"), (" −2", "value.active.backward")],
    [("┗━━━━┛", "box.active"), ("  ╭─┤", "edge")],
]


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  our own text


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(t.itertext()) for t in root.iter(f"{SPACE}text")]


def test_a_picture_has_a_name_a_description_and_a_size() -> None:
    root = parsed(svg(ROWS, "light", title="The graph of f", caption=["Event 9 of 10: so."]))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert [(e.get("id"), e.text) for e in root[:2]] == [
        ("title", "The graph of f"),
        ("desc", "Event 9 of 10: so."),
    ]
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    assert root.get("viewBox") == f"0 0 {width:g} {height:g}"
    assert width > 60 * CELL_WIDTH
    assert height > 5 * CELL_HEIGHT
    assert texts(root)[-1] == "Event 9 of 10: so."


def test_lines_are_paths_and_letters_are_text() -> None:
    root = parsed(svg(ROWS, "dark", flow="backward"))
    assert texts(root) == ["x", "v−2"]
    paths = list(root.iter(f"{SPACE}path"))
    assert {p.get("class") for p in paths} == {"line backward", "line edge"}
    assert {p.get("stroke-width") for p in paths} == {"2.5", "1.25"}
    assert "Q" in "".join(p.get("d", "") for p in paths)
    (arrow,) = root.iter(f"{SPACE}polygon")
    assert arrow.get("class") == "backward"
    grounds = [r for r in root.iter(f"{SPACE}rect") if r.get("class") == "lit-backward"]
    assert len(grounds) == 3


def test_text_stands_at_the_place_of_its_first_cell() -> None:
    root = parsed(svg([[("ab  cd", "value"), ("日本", "title"), ("!", "wrong")]]))
    spans = list(root.iter(f"{SPACE}tspan"))
    places = [(s.text, round(float(s.get("x", "")) / CELL_WIDTH)) for s in spans]
    assert places == [("ab", 0), ("cd", 4), ("日本", 6), ("!", 10)]
    assert spans[2].get("textLength") == f"{4 * CELL_WIDTH:g}"
    assert spans[3].get("class") == "wrong"


def test_every_line_character_of_the_layout_is_drawn() -> None:
    drawn = {c for table in (UNICODE.edges, UNICODE.borders) for c in table} - {" "}
    assert drawn <= set(_arms()) | {"▶", "◀"}
    assert _arms()["┣"] == (11, 11)
    assert _arms()["╭"] == (10, 0)


def test_heat_is_drawn_in_shades() -> None:
    root = parsed(svg([[("+█", "heat+4"), ("−░", "heat-1"), ("!!", "heat!")]]))
    shades = [r for r in root.iter(f"{SPACE}rect") if r.get("fill-opacity")]
    assert [(r.get("class"), r.get("fill-opacity")) for r in shades] == [
        ("backward", "1.0"),
        ("forward", "0.3"),
    ]
    assert "".join(texts(root)) == "+−!!"


def test_every_style_of_the_layout_has_a_look() -> None:
    for style in STYLES:
        for flow in ("forward", "backward", "update"):
            root = parsed(svg([[("x", style)]], flow=flow))
            (span,) = root.iter(f"{SPACE}tspan")
            assert span.get("class") in (
                "text", "quiet", "faint", "edge", "forward", "backward", "changed"
            )  # fmt: skip


def test_a_strange_style_is_plain_text() -> None:
    (span,) = parsed(svg([[("x", "no such style")]])).iter(f"{SPACE}tspan")
    assert span.get("class") == "text"


def test_foreign_text_is_only_text() -> None:
    wicked = '<script>alert(1)</script>&"\x1b[31m\x00'
    text = svg([[(wicked, "title")]], title=wicked, caption=[wicked])
    root = parsed(text)
    assert not list(root.iter(f"{SPACE}script"))
    assert "\x1b" not in text
    assert "\x00" not in text
    assert "".join(texts(root)[0].split()) == '<script>alert(1)</script>&"␛[31m␀'


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_nothing_outside_the_file_is_needed(theme: str) -> None:
    text = svg(ROWS, theme, flow="forward")  # type: ignore[arg-type]
    without = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|url\(|@import|@font-face|<script|href|<image|on\w+=", without)
    assert ("prefers-color-scheme" in text) == (theme == "auto")


def test_another_theme_is_refused() -> None:
    with pytest.raises(ValueError, match="light, dark or auto, not 'pink'"):
        svg(ROWS, "pink")  # type: ignore[arg-type]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", list(PALETTES))
def test_text_can_be_read(theme: str) -> None:
    palette = PALETTES[theme]
    for name in "text quiet faint forward backward changed wrong".split():
        assert contrast(getattr(palette, name), palette.ground) >= 4.5, name
    assert contrast(palette.line, palette.ground) >= 3
    for flow, colour in (("forward", "forward"), ("backward", "backward"), ("update", "changed")):
        lit = getattr(palette, f"lit_{flow}")
        for name in ("text", "faint", colour, "backward"):
            assert contrast(getattr(palette, name), lit) >= 4.5, name


def test_text_picture() -> None:
    assert text_picture([[("ab", "x"), ("  ", "y")], [("c", "x")]], ["So it is."]) == (
        "ab\nc\n\nSo it is.\n"
    )
    assert text_picture([[("a", "x")]]) == "a\n"


def test_a_drawn_layout(tmp_path: Path) -> None:
    placed = layout([Box(0, 8, 4), Box(1, 8, 4), Box(2, 8, 4, (0, 1))])
    rows = draw(
        placed,
        Region(0, 0, placed.width, placed.height),
        Scene(lambda i: Face(f"n{i}", ((("1", "value"),),))),
    )
    root = parsed(svg(rows))
    assert "".join(texts(root)).count("n") == 3
    assert not set("".join(texts(root))) & set(_arms())
