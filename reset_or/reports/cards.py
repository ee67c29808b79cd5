"""Margin cards, case line and safety line: number first, then the plate with shape, word and distance."""

from __future__ import annotations

from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, Paragraph

from reset_or.reports import palette as c
from reset_or.reports.model import CaseLine, MarginEnd, Plate, SafetyLine
from reset_or.reports.shapes import draw_shape
from reset_or.reports.typeset import line, para, width, write

# plate -> (fill, ink): bright plates carry white; green and neutral are dim; an estimate is hatched.
_PLATES: Final[dict[Plate, tuple[str, str]]] = {
    "ok": (c.OK_DIM, c.OK),
    "neutral": (c.PANEL, c.INK),
    "short": (c.SHORT, c.WHITE),
    "long": (c.LONG, c.WHITE),
    "estimate": (c.WHITE, c.INK),
    "empty": (c.PANEL, c.INK2),
}
_PAD: Final = 7.0
_GAP: Final = 8.0
_STRIP: Final = 22.0


class MarginCards(Flowable):
    """Both ends side by side, equally high. `strip_text` stands on the plate where no word may stand."""

    def __init__(
        self, ends: tuple[MarginEnd, MarginEnd], *, verdicts: bool, strip_text: str, targets: bool
    ) -> None:
        super().__init__()
        self._ends = ends
        self._verdicts = verdicts
        self._strip_text = strip_text
        self._targets = targets
        self._room = self._height = self._head = 0.0
        self._states: list[tuple[Paragraph, float, float]] = []
        self._strips: list[_Plaque] = []
        self._captions: list[list[tuple[Paragraph, float]]] = []

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        self._room = room
        wide = (room - _GAP) / 2
        self._captions = [_laid([para(t, 7.2, colour=c.INK2) for t in e.captions], wide) for e in self._ends]
        self._states = [self._state(end, wide - 2 * _PAD) for end in self._ends]
        self._head = 18 + max(32.0, *(high + 4 for _, high, _ in self._states))
        self._strips = []
        if self._verdicts or self._strip_text:
            self._strips = [self._strip(end, wide) for end in self._ends]
        below = [
            (self._strips[k].height if self._strips else 0) + sum(high + 1.5 for _, high in self._captions[k])
            for k in (0, 1)
        ]
        self._height = self._head + 4 + max(below)
        return room, self._height

    def _strip(self, end: MarginEnd, wide: float) -> _Plaque:
        if self._verdicts:
            return _Plaque(end.plate, wide, end.verdict, end.word, end.delta)
        return _Plaque("neutral", wide, "", self._strip_text, end.delta)

    def draw(self) -> None:
        wide = (self._room - _GAP) / 2
        for k, end in enumerate(self._ends):
            left = k * (wide + _GAP)
            self._draw_card(left, wide, end, self._states[k])
            y = self._height - self._head
            if self._strips:
                y -= self._strips[k].height
                self._strips[k].draw(self.canv, left, y)
            y -= 2
            for part, high in self._captions[k]:
                y -= high
                part.drawOn(self.canv, left + _PAD, y)
                y -= 1.5

    def _draw_card(
        self, left: float, wide: float, end: MarginEnd, state: tuple[Paragraph, float, float]
    ) -> None:
        canvas, top = self.canv, self._height
        canvas.saveState()
        canvas.setFillColor(HexColor(c.WHITE))
        canvas.setStrokeColor(HexColor(c.LINE))
        canvas.setLineWidth(0.6)
        canvas.roundRect(left, 0, wide, top, 4, stroke=1, fill=1)
        canvas.restoreState()
        x, inner = left + _PAD, wide - 2 * _PAD
        title = line(canvas, x, top - 13, end.title, 8.6, inner * 0.55, "medium")
        if self._targets and end.target:
            room = inner - title - 8
            line(canvas, left + wide - _PAD, top - 13, end.target, 7.4, room, colour=c.INK2, anchor="end")
        middle = top - 16 - (self._head - 18) / 2
        if end.unit:
            used = write(canvas, x, middle - 9.5, end.value, 27, "bold")
            write(canvas, x + used + 4, middle - 9.5, end.unit, 11, colour=c.INK2)
        text, high, room = state
        text.drawOn(canvas, x + inner - room, middle - high / 2)

    def _state(self, end: MarginEnd, inner: float) -> tuple[Paragraph, float, float]:
        """The state beside the number, or, where there is no number, why; with its height and room."""
        if not end.unit:
            reason = para(end.value, 11, "medium", c.INK2)
            return reason, reason.wrap(inner, 1000)[1], inner
        room = inner - width(end.value, 27, "bold") - width(end.unit, 11) - 14
        state = para(end.state, 8.6, "medium", c.INK, right=True)
        return state, state.wrap(room, 1000)[1], room


