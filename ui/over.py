"""What lies over the pages: one sheet, one toast, the cover. Knows nothing of what they ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from reset_or.base.errors import ResetOrError
from ui.widgets.overlays import Toast

if TYPE_CHECKING:
    from ui.dialogs.sheet import Sheet
    from ui.shell import Shell


class Over:
    """Of one window; `body` is what the cover hides, `head` the strip it leaves in sight."""

    def __init__(self, shell: Shell, window: QWidget, body: QWidget, head: QWidget) -> None:
        self.shell = shell
        self._window, self._body, self._head = window, body, head
        self._undo: Callable[[], None] | None = None
        self.sheet: Sheet | None = None
        self.cover: QWidget | None = None
        self.toast = Toast(window)
        self.toast.undo.connect(self._undone)

    def show_sheet(self, sheet: QWidget) -> None:
        """One at a time: a sheet that is open goes first. Under the cover it waits, unseen."""
        from ui.dialogs.sheet import Sheet

        if isinstance(sheet, Sheet):
            self.drop_sheet()
            self.sheet = sheet
            sheet.closed.connect(self._sheet_closed)
            sheet.open_over(self._window)
            if self.cover is not None:
                self.cover.raise_()

    def drop_sheet(self) -> None:
        if self.sheet is not None:
            self.sheet.dismiss()

    def _sheet_closed(self) -> None:
        self.sheet = None

    def show_error(self, error: ResetOrError) -> None:
        """In the open sheet if there is one, else on a sheet of its own."""
        if self.sheet is not None:
            self.sheet.show_error(error)
            return
        from ui.dialogs.error import ErrorSheet

        self.show_sheet(ErrorSheet(self.shell, error))

    def say(self, text: str, undo: Callable[[], None] | None) -> None:
        """A toast; with `undo` it has a button. What comes after lock or under the cover is not said."""
        if self.cover is not None or not self.shell.workspace.unlocked:
            return
        self._undo = undo
        self.toast.say(text, self.shell.say("ui_shell.undo") if undo is not None else "")

    def hush(self) -> None:
        """The toast goes, and what it would have undone."""
        self._undo = None
        self.toast.hush()

    def page_left(self, before: Mapping[str, object], page: str, params: Mapping[str, object]) -> None:
        """A plain toast may be read on the next page of the same case; an undo is of its own page."""
        case = params.get("case")
        same = page != "unlock" and (case is None or case == before.get("case"))
        if not same or self._undo is not None:
            self.hush()

    def _undone(self) -> None:
        undo, self._undo = self._undo, None
        if undo is not None:
            undo()

    def lay_cover(self, cover: QWidget) -> None:
        """Hide everything under `cover`; the pages are not drawn meanwhile."""
        self.cover = cover
        self.hush()
        self._body.hide()
        if self.sheet is not None:
            self.sheet.hide()
        cover.setParent(self._window)
        self.place()
        cover.show()
        cover.raise_()

    def lift_cover(self) -> None:
        cover, self.cover = self.cover, None
        if cover is not None:
            cover.hide()
            cover.deleteLater()
            self._body.show()
            if self.sheet is not None:
                self.sheet.show()
                self.sheet.raise_()

    def place(self) -> None:
        """The window has another size."""
        if self.sheet is not None:
            self.sheet.setGeometry(self._window.rect())
            self.sheet.fit_window()
        if self.cover is not None:
            top = self._head.height() if self._head.isVisible() else 0
            self.cover.setGeometry(self._window.rect().adjusted(0, top, 0, 0))
