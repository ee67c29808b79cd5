"""The margins page's layout: header, notices, diagram or question, two cards, keypad for touch, foot.

Owns places and sizes only; the page fills it and listens to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ui.style import theme
from ui.viewmodels.margin_entry import ENDS, End
from ui.widgets.ask_panel import AskPanel
from ui.widgets.banner import SafetyBanner
from ui.widgets.bowel_diagram import BowelDiagram
from ui.widgets.buttons import Button, IconButton, tab_focus
from ui.widgets.card_chips import CardChips
from ui.widgets.cards import Card
from ui.widgets.case_header import CaseHeader
from ui.widgets.elapsed_clock import ElapsedClock
from ui.widgets.info_line import InfoLine
from ui.widgets.keypad import Keypad
from ui.widgets.labels import IconText
from ui.widgets.margin_card import MarginCard
from ui.widgets.step_bar import StepBar, StepView

_GAP: Final = 10
_EDGE: Final = 12
_CARD: Final = 256  # a card without its chips, at scale 1: title, value, captions, plate
_LEAST_CARD: Final = 196  # the same with a smaller value and a flat plate


class _Stack(QStackedWidget):
    """Asks only for the room of what is shown, so that a hidden question never makes the window higher."""

    def minimumSizeHint(self) -> QSize:
        shown = self.currentWidget()
        return shown.minimumSizeHint() if shown is not None else super().minimumSizeHint()

    def sizeHint(self) -> QSize:
        shown = self.currentWidget()
        return shown.sizeHint() if shown is not None else super().sizeHint()


class MarginsBoard(QWidget):
    """All parts by name. `clock` words come from a callable, so that the language stays outside."""

    def __init__(self, wording: Callable[[int], tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._make_header(wording)
        self.notice, self.refused = InfoLine(self), InfoLine(self)
        self.blind, self.erased = InfoLine(self), InfoLine(self)
        self.safety = SafetyBanner(self)
        self.safety.hide()
        self._make_middle()
        self._make_foot()
        self._column = QVBoxLayout(self)
        # A question or a bar that comes and goes must never make the window higher.
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._column.addWidget(self.header)
        for part in (self.blind, self.notice, self.refused, self.erased, self.safety):
            self._column.addWidget(part)
        self._column.addLayout(self._middle, 1)
        self._column.addLayout(self._foot)
        self._space()

    def _make_header(self, wording: Callable[[int], tuple[str, str]]) -> None:
        self.header = CaseHeader("", self)
        self.clock = ElapsedClock(wording, self)
        self.clock.hide()
        self.specimen_out = Button("", "outline", "timer", self)
        self.sync = Button("", "soft", "cloud-upload", self, size_px=15)
        self.look = IconButton("sun", "", "soft", self)
        self.tongue = IconButton("languages", "", "soft", self)
        self.header.add_middle(self.clock)
        self.header.add_middle(self.specimen_out)
        for button in (self.sync, self.look, self.tongue):
            self.header.add_button(button)

    def _make_middle(self) -> None:
        self.diagram = BowelDiagram(self)
        holder = Card(self, pad=(0, 0), gap=0)
        holder.body.addWidget(self.diagram)
        self.ask = AskPanel(self)
        self.stack = _Stack(self)
        self.stack.addWidget(holder)
        self.stack.addWidget(self.ask)
        self.stack.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.cards: dict[End, MarginCard] = {}
        self.chips: dict[End, CardChips] = {}
        self._cards_row = QHBoxLayout()
        for end in ENDS:
            card, chips = MarginCard(self), CardChips(self)
            chips.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            card.add_chips(chips)
            self.cards[end], self.chips[end] = card, chips
            self._cards_row.addWidget(card, 1)
        left = QVBoxLayout()
        left.addWidget(self.stack)
        left.addLayout(self._cards_row, 1)
        self._left = left
        self.keypad_card = Card(self, pad=(12, 12), gap=8)
        self.keypad = Keypad("", self)
        self.keypad_record = tab_focus(Button("", "outline", "check", self))
        self.keypad.add_row(self.keypad_record)
        self.keypad_card.body.addWidget(self.keypad)
        self._middle = QHBoxLayout()
        self._middle.addLayout(left, 1)
        self._middle.addWidget(self.keypad_card)

    def _make_foot(self) -> None:
        self.steps = StepBar((), self)
        self.undo = tab_focus(Button("", "outline", "undo-2", self))
        self.status = IconText("lock", "", "text2", "small", self)
        self.record = tab_focus(Button("", "outline", "check", self))
        self.main = Button("", "primary", "user-check", self)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.steps)
        self._foot.addWidget(self.undo)
        self._foot.addStretch(1)
        self.status.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._foot.addWidget(self.status)
        self._foot.addWidget(self.record)
        self._foot.addWidget(self.main)

    def share_room(self) -> None:
        """The diagram's height: the same with and without the safety bar.

        The bar comes and goes between two key presses; the cards give and take its room, because drawing
        the diagram anew at another size is what costs time.
        """
        lines = [
            part for part in (self.blind, self.notice, self.refused, self.erased) if part.isVisibleTo(self)
        ]
        others, gap = [self.header, self.main, *lines], theme.px(_GAP)
        taken = sum(part.sizeHint().height() for part in others) + gap * (len(others) + 1)
        room = self.height() - 2 * theme.px(_EDGE) - taken
        chips = 0
        if any(row.isVisibleTo(self) for row in self.chips.values()):
            chips = 2 * max(theme.target_px(), theme.px(40)) + theme.px(14)
        usual = room - theme.px(_CARD) - chips
        barred = room - self.safety.sizeHint().height() - gap - theme.px(_LEAST_CARD) - chips
        high = min(max(min(usual, barred), theme.px(150)), theme.px(330))
        if self.stack.currentWidget() is self.ask:
            high = max(high, self.ask.sizeHint().height())
        if high != self.stack.height() or self.stack.maximumHeight() != high:
            self.stack.setFixedHeight(high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_room()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(880), theme.px(560))

    def set_touch(self, touch: bool) -> None:
        """With touch the keypad stands beside the cards; without it the cards take its place."""
        self.keypad_card.setVisible(touch)
        self.record.setVisible(not touch)
        wide = max(theme.px(250), 3 * theme.target_px() + 4 * theme.px(12))
        self.keypad_card.setFixedWidth(wide)

    def show_steps(self, steps: list[StepView]) -> None:
        """Other steps; the old ones vanish at once, not when they are deleted."""
        for step in self.steps.findChildren(Button):
            step.hide()
        self.steps.set_steps(steps)

    def _space(self) -> None:
        edge, gap = theme.px(_EDGE), theme.px(_GAP)
        self._column.setContentsMargins(edge, edge, edge, edge)
        self._column.setSpacing(gap)
        for layout in (self._middle, self._left, self._cards_row):
            layout.setSpacing(gap)
        self._foot.setSpacing(theme.px(12))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()
            self.share_room()


def keep_focus(*buttons: Button) -> None:
    """Pressing these by hand leaves the focus on the card, so that digits go on."""
    for button in buttons:
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
