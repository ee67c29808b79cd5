"""EmptyState: what a page shows instead of nothing: an icon, what holds, what to do, and the act itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.style import theme
from ui.widgets.buttons import Button
from ui.widgets.labels import IconLabel, Paragraph, Tone


class EmptyState(QWidget):
    """Icon, title, advice; `add_action` puts buttons below, the first one being the main act."""

    acted = Signal(str)

    def __init__(
        self, icon: str, title: str, advice: str = "", parent: QWidget | None = None, *, tone: Tone = "text2"
    ) -> None:
        super().__init__(parent)
        self.icon = IconLabel(icon, tone, self, size_px=56, stroke=1.6)
        self.title = Paragraph(title, "heading", "text", self)
        self.advice = Paragraph(advice, "body", "text2", self)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(theme.px(10))
        column = QVBoxLayout(self)
        column.setSpacing(theme.px(12))
        column.addStretch(1)
        column.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignHCenter)
        for words in (self.title, self.advice):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(words)
        self.advice.setVisible(bool(advice))
        column.addLayout(self._actions)
        column.addStretch(2)
        self._actions.addStretch(1)
        self._actions.addStretch(1)
        self.setAccessibleName(f"{title} {advice}".strip())

    def set_words(self, title: str, advice: str = "") -> None:
        self.title.setText(title)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        self.setAccessibleName(f"{title} {advice}".strip())

    def add_action(self, code: str, text: str, icon: str = "") -> Button:
        """A button that sends `acted(code)`; the first is primary."""
        first = self._actions.count() == 2
        button = Button(text, "primary" if first else "outline", icon, self)
        button.clicked.connect(lambda: self.acted.emit(code))
        self._actions.insertWidget(self._actions.count() - 1, button)
        return button
