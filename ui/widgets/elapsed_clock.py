"""ElapsedClock: time since removal in words, with a bar that runs to the advised limit.

Words come from a callable so that the language stays outside. It holds no clock: `tick(now_at)` shows a
moment; `start(now)` ticks each second by itself until `stop`.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.painting import RIGHT, Painted, panel, row_height

Wording = Callable[[int], tuple[str, str]]


class ElapsedClock(Painted):
    """`wording(elapsed_ms)` gives (time, small print), e.g. ("8 min 47 s since removal", "within 10 min")."""

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._removed_at: int | None = None
        self._limit_ms = 600_000
        self._elapsed_ms = 0
        self._words = ("", "")
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._now: Callable[[], int] | None = None
        self._timer.timeout.connect(self._tick_self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_run(self, removed_at: int | None, limit_ms: int) -> None:
        """Count from `removed_at` (UTC ms); None shows nothing. `limit_ms` is where the bar is full."""
        self._removed_at, self._limit_ms = removed_at, max(1, limit_ms)
        self.setVisible(removed_at is not None)

    def tick(self, now_at: int) -> None:
        """Show the time elapsed at `now_at` (UTC ms); a clock set back shows 0."""
        if self._removed_at is None:
            return
        self._elapsed_ms = max(0, now_at - self._removed_at)
        words = self._wording(self._elapsed_ms)
        if words != self._words:
            grown = fitting.text_width(words[0], 100, theme.BOLD) > fitting.text_width(
                self._words[0], 100, theme.BOLD
            )
            self._words = words
            self.setAccessibleName(", ".join(part for part in words if part))
            if grown:
                self.updateGeometry()
        self.update()

    def start(self, now: Callable[[], int]) -> None:
        """Tick every second by `now` until `stop`."""
        self._now = now
        self._timer.start()
        self._tick_self()

    def stop(self) -> None:
        self._timer.stop()

    def is_late(self) -> bool:
        return self._elapsed_ms >= self._limit_ms

    def _tick_self(self) -> None:
        if self._now is not None:
            self.tick(self._now())

    def set_wording(self, wording: Wording) -> None:
        """Other words, for a change of language; shown at once."""
        self._wording = wording
        self._words = wording(self._elapsed_ms)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        big = fitting.text_width(self._words[0], theme.px(22), theme.BOLD)
        small = fitting.text_width(self._words[1], theme.px(14), theme.REGULAR)
        return QSize(int(max(big, small, theme.px(200))) + theme.px(8), row_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(180), row_height())

    def draw(self, painter: QPainter, look: Tokens) -> None:
        wide, high = float(self.width()), float(self.height())
        bar = theme.px(6)
        hue = look.short if self.is_late() else look.accent
        self.writer.write(
            painter,
            QRectF(0, 0, wide, high * 0.5),
            self._words[0],
            theme.px(22),
            weight=theme.BOLD,
            colour=look.short if self.is_late() else look.text,
            align=RIGHT,
        )
        self.writer.write(
            painter,
            QRectF(0, high * 0.5, wide, high * 0.32),
            self._words[1],
            theme.px(14),
            colour=look.text2,
            align=RIGHT,
        )
        track = QRectF(0, high - bar, wide, bar)
        panel(painter, track, bar / 2, look.pressed)
        part = min(1.0, self._elapsed_ms / self._limit_ms)
        panel(painter, QRectF(0, high - bar, max(bar, wide * part), bar), bar / 2, hue)
