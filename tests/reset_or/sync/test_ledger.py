"""The state of an item is true: at the centre only with every receipt, and nothing is counted twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reset_or.store.rows import BlobRow, Draft, LedgerRow, RecordRow
from reset_or.sync.ledger import Held, Now, items

RECS = [f"{number:032x}" for number in range(6)]
CASE = "c" * 32


@st.composite
def situations(draw: st.DrawFn) -> tuple[Held, Now]:
    unsent = draw(st.lists(st.sampled_from(RECS), unique=True))
    blobs = [
        BlobRow(f"{rec}{rec}", "03", CASE, rec, 1000, sent=draw(st.integers(0, 1000)))
        for rec in draw(st.lists(st.sampled_from(RECS), unique=True))
    ]
    recent = [
        (RecordRow(rec, "reading", CASE, "03", conflicts=draw(st.integers(0, 1))), 5)
        for rec in draw(st.lists(st.sampled_from(RECS), unique=True))
    ]
    drafts = [Draft("margins", CASE, user, b"", 1) for user in draw(st.sets(st.sampled_from(["li", "wang"])))]
    held = Held([LedgerRow(rec, CASE, "reading", "", "03", 1, 0, 7) for rec in unsent], drafts, blobs, recent,
                {CASE: "03-0001"})  # fmt: skip
    now = Now(
        frozenset(draw(st.lists(st.sampled_from(RECS)))),
        draw(st.dictionaries(st.sampled_from(RECS), st.just("quota_site"))),
    )
    return held, now


@given(situations())
def test_every_item_once_with_its_true_state(situation: tuple[Held, Now]) -> None:
    held, now = situation
    found = items(held, now)
    assert len({each.item for each in found}) == len(found)
    unsent = {row.rec for row in held.unsent}
    for each in found:
        if each.state == "at_centre":
            assert each.item not in unsent
        if each.item in unsent:
            under_way = "sending" if each.item in now.sending else "only_here"
            assert each.state == ("needs_you" if each.item in now.refused else under_way)
        if each.state == "draft":
            assert each.subject == "03-0001"
    assert unsent <= {each.item for each in found}
    assert sum(each.state == "draft" for each in found) == len(held.drafts)
    assert [each.state for each in found] == sorted(
        (each.state for each in found),
        key=["draft", "needs_you", "sending", "only_here", "at_centre"].index,
    )


def test_a_conflict_needs_somebody_although_it_is_at_the_centre() -> None:
    row = RecordRow(RECS[0], "case", RECS[0], "03", "03-0001", conflicts=2)
    (found,) = items(Held(recent=[(row, 3)]), Now())
    assert (found.state, found.reason, found.subject) == ("needs_you", "conflict", "03-0001")


def test_bytes_of_a_photo_under_way() -> None:
    blob = BlobRow("a" * 64, "03", CASE, RECS[0], 1000, sent=250)
    waiting = LedgerRow(RECS[0], CASE, "photo", "", "03", 0, 1, 9)
    (found,) = items(Held([waiting], blobs=[blob]), Now(sending=frozenset({RECS[0]})))
    assert (found.state, found.sent, found.size) == ("sending", 250, 1000)
