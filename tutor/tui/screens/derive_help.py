"""Help of the derive screen: what is asked, what the marks mean, how to write, every key."""

from __future__ import annotations

from tutor.actions.action import key_label
from tutor.actions.deriving import DERIVING
from tutor.judge.report import ROLES, WORDS
from tutor.session.deriving.asking import asked
from tutor.session.deriving.derivation import Derivation
from tutor.tui.deriving.keys import with_keys
from tutor.tui.screens.help import HelpScreen
from tutor.tui.widgets.surface import Row
from tutor.tui.words import wrapped

_FIELD = (
    ("enter", "finish the line: it is judged at once; an emptied line is taken away"),
    ("↑ ↓", "go to another line; what was changed is judged"),
    ("esc", "leave the field, so that single keys act; enter goes back into it"),
    ("ctrl+g", "begin a chord, inside the field too"),
    ("pageup", "read back in what is said below, pagedown on"),
    ("paste", "several lines at once become several lines"),
)
_WRITING = (
    ("a*b  2(a - y)", "a product, entry by entry; a number before ( or a name multiplies"),
    ("A @ B  A.T", "the matrix product, the transpose"),
    ("z**2  1/n", "a power, a quotient"),
    ("dL/dw  da/dz", "derivatives; dz alone is dL/dz, where L is the loss"),
    ("sigmoid'(z)", "a local derivative: the slope of a function"),
    ("= 2*a*x", "goes on from the line above"),
    ("d = a - y", "a name of your own, known to the lines below"),
    ("# why", "a remark"),
)


def derive_help(derivation: Derivation, *, width: int, ascii: bool) -> HelpScreen:
    """The exercise in full, the marks, the language in a few lines, and every action."""
    exercise = derivation.exercise
    rows: list[Row] = []
    if exercise.summary:
        rows += [[(" ", "ground"), *row] for row in wrapped(exercise.summary, width - 2)]
    rows.append([])
    rows += [
        [(" ", "ground"), *row]
        for row in wrapped(f"To do: {asked(derivation)}", width - 2, "strong")
    ]
    rows += [[(f"   {line}", "text")] for line in exercise.forward_texts]
    for variable in exercise.variables:
        shape = f"({', '.join(str(size) for size in variable.shape)})"
        told = f"   {variable.name} {shape if variable.shape else 'a number'}, {variable.domain}"
        rows.append([(told, "quiet")])
    rows += [[], [(" The marks before the lines", "strong")]]
    for mark, said in WORDS.items():
        proved = ": SymPy has shown it on symbols" if mark == "=" else ""
        rows.append([(f"   {mark}   ", ROLES[mark]), (said + proved, "text")])
    rows += [[], [(" Writing a line", "strong")]]
    for example, said in _WRITING:
        rows += _explained(example, said, width)
    rows += [[], [(" In the field", "strong")]]
    for key, said in _FIELD:
        rows += _explained(key, said, width)
    rows += [[], [(" Every action: its keys outside the field, and everywhere", "strong")]]
    for action in DERIVING:
        keys = " ".join(key_label(key, ascii=ascii) for key in action.keys)
        why = action.enabled(derivation)
        head = [
            (f"   {keys:<12}", "key" if why is None else "key.off"),
            (f"{key_label(action.chord, ascii=ascii):<11}", "faint"),
        ]
        for line in wrapped(action.help, width - 27, "text" if why is None else "quiet"):
            rows.append([*head, *line])
            head = [(" " * 26, "ground")]
        if why is not None:
            told = with_keys(f"not now: {why}", writing=True, ascii=ascii)
            rows += [[*head, *line] for line in wrapped(told, width - 27, "faint")]
    return HelpScreen("help: deriving", rows)


def _explained(sign: str, said: str, width: int) -> list[Row]:
    head = (f"   {sign:<16}", "key")
    rows: list[Row] = []
    for line in wrapped(said, width - 20):
        rows.append([head, *line])
        head = (" " * 19, "ground")
    return rows
