"""Labels for the pieces of one subject's specimen, as a sheet in true size: QR, subject, piece.

Subject code only: no name, no hospital number, no arm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from reportlab.graphics.barcode.qr import QrCodeWidget

from reset_or.base.words import Language, say
from reset_or.reports.pdfa import archivable
from reset_or.reports.true_size import POINTS_PER_MM, Page
from reset_or.reports.typeset import fitted, write

PAGE_MM: Final = (210.0, 297.0)
LABEL_MM: Final = (99.1, 67.7)
"""Eight on A4: the common sheet of 99.1 x 67.7 mm labels, no gap down, 2.5 mm between the columns."""
_FIRST_MM: Final = (4.65, 13.1)
_GAP_MM: Final = 2.5
_QR_MM: Final = 36.0
_ROWS: Final = 4
_QUIET: Final = 4
"""Modules of white around the code, as its standard asks."""


@dataclass(frozen=True)
class PieceLabel:
    """One label: what its QR says, the subject, the code of the piece, and the piece's name in words."""

    qr: str
    subject: str
    code: str
    piece: str
    piece_other: str = ""


def render(labels: Sequence[PieceLabel], language: Language, *, study: str, at: int, version: str) -> bytes:
    """The finished sheet, at most eight labels to a page; PDF/A-2b, nothing written to disk.

    Raises EnvironmentTrouble("report_fonts_missing"), OurBug("report_not_archivable").
    """
    page = Page(*PAGE_MM, language)
    for number, label in enumerate(labels):
        if number and number % (2 * _ROWS) == 0:
            page.canvas.showPage()
        _label(page, number % (2 * _ROWS), label, study)
    page.check_line(55.0, PAGE_MM[1] - 6)
    producer = f"RESET-OR {version}".strip()
    title = say("card.labels", language, subject=labels[0].subject if labels else "")
    return archivable(page.data(), title=title, subject=study, at=at, producer=producer)


def _label(page: Page, number: int, label: PieceLabel, study: str) -> None:
    row, column = divmod(number, 2)
    x = _FIRST_MM[0] + column * (LABEL_MM[0] + _GAP_MM)
    y = _FIRST_MM[1] + row * LABEL_MM[1]
    _qr(page, x + 5, y + 8, label.qr)
    right = x + 5 + _QR_MM + 5
    room = (x + LABEL_MM[0] - 4 - right) * POINTS_PER_MM
    page.text(right, y + 24, label.code, 15, weight="bold")
    page.text(right, y + 34, label.subject, 5.2, weight="bold")
    for line, text in enumerate(text for text in (label.piece, label.piece_other) if text):
        size = fitted(text, 11.0, "medium", room)
        write(page.canvas, page.x(right), page.y(y + 41 + 5.4 * line), text, size, "medium")
    page.text(x + 9, y + 52, f"RESET-OR  {study}", 1.9, colour="#5F6E7A")
    for start, end in (((x, y), (x + LABEL_MM[0], y)), ((x, y), (x, y + LABEL_MM[1])),
                       ((x + LABEL_MM[0], y), (x + LABEL_MM[0], y + LABEL_MM[1])),
                       ((x, y + LABEL_MM[1]), (x + LABEL_MM[0], y + LABEL_MM[1]))):  # fmt: skip
        page.line(start, end, 0.05, "#B4C2CD")


def _qr(page: Page, x_mm: float, y_mm: float, text: str) -> None:
    """Level Q: a quarter of it may be wet, torn or written over. Rows of dark modules in one piece each."""
    widget: Any = QrCodeWidget(text, barLevel="Q")
    code = widget.qr
    code.make()
    count = code.getModuleCount()
    module = _QR_MM / (count + 2 * _QUIET)
    for row in range(count):
        dark = [bool(code.isDark(row, column)) for column in range(count)]
        column = 0
        while column < count:
            run = next((n for n, on in enumerate(dark[column:]) if not on), count - column)
            if run:
                left, top = x_mm + (_QUIET + column) * module, y_mm + (_QUIET + row) * module
                page.box(left, top, run * module, module, "#000000")
            column += max(run, 1)
