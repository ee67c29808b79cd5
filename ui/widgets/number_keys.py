"""Keyboard entry of a length on any widget: raw characters out, to be interpreted by the core.

Input methods are switched off on the target, so a Chinese input method cannot swallow digits; full-width
digits and every kind of point or comma are passed on as typed. Nothing is parsed or refused here.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

DIGITS: Final = frozenset("0123456789" + "０１２３４５６７８９")
POINTS: Final = frozenset(".。．·,，、")
_BACK: Final = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STEPS: Final = {
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageUp: 5,
    Qt.Key.Key_PageDown: -5,
}
_PLAIN: Final = Qt.KeyboardModifier.NoModifier
_KEYPAD: Final = Qt.KeyboardModifier.KeypadModifier
_SHIFT: Final = Qt.KeyboardModifier.ShiftModifier


class NumberKeys(QObject):
    """Turns key presses of `target` into signals. `nudged` is in mm; `cleared` is Esc."""

    typed = Signal(str)
    backspace = Signal()
    committed = Signal()
    cleared = Signal()
    nudged = Signal(int)

    def __init__(self, target: QWidget) -> None:
        super().__init__(target)
        target.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        target.setInputMethodHints(
            Qt.InputMethodHint.ImhPreferNumbers | Qt.InputMethodHint.ImhNoPredictiveText
        )
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take(event)
        return False

    def _take(self, event: QKeyEvent) -> bool:
        """True when the key was one of ours. With Ctrl or Alt it belongs to the page."""
        if event.modifiers() & ~(_KEYPAD | _SHIFT) != _PLAIN:
            return False
        key, text = event.key(), event.text()
        if key in _BACK:
            self.backspace.emit()
        elif key in _ENTER:
            self.committed.emit()
        elif key == Qt.Key.Key_Escape:
            self.cleared.emit()
        elif key in _STEPS:
            self.nudged.emit(_STEPS[Qt.Key(key)])
        elif text and all(char in DIGITS or char in POINTS or char == "-" for char in text):
            self.typed.emit(text)
        else:
            return False
        return True
