"""Where work runs: the `store` lane (one worker, owns the encrypted store), the `net` lane, the `photo` lane,
on which large files move for minutes while the others go on, and the `line` lane, on which one request of a
sync is at the server while the sync itself works on.

`ui.tasks` gives lanes made of Qt-aware threads, the command line and tests inline ones. Work never
touches widgets; results come back where the caller lives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, Literal, Protocol, TypeVar, cast

from reset_or.base.errors import EnvironmentTrouble

LaneName = Literal["store", "net", "photo", "line"]
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


class Begun(Generic[T]):
    """Work under way on a lane, which calls `run`; whoever began it calls `wait`, once."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._finished: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run(self) -> None:
        try:
            self._finished.put((self._work(), None))
        except BaseException as error:  # a worker outlives whatever its work raises
            self._finished.put((None, error))

    def wait(self) -> T:
        """What the work gives when it ends; raises what it raised."""
        result, error = self._finished.get()
        if error is not None:
            raise error
        return cast(T, result)


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

    def begin(self, lane: LaneName, work: Callable[[], T]) -> Begun[T]:
        """Hands `work` to the lane and goes on; never from the screen's thread or that lane."""


def on_store(lanes: Lanes | None, work: Callable[[], T]) -> T:
    """Work that touches the store, from another lane; at once where the caller's thread is the store's."""
    return work() if lanes is None else lanes.call("store", work)


class InlineLanes:
    """Runs everything at once, in the caller's thread: command line and tests. What is begun has a thread of
    its own."""

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

    def begin(self, lane: LaneName, work: Callable[[], T]) -> Begun[T]:
        begun = Begun(work)
        threading.Thread(target=begun.run, name=f"reset-or-{lane}", daemon=True).start()
        return begun
