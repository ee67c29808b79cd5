"""Reading: where a caller stands against the server, and the entries it has not seen. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from reset_or.central import tables
from reset_or.central.feed import Place, chain_head, heads
from reset_or.revisions.receipts import Signed
from reset_or.wire.frames import Frame
from reset_or.wire.messages import MAX_ANSWER_FRAMES, Cursor, Entry, Outcome, Own, SyncRequest

_FRAME_OVERHEAD = 8 + 64


@dataclass(frozen=True)
class Standing:
    """The server's view of the caller before anything is appended.

    `own`: site -> (n, env_id) of the caller's newest envelope here. `astray`: cursors that do not fit.
    `other_feed`: the caller speaks of a feed that is no longer in use, so nothing of it fits.
    """

    outcome: Outcome
    other_feed: bool
    heads: dict[str, Place]
    own: dict[str, tuple[int, str]]
    astray: frozenset[str]


def standing(connection: sa.Connection, feed: str, dev: str, request: SyncRequest) -> Standing:
    """Compares the caller's cursors and its own chains with what is here."""
    sites = [cursor.site for cursor in request.cursors]
    found = heads(connection, feed, sites)
    own = {
        site: chain_head(connection, site, dev) for site in sorted({*sites, *(o.site for o in request.own)})
    }
    other_feed = request.feed not in ("", feed)
    astray = frozenset(sites) if other_feed else _astray(connection, feed, request.cursors, found)
    lost = _lost(connection, dev, request.own, own)
    outcome: Outcome = "ok"
    if astray or lost or other_feed:
        outcome = "rolled_back"
    elif any(own[each.site][0] > each.head for each in request.own):
        outcome = "behind"
    return Standing(outcome, other_feed, found, own, astray)


def common_places(connection: sa.Connection, feed: str, cursor: Cursor, head: Place) -> tuple[Cursor, ...]:
    """Places at and before the cursor, ever further apart, seq 0 last: one of them both sides hold."""
    wanted, at, step = [], min(cursor.seq, head.seq), 1
    while at > 0:
        wanted.append(at)
        at, step = at - step, step * 2
    entry = tables.entry
    found = connection.execute(
        sa.select(entry.c.seq, entry.c.feed_hash)
        .where(entry.c.feed == feed, entry.c.site == cursor.site, entry.c.seq.in_(wanted))
        .order_by(entry.c.seq.desc())
    )
    return (*(Cursor(cursor.site, row.seq, row.feed_hash) for row in found), Cursor(cursor.site))


def _astray(
    connection: sa.Connection, feed: str, cursors: Iterable[Cursor], found: dict[str, Place]
) -> frozenset[str]:
    bad, older = set(), []
    for cursor in cursors:
        head = found[cursor.site]
        if cursor.seq > head.seq or (cursor.seq == head.seq and cursor.feed_hash != head.feed_hash):
            bad.add(cursor.site)
        elif 0 < cursor.seq < head.seq:
            older.append(cursor)
    if older:
        entry = tables.entry
        places = [(cursor.site, cursor.seq) for cursor in older]
        rows = connection.execute(
            sa.select(entry.c.site, entry.c.seq, entry.c.feed_hash).where(
                entry.c.feed == feed, sa.tuple_(entry.c.site, entry.c.seq).in_(places)
            )
        ).all()
        held = {(row.site, row.seq, row.feed_hash) for row in rows}
        bad |= {c.site for c in older if (c.site, c.seq, c.feed_hash) not in held}
    return frozenset(bad)


def _lost(
    connection: sa.Connection, dev: str, receipted: Sequence[Own], own: dict[str, tuple[int, str]]
) -> bool:
    """Whether an envelope that the caller holds a receipt for is not here."""
    older = []
    for each in receipted:
        n, env_id = own[each.site]
        if each.n > n or (each.n == n and each.env_id != env_id):
            return True
        if 0 < each.n < n:
            older.append(each.env_id)
    if not older:
        return False
    table = tables.envelope
    asked = sa.select(sa.func.count()).where(table.c.env_id.in_(older), table.c.dev == dev)
    return connection.scalar(asked) != len(older)


