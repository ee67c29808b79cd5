"""MeasureView: a photograph on which marks are placed, moved and looked at through a loupe.

Values in (marks, which one is being worked on), signals out; the points belong to whoever sets them. Mouse,
finger and keyboard do the same: a press places or picks, a drag moves, arrows nudge by one picture pixel.
"""

from __future__ import annotations

import math
from typing import Final, Literal

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QGraphicsView, QWidget

from ui.style import theme
from ui.viewmodels.drawing import Mark
from ui.widgets.marks import draw_loupe, draw_marks, draw_scale_bar
from ui.widgets.painting import Writer, antialiased
from ui.widgets.photo_view import PhotoView

Mode = Literal["pan", "mark", "edit"]
_NUDGES: Final = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}
_FAST: Final = 10.0


class MeasureView(PhotoView):
    """`placed(point)` in mode mark; `picked(code, index)`, `moved(index, point)` and `dropped(index)` while a
    point is dragged or nudged; `ended()` for Enter or a double click; `cancelled()` for Escape; `removed()`
    for Backspace and Delete. Points are in px of the upright picture.

    Keys besides those of PhotoView: Space held pans; arrows move the picked point or the cross hair by one
    picture pixel, with Shift by ten; Insert or P places a point under the cross hair; PageUp and PageDown
    pick the point before and the next one.
    """

    placed = Signal(QPointF)
    picked = Signal(str, int)
    moved = Signal(int, QPointF)
    dropped = Signal(int)
    ended = Signal()
    cancelled = Signal()
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.writer = Writer()
        self._mode: Mode = "pan"
        self._marks: tuple[Mark, ...] = ()
        self._code, self._chosen = "", -1
        self._mm_per_px: float | None = None
        self._cross: QPointF | None = None
        self._dragging = self._space = False
        self._pressed_at: QPointF | None = None
        self.viewport().setMouseTracking(True)

    # values in ------------------------------------------------------------------------------------------
    @property
    def mode(self) -> Mode:
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """`mark` places points, `edit` picks and moves them, `pan` moves the picture."""
        self._mode = mode
        self._dragging = False
        if mode == "pan":
            self._cross = None
        self._take_up()

    def set_marks(self, marks: tuple[Mark, ...], code: str = "", chosen: int = -1) -> None:
        """All marks; `code` names the one that is worked on, `chosen` its picked point."""
        self._marks, self._code, self._chosen = marks, code, chosen
        self.viewport().update()

    def set_scale(self, mm_per_px: float | None) -> None:
        """Scale of the plane at the picture's middle, for the scale bar; None hides it."""
        self._mm_per_px = mm_per_px
        self.viewport().update()

    @property
    def cross(self) -> QPointF | None:
        """Where the cross hair is, in picture px."""
        return self._cross

    def _take_up(self) -> None:
        panning = self._mode == "pan" or self._space
        drag = QGraphicsView.DragMode
        self.setDragMode(drag.ScrollHandDrag if panning else drag.NoDrag)
        if not panning:
            self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self.viewport().update()

    def _active(self) -> Mark | None:
        return next((mark for mark in self._marks if mark.code == self._code), None)

    # pointing -------------------------------------------------------------------------------------------
    def _inside(self, point: QPointF) -> QPointF:
        box = self.sceneRect()
        return QPointF(
            min(max(point.x(), box.left()), box.right()), min(max(point.y(), box.top()), box.bottom())
        )

    def _at(self, event: QMouseEvent) -> QPointF:
        back, _ok = self.viewportTransform().inverted()
        return self._inside(back.map(event.position()))

    def _near(self, glass: QPointF) -> tuple[str, int]:
        """The point under a finger or pointer: of the mark that is worked on first; ("", -1) for none."""
        # While points are placed, only a press right on one means that point: the next may lie close by.
        reach = theme.target_px() / (5 if self._mode == "mark" else 2)
        found: list[tuple[bool, float, str, int]] = []
        for mark in self._marks:
            for index, (x, y) in enumerate(mark.points):
                spot = self.viewportTransform().map(QPointF(x, y))
                far = math.hypot(spot.x() - glass.x(), spot.y() - glass.y())
                if far <= reach:
                    found.append((mark.code != self._code, far, mark.code, index))
        return min(found)[2:] if found else ("", -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._mode == "pan" or self._space or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pressed_at = event.position()
        self._cross = self._at(event)
        code, index = self._near(event.position())
        if code and (code == self._code or self._mode == "edit"):
            self._dragging = True
            self.picked.emit(code, index)
        self.viewport().update()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._mode == "pan" or self._space:
            super().mouseMoveEvent(event)
            return
        self._cross = self._at(event)
        if self._dragging and self._chosen >= 0:
            self.moved.emit(self._chosen, self._cross)
        self.viewport().update()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._mode == "pan" or self._space or self._pressed_at is None:
            super().mouseReleaseEvent(event)
            event.accept()  # a press without a drag: Qt would hand it on to whatever lies below
            return
        self._pressed_at = None
        self._cross = self._at(event)
        if self._dragging:
            self._dragging = False
            self.dropped.emit(self._chosen)
        elif self._mode == "mark":
            # On release, so that a finger may slide to the edge under the loupe before the point is set.
            self.placed.emit(self._cross)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._mode == "mark":
            self.ended.emit()
            event.accept()
            return
        super().mouseDoubleClickEvent(event)

    # keys -----------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self._hold(event, down=True)
        elif self._mode == "pan":
            super().keyPressEvent(event)
        elif key in _NUDGES:
            fast = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._nudge(_NUDGES[key] * (_FAST if fast else 1.0))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.ended.emit()
        elif key == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self._mode == "edit":
            self._pick_next(1 if key == Qt.Key.Key_PageDown else -1)
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.removed.emit()
        elif key in (Qt.Key.Key_Insert, Qt.Key.Key_P) and self._mode == "mark":
            self.placed.emit(self._cross or self._centre())
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._hold(event, down=False)
            return
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A key that was held when the focus went is never released here."""
        self._space = False
        self._take_up()
        super().focusOutEvent(event)

    def _hold(self, event: QKeyEvent, *, down: bool) -> None:
        if not event.isAutoRepeat():
            self._space = down
            self._take_up()
        event.accept()

    def _centre(self) -> QPointF:
        return self._inside(self.mapToScene(self.viewport().rect().center()))

    def _nudge(self, way: QPointF) -> None:
        mark = self._active()
        turned = self._unturned(way)
        if mark is not None and 0 <= self._chosen < len(mark.points):
            point = self._inside(QPointF(*mark.points[self._chosen]) + turned)
            self._cross = point
            self.moved.emit(self._chosen, point)
            self.dropped.emit(self._chosen)
        elif self._mode == "mark":
            self._cross = self._inside((self._cross or self._centre()) + turned)
        self.ensureVisible(QRectF(self._cross or self._centre(), self._cross or self._centre()), 60, 60)
        self.viewport().update()

    def _pick_next(self, way: int) -> None:
        """Round and round the path that is worked on."""
        mark = self._active()
        if mark is None or not mark.points:
            return
        count = len(mark.points)
        index = (self._chosen + way) % count if self._chosen >= 0 else (0 if way > 0 else count - 1)
        self._cross = QPointF(*mark.points[index])
        self.picked.emit(self._code, index)
        self.ensureVisible(QRectF(self._cross, self._cross), 60, 60)
        self.viewport().update()

    def _unturned(self, way: QPointF) -> QPointF:
        """A step on the glass as a step in the picture: where the view is turned, up stays up."""
        x, y = way.x(), way.y()
        for _ in range(self._turn):
            x, y = y, -x
        return QPointF(x, y)

    # drawing --------------------------------------------------------------------------------------------
    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        painter.save()
        painter.resetTransform()
        antialiased(painter)
        self.writer.elided.clear()
        look, room = theme.tokens(), QRectF(self.viewport().rect())
        to_glass = self.viewportTransform()
        code = "" if self._mode == "pan" else self._code
        draw_marks(painter, self.writer, self._marks, to_glass, room, code, self._chosen)
        if self._mm_per_px:
            draw_scale_bar(painter, self.writer, self.factor() / self._mm_per_px, room)
        if self._mode != "pan" and self._cross is not None and not self._item.pixmap().isNull():
            colour = getattr(look.marks, self._code, look.marks.words)
            picture = self._item.pixmap()
            draw_loupe(painter, picture, to_glass, self._cross, self._loupe_place(), colour)
        painter.restore()

    def _loupe_place(self) -> QRectF:
        """In the upper right corner, or the upper left while hand or pointer is near that."""
        edge, pad = theme.px(170), theme.px(16)
        room = QRectF(self.viewport().rect())
        place = QRectF(room.right() - edge - pad, room.top() + pad, edge, edge)
        spot = self.viewportTransform().map(self._cross or QPointF())
        if place.adjusted(-edge / 2, -edge / 2, edge, edge / 2).contains(spot):
            place.moveLeft(room.left() + pad)
        return place
