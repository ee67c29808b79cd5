"""The confirm page's layout: what is read on the left, who signs on the right. Places only."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.arm_plate import ArmPlate
from ui.widgets.buttons import Button, row_stretch
from ui.widgets.cards import Card
from ui.widgets.case_header import CaseHeader
from ui.widgets.info_line import InfoLine
from ui.widgets.labels import IconLabel, Label, Paragraph
from ui.widgets.painting import LEFT, Align, Painted
from ui.widgets.people_grid import PeopleGrid
from ui.widgets.pin_pad import PinPad
from ui.widgets.read_back import ReadBackRow
from ui.widgets.reason_tiles import ReasonTiles
from ui.widgets.secret_line import SecretLine
from ui.widgets.touch_keyboard import TouchKeyboard

_COLUMNS: Final = 5


class ArmWords(Painted):
    """The arm as it is read aloud, beside its plate."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title, self._words = "", ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_words(self, title: str, words: str) -> None:
        self._title, self._words = title, words
        self.setAccessibleName(f"{title} {words}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(56))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        wide, high = float(self.width()), float(self.height())
        upper, lower = QRectF(0, 0, wide, high * 0.36), QRectF(0, high * 0.34, wide, high * 0.64)
        top = Align.AlignLeft | Align.AlignVCenter
        self.writer.write(painter, upper, self._title, theme.px(15), colour=look.text2, align=top)
        self.writer.write(
            painter, lower, self._words, theme.px(23), weight=theme.MEDIUM, colour=look.text, align=LEFT
        )


class ConfirmParts(QWidget):
    """All parts by name; `rows` are the proximal and the distal one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.header = CaseHeader("", self)
        self.header.set_arm(None)
        self.heading = Label("", "heading", "text", self, align=Align.AlignRight | Align.AlignVCenter)
        self.header.add_middle(self.heading)
        self.blind = InfoLine(self)
        self._make_left()
        self._make_right()
        self._middle = QHBoxLayout()
        self._middle.addLayout(self._left, 1)
        self._middle.addWidget(self.panel)
        self._column = QVBoxLayout(self)
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._column.addWidget(self.header)
        self._column.addWidget(self.blind)
        self._column.addLayout(self._middle, 1)
        self._space()

    def _make_left(self) -> None:
        self.arm_card = Card(self, pad=(16, 10), gap=0)
        self.arm = ArmPlate(self)
        self.arm_words = ArmWords(self)
        row = QHBoxLayout()
        row.setSpacing(theme.px(20))
        row.addWidget(self.arm)
        row.addWidget(self.arm_words, 1)
        self.arm_card.body.addLayout(row)
        self.rows = (ReadBackRow(self), ReadBackRow(self))
        self.reason_card = Card(self, pad=(16, 12), gap=10)
        self.reason_title = Label("", "strong", "text", self)
        self.reasons = ReasonTiles((), self, columns=_COLUMNS, many=False)
        self.reason_card.body.addWidget(self.reason_title)
        self.reason_card.body.addWidget(self.reasons, 1)
        self.keyboard = TouchKeyboard(self)
        self._left = QVBoxLayout()
        self._left.addWidget(self.arm_card)
        for part in self.rows:
            self._left.addWidget(part, 3)
        self._left.addWidget(self.reason_card, 4)
        self._left.addWidget(self.keyboard, 5)

    def _make_right(self) -> None:
        self.panel = Card(self, pad=(16, 14), gap=10)
        self.who_title = Label("", "strong", "text", self)
        self.people = PeopleGrid(self)
        self.state_icon = IconLabel("circle-check", "ok", self, size_px=56, stroke=1.8)
        self.state_title = Paragraph("", "heading", "text", self)
        self.state_text = Paragraph("", "body", "text2", self)
        self.pad = PinPad("", "", self)
        self.password = SecretLine(self, keyboard=False)
        self.keyboard.attach(self.password.line)
        self.keyboard.typed.connect(lambda _text: self.password.typed.emit())
        self.hint = Label("", "small", "text2", self)
        self.switch = Button("", "ghost", "key-round", self, size_px=15)
        self.later = Button("", "outline", "clock", self)
        self.main = row_stretch(Button("", "primary", "user-check", self, size_px=19))
        body = self.panel.body
        body.addWidget(self.who_title)
        body.addWidget(self.people)
        body.addWidget(self.state_icon, 0, Qt.AlignmentFlag.AlignLeft)
        body.addWidget(self.state_title)
        body.addWidget(self.state_text)
        body.addWidget(self.pad, 10)
        body.addWidget(self.password)
        body.addStretch(1)
        body.addWidget(self.hint)
        row = QHBoxLayout()
        row.addWidget(self.switch)
        row.addStretch(1)
        row.addWidget(self.later)
        body.addLayout(row)
        body.addWidget(self.main)

    def _space(self) -> None:
        edge, gap = theme.px(12), theme.px(10)
        self._column.setContentsMargins(edge, edge, edge, edge)
        for layout in (self._column, self._middle, self._left):
            layout.setSpacing(gap)
        self.panel.setFixedWidth(max(theme.px(410), 3 * theme.target_px() + theme.px(60)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(880), theme.px(560))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()
