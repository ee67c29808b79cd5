"""The photos page's layout: the list on the left, the picture with what is known of it on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.buttons import Button, IconButton
from ui.widgets.cards import Card
from ui.widgets.case_header import CaseHeader
from ui.widgets.chips import ChoiceChips
from ui.widgets.empty_state import EmptyState
from ui.widgets.info_line import InfoLine
from ui.widgets.labels import Label
from ui.widgets.painting import CENTRE, Align, Painted, panel
from ui.widgets.photo_list import PhotoList
from ui.widgets.photo_view import PhotoView
from ui.widgets.progress_bar import ProgressBar
from ui.widgets.still_strip import StillStrip

_TOOLS = (
    ("zoom_out", "minus"),
    ("zoom_in", "plus"),
    ("fit", "maximize"),
    ("one", "scan-line"),
    ("turn", "rotate-cw"),
)


class DropVeil(Painted):
    """Lies over the page while files are held above it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_words(self, words: str) -> None:
        self._words = words
        self.setAccessibleName(words)

    def cover(self, under: QWidget) -> None:
        self.setGeometry(under.rect())
        self.show()
        self.raise_()

    def draw(self, painter: QPainter, look: Tokens) -> None:
        painter.fillRect(self.rect(), theme.colour(look.bg, 200))
        inset = theme.px(24)
        rect = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        panel(painter, rect, theme.px(look.radius.card), look.accent_dim)
        painter.setPen(QPen(QColor(look.accent), theme.px(3), Qt.PenStyle.DashLine))
        painter.drawRoundedRect(rect, theme.px(look.radius.card), theme.px(look.radius.card))
        self.writer.write(
            painter, rect, self._words, theme.px(30), weight=theme.BOLD, colour=look.accent, align=CENTRE
        )


