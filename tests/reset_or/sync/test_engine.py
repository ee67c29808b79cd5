"""The engine against the real server: everything on both sides, exactly once, whatever the network does."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace

import pyrage
import pytest

from reset_or.actions import drafts
from reset_or.actions.installation import identities
from reset_or.actions.ledger import sync_view
from reset_or.base.lanes import CancelToken
from reset_or.central.feed import restart_feed
from reset_or.revisions import envelope as envelopes
from reset_or.revisions.revision import FieldChange, Revision, sign_revision
from reset_or.store.rows import BlobRow
from reset_or.sync import epochs
from reset_or.sync.transport import HttpTransport
from reset_or.wire.messages import SyncAnswer, decode_answer, encode_answer
from tests.fakes.faulty import FaultyTransport
from tests.fakes.workstations import Centre, Ground, Station, measure, quiet, register, serving


def projection(station: Station) -> dict[str, object]:
    """All records but what differs by nature: events of opening belong to one device's trail too."""
    return {row.rec: row for row in station.ctx.store.records()}


def assert_same(ground: Ground, *stations: Station) -> None:
    """All stores fold to the same, and the server has every envelope exactly once."""
    first = projection(stations[0])
    for each in stations:
        assert [(row.seq, row.code) for row in each.ctx.store.quarantined()] == []
        assert projection(each) == first
    held = ground.on_server()
    assert set(held.values()) == {1}
    own = {row.env_id for s in stations for row in s.ctx.store.held("03", s.ctx.device.dev, 0, 10_000)}
    assert own <= set(held)


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


# --- healing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [False, True], ids=["silently", "with a new feed"])
def test_a_server_that_lost_receipted_records_gets_them_again(
    ground: Ground, centre_made: Centre, told: bool
) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    first = register(surgeon, "03-0001")
    quiet(surgeon, pathologist)
    backup = ground.folder / "backup.db"
    shutil.copy(ground.folder / "server.db", backup)
    register(surgeon, "03-0002")
    measure(surgeon, first, "distal", 41)
    quiet(surgeon, pathologist)
    measure(pathologist, first, "proximal", 99, "fresh_unpinned")
    quiet(surgeon, pathologist)
    with serving(
        centre_made.trial, centre_made.server_key, f"sqlite:///{backup}", ground.folder / "server-blobs",
        ground.clock,
    ) as (url, service):  # fmt: skip
        ground.url, ground.service = url, service
        if told:
            with service.database.reading() as connection:
                sites = service.door.admission.current(connection).sites
            restart_feed(service.database, centre_made.server_key, ground.clock.now_at(), "0" * 64, sites)
        for station in (surgeon, pathologist):
            ground.restart(station)
            result = station.sync()
            assert (result.alarm, result.problem) == ("server_rolled_back", "")
        assert surgeon.ctx.store.records(form="event")
        quiet(surgeon, pathologist)
        assert_same(ground, surgeon, pathologist)
        for station in (surgeon, pathologist):
            station.transport.close()


@pytest.mark.parametrize("with_head", [True, False], ids=["whole folder", "database only"])
def test_a_restored_device_takes_its_own_saves_back(ground: Ground, with_head: bool) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    register(surgeon, "03-0001")
    surgeon.good_sync()
    surgeon.workspace.lock()
    shutil.copytree(surgeon.home.root, ground.folder / "backup")
    surgeon.workspace.unlock(surgeon.user, surgeon.password)
    lost = register(surgeon, "03-0002")
    surgeon.good_sync()
    surgeon.workspace.lock()
    restored = ground.folder / "backup"
    shutil.copy(restored / "store.db", surgeon.home.database)
    if with_head:
        shutil.copy(restored / "head", surgeon.home.head)
    surgeon.workspace.unlock(surgeon.user, surgeon.password)
    assert surgeon.ctx.read_only is (not with_head)
    result = surgeon.sync()
    if with_head:
        # Opening wrote an event in place of what was lost: two branches of one chain.
        assert result.problem == "device_forked"
        return
    assert (result.problem, result.alarm) == ("", "device_behind")
    assert not surgeon.ctx.read_only
    assert surgeon.ctx.store.record(lost) is not None
    register(surgeon, "03-0003")
    quiet(surgeon, pathologist)
    assert_same(ground, surgeon, pathologist)


# --- what must not be believed -----------------------------------------------------------------------------


