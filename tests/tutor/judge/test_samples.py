"""Points: in their domains, of mixed scale, the same for one seed."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from tutor.judge import samples
from tutor.judge.chance import Chance
from tutor.judge.exercise import Variable

VARIABLES = (
    Variable("r", ("n",), "real"),
    Variable("s", (), "positive"),
    Variable("p", ("n",), "prob"),
    Variable("q", ("n", "k"), "simplex"),
    Variable("b", ("n",), "binary"),
)
SHAPES = {"r": (4,), "s": (), "p": (4,), "q": (4, 3), "b": (4,)}


def drawn(seed: int = 0) -> samples.Leaves:
    return samples.draw(VARIABLES, SHAPES, Chance(seed))


def test_samples_lie_in_their_domains() -> None:
    for seed in range(5):
        leaves = drawn(seed)
        assert (leaves["s"] > 0).all()
        assert ((leaves["p"] > 0) & (leaves["p"] < 1)).all()
        assert (leaves["q"] > 0).all()
        assert (leaves["q"].sum(axis=-1) == 1.0).all()
        assert set(np.unique(leaves["b"])) == {0.0, 1.0}


def test_every_entry_of_a_binary_variable_takes_both_values() -> None:
    assert (drawn()["b"].min(axis=0) == 0).all()
    assert (drawn()["b"].max(axis=0) == 1).all()


def test_scales_are_mixed() -> None:
    size = np.abs(drawn()["r"]).max(axis=1)
    assert len(size) == samples.COUNT == 20
    assert size.min() < 0.5
    assert size.max() > 50


def test_one_seed_draws_the_same() -> None:
    for name, values in drawn(3).items():
        assert (values == drawn(3)[name]).all()
    assert (drawn(3)["r"] != drawn(4)["r"]).all()


def test_short_numbers_are_short_and_in_their_domains() -> None:
    leaves = samples.rounded(VARIABLES, SHAPES, Chance(1), 30)
    for name in ("r", "s", "p"):
        assert np.array_equal(leaves[name], np.round(leaves[name], 1))
    assert (leaves["q"] > 0).all()
    assert np.allclose(leaves["q"].sum(axis=-1), 1)
    assert np.array_equal(leaves["q"], np.round(leaves["q"], 2))
    assert (leaves["r"] != 0).all()


def test_between_two_points_what_has_two_values_stays() -> None:
    leaves = drawn()
    start, end = (samples.picked(leaves, np.array([i, i + 1])) for i in (0, 2))
    middle = samples.between(start, end, np.array([0.5, 0.25]), VARIABLES)
    assert (middle["b"] == start["b"]).all()
    assert np.allclose(middle["r"][0], (start["r"][0] + end["r"][0]) / 2)
    assert np.allclose(middle["s"][1], 0.75 * start["s"][1] + 0.25 * end["s"][1])


def test_a_fresh_seed_opens_no_file() -> None:
    seen: list[str] = []
    watching = True

    def hook(event: str, _: Any) -> None:
        if watching:
            seen.append(event)

    sys.addaudithook(hook)
    seeds = {samples.fresh_seed() for _ in range(10)}
    watching = False
    assert "open" not in seen
    assert len(seeds) == 10
    assert all(0 <= seed < 2**48 for seed in seeds)
