"""One thing at a time on the net lane: a parcel waits for a sync to stop, and ends when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reset_or.base.lanes import Cancelled, CancelToken
from reset_or.workspace.syncer import Hearing, Syncer


@dataclass
class HandLanes:
    """Keeps what it is given until the test lets it run."""

    waiting: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[BaseException], None]]] = field(
        default_factory=list
    )

    def run(self, _lane: str, work: Any, done: Any = None, failed: Any = None) -> None:
        self.waiting.append((work, done, failed))

    def go_on(self) -> None:
        work, done, failed = self.waiting.pop(0)
        try:
            result = work()
        except Exception as error:
            failed(error)
        else:
            done(result)


@dataclass
class Heard:
    syncer: Syncer
    lanes: HandLanes
    said: list[str] = field(default_factory=list)

    def carry(self, name: str) -> None:
        def work(cancel: CancelToken) -> str:
            cancel.check()
            return name

        def failed(error: BaseException) -> None:
            self.said.append(f"{name} {type(error).__name__}")

        self.syncer.carry(work, self.said.append, failed)

    def sync(self) -> None:
        def with_transport(_action: Any, _context: object, _progress: object, cancel: CancelToken) -> Any:
            return "sync stopped" if cancel.cancelled else "sync"

        self.syncer._with_transport = with_transport  # type: ignore[method-assign]
        hearing = Hearing(None, self.said.append, None)  # type: ignore[arg-type]
        self.syncer.start(lambda: None, hearing, photos=False)  # type: ignore[arg-type,return-value]


def heard() -> Heard:
    lanes = HandLanes()
    return Heard(Syncer(lanes, lambda: 0), lanes)  # type: ignore[arg-type]


def test_a_parcel_stops_the_sync_and_goes_after_it() -> None:
    found = heard()
    found.sync()
    found.carry("parcel")
    assert (len(found.lanes.waiting), found.syncer.carrying) == (1, True)
    found.lanes.go_on()
    assert (found.said, found.syncer.carrying) == (["sync stopped"], True)
    found.sync()
    assert len(found.lanes.waiting) == 1, "no sync beside a parcel"
    found.lanes.go_on()
    assert (found.said, found.syncer.carrying) == (["sync stopped", "parcel"], False)
    found.sync()
    found.lanes.go_on()
    assert found.said[-1] == "sync"


def test_a_second_parcel_does_not_begin_beside_the_first() -> None:
    found = heard()
    found.carry("one")
    found.carry("two")
    found.lanes.go_on()
    assert found.said == ["one"]
    assert found.lanes.waiting == []


def test_pausing_ends_a_parcel_that_still_waits_and_says_so() -> None:
    found = heard()
    found.sync()
    found.carry("parcel")
    found.syncer.pause()
    found.lanes.go_on()
    found.lanes.go_on()
    assert found.said == ["sync stopped", f"parcel {Cancelled.__name__}"]
    assert not found.syncer.carrying
    found.carry("again")
    found.lanes.go_on()
    assert found.said[-1] == "again"
