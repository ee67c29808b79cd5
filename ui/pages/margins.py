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
from ui.pages.margins_screen import MarginsScreen
from ui.pages.page import Page
from ui.viewmodels import case_head
from ui.viewmodels.margin_answers import MarginAnswers
from ui.viewmodels.margin_asks import Kind
from ui.viewmodels.margin_entry import ENDS, End, Step, other_end
from ui.viewmodels.margins import MarginsModel
from ui.widgets.number_keys import DIGITS, POINTS

if TYPE_CHECKING:
    from ui.shell import Shell

DRAFT_AFTER_MS: Final = 400  # rulings: at most 500 ms after the last key


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
        self._screen = MarginsScreen(shell, self.model, self.board)
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
        ask = self.model.ask
        self.answers.answer(code)
        self._after_answer(ask.kind if ask is not None else "")

    def _submitted(self) -> None:
        ask = self.model.ask
        self.answers.submit()
        self._after_answer(ask.kind if ask is not None else "")

    def _after_answer(self, kind: str) -> None:
        self._draft_later()
        if self.model.ask is None and kind in ("removed", "removed_time"):
            self.shell.toast(self.shell.say("margins.specimen_out_said"), self.answers.clear_removed)
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
        self._screen.show()
