"""Worked solutions: derivations as lines of the language, made by the engine's gradient rules."""

from tutor.judge.worked.guided import WorkedStep as WorkedStep
from tutor.judge.worked.guided import with_steps as with_steps
from tutor.judge.worked.steps import worked as worked
