"""The shape of each verdict as vectors: the first cue, before word, number and colour. Owns no colour.

Disc with tick, dotted ring with tick, triangles down (short) and up (long), doubled when graver, dotted ring
for nothing, octagon for safety: `experience` 3.4, the same on screen and paper.
"""

from __future__ import annotations

import math
from typing import Any

from reportlab.lib.colors import HexColor

_SHORT = ("short_warning", "short_deviation")
_LONG = ("exceeds_warning", "exceeds_crossover")


def draw_shape(canvas: Any, code: str, x: float, y: float, size: float, ink: str, ground: str) -> None:
    """Draws the shape of `code` into the square (x, y, size); `ground` is the colour behind it."""
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(size / 100, size / 100)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    canvas.setStrokeColor(HexColor(ink))
    canvas.setFillColor(HexColor(ink))
    if code == "within_protocol":
        canvas.circle(50, 50, 48, stroke=0, fill=1)
        canvas.setStrokeColor(HexColor(ground))
        _tick(canvas)
    elif code == "within_tolerance":
        _dotted_ring(canvas)
        _tick(canvas)
    elif code == "exceeds_note":
        canvas.setLineWidth(9)
        _triangle(canvas, 50, 12, 84, 1, fill=0)
    elif code in ("short_warning", "exceeds_warning"):
        _barred_triangle(canvas, -1 if code in _SHORT else 1, ground)
    elif code in ("short_deviation", "exceeds_crossover"):
        up = 1 if code in _LONG else -1
        for base in (2, 50) if up > 0 else (50, 98):
            _triangle(canvas, 50, base, 46 * 1.2, up, fill=1, height=48)
    elif code in ("safety_alert", "safety_critical"):
        _octagon(canvas, double=code == "safety_critical", ink=ink, ground=ground)
    else:
        _dotted_ring(canvas)
        if code == "not_applicable":
            canvas.setLineWidth(9)
            canvas.line(32, 50, 68, 50)
    canvas.restoreState()


def _tick(canvas: Any) -> None:
    canvas.setLineWidth(12)
    path = canvas.beginPath()
    path.moveTo(28, 51)
    path.lineTo(44, 34)
    path.lineTo(73, 68)
    canvas.drawPath(path, stroke=1, fill=0)


def _dotted_ring(canvas: Any) -> None:
    canvas.setLineWidth(8)
    canvas.setDash(11, 15.8)
    canvas.circle(50, 50, 43, stroke=1, fill=0)
    canvas.setDash()


def _triangle(
    canvas: Any, centre: float, base: float, across: float, up: int, *, fill: int, height: float = 74
) -> None:
    path = canvas.beginPath()
    path.moveTo(centre - across / 2, base)
    path.lineTo(centre + across / 2, base)
    path.lineTo(centre, base + up * height)
    path.close()
    canvas.drawPath(path, stroke=1 - fill, fill=fill)


def _barred_triangle(canvas: Any, up: int, ground: str) -> None:
    base = 10 if up > 0 else 90
    _triangle(canvas, 50, base, 96, up, fill=1, height=84)
    canvas.setStrokeColor(HexColor(ground))
    canvas.setLineWidth(9)
    bar = base + up * 22
    canvas.line(35, bar, 65, bar)


def _octagon(canvas: Any, *, double: bool, ink: str, ground: str) -> None:
    _eight_sides(canvas, 50)
    canvas.setFillColor(HexColor(ground))
    if double:
        _eight_sides(canvas, 43)
        canvas.setFillColor(HexColor(ink))
        _eight_sides(canvas, 36)
        canvas.setFillColor(HexColor(ground))
    canvas.rect(44, 44, 12, 34, stroke=0, fill=1)
    canvas.circle(50, 29, 7, stroke=0, fill=1)


def _eight_sides(canvas: Any, radius: float) -> None:
    path = canvas.beginPath()
    for k in range(8):
        a = math.pi / 8 + k * math.pi / 4
        point = (50 + radius * math.cos(a), 50 + radius * math.sin(a))
        path.moveTo(*point) if k == 0 else path.lineTo(*point)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)
