"""Sheets that must come out of the printer in true size: how they are begun, and what proves it.

A reader is told not to scale (PrintScaling), the sheet says so in words, and a line of 100 mm stands on it to
hold a ruler to. Lengths in mm, x right, y DOWN from the page's top left corner.
"""

from __future__ import annotations

import io
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from reset_or.base.words import Language, say
from reset_or.reports.typeset import face, write

POINTS_PER_MM: Final = 72 / 25.4
CHECK_MM: Final = 100.0


class Page:
    """One page in millimetres. `data()` gives the finished PDF; nothing is written to disk."""

    def __init__(self, width_mm: float, height_mm: float, language: Language) -> None:
        self.height_mm, self.language = height_mm, language
        self._stream = io.BytesIO()
        size = (width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM)
        said: dict[str, Any] = {"initialFontName": face("regular"), "invariant": 1}
        lang = "zh-CN" if language == "zh" else "en-GB"
        self.canvas: Any = Canvas(self._stream, pagesize=size, lang=lang, **said)
        self.canvas.setViewerPreference("PrintScaling", "None")

    def x(self, x_mm: float) -> float:
        return x_mm * POINTS_PER_MM

    def y(self, y_mm: float) -> float:
        return (self.height_mm - y_mm) * POINTS_PER_MM

    def box(self, x_mm: float, y_mm: float, w_mm: float, h_mm: float, colour: str) -> None:
        """A filled rectangle; (x, y) is its top left corner."""
        self.canvas.setFillColor(HexColor(colour))
        w, h = w_mm * POINTS_PER_MM, h_mm * POINTS_PER_MM
        self.canvas.rect(self.x(x_mm), self.y(y_mm + h_mm), w, h, stroke=0, fill=1)

    def line(
        self, from_mm: tuple[float, float], to_mm: tuple[float, float], width_mm: float,
        colour: str = "#000000", dash_mm: float = 0,
    ) -> None:  # fmt: skip
        """A straight line with square ends, dashed where `dash_mm` is given."""
        canvas = self.canvas
        canvas.setStrokeColor(HexColor(colour))
        canvas.setLineWidth(width_mm * POINTS_PER_MM)
        canvas.setDash([dash_mm * POINTS_PER_MM] if dash_mm else [])
        canvas.line(self.x(from_mm[0]), self.y(from_mm[1]), self.x(to_mm[0]), self.y(to_mm[1]))

    def text(self, x_mm: float, y_mm: float, text: str, high_mm: float, **said: Any) -> None:
        """One line with its baseline at y; `high_mm` is the height of its capitals."""
        write(self.canvas, self.x(x_mm), self.y(y_mm), text, high_mm / 0.73 * POINTS_PER_MM, **said)

    def check_line(self, x_mm: float, y_mm: float) -> None:
        """The line of 100 mm to hold a ruler to, from the outer edge of one bar to that of the other."""
        end_mm = x_mm + CHECK_MM
        self.line((x_mm, y_mm), (end_mm, y_mm), 0.3)
        for at_mm, inwards in ((x_mm, 0.1), (end_mm, -0.1)):
            self.line((at_mm + inwards, y_mm - 2.5), (at_mm + inwards, y_mm + 2.5), 0.2)
        self.text(
            x_mm + CHECK_MM / 2, y_mm - 1.4, say("card.check_line", self.language), 2.2, anchor="middle"
        )

    def data(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save()
        return self._stream.getvalue()
