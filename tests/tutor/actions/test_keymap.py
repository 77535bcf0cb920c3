from __future__ import annotations

import pytest

from tutor.actions import ACTIONS, BY_ID
from tutor.actions.keymap import MAPS, chosen, shipped


@pytest.mark.parametrize("name", MAPS)
def test_no_key_means_two_things(name: str) -> None:
    keymap = shipped(name)
    for panel in (True, False):
        keys = [key for one in ACTIONS if one.panel is panel for key in keymap.of(one)]
        assert len(keys) == len(set(keys))


def test_vi_moves_in_time_with_hjkl() -> None:
    keymap = shipped("vi")
    found = [keymap.keys[name][0] for name in ("step.previous", "node.next", "node.previous")]
    assert [*found, keymap.keys["step.next"][0]] == ["h", "j", "k", "l"]


def test_arrows_needs_no_letter() -> None:
    keymap = shipped("arrows")
    assert keymap.keys["step.next"] == ("right",)
    keys = {key for keys in keymap.keys.values() for key in keys}
    assert not any(len(key) == 1 and key.isalpha() for key in keys)


def test_own_keys_take_precedence() -> None:
    keymap, wrong = chosen("default", {"node.next": ("right",), "why": ("/", "f4")})
    assert wrong == []
    assert keymap.of(BY_ID["node.next"]) == ("right",)
    assert keymap.of(BY_ID["step.next"]) == ("s",)
    assert keymap.of(BY_ID["why"]) == ("slash", "f4")
    assert keymap.of(BY_ID["find"]) == ()


@pytest.mark.parametrize(
    ("own", "complaint"),
    [
        ({"step.nxt": ("g",)}, "there is no action step.nxt; did you mean step.next?"),
        ({"step.next": ("ctrl+c",)}, "ctrl+c copies and can mean nothing else"),
        ({"step.next": ("ctrl+g",)}, "begins a chord"),
        ({"step.next": ("hyper+x",)}, "'hyper+x' is no key"),
        ({"step.next": ("ab",)}, "'ab' is no key"),
    ],
)
def test_keys_that_cannot_be_are_told_of(own: dict[str, tuple[str, ...]], complaint: str) -> None:
    _, wrong = chosen("default", own)
    assert len(wrong) == 1
    assert complaint in wrong[0]
