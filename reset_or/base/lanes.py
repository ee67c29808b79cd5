"""Where work runs: the `store` lane (one worker, owns the encrypted store), the `net` lane, and the `photo`
lane, on which large files move for minutes while the others go on.

`ui.tasks` gives lanes made of Qt-aware threads, the command line and tests inline ones. Work never
touches widgets; results come back where the caller lives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from reset_or.base.errors import EnvironmentTrouble

LaneName = Literal["store", "net", "photo"]
T = TypeVar("T")


class Cancelled(EnvironmentTrouble):
    """The person stopped long work; what was finished stays finished."""

    def __init__(self, code: str = "cancelled", /, **details: object) -> None:
        super().__init__(code, **details)


class CancelToken:
    """Asked between steps of long work."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits so long, or until `cancel` is called: whether it was."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raises Cancelled once `cancel` was called."""
        if self._event.is_set():
            raise Cancelled


class Lanes(Protocol):
    """The port through which work is handed to a lane."""

    def run(
        self,
        lane: LaneName,
        work: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Runs `work` on the lane; `done` or `failed` is called back where the caller lives."""

    def call(self, lane: LaneName, work: Callable[[], T]) -> T:
        """Runs `work` on the lane and waits; never from the screen's thread."""


class InlineLanes:
    """Runs everything at once, in the caller's thread: command line and tests."""

    def run(
        self,
        lane: LaneName,
        work: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        try:
            result = work()
        except Exception as error:
            if failed is None:
                raise
            failed(error)
        else:
            if done is not None:
                done(result)

    def call(self, lane: LaneName, work: Callable[[], T]) -> T:
        return work()
