"""What every page is given: the workspace, the words, the look, and the ways to act and to move.

The only door between pages and the rest; pages know no other page and no main window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from reset_or.base import log, words
from reset_or.base.changes import Changes
from reset_or.base.errors import OurBug, ResetOrError
from reset_or.base.lanes import LaneName
from reset_or.base.words import Language
from ui.carrying import Carrier
from ui.changes import ChangeBell
from ui.style import theme
from ui.style.tokens import THEMES, ThemeName, Tokens
from ui.syncing import SyncRunner
from ui.tasks import QtLanes
from ui.tower import Tower

if TYPE_CHECKING:
    from reset_or.workspace import Workspace

T = TypeVar("T")
Failed = Callable[[ResetOrError], bool]


class Window(Protocol):
    """What the shell needs of the main window."""

    def go(self, page: str, params: dict[str, Any]) -> None: ...

    def back(self) -> None: ...

    def show_error(self, error: ResetOrError) -> None: ...

    def show_sheet(self, sheet: QWidget) -> None: ...

    def toast(self, text: str, undo: Callable[[], None] | None) -> None: ...

    def forget_hidden(self) -> None: ...

    def lock(self) -> None: ...

    def signed_in(self) -> None: ...


class Shell(QObject):
    """`changed(Changes)`, `language_changed()`, `theme_changed()`, `sync_progress(object)`.

    `remember(name, value)` says which setting a person chose, for the window to keep.
    """

    changed = Signal(object)
    language_changed = Signal()
    theme_changed = Signal()
    sync_progress = Signal(object)
    remember = Signal(str, object)
    sync_wanted = Signal(bool)

    def __init__(self, workspace: Workspace, *, language: Language = "en") -> None:
        super().__init__()
        self.workspace = workspace
        self._language: Language = language
        self._window: Window | None = None
        self._bell = ChangeBell(self)
        self._bell.changed.connect(self.changed)
        workspace.on_changes(self.broadcast)
        self.syncing = SyncRunner(self, self)
        self.carrying = Carrier(self, self)
        self.tower = Tower(self, self)

    # words -------------------------------------------------------------------------------------------
    @property
    def language(self) -> Language:
        return self._language

    def say(self, key: str, /, **values: object) -> str:
        """The text of `area.key` in the current language (base.words)."""
        return words.say(key, self._language, **values)

    def set_language(self, language: Language) -> None:
        """At once and everywhere, without a restart."""
        if language != self._language:
            self._language = language
            self.language_changed.emit()
            self.remember.emit("language", language)

    # look --------------------------------------------------------------------------------------------
    @property
    def tokens(self) -> Tokens:
        return theme.tokens()

    def toggle_language(self) -> None:
        self.set_language("en" if self._language == "zh" else "zh")

    def toggle_theme(self) -> None:
        self.set_theme("light" if theme.tokens().name == "or_dark" else "or_dark")

    def set_theme(self, name: ThemeName) -> None:
        app = QApplication.instance()
        if theme.tokens().name != name:
            if not self._asked():
                self.window.forget_hidden()
            theme.apply(cast(QApplication, app), THEMES[name])
            self.theme_changed.emit()
            self.remember.emit("theme", "light" if name == "light" else "or")

    def _asked(self) -> bool:
        """Whether a page still waits for an answer of the store; it must live to take it."""
        lanes = self.workspace.lanes
        return isinstance(lanes, QtLanes) and lanes.asked("store")

    # moving ------------------------------------------------------------------------------------------
    def attach(self, window: Window) -> None:
        self._window = window

    @property
    def window(self) -> Window:
        if self._window is None:
            raise OurBug("shell_without_window")
        return self._window

    def navigate(self, page: str, /, **params: Any) -> None:
        """Leave the present page and enter `page` with `params`."""
        self.window.go(page, params)

    def back(self) -> None:
        """To the page before, or to the case list."""
        self.window.back()

    def lock(self) -> None:
        self.window.lock()

    def signed_in(self) -> None:
        """A person was admitted: begin where their role begins."""
        self.window.signed_in()

    # acting ------------------------------------------------------------------------------------------
    def run(
        self,
        action: Callable[..., Any],
        done: Callable[[Any], None] | None = None,
        /,
        *,
        failed: Failed | None = None,
        **kwargs: Any,
    ) -> None:
        """Run `action(ctx, **kwargs)` on the store lane; `done(result)` comes on the screen's thread.

        An error goes to `failed` first; what it does not take (returns False) is shown by the window. What
        the action changed is broadcast by `changed`.
        """
        self.workspace.run(
            action, done=done or _nothing, failed=lambda error: self.failed(error, failed), **kwargs
        )

    def do(
        self,
        lane: LaneName,
        work: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Run work that is no action (workspace methods) on a lane; errors as in `run`."""
        self.workspace.lanes.run(lane, work, done, lambda error: self.failed(error, failed))

    def net(self, work: Callable[[], T], done: Callable[[T], None], failed: Failed) -> None:
        """Slow work that needs no store, as view models ask for it (port.Net)."""
        self.do("net", work, done, failed)

    def failed(self, error: BaseException, first: Failed | None = None) -> None:
        """Show an error of a lane: known errors by their words, anything else as our own mistake."""
        if not isinstance(error, ResetOrError):
            log.event("unexpected", type=type(error).__name__.lower())
            error = OurBug("unexpected")
        if first is None or not first(error):
            self.window.show_error(error)

    def show_error(self, error: ResetOrError) -> None:
        self.window.show_error(error)

    def show_sheet(self, sheet: QWidget) -> None:
        """Lay a sheet (ui.dialogs.sheet) over the window; one at a time."""
        self.window.show_sheet(sheet)

    def toast(self, text: str, undo: Callable[[], None] | None = None) -> None:
        """A passing line for an act that can be undone; never for anything about data going wrong."""
        self.window.toast(text, undo)

    def sync_soon(self) -> None:
        """Something is worth sending; the sync runner decides when."""
        self.sync_wanted.emit(False)

    def sync_now(self) -> None:
        """A person asked for it."""
        self.sync_wanted.emit(True)

    def broadcast(self, changes: Changes) -> None:
        """Called by the workspace's change listener, on the screen's thread."""
        self._bell.ring(changes)


def _nothing(result: object) -> None:
    del result
