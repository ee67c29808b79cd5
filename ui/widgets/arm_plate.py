"""ArmPlate: the allocated arm as a word, its targets, and a pictogram to scale, so arms differ in shape too.

Without an allocation it says so on a dashed plate; readings are accepted all the same. Words come in.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.painting import LEFT, Align, Painted, panel, row_height

_LONGEST_MM = 100  # the pictogram's scale is that of the longer arm


@dataclass(frozen=True)
class ArmView:
    """`word` names the arm (or "allocation to follow"), `detail` its targets, `note` a small second line.

    Targets in mm from the tumour edges; None where the allocation is to follow.
    """

    word: str = ""
    detail: str = ""
    note: str = ""
    proximal_mm: int | None = None
    distal_mm: int | None = None

    @property
    def known(self) -> bool:
        return self.proximal_mm is not None and self.distal_mm is not None


class ArmPlate(Painted):
    """Fixed height of one header row; width from its words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = ArmView()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_view(self, view: ArmView) -> None:
        if view != self._view:
            self._view = view
            self.setAccessibleName(" ".join(part for part in (view.word, view.detail, view.note) if part))
            self.updateGeometry()
            self.update()

    def _title(self) -> str:
        return f"{self._view.word}  {self._view.detail}".strip()

    def _sizes(self) -> tuple[int, int]:
        return theme.px(25 if self._view.note else 27), theme.px(14)

    def _picture_width(self) -> int:
        return theme.px(76)

    def sizeHint(self) -> QSize:
        big, small = self._sizes()
        wide = max(
            fitting.text_width(self._title(), big, theme.BOLD),
            fitting.text_width(self._view.note, small, theme.MEDIUM),
        )
        return QSize(int(wide) + self._picture_width() + theme.px(34), row_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(190), row_height())

    def draw(self, painter: QPainter, look: Tokens) -> None:
        view, rect = self._view, QRectF(self.rect())
        radius, line = theme.px(look.radius.control), max(1.5, theme.px(2))
        if view.known:
            panel(painter, rect, radius, look.raised, look.text2, line)
        else:
            panel(painter, rect, radius, look.surface, None)
            painter.setPen(QPen(QColor(look.text2), line, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)
        self._draw_picture(painter, QRectF(theme.px(14), 0, self._picture_width(), rect.height()), look)
        left = theme.px(14) + self._picture_width() + theme.px(10)
        words = QRectF(left, 0, rect.width() - left - theme.px(10), rect.height())
        big, small = self._sizes()
        if view.note:
            upper, lower = QRectF(words), QRectF(words)
            upper.setBottom(words.height() * 0.62)
            lower.setTop(words.height() * 0.6)
            self._write_title(painter, upper, big, look)
            self.writer.write(
                painter,
                lower,
                view.note,
                small,
                weight=theme.MEDIUM,
                colour=look.text2,
                align=Align.AlignLeft | Align.AlignTop,
                floor=theme.px(11),
            )
        else:
            self._write_title(painter, words, big, look)

    def _write_title(self, painter: QPainter, rect: QRectF, px: int, look: Tokens) -> None:
        self.writer.write(
            painter, rect, self._title(), px, weight=theme.BOLD, colour=look.text, align=LEFT, floor=px * 0.55
        )

    def _draw_picture(self, painter: QPainter, rect: QRectF, look: Tokens) -> None:
        view, unit = self._view, theme.px(100) / 100
        scale = rect.width() / (_LONGEST_MM * 1.55)
        middle = QPointF(rect.left() + _LONGEST_MM * scale, rect.center().y())
        if not view.known:
            painter.setPen(QPen(QColor(look.text2), 2.4 * unit, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(rect.left(), middle.y()), QPointF(rect.right() - 4 * unit, middle.y()))
        else:
            left = middle.x() - (view.proximal_mm or 0) * scale
            right = middle.x() + (view.distal_mm or 0) * scale
            painter.setPen(QPen(QColor(look.text), 3 * unit))
            painter.drawLine(QPointF(left, middle.y()), QPointF(right, middle.y()))
            for x in (left, right):
                painter.drawLine(QPointF(x, middle.y() - 12 * unit), QPointF(x, middle.y() + 12 * unit))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.diagram.tumour_light))
        painter.drawEllipse(middle, 7 * unit, 9.5 * unit)
