"""StepDots: the steps of a task as numbered dots joined by a line, words below; done steps carry a tick."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.painting import CENTRE, Painted, panel
from ui.widgets.step_bar import StepView
from ui.widgets.verdict_shape import draw_shape


class StepDots(Painted):
    """Says where a person is; pressing is left to the buttons of the task itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[StepView, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_steps(self, steps: Sequence[StepView]) -> None:
        if tuple(steps) != self._steps:
            self._steps = tuple(steps)
            now = next((step.text for step in steps if step.state == "current"), "")
            self.setAccessibleName(now)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(280), theme.px(58))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        if not self._steps:
            return
        wide, dot = self.width() / len(self._steps), theme.px(26)
        middle = [QPointF(wide * (i + 0.5), dot / 2 + 2) for i in range(len(self._steps))]
        for i in range(1, len(middle)):
            done = self._steps[i - 1].state == "done"
            painter.setPen(QPen(QColor(look.ok if done else look.line), theme.px(2.5)))
            gap = QPointF(dot / 2 + theme.px(5), 0)
            painter.drawLine(middle[i - 1] + gap, middle[i] - gap)
        for number, (step, at) in enumerate(zip(self._steps, middle, strict=True), start=1):
            ring = QRectF(at.x() - dot / 2, at.y() - dot / 2, dot, dot)
            if step.state == "done":
                draw_shape(painter, "within_protocol", ring, look.ok, look.surface)
            else:
                lit = step.state == "current"
                panel(
                    painter,
                    ring,
                    dot / 2,
                    look.accent_dim if lit else None,
                    look.accent if lit else look.border,
                    2,
                )
                ink = look.accent if lit else look.text2
                self.writer.write(
                    painter, ring, str(number), theme.px(14), weight=theme.BOLD, colour=ink, align=CENTRE
                )
            words = QRectF(at.x() - wide / 2, dot + theme.px(6), wide, theme.px(22))
            weight, ink = (theme.BOLD, look.text) if step.state == "current" else (theme.REGULAR, look.text2)
            self.writer.write(
                painter, words, step.text, theme.px(look.size.small), weight=weight, colour=ink, align=CENTRE
            )
