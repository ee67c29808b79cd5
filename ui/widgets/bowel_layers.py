"""The parts of the bowel diagram that do not move, drawn once into pixmaps: bowel, zones, ruler, tumour.

Moving a line then only copies pixels, which keeps a key press far below one frame. No state; see
bowel_diagram.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.bowel_view import FADE_MM, REACH_MM, BowelView, End, Frame
from ui.widgets.painting import antialiased

ENDS: tuple[End, End] = ("proximal", "distal")
_FOLD_MM = 14.5


@dataclass(frozen=True)
class Layers:
    """Ghost bowel with zones and ruler; the whole bowel as tissue; each side fading out; the tumour."""

    ground: QPixmap
    tissue: QPixmap
    fades: dict[End, QPixmap]
    tumour: QPixmap


def make_layers(frame: Frame, view: BowelView, look: Tokens, ratio: float) -> Layers:
    """All layers for one frame, one theme and the bands and tumour of `view`; `ratio` is device px per px."""
    tissue = _layer(frame, ratio, lambda p: _draw_tissue(p, frame, look))
    return Layers(
        ground=_layer(frame, ratio, lambda p: _draw_ground(p, frame, view, look)),
        tissue=tissue,
        fades={end: _layer(frame, ratio, _fader(frame, end, tissue)) for end in ENDS},
        tumour=_layer(frame, ratio, lambda p: _draw_tumour(p, frame, view, look)),
    )


def _layer(frame: Frame, ratio: float, draw: Callable[[QPainter], None]) -> QPixmap:
    pixmap = QPixmap(max(1, math.ceil(frame.width * ratio)), max(1, math.ceil(frame.height * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    antialiased(painter)
    draw(painter)
    painter.end()
    return pixmap


def _sway(frame: Frame, x: float) -> float:
    return math.sin(x / frame.width * math.pi * 1.6) * 8 * frame.unit


def _wall(frame: Frame, x: float, side: int) -> float:
    """y of the upper (-1) or lower (+1) wall: haustra, a swelling at the tumour, a slow sway."""
    bump = abs(math.sin((x - frame.pad) / frame.px_per_mm * math.pi / _FOLD_MM))
    middle = (frame.tumour_left + frame.tumour_right) / 2
    reach = max(1.0, (frame.tumour_right - frame.tumour_left) * 0.62)
    swell = 0.17 * math.exp(-(((x - middle) / reach) ** 2))
    return frame.middle + side * frame.bowel_radius * (0.93 + 0.1 * bump + swell) + _sway(frame, x)


def _tube(frame: Frame, left: float, right: float) -> QPainterPath:
    steps = max(24, int((right - left) / 6))
    xs = [left + (right - left) * i / steps for i in range(steps + 1)]
    points = [QPointF(x, _wall(frame, x, -1)) for x in xs] + [
        QPointF(x, _wall(frame, x, 1)) for x in reversed(xs)
    ]
    path = QPainterPath()
    path.addPolygon(QPolygonF(points))
    path.closeSubpath()
    return path


def _draw_ground(painter: QPainter, frame: Frame, view: BowelView, look: Tokens) -> None:
    painter.setPen(QPen(QColor(look.diagram.ghost_line), max(1.0, 1.4 * frame.unit), Qt.PenStyle.DashLine))
    painter.setBrush(QColor(look.diagram.ghost))
    painter.drawPath(_tube(frame, -30, frame.width + 30))
    for end in ENDS:
        _draw_zones(painter, frame, view, look, end)
        _draw_ruler(painter, frame, look, end)


def _draw_zones(painter: QPainter, frame: Frame, view: BowelView, look: Tokens, end: End) -> None:
    bands = view.end(end).bands
    if bands is None:
        return
    reach = REACH_MM[end]

    def rect(low: int, high: int) -> QRectF:
        first, second = sorted((frame.x(end, min(low, reach)), frame.x(end, min(high, reach))))
        return QRectF(first, frame.zone_top, second - first, frame.zone_bottom - frame.zone_top)

    painter.fillRect(
        rect(bands.protocol_low_mm, bands.protocol_high_mm), theme.colour(look.ok, look.diagram.zone_alpha)
    )
    tolerance = theme.colour(look.ok, look.diagram.hatch_alpha)
    _hatch(painter, rect(bands.tolerance_low_mm, bands.protocol_low_mm), tolerance, frame.unit)
    if bands.tolerance_high_mm is not None:
        _hatch(painter, rect(bands.protocol_high_mm, bands.tolerance_high_mm), tolerance, frame.unit)
    painter.setPen(QPen(QColor(look.ok), max(1.4, 1.5 * frame.unit), Qt.PenStyle.DashLine))
    for limit in (bands.protocol_low_mm, bands.protocol_high_mm):
        if limit <= reach:
            x = frame.x(end, limit)
            painter.drawLine(QPointF(x, frame.zone_top), QPointF(x, frame.zone_bottom))


def _hatch(painter: QPainter, rect: QRectF, colour: QColor, unit: float) -> None:
    painter.save()
    painter.setClipRect(rect)
    painter.setPen(QPen(colour, max(1.0, 1.1 * unit)))
    step = max(5.0, 6.5 * unit)
    x = math.floor((rect.left() - rect.height()) / step) * step
    while x < rect.right():
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()))
        x += step
    painter.restore()


def _draw_ruler(painter: QPainter, frame: Frame, look: Tokens, end: End) -> None:
    y, unit = frame.ruler_y, frame.unit
    size = max(11, round(15.5 * unit))
    painter.setPen(QPen(QColor(look.text3), max(1.0, 1.4 * unit)))
    painter.drawLine(QPointF(frame.x(end, 0), y), QPointF(frame.x(end, REACH_MM[end]), y))
    painter.setFont(theme.font(size))
    for mm in range(0, REACH_MM[end] + 1, 5):
        x, five, whole = frame.x(end, mm), mm % 50 == 0, mm % 10 == 0
        long = (12 if five else 8 if whole else 4.5) * unit
        thick = max(1.0, (2 if five else 1.4 if whole else 0.8) * unit)
        painter.setPen(QPen(QColor(look.text2 if whole else look.text3), thick))
        painter.drawLine(QPointF(x, y), QPointF(x, y + long))
        if five:
            text = str(mm // 10)
            wide = fitting.text_width(text, size, theme.REGULAR)
            painter.setPen(QColor(look.text2))
            painter.drawText(QPointF(x - wide / 2, y + 15 * unit + size * 0.92), text)


def _draw_tissue(painter: QPainter, frame: Frame, look: Tokens) -> None:
    tube, colours = _tube(frame, -30, frame.width + 30), look.diagram
    radius = frame.bowel_radius * 1.15
    shade = QLinearGradient(0, frame.middle - radius, 0, frame.middle + radius)
    for place, name in ((0.0, colours.tissue_top), (0.38, colours.tissue_light), (1.0, colours.tissue_low)):
        shade.setColorAt(place, QColor(name))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(shade))
    painter.drawPath(tube)
    painter.setClipPath(tube)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.colour(colours.tissue_low, 120), max(1.5, 2.1 * frame.unit)))
    step = _FOLD_MM * frame.px_per_mm
    x = frame.pad
    while x < frame.width:
        fold = QPainterPath(QPointF(x, _wall(frame, x, -1)))
        fold.quadTo(x + 7 * frame.unit, frame.middle, x, _wall(frame, x, 1))
        painter.drawPath(fold)
        x += step
    glow = QLinearGradient(0, frame.middle - radius, 0, frame.middle)
    glow.setColorAt(0.35, theme.colour("#FFFFFF", 0))
    glow.setColorAt(0.62, theme.colour("#FFFFFF", 26))
    glow.setColorAt(0.9, theme.colour("#FFFFFF", 0))
    painter.fillRect(QRectF(0, frame.middle - radius, frame.width, radius), QBrush(glow))


def _fader(frame: Frame, end: End, tissue: QPixmap) -> Callable[[QPainter], None]:
    """The tissue outside the tumour edge of one side, fading to nothing: no line is claimed there."""

    def draw(painter: QPainter) -> None:
        near, far = round(frame.x(end, 0)), round(frame.x(end, FADE_MM))
        low, high = sorted((near, far))
        painter.setClipRect(QRectF(low, 0, high - low, frame.height))
        painter.drawPixmap(QPointF(0, 0), tissue)
        painter.setClipping(False)  # the mask covers all, or its edge leaves a seam
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        fade = QLinearGradient(near, 0, far, 0)
        fade.setColorAt(0, QColor(0, 0, 0, 255))
        fade.setColorAt(1, QColor(0, 0, 0, 0))
        painter.fillRect(QRectF(0, 0, frame.width, frame.height), QBrush(fade))

    return draw


def _lobes(frame: Frame) -> QPolygonF:
    wide = (frame.tumour_right - frame.tumour_left) / 2
    high = frame.bowel_radius * 0.9
    middle = QPointF(
        (frame.tumour_left + frame.tumour_right) / 2, frame.middle + _sway(frame, frame.tumour_left)
    )
    points = []
    for i in range(120):
        turn = i / 120 * 2 * math.pi
        lobe = (0.05 * math.sin(7 * turn + 1) + 0.03 * math.sin(13 * turn)) * min(wide, high)
        across, down = math.cos(turn), math.sin(turn)
        # the outermost points touch the tumour edges exactly: margins are counted from there
        x = max(-wide, min(wide, across * (wide + lobe)))
        points.append(middle + QPointF(x, down * (high + lobe)))
    return QPolygonF(points)


def _draw_tumour(painter: QPainter, frame: Frame, view: BowelView, look: Tokens) -> None:
    outline, colours = _lobes(frame), look.diagram
    box = outline.boundingRect()
    if view.tumour_look == "raised":
        shade = QLinearGradient(box.topLeft(), box.bottomRight())
        shade.setColorAt(0.0, QColor(colours.tumour_light))
        shade.setColorAt(0.55, QColor(colours.tumour))
        painter.setPen(QPen(QColor(colours.tumour), max(1.0, 1.4 * frame.unit)))
        painter.setBrush(QBrush(shade))
        painter.drawPolygon(outline)
    elif view.tumour_look == "scar":
        _draw_scar(painter, frame, outline, look)
    else:
        painter.setPen(QPen(QColor(colours.scar_line), max(2.0, 2.4 * frame.unit), Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box)
    _draw_words(painter, frame, view, look, box)


def _draw_scar(painter: QPainter, frame: Frame, outline: QPolygonF, look: Tokens) -> None:
    """A flat, pale, drawn-in scar: a dashed edge and folds running to its middle."""
    box = outline.boundingRect()
    painter.setPen(QPen(QColor(look.diagram.scar_line), max(1.2, 1.6 * frame.unit), Qt.PenStyle.DashLine))
    painter.setBrush(QColor(look.diagram.scar))
    painter.drawEllipse(box)
    painter.setPen(QPen(theme.colour(look.diagram.tissue_low, 190), max(1.2, 1.7 * frame.unit)))
    for i in range(14):
        turn = i / 14 * 2 * math.pi + 0.2
        ray = QPointF(math.cos(turn) * box.width() / 2, math.sin(turn) * box.height() / 2)
        painter.drawLine(box.center() + ray * 0.18, box.center() + ray * (0.92 if i % 2 else 0.7))


def _draw_words(painter: QPainter, frame: Frame, view: BowelView, look: Tokens, box: QRectF) -> None:
    """The tumour's name and length; on a plate of their own where the tumour is too small or too pale."""
    lines = view.tumour_words.split("\n") if view.tumour_words else []
    if not lines:
        return
    size = max(12, round(15.5 * frame.unit))
    step = fitting.line_height(size)
    wide = max(fitting.text_width(line, size, theme.MEDIUM) for line in lines)
    inside = view.tumour_look == "raised" and wide <= box.width() * 0.84
    middle = box.center()
    if not inside:
        plate = QRectF(0, 0, wide + 12 * frame.unit, step * len(lines) + 6 * frame.unit)
        plate.moveCenter(middle)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(look.diagram.tumour_plate, 235))
        painter.drawRoundedRect(plate, 6 * frame.unit, 6 * frame.unit)
    painter.setPen(QColor(look.diagram.tumour_ink if inside else look.text))
    painter.setFont(theme.font(size, theme.MEDIUM))
    cap = fitting.measure(size, theme.MEDIUM).capHeight()
    for i, line in enumerate(lines):
        x = middle.x() - fitting.text_width(line, size, theme.MEDIUM) / 2
        y = middle.y() + (i - (len(lines) - 1) / 2) * step + cap / 2
        painter.drawText(QPointF(x, y), line)
