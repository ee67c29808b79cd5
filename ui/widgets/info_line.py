"""InfoLine: one line of notice inside a page: icon and words on a quiet or red ground."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.painting import LEFT, Painted, panel

_TONES: Final[dict[str, tuple[str, str, str]]] = {
    "bad": ("bad_dim", "bad", "text"),
    "info": ("accent_dim", "accent", "text"),
    "good": ("ok_dim", "ok", "text"),
    "quiet": ("raised", "line", "text2"),
}


class InfoLine(Painted):
    """`show_notice(text, tone, icon)`; an empty text hides it. Long words take a second line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._tone, self._icon = "", "info", "info"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def text(self) -> str:
        return self._text

    def show_notice(self, text: str, tone: str = "info", icon: str = "info") -> None:
        self._text, self._tone, self._icon = text, tone, icon
        self.setVisible(bool(text))
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def _size(self) -> int:
        return theme.px(theme.tokens().size.small)

    def sizeHint(self) -> QSize:
        wide = fitting.text_width(self._text, self._size(), theme.MEDIUM) + theme.px(60)
        lines = 2 if self.width() > theme.px(200) and wide > self.width() else 1
        return QSize(min(int(wide), theme.px(900)), theme.px(36 if lines == 1 else 52))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(36))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        fill, line, ink = _TONES[self._tone]
        rect = QRectF(self.rect())
        panel(painter, rect, theme.px(look.radius.control), getattr(look, fill), getattr(look, line), 1)
        edge = theme.px(20)
        pixmap = theme.icon_pixmap(self._icon, edge, getattr(look, line if line != "line" else "text2"))
        painter.drawPixmap(theme.px(12), round((rect.height() - edge) / 2), pixmap)
        left = theme.px(12) + edge + theme.px(10)
        words = QRectF(left, 0, rect.width() - left - theme.px(12), rect.height())
        self.writer.write(
            painter, words, self._text, self._size(), weight=theme.MEDIUM, colour=getattr(look, ink),
            align=LEFT, lines=2, floor=theme.px(12),
        )  # fmt: skip
