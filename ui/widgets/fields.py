"""Form fields: a name above, an input, and one line below that is a hint or says what is wrong.

Qt's own inputs, dressed by the style sheet. Words and checks come from outside.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QVBoxLayout, QWidget

from ui.style import theme
from ui.widgets import fitting
from ui.widgets.chips import Option
from ui.widgets.labels import Label, Paragraph
from ui.widgets.painting import Writer, antialiased, focus_ring, panel


class Field(QWidget):
    """Any input with its name and its line below. The name is also the input's accessible name."""

    def __init__(self, name: str, inside: QWidget, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inside = inside
        self._hint = hint
        self.name = Label(name, "small", "text2", self)
        self.below = Paragraph("", "small", "text2", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(4))
        for part in (self.name, inside, self.below):
            column.addWidget(part)
        self.setFocusProxy(inside)
        self.set_name(name)
        self.set_wrong("")

    def set_name(self, name: str, hint: str | None = None) -> None:
        self.name.set_text(name)
        self.inside.setAccessibleName(name)
        if hint is not None:
            self._hint = hint
            self.set_wrong("")

    def set_wrong(self, reason: str) -> None:
        """Say what is wrong below the input and redden its edge; empty returns to the hint."""
        self.below.setText(reason or self._hint)
        self.below.set_tone("bad" if reason else "text2")
        self.below.setVisible(bool(reason or self._hint))
        self.inside.setAccessibleDescription(reason or self._hint)
        if self.inside.property("wrong") != bool(reason):
            self.inside.setProperty("wrong", bool(reason))
            self.inside.style().unpolish(self.inside)
            self.inside.style().polish(self.inside)


class TextInput(QLineEdit):
    """A line of text. `secret` hides it and keeps it out of input methods and the clipboard's history."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None, *, secret: bool = False, most: int = 4000) -> None:
        super().__init__(parent)
        self.setMaxLength(most)
        if secret:
            self.setEchoMode(QLineEdit.EchoMode.Password)
        self.editingFinished.connect(self.left)


class Select(QComboBox):
    """One of many; nothing is chosen beforehand. Ignores the wheel, which changes values unseen."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[Option] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.set_options(options)
        self.activated.connect(lambda _index: self.chosen.emit(self.code()))
        self.installEventFilter(self)

    def set_options(self, options: Sequence[Option]) -> None:
        kept = self.code()
        self.clear()
        for option in options:
            self.addItem(option.text, option.code)
        self.choose(kept)

    def code(self) -> str:
        data = self.currentData()
        return data if isinstance(data, str) else ""

    def choose(self, code: str) -> None:
        self.setCurrentIndex(self.findData(code) if code else -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, edge = QPainter(self), theme.px(18)
        colour = theme.tokens().text2 if self.isEnabled() else theme.tokens().text3
        arrow = theme.icon_pixmap("chevron-down", edge, colour, theme.ratio_of(self))
        painter.drawPixmap(self.width() - edge - theme.px(10), (self.height() - edge) // 2, arrow)
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class Check(QCheckBox):
    """A yes that must be ticked; never ticked beforehand. The words wrap to two lines."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.writer = Writer()
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        size = theme.px(theme.tokens().size.body)
        wide = fitting.text_width(self.text(), size, theme.REGULAR)
        return QSize(int(wide) + theme.px(52), theme.target_px())

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(140), theme.target_px())

    def hitButton(self, pos: QPoint) -> bool:
        """The whole row counts, not only the box."""
        return bool(self.rect().contains(pos))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme.tokens(), QPainter(self)
        antialiased(painter)
        self.writer.elided.clear()
        edge, rect = theme.px(24), QRectF(self.rect())
        box = QRectF(theme.px(8), (rect.height() - edge) / 2, edge, edge)
        ink = look.text if self.isEnabled() else look.text3
        on = self.isChecked()
        edge_colour = look.accent if on else look.border
        panel(painter, box, theme.px(6), look.accent if on else look.surface, edge_colour, 2)
        if on:
            tick = theme.icon_pixmap("check", edge - 4, look.on_accent, theme.ratio_of(self), 3.0)
            painter.drawPixmap(box.topLeft() + QPointF(2, 2), tick)
        words = rect.adjusted(box.right() + theme.px(10), 0, -theme.px(6), 0)
        self.writer.write(painter, words, self.text(), theme.px(look.size.body), colour=ink, lines=2)
        if self.hasFocus():
            focus_ring(painter, rect, theme.px(look.radius.small))
        painter.end()
