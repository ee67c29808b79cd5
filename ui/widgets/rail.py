"""Rail: the main pages as icon over word, with counts. It is hidden on theatre screens. Owns no page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.painting import CENTRE, PaintedButton, focus_ring, panel


@dataclass(frozen=True)
class Place:
    """One entry: code out, icon, word, the count beside it, and what a screen reader says."""

    code: str
    icon: str
    text: str
    count: int = 0
    spoken: str = ""


class RailButton(PaintedButton):
    """Icon over word; the count stands on a plate at the icon's shoulder."""

    def __init__(self, place: Place, parent: QWidget) -> None:
        super().__init__(place.text, parent)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.place = place
        self.show_place(place)

    def show_place(self, place: Place) -> None:
        self.place = place
        self.setText(place.text)
        self.setAccessibleName(place.spoken or place.text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(90), max(theme.target_px(), theme.px(74)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), max(theme.target_px(), theme.px(60)))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        rect, radius = QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.px(look.radius.control)
        on = self.isChecked()
        if on:
            panel(painter, rect, radius, look.accent_dim, look.accent, max(1.5, theme.px(1.5)))
        elif self.isDown():
            panel(painter, rect, radius, look.pressed)
        elif self.underMouse():
            panel(painter, rect, radius, look.raised)
        if self.hasFocus():
            focus_ring(painter, rect, radius)
        edge = theme.px(26)
        block = edge + theme.px(7) + theme.px(look.size.small) * 1.2
        top = rect.center().y() - block / 2
        x = rect.center().x() - edge / 2
        ink = look.accent if on else look.text2
        painter.drawPixmap(
            QRectF(x, top, edge, edge).topLeft(),
            theme.icon_pixmap(self.place.icon, edge, ink, theme.ratio_of(self)),
        )
        if self.place.count:
            self._draw_count(painter, x + edge, top, look)
        words = QRectF(rect.left() + 3, top + edge + theme.px(5), rect.width() - 6, theme.px(22))
        self.writer.write(
            painter, words, self.text(), theme.px(look.size.small), weight=theme.MEDIUM,
            colour=look.accent if on else look.text, align=CENTRE, floor=theme.px(11),
        )  # fmt: skip

    def _draw_count(self, painter: QPainter, x: float, y: float, look: Tokens) -> None:
        text = str(self.place.count) if self.place.count < 100 else "99+"
        size = theme.px(look.size.caption)
        wide = max(theme.px(20), fitting.text_width(text, size, theme.BOLD) + theme.px(10))
        plate = QRectF(x - theme.px(6), y - theme.px(6), wide, theme.px(20))
        panel(painter, plate, plate.height() / 2, look.accent)
        self.writer.write(painter, plate, text, size, weight=theme.BOLD, colour=look.on_accent, align=CENTRE)


class Rail(QWidget):
    """`chosen(code)`; `upper` places stand on top, `lower` at the foot. Arrow keys move between them."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, RailButton] = {}
        self._group = QButtonGroup(self)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(theme.px(6))
        self._column.setContentsMargins(theme.px(8), theme.px(14), theme.px(8), theme.px(14))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(106), theme.px(400))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(106), theme.px(200))

    def set_places(self, upper: Sequence[Place], lower: Sequence[Place]) -> None:
        """Show these; the buttons are made once and then only renamed."""
        places = [*upper, *lower]
        if [p.code for p in places] == list(self._buttons):
            for place in places:
                self._buttons[place.code].show_place(place)
            return
        for place in places:
            button = RailButton(place, self)
            button.clicked.connect(lambda _=False, code=place.code: self.chosen.emit(code))
            self._group.addButton(button)
            self._buttons[place.code] = button
        for place in upper:
            self._column.addWidget(self._buttons[place.code])
        self._column.addStretch(1)
        for place in lower:
            self._column.addWidget(self._buttons[place.code])

    def choose(self, code: str) -> None:
        """Mark the place of the page that is shown; none for a page that is not on the rail."""
        self._group.setExclusive(False)
        for name, button in self._buttons.items():
            button.setChecked(name == code)
        self._group.setExclusive(True)

    def button(self, code: str) -> RailButton:
        return self._buttons[code]

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.tokens()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour(look.surface))
        painter.setPen(theme.colour(look.line))
        painter.drawLine(self.rect().topRight(), self.rect().bottomRight())
        painter.end()
