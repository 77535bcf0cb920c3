"""x"""
from __future__ import annotations
from collections.abc import Sequence
from tutor.judge.ground import Setting
from tutor.judge.verdict import Verdict
from tutor.language.lines import Line
def judged(setting: Setting, lines: Sequence[Line], seed: int) -> Verdict:
    return Verdict("correct", None, None, None, None, (), "", (), seed)
