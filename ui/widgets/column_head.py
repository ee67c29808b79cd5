"""ColumnHead: the words above a list's columns, on the same geometry as its rows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.painting import LEFT, Painted

Columns = Callable[[QRectF], dict[str, QRectF]]


class ColumnHead(Painted):
    """`columns` says where each column stands in a row; `set_words` names them by the same keys."""

    def __init__(self, columns: Columns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._words: dict[str, str] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_words(self, words: dict[str, str]) -> None:
        self._words = words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(400), theme.px(34))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        for name, rect in self._columns(QRectF(self.rect())).items():
            self.writer.write(
                painter, rect, self._words.get(name, ""), theme.px(look.size.small), colour=look.text2,
                align=LEFT, floor=theme.px(10),
            )  # fmt: skip
