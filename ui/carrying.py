"""Writes and takes files on the net lane, one at a time, and tells the page how far it is.

It lives as long as the window, so that a page may go while a large file is written.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from reset_or.base import log
from reset_or.base.errors import OurBug, ResetOrError
from reset_or.base.lanes import CancelToken
from ui.viewmodels.carrying import Carry, Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.shell import Shell


class Carrier(QObject):
    """`changed()` when `carry` did."""

    changed = Signal()
    _moved = Signal(object)

    def __init__(self, shell: Shell, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.carry = Carry()
        self._moved.connect(self._progressed)  # emitted on the net lane, delivered here by Qt

    @property
    def busy(self) -> bool:
        return bool(self.carry.way)

    def take_away(self, target: Path) -> None:
        from reset_or.actions.carrying import write_parcel

        self._begin("out", target, write_parcel, target=target)

    def take_in(self, source: Path) -> None:
        from reset_or.actions.carrying import take_parcel

        self._begin("in", source, take_parcel, source=source)

    def cancel(self) -> None:
        """Stops after the piece that is being written or read."""
        self.shell.workspace.pause_sync()

    def forget(self) -> None:
        """The person has read how it ended."""
        if not self.busy:
            self._set(Carry())

    def _begin(self, way: Way, path: Path, action: Callable[..., Any], **said: Path) -> None:
        if self.busy:
            return
        workspace = self.shell.workspace
        self._set(Carry(way, path.name))

        def work(cancel: CancelToken) -> Any:
            return action(
                workspace.context, cancel=cancel, lanes=workspace.lanes, progress=self._moved.emit, **said
            )

        workspace.syncer.carry(work, self._done, self._failed)

    def _progressed(self, progress: Any) -> None:
        if self.busy:
            self._set(replace(self.carry, done=progress.done_bytes, total=progress.total_bytes))

    def _done(self, result: Any) -> None:
        self._set(Carry(name=self.carry.name, ended=result))
        self.shell.broadcast(result.changes)
        self.shell.sync_soon()

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, ResetOrError):
            log.event("parcel_unexpected", type=type(error).__name__.lower())
            error = OurBug("unexpected")
        ended = None if error.code == "not_signed_in" else error
        self._set(Carry(name=self.carry.name, ended=ended))
        self.shell.sync_soon()

    def _set(self, carry: Carry) -> None:
        self.carry = carry
        self.changed.emit()
