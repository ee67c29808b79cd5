"""The only threads of the program: one worker for the store lane, two for the net lane, one for photos, one
for the request that a sync has at the server.

Results come back on the screen's thread by one queued signal. Callbacks never leave that thread, so no widget
is ever released by a worker. Owns no work of its own.
"""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from reset_or.base.errors import OurBug
from reset_or.base.lanes import Begun, Cancelled, LaneName

T = TypeVar("T")
COLLECT_MS: Final = 500
WORKERS: Final[dict[LaneName, int]] = {"store": 1, "net": 2, "photo": 1, "line": 1}


@dataclass(frozen=True)
class _Task:
    number: int
    work: Callable[[], Any]


@dataclass(frozen=True)
class _Outcome:
    number: int
    result: Any = None
    error: BaseException | None = None


@dataclass(frozen=True)
class _Callbacks:
    lane: LaneName
    done: Callable[[Any], None] | None
    failed: Callable[[BaseException], None] | None


class _Post(QObject):
    """Lives on the screen's thread; `arrived` is emitted by workers and queued."""

    arrived = Signal(object)


class _Lane:
    """A queue and its workers."""

    def __init__(self, name: LaneName, workers: int, post: _Post) -> None:
        self.queue: SimpleQueue[_Task | None] = SimpleQueue()
        self._post = post
        self.threads = [
            threading.Thread(target=self._serve, name=f"reset-or-{name}-{i}", daemon=True)
            for i in range(workers)
        ]
        for thread in self.threads:
            thread.start()

    def _serve(self) -> None:
        while (task := self.queue.get()) is not None:
            try:
                outcome = _Outcome(task.number, task.work())
            except BaseException as error:  # a worker outlives whatever its work raises
                outcome = _Outcome(task.number, error=error)
            del task
            self._post.arrived.emit(outcome)
            del outcome

    def stop(self, wait_s: float) -> None:
        for _ in self.threads:
            self.queue.put(None)
        for thread in self.threads:
            thread.join(wait_s)


class _Collector(QObject):
    """Collects reference cycles on the screen's thread only.

    Python collects wherever it happens to run; a cycle that holds a widget or a timer, collected by a
    worker, would destroy Qt's object on the wrong thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(COLLECT_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """The oldest generation whose threshold is passed, as Python itself would."""
        pairs = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, most) in enumerate(pairs) if count > most]
        if due:
            gc.collect(max(due))

    def stop(self) -> None:
        self._timer.stop()
        if self._was_on:
            gc.enable()


class QtLanes:
    """The `Lanes` port of `base.lanes` for a program with a Qt event loop; made on the screen's thread."""

    def __init__(self) -> None:
        self._post = _Post()
        self._post.arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Callbacks] = {}
        self._home = threading.get_ident()
        self._closed = False
        self._collector = _Collector()
        self._lanes = {name: _Lane(name, workers, self._post) for name, workers in WORKERS.items()}

    def run(
        self,
        lane: LaneName,
        work: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Hands `work` to a lane; without `failed` an error is raised on the screen's thread."""
        number = next(self._numbers)
        self._waiting[number] = _Callbacks(lane, done, failed)
        self._lanes[lane].queue.put(_Task(number, work))

    def call(self, lane: LaneName, work: Callable[[], T]) -> T:
        """Runs `work` on the lane and waits; from that lane's own worker it runs at once.

        Raises OurBug("wait_on_screen_thread") from the screen's thread, Cancelled once the lanes close, and
        whatever `work` raises.
        """
        me = threading.get_ident()
        if me == self._home:
            raise OurBug("wait_on_screen_thread")
        if any(thread.ident == me for thread in self._lanes[lane].threads):
            return work()
        return self.begin(lane, work).wait()

    def begin(self, lane: LaneName, work: Callable[[], T]) -> Begun[T]:
        """Hands `work` to the lane and goes on; never from the screen's thread or that lane's own worker.

        Raises Cancelled once the lanes close.
        """
        if self._closed:
            raise Cancelled
        begun = Begun(work)
        self._lanes[lane].queue.put(_Task(0, begun.run))
        return begun

    @property
    def busy(self) -> int:
        """How many results are still to come."""
        return len(self._waiting)

    def asked(self, lane: LaneName) -> bool:
        """Whether results of this lane are still to come."""
        return any(each.lane == lane for each in self._waiting.values())

    def close(self, wait_s: float = 5.0) -> None:
        """Finishes what was handed in, for at most `wait_s` a worker; results are no longer delivered."""
        self._closed = True
        self._waiting.clear()
        for lane in self._lanes.values():
            lane.stop(wait_s)
        self._collector.stop()

    def _deliver(self, outcome: _Outcome) -> None:
        callbacks = self._waiting.pop(outcome.number, None)
        if callbacks is None or self._closed:
            return
        if outcome.error is None:
            if callbacks.done is not None:
                callbacks.done(outcome.result)
        elif callbacks.failed is not None:
            callbacks.failed(outcome.error)
        else:
            raise outcome.error
