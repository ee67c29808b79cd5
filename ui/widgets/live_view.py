"""LiveView: the moving picture of a camera, whole and in proportion. It takes the focus for its sheet."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.painting import Painted, focus_ring, panel


class LiveView(Painted):
    """`show_frame(image, good)`: a green frame while `good`; a null image shows nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._good = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def image(self) -> QImage:
        return self._image

    def show_frame(self, image: QImage, good: bool) -> None:
        self._image, self._good = image, good
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(720), theme.px(400))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        rect, radius = QRectF(self.rect()), float(theme.px(look.radius.control))
        panel(painter, rect, radius, look.raised)
        if not self._image.isNull():
            share = min(rect.width() / self._image.width(), rect.height() / self._image.height())
            wide, high = self._image.width() * share, self._image.height() * share
            place = QRectF((rect.width() - wide) / 2, (rect.height() - high) / 2, wide, high)
            path = QPainterPath()
            path.addRoundedRect(rect, radius, radius)
            painter.setClipPath(path)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
            if self._good:
                edge = theme.px(6)
                painter.setPen(QPen(QColor(look.ok), edge))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(place.adjusted(edge / 2, edge / 2, -edge / 2, -edge / 2))
            painter.setClipping(False)
        if self.hasFocus():
            focus_ring(painter, rect, radius)
