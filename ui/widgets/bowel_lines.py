"""The parts of the bowel diagram that move: line, arrow, handle, flag, mark of a side not entered.

Plain functions over a frame; colours come in resolved. No state and no rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from reset_or.base.units import cm_text
from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.bowel_view import REACH_MM, Box, End, EndBands, Frame
from ui.widgets.painting import CENTRE, Writer, panel
from ui.widgets.verdict_shape import draw_shape


@dataclass(frozen=True)
class Grip:
    """How a handle looks: two chevrons when it can be moved, its fill and its rim."""

    movable: bool
    fill: str
    rim: str


def flag_px(frame: Frame) -> int:
    """Type size of the flags in px."""
    return max(13, round(25 * frame.unit))


def flag_text(end: End, value_mm: int | None) -> str:
    """The length in cm; with an arrowhead outwards when the line lies beyond the drawn reach."""
    if value_mm is None:
        return ""
    text = cm_text(value_mm)
    if value_mm <= REACH_MM[end]:
        return text
    return f"\u2039 {text}" if end == "proximal" else f"{text} \u203a"


def draw_open(painter: QPainter, frame: Frame, look: Tokens, end: End, bands: EndBands | None) -> None:
    """A side not entered: a dotted ring with a question mark where the line is expected, never a line."""
    x = frame.x(end, bands.target_mm if bands else REACH_MM[end] * 0.4)
    edge = 44 * frame.unit
    rect = QRectF(x - edge / 2, frame.middle - edge / 2, edge, edge)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(look.surface, 200))
    painter.drawEllipse(rect)
    draw_shape(painter, "not_entered", rect, look.text2, look.surface)
    Writer().write(painter, rect, "?", 25 * frame.unit, weight=theme.BOLD, colour=look.text2, align=CENTRE)


def draw_line(painter: QPainter, frame: Frame, end: End, length_mm: float, ink: str) -> None:
    """The transection line and the dimension arrow from the tumour edge to it."""
    unit, x, edge = frame.unit, frame.x(end, length_mm), frame.x(end, 0)
    top = frame.flag_top + frame.flag_height - 1
    painter.setPen(QPen(QColor(ink), 4.4 * unit, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawLine(QPointF(x, top), QPointF(x, frame.ruler_y - 3 * unit))
    y, out = frame.arrow_y, -1 if end == "proximal" else 1
    painter.setPen(QPen(QColor(ink), 2.6 * unit))
    painter.drawLine(QPointF(edge, y), QPointF(x, y))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ink))
    head = min(11 * unit, abs(x - edge) / 2)
    for tip, way in ((x, out), (edge, -out)):
        back = tip - way * head
        corners = [QPointF(tip, y), QPointF(back, y - 6 * unit), QPointF(back, y + 6 * unit)]
        painter.drawPolygon(QPolygonF(corners))


def draw_handle(painter: QPainter, frame: Frame, x: float, ink: str, grip: Grip) -> None:
    """A grip with two chevrons where the line can be moved, else a plain knob."""
    unit, middle = frame.unit, QPointF(x, frame.middle)
    radius = (18 if grip.movable else 8) * unit
    painter.setPen(QPen(QColor(grip.rim), 3.2 * unit))
    painter.setBrush(QColor(grip.fill))
    painter.drawEllipse(middle, radius, radius)
    if not grip.movable:
        return
    painter.setPen(QPen(QColor(ink), 3 * unit, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for way in (-1, 1):
        shape = ((5, -6), (10.5, 0), (5, 6))
        painter.drawPolyline(QPolygonF([middle + QPointF(way * a * unit, b * unit) for a, b in shape]))


def draw_flag(painter: QPainter, frame: Frame, box: Box, text: str, colours: tuple[str, str]) -> None:
    """The value on a flag above its line; `colours` are ink and fill."""
    ink, fill = colours
    rect = QRectF(box.x, box.y, box.w, box.h)
    panel(painter, rect, 9 * frame.unit, fill, ink, max(2.0, 2.4 * frame.unit))
    Writer().write(painter, rect, text, flag_px(frame), weight=theme.BOLD, colour=ink, align=CENTRE)
