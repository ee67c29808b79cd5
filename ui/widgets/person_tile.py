"""PersonButton: one person on the unlock page: initials in a disc, name, role. Nothing is decided here."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.buttons import Button
from ui.widgets.painting import CENTRE, LEFT


def initials(name: str) -> str:
    """`Chen Min` -> `CM`, `陈敏` -> `陈`: two letters at most, one character of a Chinese name."""
    words = name.split()
    if not words:
        return ""
    if ord(words[0][0]) > 0x2E7F:
        return words[0][0]
    return "".join(word[0] for word in words[:2]).upper()


class PersonButton(Button):
    """Checkable; `show_person` sets the words."""

    def __init__(self, name: str, role: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "key", "", parent, size_px=20)
        self._role = role
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.measure_anew()
        self.show_person(name, role)

    def show_person(self, name: str, role: str) -> None:
        self._role = role
        self.setText(name)
        self.setAccessibleName(f"{name}, {role}")
        self.update()

    def measure_anew(self) -> None:
        self.setMaximumHeight(max(theme.target_px(), theme.px(112)))
        super().measure_anew()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), max(theme.target_px(), theme.px(78)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(180), max(theme.target_px(), theme.px(64)))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        ink = self.draw_frame(painter, look)
        high = float(self.height())
        edge = min(high - theme.px(20), theme.px(52))
        disc = QRectF(theme.px(14), (high - edge) / 2, edge, edge)
        on = self.isChecked()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.accent if on else look.pressed))
        painter.drawEllipse(disc)
        self.writer.write(
            painter, disc, initials(self.text()), edge * 0.38, weight=theme.BOLD,
            colour=look.on_accent if on else look.text, align=CENTRE,
        )  # fmt: skip
        left = disc.right() + theme.px(14)
        middle = high / 2
        words = QRectF(left, middle - theme.px(27), self.width() - left - theme.px(12), theme.px(28))
        self.writer.write(
            painter, words, self.text(), self.type_px(), weight=theme.MEDIUM, colour=ink.text, align=LEFT
        )
        below = QRectF(left, middle + theme.px(3), words.width(), theme.px(22))
        small = theme.px(look.size.small)
        self.writer.write(painter, below, self._role, small, colour=look.text2, align=LEFT)
