"""The stepper: one function's graph, one event in the light, and the way through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingsMap
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from engine.trace import Trace
from tutor.actions import ACTIONS, BY_ID, LEADER, Action
from tutor.actions.commands import perform
from tutor.actions.keymap import Keymap, shipped
from tutor.debugger import moving
from tutor.debugger.frame import focused, phase
from tutor.debugger.view.picture import Plan, plan
from tutor.debugger.view.view import beneath, representative
from tutor.debugger.view.zoom import Zoom
from tutor.layout.layout import Direction
from tutor.session import panel as panels
from tutor.session import session as sessions
from tutor.session import told
from tutor.session.refused import Refused
from tutor.session.session import Session
from tutor.tui import doors
from tutor.tui.asking import Asking
from tutor.tui.badge import Badge
from tutor.tui.commands import CHORDS, bindings, keys_of, with_keys
from tutor.tui.editing import Editing
from tutor.tui.play import Player
from tutor.tui.running import Running
from tutor.tui.screens import panes
from tutor.tui.widgets.canvas import GraphCanvas
from tutor.tui.widgets.commandbar import CommandBar
from tutor.tui.widgets.editbar import EditBar
from tutor.tui.widgets.events import EventList
from tutor.tui.widgets.keybar import KeyBar
from tutor.tui.widgets.line import Lines, Pane, Rule
from tutor.tui.widgets.reportview import ReportView
from tutor.tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from tutor.tui.app import BackpropTutor

LARGE = 5000  # nodes
_DIRECTIONS: dict[str, Direction] = {
    "graph.left": "left",
    "graph.right": "right",
    "graph.up": "up",
    "graph.down": "down",
}


class StepperScreen(Screen[None], inherit_bindings=False):
    """Shows a session and hands every key and click to the action table."""

    AUTO_FOCUS: ClassVar[str | None] = "#canvas"

    class Drawn(Message):
        """A large graph was laid out."""

        def __init__(self, drawing: Plan) -> None:
            self.drawing = drawing
            super().__init__()

    def __init__(self, session: Session, keymap: Keymap | None = None) -> None:
        super().__init__()
        self.session = session
        self.keymap = shipped() if keymap is None else keymap
        # Bindings of the class are the same for everybody; these are what this person chose.
        self._bindings = BindingsMap(bindings(self.keymap))
        self.drawing: Plan | None = None
        self.player = Player(self, self._play_on)
        self.said = told.of_run(session)
        self.badge = Badge(self, self._checked)
        self.moment: panes.Moment | None = None
        self.panel_title = ("", "")
        self.running = Running(self)
        self.asking = Asking(self)
        self.editing = Editing(self)
        self._leader = False
        self._again: Timer | None = None
        self._awaited: tuple[Trace, int, Zoom] | None = None
        self._own: dict[str, Callable[[], None]] = {
            "play.toggle": self._play,
            "play.faster": lambda: self.say(self.player.change(1)),
            "play.slower": lambda: self.say(self.player.change(-1)),
            "focus.node": self._look_closer,
            "find": partial(doors.find, self),
            "command": self.asking.command,
            "editor": partial(doors.editor, self),
            "input.edit": self.editing.open,
            "pane.next": lambda: self._turn(1),
            "pane.previous": lambda: self._turn(-1),
            "help": partial(doors.help, self),
            "palette": partial(doors.palette, self),
            "back": self._back,
            **{name: partial(self._walk, way) for name, way in _DIRECTIONS.items()},
        }

    def compose(self) -> ComposeResult:
        yield Lines(id="crumbs")
        yield Rule(id="canvas-title")
        with Container(id="middle"):
            yield GraphCanvas(id="canvas")
            yield ReportView(id="panel")
            with Container(id="side"):
                yield Rule(id="formula-title")
                yield Pane(id="formula")
                yield Rule(id="inspector-title")
                yield Pane(id="inspector")
                yield Rule(id="source-title")
                yield ReportView(id="source")
                yield Rule(id="events-title")
                yield EventList(id="events")
        yield Rule(id="bottom")
        yield EditBar(id="edit")
        yield CommandBar(id="command")
        yield Lines(id="status")
        yield Timeline(id="timeline")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "-ascii")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self.session.prediction is not None:
            self.asking.follow(None)
        self.show()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show)

    def on_descendant_focus(self) -> None:
        panes.show_titles(self)

    def show(self) -> None:
        """Show the session's moment in every pane."""
        trace, zoom = self.session.trace, self.session.frame.zoom
        at = trace.pass_at(self.session.frame.cursor)
        before = self.drawing
        if before is not None:
            self.drawing = before.fitted(trace, at, zoom)
        # What takes long in a large graph is finding its groups, and that is done once.
        known = before is not None and before.trace is trace and before.at == at
        if self.drawing is None and (known or len(trace.node_range(at)) <= LARGE):
            self.drawing = plan(trace, at, zoom)
        if self.drawing is None:
            self._draw_later(trace, at, zoom)
        else:
            self.badge.ask(trace, self.session.frame.focus)
        panes.show(self)

    def _draw_later(self, trace: Trace, at: int, zoom: Zoom) -> None:
        """Lay out a large graph in a thread, while the rest of the screen can be used."""
        asked = self._awaited
        if asked is None or asked[0] is not trace or asked[1:] != (at, zoom):
            self._awaited = trace, at, zoom
            Thread(target=self._draw, args=(trace, at, zoom), daemon=True).start()

    def _draw(self, trace: Trace, at: int, zoom: Zoom) -> None:
        made = plan(trace, at, zoom)
        if self.is_attached:
            self.post_message(self.Drawn(made))

    @on(Drawn)
    def _drawn(self, message: Drawn) -> None:
        if message.drawing.trace is self.session.trace:
            self.drawing, self._awaited = message.drawing, None
            self.show()

    def go(self, session: Session, said: str | None = None) -> None:
        """Go to another state of the sitting; not while a function runs, which will lead to one."""
        if self.running.busy:
            return
        before, self.session = self.session, session
        self.said = said
        self._leader = False
        if session.panel is not before.panel:
            self.set_class(session.panel is not None, "-panel")
            self.focus_picture()
        if session.prediction is not before.prediction:
            self.asking.follow(before.prediction)
        self.show()

    def look_again(self, seconds: float) -> None:
        """Show the session once more after a while: more of an answer may be there then."""
        if self._again is None:
            self._again = self.set_timer(seconds, self._show_again)

    def _show_again(self) -> None:
        self._again = None
        self.show()

    def say(self, sentence: str) -> None:
        """Put a sentence into the status line until something happens."""
        self.said = with_keys(sentence, self.keymap, ascii=self.ascii_only)
        panes.show_status(self)

    def on_unmount(self) -> None:
        self.badge.stop()
        self.running.stop()

    @on(Badge.Answered)
    def _answered(self, message: Badge.Answered) -> None:
        self.badge.take(message)

    def _checked(self) -> None:
        if self.is_attached:
            panes.show_crumbs(self)

    def take_key(self, key: str) -> bool:
        """The second key of a chord; False where the key is none."""
        if not self._leader or not self.is_current:
            return False
        self._leader = False
        action = CHORDS.get(key)
        if key == LEADER or (key == "escape" and action is None):
            self.show()
        elif action is None:
            self.say(f"{LEADER} {key} does nothing; ? shows what there is")
        else:
            self.action_act(action.id)
        return True

    def action_leader(self) -> None:
        """Wait for the second key of a chord."""
        self._leader = True
        panes.show_hint(self)

    def action_act(self, name: str) -> None:
        """Do what the action table says, or say why it can not be done. Of several actions with one
        key, the first that fits."""
        named = [BY_ID[one] for one in name.split("|")]
        fitting = [one for one in named if not one.panel or self.session.panel is not None] or named
        action, name = fitting[0], fitting[0].id
        why = action.enabled(self.session)
        if self.running.busy:
            if any(one.id == "focus.release" for one in named):
                self.running.stop()
            return
        if why is not None:
            self.say(why)
            return
        if name not in ("play.toggle", "play.faster", "play.slower"):
            self.player.pause()
        own = self._own.get(name)
        if own is not None:
            own()
        elif action.asks:
            self.asking.argument(action)
        else:
            self.do(action)

    def do(
        self, action: Action, text: str = "", on_refused: Callable[[Refused], None] | None = None
    ) -> bool:
        """Do an action on the session, and show what comes of it; False where it was refused.

        What may take long is done beside the screen, and shown when it is done.
        """

        def then(outcome: Session | Refused) -> None:
            if not isinstance(outcome, Refused):
                self.go(outcome, outcome.told or None)
            elif on_refused is None or slow:
                self.say(str(outcome))
            else:
                on_refused(outcome)

        slow = action.runs and self.session.origin.slow
        if self.running.busy:
            return False
        if slow:
            self.running.start(action, text, then)
            return True
        try:
            then(perform(self.session, action, text))
        except Refused as refusal:
            then(refusal)
            return False
        return True

    @on(Running.Ended)
    def _ended(self, message: Running.Ended) -> None:
        self.running.take(message)

    def focus_picture(self) -> None:
        """Give the keys to the graph, to the panel that is open above it, or to the line for
        answers."""
        if self.session.panel is not None:
            self.query_one("#panel").focus()
        elif self.session.prediction is not None:
            self.asking.bar.take_keys()
        else:
            self.query_one("#canvas").focus()

    def _play(self) -> None:
        if self.app.animation_level == "none":
            self.do(BY_ID["step.next"])
            return
        if self.session.frame.cursor == len(self.session.trace.events):
            self.session = sessions.at(self.session, moving.start(self.session.frame))
        self.player.toggle()
        self.go(self.session)

    def _play_on(self) -> bool:
        action = BY_ID["step.next"]
        if not self.is_current or action.enabled(self.session) is not None:
            self.player.pause()
            self.show()
            return False
        self.do(action)
        return True

    def _look_closer(self) -> None:
        for view in self.query(ReportView):
            if view.has_focus:
                view.open_row()
                return
        self.do(BY_ID["focus.node"])

    def look_at(self, node: int) -> None:
        """Put the focus on a node."""
        self.player.pause()
        self.go(sessions.at(self.session, moving.focus(self.session.frame, node)))

    def jump(self, cursor: int) -> None:
        """Go to the moment when `cursor` events have happened."""
        self.player.pause()
        self.go(sessions.at(self.session, moving.jump(self.session.frame, cursor)))

    def _walk(self, way: Direction) -> None:
        panel = self.session.panel
        beside = None if panel is None else panel.moved(self.session, way)
        view = self.focused
        if isinstance(view, ReportView) and (beside is None or view.id == "source"):
            if view.walk(way):
                return
        elif beside is not None:
            self.go(panels.show(self.session, beside))
            return
        if self.drawing is None:
            return
        here = focused(self.session.frame)
        first = self._first(here)
        seen = self.drawing.view
        there = self.drawing.layout.neighbour(seen.at(here - first).id, way)
        if there is None:
            self.say(f"There is no node further {way}")
        else:
            self.look_at(first + representative(seen, there))

    def _turn(self, way: int) -> None:
        shown = panes.seen(self)
        now = self.focused.id if self.focused is not None else None
        target = shown[((shown.index(now) if now in shown else -1) + way) % len(shown)]
        # In a narrow window the events stand in the place of the formula and the node.
        if target in ("formula", "inspector", "events"):
            self.set_class(target == "events", "-events")
        self.call_after_refresh(self._enter, target)

    def _enter(self, pane: str) -> None:
        self.query_one(f"#{pane}").focus()
        self.show()

    def _back(self) -> None:
        if self.has_class("-editing"):
            self.editing.leave()
        elif self.session.panel is not None:
            self.go(panels.close(self.session))
        else:
            self._app.back()

    @on(CommandBar.Given)
    def _command_given(self, message: CommandBar.Given) -> None:
        self.asking.given(message.action, message.text)

    @on(CommandBar.Left)
    def _command_left(self) -> None:
        self.asking.leave()

    @on(CommandBar.Offered)
    def _command_offered(self, message: CommandBar.Offered) -> None:
        self.asking.offer(message.texts)

    @on(ReportView.Opened, "#source")
    def _line_opened(self, message: ReportView.Opened) -> None:
        self.go(panels.followed(self.session, message.row))

    @on(ReportView.Opened, "#panel")
    def _row_opened(self, message: ReportView.Opened) -> None:
        panel = self.session.panel
        if panel is not None:
            self.go(panel.opened(self.session, message.row))

    @on(EditBar.Left)
    def _edit_left(self) -> None:
        self.editing.leave()

    @on(EditBar.Turned)
    def _edit_turned(self, message: EditBar.Turned) -> None:
        self.editing.turn(message.name, message.way)

    @on(EditBar.Given)
    def _edit_given(self, message: EditBar.Given) -> None:
        self.editing.given(message.name, message.text)

    @on(GraphCanvas.NodeClicked)
    def _node_clicked(self, message: GraphCanvas.NodeClicked) -> None:
        if self.drawing is None:
            return
        node = self._shown_first() + representative(self.drawing.view, message.node)
        self.look_at(node)
        if message.right:
            self.action_act("palette")
        elif message.double:
            alone = self.drawing.view.by_id[message.node].kind == "node"
            edits = alone and self.session.trace.nodes[node].op == "input"
            self.action_act("input.edit" if edits else "focus.node")

    @on(GraphCanvas.EdgeClicked)
    def _edge_clicked(self, message: GraphCanvas.EdgeClicked) -> None:
        if self.drawing is None:
            return
        trace, first = self.session.trace, self._shown_first()
        p = trace.passes[self.drawing.at]
        edges = beneath(self.drawing.view, p, *message.edge)
        events = [trace.value_event(first + edges[0][1])]
        if phase(self.session.frame) != "forward":
            _, user, number = edges[-1]
            passed = trace.departures(first + user)
            events = [i for i in passed if trace.events[i].operand == number] or events
        self.jump(events[0] + 1)

    @on(Lines.Clicked, "#crumbs")
    def _crumbs_clicked(self) -> None:
        self.say(self.badge.sentence())

    @on(EventList.Picked)
    def _event_picked(self, message: EventList.Picked) -> None:
        self.jump(message.event + 1)

    @on(Timeline.Picked)
    def _moment_picked(self, message: Timeline.Picked) -> None:
        self.jump(message.cursor)

    @on(KeyBar.Pressed)
    def _key_clicked(self, message: KeyBar.Pressed) -> None:
        bar = self.query_one(EditBar)
        while_editing = {
            "edit.give": bar.give,
            "edit.before": lambda: bar.action_turn(-1),
            "edit.after": lambda: bar.action_turn(1),
            "edit.leave": bar.action_leave,
            "leader": self.action_leader,
            "command.give": self.asking.bar.give,
            "command.complete": self.asking.bar.action_complete,
            "command.recall": lambda: self.asking.bar.action_recall(-1),
            "command.leave": self.asking.leave,
            "command.skip": self.asking.bar.action_skip,
        }
        if message.action in while_editing:
            while_editing[message.action]()
        else:
            self.action_act(message.action)

    def commands(self) -> Iterable[SystemCommand]:
        """Every action that can be done now, with its keys; of the others, why not."""
        for action in ACTIONS:
            keys = keys_of(action, self.keymap, ascii=self.ascii_only)
            why = action.enabled(self.session)
            title = f"{action.title.capitalize()}  ({keys[0]})"
            about = with_keys(why or action.help, self.keymap, ascii=self.ascii_only)
            yield SystemCommand(title, about, partial(self.action_act, action.id))

    def _first(self, node: int) -> int:
        return self.session.trace.node_range(self.session.trace.pass_of(node)).start

    def _shown_first(self) -> int:
        trace = self.session.trace
        return trace.node_range(trace.pass_at(self.session.frame.cursor)).start

    @property
    def ascii_only(self) -> bool:
        """Whether to draw with ASCII only."""
        return self._app.ascii_only

    @property
    def _app(self) -> BackpropTutor:
        return cast("BackpropTutor", self.app)
