"""Keypad for lengths: 1-2-3 on top, point, zero, backspace, and steps of 0.1 cm. Raw characters out.

Keys are at least 20 mm on a touch screen. It keeps no text; the view model does.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from reset_or.base.units import signed_cm_text
from ui.style import theme
from ui.widgets.buttons import Button, KeyButton, tab_focus

DIGIT_ROWS = ("123", "456", "789")


class DigitGrid(QWidget):
    """Ten digits, backspace, and one free corner (`corner`), shared by keypad and PIN pad."""

    typed = Signal(str)
    backspace = Signal()

    def __init__(self, backspace_name: str, corner: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.keys: dict[str, KeyButton] = {}
        for row, digits in enumerate(DIGIT_ROWS):
            for column, digit in enumerate(digits):
                self._add(digit, row, column)
        if corner:
            self._add(corner, 3, 0)
        self._add("0", 3, 1)
        self.erase = tab_focus(KeyButton("", "delete", self))
        self.erase.setAccessibleName(backspace_name)
        self.erase.setAutoRepeat(True)
        self.erase.clicked.connect(self.backspace)
        self._grid.addWidget(self.erase, 3, 2)
        self._space()

    def _add(self, text: str, row: int, column: int) -> None:
        key = tab_focus(KeyButton(text, "", self))
        key.setAccessibleName(text)
        key.pressed.connect(lambda: self.typed.emit(text))  # touch-down counts, as on any keypad
        self.keys[text] = key
        self._grid.addWidget(key, row, column)

    def _space(self) -> None:
        self._grid.setSpacing(theme.key_gap())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()


class Keypad(QWidget):
    """`typed(text)`, `backspace()`, `nudged(mm)`. `steps` adds the -0.1 and +0.1 keys below the digits."""

    typed = Signal(str)
    backspace = Signal()
    nudged = Signal(int)

    def __init__(self, backspace_name: str, parent: QWidget | None = None, *, steps: bool = True) -> None:
        super().__init__(parent)
        self.digits = DigitGrid(backspace_name, ".", self)
        self.digits.typed.connect(self.typed)
        self.digits.backspace.connect(self.backspace)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.digits, 4)
        self._steps = QHBoxLayout()
        self.step_keys: dict[int, KeyButton] = {}
        if steps:
            for step_mm in (-1, 1):
                key = tab_focus(KeyButton(signed_cm_text(step_mm), "", self, size_px=20))
                key.clicked.connect(lambda _=False, mm=step_mm: self.nudged.emit(mm))
                self.step_keys[step_mm] = key
                self._steps.addWidget(key)
            self._column.addLayout(self._steps, 1)
        self._space()

    def add_row(self, button: Button) -> None:
        """A full-width button below the keys: "Record", "Not measured"."""
        self._column.addWidget(button)

    def _space(self) -> None:
        gap = theme.key_gap()
        self._column.setSpacing(gap)
        self._steps.setSpacing(gap)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()
