"""PdfPreview: a PDF shown from memory, never from a file; the bytes go when it is emptied."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QPalette
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtWidgets import QWidget

from ui.style import theme


class PdfPreview(QPdfView):
    """All pages below each other, as wide as the view; `pdf_document` draws pages for printing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown: bytes | None = None
        # Not children of the view: Qt would take them down while the view itself is half gone.
        self.pdf_document = QPdfDocument(parent)
        self._buffer = QBuffer(parent)
        self.setPageMode(QPdfView.PageMode.MultiPage)
        self.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self.setDocument(self.pdf_document)

    def show_pdf(self, pdf: bytes | None) -> None:
        """Put the bytes into the view; the old ones go. The same bytes are not loaded again."""
        ground = self.palette()
        ground.setColor(QPalette.ColorRole.Dark, theme.colour(theme.tokens().canvas))
        self.setPalette(ground)
        if pdf is self._shown:
            return
        self.pdf_document.close()
        self._buffer.close()
        self._shown = pdf
        if pdf is not None:
            self._buffer.setData(QByteArray(pdf))
            self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
            self.pdf_document.load(self._buffer)

    @property
    def pages(self) -> int:
        return self.pdf_document.pageCount()

    def zoom_by(self, ratio: float) -> None:
        """Larger or smaller than now, within what can be read."""
        factor = self.zoomFactor()
        if self.zoomMode() is not QPdfView.ZoomMode.Custom and self.pages:
            wide = self.pdf_document.pagePointSize(0).width() * self.logicalDpiX() / 72
            factor = self.viewport().width() / wide
        self.setZoomMode(QPdfView.ZoomMode.Custom)
        self.setZoomFactor(min(4.0, max(0.25, factor * ratio)))

    def fit_width(self) -> None:
        self.setZoomMode(QPdfView.ZoomMode.FitToWidth)
