"""The licences of what is shipped: one row a part, then the full texts of fonts and icons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from reset_or.base import resources
from ui.dialogs.sheet import Sheet
from ui.widgets.labels import Paragraph, ValueRow

if TYPE_CHECKING:
    from ui.shell import Shell

_TEXTS = (("fonts", "OFL.txt"), ("icons", "LICENSE.txt"))


class LicencesSheet(Sheet):
    """Reads resources/licences.toml and the two texts."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, width_px=820)
        for name, licence in resources.read_toml("licences.toml")["parts"].items():
            self.content.addWidget(ValueRow(name, licence, self.card))
        for parts in _TEXTS:
            text = Paragraph("", "small", "text2", self.card)
            text.setText(resources.resource(*parts).read_text(encoding="utf-8"))
            self.content.addWidget(text)
        self._close = self.add_button("", "primary")
        self._close.clicked.connect(self.dismiss)

    def first_focus(self) -> QWidget | None:
        return self._close

    def retranslate(self) -> None:
        self.set_title(self.shell.say("settings.licences"), self.shell.say("settings.licence_app"))
        self._close.setText(self.shell.say("ui_shell.close"))