def plant(station: Station, body: bytes, kind: envelopes.Kind = "rev", site: str = "03") -> str:
    """An envelope of this device with any body, in its chain: what a broken or hostile build could send."""
    ctx = station.ctx
    head = ctx.store.chain_head(site, ctx.device.dev)
    made = envelopes.sign_envelope(
        ctx.device.sign, study=ctx.study, site=site, kind=kind, n=head.n + 1, prev=head.env_id, epoch=1,
        body=body,
    )  # fmt: skip
    with ctx.store.transaction() as unit:
        unit.append(made)
    return made.env_id


def forged(station: Station, **fields: object) -> bytes:
    """A revision by the person at the keyboard that no action would write, sealed as it should be."""
    ctx = station.ctx
    said = {
        "study": ctx.study, "site": ctx.site, "rec": "ab" * 16, "form": "reading", "act": "create",
        "case": "cd" * 16, "user": ctx.user, "role": ctx.role_of(ctx.user), "dev": ctx.device.dev,
        "at": ctx.clock.now_at(), "chg": {"state": FieldChange(None, "in_vivo")},
    } | fields  # fmt: skip
    signed = sign_revision(Revision(**said), ctx.people.signing_key(ctx.user))  # type: ignore[arg-type]
    return envelopes.seal(signed.plaintext(), ctx.directory.recipients(ctx.site).as_list())


