"""TouchKeyboard: our own keys on the screen for a text secret, where the device has no keyboard.

It keeps nothing: each key goes out as a signal, or into the line edit it is attached to. Its keys do not take
the focus, because they stand for a physical keyboard that whoever uses Tab already has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui.style import theme
from ui.widgets.buttons import KeyButton, no_focus

LETTERS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
SIGNS: Final = ("1234567890", "!@#$%^&*()", "-_=+[]{}\\|", ";:'\",.<>/?~`")


@dataclass(frozen=True)
class KeyNames:
    """What a screen reader says for the keys without a letter, and the faces of the two page keys.

    Words of the catalogue, in the language shown; the keyboard has none of its own.
    """

    shift: str = ""
    backspace: str = ""
    space: str = ""
    enter: str = ""
    letters: str = ""
    signs: str = ""


class TouchKeyboard(QWidget):
    """`typed(text)`, `backspace()`, `entered()`; or `attach` a line edit."""

    typed = Signal(str)
    backspace = Signal()
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = KeyNames()
        self._upper = False
        self._signs = False
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(theme.px(6))
        self._keys: dict[str, KeyButton] = {}
        self._lines: list[QWidget] = []

    def attach(self, line: QLineEdit) -> None:
        """Type into this line edit."""
        self.typed.connect(line.insert)
        self.backspace.connect(line.backspace)
        self.entered.connect(line.returnPressed)

    @property
    def keys(self) -> dict[str, KeyButton]:
        """The keys shown now, by name; made when they are first looked at."""
        if not self._keys:
            self._build()
        return self._keys

    def set_names(self, names: KeyNames) -> None:
        """The same keys in other words."""
        if names != self._names:
            self._names = names
            if self._keys:
                self._build()

    def showEvent(self, event: QShowEvent) -> None:
        if not self._keys:
            self._build()
        super().showEvent(event)

    def press(self, name: str) -> None:
        """Act as if the key had been pressed: a character, or shift, backspace, space, enter, page."""
        if name == "shift":
            self._upper = not self._upper
            self._build()
        elif name == "page":
            self._signs = not self._signs
            self._build()
        elif name == "backspace":
            self.backspace.emit()
        elif name == "enter":
            self.entered.emit()
        else:
            self.typed.emit(" " if name == "space" else name)
            if self._upper and name != "space":
                self._upper = False
                self._build()

    def _build(self) -> None:
        for line in self._lines:
            self._rows.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines, self._keys = [], {}
        rows = SIGNS if self._signs else LETTERS
        for number, row in enumerate(rows):
            shown = row.upper() if self._upper and not self._signs else row
            last = number == len(rows) - 1
            line = self._line(
                [(char, char, "", 2) for char in shown], pad=1 if len(shown) < 10 and not last else 0
            )
            layout = line.layout()
            if last and isinstance(layout, QHBoxLayout):
                layout.insertWidget(0, self._key("shift", "", "arrow-big-up", self._names.shift), 3)
                layout.addWidget(self._key("backspace", "", "delete", self._names.backspace), 3)
        page = self._names.letters if self._signs else self._names.signs
        self._line(
            [("page", page, "", 3), ("space", self._names.space, "", 12), ("enter", self._names.enter, "", 5)]
        )

    def _line(self, keys: list[tuple[str, str, str, int]], pad: int = 0) -> QWidget:
        line = QWidget(self)
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.px(6))
        if pad:
            layout.addStretch(pad)
        for name, face, icon, stretch in keys:
            layout.addWidget(self._key(name, face, icon, face), stretch)
        if pad:
            layout.addStretch(pad)
        self._rows.addWidget(line, 1)
        self._lines.append(line)
        line.show()
        return line

    def _key(self, name: str, face: str, icon: str, spoken: str) -> KeyButton:
        key = KeyButton(face, icon, self, size_px=19)
        no_focus(key)
        key.setAccessibleName(spoken)
        if name == "shift":
            key.setCheckable(True)
            key.setChecked(self._upper)
        key.setAutoRepeat(name == "backspace")
        # queued: a rebuild must not delete the key that is still handling its click
        key.clicked.connect(partial(self._pressed, name), Qt.ConnectionType.QueuedConnection)
        self._keys[name] = key
        return key

    def _pressed(self, name: str, _checked: bool = False) -> None:
        self.press(name)
