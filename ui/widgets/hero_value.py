"""HeroValue: one length drawn to be read across a room: large integer part, drawn point, smaller decimal.

The decimal point is drawn, not typed, because a missed point is a tenfold error. Values in as text.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.painting import Painted

CAP = 0.733  # cap height of the face in em
DECIMAL = 0.72  # size of the decimal digit against the integer part
DOT = 0.15  # diameter of the point in em
EMPTY = "\u2013"


def hero_width(text: str, unit: str, px: float) -> float:
    """Width in px of `text` with its unit when the integer part is `px` high."""
    whole, point, part = text.partition(".")
    wide = fitting.text_width(whole, round(px), theme.BOLD)
    if point:
        wide += px * (DOT + 0.05) + fitting.text_width(part, round(px * DECIMAL), theme.BOLD)
    return wide + px * 0.09 + fitting.text_width(unit, round(px * 0.24), theme.REGULAR)


def draw_hero(
    painter: QPainter, rect: QRectF, text: str, unit: str, colours: tuple[str, str], caret: str = ""
) -> float:
    """Draw a value as large as `rect` allows, left, standing on its bottom edge; returns the width used.

    `colours` are those of value and unit. Empty text draws a dash. A `caret` colour underlines a draft.
    """
    px = rect.height() / CAP
    shown = text or EMPTY
    while px > 12 and hero_width(shown, unit if text else "", px) > rect.width():
        px *= 0.96
    base, ink = rect.bottom(), QColor(colours[0])
    whole, point, part = shown.partition(".")
    x = rect.left() - px * 0.02
    painter.setPen(ink)
    painter.setFont(theme.font(px, theme.BOLD))
    painter.drawText(QPointF(x, base), whole)
    x += fitting.text_width(whole, round(px), theme.BOLD)
    if point:
        spot = px * DOT / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawEllipse(QPointF(x + spot, base - spot), spot, spot)
        x += px * (DOT + 0.05)
        painter.setPen(ink)
        painter.setFont(theme.font(px * DECIMAL, theme.BOLD))
        painter.drawText(QPointF(x, base), part)
        x += fitting.text_width(part, round(px * DECIMAL), theme.BOLD)
    if caret:
        line = QRectF(rect.left(), base + px * 0.05, max(x - rect.left(), px * 0.5), max(3.0, px * 0.03))
        painter.fillRect(line, QColor(caret))
    if text:
        painter.setPen(QColor(colours[1]))
        painter.setFont(theme.font(px * 0.24))
        painter.drawText(QPointF(x + px * 0.09, base), unit)
        x += px * 0.09 + fitting.text_width(unit, round(px * 0.24), theme.REGULAR)
    return x - rect.left()


class HeroValue(Painted):
    """A value by itself, for read-back and review pages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._unit = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def set_value(self, text: str, unit: str, spoken: str) -> None:
        """`text` such as `5.4` or empty, `unit` such as `cm`, `spoken` for a screen reader."""
        self._text, self._unit = text, unit
        self.setAccessibleName(spoken)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(220), theme.px(96))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(48))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        high = self.height() * 0.84
        rect = QRectF(2, self.height() * 0.06, self.width() - 4, high)
        draw_hero(
            painter, rect, self._text, self._unit, (look.text if self._text else look.text3, look.text2)
        )
