"""Two computers of one hospital, one behind its relay and one at the centre.

Nothing that is at the relay only is ever called at the centre, whichever way a computer goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reset_or.actions.ledger import sync_view
from reset_or.actions.relaying import revoke_relay
from reset_or.actions.shift import shift_receipt
from reset_or.actions.views import SyncView
from reset_or.base.words import LANGUAGES, say
from reset_or.cli.status import sync_lines
from reset_or.revisions import signing
from reset_or.wire.frames import Frame
from reset_or.wire.messages import Entry, decode_answer, encode_answer
from reset_or.wire.transport import Call, HttpTransport, Reply
from tests.fakes.relay import Hospital, hospital, point
from tests.fakes.server import running_server
from tests.fakes.trial import SyntheticTrial
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


def test_a_relay_that_the_centre_withdrew_is_named_and_what_it_took_arrives_without_it(
    ground: Ground, relay: Hospital, pair: tuple[Station, Station]
) -> None:
    theatre, office = pair
    relay.forward()
    theatre.good_sync()
    case = register(theatre, "03-0001")
    assert theatre.sync().at_relay > 0
    admin = ground.admin()
    revoke_relay(admin.ctx, transport=admin.transport, site="03")
    assert relay.relay is not None
    assert relay.relay.once() == "relay_revoked"
    assert theatre.sync().problem == "relay_withdrawn"
    assert (view(theatre).answer, view(theatre).stuck_at_relay) == ("at_relay", True)
    for language in LANGUAGES:
        assert say("sync.at_relay_stuck", language) in sync_lines(view(theatre), language)
    rec = measure(theatre, case, "proximal", 50)
    assert theatre.sync().problem == "relay_withdrawn"
    said = view(theatre)
    assert (said.problem, state_of(theatre, case), state_of(theatre, rec)) == (
        "relay_withdrawn", "at_relay", "only_here",
    )  # fmt: skip
    point(theatre, ground.url)
    theatre.good_sync()
    office.good_sync()
    assert (view(theatre).answer, view(theatre).stuck_at_relay) == ("all_uploaded", False)
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


class _Retold(HttpTransport):
    """A relay's answers with each `rcpt` entry's frame changed on the way out of it."""

    def __init__(self, url: str, change: Callable[[Frame], Frame]) -> None:
        super().__init__(url)
        self.change, self.changed = change, 0

    def send(self, call: Call) -> Reply:
        reply = super().send(call)
        if call.path != "/v1/sync" or reply.status != 200:
            return reply
        answer = decode_answer(reply.untrusted_body)
        sites = tuple(replace(said, entries=tuple(map(self._entry, said.entries))) for said in answer.sites)
        return replace(reply, untrusted_body=encode_answer(replace(answer, sites=sites)))

    def _entry(self, entry: Entry) -> Entry:
        if entry.kind != "rcpt":
            return entry
        self.changed += 1
        return replace(entry, frame=self.change(entry.frame))


def _by_relay(relay: Hospital, frame: Frame) -> Frame:
    """The same words under the relay's own key."""
    assert relay.relay is not None
    key = relay.relay.forwarder.desk.key
    return Frame(frame.hdr, signing.sign(key, signing.RCPT, frame.hdr))


@pytest.mark.parametrize("how", ["signed by the relay", "another signature", "no receipt"])
def test_what_the_centre_did_not_sign_makes_nothing_be_at_the_centre(
    relay: Hospital, pair: tuple[Station, Station], how: str
) -> None:
    theatre, _office = pair
    case = register(theatre, "03-0001")
    theatre.sync()
    relay.forward()
    changes: dict[str, Callable[[Frame], Frame]] = {
        "signed by the relay": lambda frame: _by_relay(relay, frame),
        "another signature": lambda frame: Frame(frame.hdr, bytes(64)),
        "no receipt": lambda _frame: Frame(b"{}", bytes(64)),
    }
    way = _Retold(relay.url, changes[how])
    result = theatre.sync(transport=way)
    way.close()
    assert way.changed > 0
    assert result.quarantined > 0
    assert not result.complete
    assert state_of(theatre, case) == "at_relay"
    assert case not in {line.rec for line in theatre.workspace.do(shift_receipt).at_centre}
    theatre.good_sync()  # the very entries, asked for once more
    assert state_of(theatre, case) == "at_centre"
    assert theatre.ctx.store.quarantined() == []


def test_a_server_with_no_grant_from_the_root_is_not_listened_to(
    ground: Ground, stations: list[Station], tmp_path: Path
) -> None:
    """Never trust on first use: a server that says of itself that it is the relay."""
    theatre = stations[0]
    trial = SyntheticTrial(study=theatre.ctx.study)
    site = trial.add_site("03")
    _keys, said = trial.add_relay("03")
    url = f"sqlite:///{tmp_path / 'false.db'}"
    with running_server(trial, url, tmp_path / "false-blobs") as server:
        device = trial.grant(
            trial.admin.key, "device", "03", theatre.ctx.device.dev,
            signing.public_bytes(theatre.ctx.device.sign), box=theatre.ctx.device.box_public,
        )  # fmt: skip
        server.client().push(statements=[*site.statements, *said, device])
        before = theatre.ctx.store.cursor("03")
        point(theatre, server.url)
        register(theatre, "03-0001")
        assert theatre.sync().alarm == "bad_signature"
        assert theatre.ctx.store.cursor("03") == before
    point(theatre, ground.url)
    theatre.good_sync()


def test_a_computer_without_a_relay_asks_nothing_more(ground: Ground, stations: list[Station]) -> None:
    theatre = stations[0]
    theatre.good_sync()
    assert theatre.good_sync().requests == 1
