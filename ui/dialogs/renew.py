"""A new device id for this computer, by a code of the centre: what happens, the code, the six words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from reset_or.base import log
from reset_or.base.errors import OurBug, ResetOrError
from ui.dialogs.sheet import Sheet
from ui.widgets.code_line import CodeLine
from ui.widgets.fields import Field
from ui.widgets.labels import Paragraph

if TYPE_CHECKING:
    from reset_or.actions.renewal import Renewed
    from reset_or.base.lanes import CancelToken
    from ui.shell import Shell


class RenewSheet(Sheet):
    """Nothing changes before the button is pressed; then everything or nothing. It runs alone, as a file
    does: what is on its way is stopped first. `ended`: the sheet was closed after it was done."""

    def __init__(self, shell: Shell, ended: Callable[[], None]) -> None:
        super().__init__(shell, width_px=620)
        self._done: Renewed | None = None
        self._busy = self._gone = False
        self.code = CodeLine(self.card)
        self.field = Field("", self.code, "", self.card)
        self.words = Paragraph("", "title", "text", self.card)
        self.next = Paragraph("", "body", "text2", self.card)
        for part in (self.field, self.words, self.next):
            self.content.addWidget(part)
        self.back = self.add_button("", "outline")
        self.go = self.add_button("", "primary", "key-round")
        self.back.clicked.connect(self.dismiss)
        self.go.clicked.connect(self.submit)
        self.code.returnPressed.connect(self.submit)
        self.closed.connect(self._left)
        self._ended = ended

    def first_focus(self) -> QWidget | None:
        return self.code

    def retranslate(self) -> None:
        say, done = self.shell.say, self._done
        which = "renew" if done is None else "renewed"
        self.set_title(say(f"settings.{which}"), say(f"settings.{which}_lead"))
        self.field.set_name(say("settings.renew_code"), say("settings.renew_code_hint"))
        self.go.setText(say("settings.renew_busy" if self._busy else "settings.renew_go"))
        self.back.setText(say("ui_shell.cancel" if done is None else "ui_shell.close"))
        if done is not None:
            posted = "renewed_posted" if done.posted else "renewed_waits"
            self.words.setText(done.words)
            self.next.setText(
                f"{say('settings.renewed_count', n=done.resealed)}\n{say(f'settings.{posted}')}"
            )
        for part, shown in (
            (self.field, done is None),
            (self.go, done is None),
            (self.words, done is not None),
        ):
            part.setVisible(shown)
        self.next.setVisible(done is not None)
        self.back.setVisible(not self._busy)
        self.fit_window()

    def submit(self) -> None:
        """Asks the server what the code leads to, and takes the new id."""
        if self._busy or self._done is not None or not self.code.text().strip():
            return
        workspace, code = self.shell.workspace, self.code.text()
        context, lanes = workspace.context, workspace.lanes

        def work(_cancel: CancelToken) -> Renewed:
            from reset_or.actions.installation import server_of
            from reset_or.actions.renewal import renew

            with server_of(context.store, lanes) as transport:
                return renew(context, code=code, transport=transport, lanes=lanes)

        self.clear_error()
        self._set_busy(True)
        workspace.syncer.carry(work, self._renewed, self._refused)

    def _renewed(self, done: Renewed) -> None:
        self.shell.sync_soon()
        if not self._gone:
            self._done = done
            self.set_mark("circle-check", "ok")
            self._set_busy(False)
            self.back.setFocus()

    def _refused(self, error: BaseException) -> None:
        if not isinstance(error, ResetOrError):
            log.event("renewal_unexpected", type=type(error).__name__.lower())
            error = OurBug("unexpected")
        if not self._gone:
            self._set_busy(False)
            self.show_error(error)
            self.code.setFocus()

    def _set_busy(self, busy: bool) -> None:
        self._busy, self.dismissible = busy, not busy
        self.code.setEnabled(not busy)
        self.go.setEnabled(not busy)
        self.retranslate()

    def _left(self) -> None:
        self._gone = True
        if self._done is not None:
            self._ended()
