"""The receipt of a shift: every line from a receipt that verifies now; first what is not at the centre."""

from __future__ import annotations

import io
import re

import pypdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pikepdf import pdfa

from reset_or.actions import drafts, photos, shift
from reset_or.actions.context import Secret
from reset_or.base.words import LANGUAGES, Language
from reset_or.images.intake import take_in
from reset_or.images.specimen_art import make_specimen
from reset_or.revisions import signing
from reset_or.revisions.directory import Directory
from tests.fakes.workstations import Ground, Station, measure, password_of, register

HOUR_MS = 3_600_000


@pytest.fixture
def surgeon(ground: Ground) -> Station:
    (made,) = ground.workstations(["zhang", "li"])
    made.workspace.switch_active("zhang", Secret("password", password_of("zhang")))
    ground.clock.advance(72 * HOUR_MS)
    return made


def picture() -> bytes:
    return make_specimen(900, 600, 45, 27, 25, "03-0001", captured_at=1, zone_min=480)[0]


def facts(station: Station, since: shift.Since = "today") -> shift.ShiftReceipt:
    return station.workspace.do(shift.shift_receipt, since=since)


def test_what_is_only_here_is_counted_as_on_the_sync_page_and_said_first(surgeon: Station) -> None:
    case = register(surgeon, "03-0001")
    measure(surgeon, case, "distal", 47)
    found = facts(surgeon)
    assert (found.items, found.photos, found.only_here, found.complete) == (0, 0, 2, False)
    assert {(line.kind, line.subject) for line in found.here} == {("case", "03-0001"), ("reading", "03-0001")}
    assert shift.headlines(found, "en")[0] == "2 items are only on this device, safely stored."
    surgeon.workspace.do(drafts.save_draft, page="margins", case=case, data={"distal": "4.6"})
    assert facts(surgeon).unfinished == 1


def test_after_a_sync_each_line_names_its_place_and_its_receipt(surgeon: Station) -> None:
    case = register(surgeon, "03-0001")
    measure(surgeon, case, "distal", 47)
    surgeon.workspace.do(photos.attach_photo, case=case, taken=take_in(picture()), state="fresh_unpinned")
    surgeon.good_sync()
    found = facts(surgeon)
    assert (found.items, found.photos, found.only_here, found.here) == (2, 1, 0, ())
    assert shift.headlines(found, "en") == (
        "All 2 items and 1 photo of this shift are at the coordinating centre.",
    )
    store = surgeon.ctx.store
    for line in found.at_centre:
        assert line.received_at is not None
        if line.kind == "photo_file":
            assert store.blob(line.id) is not None
            continue
        entry = store.entry_of(line.id)
        assert entry is not None
        assert (line.site, line.seq, line.feed_hash) == (entry.site, entry.seq, entry.feed_hash)
        assert line.received_at == entry.received_at
        assert line.receipt == entry.receipt
    cursor = store.cursor("03")
    assert (found.feed, found.feed_seq, found.feed_hash) == (cursor.feed, cursor.seq, cursor.feed_hash)
    assert found.users == ("zhang",)


def test_a_receipt_that_the_centre_did_not_sign_counts_as_nothing(
    surgeon: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(surgeon, "03-0001")
    surgeon.good_sync()
    assert facts(surgeon).complete
    stranger = signing.public_bytes(Ed25519PrivateKey.generate())
    monkeypatch.setattr(Directory, "server_keys", lambda _self, _site="": [stranger])
    found = facts(surgeon)
    assert (found.items, found.only_here, found.at_centre) == (0, 1, ())


def test_the_span_begins_at_midnight_or_the_sign_in_or_the_last_receipt(surgeon: Station) -> None:
    surgeon.clock.at = 1_795_400_000_000 // 86_400_000 * 86_400_000 + 8 * HOUR_MS  # 16:00 local
    register(surgeon, "03-0001")
    surgeon.clock.advance(1)
    first = facts(surgeon)
    assert first.since_at == surgeon.clock.now_at() - 16 * HOUR_MS - 1
    surgeon.workspace.do(shift.note_printed, until_at=first.until_at)
    surgeon.clock.advance(HOUR_MS)
    register(surgeon, "03-0002")
    last = facts(surgeon, "last")
    assert (last.since, last.since_at) == ("last", first.until_at)
    assert [line.subject for line in last.here if line.saved_at >= last.since_at] == ["03-0002"]
    assert last.only_here == 2, "what is older and still only here is never left out"
    surgeon.workspace.lock()
    surgeon.clock.advance(6 * HOUR_MS)  # 23:00: a night shift begins
    surgeon.unlock("zhang", password_of("zhang"))
    surgeon.clock.advance(3 * HOUR_MS)
    assert facts(surgeon).since_at == surgeon.clock.now_at() - 3 * HOUR_MS
    assert facts(surgeon, "hours12").since_at == surgeon.clock.now_at() - 12 * HOUR_MS


def test_a_blinded_reader_is_shown_own_lines_and_a_true_count(surgeon: Station) -> None:
    case = register(surgeon, "03-0001", arm="reduced", initials="QXZ")
    measure(surgeon, case, "distal", 47)
    surgeon.good_sync()
    whole = facts(surgeon)
    surgeon.workspace.switch_active("li", Secret("password", password_of("li")))
    found = facts(surgeon)
    assert (found.items, found.only_here) == (whole.items, whole.only_here)
    assert [line for line in found.at_centre if line.user != "li"] == []
    assert found.not_listed == len(whole.at_centre) - len(found.at_centre)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_says_the_same_and_nothing_clinical(surgeon: Station, language: Language) -> None:
    case = register(surgeon, "03-0001", arm="reduced", initials="QXZ", room="Room-canary")
    measure(surgeon, case, "distal", 47)
    surgeon.good_sync()
    measure(surgeon, case, "proximal", 83)
    found, pdf = surgeon.workspace.do(shift.shift_pdf, language=language)
    assert pdfa.validate_written(io.BytesIO(pdf), "2b").passed
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))
    for line in shift.headlines(found, language):
        assert re.sub(r"\s+", "", line) in text
    for each in found.at_centre:
        for part in (each.subject, each.id, each.receipt, each.feed_hash):
            assert part in text
    assert found.feed_hash in text
    assert not [word for word in ("QXZ", "Room-canary", "4.7", "8.3", "educed", "缩小") if word in text]
