"""CardChips: the two rows of chips on a margin card: state of the bowel above, circumstances and acts below.

Values in, codes out. Chips shrink before they are cut and never push a card wider than its column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.widgets.buttons import Button


@dataclass(frozen=True)
class ChipView:
    """One chip: code out, words in; `on` is chosen, `open` still waits for a choice (quiet)."""

    code: str
    text: str
    on: bool = False
    enabled: bool = True
    spoken: str = ""
    icon: str = ""
    quiet: bool = False


class CardChip(Button):
    """One chip. It keeps the focus where it is when pressed by hand, so that digits go on to the card."""

    def __init__(self, view: ChipView, parent: QWidget) -> None:
        super().__init__(view.text, "key", view.icon, parent, size_px=theme.tokens().size.small)
        self.code = view.code
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_view(view)

    def show_view(self, view: ChipView) -> None:
        if self.text() != view.text:
            self.setText(view.text)
            self.updateGeometry()
        self.setChecked(view.on)
        self.setEnabled(view.enabled)
        self.set_kind("outline" if view.quiet else "key")
        self.setAccessibleName(view.spoken or view.text)
        self.setToolTip(view.spoken or view.text)

    def nextCheckState(self) -> None:
        """What is checked comes from the values shown, never from the press."""

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width() - theme.px(12), max(theme.target_px(), theme.px(40)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(44), self.sizeHint().height())


class CardChips(QWidget):
    """`pressed(code)` for any chip. The rows are replaced only where codes change, so focus stays."""

    pressed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._rows = (QHBoxLayout(), QHBoxLayout())
        self._chips: tuple[list[CardChip], list[CardChip]] = ([], [])
        for row in self._rows:
            row.addStretch(1)
            self._column.addLayout(row)
        self._space()

    def set_rows(self, upper: Sequence[ChipView], lower: Sequence[ChipView]) -> None:
        for number, views in enumerate((upper, lower)):
            self._show(number, views)

    def chip(self, code: str) -> CardChip | None:
        return next((chip for row in self._chips for chip in row if chip.code == code), None)

    def elided(self) -> set[str]:
        return {text for row in self._chips for chip in row for text in chip.writer.elided}

    def _show(self, number: int, views: Sequence[ChipView]) -> None:
        chips, row = self._chips[number], self._rows[number]
        if [chip.code for chip in chips] != [view.code for view in views]:
            for chip in chips:
                row.removeWidget(chip)
                chip.hide()
                chip.deleteLater()
            chips.clear()
            for place, view in enumerate(views):
                chip = CardChip(view, self)
                chip.clicked.connect(lambda _=False, code=view.code: self.pressed.emit(code))
                row.insertWidget(place, chip)
                chip.show()
                chips.append(chip)
            return
        for chip, view in zip(chips, views, strict=True):
            chip.show_view(view)

    def _space(self) -> None:
        gap = theme.px(6)
        self._column.setSpacing(gap)
        for row in self._rows:
            row.setSpacing(gap)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()
