"""The paper itself: A4 with margins, "page n of m", the rules of head and foot, the demo band."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from reset_or.base.words import Language, say
from reset_or.reports import palette as c
from reset_or.reports.typeset import face, line, write

SIDE: Final = 34.0
ROOM: Final = A4[0] - 2 * SIDE
_HEAD: Final = 52.0
_FOOT: Final = 30.0
_TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}


def lay_out(
    story: list[Flowable], furnish: Callable[[Any, Any], None], language: Language, *, demo: bool
) -> bytes:
    """A plain PDF of the story; `furnish(canvas, document)` draws head and foot of each page."""
    stream = io.BytesIO()
    top = _HEAD + (18 if demo else 0)
    document = BaseDocTemplate(
        stream, pagesize=A4, leftMargin=SIDE, rightMargin=SIDE, topMargin=top, bottomMargin=_FOOT
    )
    frame = Frame(SIDE, _FOOT, ROOM, A4[1] - top - _FOOT - 10, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("page", [frame], onPage=furnish)])
    document.build(story, canvasmaker=partial(_NumberedCanvas, language))
    return stream.getvalue()


class _NumberedCanvas(Canvas):
    """Holds the pages back until their number is known, then writes "page n of m" on each."""

    def __init__(self, language: Language, *args: Any, **options: Any) -> None:
        options |= {"invariant": 1, "lang": _TAGS[language], "initialFontName": face("regular")}
        super().__init__(*args, **options)
        self._language = language
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 (reportlab's name)
        self._kept.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the stubs leave it out

    def save(self) -> None:
        total = len(self._kept)
        for number, state in enumerate(self._kept, 1):
            self.__dict__.update(state)
            text = say("report.page", self._language, n=number, m=total)
            write(self, A4[0] - SIDE, 16, text, 7.2, "medium", c.INK2, anchor="end")
            super().showPage()
        super().save()


def head_line(canvas: Any, y: float) -> None:
    """The rule below the heading."""
    canvas.setStrokeColor(HexColor(c.INK))
    canvas.setLineWidth(1.1)
    canvas.line(SIDE, y, A4[0] - SIDE, y)


def foot_line(canvas: Any) -> None:
    """The rule above the foot."""
    canvas.setStrokeColor(HexColor(c.LINE))
    canvas.setLineWidth(0.5)
    canvas.line(SIDE, 26, A4[0] - SIDE, 26)


def demo_band(canvas: Any, y: float, text: str) -> None:
    """What marks every page of the demonstration study."""
    canvas.setFillColor(HexColor(c.DEMO))
    canvas.setStrokeColor(HexColor(c.DEMO_LINE))
    canvas.setLineWidth(0.7)
    canvas.rect(SIDE, y, ROOM, 14, stroke=1, fill=1)
    line(canvas, A4[0] / 2, y + 4, text, 8, ROOM - 10, "bold", anchor="middle")
