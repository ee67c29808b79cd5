"""The margins page: three steps of one case on one screen. Shows what its view model says and passes keys on.

Decides nothing; which words, colours and questions stand here is said in `ui.viewmodels.margin*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout

from reset_or.base.changes import Changes
from ui.pages.margins_board import MarginsBoard, keep_focus
from ui.pages.margins_faces import arm_view, ask_view, card_view, chip_views, diagram_view, safety_view
from ui.pages.page import Page
from ui.style import theme
from ui.viewmodels import case_head, margin_chips, margin_notes
from ui.viewmodels.margin_answers import MarginAnswers
from ui.viewmodels.margin_asks import Kind
from ui.viewmodels.margin_entry import ENDS, End, Group, Step, other_end
from ui.viewmodels.margin_faces import card_face
from ui.viewmodels.margins import MarginsModel
from ui.viewmodels.moments import Moment
from ui.widgets.case_header import IdentityView
from ui.widgets.number_keys import DIGITS, POINTS
from ui.widgets.step_bar import StepView

if TYPE_CHECKING:
    from ui.shell import Shell

DRAFT_AFTER_MS: Final = 400  # rulings: at most 500 ms after the last key
_STEPS: Final[tuple[Step, ...]] = ("plan", "record", "specimen")


class MarginsPage(Page):
    """`enter(case=, step=)`: step is plan, record, specimen, or left to the case."""

    name: ClassVar[str] = "margins"
    theatre: ClassVar[bool] = True

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        clock = shell.workspace.clock
        self.model = MarginsModel(shell, clock, lambda: shell.workspace.active, self._show)
        self.answers = MarginAnswers(self.model)
        self.board = MarginsBoard(self._elapsed_words, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.board)
        self._asked: object = None
        self._steps: list[StepView] = []
        self._draft_timer = QTimer(self)
        self._draft_timer.setSingleShot(True)
        self._draft_timer.setInterval(DRAFT_AFTER_MS)
        self._draft_timer.timeout.connect(self.keep)
        self._connect_cards()
        self._connect_rest()
        self._shortcuts()
        shell.changed.connect(self._changed)
        shell.theme_changed.connect(self._show)
        self.retranslate()

    # wiring -------------------------------------------------------------------------------------------
    def _connect_cards(self) -> None:
        model = self.model
        for end in ENDS:
            card = self.board.cards[end]
            card.clicked.connect(lambda end=end: self._activate(end))
            card.typed.connect(self._typed)
            card.backspace.connect(self._erased)
            card.cleared.connect(self._cleared)
            card.committed.connect(self._commit)
            card.nudged.connect(self._nudged)
            card.installEventFilter(self)
            self.board.chips[end].pressed.connect(lambda code, end=end: self._chip(end, code))
        pad = self.board.keypad
        pad.typed.connect(self._typed)
        pad.backspace.connect(self._erased)
        pad.nudged.connect(self._nudged)
        self.board.diagram.line_moved.connect(lambda end, mm: model.drag(cast(End, end), mm))

    def _connect_rest(self) -> None:
        board, ask = self.board, self.board.ask
        board.header.back.connect(lambda: self.shell.navigate("cases"))
        board.specimen_out.clicked.connect(lambda: self._ask("removed"))
        board.sync.clicked.connect(lambda: self.shell.navigate("sync"))
        board.look.clicked.connect(self.shell.toggle_theme)
        board.tongue.clicked.connect(self.shell.toggle_language)
        board.safety.acknowledged.connect(lambda: self._ask("safety"))
        board.steps.chosen.connect(self._step)
        board.undo.clicked.connect(self._undo)
        board.record.clicked.connect(self._commit)
        board.keypad_record.clicked.connect(self._commit)
        board.main.clicked.connect(self._second_person)
        ask.chosen.connect(self._answered)
        ask.taken.connect(self._submitted)
        ask.closed.connect(self._cleared)
        ask.typed.connect(self._typed)
        ask.backspace.connect(self._erased)
        keep_focus(board.undo, board.record, board.keypad_record, board.look, board.tongue)

    def _shortcuts(self) -> None:
        for keys, act in (("Ctrl+Z", self._undo), ("Ctrl+Return", self._second_person)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        numeric = QShortcut(QKeySequence("Ctrl+Enter"), self)
        numeric.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        numeric.activated.connect(self._second_person)

    # page ---------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        view = self.model.view
        return self.shell.say("margins.title", subject=view.subject) if view is not None else ""

    def enter(self, **params: Any) -> None:
        self.model.open(str(params.get("case", "")), str(params.get("step", "")))
        self.board.clock.start(self.shell.workspace.clock.now_at)
        self._focus_card()

    def leave(self) -> None:
        self.model.leave()
        self._draft_timer.stop()
        self.board.clock.stop()

    def keep(self) -> None:
        self._draft_timer.stop()
        self.model.keep()

    def cover(self, covered: bool) -> None:
        if covered:
            self.keep()
        for part in (*self.board.cards.values(), self.board.diagram, self.board.safety):
            part.setVisible(not covered)
        if not covered:
            self._show()

    def retranslate(self) -> None:
        say, board = self.shell.say, self.board
        board.header.back_button.setText(say("margins.back"))
        board.specimen_out.setText(say("margins.specimen_out"))
        board.record.setText(say("margins.record"))
        board.keypad_record.setText(say("margins.record"))
        board.look.set_spoken(say("ui_shell.theme_spoken"))
        board.tongue.set_spoken(say("ui_shell.language_spoken"))
        board.keypad.digits.erase.setAccessibleName(say("margins.erase"))
        board.clock.set_wording(self._elapsed_words)
        if self.model.ask is not None:
            self.model.ask = None
        self._show()

    # keys ---------------------------------------------------------------------------------------------
    def _typed(self, text: str) -> None:
        self.model.press(text)
        self._draft_later()

    def _erased(self) -> None:
        self.model.backspace()
        self._draft_later()

    def _cleared(self) -> None:
        self.model.clear()
        self._draft_later()
        self._focus_card()

    def _nudged(self, step_mm: int) -> None:
        self.model.nudge(step_mm)
        self._draft_later()

    def _draft_later(self) -> None:
        if self.model.keeper.dirty:
            self._draft_timer.start()

    def _commit(self) -> None:
        if self.model.ask is not None and self.model.ask.field:
            self._submitted()
            return
        self.model.commit()
        self._draft_later()

    def _activate(self, end: End) -> None:
        self.model.activate(end)
        self._draft_later()

    def _step(self, code: str) -> None:
        self.model.set_step(cast(Step, code))
        self._draft_later()
        self._focus_card()

    def _undo(self) -> None:
        self.model.undo()
        self._draft_later()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tab on a card goes to the other side; leaving a card's focus keeps the draft at once."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Tab and event.modifiers() == Qt.KeyboardModifier.NoModifier:
                self._activate(other_end(self.model.active))
                self._focus_card()
                return True
        elif event.type() == QEvent.Type.FocusOut and self.model.keeper.dirty:
            self.keep()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits reach the active card from wherever the focus is on this page."""
        text = event.text()
        if text and all(char in DIGITS or char in POINTS for char in text):
            self._typed(text)
            self._focus_card()
            return
        if event.key() == Qt.Key.Key_Backspace:
            self._erased()
            return
        super().keyPressEvent(event)

    # questions ----------------------------------------------------------------------------------------
    def _chip(self, end: End, code: str) -> None:
        kind, _, what = code.partition(":")
        if kind == "state":
            self.model.activate(end)
            self.answers.state(end, what)
        elif kind == "ask":
            self.model.activate(end)
            self.answers.open(cast(Kind, what), end)
        elif kind == "pin":
            self.answers.pin(end)
        else:
            self.answers.extra_segment(end)
        self._draft_later()
        if self.model.ask is None:
            self._focus_card()

    def _ask(self, kind: Kind) -> None:
        self.answers.open(kind)

    def _answered(self, code: str) -> None:
        self.answers.answer(code)
        self._after_answer()

    def _submitted(self) -> None:
        self.answers.submit()
        self._after_answer()

    def _after_answer(self) -> None:
        self._draft_later()
        if self.model.ask is None:
            self._focus_card()

    def _focus_card(self) -> None:
        self.board.cards[self.model.active].setFocus(Qt.FocusReason.OtherFocusReason)

    def _second_person(self) -> None:
        """Commit what stands, then to the read-back; an open doubt stays here."""
        model = self.model
        if model.view is None:
            return
        if model.step == "plan":
            model.set_step("record")
            self._focus_card()
        elif model.commit_all():
            step = "record" if model.view.may_record and model.step == "record" else "specimen"
            self.shell.navigate("confirm", case=model.case, step=step)

    # showing ------------------------------------------------------------------------------------------
    def _changed(self, changes: Changes) -> None:
        if self.model.case in changes.cases and self.isVisible():
            self.model.reload()

    def _elapsed_words(self, elapsed_ms: int) -> tuple[str, str]:
        return case_head.elapsed_words(elapsed_ms, self.model.view, self.shell)

    def _show(self) -> None:
        model, board = self.model, self.board
        view = model.view
        if view is None:
            return
        for end in ENDS:
            face = card_face(view, model.shown(end), self.shell, active=end == model.active)
            board.cards[end].set_view(card_view(face))
        board.diagram.set_view(diagram_view(margin_notes.diagram(model)))
        self._show_chips()
        self._show_lines()
        self._show_ask()
        self._show_head()
        self._show_foot()

    def _show_chips(self) -> None:
        model = self.model
        for end in ENDS:
            chips = self.board.chips[end]
            upper, lower = margin_chips.state_chips(model, end), margin_chips.detail_chips(model, end)
            chips.set_rows(chip_views(upper), chip_views(lower))
            # On glass a question needs the room of the chips, which rest meanwhile.
            chips.setVisible(bool(upper) and not (model.ask is not None and theme.metrics().touch))

    def _show_lines(self) -> None:
        model, board = self.model, self.board
        note = margin_notes.notice(model)
        board.notice.show_notice(note.text, note.tone, note.icon)
        blinded = model.view is not None and model.view.blinded
        board.blind.show_notice(self.shell.say("margins.independent") if blinded else "", "info", "eye-off")
        bar = margin_notes.safety(model)
        board.safety.setVisible(bool(bar.code))
        if bar.code:
            may = model.view is not None and model.view.may_record and model.step != "plan"
            board.safety.set_view(safety_view(bar, self.shell, may=may))

    def _show_ask(self) -> None:
        board, ask = self.board, self.model.ask
        opened = ask is not None and (ask.kind, ask.end) != self._asked
        self._asked = (ask.kind, ask.end) if ask is not None else None
        if ask is not None:
            board.ask.set_view(ask_view(ask, self.shell))
            board.stack.setCurrentWidget(board.ask)
            if opened:
                board.ask.first().setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            board.stack.setCurrentIndex(0)
        board.diagram.set_draggable(self.model.step == "plan" and self.model.editable("proximal"))

    def _show_head(self) -> None:
        model, board = self.model, self.board
        view, clock = model.view, self.shell.workspace.clock
        assert view is not None
        identity = case_head.who(view, Moment(clock.now_at(), clock.offset_min()), self.shell)
        board.header.set_identity(IdentityView(identity.subject, identity.details, identity.trial))
        arm = case_head.arm(view, self.shell)
        board.header.set_arm(arm_view(arm) if arm is not None else None)
        board.clock.set_run(view.removed_at, case_head.limit_min(view) * 60_000)
        board.clock.tick(clock.now_at())
        out = view.removed_at is None and view.may_record and not view.withdrawn
        board.specimen_out.setVisible(out)
        board.sync.setText(self.shell.say("margins.sync_count", n=view.unsent))
        board.sync.setVisible(view.unsent > 0)
        board.look.set_icon_name("sun" if theme.tokens().name == "or_dark" else "moon")

    def _show_foot(self) -> None:
        model, board, say = self.model, self.board, self.shell.say
        view = model.view
        assert view is not None
        steps = _STEPS if view.may_record else ("specimen",) if view.blinded else ("record", "specimen")
        shown = [
            StepView(step, say(f"margins.step_{step}"), "current" if step == model.step else "open")
            for step in steps
        ]
        if shown != self._steps:
            self._steps = shown
            board.show_steps(shown)
        undo = margin_notes.undo_text(model)
        board.undo.setText(undo or say("margins.undo_none"))
        board.undo.setEnabled(bool(undo))
        status = margin_notes.status(model)
        board.status.show_status(status.icon or "lock", status.text, "text2")
        board.status.setVisible(bool(status.text))
        typing = model.step != "plan" and bool(model.entry(model.active).digits.keys)
        board.record.setEnabled(typing)
        board.keypad_record.setEnabled(typing)
        self._show_main()
        board.set_touch(theme.metrics().touch)

    def _show_main(self) -> None:
        model, main = self.model, self.board.main
        view = model.view
        assert view is not None
        key = "to_record" if model.step == "plan" else "second_person"
        if model.step == "specimen" and view.may_measure:
            key = "sign_own"
        main.setText(self.shell.say(f"margins.{key}"))
        group: Group = "specimen" if model.step == "specimen" else "record"
        may = view.may_record or (model.step == "specimen" and view.may_measure)
        main.setVisible(may and not model.is_confirmed(group) and not view.read_only)
        main.setEnabled(not view.conflicts)
