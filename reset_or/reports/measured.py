"""What was measured on a photograph: the picture with paths, labels and scale bar, and the figures below it.

Draws what it is given; computes no length. Lines keep their width on paper whatever the picture's size, light
on a dark casing: legible on tissue, drape and ruler.
"""

from __future__ import annotations

from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from reset_or.base.words import Language, say
from reset_or.reports import palette as c
from reset_or.reports.model import Labelled, PhotoPath, SheetPhoto
from reset_or.reports.sections import as_jpeg, grid, tight
from reset_or.reports.typeset import para, width, write

_MOST_HIGH: Final = 300.0
_CASING: Final = "#0A0F14"
_COLOURS: Final = {"proximal": "#35D6F2", "distal": "#FF8CC6", "tumour": "#FFA94D", "ruler": "#FFD43B"}
_BARS_MM: Final = (100, 50, 20, 10, 5, 2, 1)
_LABEL: Final = 7.4


def measured(photo: SheetPhoto, language: Language, room: float) -> list[Flowable]:
    """The picture over the whole width, its table of lengths, and the facts of its scale."""
    names = ("end", "length", "readings", "state", "ruler", "remark")
    rows = [(row.end, row.length, row.readings, row.state, row.ruler, row.remark) for row in photo.measured]
    head = [say(f"measured.col_{name}", language) for name in names]
    parts: list[Flowable] = [MeasuredPicture(photo, language), Spacer(1, 4)]
    parts.append(grid(head, rows, (50, 86, 118, 90, 84, 99), room))
    parts += [Spacer(1, 3), _facts(photo, language, room)]
    return parts


def _facts(photo: SheetPhoto, language: Language, room: float) -> Flowable:
    """Two columns of label and value; the hashes whole, over the full width."""
    hashes = [
        Labelled(say("report.sha256", language), photo.sha256),
        Labelled(say("report.camera_sha256", language), photo.camera_sha256),
    ]
    cells: list[list[Any]] = []
    pairs = [*photo.scale, *photo.facts]
    for start in range(0, len(pairs), 4):
        row = [_pair(pair) for pair in pairs[start : start + 4]]
        cells.append([*row, *[""] * (4 - len(row))])
    cells += [[_pair(pair), "", "", ""] for pair in hashes]
    table = Table(cells, colWidths=[room / 4] * 4)
    spans = [("SPAN", (0, row), (-1, row)) for row in range(len(cells) - 2, len(cells))]
    table.setStyle(TableStyle([*tight(2, 1), *spans]))
    return table


def _pair(pair: Labelled) -> list[Flowable]:
    return [para(pair.label, 6.2, colour=c.INK3), para(pair.value, 7.2)]


class MeasuredPicture(Flowable):
    """The picture with its paths; points are in pixels of the picture as it is given."""

    def __init__(self, photo: SheetPhoto, language: Language) -> None:
        super().__init__()
        self._photo, self._language = photo, language
        self._wide = self._high = self._scale = 0.0

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        photo = self._photo
        self._scale = min(room / photo.w, _MOST_HIGH / photo.h)
        self._wide, self._high = photo.w * self._scale, photo.h * self._scale
        return self._wide, self._high

    def draw(self) -> None:
        canvas = self.canv
        canvas.drawImage(ImageReader(as_jpeg(self._photo)), 0, 0, self._wide, self._high)
        clip = canvas.beginPath()
        clip.rect(0, 0, self._wide, self._high)
        canvas.saveState()
        canvas.clipPath(clip, stroke=0)
        for path in self._photo.paths:
            self._path(path)
        for path in self._photo.paths:
            self._label(path)
        self._bar()
        canvas.restoreState()

    def _points(self, path: PhotoPath) -> list[tuple[float, float]]:
        return [(x * self._scale, self._high - y * self._scale) for x, y in path.points]

    def _path(self, path: PhotoPath) -> None:
        """Casing first; a repeated reading is dashed."""
        points = self._points(path)
        if len(points) < 2:
            return
        for colour, wide in ((_CASING, 2.6), (_COLOURS.get(path.kind, c.INK), 1.3)):
            line = self.canv.beginPath()
            line.moveTo(*points[0])
            for point in points[1:]:
                line.lineTo(*point)
            self.canv.setStrokeColor(HexColor(colour))
            self.canv.setLineWidth(wide)
            self.canv.setLineJoin(1)
            self.canv.setDash([3, 2] if path.repeated and colour != _CASING else [])
            self.canv.drawPath(line, stroke=1, fill=0)
            for end, before in ((points[0], points[1]), (points[-1], points[-2])):
                self._end_bar(end, before)
        self.canv.setDash([])

    def _end_bar(self, end: tuple[float, float], before: tuple[float, float]) -> None:
        """A bar square to the path."""
        dx, dy = end[0] - before[0], end[1] - before[1]
        long = (dx * dx + dy * dy) ** 0.5
        if long:
            across, along = dy / long * 4, dx / long * 4
            self.canv.line(end[0] - across, end[1] + along, end[0] + across, end[1] - along)

    def _label(self, path: PhotoPath) -> None:
        """The length on a dark plate beside the middle of the path, kept inside the picture."""
        points = self._points(path)
        if not path.label or not points:
            return
        wide = width(path.label, _LABEL, "bold") + 8
        x, y = points[len(points) // 2]
        left = min(max(x - wide / 2, 2), self._wide - wide - 2)
        low = min(max(y + 6, 2), self._high - 15)
        self._plate(left, low, wide, 12, _COLOURS.get(path.kind, "#FFFFFF"))
        write(self.canv, left + 4, low + 3.4, path.label, _LABEL, "bold", "#FFFFFF")

    def _plate(self, left: float, low: float, wide: float, high: float, edge: str) -> None:
        self.canv.setFillColor(HexColor(_CASING))
        self.canv.setStrokeColor(HexColor(edge))
        self.canv.setLineWidth(0.8)
        self.canv.roundRect(left, low, wide, high, 3, stroke=1, fill=1)

    def _bar(self) -> None:
        """The longest round length that takes at most a fifth of the picture."""
        per_mm = self._photo.px_per_mm * self._scale
        fitting = [mm for mm in _BARS_MM if mm * per_mm <= self._wide / 5]
        if not fitting or per_mm <= 0:
            return
        mm, wide = fitting[0], fitting[0] * per_mm
        text = f"{mm // 10} cm" if mm >= 10 else f"{mm} mm"
        self._plate(6, 6, wide + 12, 20, _CASING)
        write(self.canv, 12 + wide / 2, 17, text, 6.8, "medium", "#FFFFFF", anchor="middle")
        self.canv.setStrokeColor(HexColor("#FFFFFF"))
        self.canv.setLineWidth(1.2)
        self.canv.line(12, 12, 12 + wide, 12)
        for x in (12, 12 + wide):
            self.canv.line(x, 9.5, x, 14.5)
