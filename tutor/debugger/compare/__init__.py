"""Two runs side by side, or two moments of one: which nodes differ, how much, and since when."""

from __future__ import annotations

from tutor.debugger.compare.compare import Comparison as Comparison
from tutor.debugger.compare.compare import Pair as Pair
from tutor.debugger.compare.compare import compare as compare
from tutor.debugger.compare.differences import Difference as Difference
from tutor.debugger.compare.report import report as report
from tutor.debugger.compare.sides import Side as Side
