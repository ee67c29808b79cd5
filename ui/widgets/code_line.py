"""CodeLine: a line for codes and numbers; full-width digits and dashes become plain, paste can be off."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget


class CodeLine(QLineEdit):
    """Input methods are off; `paste=False` for a number that must be typed a second time."""

    def __init__(self, parent: QWidget | None = None, *, paste: bool = True) -> None:
        super().__init__(parent)
        self._paste = paste
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.textEdited.connect(self._plain)
        if not paste:
            self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
            self.setAcceptDrops(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._paste and event.matches(QKeySequence.StandardKey.Paste):
            event.accept()  # what is typed a second time must be typed
            return
        super().keyPressEvent(event)

    def _plain(self, text: str) -> None:
        plain = plain_code(text)
        if plain != text:
            at = self.cursorPosition()
            self.setText(plain)
            self.setCursorPosition(at)


_PLAIN = str.maketrans("０１２３４５６７８９－—–。．", "0123456789---..")


def plain_code(text: str) -> str:
    """The text with full-width digits, dashes and points as plain ones."""
    return text.translate(_PLAIN)
