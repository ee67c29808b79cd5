"""Units of work and queries, on real encrypted files."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from reset_or.base.errors import EnvironmentTrouble, OurBug
from reset_or.base.paths import Home
from reset_or.revisions.envelope import read_envelope
from reset_or.revisions.receipts import Signed
from reset_or.revisions.revision import read_inner
from reset_or.revisions.statements import sign_statement
from reset_or.store.opened import Opened
from reset_or.store.rows import BlobRow, ChainHead, Cursor, Draft, EntryRow, Pulled
from tests.reset_or.store.devices import (
    FEED,
    SITE,
    STUDY,
    USER,
    Device,
    Place,
    apply,
    receipt_for,
    row_of,
    sealed,
)

# --- own work --------------------------------------------------------------------------------------------


def test_a_save_keeps_the_signed_bytes_and_takes_the_draft_with_it(opened: Opened, device: Device) -> None:
    store = opened.store
    with store.transaction() as unit:
        unit.put_draft(Draft("margins", "c1", USER, b"half typed", 5))
    signed = device.revision("wz")
    envelope = device.wrap(signed)
    with store.transaction() as unit:
        unit.append(envelope, signed, record=row_of(signed, "wz"), drop_draft=("margins", "c1", USER))
    found = store.revision(signed.rev_id)
    assert found is not None
    assert read_inner(found.inner, found.signature, found.key_id) == signed
    assert (found.env_id, found.dev, found.n, found.own) == (envelope.env_id, device.dev, 1, True)
    assert (found.receipted, found.seq, found.received_at) == (False, None, None)
    kept = store.envelope(envelope.env_id)
    assert kept is not None
    assert read_envelope(kept.hdr, kept.dsig, kept.body) == envelope
    assert store.record(signed.revision.rec) == dataclasses.replace(
        row_of(signed, "wz"), search=row_of(signed, "wz").search.casefold()
    )
    assert store.draft("margins", "c1", USER) is None


def test_an_error_inside_the_block_writes_nothing(opened: Opened, device: Device) -> None:
    store, signed = opened.store, device.revision()
    envelope = device.wrap(signed)

    def action(parts: int) -> None:
        with store.transaction() as unit:
            unit.put_draft(Draft("p", "", USER, b"x", 1))
            unit.append(envelope, signed, record=row_of(signed))
            unit.put_meta("share", str(1 // parts))

    with pytest.raises(ZeroDivisionError):
        action(0)
    assert store.counts() == dataclasses.replace(store.counts(), records=0, revisions=0, drafts=0, unsent=0)
    with store.transaction() as unit:
        unit.append(envelope, signed)
    assert store.own_count == 1


def test_a_unit_that_breaks_an_invariant_writes_nothing(opened: Opened, device: Device) -> None:
    store, signed = opened.store, device.revision()
    envelope = device.wrap(signed)
    bad = dataclasses.replace(row_of(signed), fields=None)  # type: ignore[arg-type]
    with pytest.raises(OurBug, match="store_constraint"), store.transaction() as unit:
        unit.append(envelope, signed, record=bad)
    assert store.audit() == []
    device.n, device.prev = 0, ""
    device.write(store)
    assert store.check() == []


def test_the_chain_has_no_gap_no_repeat_and_no_other_parent(opened: Opened, device: Device) -> None:
    store = opened.store
    pairs = sealed(device, 3)

    def append(*numbers: int) -> None:
        with store.transaction() as unit:
            for number in numbers:
                unit.append(pairs[number][1], pairs[number][0])

    for wrong in ((1,), (0, 2), (0, 0)):
        with pytest.raises(OurBug, match="chain_out_of_order"):
            append(*wrong)
    append(0, 1)
    with pytest.raises(OurBug, match="chain_out_of_order"):
        append(1)
    append(2)
    assert store.chain_head(SITE, device.dev) == ChainHead(3, pairs[2][1].env_id)
    assert [each.n for each in store.outbox(SITE)] == [1, 2, 3]
    other_site = Device(key=device.key, site="04")
    other_site.write(store)
    assert store.chain_head("04", device.dev).n == 1
    assert store.outbox_sites() == {"03": 3, "04": 1}


def test_a_grant_is_an_envelope_without_revision(opened: Opened, device: Device) -> None:
    signed = device.revision()
    with opened.store.transaction() as unit:
        unit.append(device.wrap(signed))
    assert opened.store.outbox(SITE)[0].rev_id == ""
    assert opened.store.ledger() == []
    assert opened.store.check() == []


def test_signed_rows_cannot_be_changed_or_taken_out(opened: Opened, device: Device) -> None:
    device.write(opened.store)
    connection = opened.store._link.connection
    for statement in (
        "DELETE FROM rev", "DELETE FROM env", "UPDATE rev SET inner = x'00'", "UPDATE env SET hdr = x'00'",
        "UPDATE rev SET rec = 'x'", "UPDATE env SET n = 9",
    ):  # fmt: skip
        with pytest.raises(Exception, match=r"kept|signed"):
            connection.exec_driver_sql(statement)
    assert opened.store.check() == []


def test_drafts_are_one_row_a_page_a_case_and_a_person(opened: Opened) -> None:
    store = opened.store
    for number, (page, case, user) in enumerate(
        [("a", "", "x"), ("a", "c", "x"), ("a", "c", "y"), ("a", "", "x")]
    ):
        with store.transaction() as unit:
            unit.put_draft(Draft(page, case, user, str(number).encode(), number))
    assert [draft.data for draft in store.drafts()] == [b"1", b"2", b"3"]
    assert [draft.data for draft in store.drafts("y")] == [b"2"]
    assert store.counts().drafts == 3
    with store.transaction() as unit:
        unit.drop_draft(("a", "c", "x"))
    assert store.draft("a", "c", "x") is None
    assert store.draft("a", "", "x") == Draft("a", "", "x", b"3", 3)


def test_secrets_settings_and_statements(opened: Opened, device: Device) -> None:
    store = opened.store
    statement = sign_statement(
        device.key, kind_of="snapshot", study=STUDY, site="*", ver=1, at=1, hash="0" * 64, expires_at=2
    )
    with store.transaction() as unit:
        unit.put_secret("epoch/03/1", b"one")
        unit.put_secret("epoch/03/1", b"two")
        unit.put_secret("pin/zhang", b"v")
        unit.put_meta("server", "https://example.org")
        unit.put_statement(statement)
        unit.put_statement(statement)
    assert store.secrets("epoch/") == {"epoch/03/1": b"two"}
    assert (store.secret("pin/zhang"), store.secret("none")) == (b"v", None)
    assert store.meta("server") == "https://example.org"
    assert [row.stmt_id for row in store.statements()] == [statement.stmt_id]
    with store.transaction() as unit:
        unit.drop_secret("pin/zhang")
    assert store.secret("pin/zhang") is None


# --- the outbox and receipts ------------------------------------------------------------------------------


def test_a_receipt_empties_the_outbox_of_what_it_names(opened: Opened, device: Device) -> None:
    store = opened.store
    saved = [device.write(store) for _ in range(3)]
    sent = [each.env_id for each in store.outbox(SITE)]
    signed, receipt = receipt_for(device, sent[:2])
    with store.transaction() as unit:
        receipt_id = unit.put_receipt(signed, receipt)
    assert [each.env_id for each in store.outbox(SITE)] == sent[2:]
    assert store.last_receipted(SITE, device.dev) == ChainHead(2, sent[1])
    assert store.counts().unsent == 1
    row = store.revision(saved[0].rev_id)
    assert row is not None
    assert row.receipted
    kept = store.receipt(receipt_id)
    assert kept is not None
    assert (kept.data, kept.sig) == (signed.data, signed.sig)


def test_a_server_that_lost_its_end_makes_those_unsent_again(opened: Opened, device: Device) -> None:
    store = opened.store
    for _ in range(3):
        device.write(store)
    sent = [each.env_id for each in store.outbox(SITE)]
    signed, receipt = receipt_for(device, sent)
    entries = [Pulled(EntryRow(SITE, n + 1, "env", each, 9, f"{n:064x}")) for n, each in enumerate(sent)]
    with store.transaction() as unit:
        unit.put_receipt(signed, receipt)
    apply(store, entries, Cursor(SITE, FEED, 3, "a" * 64))
    assert store.outbox(SITE) == []
    with store.transaction() as unit:
        unit.forget_feed(SITE, 1)
        unit.put_cursor(Cursor(SITE, "e" * 32, 1, "b" * 64))
    assert [each.env_id for each in store.outbox(SITE)] == sent[1:]
    assert [entry.seq for entry in store.entries(SITE)] == [1]
    assert store.receipt(store.held(SITE, device.dev)[0].receipt) is not None


def test_after_a_new_device_id_the_same_revision_is_sealed_anew(opened: Opened, device: Device) -> None:
    store = opened.store
    signed = device.write(store)
    again = Device(author=device.author)
    with store.transaction() as unit:
        unit.retire_chain(SITE, device.dev)
        unit.append(again.wrap(signed), signed)
    assert [each.dev for each in store.outbox(SITE)] == [again.dev]
    row = store.revision(signed.rev_id)
    assert row is not None
    assert (row.dev, row.pos, store.counts().revisions) == (again.dev, 1, 1)
    assert [line.revisions for line in store.ledger()] == [1]


def test_the_ledger_counts_by_record_and_photo(opened: Opened, device: Device) -> None:
    store = opened.store
    first = device.write(store)
    with store.transaction() as unit:
        signed = device.revision(rec=first.revision.rec, at=1_770_000_000_500)
        photo = BlobRow("b" * 64, SITE, first.revision.rec, first.revision.rec, 4096, at=7)
        unit.append(device.wrap(signed), signed, blobs=[photo])
    device.write(store)
    lines = store.ledger()
    assert [(line.revisions, line.photos, line.oldest_at) for line in lines] == [
        (2, 1, 7),
        (1, 0, 1_770_000_000_000),
    ]
    assert lines[0].subject == "03-0147"
    counts = store.counts()
    assert (counts.unsent, counts.unsent_records, counts.unsent_photos) == (3, 2, 1)
    assert [blob.id for blob in store.blobs_to_send()] == ["b" * 64]
    with store.transaction() as unit:
        unit.blob_progress("b" * 64, 1024)
        unit.put_blob(photo)
    assert store.blobs(first.revision.rec)[0].sent == 1024
    with store.transaction() as unit:
        unit.blob_receipted("b" * 64, Signed(b"d", b"s"))
        unit.put_blob(BlobRow("c" * 64, SITE, "x", "x", 1, state="wanted"))
    assert store.blobs_to_send() == []
    assert [blob.id for blob in store.blobs_wanted()] == ["c" * 64]
    done = store.blob("b" * 64)
    assert done is not None
    assert (done.sent, done.receipt) == (4096, (b"d", b"s"))


# --- lists --------------------------------------------------------------------------------------------------


def test_ten_thousand_cases_are_listed_and_searched_by_index(opened: Opened, device: Device) -> None:
    store, base = opened.store, row_of(device.revision())
    rows = [
        dataclasses.replace(
            base, rec=f"{n:032x}", case=f"{n:032x}", subject=f"03-{n:04d}", search=f"03-{n:04d} ＷＺ{n}",
            changed_at=n, to_sign="confirmed" if n % 5000 == 0 else "",
        )
        for n in range(10_000)
    ]  # fmt: skip
    with store.transaction() as unit:
        unit.put_records(rows)
    assert [row.subject for row in store.case_rows()] == [f"03-{n:04d}" for n in reversed(range(10_000))]
    assert [row.subject for row in store.case_rows(3)] == ["03-9999", "03-9998", "03-9997"]
    assert [row.subject for row in store.case_rows(search="wz0147")] == []
    assert [row.subject for row in store.case_rows(search=" 03-0147 ")] == ["03-0147"]
    assert len(store.case_rows(search="wz99")) == 111
    assert store.case_rows(search="%") == store.case_rows(search="_") == []
    assert store.case_rows(site="04") == []
    assert [row.subject for row in store.to_sign()] == ["03-0000", "03-5000"]
    with store.transaction() as unit:
        unit.clear_records()
    assert store.counts().records == 0


QUICK = {
    "env_unsent": lambda store: (
        store.outbox(SITE),
        store.outbox_sites(),
        store.relays(SITE, ["x"]),
        store.relay_chains(),
    ),
    "blob_outbox": lambda store: store.blobs_to_send(),
    "blob_wanted": lambda store: store.blobs_wanted(),
    "record_form": lambda store: store.case_rows(50),
    "record_case": lambda store: store.records_of_case("x"),
    "record_to_sign": lambda store: store.to_sign(),
    "rev_standing": lambda store: store.revisions_in("uncertified"),
    "rev_rec": lambda store: store.revisions("x"),
    "rev_case": lambda store: store.revisions_of_case("x"),
    "entry_id": lambda store: store.entry_of("x"),
    "sqlite_autoindex_env_3": lambda store: (store.chain_head(SITE, "x"), store.held(SITE, "x")),
    "sqlite_autoindex_env_2": lambda store: store.newest_own(),
    "sqlite_autoindex_rev_1": lambda store: (store.revisions_sealed_in(["x"]), store.held_in(["x"])),
    "sqlite_autoindex_env_1": lambda store: store.has_envelopes(["x"]),
}


@pytest.mark.parametrize("index", QUICK)
def test_what_is_asked_often_is_found_by_index_however_much_there_is(opened: Opened, index: str) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    connection = opened.store._link.connection

    def listen(_c: object, _d: object, statement: str, values: tuple[object, ...], *_more: object) -> None:
        if not statement.startswith("EXPLAIN"):
            asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", listen)
    QUICK[index](opened.store)
    for statement, values in list(asked):
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
        assert index in plan
        assert not re.search(r"SCAN (env|rev|entry|record|blob)(?! USING (COVERING )?INDEX)", plan), plan


def test_the_totals_do_not_read_all_revisions(opened: Opened) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    connection = opened.store._link.connection
    event.listen(
        connection, "before_cursor_execute", lambda _c, _d, sql, values, *_more: asked.append((sql, values))
    )
    opened.store.counts()
    opened.store.waiting()
    opened.store.ledger()
    for statement, values in list(asked):
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
        assert not re.search(
            r"SCAN (env|rev|entry)(?! USING (COVERING )?INDEX (env_unsent|env_relayed|rev_standing))", plan
        )


def test_records_of_a_case_and_of_a_form(opened: Opened, device: Device) -> None:
    store = opened.store
    case = row_of(device.revision())
    reading = dataclasses.replace(case, rec="1" * 32, form="reading", created_at=case.created_at + 1)
    other = dataclasses.replace(case, rec="2" * 32, case="2" * 32)
    with store.transaction() as unit:
        unit.put_records([reading, case, other])
    assert [row.form for row in store.records_of_case(case.case)] == ["case", "reading"]
    assert [row.rec for row in store.records(form="reading", case=case.case)] == ["1" * 32]
    assert len(store.records(form="case")) == 2
    assert store.record("3" * 32) is None


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.booleans()), max_size=12))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_outbox_ledger_and_counts_say_the_same(tmp_path: Path, steps: list[tuple[int, int, bool]]) -> None:
    """Devices 0 and 1 of this installation save and are receipted in any order; nothing is counted twice."""
    place = Place(Home(tmp_path / str(len(list(tmp_path.iterdir())))))
    opened = place.create()
    devices, recs = [Device(), Device()], [f"{n:032x}" for n in range(4)]
    unsent: dict[str, str] = {}
    for which, rec, send in steps:
        devices[which].write(opened.store, rec=recs[rec])
        unsent[devices[which].prev] = recs[rec]
        if send:
            done = list(unsent)[: len(unsent) // 2 + 1]
            with opened.store.transaction() as unit:
                unit.put_receipt(*receipt_for(devices[which], done))
            for each in done:
                del unsent[each]
    store = opened.store
    assert [each.env_id for each in store.outbox(SITE)] == list(unsent)
    assert {line.rec: line.revisions for line in store.ledger()} == {
        rec: list(unsent.values()).count(rec) for rec in unsent.values()
    }
    counts = store.counts()
    assert (counts.unsent, counts.unsent_records) == (len(unsent), len(set(unsent.values())))
    assert store.check() == []
    opened.close()


def test_a_closed_store_says_so(place: Place) -> None:
    opened = place.create()
    opened.close()
    opened.close()
    with pytest.raises(EnvironmentTrouble, match="store_closed"):
        opened.store.counts()
    with pytest.raises(EnvironmentTrouble, match="store_"), opened.store.transaction() as unit:
        unit.put_meta("a", "b")
    with pytest.raises(OurBug, match="store_closed"):
        opened.add_recovery()
