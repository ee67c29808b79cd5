"""StepBar: the steps of a case (plan, record, specimen) in a row; done steps carry a tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.buttons import Button
from ui.widgets.painting import CENTRE, LEFT, panel
from ui.widgets.verdict_shape import draw_shape

StepState = Literal["done", "current", "open", "blocked"]


@dataclass(frozen=True)
class StepView:
    """One step: code out, words in, and where it stands."""

    code: str
    text: str
    state: StepState = "open"


class _Step(Button):
    def __init__(self, step: StepView, number: int, parent: QWidget) -> None:
        super().__init__(step.text, "ghost", "", parent, size_px=theme.tokens().size.body)
        self.step, self._number = step, number
        self.setEnabled(step.state != "blocked")
        self.setAccessibleName(f"{number}. {step.text}")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        text = fitting.text_width(self.text(), self.type_px(), theme.MEDIUM)
        return QSize(int(text) + theme.px(58), theme.target_px())

    def draw(self, painter: QPainter, look: Tokens) -> None:
        ink = self.draw_frame(painter, look)
        edge = theme.px(24)
        ring = QRectF(theme.px(10), (self.height() - edge) / 2, edge, edge)
        state = self.step.state
        if state == "done":
            draw_shape(painter, "within_protocol", ring, look.ok, look.bg)
        else:
            lit = state == "current"
            panel(
                painter, ring, edge / 2, look.accent if lit else None, look.accent if lit else look.border, 2
            )
            number = look.on_accent if lit else ink.text
            self.writer.write(
                painter, ring, str(self._number), theme.px(14), weight=theme.BOLD, colour=number, align=CENTRE
            )
        colour = look.text if state == "current" else ink.text
        rect = QRectF(
            ring.right() + theme.px(8), 0, self.width() - ring.right() - theme.px(14), self.height()
        )
        weight = theme.BOLD if state == "current" else theme.MEDIUM
        self.writer.write(
            painter, rect, self.text(), self.type_px(), weight=weight, colour=colour, align=LEFT
        )


class StepBar(QWidget):
    """`chosen(code)` when a step that is not blocked is pressed."""

    chosen = Signal(str)

    def __init__(self, steps: Sequence[StepView] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(6))
        self._steps: list[_Step] = []
        self.set_steps(steps)

    def set_steps(self, steps: Sequence[StepView]) -> None:
        """Replace the row."""
        for step in self._steps:
            self._row.removeWidget(step)
            step.deleteLater()
        self._steps = []
        for number, view in enumerate(steps, start=1):
            step = _Step(view, number, self)
            step.clicked.connect(lambda _=False, code=view.code: self.chosen.emit(code))
            self._row.addWidget(step)
            self._steps.append(step)

    def step(self, code: str) -> Button | None:
        return next((step for step in self._steps if step.step.code == code), None)
