"""SignCard: one case that waits for a signature: who, the lines that were read back, when, by whom."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.viewmodels.to_sign import LineView, SignView
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.fields import Check
from ui.widgets.hero_value import HeroValue
from ui.widgets.labels import Label, Paragraph
from ui.widgets.painting import Align, Painted
from ui.widgets.verdict_shape import draw_shape, shape_of


class Say(Protocol):
    """The words of the shell."""

    def __call__(self, key: str, /, **values: object) -> str: ...


class VerdictWord(Painted):
    """A verdict's shape and word on one line, without a plate: what was read back, not a new judgement."""

    def __init__(self, code: str, text: str, estimate: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._code, self._text = shape_of(code, "hatched" if estimate else "neutral"), text
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(180), theme.px(34))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        if not self._text:
            return
        edge, high = theme.px(24), float(self.height())
        shape = QRectF(0, (high - edge) / 2, edge, edge)
        # the signer sees shape and word; hue belongs to the page where it was judged
        draw_shape(painter, self._code, shape, look.text, look.surface)
        words = QRectF(edge + theme.px(10), 0, self.width() - edge - theme.px(10), high)
        size = theme.px(look.size.strong)
        self.writer.write(painter, words, self._text, size, weight=theme.MEDIUM, colour=look.text, lines=2)


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
        self._lines.setVerticalSpacing(theme.px(1))
        self._made: list[QWidget] = []
        head = QHBoxLayout()
        head.setSpacing(theme.px(16))
        head.addWidget(self._subject)
        head.addWidget(self._arm, 1, Qt.AlignmentFlag.AlignBottom)
        head.addWidget(self._open)
        said = QHBoxLayout()
        said.setSpacing(theme.px(16))
        said.addWidget(self._meaning)
        said.addWidget(self._recorded, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.check)
        foot.addWidget(self._due, 1)
        self.body.addLayout(head)
        self.body.addLayout(said)
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
            value.setFixedHeight(theme.px(50))
            value.setFixedWidth(theme.px(132))
            note = Paragraph(line.note, "small", "text2", self)
            verdict = VerdictWord(line.verdict, line.verdict_text, line.estimate, self)
            at = 3 * row  # title, note, and a gap to the next line
            self._lines.addWidget(title, at, 0, Qt.AlignmentFlag.AlignBottom)
            self._lines.addWidget(note, at + 1, 0, Qt.AlignmentFlag.AlignTop)
            self._lines.addWidget(value, at, 1, 2, 1)
            self._lines.addWidget(verdict, at, 2, 2, 1)
            self._lines.setRowMinimumHeight(at + 2, theme.px(10))
            self._made += [title, note, value, verdict]
        self._lines.setColumnMinimumWidth(2, theme.px(165))
        for column in (0, 2):
            self._lines.setColumnStretch(column, 1)
