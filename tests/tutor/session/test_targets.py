from __future__ import annotations

import pytest

from engine import document
from tutor.session import targets


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("(x + y)*z", "expression"),
        ("loss.py:mse", "file"),
        ("loss.py", "file"),
        ("a folder/loss.py: mse", "file"),
        ("run.bptrace", "recorded"),
        (" run.bptrace ", "recorded"),
        ("x.py*2", "expression"),
    ],
)
def test_the_kind_of_a_target_shows_in_its_ending(text: str, kind: str) -> None:
    assert targets.kind_of(text) == kind


def test_the_ending_of_a_trace_is_that_of_its_document() -> None:
    assert targets.SUFFIX == document.SUFFIX
