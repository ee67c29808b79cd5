"""The shape and the colours of each verdict code: direction owns the hue, severity owns the doubling.

Shape, word, number and plate carry the meaning; colour is only the fourth cue. No words and no rules here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from ui.style.tokens import Tokens

PlateKind = Literal["dim", "bright", "neutral", "hatched"]

_OPEN: Final = ("incomplete", "no_verdict", "not_entered")
_HUE: Final[dict[str, str]] = {
    "within_protocol": "ok",
    "within_tolerance": "ok",
    "short_warning": "short",
    "short_deviation": "short",
    "exceeds_warning": "long",
    "exceeds_crossover": "long",
    "safety_alert": "bad",
    "safety_critical": "bad",
}

_SOLID: Final = Qt.PenStyle.SolidLine
_ROUND: Final = Qt.PenCapStyle.RoundCap
_JOIN: Final = Qt.PenJoinStyle.RoundJoin


@dataclass(frozen=True)
class PlateColours:
    """Fill of a plate, ink of shape and word on it, ink of number and caption."""

    fill: str
    ink: str
    text: str


def plate_colours(look: Tokens, code: str, kind: PlateKind) -> PlateColours:
    """Colours of a plate. Only `dim` and `bright` show the hue of the code; estimates, notes stay neutral."""
    hue = _HUE.get(code)
    if hue is None or kind in ("neutral", "hatched"):
        quiet = look.idle if code in _OPEN else look.text
        return PlateColours(look.raised, quiet, look.text2 if code in _OPEN else look.text)
    if kind == "bright":
        ink = look.ink_on_bad if hue == "bad" else look.ink_on_bright
        return PlateColours(getattr(look, hue), ink, ink)
    return PlateColours(getattr(look, f"{hue}_dim"), getattr(look, hue), look.text)


def line_colour(look: Tokens, code: str, kind: PlateKind) -> str:
    """Colour of the line, flag and arrow of one end: the hue of a judged record, else a neutral grey."""
    hue = _HUE.get(code)
    if hue is None or kind in ("neutral", "hatched"):
        return look.text2
    return str(getattr(look, hue))


@dataclass(frozen=True)
class _Ink:
    """A painter with the geometry of one shape: middle, radius in px, ink and ground colours."""

    painter: QPainter
    middle: QPointF
    radius: float
    ink: QColor
    ground: QColor

    def pen(self, width: float, colour: QColor | None = None, style: Qt.PenStyle = _SOLID) -> None:
        """Stroke of `width` radii; leaves the brush empty."""
        pen = QPen(colour or self.ink, self.radius * width, style, _ROUND, _JOIN)
        self.painter.setPen(pen)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)

    def points(self, *pairs: tuple[float, float]) -> QPolygonF:
        return QPolygonF([self.middle + QPointF(x * self.radius, y * self.radius) for x, y in pairs])


def _tick(pen: _Ink, colour: QColor) -> None:
    pen.pen(0.24, colour)
    pen.painter.drawPolyline(pen.points((-0.44, 0.04), (-0.1, 0.38), (0.46, -0.34)))


def _disc(pen: _Ink) -> None:
    pen.painter.setPen(Qt.PenStyle.NoPen)
    pen.painter.setBrush(pen.ink)
    pen.painter.drawEllipse(pen.middle, pen.radius, pen.radius)
    _tick(pen, pen.ground)


def _ring(pen: _Ink) -> None:
    pen.pen(0.16, style=Qt.PenStyle.DotLine)
    pen.painter.drawEllipse(pen.middle, pen.radius * 0.9, pen.radius * 0.9)


def _ring_tick(pen: _Ink) -> None:
    _ring(pen)
    _tick(pen, pen.ink)


def _ring_dash(pen: _Ink) -> None:
    _ring(pen)
    pen.pen(0.24)
    pen.painter.drawPolyline(pen.points((-0.4, 0.0), (0.4, 0.0)))


def _ring_wave(pen: _Ink) -> None:
    _ring(pen)
    pen.pen(0.18)
    for y in (-0.16, 0.2):
        wave = ((-0.42, 0.08), (-0.2, -0.1), (0.06, 0.06), (0.22, 0.1), (0.42, -0.08))
        pen.painter.drawPolyline(pen.points(*((x, y + dy) for x, dy in wave)))


def _triangle(pen: _Ink, down: int, y: float = 0.0, size: float = 1.0) -> QPolygonF:
    top, tip = y - down * 0.62 * size, y + down * 0.78 * size
    return pen.points((-0.82 * size, top), (0.82 * size, top), (0.0, tip))


def _hollow_up(pen: _Ink) -> None:
    pen.pen(0.16)
    pen.painter.drawPolygon(_triangle(pen, -1))


def _solid(down: int) -> Callable[[_Ink], None]:
    def draw(pen: _Ink) -> None:
        pen.pen(0.2)
        pen.painter.setBrush(pen.ink)
        pen.painter.drawPolygon(_triangle(pen, down))
        pen.pen(0.2, pen.ground)
        pen.painter.drawPolyline(pen.points((-0.26, -down * 0.26), (0.26, -down * 0.26)))

    return draw


def _doubled(down: int) -> Callable[[_Ink], None]:
    def draw(pen: _Ink) -> None:
        pen.pen(0.2)
        pen.painter.setBrush(pen.ink)
        pen.painter.drawPolygon(_triangle(pen, down, -down * 0.42, 0.62))
        pen.painter.drawPolygon(_triangle(pen, down, down * 0.48, 0.62))

    return draw


def _octagon(pen: _Ink, size: float) -> QPolygonF:
    a, b = size, size * 0.414
    return pen.points((-b, -a), (b, -a), (a, -b), (a, b), (b, a), (-b, a), (-a, b), (-a, -b))


def _exclaim(pen: _Ink, size: float) -> None:
    pen.pen(0.2)
    pen.painter.drawPolyline(pen.points((0.0, -0.46 * size), (0.0, 0.1 * size)))
    pen.painter.setPen(Qt.PenStyle.NoPen)
    pen.painter.setBrush(pen.ink)
    spot = pen.radius * 0.13
    pen.painter.drawEllipse(pen.middle + QPointF(0, pen.radius * 0.46 * size), spot, spot)


def _alert(pen: _Ink) -> None:
    pen.pen(0.16)
    pen.painter.drawPolygon(_octagon(pen, 0.88))
    _exclaim(pen, 1.0)


def _critical(pen: _Ink) -> None:
    pen.pen(0.12)
    pen.painter.drawPolygon(_octagon(pen, 0.92))
    pen.painter.drawPolygon(_octagon(pen, 0.64))
    _exclaim(pen, 0.7)


_SHAPES: Final[dict[str, Callable[[_Ink], None]]] = {
    "within_protocol": _disc,
    "within_tolerance": _ring_tick,
    "exceeds_note": _hollow_up,
    "short_warning": _solid(1),
    "exceeds_warning": _solid(-1),
    "short_deviation": _doubled(1),
    "exceeds_crossover": _doubled(-1),
    "incomplete": _ring,
    "no_verdict": _ring,
    "not_entered": _ring,
    "not_applicable": _ring_dash,
    "estimate": _ring_wave,
    "safety_alert": _alert,
    "safety_critical": _critical,
}
CODES: Final = tuple(_SHAPES)


def shape_of(code: str, kind: PlateKind) -> str:
    """The shape shown for a code: an estimate (hatched) never gets the tick, whatever its code says."""
    return "estimate" if kind == "hatched" and code.startswith("within_") else code


def draw_shape(painter: QPainter, code: str, rect: QRectF, ink: str, ground: str) -> None:
    """Draw the outline of `code` in the square `rect`; an unknown code gets the open ring, never a tick.

    `ink` is the colour of the shape, `ground` the colour behind it (for the tick inside a disc).
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = min(rect.width(), rect.height()) / 2
    _SHAPES.get(code, _ring)(_Ink(painter, rect.center(), radius, QColor(ink), QColor(ground)))
    painter.restore()
