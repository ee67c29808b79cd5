"""What every page is given: the workspace, the words, the look, and the ways to act and to move.

The only door between pages and the rest; pages know no other page and no main window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from reset_or.base import log, words
from reset_or.base.changes import Changes
from reset_or.base.errors import OurBug, ResetOrError
from reset_or.base.words import Language
from ui.changes import ChangeBell
from ui.style import theme
from ui.style.tokens import THEMES, ThemeName, Tokens

if TYPE_CHECKING:
    from reset_or.workspace import Workspace

Failed = Callable[[ResetOrError], bool]


class Window(Protocol):
    """What the shell needs of the main window."""

    def go(self, page: str, params: dict[str, Any]) -> None: ...

    def back(self) -> None: ...

    def show_error(self, error: ResetOrError) -> None: ...

    def show_sheet(self, sheet: QWidget) -> None: ...

    def toast(self, text: str, undo: Callable[[], None] | None) -> None: ...

    def lock(self) -> None: ...


class Shell(QObject):
    """`changed(Changes)`, `language_changed()`, `theme_changed()`, `sync_progress(object)`."""

    changed = Signal(object)
    language_changed = Signal()
    theme_changed = Signal()
    sync_progress = Signal(object)

    def __init__(self, workspace: Workspace, *, language: Language = "en") -> None:
        super().__init__()
        self.workspace = workspace
        self._language: Language = language
        self._window: Window | None = None
        self._bell = ChangeBell(self)
        self._bell.changed.connect(self.changed)

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

    # look --------------------------------------------------------------------------------------------
    @property
    def tokens(self) -> Tokens:
        return theme.tokens()

    def set_theme(self, name: ThemeName) -> None:
        app = QApplication.instance()
        if theme.tokens().name != name:
            theme.apply(cast(QApplication, app), THEMES[name])
            self.theme_changed.emit()

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

    def broadcast(self, changes: Changes) -> None:
        """Called by the workspace's change listener, on the screen's thread."""
        self._bell.ring(changes)


def _nothing(result: object) -> None:
    del result
