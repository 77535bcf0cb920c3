"""The derive screen: an exercise, the lines written for it, and what the judge says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input

from tutor.actions.action import LEADER, key_label
from tutor.actions.deriving import DERIVE_BY_ID, DERIVING, DeriveAction
from tutor.judge.proof import Proof
from tutor.judge.report import told
from tutor.judge.worked import WorkedStep
from tutor.language.grid import Box
from tutor.session.deriving import derivation as deriving
from tutor.session.deriving import proving
from tutor.session.deriving.derivation import Derivation
from tutor.session.deriving.helping import latex, solution
from tutor.session.refused import Refused
from tutor.tui.deriving.asking import Asking
from tutor.tui.deriving.drawing import Drawer, Unread
from tutor.tui.deriving.keys import CHORDS, IN_FIELD, bindings, shown_key, with_keys
from tutor.tui.deriving.prover import Prover
from tutor.tui.deriving.rows import asked
from tutor.tui.deriving.saying import heard, line_told
from tutor.tui.screens import derive_panes as panes
from tutor.tui.widgets.commandbar import CommandBar
from tutor.tui.widgets.formulaview import FormulaView
from tutor.tui.widgets.keybar import KeyBar
from tutor.tui.widgets.line import Lines, Rule
from tutor.tui.widgets.lineeditor import LineEditor
from tutor.tui.widgets.sheet import LineRows, Sheet

if TYPE_CHECKING:
    from tutor.tui.app import BackpropTutor

_SECTIONS = {
    "derive.hint": "hint",
    "derive.between": "between",
    "derive.solution": "solution",
    "derive.prove": "proofs",
    "derive.latex": "latex",
}


class DeriveScreen(Screen[None]):
    """Shows a derivation; every key but those of the field comes from the action table."""

    AUTO_FOCUS: ClassVar[str | None] = "#line"
    BINDINGS: ClassVar[list[BindingType]] = bindings()

    def __init__(self, derivation: Derivation) -> None:
        super().__init__()
        self.derivation = derivation
        self.drawer = Drawer(ascii=False)
        self.prover = Prover(self, self._proved)
        self.asking = Asking(self)
        self.said: Sequence[str] = ()
        self.part = ""
        self.latex = ""
        self.showing_proofs = False
        self.given = 1
        self.unread: Unread | None = None
        self.last: tuple[int, Box] | None = None
        self._steps: tuple[str, tuple[WorkedStep, ...]] = ("", ())
        self._draft = ""
        self._leader = False
        self._kept: tuple[str, ...] = ()
        self._warned = False
        self._own: dict[str, Callable[[], None]] = {
            "derive.enter": self._enter,
            "derive.up": partial(self._move, -1),
            "derive.down": partial(self._move, 1),
            "derive.latex": self._copy,
            "derive.prove": self._prove,
            "derive.show": self._tell_all,
            "derive.help": self._help,
            "derive.palette": self._offer,
            "derive.back": self._back,
        }

    def compose(self) -> ComposeResult:
        yield Lines(id="crumbs")
        yield Lines(id="given")
        yield Rule(id="sheet-title")
        with Container(id="middle"):
            yield Sheet(id="sheet")
            with Container(id="side"):
                yield Rule(id="formula-title")
                yield FormulaView(id="formula")
        yield Rule(id="told-title")
        yield FormulaView(id="told")
        yield CommandBar(id="command")
        yield Lines(id="status")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "-ascii")
        self.drawer = Drawer(ascii=self.ascii_only)
        self.sheet.field.serve(self._field_key, self._finish)
        self.sheet.field.put(self.derivation.text)
        verdict = self.derivation.verdict
        if verdict is None:
            self.said = [self._asked()]
        else:
            self.said = [sentence for sentence, _ in told(self.derivation.target, verdict)]
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.prover.follow(self.derivation)
        self.show()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show)

    def on_unmount(self) -> None:
        self.prover.stop()

    def show(self) -> None:
        """Show the derivation in every pane."""
        if not self.is_attached:
            return
        panes.show(self)
        self.call_after_refresh(self._show_sized)

    def _show_sized(self) -> None:
        """Once more what depends on sizes that were given out just now."""
        if self.is_attached:
            panes.show_written(self)
            panes.show_told(self)
            if not self.asking.open and not self._leader:
                panes.show_status(self)

    @property
    def sheet(self) -> Sheet:
        """The lines and the field."""
        return self.query_one("#sheet", Sheet)

    @property
    def beside(self) -> bool:
        """Whether the drawing stands beside the text."""
        return self.has_class("-wide") and self.size.height >= panes.HIGH

    @property
    def writing(self) -> bool:
        """Whether letters go into the field."""
        return self.focused is self.sheet.field

    @property
    def changed(self) -> bool:
        """Whether the field holds something else than the line that it stands for."""
        return self.sheet.field.value != self.derivation.text

    @property
    def steps(self) -> tuple[WorkedStep, ...]:
        """The worked solution; nothing before a step of it was asked for."""
        if not self.derivation.solved:
            return ()
        if self._steps[0] != self.derivation.target or not self._steps[1]:
            self._steps = self.derivation.target, solution(self.derivation)
        return self._steps[1]

    @property
    def ascii_only(self) -> bool:
        """Whether to draw with ASCII only."""
        return self._app.ascii_only

    def write(self) -> None:
        """Give the keys to the field."""
        self.sheet.field.focus()
        self.show()

    def go(self, derivation: Derivation, part: str = "") -> None:
        """Go to another state of the derivation, and say what led there. part: which part of what
        is said below is to be in view."""
        before, self.derivation = self.derivation, derivation
        self.said = self._keyed(heard(before, derivation))
        self.part = part
        self._leader = False
        if (before.lines, before.target) != (derivation.lines, derivation.target):
            self.showing_proofs, self.latex, self._warned = False, "", False
            self.last = None
        if (before.lines, before.at) != (derivation.lines, derivation.at):
            new = derivation.at == len(derivation.lines)
            self.sheet.field.put(self._draft if new else derivation.text)
        self.prover.follow(derivation)
        self.show()

    def say(self, *sentences: str) -> None:
        """Put sentences into the status line until something happens."""
        self.said = self._keyed(sentences)
        panes.show_status(self)

    def _keyed(self, sentences: Iterable[str]) -> list[str]:
        writing, ascii_only = self.writing, self.ascii_only
        return [with_keys(one, writing=writing, ascii=ascii_only) for one in sentences]

    def take_key(self, key: str) -> bool:
        """The second key of a chord; False where the key is none."""
        if not self._leader or not self.is_current:
            return False
        self._leader = False
        action = CHORDS.get(key)
        if action is not None:
            self.action_act(action.id)
        elif key in (LEADER, "escape"):
            panes.show_status(self)
        else:
            help_key = key_label(shown_key(DERIVE_BY_ID["derive.help"], True))
            self.say(f"{LEADER} {key} does nothing; {help_key} shows what there is")
        return True

    def _field_key(self, key: str) -> bool:
        """Do what a key means inside the field; False where it is the field's own."""
        if self._leader:
            return self.take_key(key)
        if key == LEADER:
            self.action_leader()
        elif key in IN_FIELD:
            self.action_act(IN_FIELD[key])
        else:
            return False
        return True

    def action_leader(self) -> None:
        """Wait for the second key of a chord."""
        self._leader = True
        panes.show_hint(self)

    def action_act(self, name: str) -> None:
        """Do what the action table says, or say why it cannot be done."""
        action = DERIVE_BY_ID[name]
        if self.asking.open:
            self.asking.close()
        why = action.enabled(self.derivation)
        if why is not None:
            self.say(why)
            return
        own = self._own.get(name)
        if own is not None:
            own()
        elif action.asks:
            self.asking.ask(action)
        else:
            try:
                self.take(action)
            except Refused as refusal:
                self.say(f"Not done: {refusal}.")

    def take(self, action: DeriveAction, text: str = "") -> None:
        """Do an action on the derivation, with the text that it was given. Raises Refused."""
        before = replace(self.derivation, told="")
        if before.at == len(before.lines):
            self._draft = self.sheet.field.value
        if action.argument is not None and text:
            after = action.argument.take(before, text)
        elif action.run is not None:
            after = action.run(before)
        else:
            return
        if action.id == "derive.save":
            self._kept = after.lines
        if action.id == "derive.clear":
            self._draft = ""
        self.go(after, _SECTIONS.get(action.id, ""))

    def _enter(self) -> None:
        """Finish the line; from outside the field, go into it."""
        if self.writing:
            self._finish(self.sheet.field.value)
        else:
            self.write()

    def _finish(self, text: str) -> None:
        """Have the line judged that was written."""
        if self.derivation.at == len(self.derivation.lines):
            self._draft = ""
        self.go(deriving.entered(self.derivation, text))

    def _move(self, by: int) -> None:
        self._move_to(self.derivation.at + by)

    def _move_to(self, index: int) -> None:
        """Go to another line. A finished line that was changed is judged anew first; what stands in
        a new one waits there."""
        before, value = self.derivation, self.sheet.field.value
        if before.at == len(before.lines):
            self._draft = value
        elif self.changed:
            judged = deriving.entered(before, value)
            if index > before.at:
                index += len(judged.lines) - len(before.lines)
            self.go(replace(judged, at=max(0, min(len(judged.lines), index))))
            self.write()
            return
        self.go(deriving.moved(before, index - before.at))
        self.write()

    def _copy(self) -> None:
        try:
            self.latex = latex(self.derivation)
        except Refused as refusal:
            self.say(f"Not done: {refusal}.")
            return
        self.app.copy_to_clipboard(self.latex)
        self.part = "latex"
        count = len(self.derivation.lines)
        self.show()
        self.say(
            f"{count} line{'s' * (count != 1)} as LaTeX, in the clipboard if the terminal has one."
        )

    def _prove(self) -> None:
        """Show how the right lines were proved, as far as it is known."""
        self.showing_proofs, self.part = True, "proofs"
        self.show()
        waiting = self.prover.waiting
        at_work = ["SymPy is at work; the proofs come here."]
        self.say(*(at_work if waiting else self._proofs_told()))

    def _proofs_told(self) -> list[str]:
        """What was found of each line; how stands above."""
        return [one for one in proving.told(self.prover.proofs) if not one.startswith(" ")]

    def _proved(self, found: dict[int, Proof]) -> None:
        """Take in what SymPy has found."""
        if not self.is_attached:
            return
        self.derivation = proving.noted(self.derivation, found)
        if self.showing_proofs and not self.prover.waiting:
            self.said = self._proofs_told()
        self.show()

    def _tell_all(self) -> None:
        """Say where one is."""
        self.part = "verdict"
        self.show()
        self.say(self._asked(), line_told(self.derivation))

    def _asked(self) -> str:
        words = asked(self.derivation)
        return f"{words[:1].upper()}{words[1:]}."

    def _help(self) -> None:
        from tutor.tui.screens.derive_help import derive_help

        self.app.push_screen(
            derive_help(self.derivation, width=self.size.width, ascii=self.ascii_only)
        )

    def _offer(self) -> None:
        self.app.action_command_palette()

    def _back(self) -> None:
        """Leave; where that loses lines that are kept nowhere, only when it is meant."""
        lines = self.derivation.lines
        alone = len(self.app.screen_stack) == 1
        if alone and lines and lines != self._kept and not self._warned:
            self._warned = True
            key = key_label(shown_key(DERIVE_BY_ID["derive.back"], self.writing))
            self.say(f"The lines are kept nowhere: ctrl+s keeps them in a file, {key} leaves.")
            return
        self._app.leave_derivation(self.derivation)

    @on(Input.Changed, "#line")
    @on(LineEditor.Scrolled)
    def _typed(self) -> None:
        if self.is_attached and self.size.width:
            panes.show_written(self)

    @on(LineEditor.Left)
    def _left_field(self) -> None:
        self.sheet.focus()

    @on(LineEditor.Paged)
    def _paged(self, message: LineEditor.Paged) -> None:
        self.query_one("#told", FormulaView).action_scroll_page(message.way)

    @on(FormulaView.Laid)
    def _laid(self) -> None:
        panes.show_titles(self)

    @on(LineRows.Picked)
    def _line_picked(self, message: LineRows.Picked) -> None:
        if message.index >= 0:
            self._move_to(message.index)

    @on(CommandBar.Given)
    def _command_given(self, message: CommandBar.Given) -> None:
        self.asking.given(message.action, message.text)

    @on(CommandBar.Left)
    def _command_left(self) -> None:
        self.asking.close()

    @on(CommandBar.Offered)
    def _command_offered(self, message: CommandBar.Offered) -> None:
        self.asking.offer(message.texts)

    @on(KeyBar.Pressed)
    def _key_clicked(self, message: KeyBar.Pressed) -> None:
        bar = self.asking.bar
        while_asking = {
            "command.give": bar.give,
            "command.complete": bar.action_complete,
            "command.recall": lambda: bar.action_recall(-1),
            "command.leave": self.asking.close,
        }
        while_asking.get(message.action, partial(self.action_act, message.action))()

    def on_descendant_focus(self) -> None:
        self.call_after_refresh(self._show_focus)

    def _show_focus(self) -> None:
        if not self.is_attached:
            return
        words = "" if self.writing else "keys act; enter writes on"
        self.query_one("#sheet-title", Rule).show("", "" if self.asking.open else words)
        panes.show_keys(self)
        panes.show_drawing(self)
        panes.show_told(self)

    def commands(self) -> Iterable[SystemCommand]:
        """Every action that can be done now, with its key; of the others, why not."""
        for action in DERIVING:
            key = key_label(action.chord or action.keys[0], ascii=self.ascii_only)
            why = action.enabled(self.derivation)
            about = with_keys(why or action.help, writing=True, ascii=self.ascii_only)
            yield SystemCommand(
                f"{action.title.capitalize()}  ({key})", about, partial(self.action_act, action.id)
            )

    @property
    def _app(self) -> BackpropTutor:
        return cast("BackpropTutor", self.app)
