"""CarryLine: how far a file is, or how it ended, on one row with one button; else hidden."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.style import theme
from ui.viewmodels.carrying import CarryView
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.labels import IconLabel, Paragraph
from ui.widgets.progress_bar import ProgressBar


class CarryLine(Card):
    """`pressed()`: stop it, or put its result away."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, pad=(18, 12))
        self.icon = IconLabel("usb", "accent", self, size_px=28)
        self.text = Paragraph("", "strong", "text", self)
        self.more = Paragraph("", "body", "text2", self)
        self.bar = ProgressBar(self)
        self.button = Button("", "outline", "", self)
        self.button.clicked.connect(self.pressed)
        row = QHBoxLayout()
        row.setSpacing(theme.px(14))
        said = QVBoxLayout()
        said.setSpacing(theme.px(4))
        for part in (self.text, self.bar, self.more):
            said.addWidget(part)
        row.addWidget(self.icon)
        row.addLayout(said, 1)
        row.addWidget(self.button)
        self.body.addLayout(row)
        self.hide()

    def show_view(self, view: CarryView | None, button: str) -> None:
        """`button`: its text; None hides the line."""
        self.setVisible(view is not None)
        if view is None:
            return
        self.icon.set_icon(view.icon, view.tone)
        self.text.setText(view.text)
        self.more.setText(view.more)
        self.more.setVisible(bool(view.more))
        self.bar.setVisible(view.portion is not None)
        self.bar.set_part((view.portion or 0) / 1000, f"{view.text} {view.more}")
        self.button.setText(button)
        self.setAccessibleName(f"{view.text} {view.more}".strip())
