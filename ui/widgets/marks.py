"""How marks on a photograph look: paths with end bars, their labels, the loupe, the scale bar.

Everything keeps its size on the glass at any zoom and stands on a dark casing, so that it is seen on tissue,
drape and ruler. Points come in widget px; owns no point and no picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform

from ui.style import theme
from ui.style.tokens import Tokens
from ui.viewmodels.drawing import Mark
from ui.widgets import fitting
from ui.widgets.painting import CENTRE, Writer

_LINE, _CASING, _BAR, _DOT = 3.0, 6.5, 15.0, 6.0
LOUPE: float = 4.0


def _pen(colour: str, width: float) -> QPen:
    return QPen(
        QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    )


def _across(at: QPointF, towards: QPointF, half: float) -> tuple[QPointF, QPointF]:
    """The ends of a bar through `at`, square to the path."""
    dx, dy = towards.x() - at.x(), towards.y() - at.y()
    far = math.hypot(dx, dy) or 1.0
    side = QPointF(-dy / far * half, dx / far * half)
    return at + side, at - side


def draw_path(
    painter: QPainter, points: Sequence[QPointF], colour: str, look: Tokens, *, dots: bool, chosen: int = -1
) -> None:
    """A cased line with bars at both ends; `dots` shows every point, `chosen` is drawn larger."""
    line, bar, dot = (theme.px(size) for size in (_LINE, _BAR, _DOT))
    bars = []
    if len(points) > 1:
        bars = [_across(points[0], points[1], bar), _across(points[-1], points[-2], bar)]
    for width, ink in ((theme.px(_CASING), look.marks.casing), (line, colour)):
        painter.setPen(_pen(ink, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(list(points)))
        for start, end in bars:
            painter.drawLine(start, end)
    if dots or len(points) == 1:
        painter.setPen(_pen(look.marks.casing, theme.px(2)))
        for number, point in enumerate(points):
            size = dot * 1.6 if number == chosen else dot
            painter.setBrush(QColor(look.marks.words if number == chosen else colour))
            painter.drawEllipse(point, size, size)


def draw_numbers(
    painter: QPainter, writer: Writer, points: Sequence[QPointF], numbers: Sequence[str], look: Tokens,
    chosen: int = -1,
) -> None:  # fmt: skip
    """Small plates beside points; where they would lie over one another, only some are drawn, and always the
    chosen one."""
    size, taken = theme.px(13), list[QRectF]()
    order = sorted(range(min(len(points), len(numbers))), key=lambda n: n != chosen)
    for n in order:
        if not numbers[n]:
            continue
        wide = fitting.text_width(numbers[n], size, theme.BOLD) + theme.px(10)
        plate = QRectF(points[n].x() - wide / 2, points[n].y() - size * 3.0, wide, size * 1.5)
        if any(plate.intersects(other) for other in taken):
            continue
        taken.append(plate)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(look.marks.casing, 215))
        painter.drawRoundedRect(plate, theme.px(4), theme.px(4))
        writer.write(
            painter, plate, numbers[n], size, weight=theme.BOLD, colour=look.marks.words, align=CENTRE
        )


def middle(points: Sequence[QPointF]) -> QPointF:
    """The point half way along the path."""
    lengths = [math.hypot(b.x() - a.x(), b.y() - a.y()) for a, b in pairwise(points)]
    left = sum(lengths) / 2
    for (a, b), length in zip(pairwise(points), lengths, strict=True):
        if left <= length and length:
            return a + (b - a) * (left / length)
        left -= length
    return points[0]


def draw_label(
    painter: QPainter, writer: Writer, at: QPointF, text: str, colour: str, look: Tokens, room: QRectF,
    taken: list[QRectF],
) -> None:  # fmt: skip
    """A dark plate with the path's length, above its middle, within `room` and beside those `taken`."""
    size = theme.px(theme.tokens().size.strong)
    wide = fitting.text_width(text, size, theme.BOLD) + theme.px(22)
    plate = QRectF(at.x() - wide / 2, at.y() - size * 2.9, wide, size * 1.75)
    plate.moveLeft(min(max(plate.left(), room.left()), room.right() - wide))
    plate.moveTop(max(plate.top(), room.top()))
    if any(plate.intersects(other) for other in taken):
        plate.moveTop(min(at.y() + size * 1.1, room.bottom() - plate.height()))
    taken.append(plate)
    painter.setPen(_pen(colour, theme.px(2)))
    painter.setBrush(QColor(look.marks.casing))
    painter.drawRoundedRect(plate, theme.px(look.radius.small), theme.px(look.radius.small))
    writer.write(painter, plate, text, size, weight=theme.BOLD, colour=look.marks.words, align=CENTRE)


