"""The report page: the case sheet as it will be printed, drawn from memory; it leaves only when asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ui import exporting, saving
from ui.pages.case_head import show_case
from ui.pages.page import Page
from ui.style import theme
from ui.viewmodels.report import EDITIONS, ReportModel
from ui.widgets.banner import ErrorBanner
from ui.widgets.buttons import Button, IconButton, row_stretch
from ui.widgets.cards import Card
from ui.widgets.case_header import CaseHeader
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.labels import Label, Paragraph
from ui.widgets.pdf_preview import PdfPreview

if TYPE_CHECKING:
    from ui.shell import Shell

_PRINT_DPI = 300


class ReportPage(Page):
    """`enter(case=)`."""

    name: ClassVar[str] = "report"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.model = ReportModel(shell, self._show)
        self._build()
        self._connect()
        shell.theme_changed.connect(self._show)
        self.retranslate()

    def _build(self) -> None:
        self.header = CaseHeader("", self)
        self.pdf = PdfPreview(self)
        self.waiting = Label("", "body", "text2", self)
        self.problem = ErrorBanner(self)
        self.problem.hide()
        self._sheet = Card(self, pad=(8, 8), gap=8)
        for part in (self.problem, self.waiting):
            self._sheet.body.addWidget(part)
        self._sheet.body.addWidget(self.pdf, 1)
        self._build_side()
        self._middle = QHBoxLayout()
        self._middle.addWidget(self._sheet, 1)
        self._middle.addWidget(self._side)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.header)
        self._column.addLayout(self._middle, 1)
        self._space()

    def _build_side(self) -> None:
        self._side = Card(self, pad=(18, 16), gap=10)
        self.edition_title = Label("", "strong", "text", self)
        self.editions = ChoiceChips((), self)
        self.edition_note = Paragraph("", "small", "text2", self)
        self.language_title = Label("", "strong", "text", self)
        self.languages = ChoiceChips((), self)
        self.pages = Label("", "small", "text2", self)
        self.smaller = IconButton("minus", "", "soft", self)
        self.larger = IconButton("plus", "", "soft", self)
        self.fit = IconButton("maximize", "", "soft", self)
        self.memory = Paragraph("", "small", "text2", self)
        self.export = row_stretch(Button("", "outline", "upload", self))
        self.print = row_stretch(Button("", "outline", "printer", self))
        self.save = row_stretch(Button("", "primary", "download", self))
        tools = QHBoxLayout()
        tools.addWidget(self.pages, 1)
        for button in (self.smaller, self.larger, self.fit):
            tools.addWidget(button)
        body = self._side.body
        for part in (self.edition_title, self.editions, self.edition_note):
            body.addWidget(part)
        body.addSpacing(theme.px(8))
        body.addWidget(self.language_title)
        body.addWidget(self.languages)
        body.addSpacing(theme.px(8))
        body.addLayout(tools)
        body.addStretch(1)
        body.addWidget(self.memory)
        body.addWidget(self.export)
        body.addWidget(self.print)
        body.addWidget(self.save)

    def _connect(self) -> None:
        self.header.back.connect(self.shell.back)
        self.editions.chosen.connect(self.model.choose_edition)
        self.languages.chosen.connect(self.model.choose_language)
        self.save.clicked.connect(self.ask_save)
        self.print.clicked.connect(self.ask_print)
        self.export.clicked.connect(self.ask_export)
        self.fit.clicked.connect(self.pdf.fit_width)
        self.larger.clicked.connect(lambda: self.pdf.zoom_by(1.25))
        self.smaller.clicked.connect(lambda: self.pdf.zoom_by(0.8))

    # page ---------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        view = self.model.view
        return self.shell.say("report_page.title", subject=view.subject) if view is not None else ""

    def enter(self, **params: Any) -> None:
        self.model.open(str(params.get("case", "")))
        self.pdf.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self._forget()

    def cover(self, covered: bool) -> None:
        self._forget() if covered else self.model.draw()

    def _forget(self) -> None:
        self.model.forget()
        self.pdf.show_pdf(None)

    def retranslate(self) -> None:
        say = self.shell.say
        self.header.back_button.setText(say("report_page.back"))
        self.edition_title.set_text(say("report_page.edition"))
        self.language_title.set_text(say("report_page.language"))
        self.editions.set_options([Option(code, say(f"report_page.edition_{code}")) for code in EDITIONS])
        self.languages.set_options(
            [Option(code, say(f"report_page.language_{code}")) for code in ("en", "zh")]
        )
        self.memory.setText(say("report_page.memory_note"))
        self.save.setText(say("report_page.save"))
        self.print.setText(say("report_page.print"))
        self.export.setText(say("export.open"))
        for button, key in ((self.fit, "fit"), (self.larger, "zoom_in"), (self.smaller, "zoom_out")):
            button.set_spoken(say(f"report_page.{key}"))
        self.pdf.setAccessibleName(say("report_page.sheet"))
        self._show()

    # acts ---------------------------------------------------------------------------------------------
    def ask_save(self) -> None:
        """Where to; the file is written whole or not at all."""
        place = saving.ask_place(self, self.shell, self.model.file_name()) if self.model.pdf else None
        if place is not None:
            self.save_to(place)

    def save_to(self, place: Path) -> None:
        if self.model.pdf is not None:
            saving.save_to(self.shell, place, self.model.pdf)

    def ask_export(self) -> None:
        """The case's images to a folder or an archive, as DICOM."""
        exporting.ask(self.shell, self.model.case, self.model.view)

    def ask_print(self) -> None:
        """The system's own print dialog; each page is drawn at the printer's resolution."""
        if self.model.pdf is None:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setResolution(_PRINT_DPI)
        dialog = QPrintDialog(printer, self)
        if dialog.exec() == QPrintDialog.DialogCode.Accepted:
            self.print_on(printer)

    def print_on(self, printer: QPrinter) -> None:
        painter = QPainter(printer)
        for page in range(self.pdf.pages):
            if page:
                printer.newPage()
            room = printer.pageRect(QPrinter.Unit.DevicePixel)
            points = self.pdf.pdf_document.pagePointSize(page)
            scale = min(room.width() / points.width(), room.height() / points.height())
            size = QSize(round(points.width() * scale), round(points.height() * scale))
            painter.drawImage(
                QRectF(0, 0, size.width(), size.height()), self.pdf.pdf_document.render(page, size)
            )
        painter.end()

    # showing ------------------------------------------------------------------------------------------
    def _show(self) -> None:
        model, say = self.model, self.shell.say
        self.pdf.show_pdf(model.pdf)
        view = model.view
        if view is not None:
            show_case(self.header, view, self.shell)
        self.editions.choose(model.edition)
        self.languages.choose(model.language)
        self.edition_note.setText(say(f"report_page.edition_{model.edition}_note"))
        ready = model.pdf is not None
        self.save.setEnabled(ready)
        self.print.setEnabled(ready)
        self.export.setEnabled(view is not None and bool(view.photos))
        self.waiting.setVisible(model.drawing)
        self.waiting.set_text(say("report_page.drawing"))
        self.pages.set_text(say("report_page.pages", n=self.pdf.pages) if ready else "")
        title, advice = model.problem
        self.problem.setVisible(bool(title))
        if title:
            self.problem.show_error(title, advice, "")

    def _space(self) -> None:
        edge, gap = theme.px(12), theme.px(10)
        self._column.setContentsMargins(edge, edge, edge, edge)
        self._column.setSpacing(gap)
        self._middle.setSpacing(gap)
        self._side.setFixedWidth(theme.px(320))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_column"):
            self._space()
