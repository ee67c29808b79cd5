"""NavRail: the left rail of the main window: icon over word, with a count. Navigation only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.buttons import Button
from ui.widgets.painting import CENTRE, Painted, panel


@dataclass(frozen=True)
class NavView:
    """One place: code out, icon, word, count beside the icon (0 hides it), whether it sits at the foot."""

    code: str
    icon: str
    text: str
    count: int = 0
    at_foot: bool = False


class NavButton(Button):
    """Icon over word; the count is a badge, spoken too."""

    def __init__(self, view: NavView, parent: QWidget | None = None) -> None:
        super().__init__(view.text, "ghost", view.icon, parent, size_px=theme.tokens().size.small)
        self.code = view.code
        self._count = 0
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_count(view.count)

    def set_count(self, count: int) -> None:
        self._count = count
        self.setAccessibleName(f"{self.text()} {count}" if count else self.text())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(88), max(theme.px(72), theme.target_px()))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), max(theme.px(60), theme.target_px()))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        ink = self.draw_frame(painter, look)
        edge, wide, high = theme.px(26), float(self.width()), float(self.height())
        colour = ink.text if self.isChecked() else look.text2
        icon = QRectF((wide - edge) / 2, high * 0.16, edge, edge)
        self.draw_icon(painter, self._icon, icon, colour)
        rect = QRectF(2, icon.bottom() + 2, wide - 4, high - icon.bottom() - theme.px(6))
        word = ink.text if self.isChecked() else look.text
        self.writer.write(
            painter,
            rect,
            self.text(),
            self.type_px(),
            weight=theme.MEDIUM,
            colour=word,
            align=CENTRE,
            lines=2,
        )
        if self._count:
            self._draw_count(painter, icon, look)

    def _draw_count(self, painter: QPainter, icon: QRectF, look: Tokens) -> None:
        text = str(self._count) if self._count < 100 else "99+"
        size = theme.px(13)
        wide = max(theme.px(20), fitting.text_width(text, size, theme.BOLD) + theme.px(10))
        badge = QRectF(icon.right() - theme.px(4), icon.top() - theme.px(7), wide, theme.px(20))
        panel(painter, badge, badge.height() / 2, look.accent)
        self.writer.write(painter, badge, text, size, weight=theme.BOLD, colour=look.on_accent, align=CENTRE)


class NavRail(Painted):
    """`chosen(code)` when a place is pressed; `choose` shows where we are."""

    chosen = Signal(str)

    def __init__(self, places: Sequence[NavView], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(theme.px(6))
        self._buttons: dict[str, NavButton] = {}
        for place in places:
            if place.at_foot:
                self._column.addStretch(1)
            button = NavButton(place, self)
            button.clicked.connect(lambda _=False, code=place.code: self.chosen.emit(code))
            self._buttons[place.code] = button
            self._column.addWidget(button)
        if not any(place.at_foot for place in places):
            self._column.addStretch(1)

    def choose(self, code: str) -> None:
        if code in self._buttons:
            self._buttons[code].setChecked(True)

    def set_count(self, code: str, count: int) -> None:
        self._buttons[code].set_count(count)

    def button(self, code: str) -> NavButton:
        return self._buttons[code]

    def draw(self, painter: QPainter, look: Tokens) -> None:
        panel(painter, QRectF(self.rect()), 0, look.surface)
        painter.fillRect(QRectF(self.width() - 1, 0, 1, self.height()), theme.colour(look.line))
