"""NumberField: a box for one length or count; it shows the text it is given and passes raw keys on.

The view model keeps the text and its meaning; this field never parses. Input methods are off (see
number_keys).
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.number_keys import NumberKeys
from ui.widgets.painting import LEFT, RIGHT, Painted, focus_ring, panel


class NumberField(Painted):
    """Text and unit in a box; signals of `NumberKeys` under the same names, and `left` on focus out."""

    typed = Signal(str)
    backspace = Signal()
    committed = Signal()
    cleared = Signal()
    nudged = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._unit = ""
        self._placeholder = ""
        self._wrong = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        keys = NumberKeys(self)
        keys.typed.connect(self.typed)
        keys.backspace.connect(self.backspace)
        keys.committed.connect(self.committed)
        keys.cleared.connect(self.cleared)
        keys.nudged.connect(self.nudged)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str, *, wrong: bool = False) -> None:
        """Show `text`; `wrong` gives the red edge (the reason stands below the field, not in it)."""
        self._text, self._wrong = text, wrong
        self.setAccessibleDescription(f"{text} {self._unit}".strip())
        self.update()

    def set_unit(self, unit: str, placeholder: str = "") -> None:
        self._unit, self._placeholder = unit, placeholder
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(150), theme.target_px())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(96), theme.target_px())

    def draw(self, painter: QPainter, look: Tokens) -> None:
        rect, radius = QRectF(self.rect()), theme.px(look.radius.control)
        edge = look.bad if self._wrong else look.border
        panel(painter, rect, radius, look.surface, edge if self.isEnabled() else look.line, 2)
        if self.hasFocus():
            focus_ring(painter, rect, radius)
        pad, size = theme.px(12), theme.px(look.size.heading)
        small = theme.px(look.size.body)
        unit = fitting.text_width(self._unit, small, theme.REGULAR)
        inner = rect.adjusted(pad, 0, -pad, 0)
        self.writer.write(painter, inner, self._unit, small, colour=look.text2, align=RIGHT)
        body = inner.adjusted(0, 0, -unit - theme.px(6), 0)
        if self._text:
            ink = look.text if self.isEnabled() else look.text3
            self.writer.write(painter, body, self._text, size, weight=theme.BOLD, colour=ink, align=LEFT)
        else:
            self.writer.write(painter, body, self._placeholder, small, colour=look.text3, align=LEFT)
        if self.hasFocus():
            x = body.left() + fitting.text_width(self._text, size, theme.BOLD) + 2
            painter.fillRect(QRectF(min(x, body.right()), rect.center().y() - size / 2, 2, size), look.accent)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()
        self.update()