class PhotosParts(QWidget):
    """All parts by name."""

    def __init__(self, thumb: Callable[[str], QPixmap | None], parent: QWidget) -> None:
        super().__init__(parent)
        self.header = CaseHeader("", self)
        self.attach = Button("", "primary", "image-plus", self)
        self.camera = Button("", "outline", "camera", self)
        self.header.add_button(self.camera)
        self.watch = IconButton("usb", "", "soft", self)
        self.header.add_button(self.watch)
        self.export = IconButton("upload", "", "soft", self)
        self.header.add_button(self.export)
        self.header.add_button(self.attach)
        self.empty = EmptyState("image", "", "", self)
        self.first = self.empty.add_action("attach", "", "image-plus")
        self.first_camera = self.empty.add_action("camera", "", "camera")
        self.first_watch = self.empty.add_action("watch", "", "usb")
        self._make_watch()
        self.stills = StillStrip(self)
        self._make_list(thumb)
        self._make_picture()
        self._middle = QHBoxLayout()
        self._middle.addWidget(self._left)
        self._middle.addWidget(self._right, 1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.header)
        self._column.addWidget(self.watch_row)
        self._column.addWidget(self.stills)
        self._column.addLayout(self._middle, 1)
        self._column.addWidget(self.empty, 1)
        self.drop = DropVeil(self)
        self._space()

    def _make_watch(self) -> None:
        self.watch_row = QWidget(self)
        self.watch_line = InfoLine(self.watch_row)
        self.watch_take = Button("", "outline", "image-plus", self.watch_row, size_px=16)
        self.watch_skip = Button("", "outline", "", self.watch_row, size_px=16)
        self.watch_stop = IconButton("x", "", "ghost", self.watch_row)
        row = QHBoxLayout(self.watch_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        row.addWidget(self.watch_line, 1)
        for button in (self.watch_take, self.watch_skip, self.watch_stop):
            row.addWidget(button)
        self.watch_row.hide()

    def _make_list(self, thumb: Callable[[str], QPixmap | None]) -> None:
        self._left = Card(self, pad=(6, 8), gap=8)
        self.list = PhotoList(thumb, self)
        self.progress_row = QWidget(self)
        self.progress = ProgressBar(self)
        self.progress_words = Label("", "small", "text2", self)
        self.stop = Button("", "outline", "x", self, size_px=15)
        row = QHBoxLayout(self.progress_row)
        row.setContentsMargins(theme.px(8), 0, theme.px(8), 0)
        words = QVBoxLayout()
        words.addWidget(self.progress_words)
        words.addWidget(self.progress)
        row.addLayout(words, 1)
        row.addWidget(self.stop)
        self.state_row = QWidget(self)
        self.state_title = Label("", "small", "text2", self)
        self.states = ChoiceChips((), self)
        rows = QVBoxLayout(self.state_row)
        rows.setContentsMargins(theme.px(8), 0, theme.px(8), 0)
        rows.setSpacing(theme.px(4))
        rows.addWidget(self.state_title)
        rows.addWidget(self.states)
        self._left.body.addWidget(self.progress_row)
        self._left.body.addWidget(self.list, 1)
        self._left.body.addWidget(self.state_row)

    def _make_picture(self) -> None:
        self._right = Card(self, pad=(8, 8), gap=8)
        self.view = PhotoView(self)
        self.loading = Label("", "body", "text2", self, align=Align.AlignLeft | Align.AlignVCenter)
        self.zoom = Label("", "small", "text2", self, align=Align.AlignRight | Align.AlignVCenter)
        self.zoom.setMinimumWidth(theme.px(64))
        self.text = Button("", "outline", "eye", self, size_px=16)
        self.measure = Button("", "outline", "ruler", self, size_px=16)
        self.tools = {code: IconButton(icon, "", "soft", self) for code, icon in _TOOLS}
        tools = QHBoxLayout()
        tools.setSpacing(theme.px(8))
        tools.addWidget(self.loading, 1)
        tools.addWidget(self.zoom)
        tools.addWidget(self.text)
        tools.addWidget(self.measure)
        for button in self.tools.values():
            tools.addWidget(button)
        self.notes = InfoLine(self)
        self._facts = QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self._facts.setContentsMargins(theme.px(8), 0, theme.px(8), theme.px(4))
        self._fact_rows: list[tuple[Label, Label]] = []
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._right.body.addWidget(self.view, 1)
        self._right.body.addLayout(tools)
        self._right.body.addWidget(self.notes)
        self._right.body.addLayout(self._facts)

    def show_any(self, any_rows: bool, *, may: bool) -> None:
        """The list and the picture, or the empty state with its one act."""
        self._left.setVisible(any_rows)
        self._right.setVisible(any_rows)
        self.empty.setVisible(not any_rows)
        self.first.setVisible(may)
        self.first_watch.setVisible(may)
        self.first_camera.setVisible(may)
        self.camera.setVisible(may and any_rows)
        self.attach.setVisible(may and any_rows)
        self.watch.setVisible(may and any_rows)
        self.export.setVisible(any_rows)
        self.state_row.setVisible(may)

    def show_facts(self, facts: Sequence[tuple[str, str, bool]], warnings: Sequence[str]) -> None:
        """(name, value, is a hash) rows; warnings as one line."""
        while len(self._fact_rows) < len(facts):
            row = len(self._fact_rows)
            pair = Label("", "small", "text2", self), Label("", "small", "text", self)
            pair[1].setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._facts.addWidget(pair[0], row, 0)
            self._facts.addWidget(pair[1], row, 1)
            self._fact_rows.append(pair)
        for number, (name, value) in enumerate(self._fact_rows):
            shown = number < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.set_text(facts[number][0])
                value.set_text(facts[number][1])
        self.notes.show_notice("  ".join(warnings), "quiet", "triangle-alert")

    def _space(self) -> None:
        edge, gap = theme.px(12), theme.px(10)
        self._column.setContentsMargins(edge, edge, edge, edge)
        self._column.setSpacing(gap)
        self._middle.setSpacing(gap)
        self._facts.setHorizontalSpacing(theme.px(16))
        self._facts.setVerticalSpacing(theme.px(2))
        self._left.setFixedWidth(theme.px(400))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(780), theme.px(540))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()
