"""The actions of a derivation: what the derive screen and its line mode can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tutor.actions.action import ActionOf, ArgumentOf
from tutor.actions.later import later
from tutor.judge.hints import COUNT
from tutor.session import files
from tutor.session.deriving import derivation as deriving
from tutor.session.deriving.derivation import Derivation


class DeriveAction(ActionOf[Derivation]):
    """An action of a derivation."""

    __slots__ = ()


class _Argument(ArgumentOf[Derivation]):
    """What an action of a derivation asks for."""

    __slots__ = ()


def _has_lines(derivation: Derivation) -> str | None:
    return None if derivation.lines else "There is no line yet"


def _has_hint(derivation: Derivation) -> str | None:
    verdict = derivation.verdict
    if verdict is None:
        return "There is no line yet to give a hint on; :between shows a first step"
    if verdict.kind == "correct":
        return "Every line is right"
    if derivation.hints >= COUNT:
        return "That was the last hint; :between shows a step"
    return None


def _has_past(derivation: Derivation) -> str | None:
    return None if derivation.past else "There is no change to undo"


def _has_future(derivation: Derivation) -> str | None:
    return None if derivation.future else "There is no change to do again"


def _has_targets(derivation: Derivation) -> str | None:
    several = len(derivation.exercise.targets) > 1
    return None if several else "This exercise asks for one thing only"


def _above(derivation: Derivation) -> str | None:
    return None if derivation.at > 0 else "This is the first line"


def _below(derivation: Derivation) -> str | None:
    return None if derivation.at < len(derivation.lines) else "This is the last line"


def _is_written(derivation: Derivation) -> str | None:
    return None if derivation.at < len(derivation.lines) else "This line is not finished yet"


def _targets(derivation: Derivation, text: str) -> Sequence[str]:
    return [one for one in derivation.exercise.targets if one.startswith(text)]


def _numbers(derivation: Derivation, text: str) -> Sequence[str]:
    numbers = [str(n + 1) for n in range(len(derivation.lines))]
    return [one for one in numbers if one.startswith(text)]


DERIVING: tuple[DeriveAction, ...] = (
    DeriveAction("derive.enter", ("enter",), "", "finish line",
                 "Finish this line and have it judged.", "derive"),
    DeriveAction("derive.up", ("up",), "ctrl+g up", "line above",
                 "Go to the line above, to write it anew.", "derive",
                 lambda d: deriving.moved(d, -1), _above, verb="above"),
    DeriveAction("derive.down", ("down",), "ctrl+g down", "line below",
                 "Go to the line below.", "derive",
                 lambda d: deriving.moved(d, 1), _below, verb="below"),
    DeriveAction("derive.line", (), "ctrl+g g", "go to line",
                 "Go to a line by its number, to write it anew.", "derive",
                 verb="line", synonyms=("go",),
                 argument=_Argument("line", "line 2", later("deriving.writing", "at_line"),
                                    _numbers)),
    DeriveAction("derive.hint", ("H",), "ctrl+g H", "hint",
                 "A hint on the first wrong line: where, then what kind, then a smaller example.",
                 "derive", later("deriving.helping", "hint"), _has_hint, verb="hint",
                 synonyms=("h",)),
    DeriveAction("derive.between", ("ctrl+l",), "ctrl+l", "line between",
                 "Show a true line on the way: a smaller step.", "derive",
                 later("deriving.helping", "between"), verb="between"),
    DeriveAction("derive.solution", ("w",), "ctrl+g w", "solution",
                 "Show the next step of the worked solution, with the name of its rule.",
                 "derive", later("deriving.helping", "solved"), verb="solution",
                 synonyms=("worked",)),
    DeriveAction("derive.unsolve", ("W",), "ctrl+g W", "hide solution",
                 "Put the worked solution away.", "derive",
                 later("deriving.helping", "unsolved"), verb="hide"),
    DeriveAction("derive.target", ("t",), "ctrl+g t", "next target",
                 "Ask for the exercise's next target, or for the one that is named.", "derive",
                 deriving.next_target, _has_targets, verb="target",
                 argument=_Argument("target", "target dL/db", deriving.aimed, _targets,
                                    optional=True)),
    DeriveAction("derive.remove", ("delete",), "ctrl+g d", "remove line",
                 "Take this line away.", "derive", deriving.removed, _is_written, verb="remove"),
    DeriveAction("derive.clear", (), "ctrl+g c", "clear", "Begin again with no line.", "derive",
                 deriving.cleared, _has_lines, verb="clear"),
    DeriveAction("derive.undo", ("ctrl+z", "u"), "ctrl+z", "undo", "Undo the last change of lines.",
                 "derive", deriving.undone, _has_past, verb="undo"),
    DeriveAction("derive.redo", ("ctrl+y", "U"), "ctrl+y", "redo", "Do it again.", "derive",
                 deriving.redone, _has_future, verb="redo"),
    DeriveAction("derive.latex", ("y",), "ctrl+g y", "LaTeX",
                 "Copy the lines as LaTeX.", "derive", None, _has_lines, verb="latex"),
    DeriveAction("derive.save", ("ctrl+s",), "ctrl+s", "save",
                 "Keep the lines in a file, which backprop derive reads again.", "derive",
                 None, _has_lines, verb="save",
                 argument=_Argument("save as", "save answer.txt",
                                    later("deriving.writing", "kept"), files.endings)),
    DeriveAction("derive.prove", (), "ctrl+g p", "prove",
                 "Let SymPy prove the right lines, and say which rules it took.", "derive",
                 None, _has_lines, verb="prove"),
    DeriveAction("derive.show", (), "ctrl+g s", "show",
                 "Say the exercise, the target and every line again.", "derive", None,
                 verb="show", synonyms=("where",)),
    DeriveAction("derive.help", ("question_mark",), "f1", "help", "Show what can be done.",
                 "derive", None, verb="help", synonyms=("?",)),
    DeriveAction("derive.palette", ("ctrl+p",), "ctrl+p", "all actions",
                 "Find any action by its name.", "derive", None),
    DeriveAction("derive.back", ("q",), "ctrl+g q", "back", "Leave this exercise.", "derive", None,
                 verb="quit", synonyms=("q", "exit")),
)  # fmt: skip
"""Every action of a derivation."""

DERIVE_BY_ID: Mapping[str, DeriveAction] = MappingProxyType({one.id: one for one in DERIVING})


def derive_footer(derivation: Derivation) -> list[DeriveAction]:
    """At most six actions that make sense now, the most useful first, help last."""
    verdict = derivation.verdict
    if verdict is not None and verdict.kind == "correct":
        wanted = ["derive.latex", "derive.target", "derive.solution", "derive.save", "derive.back"]
    elif verdict is not None and verdict.kind in ("wrong", "incomplete"):
        wanted = ["derive.enter", "derive.hint", "derive.between", "derive.up", "derive.undo"]
    else:
        wanted = ["derive.enter", "derive.between", "derive.solution", "derive.target", "derive.up"]
    able = [DERIVE_BY_ID[name] for name in wanted]
    return [*[one for one in able if one.enabled(derivation) is None], DERIVE_BY_ID["derive.help"]]