@dataclass
class ReceiptShelf:
    """The receipts of one answer, each once; entries and items name them by their place."""

    feed: str
    signed: list[Signed] = field(default_factory=list)
    _places: dict[tuple[str, ...], int] = field(default_factory=dict)

    def covering(
        self, connection: sa.Connection, places: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], int]:
        """(site, seq) -> place on the shelf of the receipt that covers it."""
        wanted = sorted(set(places))
        if not wanted:
            return {}
        entry, receipt = tables.entry, tables.receipt
        firsts = {
            (row.site, row.seq): row.first_seq
            for row in connection.execute(
                sa.select(entry.c.site, entry.c.seq, entry.c.first_seq).where(
                    entry.c.feed == self.feed, sa.tuple_(entry.c.site, entry.c.seq).in_(wanted)
                )
            )
        }
        missing = {(s, f) for (s, _), f in firsts.items() if (s, str(f)) not in self._places}
        rows = (
            connection.execute(
                sa.select(receipt.c.site, receipt.c.first_seq, receipt.c.data, receipt.c.sig)
                .where(receipt.c.feed == self.feed)
                .where(sa.tuple_(receipt.c.site, receipt.c.first_seq).in_(sorted(missing)))
                .order_by(receipt.c.site, receipt.c.first_seq)
            )
            if missing
            else ()
        )
        for row in rows:
            self._add((row.site, str(row.first_seq)), Signed(row.data, row.sig))
        return {place: self._places[(place[0], str(first))] for place, first in firsts.items()}

    def proofs(self, connection: sa.Connection, env_ids: Sequence[str]) -> dict[str, int]:
        """env_id -> place on the shelf of the old receipt it came with."""
        if not env_ids:
            return {}
        table, old = tables.proof, tables.old_receipt
        rows = connection.execute(
            sa.select(table.c.env_id, old.c.id, old.c.data, old.c.sig)
            .join(old, old.c.id == table.c.receipt_id)
            .where(table.c.env_id.in_(list(env_ids)))
        )
        return {row.env_id: self._add((row.id,), Signed(row.data, row.sig)) for row in rows}

    def _add(self, name: tuple[str, ...], signed: Signed) -> int:
        if name not in self._places:
            self._places[name] = len(self.signed)
            self.signed.append(signed)
        return self._places[name]


@dataclass
class Page:
    """How much of an answer is still free: entries and bytes of frames."""

    entries: int
    octets: int = MAX_ANSWER_FRAMES

    @property
    def full(self) -> bool:
        return self.entries <= 0 or self.octets <= 0


def entries_since(
    connection: sa.Connection, cursor: Cursor, page: Page, shelf: ReceiptShelf, *, spare: str
) -> tuple[Entry, ...]:
    """The next entries of a site, as many as fit; `spare`: whose bodies stay here ("" for none)."""
    rows = _chosen(connection, shelf.feed, cursor, page, spare)
    frames = _frames(connection, rows, spare)
    receipts = shelf.covering(connection, [(cursor.site, row.seq) for row in rows])
    proofs = shelf.proofs(connection, [row.id for row in rows if row.kind == "env"])
    return tuple(
        Entry(
            seq=row.seq, kind=row.kind, id=row.id, received_ms=row.received_ms,
            receipt=receipts[(cursor.site, row.seq)], frame=frames[row.id],
            has_body=bool(frames[row.id].body), proof=proofs.get(row.id),
        )
        for row in rows
    )  # fmt: skip


def _chosen(connection: sa.Connection, feed: str, cursor: Cursor, page: Page, spare: str) -> list[Any]:
    entry, envelope = tables.entry, tables.envelope
    rows = connection.execute(
        sa.select(
            entry.c.seq, entry.c.kind, entry.c.id, entry.c.received_ms, envelope.c.dev, envelope.c.body_len
        )
        .outerjoin(envelope, envelope.c.env_id == entry.c.id)
        .where(entry.c.feed == feed, entry.c.site == cursor.site, entry.c.seq > cursor.seq)
        .order_by(entry.c.seq)
        .limit(page.entries)
    ).all()
    chosen = []
    for row in rows:
        if page.full:
            break
        body = row.body_len if row.kind == "env" and row.dev != spare else 0
        page.entries -= 1
        page.octets -= _FRAME_OVERHEAD + 512 + (body or 0)
        chosen.append(row)
    return chosen


def _frames(connection: sa.Connection, rows: Sequence[Any], spare: str) -> dict[str, Frame]:
    envelope, statement = tables.envelope, tables.statement
    env_ids = [row.id for row in rows if row.kind == "env"]
    stmt_ids = [row.id for row in rows if row.kind == "stmt"]
    frames: dict[str, Frame] = {}
    if env_ids:
        body = sa.case((envelope.c.dev == spare, sa.null()), else_=envelope.c.body)
        asked = sa.select(envelope.c.env_id, envelope.c.hdr, envelope.c.dsig, body.label("body"))
        for row in connection.execute(asked.where(envelope.c.env_id.in_(env_ids))):
            frames[row.env_id] = Frame(row.hdr, row.dsig, row.body or b"")
    if stmt_ids:
        wanted = statement.c.stmt_id.in_(stmt_ids)
        for said in connection.execute(
            sa.select(statement.c.stmt_id, statement.c.data, statement.c.sig).where(wanted)
        ):
            frames[said.stmt_id] = Frame(said.data, said.sig)
    return frames
