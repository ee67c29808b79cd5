"""Sync as the screens and commands see it: one of three answers, and no value in any row."""

from __future__ import annotations

import random

from reset_or.actions import drafts
from reset_or.actions.ledger import sync_view
from reset_or.actions.syncing import sync_once, try_again
from reset_or.base.clock import ManualClock
from reset_or.base.lanes import InlineLanes
from reset_or.revisions.revision import read_inner
from tests.fakes.faulty import FaultyTransport
from tests.fakes.workstations import Ground, Station, measure, quiet, register


def test_the_three_answers(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    view = surgeon.workspace.do(sync_view)
    assert (view.answer, view.only_here, view.connected, view.problem) == ("all_uploaded", 0, True, "")
    assert view.last_complete_at == ground.clock.now_at()
    case = register(surgeon, "03-0001")
    measure(surgeon, case, "distal", 46)
    view = surgeon.workspace.do(sync_view)
    assert (view.answer, view.only_here, view.total - view.sent) == ("safely_stored", 2, 2)
    assert {item.state for item in view.items if item.kind in ("case", "reading")} == {"only_here"}
    assert view.oldest_unsent_at == ground.clock.now_at()
    surgeon.good_sync()
    view = surgeon.workspace.do(sync_view)
    assert view.answer == "all_uploaded"
    arrived = next(item for item in view.items if item.item == case)
    assert (arrived.state, arrived.subject) == ("at_centre", "03-0001")
    assert arrived.at == ground.clock.now_at()
    surgeon.ctx.sync.writing = True
    assert surgeon.workspace.do(sync_view).answer == "writing"
    surgeon.ctx.sync.writing = False


def test_offline_is_said_and_remembered_over_a_restart(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    complete_at = surgeon.workspace.do(sync_view).last_complete_at
    register(surgeon, "03-0001")
    ground.clock.advance(3_600_000)
    away = FaultyTransport(surgeon.transport, random.Random(1), stop_after=0)
    result = surgeon.sync(transport=away)
    assert (result.problem, result.alarm, result.complete) == ("server_unreachable", "", False)
    view = surgeon.workspace.do(sync_view)
    assert (view.connected, view.problem, view.answer) == (False, "server_unreachable", "safely_stored")
    assert view.retry_at is not None
    assert view.retry_at > ground.clock.now_at()
    surgeon.reopen()
    view = surgeon.workspace.do(sync_view)
    assert (view.connected, view.problem) == (None, "server_unreachable")
    assert view.last_complete_at == complete_at


def test_a_clock_that_is_off_is_known_after_a_sync_marked_and_stops_nothing(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    assert surgeon.workspace.do(sync_view).clock_off_ms is None
    right, wrong = ground.clock, ManualClock(ground.clock.at - 14 * 60_000)
    surgeon.workspace.clock = wrong
    surgeon.reopen()
    surgeon.good_sync()
    assert surgeon.workspace.do(sync_view).clock_off_ms == 14 * 60_000
    case = register(surgeon, "03-0001")
    assert _mark(surgeon, case) == "back", "earlier than a time that the server has signed"
    surgeon.reopen()
    assert surgeon.workspace.do(sync_view).clock_off_ms == 14 * 60_000, "kept over a restart"
    wrong.at = right.at + 14 * 60_000
    surgeon.good_sync()
    assert surgeon.workspace.do(sync_view).clock_off_ms == -14 * 60_000
    assert _mark(surgeon, register(surgeon, "03-0002")) == "jump"
    wrong.at = right.at + 60_000
    surgeon.good_sync()
    assert surgeon.workspace.do(sync_view).clock_off_ms is None
    assert _mark(surgeon, register(surgeon, "03-0003")) == "ok"


def _mark(station: Station, rec: str) -> str:
    (row,) = station.ctx.store.revisions(rec)
    return read_inner(row.inner, row.signature, row.key_id).revision.clk


def test_while_it_runs_the_rows_under_way_are_sending(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    states: list[tuple[bool, str]] = []

    class Looking(FaultyTransport):
        def send(self, call):  # type: ignore[no-untyped-def]
            view = sync_view(surgeon.ctx)
            states.append((view.running, next(i.state for i in view.items if i.item == case)))
            return super().send(call)

    surgeon.sync(transport=Looking(surgeon.transport, random.Random(1)))
    assert states == [(True, "sending")]
    assert not surgeon.workspace.do(sync_view).running


def test_unfinished_entries_come_first(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    surgeon.workspace.do(drafts.save_draft, page="margins", case=case, data={"distal": "4.6"})
    view = surgeon.workspace.do(sync_view)
    assert (view.unfinished, view.items[0].state, view.items[0].verb) == (1, "draft", "continue")
    assert view.items[0].subject == "03-0001"


def test_no_row_holds_a_value_and_a_blinded_reader_sees_no_readings_of_others(ground: Ground) -> None:
    both, _other = ground.workstations(["li", "zhang"], ["wang"])
    both.workspace.switch_active("zhang", _password("zhang"))
    case = register(both, "03-0001", initials="QXZ", room="Room-canary")
    reading = measure(both, case, "distal", 47)
    view = both.workspace.do(sync_view)
    assert reading in {item.item for item in view.items}
    said = {str(part) for item in view.items for part in vars(item).values()}
    assert not {"QXZ", "Room-canary", "47", "4.7"} & said
    both.workspace.switch_active("li", _password("li"))
    blinded = both.workspace.do(sync_view)
    assert reading not in {item.item for item in blinded.items}
    assert blinded.only_here == view.only_here


def _password(user: str):  # type: ignore[no-untyped-def]
    from reset_or.actions.context import Secret
    from tests.fakes.workstations import password_of

    return Secret("password", password_of(user))


def test_a_conflict_asks_for_somebody(ground: Ground) -> None:
    surgeon, other = ground.workstations(["zhang"], ["wang"])
    case = register(surgeon, "03-0001", age=61)
    register(other, "03-0001", age=62)
    quiet(surgeon, other, surgeon)
    item = next(i for i in surgeon.workspace.do(sync_view).items if i.item == case)
    assert (item.state, item.reason, item.verb) == ("needs_you", "conflict", "compare")


def test_every_step_on_the_store_goes_through_its_lane(ground: Ground) -> None:
    surgeon, other = ground.workstations(["zhang"], ["wang"])
    register(surgeon, "03-0001")
    surgeon.good_sync()

    class Counting(InlineLanes):
        inside = 0
        calls = 0

        def call(self, lane, work):  # type: ignore[no-untyped-def]
            assert lane == "store"
            self.calls += 1
            self.inside += 1
            try:
                return work()
            finally:
                self.inside -= 1

    lanes = Counting()
    store = other.ctx.store
    real = store._link.rows

    def watched(*args, **kwargs):  # type: ignore[no-untyped-def]
        assert lanes.inside == 1
        return real(*args, **kwargs)

    store._link.rows = watched  # type: ignore[method-assign]
    try:
        result = sync_once(other.ctx, transport=other.transport, lanes=lanes)
    finally:
        store._link.rows = real  # type: ignore[method-assign]
    assert (result.problem, result.pulled > 0) == ("", True)
    assert lanes.calls > 5


def test_trying_again_by_hand(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    assert try_again(surgeon.ctx) == 0
