"""The engine against the real server: everything on both sides, exactly once, whatever the network does."""

from __future__ import annotations

import random

from reset_or.actions.ledger import sync_view
from reset_or.base.lanes import CancelToken
from tests.fakes.faulty import FaultyTransport
from tests.fakes.workstations import (
    Ground,
    Station,
    assert_same,
    measure,
    quiet,
    register,
)


def test_two_workstations_hold_the_same(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang", "wang"], ["li"])
    case = register(surgeon, "03-0001")
    measure(surgeon, case, "proximal", 103)
    surgeon.good_sync()
    pathologist.good_sync()
    measure(pathologist, case, "distal", 40, "fresh_unpinned")
    quiet(pathologist, surgeon)
    assert_same(ground, surgeon, pathologist)
    assert {r.standing for r in pathologist.ctx.store.revisions_of_case(case)} == {"certified"}


def test_a_sync_with_nothing_to_do_is_one_request_and_writes_nothing(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    before = surgeon.home.database.read_bytes()
    result = surgeon.good_sync()
    assert (result.requests, result.pulled, result.pushed) == (1, 0, 0)
    assert surgeon.home.database.read_bytes() == before


def test_what_is_saved_before_admission_becomes_valid(ground: Ground) -> None:
    first, second = ground.codes(devices=2)
    surgeon, pathologist = ground.enrol(first, ["zhang"], "a"), ground.enrol(second, ["li"], "b")
    case = register(surgeon, "03-0001")
    waiting = surgeon.sync()
    assert waiting.waiting_for_admission
    assert waiting.problem == "device_not_admitted"
    view = surgeon.workspace.do(sync_view)
    assert (view.waiting_for_admission, view.answer) == (True, "safely_stored")
    assert surgeon.ctx.store.record(case).uncertified == 1
    ground.admit()
    quiet(surgeon, pathologist)
    assert_same(ground, surgeon, pathologist)
    assert surgeon.ctx.store.record(case).uncertified == 0
    assert surgeon.ctx.store.revisions_in("uncertified") == []


def test_a_late_device_opens_what_came_before_its_keys(ground: Ground) -> None:
    first, second = ground.codes(devices=2)
    surgeon = ground.enrol(first, ["zhang"], "a")
    ground.admit()
    surgeon.good_sync()
    for number in range(120):
        register(surgeon, f"03-{number + 1:04}")
    surgeon.good_sync()
    late = ground.enrol(second, ["li"], "b")
    ground.admit()
    quiet(late, surgeon)
    assert_same(ground, surgeon, late)


def test_the_centre_syncs_every_site_in_one_request(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    register(surgeon, "03-0001")
    surgeon.good_sync()
    admin = ground.admin()
    admin.good_sync()
    assert admin.good_sync().requests == 1
    assert admin.ctx.store.cursor("03").seq == surgeon.ctx.store.cursor("03").seq
    assert [row.subject for row in admin.ctx.store.case_rows()] == ["03-0001"]


# --- networks ----------------------------------------------------------------------------------------------


def test_any_network_fault_loses_nothing_and_doubles_nothing(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    dice = random.Random(20261123)
    faulty = {id(s): FaultyTransport(s.transport, dice, rate=45) for s in (surgeon, pathologist)}
    failed = 0
    for number in range(30):
        case = register(surgeon, f"03-{number + 1:04}")
        if number % 3 == 0:
            measure(surgeon, case, "distal", 40 + number)
        for station in (surgeon, pathologist):
            result = station.sync(transport=faulty[id(station)])
            assert result.alarm == ""
            failed += bool(result.problem)
    assert failed > 10
    quiet(surgeon, pathologist)
    assert_same(ground, surgeon, pathologist)
    assert len(pathologist.ctx.store.case_rows()) == 30


def test_cut_anywhere_and_opened_again_it_goes_on(ground: Ground) -> None:
    """A fresh process after every request: nothing needed for going on is outside the store."""
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    for number in range(12):
        register(surgeon, f"03-{number + 1:04}")
    for calls in (1, 2, 3):
        cut = FaultyTransport(pathologist.transport, random.Random(calls), stop_after=calls)
        surgeon.sync(transport=FaultyTransport(surgeon.transport, random.Random(1), stop_after=calls))
        pathologist.sync(transport=cut)
        surgeon.reopen()
        pathologist.reopen()
    quiet(surgeon, pathologist)
    assert_same(ground, surgeon, pathologist)


def test_no_changed_bit_of_an_answer_is_believed(ground: Ground) -> None:
    """The answer is refused as a whole, or the one entry is kept apart and asked for again."""
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    dice, seen = random.Random(7), set[str]()

    def flip(body: bytes) -> bytes:
        spoiled = bytearray(body)
        spoiled[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
        return bytes(spoiled)

    for number in range(25):
        register(surgeon, f"03-{number + 1:04}")
        surgeon.good_sync()
        known = {row.rev_id for row in surgeon.ctx.store.audit(0, 10_000)}
        result = pathologist.sync(transport=FaultyTransport(pathologist.transport, dice, spoil=flip))
        seen |= {result.problem, *(row.code for row in pathologist.ctx.store.quarantined())}
        assert {row.rev_id for row in pathologist.ctx.store.audit(0, 10_000)} <= known | _own(pathologist)
    assert len(seen) > 3
    quiet(surgeon, pathologist)
    assert_same(ground, surgeon, pathologist)
    assert len(pathologist.ctx.store.case_rows()) == 25


def _own(station: Station) -> set[str]:
    return {row.rev_id for row in station.ctx.store.audit(0, 10_000) if row.own}


def test_pausing_stops_between_requests_and_keeps_what_is_done(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    register(surgeon, "03-0001")
    token = CancelToken()
    token.cancel()
    result = surgeon.sync(cancel=token)
    assert (result.paused, result.problem, result.complete) == (True, "", False)
    surgeon.good_sync()


def test_sites_see_their_own_and_the_centre_sees_all(ground: Ground) -> None:
    (one,) = ground.workstations(["zhang"])
    (two,) = ground.workstations(["wang"], site="04")
    register(one, "03-0001")
    register(two, "04-0001")
    quiet(one, two, ground.admin())
    assert [row.subject for row in one.ctx.store.case_rows()] == ["03-0001"]
    assert [row.subject for row in two.ctx.store.case_rows()] == ["04-0001"]
    admin = ground.admin().ctx.store
    assert {row.subject for row in admin.case_rows()} == {"03-0001", "04-0001"}
