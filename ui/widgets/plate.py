"""VerdictPlate: shape, word, signed distance and caption on a dim, bright, neutral or hatched plate.

The caller decides the kind (green only for a record made before transection) and passes finished words.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.painting import LEFT, RIGHT, Align, Painted, bottom_rounded
from ui.widgets.verdict_shape import PlateKind, draw_shape, plate_colours, shape_of


@dataclass(frozen=True)
class PlateView:
    """What one plate shows: verdict code and plate kind, the word, the signed distance, a small caption."""

    code: str = "not_entered"
    kind: PlateKind = "neutral"
    word: str = ""
    distance: str = ""
    caption: str = ""

    def spoken(self) -> str:
        """The same content as one line for a screen reader."""
        return ", ".join(part for part in (self.word, self.distance, self.caption) if part)


def hatch(painter: QPainter, rect: QRectF, colour: str, step: float, width: float) -> None:
    """Diagonal hatch lines over `rect`, drawn once per pixmap or paint; `step` and `width` in px."""
    painter.save()
    painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(QColor(colour), width))
    x = rect.left() - rect.height()
    while x < rect.right():
        painter.drawLine(int(x), int(rect.bottom()), int(x + rect.height()), int(rect.top()))
        x += step
    painter.restore()


class VerdictPlate(Painted):
    """A plate of any size; text shrinks, then breaks, then elides, in either language.

    `closes_card` rounds only the lower corners, for the foot of a card; `stacked` puts the distance below.
    """

    def __init__(
        self, parent: QWidget | None = None, *, closes_card: bool = False, stacked: bool = False
    ) -> None:
        super().__init__(parent)
        self._view = PlateView()
        self._closes_card = closes_card
        self._stacked = stacked
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def view(self) -> PlateView:
        return self._view

    def set_view(self, view: PlateView) -> None:
        """Show other content; the accessible name follows."""
        if view != self._view:
            self._view = view
            self.setAccessibleName(view.spoken())
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(120 if self._stacked else 76))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(88 if self._stacked else 52))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        view, colours = self._view, plate_colours(look, self._view.code, self._view.kind)
        rect = QRectF(self.rect())
        painter.save()
        painter.setClipPath(self._outline(rect))
        painter.fillRect(rect, QColor(colours.fill))
        if view.kind == "hatched":
            hatch(painter, rect, look.pressed, theme.px(11), max(1.0, theme.px(3)))
        painter.restore()
        if self._stacked or self._is_narrow():
            self._draw_stacked(painter, rect)
        else:
            self._draw_row(painter, rect)

    def _is_narrow(self) -> bool:
        """Too narrow for word and distance side by side, but high enough for one above the other."""
        return self.width() < theme.px(380) and self.height() >= theme.px(88)

    def _outline(self, rect: QRectF) -> QPainterPath:
        if self._closes_card:
            return bottom_rounded(rect, theme.px(theme.tokens().radius.card) - 1)
        path = QPainterPath()
        radius = theme.px(theme.tokens().radius.control)
        path.addRoundedRect(rect, radius, radius)
        return path

    def _draw_row(self, painter: QPainter, rect: QRectF) -> None:
        view = self._view
        colours = plate_colours(theme.tokens(), view.code, view.kind)
        high, pad = rect.height(), theme.px(16)
        edge = min(high * 0.64, theme.px(64))
        draw_shape(
            painter,
            shape_of(view.code, view.kind),
            QRectF(pad, (high - edge) / 2, edge, edge),
            colours.ink,
            colours.fill,
        )
        left = pad + edge + theme.px(14)
        right = self._side_width(rect.width() - left - pad, high)
        if right:
            self._draw_side(painter, QRectF(rect.width() - pad - right, 0, right, high), colours.text)
        room = rect.width() - left - pad - (right + theme.px(12) if right else 0)
        self.writer.write(
            painter,
            QRectF(left, high * 0.07, room, high * 0.86),
            view.word,
            min(high * 0.56, theme.px(52)),
            weight=theme.BOLD,
            colour=colours.ink,
            lines=3,
            floor=theme.px(14),
        )

    def _side_sizes(self, high: float) -> tuple[int, int]:
        return round(min(high * 0.38, theme.px(34))), round(max(theme.px(13), min(high * 0.21, theme.px(18))))

    def _side_width(self, room: float, high: float) -> float:
        """Width of the column with distance and caption: what it needs, at most half of the room."""
        big, small = self._side_sizes(high)
        wide = max(
            fitting.text_width(self._view.distance, big, theme.BOLD),
            fitting.text_width(self._view.caption, small, theme.MEDIUM),
        )
        return min(wide + 1, room * 0.5) if wide else 0.0

    def _draw_side(self, painter: QPainter, rect: QRectF, colour: str) -> None:
        big, small = self._side_sizes(rect.height())
        view = self._view
        if not view.caption:
            self.writer.write(
                painter, rect, view.distance, big, weight=theme.BOLD, colour=colour, align=RIGHT
            )
            return
        split = rect.height() * (0.56 if view.distance else 0.0)
        upper = QRectF(rect.left(), rect.height() * 0.08, rect.width(), split - rect.height() * 0.08)
        lower = QRectF(rect.left(), split, rect.width(), rect.height() * 0.96 - split)
        if view.distance:
            self.writer.write(
                painter, upper, view.distance, big, weight=theme.BOLD, colour=colour, align=RIGHT
            )
        lower_align = Align.AlignRight | (Align.AlignTop if view.distance else Align.AlignVCenter)
        self.writer.write(
            painter,
            lower,
            view.caption,
            small,
            weight=theme.MEDIUM,
            colour=colour,
            align=lower_align,
            lines=1 if view.distance else 2,
            floor=theme.px(11),
        )

    def _draw_stacked(self, painter: QPainter, rect: QRectF) -> None:
        view = self._view
        colours = plate_colours(theme.tokens(), view.code, view.kind)
        pad, high = theme.px(16), rect.height()
        edge = min(high * 0.34, theme.px(52), rect.width() * 0.2)
        top = QRectF(pad, high * 0.1, rect.width() - 2 * pad, high * 0.46)
        shape = QRectF(pad, top.center().y() - edge / 2, edge, edge)
        draw_shape(painter, shape_of(view.code, view.kind), shape, colours.ink, colours.fill)
        room = top.adjusted(edge + theme.px(10), 0, 0, 0)
        self.writer.write(
            painter,
            room,
            view.word,
            min(high * 0.26, theme.px(34)),
            weight=theme.BOLD,
            colour=colours.ink,
            lines=2,
            floor=theme.px(13),
        )
        lower = QRectF(pad, high * 0.58, rect.width() - 2 * pad, high * 0.36)
        both = "   ".join(part for part in (view.distance, view.caption) if part)
        self.writer.write(
            painter,
            lower,
            both,
            min(high * 0.17, theme.px(22)),
            weight=theme.MEDIUM,
            colour=colours.text,
            align=LEFT,
            lines=2,
            floor=theme.px(12),
        )
