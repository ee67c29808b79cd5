"""BowelDiagram: the resection drawn to one fixed scale, with both lines, flags, arrows and their zones.

Lines can be dragged or nudged only when `draggable` (the plan step, never a record); they snap to 1 mm and
the new length goes out as a signal. Values, words and verdicts come in; nothing is decided here.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEasingCurve, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.bowel_layers import ENDS, Layers, make_layers
from ui.widgets.bowel_lines import Grip, draw_flag, draw_handle, draw_line, draw_open, flag_px, flag_text
from ui.widgets.bowel_view import REACH_MM, BowelView, Box, End, Frame, flag_boxes, frame_for, label_boxes
from ui.widgets.painting import Painted, focus_ring
from ui.widgets.verdict_shape import line_colour

_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_SIDES: Final[dict[Qt.Key, End]] = {Qt.Key.Key_Home: "proximal", Qt.Key.Key_End: "distal"}


class BowelDiagram(Painted):
    """`line_moved(end, length_mm)` is sent for every whole millimetre a line is moved by hand or by key.

    Keys while draggable: Left and Right move the chosen line on the picture by 1 mm (5 mm with Shift); Home
    and End choose the proximal or distal line.
    """

    line_moved = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = BowelView()
        self._draggable = False
        self._chosen: End = "proximal"
        self._held: End | None = None
        self._shown: dict[End, float | None] = {"proximal": None, "distal": None}
        self._layers: Layers | None = None
        self._layers_key: object = None
        self._motion = QVariantAnimation(self)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.valueChanged.connect(self._moved_by_motion)
        self._from: dict[End, float | None] = dict(self._shown)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def view(self) -> BowelView:
        return self._view

    def set_view(self, view: BowelView) -> None:
        """Show other values; lines glide there unless motion is reduced."""
        if view == self._view:
            return
        self._view = view
        self.setAccessibleName(view.spoken)
        self._from = dict(self._shown)
        duration = theme.motion_ms(theme.tokens().motion.line_ms)
        self._motion.stop()
        if duration and self._held is None:
            self._motion.setDuration(duration)
            self._motion.setStartValue(0.0)
            self._motion.setEndValue(1.0)
            self._motion.start()
        else:
            self._moved_by_motion(1.0)

    def set_draggable(self, draggable: bool) -> None:
        """Let lines be moved by hand (plan step) or not; only then does the diagram take the focus."""
        self._draggable = draggable
        policy = Qt.FocusPolicy.StrongFocus if draggable else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)
        self.setMouseTracking(draggable)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(760), theme.px(270))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(420), theme.px(150))

    def measure_anew(self) -> None:
        self._layers_key = None
        super().measure_anew()

    def frame_now(self) -> Frame:
        """Geometry at the present size."""
        return frame_for(self.width(), self.height(), self._view.tumour_mm)

    def boxes(self) -> tuple[dict[End, Box], dict[End, Box]]:
        """(flags, orientation labels) as drawn, in px; flags only for ends with a value."""
        frame = self.frame_now()
        values: dict[End, int | None] = {end: self._view.end(end).value_mm for end in ENDS}
        size = flag_px(frame)
        flag_widths: dict[End, float] = {
            end: fitting.text_width(flag_text(end, self._view.end(end).value_mm), size, theme.BOLD)
            + 26 * frame.unit
            for end in ENDS
        }
        small = self._label_px(frame)
        label_widths: dict[End, float] = {
            end: fitting.text_width(self._label_text(end), small, theme.MEDIUM) for end in ENDS
        }
        flags = flag_boxes(frame, values, flag_widths)
        return flags, label_boxes(frame, flags, label_widths)

    def draw(self, painter: QPainter, look: Tokens) -> None:
        view, frame, layers = self._view, self.frame_now(), self._current_layers(look)
        painter.drawPixmap(QPointF(0, 0), layers.ground)
        self._draw_specimen(painter, frame, layers)
        painter.drawPixmap(QPointF(0, 0), layers.tumour)
        flags, labels = self.boxes()
        for end in ENDS:
            length, given = self._shown[end], view.end(end)
            if length is None:
                draw_open(painter, frame, look, end, given.bands)
                continue
            ink = line_colour(look, given.code, given.kind)
            draw_line(painter, frame, end, length, ink)
            chosen = self._draggable and self.hasFocus() and self._chosen == end
            grip = Grip(self._draggable, look.surface, look.text if chosen else ink)
            draw_handle(painter, frame, frame.x(end, length), ink, grip)
        for end, box in flags.items():
            given = view.end(end)
            ink = line_colour(look, given.code, given.kind)
            draw_flag(painter, frame, box, flag_text(end, given.value_mm), (ink, look.surface))
        for end, box in labels.items():
            self.writer.write(
                painter,
                QRectF(box.x, box.y, box.w + 2, box.h),
                self._label_text(end),
                self._label_px(frame),
                weight=theme.MEDIUM,
                colour=look.text2,
            )
        if self.hasFocus():
            focus_ring(painter, QRectF(self.rect()), theme.px(look.radius.control))

    def _current_layers(self, look: Tokens) -> Layers:
        view, ratio = self._view, theme.ratio_of(self)
        words = (view.tumour_mm, view.tumour_look, view.tumour_words)
        key = (self.width(), self.height(), ratio, look.name, words, view.proximal.bands, view.distal.bands)
        if self._layers is None or key != self._layers_key:
            self._layers = make_layers(self.frame_now(), view, look, ratio)
            self._layers_key = key
        return self._layers

    def _draw_specimen(self, painter: QPainter, frame: Frame, layers: Layers) -> None:
        edges = {}
        for end in ENDS:
            length = self._shown[end]
            edges[end] = frame.x(end, length) if length is not None else round(frame.x(end, 0))
            if length is None:
                painter.drawPixmap(QPointF(0, 0), layers.fades[end])
        painter.save()
        painter.setClipRect(QRectF(edges["proximal"], 0, edges["distal"] - edges["proximal"], frame.height))
        painter.drawPixmap(QPointF(0, 0), layers.tissue)
        painter.restore()

    def _label_px(self, frame: Frame) -> int:
        return max(12, round(16 * frame.unit))

    def _label_text(self, end: End) -> str:
        view = self._view
        return f"\u2039 {view.proximal_label}" if end == "proximal" else f"{view.distal_label} \u203a"

    def _moved_by_motion(self, part: float) -> None:
        for end in ENDS:
            goal, start = self._view.end(end).value_mm, self._from[end]
            self._shown[end] = goal if goal is None or start is None else start + (goal - start) * part
        self.update()

    def _line_near(self, x: float) -> End | None:
        """The line within reach of a finger or pointer at `x`, the nearer of the two."""
        frame = self.frame_now()
        reach = max(16.0, theme.target_px() / 2)
        near = [
            (abs(frame.x(end, length) - x), end)
            for end in ENDS
            if (length := self._view.end(end).value_mm) is not None
        ]
        found = min(near, default=None)
        return found[1] if found is not None and found[0] <= reach else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._draggable:
            self._held = self._line_near(event.position().x())
            self._chosen = self._held or self._chosen
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._send(self._held, self.frame_now().length_mm(self._held, event.position().x()))
        elif self._draggable:
            over = self._line_near(event.position().x()) is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self._draggable and key in _SIDES:
            self._chosen = _SIDES[key]
            self.update()
            return
        value = self._view.end(self._chosen).value_mm
        if not self._draggable or key not in _STEPS or value is None:
            super().keyPressEvent(event)
            return
        step = _STEPS[key] * (5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        away = -step if self._chosen == "proximal" else step
        self._send(self._chosen, min(max(value + away, 0), REACH_MM[self._chosen]))

    def _send(self, end: End, length_mm: int) -> None:
        if length_mm != self._view.end(end).value_mm:
            self.line_moved.emit(end, length_mm)