class _Plaque:
    """One plate: shape, word and a second text to the right; grows where a word needs two lines."""

    def __init__(self, plate: Plate, wide: float, code: str, word: str, aside: str, before: str = "") -> None:
        self._plate, self._wide, self._code, self._before = plate, wide, code, before
        ink = _PLATES[plate][1]
        self._start = _PAD + (width(before, 8.2, "medium") + 8 if before else 0) + (20 if code else 0)
        room = wide - self._start - _PAD
        shared = room - 8 if word and aside else room
        aside_room = min(width(aside, 8.6, "medium") + 1, shared * (0.45 if word else 1)) if aside else 0
        self._word_room, self._aside_room = shared - aside_room, aside_room
        self._word = para(word, 10.5, "bold", ink)
        self._aside = para(aside, 8.6, "medium", ink, right=True)
        self._high = (
            self._word.wrap(self._word_room, 1000)[1] if word else 0.0,
            self._aside.wrap(aside_room, 1000)[1] if aside else 0.0,
        )
        self.height = max(_STRIP, max(self._high) + 7)

    def draw(self, canvas: Any, left: float, y: float) -> None:
        fill, ink = _PLATES[self._plate]
        draw_plate(canvas, left + 0.3, y, self._wide - 0.6, self.height, self._plate)
        middle = y + self.height / 2
        if self._before:
            write(canvas, left + _PAD, middle - 3, self._before, 8.2, "medium", ink)
        if self._code:
            draw_shape(canvas, self._code, left + self._start - 20, middle - 7.5, 15, ink, fill)
        word_high, aside_high = self._high
        if word_high:
            self._word.drawOn(canvas, left + self._start, middle - word_high / 2)
        if aside_high:
            x = left + self._wide - _PAD - self._aside_room
            self._aside.drawOn(canvas, x, middle - aside_high / 2)


def _laid(parts: list[Paragraph], wide: float) -> list[tuple[Paragraph, float]]:
    return [(part, part.wrap(wide - 2 * _PAD, 1000)[1]) for part in parts]


def draw_plate(canvas: Any, x: float, y: float, wide: float, high: float, plate: Plate) -> None:
    """The ground of a verdict; an estimate is hatched at both ends so that greyscale shows it too."""
    canvas.saveState()
    canvas.setFillColor(HexColor(_PLATES[plate][0]))
    canvas.rect(x, y, wide, high, stroke=0, fill=1)
    if plate == "estimate":
        frame = canvas.beginPath()
        frame.rect(x, y, wide, high)
        canvas.clipPath(frame, stroke=0, fill=0)
        canvas.setStrokeColor(HexColor(c.FAINT))
        canvas.setLineWidth(0.8)
        start = x - high
        while start < x + wide:
            canvas.line(start, y, start + high, y + high)
            start += 5
    canvas.restoreState()


class CaseStrip(Flowable):
    """The case's verdict and what it is worth; without verdicts only the status."""

    def __init__(self, case: CaseLine, label: str, *, verdicts: bool) -> None:
        super().__init__()
        self._case, self._label, self._verdicts = case, label, verdicts
        self._parts: list[tuple[Paragraph, float]] = []
        self._plaque: _Plaque | None = None
        self._height = 0.0

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        case = self._case
        if self._verdicts:
            self._plaque = _Plaque(case.plate, room, case.verdict, case.word, case.status, self._label)
        else:
            self._plaque = _Plaque("neutral", room, "", "", case.status, self._label)
        texts = case.lines if self._verdicts else ()
        self._parts = _laid([para(text, 7.4, colour=c.INK2) for text in texts], room)
        self._height = self._plaque.height + sum(high for _, high in self._parts) + 2 * bool(self._parts)
        return room, self._height

    def draw(self) -> None:
        assert self._plaque is not None
        y = self._height - self._plaque.height
        self._plaque.draw(self.canv, 0, y)
        y -= 2
        for part, high in self._parts:
            y -= high
            part.drawOn(self.canv, _PAD, y)


class SafetyStrip(Flowable):
    """The passed safety line: octagon and sentence, apart from the verdicts."""

    def __init__(self, safety: SafetyLine) -> None:
        super().__init__()
        self._safety = safety
        self._part = para(safety.text, 9, "medium", c.SAFETY)
        self._room = self._height = 0.0

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        self._room = room
        self._height = max(22.0, self._part.wrap(room - 36, 1000)[1] + 9)
        return room, self._height

    def draw(self) -> None:
        canvas = self.canv
        canvas.saveState()
        canvas.setFillColor(HexColor(c.SAFETY_DIM))
        canvas.setStrokeColor(HexColor(c.SAFETY))
        canvas.setLineWidth(0.8)
        canvas.roundRect(0, 0, self._room, self._height, 3, stroke=1, fill=1)
        canvas.restoreState()
        draw_shape(canvas, self._safety.code, 8, self._height / 2 - 8, 16, c.SAFETY, c.SAFETY_DIM)
        self._part.drawOn(canvas, 30, (self._height - self._part.height) / 2)
