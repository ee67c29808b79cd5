"""When a sync starts: soon after a save, again after a silence, at once when asked. It sends nothing itself.

No answer is normal: it is tried again after 15 s, then twice as long each time, at most five minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble, OurBug, ResetOrError, TrustBroken

if TYPE_CHECKING:
    from reset_or.actions.views import SyncView
    from ui.shell import Shell

SOON_MS: Final = 1_500
AGAIN_MS: Final = 15_000
LATEST_MS: Final = 300_000
_OFFLINE: Final = frozenset({"server_unreachable", "server_slow"})


class SyncEnd(Protocol):
    """What the runner reads of a sync that ended (the workspace's result)."""

    @property
    def problem(self) -> str: ...

    @property
    def alarm(self) -> str: ...

    @property
    def paused(self) -> bool: ...

    @property
    def retry_s(self) -> int | None: ...


@dataclass(frozen=True)
class SyncStatus:
    """What the runner knows. `connected` None: not tried yet; `retry_at` UTC ms of the next try by itself."""

    running: bool = False
    paused: bool = False
    connected: bool | None = None
    retry_at: int | None = None
    problem: ResetOrError | None = None


class SyncRunner(QObject):
    """One for the life of the window; `changed()` when its status changed."""

    changed = Signal()

    def __init__(self, shell: Shell, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.status = SyncStatus()
        self._wait_ms = AGAIN_MS
        self._wanted = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._begin)
        shell.sync_wanted.connect(self._asked)

    @property
    def possible(self) -> bool:
        """Whether there is anybody to send to: never in practice mode, never without an address."""
        workspace = self.shell.workspace
        return workspace.unlocked and bool(workspace.settings.server_url) and not workspace.settings.practice

    def pause(self) -> None:
        """Stops after the piece that is being sent, and stays so until a person asks again."""
        self._timer.stop()
        self._set(paused=True, retry_at=None)
        self.shell.workspace.pause_sync()

    def stop(self) -> None:
        """Lock or close: forget what was waiting."""
        self._timer.stop()
        self.status = SyncStatus()
        self._wait_ms = AGAIN_MS

    def show_in(self, view: SyncView) -> SyncView:
        """The ledger's view with what only the runner knows."""
        status = self.status
        return replace(
            view,
            running=status.running or view.running,
            connected=status.connected if status.connected is not None else view.connected,
            retry_at=status.retry_at,
        )

    def _asked(self, by_person: bool) -> None:
        if by_person:
            self._set(paused=False)
            self._wait_ms = AGAIN_MS
            self._begin()
        elif self.status.running:
            self._wanted = True
        elif not self.status.paused and self.status.retry_at is None:
            self._timer.start(SOON_MS)

    def _begin(self) -> None:
        if not self.possible or self.status.running:
            return
        self._timer.stop()
        self._wanted = False
        self._set(running=True, retry_at=None)
        # the progress signal is emitted on the net lane and delivered here by Qt
        self.shell.workspace.start_sync(
            progress=self.shell.sync_progress.emit, done=self._done, failed=self._failed
        )

    def _done(self, result: SyncEnd) -> None:
        """A sync that ended by itself still names a problem, such as no answer, as a code."""
        problem = self._problem(result)
        if problem is not None or result.problem:
            self._again(problem, connected=result.problem not in _OFFLINE, wait_s=result.retry_s)
            return
        self._wait_ms = AGAIN_MS
        self._set(running=False, connected=True, problem=None)
        if not self.status.paused and not result.paused:
            self._timer.start(SOON_MS if self._wanted else LATEST_MS)

    def _problem(self, result: SyncEnd) -> ResetOrError | None:
        """What a person must know; being offline is not among it."""
        if result.alarm:
            return TrustBroken(result.alarm)
        if result.problem and result.problem not in _OFFLINE:
            return EnvironmentTrouble(result.problem)
        return None

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, ResetOrError) and error.code in ("cancelled", "not_signed_in"):
            self._set(running=False)
            return
        if not isinstance(error, ResetOrError):
            log.event("sync_unexpected", type=type(error).__name__.lower())
            error = OurBug("unexpected")
        offline = error.code in _OFFLINE
        connected = False if offline else self.status.connected
        self._again(None if offline else error, connected=connected, wait_s=None)

    def _again(self, problem: ResetOrError | None, *, connected: bool | None, wait_s: int | None) -> None:
        """Try again after the server's wish, or after twice as long as the last time."""
        wait_ms, self._wait_ms = self._wait_ms, min(LATEST_MS, self._wait_ms * 2)
        if wait_s is not None:
            wait_ms = max(wait_ms, wait_s * 1000)
        retry_at = None if self.status.paused else self.shell.workspace.clock.now_at() + wait_ms
        self._set(running=False, connected=connected, problem=problem, retry_at=retry_at)
        if retry_at is not None and self.possible:
            self._timer.start(wait_ms)

    def _set(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)
        self.changed.emit()
