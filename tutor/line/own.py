"""What the actions of the interface itself mean where there is no screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from tutor.actions import ACTIONS, Action
from tutor.debugger import moving
from tutor.debugger.frame import focused
from tutor.line.answers import moment, node_told
from tutor.render.expressions import name_of
from tutor.render.formula import formula
from tutor.render.inspector import inspection
from tutor.render.notation import aloud
from tutor.render.notation.origins import ROLES
from tutor.render.plain import Line, text_of
from tutor.render.sentences import in_words
from tutor.session import editor, looking, predicting
from tutor.session.refused import Refused
from tutor.session.session import Session, at
from tutor.session.writing import notation_of

Done = tuple[Session, list[str]]
PLAYED = 1000
"""Up to how many events `play` says at once."""


def play(session: Session) -> Done:
    """Every event from here to the end."""
    frame, said = session.frame, []
    count = min(len(session.trace.events), frame.cursor + PLAYED)
    for cursor in range(frame.cursor + 1, count + 1):
        said.append(moment(at(session, moving.jump(frame, cursor))))
    if count < len(session.trace.events):
        said.append(f"That was {PLAYED} events; play goes on.")
    return at(session, moving.jump(frame, count)), said or ["Everything has happened."]


def speed(session: Session) -> Done:
    """There is no speed in line mode."""
    return session, ["Line mode has no speed: play says every event at once."]


def neighbour(way: str) -> Callable[[Session], Done]:
    """Look at an operand, a user, the node before or the node after."""

    def looked(session: Session) -> Done:
        trace, node = session.trace, focused(session.frame)
        nodes = trace.node_range(trace.pass_of(node))
        there = {
            "left": trace.nodes[node].inputs[:1],
            "right": tuple(trace.consumers(node)[:1]),
            "up": (node - 1,) if node > nodes.start else (),
            "down": (node + 1,) if node + 1 < nodes.stop else (),
        }[way]
        if not there:
            return session, [f"There is no node further {way}."]
        return at(session, moving.focus(session.frame, there[0])), [
            node_told(session, there[0]),
        ]

    return looked


def pane(way: int) -> Callable[[Session], Done]:
    """Say what the panes of the screen show, one after the other."""

    def told(session: Session) -> Done:
        frame, trace = session.frame, session.trace
        rule = ["Formula: nothing has happened yet."]
        if frame.cursor:
            made = formula(trace, frame.cursor - 1, notation=aloud(notation_of(session)))
            lines = "; ".join(map(_line_told, made.lines))
            rule = [in_words(f"Formula of {made.title}: {made.rule.rstrip('.')}. {lines}.")]
        about = inspection(trace, focused(frame), frame.cursor)
        node = [f"Node {about.title}."]
        node += [f"{label}: {text_of(line).strip()}." for label, line in about.rows]
        last = moment(session)
        said = [*rule, *map(in_words, node), last]
        return session, said if way > 0 else said[::-1]

    return told


def commands(session: Session) -> Done:
    """Every command that can be given now, with what it does; of the others why not."""
    return session, list(_help(session))


def find(session: Session) -> Done:
    """The nodes, by name."""
    found = looking.matching(session, "")
    names = [name_of(session.trace, node) for node in found[: looking.MOST]]
    more = f" and {len(found) - len(names)} more" if len(found) > len(names) else ""
    return session, [f"{len(found)} nodes: {', '.join(map(in_words, names))}{more}."]


def edit(session: Session) -> Done:
    """The file and line that an editor would open."""
    from tutor.session.panels.source import place_of

    path, place = editor.file_of(session), place_of(session)
    line = f" line {place.line}" if place is not None else ""
    return session, [
        f"{path.name}{line}. Open it in your editor, then set an input to run it again."
    ]


def _line_told(line: Line) -> str:
    words = [text for text, _ in line if text.strip()]
    if all(word in ROLES for word in words):
        return f"the factors come from: {', '.join(words)}"
    return text_of(line).strip()


def _help(session: Session) -> Iterator[str]:
    for action in ACTIONS:
        if not action.verb:
            continue
        such = f" Such as: {action.argument.example}." if action.argument is not None else ""
        why = action.enabled(session)
        yield f"{action.verb}: {action.help}{such}{f' Not now: {why}.' if why else ''}"


OWN: Mapping[str, Callable[[Session], Done]] = MappingProxyType(
    {
        "play.toggle": play,
        "play.faster": speed,
        "play.slower": speed,
        "graph.left": neighbour("left"),
        "graph.right": neighbour("right"),
        "graph.up": neighbour("up"),
        "graph.down": neighbour("down"),
        "find": find,
        "pane.next": pane(1),
        "pane.previous": pane(-1),
        "help": commands,
        "palette": commands,
        "command": commands,
        "editor": edit,
    }
)
"""By the action's id."""


def own(action: Action, session: Session) -> Done | None:
    """What an action of the interface does here; None for one that any front end does alike."""
    made = OWN.get(action.id)
    if made is None:
        return None
    why = action.enabled(session)
    if why is not None:
        raise Refused(why)
    after, said = made(session)
    return predicting.kept_up(session, replace(after, told="")), said
