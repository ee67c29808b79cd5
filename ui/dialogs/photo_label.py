"""The question when a label in a photograph names another subject than the open case. Nothing is assumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from reset_or.record.codebook import codes, label
from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.widgets.buttons import Button
from ui.widgets.labels import Label
from ui.widgets.tiles import Tile

if TYPE_CHECKING:
    from ui.shell import Shell


class PhotoLabelSheet(Sheet):
    """`keep(reason)`: it belongs here all the same. `other()`: to the case that the label names."""

    def __init__(
        self, shell: Shell, file: str, said: str, subject: str, keep: Callable[[str], None],
        other: Callable[[], None], leave: Callable[[], object],
    ) -> None:  # fmt: skip
        super().__init__(shell, width_px=640)
        self._file, self._said, self._subject = file, said, subject
        self._keep, self._other, self._leave = keep, other, leave
        self.set_mark("triangle-alert", "short")
        self.heading = Label("", "strong", "text", self.card)
        self.content.addWidget(self.heading)
        self.reasons: dict[str, Tile] = {}
        for code in codes("label_reason"):
            tile = Tile(code, "", "", self.card, row=True)
            tile.setMinimumHeight(theme.px(52))
            tile.clicked.connect(lambda _=False, code=code: self._answer(lambda: self._keep(code)))
            self.content.addWidget(tile)
            self.reasons[code] = tile
        self.out = self.add_button("", "outline")
        self.out.clicked.connect(lambda: self._answer(self._leave))
        self.to_other = self.add_button("", "primary", "arrow-right")
        self.to_other.clicked.connect(lambda: self._answer(self._other))

    def first_focus(self) -> QWidget | None:
        """Neither answer is the likelier one, so that Enter alone decides nothing."""
        return self

    def retranslate(self) -> None:
        say = self.shell.say
        words = say("photos.label_other", label=self._said, subject=self._subject)
        self.set_title(words, say("photos.label_lead", file=self._file))
        self.heading.set_text(say("photos.label_keep", subject=self._subject))
        for code, tile in self.reasons.items():
            tile.setText(label("label_reason", code, self.shell.language))
        self.out.setText(say("photos.label_leave"))
        self.to_other.setText(say("photos.label_open", subject=self._said))

    def button_of(self, reason: str) -> Button:
        return self.reasons[reason]

    def _answer(self, act: Callable[[], object]) -> None:
        self.dismiss()
        act()
