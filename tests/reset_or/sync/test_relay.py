"""Two computers of one hospital, one behind its relay and one at the centre.

Nothing that is at the relay only is ever called at the centre, whichever way a computer goes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reset_or.actions.ledger import sync_view
from reset_or.actions.shift import shift_receipt
from reset_or.actions.views import SyncView
from tests.fakes.relay import Hospital, hospital, point
from tests.fakes.workstations import Ground, Station, assert_same, attach, measure, projection, register


@pytest.fixture
def stations(ground: Ground) -> list[Station]:
    return ground.workstations(["wang"], ["zhang"])


@pytest.fixture
def relay(ground: Ground, stations: list[Station]) -> Iterator[Hospital]:
    """Set up after its hospital's computers; it forwards only when it starts."""
    child = hospital(ground)
    child.start()
    try:
        yield child
    finally:
        child.stop()


@pytest.fixture
def pair(relay: Hospital, stations: list[Station]) -> tuple[Station, Station]:
    """(a theatre behind the relay, whose key nobody told it, an office at the centre)."""
    theatre, office = stations
    point(theatre, relay.url)
    assert (theatre.sync().alarm, theatre.ctx.store.cursor("03").relay) == ("", True)
    return theatre, office


def view(station: Station) -> SyncView:
    return station.workspace.do(sync_view)


def states(station: Station) -> set[str]:
    return {item.state for item in view(station).items}


def state_of(station: Station, rec: str) -> str:
    return next(item.state for item in view(station).items if item.item == rec)


def test_a_margin_behind_the_relay_reaches_the_centre_and_says_where_it_is(
    ground: Ground, relay: Hospital, pair: tuple[Station, Station]
) -> None:
    theatre, office = pair
    relay.forward()
    theatre.good_sync()
    case = register(theatre, "03-0001")
    rec = measure(theatre, case, "proximal", 50)
    assert (view(theatre).answer, state_of(theatre, rec)) == ("safely_stored", "only_here")
    result = theatre.sync()
    assert (result.problem, result.alarm, result.complete) == ("", "", False)
    assert result.at_relay > 0
    said = view(theatre)
    assert (said.answer, said.only_here, said.at_relay) == ("at_relay", 0, 2)
    assert (state_of(theatre, case), state_of(theatre, rec)) == ("at_relay", "at_relay")
    paper = theatre.workspace.do(shift_receipt)
    assert (paper.only_here, paper.relayed, paper.complete) == (0, 2, False)
    assert {line.rec for line in paper.at_relay} >= {case, rec}
    assert case not in {line.rec for line in paper.at_centre}
    relay.forward()
    office.good_sync()
    assert office.ctx.store.record(rec) is not None
    other = measure(office, case, "distal", 40)
    office.good_sync()
    theatre.good_sync()
    assert view(theatre).answer == "all_uploaded"
    assert states(theatre) == {"at_centre"}
    assert theatre.workspace.do(shift_receipt).relayed == 0
    assert {line.rec for line in theatre.workspace.do(shift_receipt).at_centre} >= {case, rec}
    relay.forward()
    theatre.good_sync()
    assert theatre.ctx.store.record(other) is not None
    assert_same(ground, theatre, office)


def test_photos_go_through_the_relay_both_ways(
    ground: Ground, relay: Hospital, pair: tuple[Station, Station]
) -> None:
    theatre, office = pair
    relay.forward()
    case = register(theatre, "03-0001")
    _rec, up = attach(theatre, case, (1 << 20) + 17)
    theatre.sync()
    row = theatre.ctx.store.blob(up)
    assert row is not None
    assert row.receipt is not None
    assert row.centre_receipt is None
    assert view(theatre).answer == "at_relay"
    assert theatre.workspace.do(shift_receipt).photos == 0
    relay.forward()
    theatre.good_sync()
    office.good_sync()
    _rec, down = attach(office, case, 70_000, seed=2)
    office.good_sync()
    relay.forward()
    theatre.good_sync()
    for station in (theatre, office):
        rows = {each.id: each for each in station.ctx.store.blobs()}
        assert {rows[up].state, rows[down].state} == {"local"}
        assert rows[up].centre_receipt is not None
        assert rows[down].centre_receipt is not None


def test_a_computer_goes_to_the_centre_and_back_without_alarm_or_loss(
    ground: Ground, relay: Hospital, pair: tuple[Station, Station]
) -> None:
    theatre, office = pair
    case = register(theatre, "03-0001")
    assert theatre.sync().at_relay > 0
    point(theatre, ground.url)  # the relay has forwarded nothing of it
    measure(theatre, case, "proximal", 50)
    theatre.good_sync()
    assert states(theatre) == {"at_centre"}
    assert theatre.ctx.store.waiting().at_relay == 0
    office.good_sync()
    point(theatre, relay.url)
    measure(theatre, case, "distal", 40)
    result = theatre.sync()
    assert (result.problem, result.alarm) == ("", "")
    said = view(theatre)
    assert (said.only_here, said.at_relay) == (0, 1), "what the centre has stays there"
    relay.forward()
    theatre.good_sync()
    office.good_sync()
    point(theatre, ground.url)
    theatre.good_sync()
    assert_same(ground, theatre, office)


def test_a_relay_that_lost_its_disk_is_filled_again_by_its_computers(
    ground: Ground, relay: Hospital, pair: tuple[Station, Station]
) -> None:
    theatre, office = pair
    relay.forward()
    case = register(theatre, "03-0001")
    photo = attach(theatre, case, 50_000)[1]
    theatre.sync()
    relay.forward()
    theatre.good_sync()
    measure(theatre, case, "proximal", 50)
    theatre.sync()
    relay.lose_disk()
    point(theatre, relay.url)
    result = theatre.sync()
    assert (result.problem, result.alarm) == ("", "server_rolled_back")
    theatre.sync()  # that it happened is written down too
    said = view(theatre)
    assert (said.only_here, said.at_relay) == (0, 2)
    relay.forward()
    theatre.good_sync()
    office.good_sync()
    assert_same(ground, theatre, office)
    row = theatre.ctx.store.blob(photo)
    assert row is not None
    assert row.centre_receipt is not None


def test_neither_feed_loses_its_end_unnoticed_while_the_computer_is_with_the_other(
    ground: Ground, relay: Hospital, pair: tuple[Station, Station]
) -> None:
    theatre, office = pair
    register(theatre, "03-0001")
    theatre.sync()
    point(theatre, ground.url)
    theatre.good_sync()
    relay.lose_disk()
    point(theatre, relay.url)
    assert theatre.sync().alarm == "server_rolled_back"
    assert theatre.sync().alarm == ""
    relay.forward()
    theatre.good_sync()
    office.good_sync()
    assert projection(theatre) == projection(office)
