"""ReasonTiles: coded reasons as large tiles in a grid; one or several may be chosen. Codes out, words in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from ui.style import theme
from ui.widgets.chips import Option
from ui.widgets.tiles import Tile


class ReasonTiles(QWidget):
    """`changed(codes)` carries the chosen codes in the order shown. With `many` false only one at a time."""

    changed = Signal(tuple)

    def __init__(
        self,
        reasons: Sequence[Option] = (),
        parent: QWidget | None = None,
        *,
        columns: int = 4,
        many: bool = True,
    ) -> None:
        super().__init__(parent)
        self._columns = columns
        self._many = many
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.px(8))
        self._tiles: list[Tile] = []
        self.set_reasons(reasons)

    def set_reasons(self, reasons: Sequence[Option]) -> None:
        """Replace the tiles; what was chosen stays chosen where it is still offered."""
        kept = self.codes()
        for tile in self._tiles:
            self._grid.removeWidget(tile)
            tile.deleteLater()
        self._tiles = []
        for place, reason in enumerate(reasons):
            tile = Tile(reason.code, reason.text, "", self)
            tile.setEnabled(reason.enabled)
            tile.setChecked(reason.code in kept)
            tile.clicked.connect(lambda _=False, code=reason.code: self._clicked(code))
            self._grid.addWidget(tile, place // self._columns, place % self._columns)
            self._tiles.append(tile)
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 1)

    def codes(self) -> tuple[str, ...]:
        """Chosen codes, in the order shown."""
        return tuple(tile.code for tile in self._tiles if tile.isChecked())

    def choose(self, codes: Sequence[str]) -> None:
        """Show these as chosen; sends nothing."""
        for tile in self._tiles:
            tile.setChecked(tile.code in codes)

    def tile(self, code: str) -> Tile | None:
        return next((tile for tile in self._tiles if tile.code == code), None)

    def elided(self) -> set[str]:
        return {text for tile in self._tiles for text in tile.writer.elided}

    def _clicked(self, code: str) -> None:
        if not self._many:
            for tile in self._tiles:
                if tile.code != code:
                    tile.setChecked(False)
        self.changed.emit(self.codes())
