"""SignCard: one case that waits for a signature: who, the lines that were read back, when, by whom."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ui.style import theme
from ui.viewmodels.to_sign import LineView, SignView
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.fields import Check
from ui.widgets.hero_value import HeroValue
from ui.widgets.labels import Label
from ui.widgets.painting import Align


class Say(Protocol):
    """The words of the shell."""

    def __call__(self, key: str, /, **values: object) -> str: ...


class SignCard(Card):
    """A tick, the subject, the arm, each line with its value; `opened` asks for the case sheet."""

    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, pad=(20, 14), gap=8)
        self.check = Check("", self)
        self._subject = Label("", "subject", "text", self)
        self._meaning = Label("", "body", "text2", self)
        self._arm = Label("", "strong", "text", self)
        self._due = Label("", "small", "text2", self, align=Align.AlignRight | Align.AlignVCenter)
        self._recorded = Label("", "small", "text2", self, align=Align.AlignRight | Align.AlignVCenter)
        self._open = Button("", "ghost", "file-text", self, size_px=15)
        self._open.clicked.connect(self.opened)
        self._lines = QGridLayout()
        self._lines.setHorizontalSpacing(theme.px(16))
        self._lines.setVerticalSpacing(theme.px(2))
        self._made: list[QWidget] = []
        head = QHBoxLayout()
        head.setSpacing(theme.px(16))
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._subject)
        names.addWidget(self._meaning)
        head.addLayout(names)
        head.addWidget(self._arm, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addStretch(1)
        when = QVBoxLayout()
        when.setSpacing(theme.px(2))
        when.addWidget(self._recorded)
        when.addWidget(self._due)
        head.addLayout(when)
        foot = QHBoxLayout()
        foot.addWidget(self.check)
        foot.addStretch(1)
        foot.addWidget(self._open)
        self.body.addLayout(head)
        self.body.addLayout(self._lines)
        self.body.addLayout(foot)

    def set_view(self, view: SignView, say: Say) -> None:
        """Show the case; the tick stays as it is."""
        self._subject.set_text(view.subject)
        self._meaning.set_text(view.meaning_text)
        self._arm.set_text(view.arm_text)
        self._arm.setVisible(bool(view.arm_text))
        self._recorded.set_text(view.recorded)
        self._due.set_text(view.due)
        self._due.set_tone("short" if view.late else "text2")
        self.check.setText(say("to_sign.select"))
        self.check.setAccessibleName(f"{say('to_sign.select')}: {view.spoken}")
        self.check.update()
        self._open.setText(say("to_sign.open"))
        self._open.setAccessibleName(f"{say('to_sign.open')} {view.subject}")
        self.setAccessibleName(view.spoken)
        self._show_lines(view.lines, say("to_sign.cm"))

    def _show_lines(self, lines: tuple[LineView, ...], unit: str) -> None:
        for widget in self._made:
            self._lines.removeWidget(widget)
            widget.deleteLater()
        self._made = []
        for row, line in enumerate(lines):
            title = Label(line.title, "heading", "text2", self)
            value = HeroValue(self)
            value.set_value(line.value, unit, f"{line.title} {line.value} {unit}")
            value.setFixedHeight(theme.px(58))
            value.setFixedWidth(theme.px(150))
            note = Label(line.note, "body", "text", self)
            verdict = Label(line.verdict_text, "strong", "text", self)
            for column, widget in enumerate((title, value, note, verdict)):
                self._lines.addWidget(widget, row, column)
                self._made.append(widget)
        self._lines.setColumnMinimumWidth(0, theme.px(110))
        self._lines.setColumnStretch(2, 3)
        self._lines.setColumnStretch(3, 2)
