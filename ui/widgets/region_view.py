"""RegionView: a picture on which rectangles are drawn, moved, stretched and removed, before it is kept.

Values in, signals out; the rectangles belong to whoever sets them. Mouse, finger and keyboard do the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsView, QWidget

from ui.style import theme
from ui.widgets.painting import antialiased
from ui.widgets.photo_view import PhotoView

Box = tuple[int, int, int, int]
_WAYS: Final = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}
_STEP_PX, _FAST = 2.0, 8.0
_LEAST_PX: Final = 6.0


class RegionView(PhotoView):
    """`drawn(rect)` for a new one; `picked(number)`, -1 for none; `shaped(rect)` while the chosen one is
    moved or stretched; `removed()`; `stepped(by)`. Rectangles are in px of the picture at full size.

    Keys besides those of PhotoView: Insert adds one in the middle of what is seen, Page Up and Page Down
    choose, arrows move (with Shift faster, with Ctrl they stretch), Delete removes.
    """

    drawn = Signal(QRectF)
    picked = Signal(int)
    shaped = Signal(QRectF)
    removed = Signal()
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: tuple[QRectF, ...] = ()
        self._chosen = -1
        self._from: QPointF | None = None
        self._draft = QRectF()
        self._grip = ""
        self._before = QRectF()
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)

    # values in ------------------------------------------------------------------------------------------
    def show_picture(self, image: QImage, size: tuple[int, int], spoken: str) -> None:
        """A decoded picture, perhaps made smaller; `size` is the full one, in which rectangles are given."""
        self.set_image(image, spoken)
        self._item.setScale(size[0] / max(1, image.width()))
        self._scene.setSceneRect(QRectF(0, 0, *size))
        self.fit()

    def set_boxes(self, boxes: Sequence[Box], chosen: int) -> None:
        self._boxes, self._chosen = tuple(QRectF(*box) for box in boxes), chosen
        if 0 <= chosen < len(self._boxes) and not self._grip:
            self.ensureVisible(self._boxes[chosen], 20, 20)
        self.viewport().update()

    def middle_box(self) -> QRectF:
        """A rectangle in the middle of what is seen, a quarter as wide: where a new one begins."""
        seen = self.mapToScene(self.viewport().rect()).boundingRect().intersected(self.sceneRect())
        wide, high = seen.width() / 4, seen.height() / 10
        return QRectF(seen.center().x() - wide / 2, seen.center().y() - high / 2, wide, high)

    # pointing -------------------------------------------------------------------------------------------
    def _at(self, event: QMouseEvent) -> QPointF:
        back, _ok = self.viewportTransform().inverted()
        point, box = back.map(event.position()), self.sceneRect()
        return QPointF(
            min(max(point.x(), box.left()), box.right()), min(max(point.y(), box.top()), box.bottom())
        )

    def _corners(self, box: QRectF) -> dict[str, QPointF]:
        to = self.viewportTransform()
        return {
            "left top": to.map(box.topLeft()), "right top": to.map(box.topRight()),
            "left bottom": to.map(box.bottomLeft()), "right bottom": to.map(box.bottomRight()),
        }  # fmt: skip

    def _grip_at(self, glass: QPointF) -> str:
        """The corner of the chosen one under a finger or pointer, "" for none."""
        if not 0 <= self._chosen < len(self._boxes):
            return ""
        reach = theme.target_px() / 3
        far = {
            name: (spot - glass).manhattanLength()
            for name, spot in self._corners(self._boxes[self._chosen]).items()
        }
        name = min(far, key=lambda name: far[name])
        return name if far[name] <= reach else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._from, self._draft = self._at(event), QRectF()
        self._grip = self._grip_at(event.position())
        if not self._grip:
            under = [n for n, box in enumerate(self._boxes) if box.contains(self._from)]
            if under:
                number = min(under, key=lambda n: self._boxes[n].width() * self._boxes[n].height())
                self._grip = "all"
                self.picked.emit(number)
        if self._grip and 0 <= self._chosen < len(self._boxes):
            self._before = QRectF(self._boxes[self._chosen])
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._from is None:
            return
        here = self._at(event)
        if not self._grip:
            self._draft = QRectF(self._from, here).normalized()
            self.viewport().update()
            return
        by = here - self._from
        if self._grip == "all":
            self.shaped.emit(self._before.translated(by))
            return
        box = QRectF(self._before)
        box.setLeft(box.left() + by.x()) if "left" in self._grip else box.setRight(box.right() + by.x())
        box.setTop(box.top() + by.y()) if "top" in self._grip else box.setBottom(box.bottom() + by.y())
        self.shaped.emit(box.normalized())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        draft, grip, self._from, self._grip = self._draft, self._grip, None, ""
        self._draft = QRectF()
        if grip:
            return
        least = _LEAST_PX / self.factor()
        if draft.width() >= least and draft.height() >= least:
            self.drawn.emit(draft)
        else:
            self.picked.emit(-1)
        self.viewport().update()

    # keys -----------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _WAYS and 0 <= self._chosen < len(self._boxes):
            self._nudge(_WAYS[key], event.modifiers())
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.stepped.emit(1 if key == Qt.Key.Key_PageDown else -1)
        elif key == Qt.Key.Key_Insert:
            self.drawn.emit(self.middle_box())
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def _nudge(self, way: QPointF, held: Qt.KeyboardModifier) -> None:
        fast = _FAST if held & Qt.KeyboardModifier.ShiftModifier else 1.0
        by = way * max(1.0, _STEP_PX * fast / self.factor())
        box = self._boxes[self._chosen]
        if held & Qt.KeyboardModifier.ControlModifier:
            self.shaped.emit(box.adjusted(0, 0, by.x(), by.y()))
        else:
            self.shaped.emit(box.translated(by))

    # drawing --------------------------------------------------------------------------------------------
    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        painter.save()
        painter.resetTransform()
        antialiased(painter)
        for number, box in enumerate(self._boxes):
            self._draw_box(painter, box, chosen=number == self._chosen)
        if not self._draft.isEmpty():
            self._draw_box(painter, self._draft, chosen=True)
        painter.restore()

    def _draw_box(self, painter: QPainter, box: QRectF, *, chosen: bool) -> None:
        """Darkened, so that what stands below can still be read; the chosen one has corners to hold."""
        look = theme.tokens().marks
        shape = self.viewportTransform().map(QPolygonF(box))
        ink = look.words if chosen else look.ruler
        painter.setBrush(theme.colour(look.casing, 120))
        for wide, colour in ((theme.px(5), look.casing), (theme.px(2.4), ink)):
            painter.setPen(QPen(QColor(colour), wide))
            painter.drawPolygon(shape)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        if chosen:
            painter.setPen(QPen(QColor(look.casing), theme.px(2)))
            painter.setBrush(QColor(ink))
            for spot in self._corners(box).values():
                painter.drawEllipse(spot, theme.px(6), theme.px(6))
