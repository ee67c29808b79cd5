"""What the margins page shows: from the view model to its widgets, part by part. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt

from ui.pages.case_head import show_case
from ui.pages.margins_board import MarginsBoard
from ui.pages.margins_faces import ask_view, card_view, chip_views, diagram_view, safety_view
from ui.style import theme
from ui.viewmodels import case_head, margin_chips, margin_notes
from ui.viewmodels.margin_entry import ENDS, Group, Step
from ui.viewmodels.margin_faces import card_face
from ui.viewmodels.margins import MarginsModel
from ui.widgets.step_bar import StepView

if TYPE_CHECKING:
    from ui.shell import Shell

_STEPS: Final[tuple[Step, ...]] = ("plan", "record", "specimen")


class MarginsScreen:
    """`show` puts the model's present state into the board."""

    def __init__(self, shell: Shell, model: MarginsModel, board: MarginsBoard) -> None:
        self.shell, self.model, self.board = shell, model, board
        self._asked: object = None
        self._steps: list[StepView] = []

    def show(self) -> None:
        """All of it; widgets repaint only what changed."""
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
        board.share_room()

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
        refused = margin_notes.refused(model)
        board.refused.show_notice(refused.text, refused.tone, refused.icon)
        erased = margin_notes.erased(model)
        board.erased.show_notice(erased.text, erased.tone, erased.icon)
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
        show_case(board.header, view, self.shell)
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
        board.status.label.setMinimumWidth(board.status.label.sizeHint().width())
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
