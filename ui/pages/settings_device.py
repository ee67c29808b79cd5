"""The settings card of this device: its id, whether the centre has admitted it, and how it gets a new id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from reset_or.actions.holds import Hold, sentence, short, site_holds
from reset_or.base.lanes import Lanes
from ui.viewmodels.moments import Moment, spoken_time
from ui.widgets.buttons import Button
from ui.widgets.cards import TitledCard
from ui.widgets.labels import Label, Paragraph, ValueRow

if TYPE_CHECKING:
    from reset_or.actions.context import Context
    from reset_or.actions.renewal import ThisDevice
    from ui.shell import Shell


class DeviceCard(TitledCard):
    """The id is shortened as in the list of devices on hold, which stands below it while there are any."""

    def __init__(self, shell: Shell, parent: QWidget) -> None:
        super().__init__("", parent)
        self.shell = shell
        self._device: ThisDevice | None = None
        self._holds: tuple[Hold, ...] = ()
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
        self.held = Label("", "strong", "text", self)
        self.held_lines = Paragraph("", "body", "text", self)
        self.held_todo = Paragraph("", "small", "text2", self)
        for held in (self.held, self.held_lines, self.held_todo):
            self.body.addWidget(held)
        shell.carrying.changed.connect(self._enable)

    def enter(self) -> None:
        """As the store has it now."""
        from reset_or.actions.renewal import this_device

        self._enable()
        if self.shell.workspace.unlocked:
            self.shell.run(this_device, self._got)
        if self._possible:
            workspace = self.shell.workspace
            context, lanes = workspace.context, workspace.lanes
            self.shell.do("net", lambda: _ask_holds(context, lanes), self._got_holds, lambda _error: True)

    def retranslate(self) -> None:
        say, device = self.shell.say, self._device
        self.set_title(say("settings.device"))
        self.name.name.set_text(say("settings.device_id"))
        self.note.setText(say("settings.device_note"))
        self.renew.setText(say("settings.renew_open"))
        self.name.set_value("" if device is None else short(device.dev))
        words = "" if device is None else device.words
        self.state.setText(say("settings.device_waits", words=words) if words else "")
        self.state.setVisible(bool(words))
        self._say_holds()

    def _say_holds(self) -> None:
        say, clock, language = self.shell.say, self.shell.workspace.clock, self.shell.language
        now = Moment(clock.now_at(), clock.offset_min())
        lines = [sentence(each, language, lambda at: spoken_time(at, now, language)) for each in self._holds]
        self.held.set_text(say("holds.title"))
        self.held_lines.setText("\n".join(lines))
        self.held_todo.setText(say("holds.todo"))
        for part in (self.held, self.held_lines, self.held_todo):
            part.setVisible(bool(lines))

    def ask(self) -> None:
        from ui.dialogs.renew import RenewSheet

        self.shell.show_sheet(RenewSheet(self.shell, self.enter))

    def _got(self, device: ThisDevice) -> None:
        self._device = device
        self.retranslate()

    def _got_holds(self, holds: tuple[Hold, ...]) -> None:
        self._holds = holds
        self._say_holds()

    @property
    def _possible(self) -> bool:
        """Not in practice, nor where there is no server to ask."""
        workspace = self.shell.workspace
        return workspace.unlocked and bool(workspace.server_url) and not workspace.settings.practice

    def _enable(self) -> None:
        """Not beside a file."""
        self.renew.setEnabled(self._possible and not self.shell.workspace.syncer.carrying)


def _ask_holds(context: Context, lanes: Lanes) -> tuple[Hold, ...]:
    from reset_or.actions.installation import server_of

    with server_of(context.store, lanes) as transport:
        return site_holds(context, transport=transport)
