"""Many batches or pages in one sync: they overlap, and whatever happens between two of them costs nothing."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reset_or.base.errors import EnvironmentTrouble, TrustBroken
from reset_or.base.lanes import CancelToken
from reset_or.central.quota import Quota
from reset_or.sync import outbox
from reset_or.sync.inbox import Inbox
from reset_or.sync.keeper import Keeper
from reset_or.sync.results import SyncResult
from reset_or.wire.messages import PATH, SyncRequest, decode_request
from reset_or.wire.transport import Call, Reply
from tests.fakes.faulty import Around
from tests.fakes.workstations import Ground, Station, assert_same, quiet, register

BATCH: Final = 3
_WAIT_S: Final = 20.0


@dataclass
class Watched(Around):
    """The real way to the server. `befalls` is called with the number of each sync request, before it is sent
    and (as its negative) after it was answered. `sent`: envelopes of each."""

    befalls: Callable[[int], None] = lambda _number: None
    sent: list[int] = field(default_factory=list)
    under_way: int = 0

    def send(self, call: Call) -> Reply:
        if call.path != PATH:
            return self.inner.send(call)
        assert isinstance(call.body, bytes)
        self.sent.append(len(decode_request(call.body).envelopes))
        number = len(self.sent)
        self.under_way += 1
        assert self.under_way == 1, "two requests at once"
        try:
            self.befalls(number)
            reply = self.inner.send(call)
            self.befalls(-number)
        finally:
            self.under_way -= 1
        return reply


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_FRAMES", BATCH)
    monkeypatch.setattr(outbox, "SyncRequest", partial(SyncRequest, limit=BATCH))


@contextmanager
def instead(owner: Any, name: str, made: Callable[..., Any]) -> Any:
    real = getattr(owner, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, made(real))
        yield


_numbers = itertools.count(1)


def save(station: Station, count: int) -> None:
    for _ in range(count):
        register(station, f"03-{next(_numbers):04}")


def _meeting(station: Station) -> tuple[SyncResult, Watched, list[bool]]:
    """A sync of four requests; each answer is kept only when the next request is at the server, and whether
    that came. One after the other they would never meet."""
    arrived = [threading.Event() for _ in range(8)]
    stored: list[bool] = []

    def meeting(real: Any) -> Any:
        def page(self: Keeper, *said: Any) -> None:
            stored.append(len(stored) == 3 or arrived[len(stored) + 2].wait(_WAIT_S))
            real(self, *said)

        return page

    way = Watched(station.transport, lambda number: arrived[abs(number)].set())
    with instead(Keeper, "page", meeting):
        return station.sync(transport=way), way, stored


def test_an_answer_is_stored_while_the_next_request_is_at_the_server(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    save(surgeon, 4 * BATCH)
    result, way, stored = _meeting(surgeon)
    assert (result.problem, result.complete) == ("", True)
    assert (result.pushed, result.requests, way.sent) == (4 * BATCH, 4, [BATCH] * 4)
    assert stored == [True] * 4
    assert surgeon.good_sync().requests == 1
    assert_same(ground, surgeon)


def test_a_page_is_opened_and_stored_while_the_next_is_fetched(ground: Ground) -> None:
    surgeon, nurse = ground.workstations(["zhang"], ["wang"])
    quiet(surgeon, nurse)
    save(surgeon, 4 * BATCH)
    surgeon.good_sync()
    result, _way, stored = _meeting(nurse)
    assert (result.problem, result.complete, result.pulled) == ("", True, 4 * BATCH)
    assert (result.requests, stored) == (4, [True] * 4)
    assert nurse.good_sync().requests == 1
    assert_same(ground, surgeon, nurse)


def test_a_page_that_is_not_what_its_receipts_say_takes_the_next_with_it(ground: Ground) -> None:
    surgeon, nurse = ground.workstations(["zhang"], ["wang"])
    quiet(surgeon, nurse)
    save(surgeon, 4 * BATCH)
    surgeon.good_sync()
    before = nurse.ctx.store.cursor("03")
    pages = itertools.count(1)

    def doubting(real: Any) -> Any:
        def page(self: Inbox, *said: Any) -> Any:
            if next(pages) == 2:
                raise TrustBroken("feed_differs", site="03", seq=0)
            return real(self, *said)

        return page

    way = Watched(nurse.transport)
    with instead(Inbox, "page", doubting):
        result = nurse.sync(transport=way)
    assert (result.alarm, result.pulled, way.under_way) == ("feed_differs", BATCH, 0)
    assert len(way.sent) == 3, "the third page was under way already"
    assert nurse.ctx.store.cursor("03").seq == before.seq + BATCH
    quiet(surgeon, nurse)
    assert_same(ground, surgeon, nurse)


def test_what_fits_into_one_request_begins_no_thread(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    save(surgeon, BATCH)
    monkeypatch.setattr(threading, "Thread", None)
    assert surgeon.good_sync().requests == 1
    assert surgeon.good_sync().requests == 1


def test_what_is_refused_ends_the_run_and_leaves_nothing_under_way(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    save(surgeon, 4 * BATCH)
    held = len(ground.on_server())

    way = Watched(surgeon.transport)

    def full(real: Any) -> Any:
        return lambda self, envelope: ("quota_device", None) if len(way.sent) == 2 else real(self, envelope)

    with instead(Quota, "refuses", full):
        result = surgeon.sync(transport=way)
    assert result.problem == "quota_device"
    assert (way.sent, way.under_way) == ([BATCH, BATCH], 0)
    assert len(ground.on_server()) - held == BATCH
    assert result.pushed == BATCH
    surgeon.good_sync()
    assert_same(ground, surgeon)


class _Crash(BaseException):
    """The computer stops."""


FAULTS: Final = ("cut_before", "cut_after", "cancel", "disk_full", "crash", "crash_after")


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.lists(st.integers(1, 4 * BATCH), min_size=1, max_size=2),
    fault=st.sampled_from(FAULTS),
    when=st.integers(1, 4),
    fetches=st.booleans(),
)
def test_whatever_happens_between_two_of_them_everything_arrives_once(
    pair: tuple[Ground, Station, Station], counts: list[int], fault: str, when: int, fetches: bool
) -> None:
    ground, surgeon, nurse = pair
    for count in counts:
        save(nurse if fetches else surgeon, count)
        if fetches:
            nurse.good_sync()
        token, way = CancelToken(), Watched(surgeon.transport)
        way.befalls = lambda number, token=token: _befall(fault, when, number, token)
        with ExitStack() as stack:
            stack.enter_context(instead(Keeper, "_store_part", lambda real: _failing(real, fault, when)))
            try:
                result = surgeon.sync(transport=way, cancel=token)
            except _Crash:
                result = None
        assert way.under_way == 0
        if result is None:
            surgeon.reopen()
        else:
            assert result.alarm == ""
            assert result.problem in {"", "server_unreachable", "disk_full"}
            assert result.paused or result.problem or result.complete
        assert {row.env_id for row in _receipted(surgeon)} <= set(ground.on_server())
    quiet(surgeon, nurse)
    assert_same(ground, surgeon, nurse)
    assert all(row.receipt for row in surgeon.ctx.store.held("03", surgeon.ctx.device.dev, 0, 10_000))


def _befall(fault: str, when: int, number: int, token: CancelToken) -> None:
    if (fault, number) in (("cut_before", when), ("cut_after", -when)):
        raise EnvironmentTrouble("server_unreachable", reason="cut")
    if fault == "cancel" and number == when:
        token.cancel()


def _failing(real: Any, fault: str, when: int) -> Any:
    turn = itertools.count(1)

    def store_part(self: Keeper, *said: Any) -> None:
        now = next(turn) == when
        if now and fault == "disk_full":
            raise EnvironmentTrouble("disk_full")
        if now and fault == "crash":
            raise _Crash
        real(self, *said)
        if now and fault == "crash_after":
            raise _Crash

    return store_part


def _receipted(station: Station) -> list[Any]:
    mine = station.ctx.store.held("03", station.ctx.device.dev, 0, 10_000)
    return [row for row in mine if row.receipt]


@pytest.fixture
def pair(ground: Ground) -> tuple[Ground, Station, Station]:
    surgeon, nurse = ground.workstations(["zhang"], ["wang"])
    return ground, surgeon, nurse
