"""When the draft of a page is written, and what its label may say. Plain Python; the page owns the timer.

A label is shown only for bytes that are on the disk: every key makes it stale until its own save returned.
"""

from __future__ import annotations

from collections.abc import Callable

from reset_or.actions import drafts
from reset_or.base.clock import Clock
from reset_or.base.errors import ResetOrError
from reset_or.record.codebook import Value
from ui.viewmodels.port import Port


class DraftKeeper:
    """One draft row of one page and case. `kept_at` is None while keys stand that are not on the disk."""

    def __init__(self, port: Port, clock: Clock, page: str, changed: Callable[[], None]) -> None:
        self._port, self._clock, self.page = port, clock, page
        self._changed = changed
        self._case = ""
        self._wanted = 0
        self._written = 0
        self._on_disk: dict[str, Value] = {}
        self.kept_at: int | None = None

    def open(self, case: str, on_disk: dict[str, Value]) -> None:
        """Another case, or its draft as found on the disk."""
        self._case, self._on_disk = case, on_disk
        self._wanted = self._written = 0
        self.kept_at = None

    @property
    def dirty(self) -> bool:
        return self._wanted != self._written

    def touch(self) -> None:
        """Something was typed: the page's timer starts anew."""
        self._wanted += 1
        self.kept_at = None

    def dropped(self) -> None:
        """A reading was saved and took the draft with it, in the same transaction."""
        self._on_disk = {}
        self._written = self._wanted
        self.kept_at = None

    def keep(self, data: dict[str, Value]) -> None:
        """Write `data` now if anything changed; empty data removes the row."""
        if not self.dirty or not self._case:
            return
        number, at, case = self._wanted, self._clock.now_at(), self._case
        self._written = number
        if not data and not self._on_disk:
            return
        self._on_disk = data

        def done(_: object) -> None:
            if case == self._case and number == self._wanted and data:
                self.kept_at = at
            self._changed()

        def failed(_: ResetOrError) -> bool:
            self._written = -1
            return False

        if data:
            self._port.run(
                drafts.save_draft, done, failed=failed, page=self.page, case=case, data=data
            )  # fmt: skip
        else:
            self._port.run(drafts.drop_draft, done, failed=failed, page=self.page, case=case)
