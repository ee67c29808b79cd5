"""PhotoList: rows with a thumbnail, a title and two lines; files on their way and refused ones too."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.viewmodels.photos import Row
from ui.widgets.painting import LEFT
from ui.widgets.row_list import RowList, RowLook

Thumb = Callable[[str], QPixmap | None]


class PhotoList(RowList[Row]):
    """`thumb(rec)` gives the decoded small picture, None while there is none."""

    def __init__(self, thumb: Thumb, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumb = thumb

    def row_height(self) -> int:
        return max(theme.target_px(), theme.px(94))

    def draw_row(self, painter: QPainter, rect: QRectF, row: Row, look: Tokens, state: RowLook) -> None:
        pad, high = theme.px(14), rect.height()
        edge = high - theme.px(20)
        box = QRectF(rect.left() + pad, rect.top() + theme.px(10), edge * 1.25, edge)
        self._draw_picture(painter, box, row, look)
        left = box.right() + theme.px(14)
        wide = rect.right() - left - pad
        ink = look.accent if state.chosen and state.focus else look.text
        tone = getattr(look, row.tone)
        lines = (
            (row.title, theme.px(18), theme.MEDIUM, ink, 0.06, 0.28),
            (row.detail, theme.px(15), theme.REGULAR, tone if row.tone == "bad" else look.text2, 0.34, 0.22),
            (row.note, theme.px(14), theme.REGULAR, look.text2 if row.tone == "bad" else tone, 0.56, 0.4),
        )
        for text, size, weight, colour, top, part in lines:
            place = QRectF(left, rect.top() + high * top, wide, high * part)
            self.writer.write(
                painter,
                place,
                text,
                size,
                weight=weight,
                colour=colour,
                align=LEFT,
                floor=theme.px(12),
                lines=2 if part == 0.4 else 1,
            )

    def _draw_picture(self, painter: QPainter, box: QRectF, row: Row, look: Tokens) -> None:
        path = QPainterPath()
        path.addRoundedRect(box, theme.px(6), theme.px(6))
        painter.fillPath(path, QColor(look.canvas))
        pixmap = self._thumb(row.rec) if row.rec else None
        if pixmap is None:
            edge = theme.px(26)
            icon = theme.icon_pixmap(row.icon, edge, getattr(look, row.tone), theme.ratio_of(self))
            painter.drawPixmap(
                box.center().toPoint().x() - edge // 2, box.center().toPoint().y() - edge // 2, icon
            )
            return
        painter.save()
        painter.setClipPath(path)
        scale = max(box.width() / pixmap.width(), box.height() / pixmap.height())
        wide, tall = pixmap.width() * scale, pixmap.height() * scale
        place = QRectF(box.center().x() - wide / 2, box.center().y() - tall / 2, wide, tall)
        painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        painter.restore()
