"""Overlays over a whole window: the dimmer for a dark room, and the toast that offers an undo."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.buttons import Button
from ui.widgets.labels import Label
from ui.widgets.painting import Painted, panel

MOST_DIM = 0.4


class Dimmer(QWidget):
    """Darkens its parent by 0 to 40 %; clicks pass through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._under = parent
        self._part = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        parent.installEventFilter(self)
        self.hide()

    def set_part(self, part: float) -> None:
        self._part = min(MOST_DIM, max(0.0, part))
        self.setGeometry(self._under.rect())
        self.setVisible(self._part > 0)
        self.raise_()
        self.update()

    def part(self) -> float:
        return self._part

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("#000000", round(255 * self._part)))
        painter.end()


class Toast(Painted):
    """Says what was undone or can be undone, for 8 s; never used for anything that must be seen."""

    undo = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._under = parent
        self._words = Label("", "body", "text", self)
        self._button = Button("", "ghost", "undo-2", self)
        self._button.clicked.connect(self._undone)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(18), theme.px(6), theme.px(8), theme.px(6))
        row.addWidget(self._words)
        row.addWidget(self._button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str, verb: str = "") -> None:
        """Show `text`, with an undo button when `verb` is given."""
        self._words.set_text(text)
        self._button.setText(verb)
        self._button.setVisible(bool(verb))
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start(theme.tokens().motion.toast_ms)

    def hush(self) -> None:
        """Gone at once: what it said is no longer of this person or this case."""
        self._timer.stop()
        self.hide()

    def _undone(self) -> None:
        self.hide()
        self.undo.emit()

    def _place(self) -> None:
        room = self._under.rect()
        self.resize(min(self.sizeHint().width(), room.width() - theme.px(32)), self.sizeHint().height())
        self.move((room.width() - self.width()) // 2, room.height() - self.height() - theme.px(24))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def draw(self, painter: QPainter, look: Tokens) -> None:
        panel(painter, QRectF(self.rect()), theme.px(look.radius.card), look.raised, look.border, 1)
