"""The bowel with its cut lines, true to scale along its length: proximal left, distal right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from reset_or.base.units import cm_text
from reset_or.reports import palette as c
from reset_or.reports import typeset
from reset_or.reports.model import BandsMm, MarginEnd, Tumour

HEIGHT: Final = 112.0
_UNKNOWN_TUMOUR_MM: Final = 30
_LEAST_MM: Final = 45
_BEYOND_MM: Final = 14
_STUMP_MM: Final = 8  # tissue drawn around the tumour where nobody knows the cut
_BOWEL_Y, _BOWEL_HALF = 50.0, 17.5
_RULER_Y: Final = 23.0
_FLAG_Y: Final = 80.0


@dataclass(frozen=True)
class DiagramWords:
    """The texts of the drawing: both orientation labels, and the words where a line is missing, the unit."""

    proximal: str
    distal: str
    no_line: str
    ruler: str
    unit: str


class BowelDiagram(Flowable):
    """A Flowable of the full width. `bands` are drawn only where the ends carry them."""

    def __init__(self, proximal: MarginEnd, distal: MarginEnd, tumour: Tumour, words: DiagramWords) -> None:
        super().__init__()
        self._ends = (proximal, distal)
        self._tumour = tumour
        self._words = words
        self._room = 0.0

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        self._room = room
        return room, HEIGHT

    def draw(self) -> None:
        canvas, (proximal, distal) = self.canv, self._ends
        canvas.saveState()
        canvas.setStrokeColor(HexColor(c.LINE))
        canvas.setFillColor(HexColor(c.WHITE))
        canvas.setLineWidth(0.6)
        canvas.roundRect(0, 0, self._room, HEIGHT, 4, stroke=1, fill=1)
        tumour_mm = self._tumour.length_mm or _UNKNOWN_TUMOUR_MM
        left_mm, right_mm = _extent(proximal), _extent(distal)
        pt_per_mm = (self._room - 24) / (left_mm + tumour_mm + right_mm)
        left = _Side(12 + left_mm * pt_per_mm, -pt_per_mm, left_mm)
        right = _Side(left.edge + tumour_mm * pt_per_mm, pt_per_mm, right_mm)
        _tube(canvas, left.at(left_mm), right.at(right_mm), c.GHOST, c.LINE)
        for side, end in ((left, proximal), (right, distal)):
            if end.bands is not None:
                _draw_bands(canvas, side, end.bands)
        _draw_resected(canvas, left, right, proximal.length_mm, distal.length_mm)
        _draw_tumour(canvas, left.edge, right.edge, self._tumour, self._words.unit)
        self._draw_flags(left, right)
        for side in (left, right):
            _draw_ruler(canvas, side)
        typeset.write(canvas, 8, HEIGHT - 12, "‹ " + self._words.proximal, 7.5, "medium", c.INK2)
        typeset.write(
            canvas,
            self._room - 8,
            HEIGHT - 12,
            self._words.distal + " ›",
            7.5,
            "medium",
            c.INK2,
            anchor="end",
        )
        typeset.write(canvas, self._room / 2, 3.4, self._words.ruler, 5.8, colour=c.INK3, anchor="middle")
        canvas.restoreState()

    def _draw_flags(self, left: _Side, right: _Side) -> None:
        """Both cut lines with their values; the flags are moved apart when the lines stand close."""
        flags = [self._flag(left, self._ends[0]), self._flag(right, self._ends[1])]
        gap = (flags[1].x - flags[1].wide / 2) - (flags[0].x + flags[0].wide / 2)
        push = max(0.0, (5 - gap) / 2)
        for flag, way in zip(flags, (-1, 1), strict=True):
            half = flag.wide / 2
            centre = min(max(flag.x + way * push, 6 + half), self._room - 6 - half)
            if flag.known:
                _draw_cut(self.canv, flag.x, centre, dashed=flag.dashed)
                self.canv.setFillColor(HexColor(c.WHITE))
                self.canv.roundRect(centre - half, _FLAG_Y, flag.wide, 14, 3, stroke=1, fill=1)
            weight: typeset.Weight = "bold" if flag.known else "regular"
            colour = c.INK if flag.known else c.INK3
            typeset.write(
                self.canv, centre, _FLAG_Y + 3.6, flag.text, flag.size, weight, colour, anchor="middle"
            )

    def _flag(self, side: _Side, end: MarginEnd) -> _Flag:
        if end.length_mm is None:
            text = self._words.no_line
            return _Flag(side.at(side.extent_mm * 0.55), text, 7.5, typeset.width(text, 7.5), False, False)
        text = f"{end.value} {end.unit}".strip()
        wide = typeset.width(text, 9.5, "bold") + 10
        return _Flag(side.at(end.length_mm), text, 9.5, wide, True, end.estimated)


@dataclass(frozen=True)
class _Flag:
    """The value above a cut line: `x` and `wide` in points; `known` is False for "not entered"."""

    x: float
    text: str
    size: float
    wide: float
    known: bool
    dashed: bool


@dataclass(frozen=True)
class _Side:
    """One side of the tumour: `edge` in points, `pt_per_mm` negative to the left, `extent_mm` shown."""

    edge: float
    pt_per_mm: float
    extent_mm: float

    def at(self, length_mm: float) -> float:
        return self.edge + length_mm * self.pt_per_mm


def _extent(end: MarginEnd) -> float:
    reach = [_LEAST_MM, end.length_mm or 0]
    if end.bands is not None:
        reach.append(max(end.bands.range_high_mm, end.bands.tolerance_high_mm or 0))
    return float(max(reach) + _BEYOND_MM)


def _draw_bands(canvas: Any, side: _Side, bands: BandsMm) -> None:
    """The range as a pale column with dashed borders, the tolerance on both sides hatched."""
    low, high = _BOWEL_Y - _BOWEL_HALF - 6, _BOWEL_Y + _BOWEL_HALF + 10
    upper = bands.tolerance_high_mm if bands.tolerance_high_mm is not None else bands.range_high_mm
    for a_mm, b_mm in ((bands.tolerance_low_mm, bands.range_low_mm), (bands.range_high_mm, upper)):
        a, b = sorted((side.at(a_mm), side.at(b_mm)))
        _hatch(canvas, a, low, b, high)
    a, b = sorted((side.at(bands.range_low_mm), side.at(bands.range_high_mm)))
    canvas.setFillColor(HexColor(c.OK_DIM))
    canvas.rect(a, low, b - a, high - low, stroke=0, fill=1)
    canvas.setStrokeColor(HexColor(c.OK))
    canvas.setLineWidth(0.7)
    canvas.setDash(2.4, 1.8)
    for x in (a, b):
        canvas.line(x, low, x, high)
    canvas.setDash()


def _hatch(canvas: Any, left: float, low: float, right: float, high: float) -> None:
    if right - left < 0.5:
        return
    canvas.saveState()
    frame = canvas.beginPath()
    frame.rect(left, low, right - left, high - low)
    canvas.clipPath(frame, stroke=0, fill=0)
    canvas.setStrokeColor(HexColor(c.LINE))
    canvas.setLineWidth(0.5)
    x = left - (high - low)
    while x < right:
        canvas.line(x, low, x + high - low, high)
        x += 3.2
    canvas.restoreState()


def _draw_resected(
    canvas: Any, left: _Side, right: _Side, proximal_mm: int | None, distal_mm: int | None
) -> None:
    """The part between the cut lines in the colour of tissue; the rest lies there as a ghost."""
    start, end = left.at(left.extent_mm), right.at(right.extent_mm)
    cut_left = left.at(_STUMP_MM if proximal_mm is None else proximal_mm)
    cut_right = right.at(_STUMP_MM if distal_mm is None else distal_mm)
    canvas.saveState()
    frame = canvas.beginPath()
    frame.rect(cut_left, 0, cut_right - cut_left, HEIGHT)
    canvas.clipPath(frame, stroke=0, fill=0)
    _tube(canvas, start, end, c.TISSUE, c.TISSUE_LINE)
    canvas.setFillColor(HexColor(c.TISSUE_LIGHT))
    canvas.rect(start, _BOWEL_Y - 5, end - start, 14, stroke=0, fill=1)
    canvas.setStrokeColor(HexColor(c.TISSUE_LINE))
    canvas.setLineWidth(0.35)
    x = start + 9
    while x < end:
        fold = canvas.beginPath()
        fold.moveTo(x, _BOWEL_Y + _BOWEL_HALF - 1.5)
        fold.curveTo(x + 3, _BOWEL_Y + 8, x + 3, _BOWEL_Y - 8, x, _BOWEL_Y - _BOWEL_HALF + 1.5)
        canvas.drawPath(fold, stroke=1, fill=0)
        x += 15
    canvas.restoreState()


def _tube(canvas: Any, start: float, end: float, fill: str, line: str) -> None:
    count = max(8, int((end - start) / 4))
    steps = [start + (end - start) * k / count for k in range(count + 1)]
    path = canvas.beginPath()
    path.moveTo(start, _BOWEL_Y + _edge(start))
    for x in steps[1:]:
        path.lineTo(x, _BOWEL_Y + _edge(x))
    for x in reversed(steps):
        path.lineTo(x, _BOWEL_Y - _edge(x + 5))
    path.close()
    canvas.setFillColor(HexColor(fill))
    canvas.setStrokeColor(HexColor(line))
    canvas.setLineWidth(0.6)
    canvas.drawPath(path, stroke=1, fill=1)


def _edge(x: float) -> float:
    return _BOWEL_HALF - 1.4 + 1.4 * abs(math.sin(x / 15 * math.pi))


def _draw_tumour(canvas: Any, left: float, right: float, tumour: Tumour, unit: str) -> None:
    """A lobed body of true length; scar and nothing visible are drawn as what they are."""
    centre, half = (left + right) / 2, (right - left) / 2
    path = canvas.beginPath()
    for k in range(73):
        a = 2 * math.pi * k / 72
        r = 1 + 0.05 * math.sin(9 * a) * math.sin(a) ** 2
        point = (centre + half * math.cos(a) * r, _BOWEL_Y + 15.5 * math.sin(a) * r)
        path.moveTo(*point) if k == 0 else path.lineTo(*point)
    path.close()
    solid = tumour.appearance not in ("scar_only", "nothing_visible") and tumour.length_mm is not None
    faint = tumour.appearance == "nothing_visible" or (
        tumour.length_mm is None and tumour.appearance != "scar_only"
    )
    canvas.setFillColor(HexColor(c.TUMOUR if solid else c.WHITE if faint else c.SCAR))
    canvas.setStrokeColor(HexColor(c.TUMOUR))
    canvas.setLineWidth(0.8)
    if not solid:
        canvas.setDash(2, 1.6)
    canvas.drawPath(path, stroke=1, fill=1)
    canvas.setDash()
    ink = c.WHITE if solid else c.INK
    length = "" if tumour.length_mm is None else f"{cm_text(tumour.length_mm)} {unit}"
    lines = [line for line in (tumour.caption, length) if line]
    y = _BOWEL_Y - 2.6 + 4.3 * (len(lines) - 1)
    for line in lines:
        size = typeset.fitted(line, 7.5, "medium", max(right - left - 6, 16), least=4.0)
        typeset.write(canvas, centre, y, line, size, "medium", ink, anchor="middle")
        y -= 8.6


def _draw_cut(canvas: Any, x: float, flag_x: float, *, dashed: bool) -> None:
    top = _BOWEL_Y + _BOWEL_HALF + 5
    canvas.setStrokeColor(HexColor(c.INK))
    canvas.setLineWidth(1.5)
    if dashed:
        canvas.setDash(3.2, 2.2)
    canvas.line(x, _RULER_Y, x, top)
    canvas.line(x, top, flag_x, _FLAG_Y)
    canvas.setDash()
    canvas.setLineWidth(0.9)


def _draw_ruler(canvas: Any, side: _Side) -> None:
    canvas.setStrokeColor(HexColor(c.INK2))
    canvas.setLineWidth(0.6)
    canvas.line(side.edge, _RULER_Y, side.at(side.extent_mm), _RULER_Y)
    step = 10 if abs(side.pt_per_mm) * 10 > 7 else 50
    for mm in range(0, int(side.extent_mm) + 1, 5):
        deep = 5.0 if mm % 50 == 0 else 3.4 if mm % 10 == 0 else 1.8
        x = side.at(mm)
        canvas.line(x, _RULER_Y, x, _RULER_Y - deep)
        if mm % step == 0 and (mm % 50 == 0 or step == 10):
            weight: typeset.Weight = "medium" if mm % 50 == 0 else "regular"
            typeset.write(canvas, x, _RULER_Y - 11.2, str(mm // 10), 6, weight, c.INK2, anchor="middle")
