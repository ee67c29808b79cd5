"""PeopleGrid: named people as tiles in columns. Who may not be chosen stands there with why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from ui.style import theme
from ui.widgets.people_tiles import PersonView
from ui.widgets.tiles import Tile


class PeopleGrid(QWidget):
    """`chosen(code)` when a person is pressed; nobody is chosen beforehand."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, columns: int = 2) -> None:
        super().__init__(parent)
        self._columns = columns
        self._people: tuple[PersonView, ...] = ()
        self._tiles: list[Tile] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._space()

    def show_people(self, people: Sequence[PersonView], chosen: str) -> None:
        """These people, with `chosen` lit."""
        if tuple(people) != self._people:
            self._replace(tuple(people))
        for tile in self._tiles:
            tile.setChecked(tile.code == chosen and tile.isEnabled())

    def tile(self, code: str) -> Tile | None:
        return next((tile for tile in self._tiles if tile.code == code), None)

    def first(self) -> Tile | None:
        """The first person who may be chosen."""
        return next((tile for tile in self._tiles if tile.isEnabled()), None)

    def elided(self) -> set[str]:
        return {text for tile in self._tiles for text in tile.writer.elided}

    def _replace(self, people: tuple[PersonView, ...]) -> None:
        for tile in self._tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self._people, self._tiles = people, []
        for place, person in enumerate(people):
            tile = Tile(person.code, person.name, person.note, self)
            tile.setEnabled(person.enabled)
            tile.setMinimumHeight(max(theme.target_px(), theme.px(56)))
            tile.clicked.connect(lambda _=False, code=person.code: self.chosen.emit(code))
            self._grid.addWidget(tile, place // self._columns, place % self._columns)
            tile.show()
            self._tiles.append(tile)
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 1)

    def _space(self) -> None:
        self._grid.setSpacing(theme.px(8))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()
