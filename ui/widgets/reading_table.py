"""ReadingTable: lengths down, readings across; pressing a row says which length is drawn next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.viewmodels.workbench_faces import RowFace
from ui.widgets.buttons import Button
from ui.widgets.painting import LEFT, RIGHT, Painted, panel


def _columns(rect: QRectF, count: int) -> list[QRectF]:
    wide = rect.width() * (0.62 if count < 3 else 0.68) / count
    left = rect.right() - wide * count
    return [QRectF(left + i * wide, rect.top(), wide, rect.height()) for i in range(count)]


class _Head(Painted):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.titles: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(260), theme.px(24))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        inner = QRectF(self.rect()).adjusted(0, 0, -theme.px(8), 0)
        for title, place in zip(self.titles, _columns(inner, max(1, len(self.titles))), strict=False):
            self.writer.write(painter, place, title, theme.px(14), colour=look.text2, align=RIGHT)


class _Row(Button):
    def __init__(self, parent: QWidget) -> None:
        super().__init__("", "ghost", "", parent)
        self.row = RowFace("", "", (), "", False, "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_row(self, row: RowFace) -> None:
        self.row = row
        self.setAccessibleName(row.spoken)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(260), max(theme.target_px(), theme.px(50)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(220), theme.target_px())

    def draw(self, painter: QPainter, look: Tokens) -> None:
        row, rect = self.row, QRectF(self.rect())
        if row.active:
            panel(painter, rect, theme.px(look.radius.control), look.accent_dim, look.accent, 2)
        self.draw_frame(painter, look)
        swatch, pad = theme.px(18), theme.px(8)
        box = QRectF(pad, (rect.height() - swatch) / 2, swatch, swatch)
        painter.setPen(QPen(QColor(look.marks.casing), theme.px(2)))
        painter.setBrush(QColor(getattr(look.marks, row.code, look.idle)))
        painter.drawRoundedRect(box, theme.px(5), theme.px(5))
        inner = rect.adjusted(0, 0, -pad, 0)
        columns = _columns(inner, max(1, len(row.cells)))
        name = QRectF(box.right() + pad, 0, columns[0].left() - box.right() - pad, rect.height())
        upper = name.adjusted(0, 0, 0, -rect.height() * 0.36) if row.result else name
        self.writer.write(painter, upper, row.name, theme.px(18), weight=theme.MEDIUM, colour=look.text)
        if row.result:
            lower = name.adjusted(0, rect.height() * 0.56, theme.px(40), 0)
            self.writer.write(painter, lower, row.result, theme.px(13), colour=look.text2, align=LEFT)
        for cell, place in zip(row.cells, columns, strict=True):
            figure = cell[:1].isdigit()
            self.writer.write(
                painter, place, cell, theme.px(22 if figure else 15),
                weight=theme.BOLD if figure else theme.REGULAR,
                colour=look.text if figure else look.text2, align=RIGHT,
            )  # fmt: skip


class ReadingTable(QWidget):
    """`chosen(code)` when a row is pressed."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = _Head(self)
        self._rows: list[_Row] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(2))
        self._column.addWidget(self._head)

    def show_rows(self, titles: Sequence[str], rows: Sequence[RowFace], *, enabled: bool) -> None:
        """Titles of the readings, and one row for each length."""
        self._head.titles = tuple(titles)
        self._head.update()
        while len(self._rows) < len(rows):
            made = _Row(self)
            made.clicked.connect(lambda _=False, made=made: self.chosen.emit(made.row.code))
            self._column.addWidget(made)
            self._rows.append(made)
        for made, row in zip(self._rows, rows, strict=True):
            made.set_row(row)
            made.setEnabled(enabled)

    def row(self, code: str) -> Button | None:
        return next((made for made in self._rows if made.row.code == code), None)
