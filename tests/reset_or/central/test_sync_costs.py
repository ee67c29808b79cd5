"""What a sync asks of the database, counted; and that what it says without asking is what stands there."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from reset_or.base.ids import sha256_hex
from reset_or.revisions.envelope import Envelope
from reset_or.wire import auth, messages
from reset_or.wire.frames import envelope_frame
from reset_or.wire.messages import Cursor, Own, SyncAnswer, SyncRequest
from tests.fakes.server import RunningServer, cursor_after
from tests.fakes.trial import TrialDevice


def request(cursors: Sequence[Cursor], sent: Sequence[Envelope] = (), **said: object) -> SyncRequest:
    frames = tuple(envelope_frame(each) for each in sent)
    return SyncRequest(cursors=tuple(cursors), envelopes=frames, **said)  # type: ignore[arg-type]


def ask(server: RunningServer, device: TrialDevice, request: SyncRequest) -> SyncAnswer:
    """At the desk itself, in this thread."""
    body, service = messages.encode_request(request), server.service
    now = service.clock.now_at()
    header = auth.sign_request(
        device.key, method="POST", path=messages.PATH, query="", nonce=service.nonces.make(now),
        body_sha256=sha256_hex(body),
    )  # fmt: skip
    asked = service.door.read(header, "POST", messages.PATH, "", now)
    return service.sync.answer(asked, body, now=now, nonce=service.nonces.make(now))


@contextmanager
def counted(server: RunningServer) -> Iterator[list[str]]:
    """The statements of this thread; the server's housekeeping has others."""
    here, seen = threading.get_ident(), list[str]()

    def note(_c: object, _cursor: object, sql: str, *_: object) -> None:
        if threading.get_ident() == here and not sql.startswith("BEGIN"):
            seen.append(sql)

    engine = server.service.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


def end_of_feed(server: RunningServer, device: TrialDevice, site: str) -> Cursor:
    answer = ask(server, device, SyncRequest(cursors=(Cursor(site),)))
    return cursor_after(answer, site) if answer.sites[0].entries else Cursor(site)


def test_a_sync_with_nothing_to_do_is_one_question(server: RunningServer) -> None:
    (device,) = server.admit().devices
    sent = server.trial.envelope(device)
    ask(server, device, request((), [sent]))
    cursor, own = end_of_feed(server, device, "03"), (Own("03", 1, sent.env_id, 1),)
    with counted(server) as seen:
        answer = ask(server, device, request([cursor], own=own))
    assert (answer.outcome, answer.sites[0].own_n, len(seen)) == ("ok", 1, 1)


def test_of_many_sites_all_are_asked_for_at_once(server: RunningServer) -> None:
    codes, device = ("03", "04", "05"), server.trial.centre_device
    for code in codes:
        server.admit(code)
    sent = [server.trial.envelope(device, site=code) for code in codes]
    ask(server, device, request((), sent))
    cursors = [end_of_feed(server, device, code) for code in ("00", *codes)]
    own = tuple(Own(each.header.site, 1, each.env_id, 1) for each in sent)
    with counted(server) as seen:
        answer = ask(server, device, request(cursors, own=own))
    assert [(site.site, site.own_id, site.entries) for site in answer.sites] == [
        ("00", "", ()), *((each.header.site, each.env_id, ()) for each in sent),
    ]  # fmt: skip
    assert (answer.outcome, len(seen)) == ("ok", 2)


def test_after_a_push_of_ones_own_nothing_is_read_again(server: RunningServer) -> None:
    (device,) = server.admit().devices
    cursor = end_of_feed(server, device, "03")
    with counted(server) as seen:
        answer = ask(server, device, request([cursor], server.trial.envelopes(device, 3)))
    assert [len(answer.items), len(answer.sites[0].entries)] == [3, 3]
    last_written = max(at for at, sql in enumerate(seen) if sql.startswith("INSERT"))
    assert last_written == len(seen) - 1
    assert len([sql for sql in seen if "SELECT" in sql and "pg_advisory" not in sql]) == 3


@pytest.mark.parametrize("whose", ["a site's device", "the centre's device"])
def test_what_a_push_says_of_its_own_is_what_the_feed_says(server: RunningServer, whose: str) -> None:
    sites = ["03"] if whose == "a site's device" else ["00", "03", "04"]
    homes = {code: server.admit(code) for code in ("03", "04")}
    device = homes["03"].devices[0] if len(sites) == 1 else server.trial.centre_device
    cursors = [end_of_feed(server, device, site) for site in sites]
    sent = [server.trial.envelope(device, site=site) for site in (*sites, *sites[::-1])]
    lost = replace(sent[0], dsig=sent[0].dsig[::-1])
    said = ask(server, device, request(cursors, [lost, *sent, sent[-1]]))
    assert [item.status for item in said.items] == ["refused", *["stored"] * (len(sent) + 1)]
    read = ask(server, device, request(cursors, sent))
    assert {item.status for item in read.items} == {"duplicate"}
    assert [receipt_of(said, item.receipt) for item in said.items[1:-1]] == [
        receipt_of(read, item.receipt) for item in read.items
    ]
    assert plain(said) == plain(read)


def test_who_has_not_seen_it_all_is_told_what_others_wrote(server: RunningServer) -> None:
    first, second = server.admit(devices=2).devices
    cursor = end_of_feed(server, first, "03")
    theirs, mine = server.trial.envelope(second), server.trial.envelope(first)
    ask(server, second, request((), [theirs]))
    answer = ask(server, first, request([cursor], [mine]))
    assert [(e.id, e.has_body) for e in answer.sites[0].entries] == [
        (theirs.env_id, True), (mine.env_id, False),
    ]  # fmt: skip
    whole = ask(server, first, request([cursor_after(answer, "03")], [server.trial.envelope(first)],
                                       own_bodies=True))  # fmt: skip
    assert [e.has_body for e in whole.sites[0].entries] == [True]


def test_what_a_device_carries_for_another_comes_back_with_its_body(server: RunningServer) -> None:
    first, second = server.admit(devices=2).devices
    cursor = end_of_feed(server, first, "03")
    answer = ask(server, first, request([cursor], [server.trial.envelope(second)]))
    assert [e.has_body for e in answer.sites[0].entries] == [True]
    assert answer.sites[0].own_n == 0


def receipt_of(answer: SyncAnswer, place: int | None) -> object:
    return None if place is None else answer.receipts[place]


def plain(answer: SyncAnswer) -> object:
    """What of an answer does not depend on the moment: entries with their receipts, own chains."""
    return [
        (site.site, site.own_n, site.own_id, site.more,
         [(replace(entry, receipt=0), receipt_of(answer, entry.receipt)) for entry in site.entries])
        for site in answer.sites
    ]  # fmt: skip
