"""The close sheet: what is not finished, what is only here, and that both are safe. No "do not close".

While something is being written it says so, stops what can be stopped, and closes by itself when it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from reset_or.actions.views import SyncView
from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.viewmodels.closing import Tone, closing_lines
from ui.widgets.labels import IconLabel, Paragraph

if TYPE_CHECKING:
    from ui.shell import Shell

_AGAIN_MS = 200


class ClosingSheet(Sheet):
    """`close` is called when the person closes all the same."""

    def __init__(self, shell: Shell, view: SyncView, close: Callable[[], None]) -> None:
        super().__init__(shell, width_px=620)
        self._view, self._close_action = view, close
        self._rows: list[Paragraph] = []
        for icon, tone, _text in closing_lines(view, shell.language):
            self._add_row(icon, tone)
        self._anyway = self.add_button("", "outline", "log-out")
        self._keep = self.add_button("", "primary")
        self._anyway.clicked.connect(self._close)
        self._keep.clicked.connect(self.dismiss)
        self._left = False
        self.closed.connect(self._leave)
        self._again = QTimer(self)
        self._again.setInterval(_AGAIN_MS)
        self._again.timeout.connect(self._ask)

    def _leave(self) -> None:
        self._left = True

    def _add_row(self, icon: str, tone: Tone) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        text = Paragraph("", "body", "text", self.card)
        row.addWidget(IconLabel(icon, tone, self.card, size_px=24))
        row.addWidget(text, 1)
        self.content.addLayout(row)
        self._rows.append(text)

    @property
    def writing(self) -> bool:
        return self._view.answer == "writing"

    def opened(self) -> None:
        if self.writing:
            self.shell.workspace.pause_sync()
            self._again.start()

    def _ask(self) -> None:
        """Is it done? Where no answer can be had nobody waits: closing itself waits for the store."""
        from reset_or.actions import ledger

        self._again.stop()
        self.shell.run(ledger.sync_view, self._answered, failed=lambda _error: self._done())

    def _answered(self, view: SyncView) -> None:
        if self._left:
            return  # the person chose to stay
        if view.answer == "writing":
            self._again.start()
        else:
            self._done()

    def _done(self) -> bool:
        if not self._left:
            self._close()
        return True

    def first_focus(self) -> QWidget | None:
        return self._keep

    def retranslate(self) -> None:
        say = self.shell.say
        self.set_title(say("ui_shell.close_title"))
        for row, (_icon, _tone, text) in zip(
            self._rows, closing_lines(self._view, self.shell.language), strict=True
        ):
            row.setText(text)
        self._anyway.setText(say("ui_shell.close_anyway"))
        self._anyway.setVisible(not self.writing)
        sends = self._view.answer not in ("writing", "at_relay")
        self._keep.setText(say("ui_shell.keep_open" if sends else "ui_shell.stay_open"))

    def _close(self) -> None:
        self.dismiss()
        self._close_action()
