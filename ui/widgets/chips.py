"""ChoiceChips: one choice of a few, as chips (state, edge, method, measurer). Nothing is chosen by itself.

Arrow keys move the choice, Tab enters and leaves the row as one stop. Codes out, words in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QWidget

from ui.style import theme
from ui.widgets import fitting
from ui.widgets.buttons import Button
from ui.widgets.flow import FlowLayout, wrapping

_ARROWS: Final[dict[int, int]] = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: 1,
}


@dataclass(frozen=True)
class Option:
    """One chip: code out, word shown, optional icon, longer words for a screen reader, usable or not."""

    code: str
    text: str
    icon: str = ""
    spoken: str = ""
    enabled: bool = True


class _Chip(Button):
    def __init__(self, option: Option, parent: QWidget) -> None:
        super().__init__(option.text, "key", option.icon, parent, size_px=theme.tokens().size.small)
        self.code = option.code
        self.setCheckable(True)
        self.setEnabled(option.enabled)
        self.setAccessibleName(option.spoken or option.text)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width() - theme.px(8), max(theme.target_px(), theme.px(40)))

    def minimumSizeHint(self) -> QSize:
        """Where the chip is high enough its words may stand in two lines, which a touch screen needs."""
        size = round(self.type_px() * 0.8)
        least, high = super().minimumSizeHint(), self.sizeHint().height()
        if high < 2 * fitting.line_height(size) + theme.px(6):
            return least
        found = fitting.fit(self.text(), round(least.width() * 0.56), high, size, self._weight, size, 2)
        wide = round(found.width) + self._icon_px() + self._gap() + 2 * theme.px(8) + 2
        return least if found.elided else QSize(max(wide, theme.target_px() * 3 // 4), least.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ARROWS:
            event.ignore()  # the row moves the choice; Qt would only move the focus
        else:
            super().keyPressEvent(event)


class ChoiceChips(QWidget):
    """`chosen(code)` is sent when a person chooses; `choose` from the program sends nothing."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[Option] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self, theme.px(8))
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._chips: list[_Chip] = []
        wrapping(self)
        self.set_options(options)

    def set_options(self, options: Sequence[Option]) -> None:
        """Replace the chips; a choice that is still offered stays chosen."""
        kept = self.code()
        for chip in self._chips:
            self._group.removeButton(chip)
            self._flow.removeWidget(chip)
            chip.hide()  # gone at once, not when the event loop comes to it
            chip.deleteLater()
        self._chips = []
        for option in options:
            chip = _Chip(option, self)
            self._flow.addWidget(chip)
            self._group.addButton(chip)
            chip.clicked.connect(self._clicked)
            self._chips.append(chip)
            chip.show()
        self.choose(kept)

    def code(self) -> str:
        """The chosen code, or an empty string."""
        return next((chip.code for chip in self._chips if chip.isChecked()), "")

    def choose(self, code: str) -> None:
        """Show `code` as chosen; an unknown or empty code shows none."""
        self._group.setExclusive(False)
        for chip in self._chips:
            chip.setChecked(chip.code == code)
        self._group.setExclusive(True)
        self._one_tab_stop()

    def chip(self, code: str) -> Button | None:
        """The chip of a code, for shortcuts and tests."""
        return next((chip for chip in self._chips if chip.code == code), None)

    def elided(self) -> set[str]:
        return {text for chip in self._chips for text in chip.writer.elided}

    def _clicked(self) -> None:
        self._one_tab_stop()
        self.chosen.emit(self.code())

    def _one_tab_stop(self) -> None:
        """Tab reaches the chosen chip, or the first usable one; arrows do the rest."""
        usable = [chip for chip in self._chips if chip.isEnabled()]
        stop = next((chip for chip in usable if chip.isChecked()), usable[0] if usable else None)
        for chip in self._chips:
            policy = Qt.FocusPolicy.StrongFocus if chip is stop else Qt.FocusPolicy.ClickFocus
            chip.setFocusPolicy(policy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = _ARROWS.get(event.key(), 0)
        usable = [chip for chip in self._chips if chip.isEnabled()]
        here = next((i for i, chip in enumerate(usable) if chip.hasFocus()), None)
        if not way or here is None:
            super().keyPressEvent(event)
            return
        to = usable[(here + way) % len(usable)]
        to.setFocus(Qt.FocusReason.TabFocusReason)
        to.click()
