"""PinPad: six digits behind six dots, by keys, keyboard or touch; they leave it once and are forgotten."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.keypad import DigitGrid
from ui.widgets.labels import Label
from ui.widgets.painting import Painted

PIN_LENGTH: Final = 6


class PinDots(Painted):
    """`filled` of six dots."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filled = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(26) * PIN_LENGTH, theme.px(26))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        colour = QColor(look.accent if self.isEnabled() else look.text3)
        step, radius = self.width() / PIN_LENGTH, theme.px(8)
        for i in range(PIN_LENGTH):
            painter.setPen(QPen(colour, max(2.0, theme.px(2))))
            painter.setBrush(colour if i < self.filled else Qt.BrushStyle.NoBrush)
            x = step * (i + 0.5)
            painter.drawEllipse(QRectF(x - radius, self.height() / 2 - radius, 2 * radius, 2 * radius))


class PinPad(QWidget):
    """`entered(pin)` is sent with the sixth digit; `clear` empties it. `changed(count)` follows each key."""

    entered = Signal(str)
    changed = Signal(int)

    def __init__(self, title: str, backspace_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pin = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.title = Label(title, "body", "text2", self)
        self.dots = PinDots(self)
        self.message = Label("", "small", "bad", self)
        self.digits = DigitGrid(backspace_name, "", self)
        self.digits.typed.connect(self._add)
        self.digits.backspace.connect(self._erase)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.dots)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        column.addLayout(head)
        column.addWidget(self.message)
        column.addWidget(self.digits, 1)
        self.message.hide()

    def set_title(self, title: str) -> None:
        """Whose PIN is asked; it also names the pad for a screen reader."""
        self.title.set_text(title)
        self.setAccessibleName(title)

    def show_message(self, text: str) -> None:
        """A line such as "Wrong PIN, 3 tries left"; empty hides it."""
        self.message.set_text(text)
        self.message.setVisible(bool(text))

    def clear(self) -> None:
        self._pin = ""
        self._show()

    def count(self) -> int:
        """How many digits stand; the digits themselves cannot be asked for."""
        return len(self._pin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if event.key() == Qt.Key.Key_Backspace:
            self._erase()
        elif event.key() == Qt.Key.Key_Escape and self._pin:
            self.clear()
        elif len(text) == 1 and text.isdecimal():
            self._add(str(int(text)))
        else:
            super().keyPressEvent(event)

    def _add(self, digit: str) -> None:
        if len(self._pin) == PIN_LENGTH:
            self._pin = ""
        self._pin += digit
        self.show_message("")
        self._show()
        if len(self._pin) == PIN_LENGTH:
            pin, self._pin = self._pin, ""
            self.entered.emit(pin)

    def _erase(self) -> None:
        self._pin = self._pin[:-1]
        self._show()

    def _show(self) -> None:
        self.dots.filled = len(self._pin)
        self.dots.setAccessibleName(f"{len(self._pin)}/{PIN_LENGTH}")
        self.dots.update()
        self.changed.emit(len(self._pin))
