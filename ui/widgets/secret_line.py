"""SecretLine: one password, hidden until asked to show, with our own keys on a touch screen.

The text leaves it once, by `entered`; paste is allowed; input methods are off.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.widgets.buttons import IconButton
from ui.widgets.labels import Label
from ui.widgets.touch_keyboard import KeyNames, TouchKeyboard


class SecretLine(QWidget):
    """`entered(text)` on Enter; `typed()` on each change. The keyboard below shows on touch screens only."""

    entered = Signal(str)
    typed = Signal()

    def __init__(self, parent: QWidget | None = None, *, keyboard: bool = True) -> None:
        super().__init__(parent)
        self._words = ("", "")
        self.name = Label("", "body", "text2", self)
        self.line = QLineEdit(self)
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.line.setMaxLength(256)
        self.line.returnPressed.connect(self._enter)
        self.line.textEdited.connect(lambda _text: self.typed.emit())
        self.eye = IconButton("eye", "", "soft", self)
        self.eye.setCheckable(True)
        self.eye.toggled.connect(self._show_text)
        self.message = Label("", "small", "bad", self)
        self.message.hide()
        self.keyboard: TouchKeyboard | None = None
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        row.addWidget(self.line, 1)
        row.addWidget(self.eye)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(6))
        self._column.addWidget(self.name)
        self._column.addLayout(row)
        self._column.addWidget(self.message)
        self.setFocusProxy(self.line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if keyboard and theme.metrics().touch:
            self.add_keyboard()

    def add_keyboard(self) -> None:
        """Our own keys below the line, for a device without a keyboard; `set_words` names them."""
        self.keyboard = TouchKeyboard(self)
        self.keyboard.attach(self.line)
        self.keyboard.typed.connect(lambda _text: self.typed.emit())
        self._column.addWidget(self.keyboard, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_words(self, name: str, show: str, hide: str, keys: KeyNames | None = None) -> None:
        """Whose password it is, what the eye says, and the words on the keys."""
        if self.keyboard is not None and keys is not None:
            self.keyboard.set_names(keys)
        self.name.set_text(name)
        self.line.setAccessibleName(name)
        self._words = (show, hide)
        self._say_eye()

    def show_problem(self, text: str) -> None:
        self.message.set_text(text)
        self.message.setVisible(bool(text))
        self.line.setAccessibleDescription(text)
        self.line.setProperty("wrong", bool(text))
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)

    def text(self) -> str:
        return self.line.text()

    def clear(self) -> None:
        self.line.clear()
        self.eye.setChecked(False)

    def take_focus(self) -> None:
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _enter(self) -> None:
        if self.line.text():
            self.entered.emit(self.line.text())

    def _show_text(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self.line.setEchoMode(mode)
        self.eye.set_icon_name("eye-off" if shown else "eye")
        self._say_eye()

    def _say_eye(self) -> None:
        self.eye.set_spoken(self._words[1 if self.eye.isChecked() else 0])
