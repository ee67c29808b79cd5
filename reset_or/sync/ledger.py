"""The true state of every item, from what the store has and what is going on now. A pure function.

An item is a draft, or a record with unreceipted revisions, or a photo. It is at the centre when the
centre's receipts for all of it are verified and kept, and not before; what only the hospital's relay has
receipted is at the relay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from reset_or.store.rows import BlobRow, Draft, LedgerRow, RecordRow

State = Literal["draft", "needs_you", "sending", "only_here", "at_relay", "at_centre"]
_ORDER: Final[tuple[State, ...]] = ("draft", "needs_you", "sending", "only_here", "at_relay", "at_centre")


@dataclass(frozen=True)
class Item:
    """One row of the sync page; no value of any field. Bytes are those of the photo, 0 for records."""

    item: str
    kind: str
    case: str
    state: State
    subject: str = ""
    size: int = 0
    sent: int = 0
    reason: str = ""
    at: int | None = None


@dataclass(frozen=True)
class Now:
    """What is going on: `sending` recs under way, `refused` rec -> problem code, `sent` blob id -> bytes."""

    sending: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """What the store says. `recent`: records changed lately, with the time of arrival where one is known.

    `subjects`: case rec -> subject code.
    """

    unsent: Sequence[LedgerRow] = ()
    drafts: Sequence[Draft] = ()
    blobs: Sequence[BlobRow] = ()
    recent: Sequence[tuple[RecordRow, int | None]] = ()
    subjects: Mapping[str, str] = field(default_factory=dict)


def items(held: Held, now: Now) -> tuple[Item, ...]:
    """Every item with its state; unfinished ones first, then in the order in which they wait."""
    found = [_draft(draft, held) for draft in held.drafts]
    waiting = {row.rec for row in held.unsent}
    by_rec: dict[str, list[BlobRow]] = {}
    for blob in held.blobs:
        by_rec.setdefault(blob.rec, []).append(blob)
    found += [_unsent(row, by_rec.get(row.rec, []), held, now) for row in held.unsent]
    for row, arrived_at in held.recent:
        if row.rec not in waiting:
            found.append(_arrived(row, arrived_at, by_rec.get(row.rec, []), held))
    return tuple(sorted(found, key=lambda each: _ORDER.index(each.state)))


def _draft(draft: Draft, held: Held) -> Item:
    name = f"draft/{draft.page}/{draft.case}/{draft.user}"
    return Item(name, "draft", draft.case, "draft", held.subjects.get(draft.case, ""), at=draft.at)


def _unsent(row: LedgerRow, blobs: Sequence[BlobRow], held: Held, now: Now) -> Item:
    size = sum(blob.length for blob in blobs)
    sent = sum(max(blob.sent, now.sent.get(blob.id, 0)) for blob in blobs)
    state: State = "only_here" if row.only_here else "at_relay"
    reason = now.refused.get(row.rec, "")
    if reason:
        state = "needs_you"
    elif row.rec in now.sending:
        state = "sending"
    subject = row.subject or held.subjects.get(row.case, "")
    return Item(row.rec, row.form, row.case, state, subject, size, sent, reason, row.oldest_at)


def _arrived(row: RecordRow, arrived_at: int | None, blobs: Sequence[BlobRow], held: Held) -> Item:
    size = sum(blob.length for blob in blobs if blob.state == "local")
    subject = row.subject or held.subjects.get(row.case, "")
    conflict = "conflict" if row.conflicts else ""
    state: State = "needs_you" if conflict else "at_centre"
    return Item(row.rec, row.form, row.case, state, subject, size, size, conflict, arrived_at)
