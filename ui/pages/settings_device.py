"""The settings card of this device: its id, whether the centre has admitted it, and how it gets a new id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.widgets.buttons import Button
from ui.widgets.cards import TitledCard
from ui.widgets.labels import Paragraph, ValueRow

if TYPE_CHECKING:
    from reset_or.actions.renewal import ThisDevice
    from ui.shell import Shell

_SHOWN = 16


class DeviceCard(TitledCard):
    """The id is shortened as the server's own list shortens it."""

    def __init__(self, shell: Shell, parent: QWidget) -> None:
        super().__init__("", parent)
        self.shell = shell
        self._device: ThisDevice | None = None
        self.name = ValueRow("", "", self)
        self.state = Paragraph("", "body", "text", self)
        self.note = Paragraph("", "small", "text2", self)
        self.renew = Button("", "outline", "refresh-cw", self)
        self.renew.clicked.connect(self.ask)
        row = QHBoxLayout()
        row.addWidget(self.renew)
        row.addStretch(1)
        for part in (self.name, self.state, self.note):
            self.body.addWidget(part)
        self.body.addLayout(row)
        shell.carrying.changed.connect(self._enable)

    def enter(self) -> None:
        """As the store has it now."""
        from reset_or.actions.renewal import this_device

        self._enable()
        if self.shell.workspace.unlocked:
            self.shell.run(this_device, self._got)

    def retranslate(self) -> None:
        say, device = self.shell.say, self._device
        self.set_title(say("settings.device"))
        self.name.name.set_text(say("settings.device_id"))
        self.note.setText(say("settings.device_note"))
        self.renew.setText(say("settings.renew_open"))
        self.name.set_value("" if device is None else device.dev[:_SHOWN])
        words = "" if device is None else device.words
        self.state.setText(say("settings.device_waits", words=words) if words else "")
        self.state.setVisible(bool(words))

    def ask(self) -> None:
        from ui.dialogs.renew import RenewSheet

        self.shell.show_sheet(RenewSheet(self.shell, self.enter))

    def _got(self, device: ThisDevice) -> None:
        self._device = device
        self.retranslate()

    def _enable(self) -> None:
        """Not beside a file, nor in practice, nor where there is no server to ask."""
        workspace = self.shell.workspace
        possible = bool(workspace.server_url) and not workspace.settings.practice
        self.renew.setEnabled(possible and not workspace.syncer.carrying)
