"""Judging once more: revisions whose author's key was not certified, and entries that could not be opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from reset_or.revisions.directory import Directory
from reset_or.revisions.history import Placed, Standing
from reset_or.revisions.receipts import GENESIS
from reset_or.store.rows import MAX_APPLY, Cursor, EntryRow, Proof, QuarantineRow, RecordRow, StoredRevision
from reset_or.sync.inbox import RETRIABLE, Checked, Inbox, by_case, standing_now
from reset_or.wire.frames import Frame

if TYPE_CHECKING:
    from reset_or.store.store import Store

T = TypeVar("T")
Project = Callable[[Mapping[str, Sequence[Placed]]], Sequence[RecordRow]]
QUICK_TRIES: Final = 3
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 24 * 3600 * 1000
MOST_AT_ONCE: Final = 20
_NOT_SPOILT: Final = frozenset({"chain_forked", "device_forked", "device_revoked"})
_NOT_ASKED: Final = _NOT_SPOILT | RETRIABLE - {"body_withheld"}
Waiting = tuple[QuarantineRow, EntryRow]


def uncertified(store: Store) -> list[list[StoredRevision]]:
    """Revisions whose author's key nobody had certified, in parts for one transaction each."""
    return _parts(store.revisions_in(Standing.UNCERTIFIED.value))


def restand(
    store: Store, directory: Directory, project: Project, rows: Sequence[StoredRevision]
) -> tuple[list[Placed], Sequence[RecordRow]]:
    """Gives revisions the standing that the directory now says, and folds what changed anew."""
    changed: list[Placed] = []
    for row in rows:
        signed = row.read()
        standing = standing_now(signed, directory, row.when)
        if standing.value != row.standing:
            changed.append(Placed(signed, row.seq, standing))
    if not changed:
        return [], ()
    records = project(by_case(changed))
    with store.transaction() as unit:
        for standing in Standing:
            unit.set_standing([each.rev_id for each in changed if each.standing is standing], standing.value)
        unit.put_records(records)
    return changed, records


def to_ask_again(store: Store, now_at: int) -> list[tuple[Cursor, QuarantineRow]]:
    """(the place before it, itself) of entries whose bytes may have been spoilt on the way here.

    Only what is signed in the feed's receipts is certain; a body or a signature that does not fit may be
    the network's or the disk's fault. Where the same bytes come again and again it is asked for ever more
    seldom, at last once a day.
    """
    found = []
    for row in store.quarantined():
        # A clock that was set back since then keeps nothing waiting.
        if row.code in _NOT_ASKED or 0 <= now_at - row.at < _wait_ms(row.tries):
            continue
        before = store.entry(row.site, row.seq - 1)
        if row.seq == 1 or before is not None:
            feed_hash = GENESIS if before is None else before.feed_hash
            found.append((replace(store.cursor(row.site), seq=row.seq - 1, feed_hash=feed_hash), row))
    return found[:MOST_AT_ONCE]


def _wait_ms(tries: int) -> int:
    return 0 if tries < QUICK_TRIES else min(_DAY_MS, _MINUTE_MS << min(tries - QUICK_TRIES, 16))


def quarantined(store: Store) -> list[list[Waiting]]:
    """Entries whose trouble may be over, by site and in the order of the feed."""
    by_site: dict[str, list[Waiting]] = {}
    for row in store.quarantined():
        entry = store.entry(row.site, row.seq)
        if row.code in RETRIABLE and entry is not None and entry.id == row.id:
            by_site.setdefault(row.site, []).append((row, entry))
    return [part for rows in by_site.values() for part in _parts(rows)]


def reopen(inbox: Inbox, part: Sequence[Waiting]) -> list[Checked]:
    """Those that are good now, and those whose trouble is another one: with the key known, spoilt bytes show
    as spoilt and are asked for again."""
    return list(_reopened(inbox, part))


def _reopened(inbox: Inbox, part: Sequence[Waiting]) -> Iterator[Checked]:
    for row, entry in part:
        proof = Proof(row.proof, row.proven_at) if row.proven_at is not None else None
        checked = inbox.entry(entry, Frame(row.hdr, row.sig, row.body), proof=proof)
        if checked.pulled.trouble != row.code:
            yield checked


def _parts(rows: list[T]) -> list[list[T]]:
    return [rows[at : at + MAX_APPLY] for at in range(0, len(rows), MAX_APPLY)]
