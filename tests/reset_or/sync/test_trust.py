"""What must not be believed: forged entries, foreign keys, servers that leave out, swap or withhold."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pyrage
import pytest

from reset_or.actions import drafts
from reset_or.actions.installation import identities
from reset_or.actions.ledger import sync_view
from reset_or.revisions import envelope as envelopes
from reset_or.revisions.revision import FieldChange, Revision, sign_revision
from reset_or.store.rows import BlobRow
from reset_or.sync import epochs
from reset_or.wire.messages import SyncAnswer, decode_answer, encode_answer
from reset_or.wire.transport import HttpTransport
from tests.fakes.faulty import FaultyTransport
from tests.fakes.workstations import (
    Ground,
    Station,
    assert_same,
    measure,
    quiet,
    register,
)


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


def spoilt(answer: SyncAnswer) -> SyncAnswer:
    """Every signature loses a bit on the way: of statements, and of what their device wrote."""
    site = answer.sites[0]
    entries = tuple(
        replace(e, frame=replace(e.frame, sig=bytes([e.frame.sig[0] ^ 1]) + e.frame.sig[1:]))
        for e in site.entries
    )
    return replace(answer, sites=(replace(site, entries=entries),))


def test_what_came_spoilt_from_a_device_nobody_knew_is_asked_for_again(ground: Ground) -> None:
    """Found by the histories: its first trouble, the unknown device, hid the second for ever."""
    first, second = ground.codes(devices=2)
    pathologist = ground.enrol(first, ["li"], "a")
    ground.admit()
    pathologist.good_sync()
    surgeon = ground.enrol(second, ["zhang"], "b")
    ground.admit()
    register(surgeon, "03-0001")
    surgeon.good_sync()
    hostile = FaultyTransport(pathologist.transport, random.Random(1), spoil=rewritten(spoilt))
    pathologist.sync(transport=hostile)
    assert "device_unknown" in {row.code for row in pathologist.ctx.store.quarantined()}
    ground.clock.advance(24 * 3600 * 1000)
    quiet(pathologist, surgeon)
    assert_same(ground, surgeon, pathologist)
    assert pathologist.ctx.store.quarantined() == []


def test_a_server_that_says_stored_and_proves_nothing_is_noticed(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    register(surgeon, "03-0001")

    def unproven(answer: SyncAnswer) -> SyncAnswer:
        return replace(answer, items=tuple(replace(item, receipt=None) for item in answer.items))

    hostile = FaultyTransport(surgeon.transport, random.Random(1), spoil=rewritten(unproven))
    assert surgeon.sync(transport=hostile).alarm == "receipt_wrong"
    assert surgeon.ctx.store.outbox("03")
    surgeon.good_sync()
    assert surgeon.ctx.store.outbox("03") == []
