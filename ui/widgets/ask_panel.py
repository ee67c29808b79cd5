"""AskPanel: one question inside a page: title, hint, tiles, or a field for a typed number. Never over a page.

Codes and raw keys go out, words come in; nothing is chosen or parsed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.buttons import Button, IconButton
from ui.widgets.cards import Card
from ui.widgets.labels import Label, Paragraph
from ui.widgets.number_field import NumberField
from ui.widgets.painting import CENTRE
from ui.widgets.tiles import Tile


@dataclass(frozen=True)
class AskTile:
    """One answer. `picture` is "" or `<end>_<beyond|level|within>`, where a mark lies beside the tumour."""

    code: str
    text: str
    note: str = ""
    picture: str = ""


@dataclass(frozen=True)
class AskView:
    """A question with tiles, or with a field that shows `typed`; `wrong` says what is wrong with it."""

    title: str
    hint: str = ""
    tiles: tuple[AskTile, ...] = ()
    chosen: str = ""
    field: bool = False
    typed: str = ""
    unit: str = ""
    wrong: str = ""
    close: str = ""
    take: str = ""


class _PictureTile(Tile):
    """A tile with a small drawing: bowel, tumour, the mark and the line."""

    def __init__(self, tile: AskTile, parent: QWidget) -> None:
        super().__init__(tile.code, tile.text, "", parent)
        self._end, _, self._side = tile.picture.partition("_")

    def sizeHint(self) -> QSize:
        return QSize(theme.px(220), theme.px(116))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        ink = self.draw_frame(painter, look)
        wide, high = float(self.width()), float(self.height())
        self._bowel(painter, QRectF(wide * 0.08, high * 0.14, wide * 0.84, high * 0.36), look, ink.text)
        words = QRectF(theme.px(10), high * 0.58, wide - theme.px(20), high * 0.36)
        self.writer.write(
            painter, words, self.text(), theme.px(16), weight=theme.MEDIUM, colour=ink.text, align=CENTRE,
            lines=2, floor=theme.px(12),
        )  # fmt: skip

    def _bowel(self, painter: QPainter, rect: QRectF, look: Tokens, ink: str) -> None:
        drawing = look.diagram
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(drawing.tissue_light))
        painter.drawRoundedRect(rect, rect.height() * 0.3, rect.height() * 0.3)
        towards = 1 if self._end == "distal" else -1
        middle, edge = rect.center().x(), rect.width() * 0.16
        painter.setBrush(QColor(drawing.tumour))
        painter.drawEllipse(QPointF(middle, rect.center().y()), edge, rect.height() * 0.4)
        line = middle + towards * rect.width() * 0.4
        painter.setPen(QPen(QColor(ink), max(2.0, theme.px(3))))
        painter.drawLine(QPointF(line, rect.top() - 4), QPointF(line, rect.bottom() + 4))
        away = {"beyond": edge + rect.width() * 0.1, "level": edge, "within": edge * 0.35}[self._side]
        spot = QPointF(middle + towards * away, rect.center().y())
        painter.setPen(QPen(QColor("#FFFFFF"), max(1.5, theme.px(2))))
        painter.setBrush(QColor("#10141A"))
        painter.drawEllipse(spot, rect.height() * 0.13, rect.height() * 0.13)


class AskPanel(Card):
    """`chosen(code)`, `taken()` for the field's button or Enter, `closed()`; keys of the field go out raw."""

    chosen = Signal(str)
    taken = Signal()
    closed = Signal()
    typed = Signal(str)
    backspace = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, tone="accent", pad=(16, 12), gap=8)
        self.title = Label("", "heading", "text", self)
        self.close_button = IconButton("x", "", "ghost", self)
        self.hint = Paragraph("", "small", "text2", self)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        self.body.addLayout(head)
        self.body.addWidget(self.hint)
        self._grid = QGridLayout()
        self.body.addLayout(self._grid, 1)
        self.field = NumberField(self)
        self.take = Button("", "primary", "check", self)
        self.wrong = Label("", "small", "bad", self)
        row = QHBoxLayout()
        row.addWidget(self.field)
        row.addWidget(self.take)
        row.addWidget(self.wrong, 1)
        self.body.addLayout(row)
        self._tiles: list[Tile] = []
        self._shown: tuple[AskTile, ...] = ()
        self._rest = QWidget(self)
        self.body.addWidget(self._rest, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._connect()
        self._gaps()

    def _connect(self) -> None:
        self.close_button.clicked.connect(self.closed)
        self.take.clicked.connect(self.taken)
        self.field.typed.connect(self.typed)
        self.field.backspace.connect(self.backspace)
        self.field.committed.connect(self.taken)
        self.field.cleared.connect(self.closed)

    def set_view(self, view: AskView) -> None:
        self.title.set_text(view.title)
        self.setAccessibleName(view.title)
        self.setAccessibleDescription(view.hint)
        self.hint.setText(view.hint)
        self.hint.setVisible(bool(view.hint))
        self.close_button.set_spoken(view.close)
        if view.tiles != self._shown:
            self._replace(view.tiles)
        for tile in self._tiles:
            tile.setChecked(tile.code == view.chosen)
        for part in (self.field, self.take, self.wrong, self._rest):
            part.setVisible(view.field)
        self.field.set_unit(view.unit)
        self.field.set_text(view.typed, wrong=bool(view.wrong))
        self.field.setAccessibleName(view.title)
        self.take.setText(view.take)
        self.wrong.set_text(view.wrong)

    def tile(self, code: str) -> Tile | None:
        return next((tile for tile in self._tiles if tile.code == code), None)

    def first(self) -> QWidget:
        """What takes the focus when the question opens: never a tile that nobody chose, as Enter would."""
        if self.field.isVisibleTo(self):
            return self.field
        lit = [tile for tile in self._tiles if tile.isChecked()]
        return lit[0] if lit else self

    def elided(self) -> set[str]:
        return {text for tile in self._tiles for text in tile.writer.elided} | self.title.writer.elided

    def _replace(self, tiles: Sequence[AskTile]) -> None:
        for tile in self._tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self._tiles, self._shown = [], tuple(tiles)
        columns = _columns(len(tiles))
        for place, view in enumerate(tiles):
            tile = _PictureTile(view, self) if view.picture else Tile(view.code, view.text, view.note, self)
            tile.clicked.connect(lambda _=False, code=view.code: self.chosen.emit(code))
            self._grid.addWidget(tile, place // columns, place % columns)
            tile.show()
            self._tiles.append(tile)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def _gaps(self) -> None:
        self._grid.setSpacing(theme.key_gap())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._gaps()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(event)


def _columns(count: int) -> int:
    """Rows as even as they can be: four in a row, five or six in three, at most four columns."""
    return count if count <= 4 else 3 if count <= 6 else 4
