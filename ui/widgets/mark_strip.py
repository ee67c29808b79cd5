"""MarkStrip: one line over every page of a demo or of practice, so that nobody takes it for real data."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.painting import CENTRE, Painted
from ui.widgets.plate import hatch


class MarkStrip(Painted):
    """Hidden while it has no words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def set_text(self, text: str) -> None:
        self._text = text
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(24))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        rect = QRectF(self.rect())
        painter.fillRect(rect, QColor(look.raised))
        hatch(painter, rect, look.pressed, theme.px(12), theme.px(4))
        self.writer.write(
            painter, rect, self._text, theme.px(look.size.caption + 1), weight=theme.MEDIUM, colour=look.text,
            align=CENTRE,
        )  # fmt: skip
