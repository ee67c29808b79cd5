"""ColumnHead: the words above a list's columns, on the same geometry as its rows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.painting import LEFT, Painted

Columns = Callable[[QRectF], dict[str, QRectF]]


class ColumnHead(Painted):
    """`columns` says where each column stands in a row; `set_words` names them by the same keys.

    `rows` is the list below: beside a scroll bar its rows are narrower, and the words stay above them.
    """

    def __init__(self, columns: Columns, rows: QAbstractScrollArea, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns, self._rows = columns, rows
        rows.viewport().installEventFilter(self)
        self._words: dict[str, str] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_words(self, words: dict[str, str]) -> None:
        self._words = words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(400), theme.px(34))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.update()
        return False

    def draw(self, painter: QPainter, look: Tokens) -> None:
        room = QRectF(self.rect())
        if self._rows.isVisible():
            room.setWidth(self._rows.viewport().width())
        for name, rect in self._columns(room).items():
            self.writer.write(
                painter, rect, self._words.get(name, ""), theme.px(look.size.small), colour=look.text2,
                align=LEFT, floor=theme.px(10),
            )  # fmt: skip
