"""Pushing and fetching over real sockets, on both databases: order, receipts, retries, chains, pages."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from reset_or.base.clock import ManualClock
from reset_or.central.options import Options
from reset_or.revisions import receipts, signing
from reset_or.wire.frames import envelope_frame, read_envelope_frame, statement_frame
from reset_or.wire.messages import Cursor, Item, Own, SyncAnswer, SyncRequest
from tests.fakes.server import ProblemAnswer, RunningServer, cursor_after
from tests.fakes.trial import SyntheticTrial
from tests.reset_or.central.conftest import StartServer


def statuses(answer: SyncAnswer) -> list[str]:
    return [item.status for item in answer.items]


def problem(answer: SyncAnswer) -> str:
    return answer.items[-1].problem


def keys(server: RunningServer) -> list[bytes]:
    return [signing.public_bytes(server.trial.server)]


def test_what_one_device_pushes_another_fetches(server: RunningServer) -> None:
    site = server.admit(devices=2)
    first, second = (server.client(device) for device in site.devices)
    sent = server.trial.envelopes(site.devices[0], 3)
    answer = first.push(sent, cursors=[Cursor("03")])
    assert statuses(answer) == ["stored"] * 3
    got = [entry for entry in second.pull("03") if entry.kind == "env"]
    assert [entry.id for entry in got] == [envelope.env_id for envelope in sent]
    assert [read_envelope_frame(entry.frame) for entry in got] == sent


def test_receipts_chain_from_the_first_entry_to_the_signed_head(server: RunningServer) -> None:
    site = server.admit()
    client = server.client(site.devices[0])
    client.push(server.trial.envelopes(site.devices[0], 2))
    client.push(server.trial.envelopes(site.devices[0], 3))
    answer = client.sync(SyncRequest(cursors=(Cursor("03"),)))
    head = receipts.read_head(answer.sites[0].head, keys(server))
    at, seq = receipts.GENESIS, 0
    for signed in answer.receipts:
        receipt = receipts.read_receipt(signed, keys(server))
        assert (receipt.feed_before, receipt.first_seq, receipt.feed) == (at, seq + 1, answer.feed)
        at, seq = receipt.feed_after, receipt.last_seq
        for entry in answer.sites[0].entries:
            if receipt.first_seq <= entry.seq <= seq:
                assert receipt.items[entry.seq - receipt.first_seq] == (entry.id, entry.received_ms)
                assert answer.receipts[entry.receipt] == signed
    assert (head.seq, head.feed_hash, head.feed) == (seq, at, answer.feed)
    assert [entry.seq for entry in answer.sites[0].entries] == list(range(1, seq + 1))
    assert {receipts.read_receipt(r, keys(server)).by for r in answer.receipts} == {
        site.devices[0].dev,
        server.trial.centre_device.dev,
    }


def test_a_sync_with_nothing_to_do_is_one_request(server: RunningServer) -> None:
    site = server.admit()
    client = server.client(site.devices[0])
    client.push(server.trial.envelopes(site.devices[0], 1))
    cursor = cursor_after(client.sync(SyncRequest(cursors=(Cursor("03"),))), "03")
    before = client.requests
    answer = client.sync(SyncRequest(cursors=(cursor,)))
    assert client.requests == before + 1
    assert answer.outcome == "ok"
    assert (answer.sites[0].entries, answer.receipts, answer.more) == ((), (), False)
    assert receipts.read_head(answer.sites[0].head, keys(server)).seq == cursor.seq


def test_own_envelopes_come_back_without_body_unless_asked(server: RunningServer) -> None:
    site = server.admit()
    client = server.client(site.devices[0])
    sent = server.trial.envelope(site.devices[0])
    client.push([sent])
    spared = client.pull("03")[-1]
    assert (spared.has_body, spared.frame.hdr, spared.frame.body) == (False, sent.hdr, b"")
    assert client.pull("03", own_bodies=True)[-1].frame.body == sent.body


def test_a_retry_is_answered_with_the_first_receipt(server: RunningServer) -> None:
    site = server.admit()
    client = server.client(site.devices[0])
    sent = server.trial.envelopes(site.devices[0], 3)
    first, again = client.push(sent[:2]), client.push(sent)
    assert statuses(again) == ["duplicate", "duplicate", "stored"]
    assert again.receipts[again.items[0].receipt or 0] == first.receipts[0]
    assert again.items[2].receipt != again.items[0].receipt
    ids = [entry.id for entry in client.pull("03") if entry.kind == "env"]
    assert ids == [envelope.env_id for envelope in sent]


def test_the_same_envelope_twice_in_one_request_is_stored_once(server: RunningServer) -> None:
    site = server.admit()
    sent = server.trial.envelope(site.devices[0])
    answer = server.client(site.devices[0]).push([sent, sent])
    assert {item.status for item in answer.items} == {"stored"}
    assert len([e for e in server.client(site.devices[0]).pull("03") if e.kind == "env"]) == 1


def test_a_gap_says_where_the_chain_goes_on(server: RunningServer) -> None:
    site = server.admit()
    client = server.client(site.devices[0])
    sent = server.trial.envelopes(site.devices[0], 4)
    answer = client.push([sent[0], sent[2], sent[3]])
    assert statuses(answer) == ["stored", "need", "need"]
    assert [item.need for item in answer.items] == [None, 2, 2]
    assert statuses(client.push(sent[1:])) == ["stored"] * 3


@pytest.mark.parametrize("how", ["same number", "other predecessor"])
def test_a_fork_suspends_the_device(server: RunningServer, how: str) -> None:
    site = server.admit(devices=2)
    device = site.devices[0]
    client = server.client(device)
    sent = server.trial.envelopes(device, 2)
    client.push(sent)
    place = (2, sent[0].env_id) if how == "same number" else (3, sent[0].env_id)
    answer = client.push([server.trial.envelope(device, place=place)])
    assert answer.items[0] == Item(answer.items[0].id, "refused", "fork")
    with pytest.raises(ProblemAnswer, match="device_suspended"):
        client.push([server.trial.envelope(device)])
    other = server.client(site.devices[1])
    assert statuses(other.push([server.trial.envelope(site.devices[1])])) == ["stored"]
    assert [e.id for e in other.pull("03") if e.kind == "env"][:2] == [e.env_id for e in sent]


def test_what_follows_a_fork_in_the_same_request_is_refused(server: RunningServer) -> None:
    site = server.admit()
    device = site.devices[0]
    sent = server.trial.envelopes(device, 1)
    forked = server.trial.envelope(device, place=(1, ""))
    answer = server.client(device).push([*sent, forked, server.trial.envelope(device)])
    assert [(item.status, item.problem) for item in answer.items] == [
        ("stored", ""),
        ("refused", "fork"),
        ("refused", "device_suspended"),
    ]


def test_times_of_arrival_never_go_back(start: StartServer) -> None:
    clock = ManualClock()
    server = start(clock=clock)
    site = server.admit()
    client = server.client(site.devices[0])
    client.push(server.trial.envelopes(site.devices[0], 1))
    clock.advance(-60_000)
    client.push(server.trial.envelopes(site.devices[0], 1))
    clock.advance(120_000)
    client.push(server.trial.envelopes(site.devices[0], 1))
    times = [entry.received_ms for entry in client.pull("03")]
    assert times == sorted(times)
    assert times[-1] == clock.now_at()


def test_pages_are_unbroken(server: RunningServer) -> None:
    site = server.admit(devices=2)
    server.client(site.devices[0]).push(server.trial.envelopes(site.devices[0], 7))
    reader = server.client(site.devices[1])
    answer = reader.sync(SyncRequest(cursors=(Cursor("03"),), limit=2))
    assert (len(answer.sites[0].entries), answer.more, answer.sites[0].more) == (2, True, True)
    assert [entry.seq for entry in reader.pull("03", limit=2)] == list(range(1, 12))


def test_an_answer_ends_at_four_mebibytes(server: RunningServer) -> None:
    site = server.admit(devices=2)
    big = [server.trial.envelope(site.devices[0], plaintext=bytes(250_000)) for _ in range(20)]
    pusher, reader = (server.client(device) for device in site.devices)
    for part in (big[:10], big[10:]):
        assert set(statuses(pusher.push(part))) == {"stored"}
    answer = reader.sync(SyncRequest(cursors=(Cursor("03"),)))
    assert answer.more
    assert sum(entry.frame.size for entry in answer.sites[0].entries) < 4_600_000
    assert len([entry for entry in reader.pull("03") if entry.kind == "env"]) == 20


def test_the_centre_reads_and_writes_every_site_in_one_request(server: RunningServer) -> None:
    sites = [server.admit(code) for code in ("03", "04")]
    device = server.trial.centre_device
    sent = [server.trial.envelope(device, site=code) for code in ("03", "04", "03", "00")]
    assert [envelope.header.n for envelope in sent] == [1, 1, 2, 1]
    cursors = [Cursor("00"), Cursor("03"), Cursor("04")]
    answer = server.client().push(sent, cursors=cursors)
    assert statuses(answer) == ["stored"] * 4
    assert len({item.receipt for item in answer.items}) == 3
    assert [site.site for site in answer.sites] == ["00", "03", "04"]
    got = [e.id for e in server.client(sites[0].devices[0]).pull("03") if e.kind == "env"]
    assert got == [sent[0].env_id, sent[2].env_id]
    own = server.client().sync(SyncRequest(cursors=tuple(cursors)))
    assert [(s.own_n, s.own_id) for s in own.sites] == [
        (1, sent[3].env_id), (2, sent[2].env_id), (1, sent[1].env_id),
    ]  # fmt: skip


def test_a_page_is_shared_by_the_sites_of_a_request(server: RunningServer) -> None:
    for code in ("03", "04"):
        device = server.admit(code).devices[0]
        server.client(device).push(server.trial.envelopes(device, 5))
    answer = server.client().sync(SyncRequest(cursors=(Cursor("03"), Cursor("04")), limit=9))
    assert [len(site.entries) for site in answer.sites] == [8, 1]
    assert [site.more for site in answer.sites] == [False, True]


def test_a_site_device_uses_its_own_site_only(server: RunningServer) -> None:
    server.admit("04")
    device = server.admit("03").devices[0]
    client = server.client(device)
    for request in (
        SyncRequest(cursors=(Cursor("04"),)),
        SyncRequest(cursors=(Cursor("00"),)),
        SyncRequest(own=(Own("04"),)),
        SyncRequest(cursors=(Cursor("77"),)),
        SyncRequest(statements=(statement_frame(server.trial.revoke_device(device)),)),
    ):
        with pytest.raises(ProblemAnswer, match="site_not_allowed"):
            client.sync(request)
    server.trial.recipients["04"] = server.trial.recipients["03"]
    answer = client.push([server.trial.envelope(device, site="04")])
    assert (statuses(answer), problem(answer)) == (["refused"], "site_not_allowed")


@pytest.mark.parametrize("case", ["ahead", "other hash", "other feed", "lost own", "other own"])
def test_a_server_that_lost_something_says_so_and_appends_nothing(server: RunningServer, case: str) -> None:
    site = server.admit()
    device = site.devices[0]
    client = server.client(device)
    sent = server.trial.envelopes(device, 2)
    client.push(sent)
    held = cursor_after(client.sync(SyncRequest(cursors=(Cursor("03"),))), "03")
    more = (envelope_frame(server.trial.envelope(device)),)
    request = {
        "ahead": SyncRequest(cursors=(Cursor("03", held.seq + 1, "a" * 64),), envelopes=more),
        "other hash": SyncRequest(cursors=(Cursor("03", held.seq - 1, "a" * 64),), envelopes=more),
        "other feed": SyncRequest(feed="ab" * 16, cursors=(held,), envelopes=more),
        "lost own": SyncRequest(own=(Own("03", 3, "a" * 64, 3),), cursors=(held,), envelopes=more),
        "other own": SyncRequest(own=(Own("03", 1, "a" * 64, 3),), cursors=(held,), envelopes=more),
    }[case]
    answer = client.sync(request)
    assert (answer.outcome, answer.items, answer.sites[0].entries) == ("rolled_back", (), ())
    common = answer.sites[0].common
    if case in ("lost own", "other own"):
        assert common == ()
    else:
        assert common[-1] == Cursor("03")
        entries = {entry.seq for entry in client.pull("03")}
        assert {place.seq for place in common} <= {0, *entries}
    if case == "ahead":
        assert held in common
    assert client.sync(SyncRequest(cursors=(held,))).sites[0].own_n == 2


def test_a_device_behind_its_own_chain_gets_it_back(server: RunningServer) -> None:
    site = server.admit()
    device = site.devices[0]
    client = server.client(device)
    sent = server.trial.envelopes(device, 3)
    client.push(sent)
    request = SyncRequest(
        cursors=(Cursor("03"),), own=(Own("03", 1, sent[0].env_id, head=1),), own_bodies=True,
        envelopes=(envelope_frame(server.trial.envelope(device, place=(2, sent[0].env_id))),),
    )  # fmt: skip
    answer = client.sync(request)
    assert (answer.outcome, answer.items) == ("behind", ())
    got = [read_envelope_frame(e.frame) for e in answer.sites[0].entries if e.kind == "env"]
    assert got == sent
    assert (answer.sites[0].own_n, answer.sites[0].own_id) == (3, sent[2].env_id)


def test_a_lost_answer_does_not_look_like_a_restored_device(server: RunningServer) -> None:
    site = server.admit()
    device = site.devices[0]
    client = server.client(device)
    sent = server.trial.envelopes(device, 5)
    client.push(sent[:4])  # the answer never arrives: nothing of it is receipted here
    request = SyncRequest(
        own=(Own("03", 0, "", head=5),), envelopes=tuple(envelope_frame(e) for e in sent[:2])
    )
    answer = client.sync(request)
    assert (answer.outcome, statuses(answer)) == ("ok", ["duplicate", "duplicate"])


def test_a_revoked_devices_envelopes_need_their_old_receipt(start: StartServer) -> None:
    server = start()
    site = server.admit(devices=2)
    lost, relay = site.devices
    sent = server.trial.envelopes(lost, 2)
    server.client().push(statements=[server.trial.revoke_device(lost)])
    with pytest.raises(ProblemAnswer, match="device_revoked"):
        server.client(lost).push(sent)
    client = server.client(relay)
    answer = client.push(sent)
    assert {item.problem for item in answer.items} == {"relay_needs_receipt"}
    old = receipts.sign_receipt(server.trial.server, _old_receipt(sent, lost.dev))
    frames = tuple(envelope_frame(envelope) for envelope in sent)
    assert statuses(client.sync(SyncRequest(envelopes=frames, proofs=(old,)))) == ["stored"] * 2
    answer = client.sync(SyncRequest(cursors=(Cursor("03"),)))
    proven = [entry for entry in answer.sites[0].entries if entry.kind == "env"]
    assert [answer.receipts[entry.proof or 0] for entry in proven] == [old, old]
    assert all(entry.has_body for entry in proven)


def _old_receipt(sent: list, dev: str) -> receipts.Receipt:  # type: ignore[type-arg]
    feed, before = "cd" * 16, receipts.GENESIS
    items = tuple((envelope.env_id, 1000) for envelope in sent)
    after = before
    for seq, (entry_id, at) in enumerate(items, 1):
        after = receipts.feed_step(
            feed=feed, site="03", seq=seq, prev=after, entry_id=entry_id, received_ms=at
        )
    return receipts.Receipt(feed, "03", 1, before, items, len(items), after, dev)


def test_a_proof_that_no_server_signed_is_refused(server: RunningServer) -> None:
    site = server.admit()
    sent = server.trial.envelopes(site.devices[0], 1)
    forged = receipts.sign_receipt(server.trial.admin.key, _old_receipt(sent, "a" * 64))
    request = SyncRequest(envelopes=(envelope_frame(sent[0]),), proofs=(forged,))
    with pytest.raises(ProblemAnswer, match="request_malformed"):
        server.client(site.devices[0]).sync(request)


def test_a_relay_between_devices_of_a_site_needs_no_receipt(server: RunningServer) -> None:
    site = server.admit(devices=2)
    sent = server.trial.envelopes(site.devices[0], 2)
    assert statuses(server.client(site.devices[1]).push(sent)) == ["stored"] * 2
    assert statuses(server.client(site.devices[0]).push(sent)) == ["duplicate"] * 2


def test_quotas_count_what_is_new_and_own(start: StartServer) -> None:
    clock = ManualClock()
    server = start(options=Options(envelopes_per_device_day=3, bytes_per_site=1 << 30), clock=clock)
    site = server.admit(devices=2)
    client = server.client(site.devices[0])
    sent = server.trial.envelopes(site.devices[0], 5)
    answer = client.push(sent)
    assert statuses(answer) == ["stored"] * 3 + ["refused", "need"]
    assert (answer.items[3].problem, 0 < (answer.items[3].retry_s or 0) <= 86_401) == ("quota_device", True)
    assert statuses(client.push(sent[:3])) == ["duplicate"] * 3
    assert statuses(server.client(site.devices[1]).push(sent[3:])) == ["stored"] * 2  # a relay
    clock.advance(24 * 3600 * 1000)
    client.nonce = ""
    assert statuses(client.push([server.trial.envelope(site.devices[0])])) == ["stored"]


def test_a_full_site_waits(start: StartServer) -> None:
    server = start(options=Options(bytes_per_site=4000))
    site = server.admit()
    answer = server.client(site.devices[0]).push(server.trial.envelopes(site.devices[0], 3))
    assert statuses(answer) == ["stored", "stored", "refused"]
    assert problem(answer) == "quota_site"


def test_two_servers_over_one_database_are_one(start: StartServer) -> None:
    trial = SyntheticTrial()
    one, two = start(trial), start(trial)
    site = one.admit(devices=2)
    first, second = one.client(site.devices[0]), two.client(site.devices[1])
    second.nonce = first.call("GET", "/v1/nonce", fresh=True).json()["nonce"]
    sent = trial.envelopes(site.devices[0], 2)
    first.push(sent)
    assert [entry.id for entry in second.pull("03") if entry.kind == "env"] == [e.env_id for e in sent]
    assert second.requests == 1


def test_what_comes_while_an_answer_is_made_stands_behind_its_head(start: StartServer) -> None:
    """Or a device would hold entries that the signed head does not know, and cry alarm."""
    one = start()
    if one.service.database.is_sqlite:
        pytest.skip("one process only")
    two, site = start(one.trial), one.admit(devices=2)
    writer, reader = two.client(site.devices[0]), one.client(site.devices[1])
    writer.push(one.trial.envelopes(site.devices[0], 2))
    late = one.trial.envelopes(site.devices[0], 3)

    def meanwhile(_c: object, _cursor: object, sql: str, *_: object) -> None:
        if "centre_receipt" in sql and late:  # the question for the next entries, after that for the head
            writer.push(late)
            late.clear()

    sa.event.listen(one.service.database.engine, "before_cursor_execute", meanwhile)
    answer = reader.sync(SyncRequest(cursors=(Cursor("03"),)))
    sa.event.remove(one.service.database.engine, "before_cursor_execute", meanwhile)
    assert late == []
    head = receipts.read_head(answer.sites[0].head, keys(one))
    assert (head.seq, head.feed_hash) == (
        answer.sites[0].entries[-1].seq,
        cursor_after(answer, "03").feed_hash,
    )
    assert [len(reader.pull("03")), answer.more] == [head.seq + 3, False]
