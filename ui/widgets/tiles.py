"""Tile: a large pressable panel with a title and a second line. People and reasons are built from it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.buttons import Button
from ui.widgets.painting import CENTRE, LEFT, RIGHT


class Tile(Button):
    """`row` puts title left and note right on one line; otherwise both stand centred, title above note."""

    def __init__(
        self, code: str, title: str, note: str = "", parent: QWidget | None = None, *, row: bool = False
    ) -> None:
        super().__init__(title, "key", "", parent, size_px=19)
        self.code = code
        self._note = note
        self._row = row
        self.setCheckable(True)
        self.setAccessibleName(title)
        self.setAccessibleDescription(note)
        vertical = QSizePolicy.Policy.Fixed if row else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical)

    def sizeHint(self) -> QSize:
        title = fitting.text_width(self.text(), self.type_px(), self._weight)
        note = fitting.text_width(self._note, theme.px(15), theme.REGULAR) if self._row else 0
        return QSize(int(title + note) + theme.px(52), max(theme.target_px(), theme.px(56)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), max(theme.target_px(), theme.px(48)))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        ink = self.draw_frame(painter, look)
        quiet = look.text3 if not self.isEnabled() else ink.text if self.isChecked() else look.text2
        rect = QRectF(self.rect()).adjusted(theme.px(14), theme.px(4), -theme.px(14), -theme.px(4))
        small = theme.px(15)
        if self._row:
            note = min(fitting.text_width(self._note, small, theme.REGULAR) + 2, rect.width() * 0.5)
            right = QRectF(rect.right() - note, rect.top(), note, rect.height())
            left = rect.adjusted(0, 0, -note - theme.px(8), 0)
            self._title(painter, left, ink.text, LEFT)
            self.writer.write(painter, right, self._note, small, colour=quiet, align=RIGHT, lines=2)
        elif self._note:
            upper, lower = QRectF(rect), QRectF(rect)
            upper.setHeight(rect.height() * 0.58)
            lower.setTop(rect.top() + rect.height() * 0.58)
            self._title(painter, upper, ink.text, CENTRE)
            self.writer.write(painter, lower, self._note, small, colour=quiet, align=CENTRE)
        else:
            self._title(painter, rect, ink.text, CENTRE)

    def _title(self, painter: QPainter, rect: QRectF, colour: str, align: Qt.AlignmentFlag) -> None:
        self.writer.write(
            painter,
            rect,
            self.text(),
            self.type_px(),
            weight=self._weight,
            colour=colour,
            align=align,
            lines=2,
            floor=theme.px(13),
        )
