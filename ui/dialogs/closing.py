"""The close sheet: what is not finished, what is only here, and that both are safe. No "do not close"."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from reset_or.actions.views import SyncView
from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.viewmodels.closing import closing_lines
from ui.widgets.labels import IconLabel, Paragraph

if TYPE_CHECKING:
    from ui.shell import Shell


class ClosingSheet(Sheet):
    """`close` is called when the person closes all the same."""

    def __init__(self, shell: Shell, view: SyncView, close: Callable[[], None]) -> None:
        super().__init__(shell, width_px=620)
        self._view, self._close_action = view, close
        self._rows: list[Paragraph] = []
        for _icon, _tone, _text in closing_lines(view, shell.language):
            row = QHBoxLayout()
            row.setSpacing(theme.px(12))
            mark = IconLabel(_icon, _tone, self.card, size_px=24)
            text = Paragraph("", "body", "text", self.card)
            row.addWidget(mark)
            row.addWidget(text, 1)
            self.content.addLayout(row)
            self._rows.append(text)
        self._anyway = self.add_button("", "outline", "log-out")
        self._keep = self.add_button("", "primary")
        self._anyway.clicked.connect(self._close)
        self._keep.clicked.connect(self.dismiss)

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
        self._keep.setText(say("ui_shell.keep_open"))

    def _close(self) -> None:
        self.dismiss()
        self._close_action()
