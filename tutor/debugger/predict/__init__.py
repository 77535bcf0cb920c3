"""Predict mode: before each event the program asks for it, judges the answer and names the slip."""

from __future__ import annotations

from tutor.debugger.predict.ask import next_question as next_question
from tutor.debugger.predict.ask import previous_question as previous_question
from tutor.debugger.predict.ask import question as question
from tutor.debugger.predict.judge import Answer as Answer
from tutor.debugger.predict.judge import Score as Score
from tutor.debugger.predict.judge import judge as judge
from tutor.debugger.predict.question import Question as Question
from tutor.debugger.predict.report import State as State
from tutor.debugger.predict.report import report as report
from tutor.debugger.predict.report import reveal as reveal
