"""Fits words into boxes: shrink first, then break lines, then elide, so that nothing is ever cut by an edge.

Pure measuring with the application's face; results are cached because key presses repaint the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from ui.style import theme

LINE = 1.22  # line height in em; the face's own 1.45 wastes a third of a plate
_ASIDE = "（"
_NO_START = frozenset("，。、；：！？）》」』”’%,.;:!?)]}·…")


@dataclass(frozen=True)
class Fit:
    """Text as it is to be drawn: lines, size in real px, width of the widest line in px, were words lost."""

    lines: tuple[str, ...]
    px: int
    width: float
    elided: bool


@lru_cache(maxsize=256)
def measure(px: int, weight: int) -> QFontMetricsF:
    return QFontMetricsF(theme.font(px, weight))


@lru_cache(maxsize=8192)
def text_width(text: str, px: int, weight: int) -> float:
    """Advance width of one line in px."""
    return measure(px, weight).horizontalAdvance(text)


def line_height(px: int) -> float:
    return px * LINE


@lru_cache(maxsize=4096)
def fit(text: str, width: int, height: int, px: int, weight: int, floor: int, lines: int) -> Fit:
    """The largest size from `px` down to `floor` at which `text` fits in at most `lines`; else elided."""
    step = 1 if px < 24 else 2
    size = px
    while size > floor:
        found = _broken(text, width, size, weight, lines)
        if found is not None and len(found) * line_height(size) <= height + 1:
            return _made(found, size, weight, False)
        size -= step
    size = floor
    room = max(1, min(lines, int((height + 1) // line_height(size))))
    found = _broken(text, width, size, weight, room)
    if found is not None:
        return _made(found, size, weight, False)
    return _made(_elided(text, width, size, weight, room), size, weight, True)


def _made(lines: tuple[str, ...], px: int, weight: int, elided: bool) -> Fit:
    return Fit(lines, px, max((text_width(line, px, weight) for line in lines), default=0.0), elided)


def _pieces(text: str) -> list[str]:
    """Smallest parts that may stand on different lines: words with their space, single wide characters."""
    parts: list[str] = []
    for char in text:
        wide = ord(char) > 0x2E7F
        glue = parts and (
            char in _NO_START
            or char == " "
            or not (wide or parts[-1].endswith(" ") or ord(parts[-1][-1]) > 0x2E7F)
        )
        if glue:
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def _fill(text: str, width: int, px: int, weight: int) -> tuple[str, ...]:
    done: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and text_width((line + piece).rstrip(), px, weight) > width:
                done.append(line.rstrip())
                line = piece
            else:
                line += piece
        done.append(line.rstrip())
    return tuple(done)


def _broken(text: str, width: int, px: int, weight: int, lines: int) -> tuple[str, ...] | None:
    if lines == 1 and "\n" not in text:
        return (text,) if text_width(text, px, weight) <= width else None
    if lines > 1 and _ASIDE in text[1:] and "\n" not in text:
        # a remark in brackets belongs on a line of its own, not broken in its middle
        aside = _broken(text.replace(_ASIDE, "\n" + _ASIDE, 1), width, px, weight, lines)
        if aside is not None and text_width(text, px, weight) > width:
            return aside
    found = _fill(text, width, px, weight)
    fits = len(found) <= lines and all(text_width(line, px, weight) <= width for line in found)
    return found if fits else None


def _elided(text: str, width: int, px: int, weight: int, lines: int) -> tuple[str, ...]:
    found = _fill(text, width, px, weight)
    rest = "".join(found[lines - 1 :]) if len(found) > lines else found[-1]
    kept = found[: lines - 1] if len(found) >= lines else found[:-1]
    last = measure(px, weight).elidedText(
        rest if len(found) <= lines else rest + "…", Qt.TextElideMode.ElideRight, width
    )
    return (*kept, last)
