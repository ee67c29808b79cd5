"""StillStrip: pictures that came by themselves, in a row, each to be marked; what is done with them below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.buttons import Button
from ui.widgets.flow import FlowLayout, wrapping
from ui.widgets.info_line import InfoLine
from ui.widgets.painting import CENTRE, PaintedButton, focus_ring, panel


@dataclass(frozen=True)
class StillFace:
    """One picture: its key, the words below it, what a screen reader says."""

    key: str
    text: str
    spoken: str


class StillTile(PaintedButton):
    """A picture that is marked by a press, with a tick so that colour is not the only sign."""

    def __init__(self, face: StillFace, parent: QWidget) -> None:
        super().__init__(face.text, parent)
        self.face = face
        self.pixmap: QPixmap | None = None
        self.setCheckable(True)
        self.setAccessibleName(face.spoken)

    def sizeHint(self) -> QSize:
        return QSize(max(theme.target_px(), theme.px(148)), max(theme.target_px(), theme.px(124)))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def draw(self, painter: QPainter, look: Tokens) -> None:
        rect, on = QRectF(self.rect()).adjusted(2, 2, -2, -2), self.isChecked()
        edge = look.accent if on else look.border
        panel(painter, rect, theme.px(8), look.accent_dim if on else look.surface, edge, 3 if on else 1)
        box = rect.adjusted(theme.px(6), theme.px(6), -theme.px(6), -theme.px(30))
        path = QPainterPath()
        path.addRoundedRect(box, theme.px(5), theme.px(5))
        painter.fillPath(path, QColor(look.canvas))
        if self.pixmap is not None:
            shown = self.pixmap.size().scaled(box.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRectF(0, 0, shown.width(), shown.height())
            place.moveCenter(box.center())
            painter.drawPixmap(place, self.pixmap, QRectF(self.pixmap.rect()))
        words = QRectF(rect.left(), box.bottom(), rect.width(), rect.bottom() - box.bottom())
        self.writer.write(painter, words, self.text(), theme.px(16), colour=look.text, align=CENTRE)
        if on:
            size = theme.px(26)
            tick = theme.icon_pixmap("circle-check", size, look.accent, theme.ratio_of(self))
            painter.drawPixmap(round(rect.left() + theme.px(8)), round(words.center().y() - size / 2), tick)
        if self.hasFocus():
            focus_ring(painter, QRectF(self.rect()), theme.px(8))


class StillStrip(QWidget):
    """`toggled(key)`. `put` and `leave` are its buttons."""

    toggled = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.line = InfoLine(self)
        self.place = QWidget(self)
        self._flow = FlowLayout(self.place, theme.px(8))
        wrapping(self.place)
        self.put = Button("", "primary", "image-plus", self, size_px=16)
        self.leave = Button("", "outline", "inbox", self, size_px=16)
        self.tiles: list[StillTile] = []
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        row.addWidget(self.line, 1)
        row.addWidget(self.put)
        row.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        column.addLayout(row)
        column.addWidget(self.place)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_stills(
        self, words: str, faces: Sequence[StillFace], chosen: set[str], pixmaps: dict[str, QPixmap]
    ) -> None:
        """The pictures offered, those marked among them; none hides the strip."""
        if [tile.face for tile in self.tiles] != list(faces):
            for tile in self.tiles:
                self._flow.removeWidget(tile)
                tile.hide()
                tile.deleteLater()
            self.tiles = [StillTile(face, self.place) for face in faces]
            for tile in self.tiles:
                tile.clicked.connect(lambda _=False, key=tile.face.key: self.toggled.emit(key))
                self._flow.addWidget(tile)
                tile.show()
        for tile in self.tiles:
            tile.setChecked(tile.face.key in chosen)
            tile.pixmap = pixmaps.get(tile.face.key)
            tile.update()
        self.line.show_notice(words, "info", "inbox")
        self.put.setEnabled(bool(chosen))
        self.setVisible(bool(faces))
