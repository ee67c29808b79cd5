"""Records as a file, below the card that says what matters: two quiet buttons, and how far a file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui import saving
from ui.style import theme
from ui.viewmodels.carrying import SUFFIX, carry_view, file_name
from ui.viewmodels.moments import Moment
from ui.widgets.buttons import Button
from ui.widgets.carry_line import CarryLine
from ui.widgets.labels import Label

if TYPE_CHECKING:
    from ui.shell import Shell


class SyncFiles(QWidget):
    """`row` takes further quiet buttons of the page."""

    def __init__(self, shell: Shell, parent: QWidget) -> None:
        super().__init__(parent)
        self.shell = shell
        small = theme.tokens().size.small
        self.written = Label("", "small", "text2", self)
        self.take_away = Button("", "soft", "upload", self, size_px=small)
        self.take_in = Button("", "soft", "download", self, size_px=small)
        self.line = CarryLine(self)
        self.row = QHBoxLayout()
        self.row.setSpacing(theme.px(10))
        self.row.addWidget(self.written, 1)
        self.row.addWidget(self.take_away)
        self.row.addWidget(self.take_in)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(12))
        column.addLayout(self.row)
        column.addWidget(self.line)
        self.take_away.clicked.connect(self._ask_take_away)
        self.take_in.clicked.connect(self._ask_take_in)
        self.line.pressed.connect(self._press)
        shell.carrying.changed.connect(self._show)

    def show_written(self, text: str) -> None:
        """When a file was last written, in finished words; "" for never."""
        self.written.set_text(text)

    def retranslate(self) -> None:
        self.take_away.setText(self.shell.say("sync.carry_out"))
        self.take_in.setText(self.shell.say("sync.carry_in"))
        self._show()

    def _show(self) -> None:
        carrier = self.shell.carrying
        view = carry_view(carrier.carry, self.shell.language)
        practice = self.shell.workspace.settings.practice
        for button in (self.take_away, self.take_in):
            button.setEnabled(not carrier.busy)
            button.setVisible(not practice)
        word = self.shell.say(f"sync.carry_{view.button}") if view is not None else ""
        self.line.show_view(view, word)

    def _ask_take_away(self) -> None:
        workspace = self.shell.workspace
        now = Moment(workspace.clock.now_at(), workspace.clock.offset_min())
        place = saving.ask_place(self, self.shell, file_name(workspace.settings.site, now), SUFFIX)
        if place is not None:
            self.shell.carrying.take_away(place)

    def _ask_take_in(self) -> None:
        place = saving.ask_file(self, self.shell.say("sync.carry_in"), SUFFIX)
        if place is not None:
            self.shell.carrying.take_in(place)

    def _press(self) -> None:
        """Stop it, or put its result away; the keyboard goes on where it came from."""
        carrier = self.shell.carrying
        if carrier.busy:
            carrier.cancel()
        else:
            carrier.forget()
            self.take_away.setFocus(Qt.FocusReason.OtherFocusReason)
