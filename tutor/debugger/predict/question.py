"""A question about the event that is about to happen, with all that is needed to judge the answer.

What is asked fits the event and is well defined: a finite number that follows from what is on the
screen, a node that only one order allows, a shape. Nothing is asked of an op that this program does
not have, at a kink, or of what is not a number. The same seed asks the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["next", "value", "local", "amount", "total", "sign", "shape", "who", "update"]
Form = Literal["number", "node", "nodes", "shape", "sign"]
Reply = float | str | tuple[int, ...] | frozenset[str]

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Slip:
    """A wrong answer that somebody gives who makes one named mistake. tag: the mistake's name, a
    key of `slips.MESSAGES`. reply: what comes out."""

    tag: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before an event is shown.

    kind: what of it is asked. event: its number, counted from 0: the cursor. node: the node it is
    about. index: the entry of an array, () otherwise. text: the question. form: what an answer
    looks like. reply: the right one. also: numbers that are right as well, worked out of what is
    shown in four digits. slips: wrong ones that can be named, the likeliest first. choices: what
    there is to choose from, where that is little. known: numbers that an answer may call by name.
    hints: the rule in words, the same with names, the same with numbers. solution: the whole line.
    """

    kind: Kind
    event: int
    node: int
    index: tuple[int, ...]
    text: str
    form: Form
    reply: Reply
    hints: tuple[str, str, str]
    solution: str
    also: tuple[float, ...] = ()
    slips: tuple[Slip, ...] = ()
    choices: tuple[str, ...] = ()
    known: Mapping[str, float] = field(default_factory=dict)
