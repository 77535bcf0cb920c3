from __future__ import annotations

from pathlib import Path

import pytest

from tutor.settings import settings as module
from tutor.settings.settings import SettingError, Settings, load, save, settings_file, typed


def write(text: str) -> Path:
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_is_as_for_everybody() -> None:
    assert load() == (Settings(), [])


def test_what_stands_in_the_file_counts() -> None:
    chosen = 'theme = "light"\nprecision = 6\nmotion = false\n'
    write(chosen + '[keys]\n"step.next" = ["g", "n"]\nwhy = "y"\n')
    settings, wrong = load()
    assert wrong == []
    assert (settings.theme, settings.precision, settings.motion) == ("light", 6, False)
    assert settings.keys == {"step.next": ("g", "n"), "why": ("y",)}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("theme = ", "settings.toml is no TOML"),
        ('theme = "pink"', 'theme cannot be \'pink\'; it is one of "auto", "dark"'),
        ("precision = true", "precision cannot be 'True'"),
        ("precision = 40", "it is one of 2, 3, 4"),
        ("them = 1", "there is no setting 'them'; did you mean theme?"),
        ("keys = 3", "[keys] is a table"),
        ('[keys]\n"step.next" = [1]', 'the keys of step.next are written ["right", "n"]'),
    ],
)
def test_what_is_wrong_is_told_in_a_line_and_the_rest_counts(text: str, complaint: str) -> None:
    write(f"ascii = true\n{text}")
    settings, wrong = load()
    assert len(wrong) == 1
    assert complaint in wrong[0]
    assert "\n" not in wrong[0]
    assert settings.ascii is True or "no TOML" in wrong[0]


def test_a_file_that_is_no_text_is_told_of() -> None:
    write("").write_bytes(b"\xff\xfe\x00")
    assert load() == (Settings(), ["settings.toml is no text in UTF-8"])


def test_saving_keeps_the_rest_of_the_file() -> None:
    path = write('# mine\ntheme = "dark"  # at night\n\n[keys]\nwhy = "y"\n')
    save("theme", "light")
    save("precision", 5)
    text = path.read_text()
    assert text.startswith('# mine\ntheme = "light"  # at night')
    assert "precision = 5\n" in text.partition("[keys]")[0]
    settings, wrong = load()
    assert (settings.theme, settings.precision, settings.keys, wrong) == (
        "light",
        5,
        {"why": ("y",)},
        [],
    )


def test_saving_makes_the_file() -> None:
    save("line", True)
    assert load()[0].line is True


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("motion", "off", False), ("theme", '"light"', "light"), ("precision", "3", 3)],
)
def test_values_as_one_types_them(name: str, text: str, value: object) -> None:
    assert typed(name, text) == value


def test_a_value_that_cannot_be_is_refused() -> None:
    with pytest.raises(SettingError, match="precision cannot be"):
        typed("precision", "many")
    with pytest.raises(SettingError, match="precision cannot be"):
        typed("precision", "²")
    with pytest.raises(SettingError, match="there is no setting"):
        save("colour", 1)


def test_the_data_names_every_setting() -> None:
    assert set(module.as_data(Settings())) == {*module.NAMES, "keys"}


def test_a_file_that_is_no_text_is_left_as_it_is() -> None:
    path = write("")
    path.write_bytes(b'theme = "light" # \xff')
    with pytest.raises(SettingError, match="no text in UTF-8"):
        save("theme", "dark")
    assert path.read_bytes().endswith(b"\xff")


def test_a_file_that_saving_would_break_is_left_alone() -> None:
    text = '"theme" = "dark"\n'
    path = write(text)
    with pytest.raises(SettingError, match="left alone"):
        save("theme", "light")
    assert path.read_text() == text