def draw_marks(
    painter: QPainter, writer: Writer, marks: Sequence[Mark], to_glass: QTransform, room: QRectF, code: str,
    chosen: int,
) -> None:  # fmt: skip
    """All marks, the one that is worked on (`code`) last and with its points; then their labels."""
    look, labels = theme.tokens(), []
    for mark in sorted(marks, key=lambda mark: mark.code == code):
        spots = [to_glass.map(QPointF(x, y)) for x, y in mark.points]
        if not spots:
            continue
        colour, at_work = getattr(look.marks, mark.code), mark.code == code
        picked = chosen if at_work else -1
        draw_path(painter, spots, colour, look, dots=at_work, chosen=picked)
        draw_numbers(painter, writer, spots, mark.numbers, look, picked)
        if mark.label and len(spots) > 1:
            labels.append((middle(spots), mark.label, colour))
    taken: list[QRectF] = []
    for spot, text, colour in labels:
        draw_label(painter, writer, spot, text, colour, look, room, taken)


def draw_loupe(
    painter: QPainter, picture: QPixmap, to_glass: QTransform, at: QPointF, place: QRectF, colour: str
) -> None:
    """A round window `place` on what lies under `at` (picture px), LOUPE times as large as on the glass.

    The cross hair leaves its middle free: the pixel that counts is never covered.
    """
    look, centre = theme.tokens(), place.center()
    round_window = QPainterPath()
    round_window.addEllipse(place)
    painter.save()
    painter.setClipPath(round_window)
    painter.fillRect(place, QColor(look.canvas))
    here = to_glass.map(at)
    grown = QTransform(to_glass)
    grown *= QTransform.fromTranslate(-here.x(), -here.y())
    grown *= QTransform.fromScale(LOUPE, LOUPE)
    grown *= QTransform.fromTranslate(centre.x(), centre.y())
    base = painter.transform()
    painter.setTransform(grown * base)
    back, ok = grown.inverted()
    if ok:
        seen = back.mapRect(place).intersected(QRectF(picture.rect()))
        painter.drawPixmap(seen, picture, seen)
    painter.setTransform(base)
    gap, half = theme.px(8), place.width() / 2
    for width, ink in ((theme.px(4), look.marks.casing), (theme.px(1.6), colour)):
        painter.setPen(_pen(ink, width))
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            way = QPointF(dx, dy)
            painter.drawLine(centre + way * gap, centre + way * half)
    painter.restore()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, ink in ((theme.px(6), look.marks.casing), (theme.px(3), look.marks.words)):
        painter.setPen(_pen(ink, width))
        painter.drawEllipse(place)


def draw_scale_bar(painter: QPainter, writer: Writer, px_per_mm: float, room: QRectF) -> None:
    """A bar of a round length at the lower left; nothing where no round length fits."""
    look = theme.tokens()
    fitting_mm = [mm for mm in (1, 2, 5, 10, 20, 50, 100) if theme.px(70) <= mm * px_per_mm <= theme.px(190)]
    if not fitting_mm:
        return
    mm = fitting_mm[0]
    wide, high, pad = mm * px_per_mm, theme.px(56), theme.px(16)
    plate = QRectF(room.left() + theme.px(14), room.bottom() - high - theme.px(14), wide + 2 * pad, high)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(theme.colour(look.marks.casing, 215)))
    painter.drawRoundedRect(plate, theme.px(look.radius.small), theme.px(look.radius.small))
    text = f"{mm // 10} cm" if mm >= 10 else f"{mm} mm"
    words = plate.adjusted(0, theme.px(3), 0, -high * 0.45)
    writer.write(painter, words, text, theme.px(17), colour=look.marks.words, align=CENTRE)
    left, base, tick = plate.left() + pad, plate.bottom() - theme.px(16), theme.px(6)
    painter.setPen(_pen(look.marks.words, theme.px(2.5)))
    painter.drawLine(QPointF(left, base), QPointF(left + wide, base))
    for part in (0.0, 0.5, 1.0):
        x = left + wide * part
        painter.drawLine(QPointF(x, base - tick), QPointF(x, base + tick))
