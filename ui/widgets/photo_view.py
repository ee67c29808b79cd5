"""PhotoView: looks at one picture: zoom and pan by keyboard, wheel, drag and two fingers; changes no pixel.

The picture comes in decoded (QImage); points go out in picture pixels. Measuring overlays are scene items of
whoever measures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QTouchEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsPixmapItem,
    QGraphicsScene,
    QGraphicsView,
    QStyleOptionGraphicsItem,
    QWidget,
)

from ui.style import theme
from ui.widgets.painting import antialiased, focus_ring

MOST_ZOOM: Final = 8.0
_STEP: Final = 1.25
_PANS: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class _Photograph(QGraphicsPixmapItem):
    """The picture; drawn small from the nearest of its `smaller` copies, for then thin lines stay whole, and
    a turned one needs no whole column of memory for every row of the glass."""

    def __init__(self) -> None:
        super().__init__()
        self.smaller: Sequence[QImage] = ()
        self.setTransformationMode(Qt.TransformationMode.SmoothTransformation)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:  # type: ignore[override]
        across = painter.deviceTransform()
        times = min(len(self.smaller), round(-math.log2(math.hypot(across.m11(), across.m12()) or 1.0)))
        if times < 1:
            super().paint(painter, option, widget)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.scale(2**times, 2**times)
        painter.drawImage(0, 0, self.smaller[times - 1])


class PhotoView(QGraphicsView):
    """`zoomed(factor)` after each change of scale (screen px per picture px); `pressed(point)` in picture px.

    Keys: + and - zoom, 0 fits, 1 is one picture pixel per screen pixel, arrows pan, [ and ] turn.
    """

    zoomed = Signal(float)
    pressed = Signal(QPointF)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = QGraphicsScene(self)
        self._item = _Photograph()
        self._scene.addItem(self._item)
        self.setScene(self._scene)
        self._fitted = True
        self._turn = 0
        self._pinch: float | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self._dress()

    def set_image(self, image: QImage, spoken: str, turn: int = 0, smaller: Sequence[QImage] = ()) -> None:
        """Show a decoded picture turned by `turn` quarter turns, fitted; `spoken` describes it. `smaller` are
        copies of half its size, a quarter and so on; they may come later."""
        self.swap_image(image, smaller)
        self._turn = turn % 4
        self._scene.setSceneRect(QRectF(0, 0, image.width(), image.height()))
        self.setAccessibleName(spoken)
        self.fit()

    def swap_image(self, image: QImage, smaller: Sequence[QImage] = ()) -> None:
        """The same picture in other tones: zoom and place stay."""
        self._item.setPixmap(QPixmap.fromImage(image))
        self._item.smaller = smaller

    def factor(self) -> float:
        """Screen px per picture px."""
        across = self.transform()
        return float((across.m11() ** 2 + across.m12() ** 2) ** 0.5)

    def fit(self) -> None:
        """The whole picture in view."""
        self._fitted = True
        box, room = self._scene.sceneRect(), self.viewport().rect()
        if box.isEmpty() or room.isEmpty():
            return
        wide, high = (box.width(), box.height()) if self._turn % 2 == 0 else (box.height(), box.width())
        self._set_factor(min(room.width() / wide, room.height() / high))
        self.centerOn(box.center())

    def zoom_to(self, factor: float) -> None:
        """Scale to `factor` screen px per picture px, between the whole picture and eight times."""
        self._fitted = False
        self._set_factor(min(MOST_ZOOM, max(self._least(), factor)))

    def zoom_by(self, ratio: float) -> None:
        self.zoom_to(self.factor() * ratio)

    def place(self) -> tuple[float, QPointF]:
        """What is looked at: screen px per picture px, and the picture px in the middle of the view."""
        back, _ok = self.viewportTransform().inverted()
        return self.factor(), back.map(QRectF(self.viewport().rect()).center())

    def go_to(self, factor: float, centre: QPointF) -> None:
        """Look at what `place` said, as near as the picture's edges let."""
        self._fitted = False
        self._set_factor(factor)
        self.centerOn(centre)

    def turn(self, quarters: int) -> None:
        """Turn the view, not the picture."""
        self._turn = (self._turn + quarters) % 4
        self.fit()

    def _least(self) -> float:
        box, room = self._scene.sceneRect(), self.viewport().rect()
        if box.isEmpty():
            return 0.01
        return 0.5 * min(room.width(), room.height()) / max(box.width(), box.height())

    def _set_factor(self, factor: float) -> None:
        self.setTransform(QTransform().rotate(90 * self._turn).scale(factor, factor))
        self.zoomed.emit(factor)

    def _dress(self) -> None:
        self.setBackgroundBrush(QBrush(QColor(theme.tokens().canvas)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            antialiased(painter)
            focus_ring(painter, QRectF(self.viewport().rect()), 2)
            painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if steps:
            self.zoom_by(_STEP**steps)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit(self.mapToScene(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, text = Qt.Key(event.key()), event.text()
        if text in ("+", "="):
            self.zoom_by(_STEP)
        elif text in ("-", "_"):
            self.zoom_by(1 / _STEP)
        elif text == "0":
            self.fit()
        elif text == "1":
            self.zoom_to(1.0)
        elif text in ("[", "]"):
            self.turn(1 if text == "]" else -1)
        elif key in _PANS:
            across, down = _PANS[key]
            self._pan(across * self.width() // 8, down * self.height() // 8)
        else:
            super().keyPressEvent(event)

    def _pan(self, across: int, down: int) -> None:
        for bar, step in ((self.horizontalScrollBar(), across), (self.verticalScrollBar(), down)):
            bar.setValue(bar.value() + step)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent) and self._touched(event):
            return True
        return super().viewportEvent(event)

    def _touched(self, event: QTouchEvent) -> bool:
        """Two fingers zoom; one finger is left to Qt, which drags. Raw touch: pinch gestures come uneven."""
        points = event.points()
        if event.type() == QEvent.Type.TouchEnd or len(points) != 2:
            self._pinch = None
            return False
        gap = points[0].position() - points[1].position()
        apart = max(1.0, (gap.x() ** 2 + gap.y() ** 2) ** 0.5)
        if self._pinch is not None:
            self.zoom_by(apart / self._pinch)
        self._pinch = apart
        event.accept()
        return True
