"""PeopleTiles: choose one named person. Who may not be chosen is shown, disabled, with the reason beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from ui.style import theme
from ui.widgets.tiles import Tile


@dataclass(frozen=True)
class PersonView:
    """One person: code out, name, and role or the reason why they cannot be chosen."""

    code: str
    name: str
    note: str = ""
    enabled: bool = True


class PeopleTiles(QWidget):
    """`chosen(code)` when a person is pressed; nobody is chosen beforehand."""

    chosen = Signal(str)

    def __init__(self, people: Sequence[PersonView] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(8))
        self._group = QButtonGroup(self)
        self._tiles: list[Tile] = []
        self.set_people(people)

    def set_people(self, people: Sequence[PersonView]) -> None:
        """Replace the tiles; the choice is kept if that person is still there and allowed."""
        kept = self.code()
        for tile in self._tiles:
            self._group.removeButton(tile)
            self._column.removeWidget(tile)
            tile.deleteLater()
        self._tiles = []
        for person in people:
            tile = Tile(person.code, person.name, person.note, self, row=True)
            tile.setEnabled(person.enabled)
            tile.setChecked(person.enabled and person.code == kept)
            tile.clicked.connect(lambda _=False, code=person.code: self.chosen.emit(code))
            self._group.addButton(tile)
            self._column.addWidget(tile)
            self._tiles.append(tile)

    def code(self) -> str:
        """The chosen person's code, or an empty string."""
        return next((tile.code for tile in self._tiles if tile.isChecked()), "")

    def tile(self, code: str) -> Tile | None:
        return next((tile for tile in self._tiles if tile.code == code), None)

    def elided(self) -> set[str]:
        return {text for tile in self._tiles for text in tile.writer.elided}
