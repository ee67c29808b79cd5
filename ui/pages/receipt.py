"""The receipt of the shift as it will be printed, drawn from memory; it leaves only when asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from reset_or.actions.shift import SINCE
from reset_or.base.words import LANGUAGES
from ui import saving
from ui.pages.head import PageHead
from ui.pages.page import Page
from ui.style import theme
from ui.viewmodels.receipt import ReceiptModel
from ui.widgets.banner import ErrorBanner
from ui.widgets.buttons import Button, row_stretch
from ui.widgets.cards import Card
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.labels import Label, Paragraph
from ui.widgets.pdf_preview import PdfPreview

if TYPE_CHECKING:
    from ui.shell import Shell


class ReceiptPage(Page):
    """Reached from the sync page, and goes back to it."""

    name: ClassVar[str] = "receipt"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.model = ReceiptModel(shell, self._show)
        self._build()
        self.since.chosen.connect(self.model.choose_since)
        self.languages.chosen.connect(self.model.choose_language)
        self.save.clicked.connect(self.ask_save)
        self.back.clicked.connect(shell.back)
        shell.theme_changed.connect(self._show)
        self.retranslate()

    def _build(self) -> None:
        self.head = PageHead(self.shell, self)
        self.pdf = PdfPreview(self)
        self.problem = ErrorBanner(self)
        self.problem.hide()
        self.waiting = Label("", "body", "text2", self)
        sheet = Card(self, pad=(8, 8), gap=8)
        sheet.body.addWidget(self.problem)
        sheet.body.addWidget(self.waiting)
        sheet.body.addWidget(self.pdf, 1)
        self._build_side()
        self._middle = QHBoxLayout()
        self._middle.addWidget(sheet, 1)
        self._middle.addWidget(self._side)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.head)
        self._column.addLayout(self._middle, 1)
        self._space()

    def _build_side(self) -> None:
        self._side = Card(self, pad=(18, 16), gap=10)
        self.headline = Paragraph("", "strong", "text", self)
        self.since_title = Label("", "strong", "text", self)
        self.since = ChoiceChips((), self)
        self.since_note = Paragraph("", "small", "text2", self)
        self.language_title = Label("", "strong", "text", self)
        self.languages = ChoiceChips((), self)
        self.memory = Paragraph("", "small", "text2", self)
        self.back = row_stretch(Button("", "outline", "arrow-left", self))
        self.save = row_stretch(Button("", "primary", "download", self))
        body = self._side.body
        body.addWidget(self.headline)
        body.addSpacing(theme.px(8))
        for part in (self.since_title, self.since, self.since_note):
            body.addWidget(part)
        body.addSpacing(theme.px(8))
        body.addWidget(self.language_title)
        body.addWidget(self.languages)
        body.addStretch(1)
        body.addWidget(self.memory)
        body.addWidget(self.back)
        body.addWidget(self.save)

    # page ---------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        return self.shell.say("shift.title")

    def enter(self, **params: Any) -> None:
        self.retranslate()
        self.model.open()
        self.since.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self._forget()

    def cover(self, covered: bool) -> None:
        self._forget() if covered else self.model.draw()

    def _forget(self) -> None:
        self.model.forget()
        self.pdf.show_pdf(None)

    def retranslate(self) -> None:
        say = self.shell.say
        self.head.retranslate()
        self.head.set_title(self.title)
        self.since_title.set_text(say("shift.since"))
        self.since.set_options([Option(code, say(f"shift.since_{code}")) for code in SINCE])
        self.language_title.set_text(say("report_page.language"))
        self.languages.set_options([Option(code, say(f"report_page.language_{code}")) for code in LANGUAGES])
        self.memory.setText(say("shift.memory_note"))
        self.back.setText(say("report_page.back"))
        self.save.setText(say("report_page.save"))
        self.waiting.set_text(say("report_page.drawing"))
        self.pdf.setAccessibleName(self.title)
        self._show()

    # acts ---------------------------------------------------------------------------------------------
    def ask_save(self) -> None:
        """Where to; the file is written whole or not at all."""
        place = saving.ask_place(self, self.shell, self.model.file_name()) if self.model.pdf else None
        if place is not None:
            self.save_to(place)

    def save_to(self, place: Path) -> None:
        if self.model.pdf is not None:
            saving.save_to(self.shell, place, self.model.pdf, self.model.saved)

    # showing ------------------------------------------------------------------------------------------
    def _show(self) -> None:
        model = self.model
        self.pdf.show_pdf(model.pdf)
        self.headline.setText(model.headline)
        self.since.choose(model.since)
        self.since_note.setText(model.span)
        self.languages.choose(model.language)
        self.save.setEnabled(model.pdf is not None)
        title, advice = model.problem
        self.waiting.setVisible(model.pdf is None and not title)
        self.problem.setVisible(bool(title))
        if title:
            self.problem.show_error(title, advice, "")

    def _space(self) -> None:
        pad, gap = theme.px(20), theme.px(12)
        self._column.setContentsMargins(pad, theme.px(14), pad, theme.px(18))
        self._column.setSpacing(gap)
        self._middle.setSpacing(gap)
        self._side.setFixedWidth(theme.px(330))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_column"):
            self._space()
