"""The restart test: the notice above a page, and the sheet on which a person goes on without it by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from reset_or.base.errors import ResetOrError
from ui.dialogs.sheet import Sheet
from ui.widgets.banner import ErrorBanner

if TYPE_CHECKING:
    from ui.shell import Shell


class RestartNotice(ErrorBanner):
    """Shown while this computer has not yet been restarted since it was enrolled."""

    def __init__(self, shell: Shell, parent: QWidget) -> None:
        super().__init__(parent, icon="rotate-cw", tone="short")
        self.shell = shell
        self.hide()
        self.acted.connect(lambda _code: shell.show_sheet(WaiveSheet(shell, self.show_state)))

    def show_state(self) -> None:
        """As it is now; hidden where nothing is waited for."""
        say = self.shell.say
        if self.shell.workspace.reboot_test != "pending":
            self.hide()
            return
        act = ("waive", say("sync.restart_cannot"))
        self.show_error(say("sync.restart_title"), say("sync.restart_advice"), "", (act,))


class WaiveSheet(Sheet):
    """An explicit choice: what may be lost, and that the name is written down."""

    def __init__(self, shell: Shell, waived: Callable[[], None]) -> None:
        super().__init__(shell, width_px=620)
        self._waived = waived
        self.go = self.add_button("", "outline")
        self.back = self.add_button("", "primary")
        self.go.clicked.connect(self._go)
        self.back.clicked.connect(self.dismiss)

    def first_focus(self) -> QWidget | None:
        return self.back

    def retranslate(self) -> None:
        say = self.shell.say
        self.set_title(say("sync.restart_waive_title"), say("sync.restart_waive_lead"))
        self.go.setText(say("sync.restart_waive_go"))
        self.back.setText(say("sync.restart_waive_back"))

    def _go(self) -> None:
        from reset_or.actions import restart

        self.shell.run(restart.waive, lambda _changes: self._done(), failed=self._refused)

    def _refused(self, error: ResetOrError) -> bool:
        self.show_error(error)
        return True

    def _done(self) -> None:
        self.dismiss()
        self._waived()
