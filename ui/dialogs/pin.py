"""Setting a PIN (twice, the same) and giving one, on the six-digit pad."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from reset_or.base import words
from reset_or.base.errors import ResetOrError
from ui import ask
from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.widgets.pin_pad import PinPad

if TYPE_CHECKING:
    from ui.shell import Shell


class _PinSheet(Sheet):
    """A pad in a sheet."""

    def __init__(self, shell: Shell, user: str, then: Callable[[], None]) -> None:
        super().__init__(shell, width_px=440)
        self._user, self._then = user, then
        self.pad = PinPad("", "", self.card)
        self.pad.setMinimumHeight(theme.px(340))
        self.pad.entered.connect(self.given)
        self.content.addWidget(self.pad)
        self._cancel = self.add_button("", "outline")
        self._cancel.clicked.connect(self.dismiss)

    def first_focus(self) -> QWidget | None:
        return self.pad

    def given(self, pin: str) -> None:
        """Six digits were typed."""
        raise NotImplementedError

    def _finish(self, _result: object) -> None:
        self.dismiss()
        self._then()

    def refused(self, error: ResetOrError) -> bool:
        title, _advice = words.explain(error, self.shell.language)
        left = error.details.get("left")
        self.pad.clear()
        self.pad.show_message(
            self.shell.say("ui_shell.cover_misses", n=left) if isinstance(left, int) else title
        )
        return True


class SetPinSheet(_PinSheet):
    """Asks for the same six digits twice; the store refuses what is too easy."""

    def __init__(self, shell: Shell, user: str, then: Callable[[], None]) -> None:
        self._first = ""
        super().__init__(shell, user, then)

    def retranslate(self) -> None:
        say = self.shell.say
        self.set_title(say("settings.pin"), say("settings.pin_note"))
        self.pad.digits.erase.setAccessibleName(say("ui_shell.pin_delete"))
        self.pad.set_title(say("settings.pin_again" if self._first else "settings.pin_new"))
        self._cancel.setText(say("ui_shell.cancel"))

    def given(self, pin: str) -> None:
        self.pad.clear()
        if not self._first:
            self._first = pin
            self.retranslate()
            return
        first, self._first = self._first, ""
        self.retranslate()
        if pin != first:
            self.pad.show_message(self.shell.say("settings.pin_differ"))
            return
        workspace, user = self.shell.workspace, self._user
        self.shell.do("store", lambda: workspace.set_pin(user, pin), self._finish, self.refused)


class GivePinSheet(_PinSheet):
    """Asks a signed-in person for their PIN once more."""

    def retranslate(self) -> None:
        say = self.shell.say
        self.set_title(say("ui_shell.secret_pin"))
        self.pad.digits.erase.setAccessibleName(say("ui_shell.pin_delete"))
        self.pad.set_title(say("ui_shell.cover_pin", name=ask.name_of(self.shell, self._user)))
        self._cancel.setText(say("ui_shell.cancel"))

    def given(self, pin: str) -> None:
        workspace, user = self.shell.workspace, self._user
        self.pad.clear()
        self.shell.do(
            "store", lambda: workspace.switch_active(user, ask.pin(pin)), self._finish, self.refused
        )
