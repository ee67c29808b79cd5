"""Text on paper: the embedded fonts, the one way to build a Paragraph, and characters no font has.

Every text passes `runs`, so that a missing character becomes a visible `[U+20BB7]`, never a silent box, and
every Paragraph passes `para`, the one place where text is escaped into reportlab's markup.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, Literal
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from reset_or.base import resources
from reset_or.base.errors import EnvironmentTrouble

Weight = Literal["regular", "medium", "bold"]
_FILES: Final = {
    "regular": ("RO-Sans-Regular", "RESET-OR-Sans-Regular.ttf"),
    "medium": ("RO-Sans-Medium", "RESET-OR-Sans-Medium.ttf"),
    "bold": ("RO-Sans-Bold", "RESET-OR-Sans-Bold.ttf"),
}
# Never drawn as they are, even if a font had a shape: controls, formatting (bidi overrides), private use.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@cache
def _faces() -> dict[str, frozenset[int]]:
    """Registers the three faces with reportlab once a process; name -> characters it can draw."""
    covered = {}
    for name, file in _FILES.values():
        try:
            font = TTFont(name, io.BytesIO(resources.read_bytes("fonts", file)))
        except FileNotFoundError as error:
            raise EnvironmentTrouble("report_fonts_missing") from error
        pdfmetrics.registerFont(font)
        covered[name] = frozenset(font.face.charToGlyph)
    return covered


def face(weight: Weight) -> str:
    """The registered font name of a weight. Raises EnvironmentTrouble("report_fonts_missing")."""
    _faces()
    return _FILES[weight][0]


def runs(text: str, weight: Weight = "regular") -> Iterator[tuple[str, str]]:
    """(font name, text it can draw) of one line: other weight first, then a visible marker."""
    covered, wanted, spare = _faces(), face(weight), face("regular")
    current, part = wanted, ""
    for char in text:
        name, shown = wanted, char
        if char in "\t\n\r\u00a0":
            shown = " "
        elif unicodedata.category(char) in _UNSEEN:
            shown = f"[U+{ord(char):04X}]"
        elif ord(char) not in covered[wanted]:
            if ord(char) in covered[spare]:
                name = spare
            else:
                shown = f"[U+{ord(char):04X}]"
        if name != current and part:
            yield current, part
            part = ""
        current, part = name, part + shown
    if part:
        yield current, part


def para(
    text: str, size: float, weight: Weight = "regular", colour: str = "#15202B", *, right: bool = False
) -> Paragraph:
    """A wrapping paragraph of plain text; line breaks in the text stay. The only maker of Paragraphs."""
    lines = []
    for line in text.splitlines() or [""]:
        parts = (f'<font name="{name}">{escape(part)}</font>' for name, part in runs(line, weight))
        lines.append("".join(parts))
    style = ParagraphStyle(
        "text",
        fontName=face(weight),
        fontSize=size,
        leading=round(size * 1.32, 2),
        textColor=HexColor(colour),
        alignment=TA_RIGHT if right else TA_LEFT,
        wordWrap="CJK" if any(ord(char) >= 0x2E80 for char in text) else None,
        splitLongWords=1,
    )
    return Paragraph("<br/>".join(lines), style)


def width(text: str, size: float, weight: Weight = "regular") -> float:
    """Width in points of one line."""
    return float(sum(pdfmetrics.stringWidth(part, name, size) for name, part in runs(text, weight)))


def write(
    canvas: Any, x: float, y: float, text: str, size: float, weight: Weight = "regular",
    colour: str = "#15202B", *, anchor: Literal["start", "middle", "end"] = "start",
) -> float:  # fmt: skip
    """Draws one line with its baseline at y; returns its width."""
    whole = width(text, size, weight)
    x -= {"start": 0.0, "middle": whole / 2, "end": whole}[anchor]
    canvas.setFillColor(HexColor(colour))
    for name, part in runs(text, weight):
        canvas.setFont(name, size)
        canvas.drawString(x, y, part)
        x += pdfmetrics.stringWidth(part, name, size)
    return whole


def fitted(text: str, size: float, weight: Weight, room: float, least: float = 5.0) -> float:
    """The largest size not above `size` at which one line fits into `room` points; never below `least`."""
    while size > least and width(text, size, weight) > room:
        size -= 0.25
    return size


def line(
    canvas: Any, x: float, y: float, text: str, size: float, room: float, weight: Weight = "regular",
    colour: str = "#15202B", *, anchor: Literal["start", "middle", "end"] = "start",
) -> float:  # fmt: skip
    """One line that never leaves its room: smaller first, then shortened with a visible ellipsis.

    For headings and furniture only; whatever was recorded goes through `para`, which wraps.
    """
    size = fitted(text, size, weight, room)
    while len(text) > 1 and width(text, size, weight) > room:
        text = text[:-2].rstrip() + "…"
    return write(canvas, x, y, text, size, weight, colour, anchor=anchor)
