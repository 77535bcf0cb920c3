"""Worked solutions: derivations as lines of the language, made by the engine's gradient rules."""

from tutor.judge.worked.steps import WorkedStep as WorkedStep
from tutor.judge.worked.steps import worked as worked
