"""Runs one sync of records at a time on the net lane and one mover of photos beside it, or one parcel
alone; the store is reached only through its own lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from reset_or.base.lanes import Cancelled, CancelToken, LaneName, Lanes

if TYPE_CHECKING:
    from reset_or.actions.context import Context
    from reset_or.actions.syncing import SyncProgress, SyncResult

T = TypeVar("T")
Progress = Callable[["SyncProgress"], None]


@dataclass(frozen=True)
class Hearing:
    """Who hears of it: while it runs, and at its end."""

    progress: Progress | None
    done: Callable[[SyncResult], None]
    failed: Callable[[BaseException], None] | None


@dataclass
class Syncer:
    """Holds the tokens of what is running. `photo_kbit_s`: the limit of this moment, for photos."""

    lanes: Lanes
    photo_kbit_s: Callable[[], int]
    _running: dict[LaneName, CancelToken] = field(default_factory=dict)
    _next: Callable[[], None] | None = None
    _carrying: bool = False
    _stopped: bool = False

    @property
    def running(self) -> bool:
        return bool(self._running)

    @property
    def carrying(self) -> bool:
        """Whether a parcel is being written or taken in, or waits for what is running to stop."""
        return self._carrying

    def pause(self) -> None:
        """Stops after the pieces under way; a parcel that waits ends before its first one."""
        self._stopped = self._next is not None
        for token in tuple(self._running.values()):
            token.cancel()

    def start(self, context: Callable[[], Context], hearing: Hearing, *, photos: bool) -> None:
        """Hands records to the net lane or photos to theirs; nothing happens while these are under way."""
        from reset_or.actions.syncing import move_photos, sync_once

        if photos:
            self._start("photo", context, hearing, move_photos)
        else:
            self._start("net", context, hearing, lambda ctx, **said: sync_once(ctx, photos=False, **said))

    def once(self, context: Context, progress: Progress | None, cancel: CancelToken | None) -> SyncResult:
        """One whole sync in the calling thread, which must not be the store's own unless lanes are inline."""
        from reset_or.actions.syncing import sync_once

        return self._with_transport(sync_once, context, progress, cancel)

    def _start(
        self, lane: LaneName, context: Callable[[], Context], hearing: Hearing,
        action: Callable[..., SyncResult],
    ) -> None:  # fmt: skip
        if self._carrying and hearing.failed is not None:
            hearing.failed(Cancelled())
        if lane in self._running or self._carrying:
            return

        def work(cancel: CancelToken) -> SyncResult:
            return self._with_transport(action, context(), hearing.progress, cancel)

        self._begin(lane, work, hearing.done, hearing.failed)

    def carry(
        self, work: Callable[[CancelToken], T], done: Callable[[T], None],
        failed: Callable[[BaseException], None] | None,
    ) -> None:  # fmt: skip
        """Hands a parcel (`actions.carrying`) to the net lane, after what is running has stopped: two
        at once would each move the cursors that the other reads. Nothing happens beside another parcel."""
        if self._carrying:
            return
        self._carrying, self._stopped = True, False
        self._next = lambda: self._begin("net", work, done, failed)
        for token in tuple(self._running.values()):
            token.cancel()
        self._go_on()

    def _begin(
        self, lane: LaneName, work: Callable[[CancelToken], T], done: Callable[[T], None],
        failed: Callable[[BaseException], None] | None,
    ) -> None:  # fmt: skip
        cancel = self._running[lane] = CancelToken()
        if self._stopped:
            cancel.cancel()
        self._stopped = False

        def ended(result: T) -> None:
            self._ended(lane)
            done(result)
            self._go_on()

        def broken(error: BaseException) -> None:
            self._ended(lane)
            if failed is not None:
                failed(error)
            self._go_on()

        self.lanes.run(lane, lambda: work(cancel), ended, broken)

    def _ended(self, lane: LaneName) -> None:
        del self._running[lane]
        self._carrying = self._next is not None

    def _go_on(self) -> None:
        if self._next is not None and not self._running:
            begin, self._next = self._next, None
            begin()

    def _with_transport(
        self, action: Callable[..., SyncResult], context: Context, progress: Progress | None, cancel: Any
    ) -> SyncResult:
        from reset_or.actions.installation import server_of

        with server_of(context.store, self.lanes) as transport:
            return action(
                context, transport=transport, progress=progress, cancel=cancel, lanes=self.lanes,
                photo_kbit_s=self.photo_kbit_s,
            )  # fmt: skip
