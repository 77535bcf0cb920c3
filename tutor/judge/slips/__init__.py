"""Slips: what went wrong in a wrong line.

`diagnose(problem, wrong)` looks for the cheapest explanation of a false side: first ratios and
differences of what it says and what is true, then single edits of the learner's own tree, then
reverse sweeps with one wrong rule. Everything is tried by value at one point and confirmed at the
others.
"""

from __future__ import annotations

from tutor.judge.slips.diagnosis import diagnose
from tutor.judge.slips.wrong import Problem, WrongLine

__all__ = ["Problem", "WrongLine", "diagnose"]
