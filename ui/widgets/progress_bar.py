"""ProgressBar: a painted bar by fraction. What it counts (bytes, never items) is the caller's business."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.labels import Tone
from ui.widgets.painting import Painted, panel


class ProgressBar(Painted):
    """`set_part(part, spoken)`: part from 0 to 1, spoken for a screen reader, e.g. "38.4 of 61.0 MB"."""

    def __init__(self, parent: QWidget | None = None, *, high_px: int = 10) -> None:
        super().__init__(parent)
        self._part = 0.0
        self._tone: Tone = "accent"
        self._high_px = high_px
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def part(self) -> float:
        return self._part

    def set_part(self, part: float, spoken: str, tone: Tone = "accent") -> None:
        self._part, self._tone = min(1.0, max(0.0, part)), tone
        self.setAccessibleName(spoken)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(self._high_px))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(40), theme.px(self._high_px))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        rect = QRectF(self.rect())
        radius = rect.height() / 2
        panel(painter, rect, radius, look.pressed)
        if self._part > 0:
            done = QRectF(0, 0, max(rect.height(), rect.width() * self._part), rect.height())
            panel(painter, done, radius, getattr(look, self._tone))
