"""ReadBackRow: one margin as it is read aloud: name, large figure, the same in words, its verdict plate."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.hero_value import CAP, draw_hero
from ui.widgets.painting import LEFT, Painted, panel
from ui.widgets.plate import PlateView, VerdictPlate


@dataclass(frozen=True)
class ReadBackView:
    """`words` are the digits as spoken ("one zero point three centimetres"), `note` where it was measured."""

    title: str = ""
    value: str = ""
    unit: str = ""
    words: str = ""
    note: str = ""
    plate: PlateView = field(default_factory=PlateView)


class ReadBackRow(Painted):
    """A card without controls; the plate stands at its right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = ReadBackView()
        self.plate = VerdictPlate(self, stacked=True)
        row = QHBoxLayout(self)
        pad = theme.px(10)
        row.setContentsMargins(pad, pad, pad, pad)
        row.addStretch(66)
        row.addWidget(self.plate, 34)
        self.plate.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_view(self, view: ReadBackView) -> None:
        self._view = view
        self.plate.set_view(view.plate)
        parts = (view.title, view.words or view.value, view.note)
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(700), theme.px(150))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(520), theme.px(116))

    def elided(self) -> set[str]:
        return self.writer.elided | self.plate.writer.elided

    def draw(self, painter: QPainter, look: Tokens) -> None:
        view, high = self._view, float(self.height())
        panel(painter, QRectF(self.rect()), theme.px(look.radius.card), look.surface, look.line, 1)
        pad = theme.px(20)
        room = self.plate.x() - pad - theme.px(12)
        title = QRectF(pad, theme.px(8), room, high * 0.2)
        size = min(theme.px(look.size.heading), high * 0.17)
        self.writer.write(painter, title, view.title, size, weight=theme.MEDIUM, colour=look.text2)
        foot = high - theme.px(20)
        tall = min(foot - title.bottom() - theme.px(6), theme.px(130) * CAP)
        hero = QRectF(pad, foot - tall, room * 0.46, tall)
        used = draw_hero(painter, hero, view.value, view.unit, (look.text, look.text2))
        left = pad + used + theme.px(24)
        words = QRectF(left, title.bottom(), pad + room - left, foot - title.bottom())
        if view.note:
            note = QRectF(words.left(), words.bottom() - theme.px(20), words.width(), theme.px(22))
            self.writer.write(painter, note, view.note, theme.px(15), colour=look.text2, align=LEFT)
            words.setBottom(note.top())
        self.writer.write(
            painter,
            words,
            view.words,
            theme.px(25),
            weight=theme.MEDIUM,
            colour=look.text,
            align=LEFT,
            lines=3,
        )
