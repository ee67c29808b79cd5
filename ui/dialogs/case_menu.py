"""What can be done with one case, as large tiles: the way to every page of a case from the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QGridLayout, QWidget

from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.widgets.buttons import Button, row_stretch

if TYPE_CHECKING:
    from ui.shell import Shell

_ICONS: Final[dict[str, str]] = {
    "open_margins": "ruler",
    "open_plan": "scan-line",
    "open_specimen": "inbox",
    "open_confirm": "user-check",
    "open_photos": "camera",
    "open_report": "file-text",
    "open_allocation": "pen-line",
    "theatre_start": "timer",
    "theatre_end": "log-out",
}


class CaseMenuSheet(Sheet):
    """`acts`: word of `cases` -> what it does; only what this person may do stands here."""

    def __init__(self, shell: Shell, title: str, person: str, acts: dict[str, Callable[[], None]]) -> None:
        super().__init__(shell, width_px=620)
        self._words = (title, person)
        self._tiles: dict[str, Button] = {}
        grid = QGridLayout()
        grid.setSpacing(theme.px(12))
        for i, (word, act) in enumerate(acts.items()):
            tile = row_stretch(Button("", "key", _ICONS[word], self.card, size_px=19))
            tile.setMinimumHeight(theme.px(64))
            tile.clicked.connect(lambda _=False, act=act: self._go(act))
            grid.addWidget(tile, i // 2, i % 2)
            self._tiles[word] = tile
        self.content.addLayout(grid)
        self._close = self.add_button("", "outline")
        self._close.clicked.connect(self.dismiss)

    def tile(self, word: str) -> Button | None:
        """The tile of an act, for tests; None where it is not offered."""
        return self._tiles.get(word)

    def first_focus(self) -> QWidget | None:
        return next(iter(self._tiles.values()), None)

    def retranslate(self) -> None:
        self.set_title(*self._words)
        for word, tile in self._tiles.items():
            tile.setText(self.shell.say(f"cases.{word}"))
        self._close.setText(self.shell.say("ui_shell.close"))

    def _go(self, act: Callable[[], None]) -> None:
        self.dismiss()
        act()
