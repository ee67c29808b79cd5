"""A person's time at the screen: landing after sign-in, idling, cover, lock, close, the counts on the rail.

Owns the timers of cover and lock (rulings: cover after idling, lock after two hours covered or by Ctrl+L; a
theatre session only covers). Draws nothing itself. What is not needed for the first paint is imported late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QObject, QTimer

from reset_or.base.changes import Changes
from reset_or.base.errors import ResetOrError

if TYPE_CHECKING:
    from reset_or.actions.views import CaseView, SyncView, ToSignRow
    from ui.dialogs.cover import Cover
    from ui.main_window import MainWindow
    from ui.shell import Shell

LOCK_COVERED_MS: Final = 2 * 3_600_000
_MINUTE_MS: Final = 60_000
_SIGNS_OF_LIFE: Final = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TabletPress,
    }
)


class Session(QObject):
    """One for the life of the window."""

    def __init__(self, shell: Shell, window: MainWindow) -> None:
        super().__init__(window)
        self.shell, self.window = shell, window
        self._cover: Cover | None = None
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self.cover)
        self._locking = QTimer(self)
        self._locking.setSingleShot(True)
        self._locking.timeout.connect(self._covered_too_long)
        self._minute = QTimer(self)
        self._minute.setInterval(_MINUTE_MS)
        self._minute.timeout.connect(self.end_old_theatre)
        self._minute.start()
        window.lock_asked.connect(self.lock)
        window.admitted.connect(self.landed)
        window.close_asked.connect(self.ask_close)
        shell.changed.connect(self._changed)
        shell.remember.connect(self._remember)
        window.shown.connect(self._watch)

    def _watch(self) -> None:
        """Watch the window of the operating system: there each key, touch and move passes once."""
        handle = self.window.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    # signing in ------------------------------------------------------------------------------------
    def landed(self) -> None:
        """After the password: the page where this role's work begins."""
        self._awake()
        self.window.over.hush()
        if self._cover is not None:
            self._lift()
            return
        from ui.viewmodels import cases as case_model

        page, params = case_model.landing(self.shell.workspace.active_role)
        self.shell.navigate(page, **params)
        self.count()
        self.shell.sync_soon()
        self.shell.tower.begin()
        self.window.prepare("margins", "confirm", "to_sign", "sync")

    def count(self) -> None:
        """Ask for the numbers beside "To sign" and "Sync"."""
        if not self.shell.workspace.unlocked:
            return
        from reset_or.actions import ledger, signing

        self.shell.run(signing.to_sign, self._to_sign_counted, failed=_quiet)
        self.shell.run(ledger.sync_view, self._sync_counted, failed=_quiet)

    def _to_sign_counted(self, rows: tuple[ToSignRow, ...]) -> None:
        self.window.set_counts(to_sign=len(rows))

    def _sync_counted(self, view: SyncView) -> None:
        from ui.viewmodels.sync import waiting_count

        self.window.set_counts(sync=waiting_count(view))

    def _changed(self, changes: Changes) -> None:
        self.count()
        if not changes.ledger or changes.records:
            self.shell.sync_soon()

    # idling, cover ---------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _SIGNS_OF_LIFE and self._cover is None:
            self._awake()
        return False

    def _awake(self) -> None:
        if self.shell.workspace.unlocked:
            self._idle.start(max(1, self.shell.workspace.settings.cover_minutes) * _MINUTE_MS)

    def cover(self) -> None:
        """Hide all values now; drafts are kept first, keys stay only under a PIN."""
        workspace = self.shell.workspace
        if not workspace.unlocked or self._cover is not None:
            return
        from ui.dialogs.cover import Cover

        page = self.window.page
        if page is not None:
            page.keep()
        user = workspace.active
        name = next((p.name or p.user for p in workspace.settings.people if p.user == user), user)
        self._cover = Cover(self.shell, workspace.clock, name)
        self._cover.lifted.connect(lambda kind, text: self._uncover(user, kind, text))
        self._cover.lock_wanted.connect(self.lock)
        self.window.over.lay_cover(self._cover)
        self._idle.stop()
        if workspace.theatre is not None:
            self._ask_identity(workspace.theatre.case)
        else:
            self._locking.start(LOCK_COVERED_MS)
        self.shell.do("store", workspace.cover, lambda _none: self._covered(user))

    def _covered(self, user: str) -> None:
        """Only a person whose PIN was used in this session can lift by PIN."""
        if self._cover is not None:
            self._cover.offer_pin(user in self.shell.workspace.signed_in)
            self._cover.take_focus()

    def _ask_identity(self, case: str) -> None:
        from reset_or.actions import cases

        def got(view: CaseView) -> None:
            if self._cover is not None:
                from ui.viewmodels.identity import cover_identity

                self._cover.show_identity(cover_identity(view, self.shell.language))

        self.shell.run(cases.case_view, got, failed=_quiet, case=case)

    def _uncover(self, user: str, kind: str, text: str) -> None:
        workspace = self.shell.workspace

        def work() -> None:
            if kind == "pin":
                workspace.uncover(user, text)
            else:
                workspace.unlock(user, text)

        self.shell.do("store", work, lambda _none: self._lift(), self._not_lifted)

    def _not_lifted(self, error: ResetOrError) -> bool:
        if self._cover is None:
            return False
        self._cover.refused(error)
        return True

    def _lift(self) -> None:
        self._cover = None
        self._locking.stop()
        self.window.over.lift_cover()
        self._awake()

    def end_old_theatre(self) -> None:
        """A theatre session ends by itself after eight hours; the screen then locks like any other."""
        theatre = self.shell.workspace.theatre
        if theatre is not None and self.shell.workspace.clock.now_at() >= theatre.ends_at:
            self.shell.workspace.end_theatre()
            if self._cover is not None:
                self._locking.start(LOCK_COVERED_MS)

    def _covered_too_long(self) -> None:
        if self.shell.workspace.theatre is None:
            self.lock()
        else:
            self._locking.start(LOCK_COVERED_MS)

    # lock and close --------------------------------------------------------------------------------
    def lock(self) -> None:
        """Keys are dropped, the store is closed, the password page is shown."""
        workspace = self.shell.workspace
        if not workspace.unlocked:
            return
        page = self.window.page
        if page is not None and self._cover is None:
            page.keep()
        self._idle.stop()
        self._locking.stop()
        self.shell.tower.end()
        self.shell.do("store", workspace.lock, lambda _none: self._locked(), self._lock_failed)

    def _locked(self) -> None:
        self.window.over.hush()
        if self._cover is not None:
            self._cover = None
            self.window.over.lift_cover()
        self.window.drop_sheet()
        self.shell.syncing.stop()
        self.window.set_counts(to_sign=0, sync=0)
        self.window.go("unlock", {})
        self.window.forget_past()

    def _lock_failed(self, error: ResetOrError) -> bool:
        self._locked()
        return False

    def ask_close(self) -> None:
        """Count what is only here; without any, close at once."""
        if self._cover is not None:
            self.window.close_now()
            return
        from reset_or.actions import ledger

        page = self.window.page
        if page is not None:
            page.keep()
        self.shell.run(ledger.sync_view, self._close_counted, failed=self._close_uncounted)

    def _close_counted(self, view: SyncView) -> None:
        if view.answer == "all_uploaded" and not view.unfinished:
            self.close()
            return
        from ui.dialogs.closing import ClosingSheet

        self.window.show_sheet(ClosingSheet(self.shell, view, self.close))

    def _close_uncounted(self, error: ResetOrError) -> bool:
        self.close()
        return True

    def close(self) -> None:
        """Drop the keys and close the store, then the window."""
        self.shell.tower.end()
        self.shell.do(
            "store", self.shell.workspace.lock, lambda _none: self.window.close_now(), self._close_anyway
        )

    def _close_anyway(self, error: ResetOrError) -> bool:
        self.window.close_now()
        return True

    def _remember(self, name: str, value: Any) -> None:
        workspace = self.shell.workspace
        self.shell.do("store", lambda: workspace.save_settings(**{name: value}), None, _quiet)


def _quiet(error: ResetOrError) -> bool:
    """For counts and settings: what fails here is shown by the page that owns it."""
    del error
    return True
