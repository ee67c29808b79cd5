"""When a sync starts: soon after a save, again after a silence, at once when asked. It sends nothing itself.

No answer is normal: it is tried again within 15 s, then within twice as long each time, at most five minutes,
at a moment drawn at random, so that the devices of a hospital do not all come back at once after an outage.
After sleep, or when the network comes back, it is tried at once. While something is at the hospital's relay
and not at the centre, it is asked again after a few seconds, then after twice as long each time.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from reset_or.base import log
from reset_or.base.clock import Clock
from reset_or.base.errors import OurBug, ResetOrError
from ui.viewmodels.pace import Pace

if TYPE_CHECKING:
    from reset_or.actions.syncing import SyncProgress
    from reset_or.actions.views import SyncView
    from ui.shell import Shell

SOON_MS: Final = 1_500
AGAIN_MS: Final = 15_000
LATEST_MS: Final = 300_000
LEAST_MS: Final = 1_000
PULSE_MS: Final = 10_000
RELAY_MS: Final = 2_500
SLEPT_MS: Final = 30_000
_LOCKED: Final = frozenset({"cancelled", "not_signed_in", "store_closed"})
_OFFLINE: Final = frozenset({"server_unreachable", "server_slow"})


class RunnerEnd(Protocol):
    """What the runner reads of a sync that ended (the workspace's result)."""

    @property
    def problem(self) -> str: ...

    @property
    def alarm(self) -> str: ...

    @property
    def complete(self) -> bool: ...

    @property
    def paused(self) -> bool: ...

    @property
    def pushed(self) -> int: ...

    @property
    def photos_up(self) -> int: ...

    @property
    def at_relay(self) -> int: ...

    @property
    def retry_s(self) -> int | None: ...


@dataclass(frozen=True)
class SyncStatus:
    """What the runner knows. `connected` None: not tried yet; `retry_at` UTC ms of the next try by itself.

    `moving`: photos are on their way, beside the records; their trouble never holds a record up.
    """

    running: bool = False
    paused: bool = False
    connected: bool | None = None
    retry_at: int | None = None
    problem: ResetOrError | None = None
    moving: bool = False
    photos_problem: ResetOrError | None = None


class AwakeWatch:
    """Tells from two clocks that the computer slept or that its clock was set: one of them jumped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall_at, self._ticks_ms = clock.now_at(), clock.monotonic_ms()

    def slept(self) -> bool:
        """Whether since the last question more happened than time passing. On some systems the steady clock
        stands still in sleep, on others it goes on while nobody asks; either shows."""
        wall_at, ticks_ms = self._clock.now_at(), self._clock.monotonic_ms()
        wall_ms, steady_ms = wall_at - self._wall_at, ticks_ms - self._ticks_ms
        self._wall_at, self._ticks_ms = wall_at, ticks_ms
        return abs(wall_ms - steady_ms) > SLEPT_MS or steady_ms > PULSE_MS + SLEPT_MS


class SyncRunner(QObject):
    """One for the life of the window; `changed()` when its status changed."""

    changed = Signal()

    def __init__(
        self, shell: Shell, parent: QObject | None = None, *, draw: Callable[[], float] = random.random
    ) -> None:
        """`draw`: a number from 0 to 1, each as likely as the other."""
        super().__init__(parent)
        self.shell = shell
        self.status = SyncStatus()
        self.pace = Pace()
        self.draw = draw
        self._resumed = False
        self._wait_ms = AGAIN_MS
        self._wanted = False
        self._relay_ms = RELAY_MS
        self._photos_wait_ms = AGAIN_MS
        self._photos_ms = 0
        self._more_photos = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._begin)
        self._watch = AwakeWatch(shell.workspace.clock)
        self._pulse = QTimer(self)
        self._pulse.setInterval(PULSE_MS)
        self._pulse.timeout.connect(self.pulse)
        self._pulse.start()
        shell.sync_wanted.connect(self._asked)
        shell.sync_progress.connect(self._progressed)

    @property
    def possible(self) -> bool:
        """Whether there is anybody to send to: never in practice mode, never without an address, and not
        while a file is written or taken in."""
        workspace = self.shell.workspace
        here = workspace.unlocked and not workspace.syncer.carrying
        return here and bool(workspace.server_url) and not workspace.settings.practice

    def pause(self) -> None:
        """Stops after the piece that is being sent, and stays so until a person asks again."""
        self._timer.stop()
        self._set(paused=True, retry_at=None)
        self.shell.workspace.pause_sync()

    def pulse(self) -> None:
        """Every few seconds: did this computer sleep, or was its clock set?"""
        if self._watch.slept():
            self.resume()

    def resume(self) -> None:
        """After sleep, or when the network is back: at once, with a new nonce and a new connection. What hung
        on the old connection is not waited for again."""
        self.shell.workspace.forget_connection()
        self._wait_ms, self._photos_ms = AGAIN_MS, 0
        if self.status.running:
            self._resumed = True
        elif not self.status.paused:
            self._begin()

    def watch_network(self) -> None:
        """Hear of it where the system says that the network came back; without that the pulse must do."""
        from PySide6.QtNetwork import QNetworkInformation

        if QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Reachability):
            found = QNetworkInformation.instance()
            online = QNetworkInformation.Reachability.Online
            found.reachabilityChanged.connect(lambda now: self.resume() if now == online else None)

    def stop(self) -> None:
        """Lock or close: forget what was waiting, but not that a person paused."""
        self._timer.stop()
        self.status = SyncStatus(paused=self.status.paused)
        self._wait_ms = AGAIN_MS

    def show_in(self, view: SyncView) -> SyncView:
        """The ledger's view with what only the runner knows."""
        status = self.status
        return replace(
            view,
            running=status.running or status.moving or view.running,
            connected=status.connected if status.connected is not None else view.connected,
            retry_at=status.retry_at,
            paused=status.paused,
            minutes_left=self.pace.minutes if status.moving else None,
        )

    def _progressed(self, progress: SyncProgress) -> None:
        if progress.phase == "photos_up":
            now_ms = self.shell.workspace.clock.monotonic_ms()
            self.pace.note(progress.done_bytes, progress.total_bytes, now_ms)

    def _asked(self, by_person: bool) -> None:
        if by_person:
            self._set(paused=False)
            self._wait_ms, self._photos_wait_ms, self._photos_ms = AGAIN_MS, AGAIN_MS, 0
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

    def _done(self, result: RunnerEnd) -> None:
        """A sync that ended by itself still names a problem, such as no answer, as a code."""
        from reset_or.actions.syncing import NETWORK, problem_of

        problem = problem_of(result, self.shell.workspace.server_url)
        if problem is not None:
            shown = None if problem.code in _OFFLINE else problem
            self._again(shown, connected=result.problem not in NETWORK, wait_s=result.retry_s)
            return
        self._wait_ms, self._resumed = AGAIN_MS, False
        self._set(running=False, connected=True, problem=None)
        if not self.status.paused and not result.paused:
            self._timer.start(SOON_MS if self._wanted else self._spread(self._quiet_ms(result)))
            self._move()

    def _quiet_ms(self, result: RunnerEnd) -> int:
        """How long to be silent after a good end. What is at the relay is asked for sooner, and soonest after
        something new was brought."""
        if not result.at_relay or result.pushed or result.photos_up:
            self._relay_ms = RELAY_MS
        if not result.at_relay:
            return LATEST_MS
        wait_ms, self._relay_ms = self._relay_ms, min(LATEST_MS, self._relay_ms * 2)
        return wait_ms

    def _move(self) -> None:
        """Photos, whose records the server has by now; those that just came wait for the ones under way."""
        if self.status.moving:
            self._more_photos = True
            return
        if not self.possible or self.shell.workspace.clock.monotonic_ms() < self._photos_ms:
            return
        self._more_photos = False
        self.pace.begin()
        self._set(moving=True)
        self.shell.workspace.start_sync(
            photos=True, progress=self.shell.sync_progress.emit, done=self._moved, failed=self._not_moved
        )

    def _moved(self, result: RunnerEnd) -> None:
        from reset_or.actions.syncing import problem_of

        problem = problem_of(result, self.shell.workspace.server_url)
        if problem is not None:
            self._photos_later(None if problem.code in _OFFLINE else problem, result.retry_s)
            return
        self._photos_wait_ms, self._photos_ms = AGAIN_MS, 0
        self._set(moving=False, photos_problem=None)
        if result.photos_up and result.at_relay:
            self._sooner(self._spread(self._quiet_ms(result)))
        if self._more_photos and not self.status.paused:
            self._move()

    def _not_moved(self, error: BaseException) -> None:
        if isinstance(error, ResetOrError) and error.code in _LOCKED:
            self._set(moving=False)
            return
        if not isinstance(error, ResetOrError):
            log.event("photos_unexpected", type=type(error).__name__.lower())
            error = OurBug("unexpected")
        self._photos_later(error, None)

    def _photos_later(self, problem: ResetOrError | None, wait_s: int | None) -> None:
        """Photos again with the first sync after a wait that grows; records are never held up by it."""
        wait_ms = max(LEAST_MS, round(self._photos_wait_ms * self.draw())) + (wait_s or 0) * 1000
        self._photos_wait_ms = min(LATEST_MS, self._photos_wait_ms * 2)
        self._photos_ms = self.shell.workspace.clock.monotonic_ms() + wait_ms
        self._set(moving=False, photos_problem=problem)
        self._sooner(wait_ms)

    def _sooner(self, wait_ms: int) -> None:
        """The next sync within this time, unless one runs, waits after a trouble, or somebody paused."""
        free = not self.status.running and self.status.retry_at is None and not self.status.paused
        if free and self.possible and (not self._timer.isActive() or self._timer.remainingTime() > wait_ms):
            self._timer.start(wait_ms)

    def _failed(self, error: BaseException) -> None:
        from reset_or.actions.syncing import NETWORK

        if isinstance(error, ResetOrError) and error.code in _LOCKED:
            self._set(running=False)
            return
        if not isinstance(error, ResetOrError):
            log.event("sync_unexpected", type=type(error).__name__.lower())
            error = OurBug("unexpected")
        offline = error.code in _OFFLINE
        connected = False if error.code in NETWORK else self.status.connected
        self._again(None if offline else error, connected=connected, wait_s=None)

    def _again(self, problem: ResetOrError | None, *, connected: bool | None, wait_s: int | None) -> None:
        """Try again within the wait of this time, twice as long as the last, and never before the server's
        wish. After sleep the connection that hung says nothing about the network of now."""
        most_ms, self._wait_ms = self._wait_ms, min(LATEST_MS, self._wait_ms * 2)
        wait_ms = max(LEAST_MS, round(most_ms * self.draw()))
        if wait_s is not None:
            wait_ms += wait_s * 1000
        elif self._resumed:
            wait_ms = SOON_MS
        self._resumed = False
        retry_at = None if self.status.paused else self.shell.workspace.clock.now_at() + wait_ms
        self._set(running=False, connected=connected, problem=problem, retry_at=retry_at)
        if retry_at is not None and self.possible:
            self._timer.start(wait_ms)

    def _spread(self, most_ms: int) -> int:
        """Somewhere in the second half of a wait."""
        return round(most_ms * (1 + self.draw()) / 2)

    def _set(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)
        self.changed.emit()
