"""Runs one sync at a time on the net lane; the store is reached only through its own lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reset_or.base.lanes import CancelToken, Lanes

if TYPE_CHECKING:
    from reset_or.actions.context import Context
    from reset_or.actions.syncing import SyncProgress, SyncResult


class Syncer:
    """Holds the token of the sync that is running."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._cancel: CancelToken | None = None

    @property
    def running(self) -> bool:
        return self._cancel is not None

    def pause(self) -> None:
        if self._cancel is not None:
            self._cancel.cancel()

    def start(
        self,
        context: Callable[[], Context],
        progress: Callable[[SyncProgress], None] | None,
        done: Callable[[SyncResult], None],
        failed: Callable[[BaseException], None] | None,
    ) -> None:
        """Hands one sync to the net lane; nothing happens while one is running."""
        if self._cancel is not None:
            return
        cancel = self._cancel = CancelToken()

        def ended(result: SyncResult) -> None:
            self._cancel = None
            done(result)

        def broken(error: BaseException) -> None:
            self._cancel = None
            if failed is not None:
                failed(error)

        self._lanes.run("net", lambda: self.once(context(), progress, cancel), ended, broken)

    def once(
        self,
        context: Context,
        progress: Callable[[SyncProgress], None] | None,
        cancel: CancelToken | None,
    ) -> SyncResult:
        """One whole sync in the calling thread, which must not be the store's own unless lanes are inline."""
        from reset_or.actions.installation import transport_of
        from reset_or.actions.syncing import sync_once

        transport = self._lanes.call("store", lambda: transport_of(context.store))
        try:
            return sync_once(
                context, transport=transport, progress=progress, cancel=cancel, lanes=self._lanes
            )
        finally:
            transport.close()
