"""Action: one thing that can be done in a sitting, and how its keys are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from tutor.session.session import Session

S = TypeVar("S")
"""The sitting that an action acts on: a `Session` of the debugger, a `Derivation`."""

Group = Literal["time", "stops", "graph", "understand", "edit", "out", "screen", "derive"]

LEADER = "ctrl+g"
"""The key that begins a chord; it works inside text fields too."""


def _always(sitting: object) -> str | None:
    return None


def _nothing(sitting: object, text: str) -> Sequence[str]:
    return ()


def _empty(sitting: object) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class ArgumentOf(Generic[S]):
    """What an action asks for: `:` takes it behind the verb, a key opens a line to type it in.

    prompt: what stands before the line, "stop when". example: what one may type. take: what is
    done with the text; raises LanguageError, EngineError or Refused, whose offsets count in the
    text. complete: whole texts that begin as this one does. initial: what stands in the line when
    it opens. optional: without a text, the action's `run` is done.
    """

    prompt: str
    example: str
    take: Callable[[S, str], S]
    complete: Callable[[S, str], Sequence[str]] = _nothing
    initial: Callable[[S], str] = _empty
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ActionOf(Generic[S]):
    """One thing that can be done.

    id: a stable name such as "step.next". keys: its keys outside text fields, as Textual names
    them, the first one is shown. chord: what does it everywhere, inside text fields too: "ctrl+g n"
    (the leader, then a key), a function key or a ctrl key. title: one or two words for the footer.
    help: one sentence. run: the pure function, or None where the interface itself acts (panes,
    help, play) or an argument is wanted. enabled: None, or why it cannot be done now (another
    action is named by its word, `:mark`; the screen shows its key). verb: the word for it on the
    `:` line and in line mode; synonyms: others. argument: what it asks for. panel: its keys mean it
    only while a panel is open. runs: it runs the function again.
    """

    id: str
    keys: tuple[str, ...]
    chord: str
    title: str
    help: str
    group: Group
    run: Callable[[S], S] | None = None
    enabled: Callable[[S], str | None] = _always
    verb: str = ""
    synonyms: tuple[str, ...] = ()
    argument: ArgumentOf[S] | None = None
    panel: bool = False
    runs: bool = False

    @property
    def asks(self) -> bool:
        """Whether its key opens a line to type in."""
        return self.argument is not None and not self.argument.optional


class Argument(ArgumentOf[Session]):
    """What an action of the debugger asks for."""

    __slots__ = ()


class Action(ActionOf[Session]):
    """An action of the debugger."""

    __slots__ = ()


_LABELS = {
    "right": ("→", "right"),
    "left": ("←", "left"),
    "up": ("↑", "up"),
    "down": ("↓", "down"),
    "space": ("space", "space"),
    "left_square_bracket": ("[", "["),
    "right_square_bracket": ("]", "]"),
    "slash": ("/", "/"),
    "question_mark": ("?", "?"),
    "plus": ("+", "+"),
    "minus": ("-", "-"),
    "less_than_sign": ("<", "<"),
    "greater_than_sign": (">", ">"),
    "colon": (":", ":"),
    "apostrophe": ("'", "'"),
    "full_stop": (".", "."),
    "comma": (",", ","),
    "semicolon": (";", ";"),
    "asterisk": ("*", "*"),
    "underscore": ("_", "_"),
    "equals_sign": ("=", "="),
    "left_curly_bracket": ("{", "{"),
    "right_curly_bracket": ("}", "}"),
    "dollar_sign": ("$", "$"),
    "escape": ("esc", "esc"),
}


def key_label(key: str, *, ascii: bool = False) -> str:
    """How a key, or a chord such as "ctrl+g right", is written for a person: `→`, `ctrl+g →`."""
    return " ".join(_LABELS.get(part, (part, part))[ascii] for part in key.split(" "))
