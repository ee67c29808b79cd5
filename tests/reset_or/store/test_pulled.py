"""What the server sends, stored with its cursor."""

from __future__ import annotations

import dataclasses

import pytest

from reset_or.base.errors import OurBug, TrustBroken
from reset_or.revisions.statements import sign_statement
from reset_or.store.opened import Opened
from reset_or.store.rows import ChainHead, Cursor, EntryRow, Pulled, QuarantineRow
from tests.reset_or.store.devices import FEED, SITE, STUDY, Device, apply, pulled, row_of, sealed


def test_entries_envelopes_revisions_and_cursor_come_together_and_twice_is_once(opened: Opened) -> None:
    store, other = opened.store, Device()
    pairs = sealed(other, 5)
    statement = sign_statement(
        other.key, kind_of="snapshot", study=STUDY, site="*", ver=1, at=1, hash="0" * 64, expires_at=2
    )
    entries = pulled(pairs)
    entries.append(Pulled(EntryRow(SITE, 6, "stmt", statement.stmt_id, 6000, "a" * 64), statement=statement))
    for _ in range(2):
        with store.transaction() as unit:
            unit.apply(entries, Cursor(SITE, FEED, 6, "a" * 64, 7), [row_of(pairs[0][0])])
    assert store.cursor(SITE) == Cursor(SITE, FEED, 6, "a" * 64, 7)
    assert store.cursors() == [store.cursor(SITE)]
    assert [row.seq for row in store.audit()] == [1, 2, 3, 4, 5]
    assert [row.received_at for row in store.audit()][:2] == [5000, 5001]
    assert store.statements()[0].places == ((SITE, 6, 6000),)
    assert store.outbox_sites() == {}
    assert store.own_count == 0
    assert store.chains(SITE) == {other.dev: ChainHead(5, pairs[4][1].env_id)}
    assert [each.n for each in store.held(SITE, other.dev, 3)] == [4, 5]
    assert store.entry(SITE, 2) == entries[1].entry
    assert store.entry_of(statement.stmt_id) == entries[5].entry
    assert store.has_envelopes([pairs[0][1].env_id, "0" * 64]) == {pairs[0][1].env_id}
    assert store.check() == []


def test_the_cursor_does_not_move_without_its_entries(opened: Opened) -> None:
    store, entries = opened.store, pulled(sealed(Device(), 2))
    broken = dataclasses.replace(entries[1], entry=dataclasses.replace(entries[1].entry, received_at=None))  # type: ignore[arg-type]
    with pytest.raises(OurBug, match="store_constraint"):
        apply(store, [entries[0], broken], Cursor(SITE, FEED, 2, "a" * 64))
    assert store.cursor(SITE) == Cursor(SITE)
    assert store.audit() == []


def test_a_batch_is_at_most_a_hundred_and_the_feed_never_changes_its_past(opened: Opened) -> None:
    store = opened.store
    one = pulled(sealed(Device(), 1))
    with pytest.raises(OurBug, match="batch_too_long"):
        apply(store, one * 101, Cursor(SITE, FEED, 1))
    apply(store, one, Cursor(SITE, FEED, 1))
    with pytest.raises(TrustBroken, match="feed_differs"):
        apply(store, pulled(sealed(Device(), 1)), Cursor(SITE, FEED, 1))


def test_a_forked_chain_goes_to_quarantine_and_the_rest_is_taken(opened: Opened) -> None:
    store, honest = opened.store, Device()
    clone = Device(key=honest.key)
    apply(store, pulled(sealed(honest, 2)), Cursor(SITE, FEED, 2))
    forged = pulled([*sealed(clone, 1), *sealed(Device(), 1)], first_seq=3)
    apply(store, forged, Cursor(SITE, FEED, 4))
    assert store.counts().revisions == 3
    bad = store.quarantined()
    assert [(row.code, row.seq, row.id) for row in bad] == [("chain_forked", 3, forged[0].entry.id)]
    assert store.cursor(SITE).seq == 4
    assert store.check() == []


def test_what_could_not_be_opened_is_kept_apart_counted_and_tried_again(opened: Opened) -> None:
    store = opened.store
    entry = EntryRow(SITE, 1, "env", "e" * 64, 1, "a" * 64)
    apply(
        store, [Pulled(entry, trouble="bad_signature", untrusted=(b"h", b"s", b"b"))], Cursor(SITE, FEED, 1)
    )
    assert store.counts().quarantined == 1
    with store.transaction() as unit:
        unit.quarantine(QuarantineRow("e" * 64, SITE, 1, "not_sealed_to_me", 9, b"h", b"s", b"b"))
    (row,) = store.quarantined()
    assert (row.code, row.tries, row.body) == ("not_sealed_to_me", 2, b"b")
    with store.transaction() as unit:
        unit.drop_quarantine("e" * 64)
    assert store.quarantined() == []


def test_a_grant_makes_waiting_revisions_certified(opened: Opened) -> None:
    store, pairs = opened.store, sealed(Device(), 3)
    entries = [dataclasses.replace(each, standing="uncertified") for each in pulled(pairs)]
    apply(store, entries, Cursor(SITE, FEED, 3))
    assert store.counts().uncertified == 3
    with store.transaction() as unit:
        unit.set_standing([pairs[0][0].rev_id, pairs[2][0].rev_id], "certified")
    assert [row.rev_id for row in store.revisions_in("uncertified")] == [pairs[1][0].rev_id]