def test_broken_entries_are_kept_apart_and_the_feed_goes_on(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    recipients = pathologist.ctx.directory.recipients("03")
    others = [recipients.centre, recipients.escrow, recipients.centre]
    bad = {
        plant(pathologist, envelopes.seal(b"x" * 1024, others)): "not_sealed_to_me",
        plant(pathologist, envelopes.seal(b"x" * 1024, recipients.as_list())): "bad_shape",
        plant(pathologist, forged(pathologist, site="04")): "entry_other",
    }
    forged_user = forged(pathologist, user="zhang", role="surgeon")
    plant(pathologist, forged_user)
    pathologist.good_sync()
    case = register(surgeon, "03-0001")
    surgeon.good_sync()
    found = {row.id: row.code for row in surgeon.ctx.store.quarantined()}
    assert found == bad
    assert surgeon.ctx.store.record(case) is not None
    assert surgeon.ctx.store.cursor("03").seq == pathologist.ctx.store.cursor("03").seq + 1
    assert [row.user for row in surgeon.ctx.store.revisions_in("unauthorised")] == ["zhang"]


def test_a_site_key_is_taken_only_from_the_centre_and_only_the_one_it_certified(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    other = str(pyrage.x25519.Identity.generate())
    device = surgeon.ctx.device
    body = epochs.seal_grant("03", device.dev, device.box_public, [epochs.EpochKey("03", 1, other)])
    known = identities(surgeon.ctx.store, "03")
    plant(pathologist, body, "grant")
    pathologist.good_sync()
    surgeon.good_sync()
    plant(ground.admin(), body, "grant")
    ground.admin().good_sync()
    surgeon.good_sync()
    codes = [row.code for row in surgeon.ctx.store.quarantined()]
    assert codes == ["grant_not_allowed", "epoch_key_wrong"]
    assert identities(surgeon.ctx.store, "03") == known != [other]


def test_a_write_beyond_the_role_is_shown_and_counted_not_used(ground: Ground) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    case = register(surgeon, "03-0001")
    quiet(surgeon, pathologist)
    head = pathologist.ctx.store.record(case).heads
    plant(
        pathologist,
        forged(
            pathologist, rec=case, form="case", case="", act="update", parents=head,
            chg={"age": FieldChange(61, 18, "typing_error")},
        ),
    )  # fmt: skip
    quiet(pathologist, surgeon)
    row = surgeon.ctx.store.record(case)
    assert row.unauthorised == 1
    assert b'"age":61' in row.fields


def test_photos_of_a_case_arrive_named_and_wanted(ground: Ground) -> None:
    """Without a photo beside it: what a revision names is asked for only once the server has it."""
    surgeon, _pathologist = ground.workstations(["zhang"], ["li"])
    with surgeon.ctx.store.transaction() as unit:
        unit.put_blob(BlobRow("ef" * 32, "03", "", "", 10, "wanted"))
    result = surgeon.sync()
    assert result.problem == "blob_not_named"
    assert surgeon.ctx.store.blob("ef" * 32).state == "wanted"


def test_a_draft_is_never_sent(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    surgeon.workspace.do(drafts.save_draft, page="margins", case=case, data={"note": "canary-draft"})
    seen = FaultyTransport(surgeon.transport, random.Random(1))
    surgeon.sync(transport=seen)
    view = surgeon.workspace.do(sync_view)
    assert (view.unfinished, view.answer) == (1, "all_uploaded")
    assert not any(b"canary-draft" in part for part in seen.seen)


def test_another_server_key_is_not_believed(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    register(surgeon, "03-0001")
    with_other = replace(ground.service.sync, key=surgeon.ctx.device.sign)
    object.__setattr__(ground.service, "sync", with_other)
    result = surgeon.sync()
    assert result.alarm == "bad_signature"
    assert surgeon.ctx.store.counts().unsent > 0


def test_requests_go_out_again_over_a_new_connection(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    surgeon.transport.close()
    surgeon.transport = HttpTransport(ground.url)
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


def test_a_server_that_lost_a_whole_site_is_told_again_by_the_centre(
    ground: Ground, centre_made: Centre
) -> None:
    ground.admin().good_sync()
    backup = ground.folder / "backup.db"
    shutil.copy(ground.folder / "server.db", backup)
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    quiet(surgeon, ground.admin())
    with serving(
        centre_made.trial, centre_made.server_key, f"sqlite:///{backup}", ground.folder / "server-blobs",
        ground.clock,
    ) as (url, service):  # fmt: skip
        ground.url, ground.service = url, service
        for station in (surgeon, ground.admin()):
            ground.restart(station)
        assert surgeon.sync().problem == "device_not_admitted"
        assert ground.admin().sync().alarm == "server_rolled_back"
        assert surgeon.sync().alarm == "server_rolled_back"
        quiet(surgeon, ground.admin())
        assert_same(ground, surgeon)
        assert ground.admin().ctx.store.record(case) == surgeon.ctx.store.record(case)
        for station in (surgeon, ground.admin()):
            station.transport.close()


def rewritten(change: Callable[[SyncAnswer], SyncAnswer]) -> Callable[[bytes], bytes]:
    """A hostile server: the answer decoded, changed, and encoded as it should be."""
    return lambda body: encode_answer(change(decode_answer(body)))


def last_left_out(answer: SyncAnswer) -> SyncAnswer:
    site = answer.sites[0]
    return replace(answer, sites=(replace(site, entries=site.entries[:-1]),))


def first_left_out(answer: SyncAnswer) -> SyncAnswer:
    site = answer.sites[0]
    return replace(answer, sites=(replace(site, entries=site.entries[1:]),))


def swapped(answer: SyncAnswer) -> SyncAnswer:
    site = answer.sites[0]
    if len(site.entries) < 2:
        return answer
    first, second, *rest = site.entries
    entries = (replace(first, frame=second.frame), replace(second, frame=first.frame), *rest)
    return replace(answer, sites=(replace(site, entries=entries),))


def later(answer: SyncAnswer) -> SyncAnswer:
    site = answer.sites[0]
    entries = tuple(replace(each, received_ms=each.received_ms + 1) for each in site.entries)
    return replace(answer, sites=(replace(site, entries=entries),))


def without_bodies(answer: SyncAnswer) -> SyncAnswer:
    site = answer.sites[0]
    entries = tuple(replace(e, frame=replace(e.frame, body=b""), has_body=False) for e in site.entries)
    return replace(answer, sites=(replace(site, entries=entries),))


@pytest.mark.parametrize(
    ("change", "alarm", "apart"),
    [
        (last_left_out, "feed_gap", ()),
        (first_left_out, "feed_gap", ()),
        (later, "receipt_wrong", ()),
        (swapped, "", ()),
        (without_bodies, "", ("body_withheld", "body_withheld")),
    ],
)
def test_a_hostile_server_is_noticed_and_nothing_is_lost(
    ground: Ground, change: Callable[[SyncAnswer], SyncAnswer], alarm: str, apart: tuple[str, ...]
) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    case = register(surgeon, "03-0001")
    measure(surgeon, case, "distal", 41)
    surgeon.good_sync()
    hostile = FaultyTransport(pathologist.transport, random.Random(1), spoil=rewritten(change))
    for _ in range(2):
        result = pathologist.sync(transport=hostile)
        assert result.alarm == alarm
        assert tuple(row.code for row in pathologist.ctx.store.quarantined())[: len(apart)] == apart
    assert change is swapped or pathologist.ctx.store.record(case) is None
    alarms = [row for row in pathologist.ctx.store.records(form="event") if alarm.encode() in row.fields]
    assert not alarm or len(alarms) == 1
    ground.clock.advance(24 * 3600 * 1000)
    quiet(pathologist, surgeon)
    assert_same(ground, surgeon, pathologist)
