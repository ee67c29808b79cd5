"""Runs one sync of records at a time on the net lane and one mover of photos beside it; the store is reached
only through its own lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reset_or.base.lanes import CancelToken, LaneName, Lanes

if TYPE_CHECKING:
    from reset_or.actions.context import Context
    from reset_or.actions.syncing import SyncProgress, SyncResult

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

    @property
    def running(self) -> bool:
        return bool(self._running)

    def pause(self) -> None:
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
        if lane in self._running:
            return
        cancel = self._running[lane] = CancelToken()

        def ended(result: SyncResult) -> None:
            del self._running[lane]
            hearing.done(result)

        def broken(error: BaseException) -> None:
            del self._running[lane]
            if hearing.failed is not None:
                hearing.failed(error)

        def work() -> SyncResult:
            return self._with_transport(action, context(), hearing.progress, cancel)

        self.lanes.run(lane, work, ended, broken)

    def _with_transport(
        self, action: Callable[..., SyncResult], context: Context, progress: Progress | None, cancel: Any
    ) -> SyncResult:
        from reset_or.actions.installation import transport_of

        transport = self.lanes.call("store", lambda: transport_of(context.store))
        try:
            return action(
                context, transport=transport, progress=progress, cancel=cancel, lanes=self.lanes,
                photo_kbit_s=self.photo_kbit_s,
            )  # fmt: skip
        finally:
            transport.close()
