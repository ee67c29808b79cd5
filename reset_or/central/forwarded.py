"""What a relay remembers of the coordinating centre: rows that are only added, the newest one counts.

An envelope or photo waits until a row of the present era names it. The rows of one page, the centre's
receipts for it and the place reached are one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.central import tables
from reset_or.central.database import Database
from reset_or.central.feed import SiteWriter, heads, newest_feed
from reset_or.central.take import places_of
from reset_or.revisions.receipts import GENESIS, Signed
from reset_or.wire.frames import Frame
from reset_or.wire.messages import MAX_FRAMES

_ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Reached:
    """The newest place of the centre's feed that this relay holds. `era` counts the times it lost its end."""

    era: int
    feed: str = ""
    seq: int = 0
    feed_hash: str = GENESIS


@dataclass(frozen=True)
class Waiting:
    """An envelope that the centre has not receipted. `proof`: this relay's receipt, or an older one, for a
    device that is revoked by now."""

    env_id: str
    dev: str
    frame: Frame
    proof: Signed | None = None


@dataclass(frozen=True)
class Behind:
    """Envelopes and whole photos that the centre has not receipted; when the oldest came here, UTC ms."""

    records: int
    photos: int
    oldest_at: int | None


@dataclass(frozen=True)
class Kept:
    """A receipt of the centre and the envelopes or the photo of this page that it names."""

    id: str
    signed: Signed
    ids: list[str]


@dataclass
class Pile:
    """Reads and writes for one site; every call is short and blocks."""

    database: Database
    key: Ed25519PrivateKey
    site: str
    dev: str
    _settled: tuple[int, str, int] = (0, "", 0)  # (era, own feed, seq): nothing waits up to here

    def reached(self) -> Reached:
        with self.database.reading() as connection:
            return _reached(connection)

    def last_row_at(self) -> int | None:
        with self.database.reading() as connection:
            found = connection.scalar(sa.select(sa.func.max(tables.upstream.c.at)))
        return None if found is None else int(found)

    def begin_era(self, before: Reached, feed: str, now: int) -> None:
        self.keep(Reached(before.era + 1, feed), (), now)

    def keep(self, reached: Reached | None, kept: Sequence[Kept], now: int) -> None:
        """The place reached (None: as before) and what the centre has; its receipts join this feed, once."""
        with self.database.writing() as connection:
            self.database.lock(connection, [self.site])
            if reached is not None:
                _append_place(connection, reached, now)
            era = _reached(connection).era
            rows = [{"era": era, "id": name, "receipt_id": each.id} for each in kept for name in each.ids]
            self.database.insert_new(connection, tables.forwarded, rows)
            signed = [{"id": each.id, "data": each.signed.data, "sig": each.signed.sig} for each in kept]
            self.database.insert_new(connection, tables.centre_receipt, signed)
            self._append_receipts(connection, [each.id for each in kept], now)

    def _append_receipts(self, connection: sa.Connection, names: Sequence[str], now: int) -> None:
        own = newest_feed(connection)
        known = places_of(connection, own, self.site, names)
        writer = SiteWriter(own, heads(connection, own, [self.site])[self.site], self.dev)
        for name in names:
            if name not in known:
                writer.add("rcpt", name, now)
        writer.write(self.database, connection, self.key)

    # --- envelopes -----------------------------------------------------------------------------------

    def unknown(self, env_ids: Iterable[str]) -> frozenset[str]:
        """Those that this relay does not hold."""
        wanted, envelope = list(env_ids), tables.envelope
        if not wanted:
            return frozenset()
        with self.database.reading() as connection:
            held = connection.scalars(sa.select(envelope.c.env_id).where(envelope.c.env_id.in_(wanted)))
            return frozenset(wanted) - frozenset(held)

    def waiting(self, stuck: Collection[str], revoked: Collection[str]) -> Iterator[Waiting]:
        """The next envelopes to send, at most one request of them, in the order of this feed."""
        envelope = tables.envelope
        with self.database.reading() as connection:
            rows = [row for row in self._unsent(connection) if row.dev not in stuck][:MAX_FRAMES]
            wanted = [row.id for row in rows]
            asked = sa.select(envelope).where(envelope.c.env_id.in_(wanted))
            found = {row.env_id: row for row in connection.execute(asked)} if wanted else {}
            proofs = self._proofs(connection, [row for row in rows if row.dev in revoked])
            proofs |= _old_proofs(connection, wanted)
        for row in rows:
            held = found[row.id]
            frame = Frame(held.hdr, held.dsig, held.body or b"")
            yield Waiting(row.id, row.dev, frame, proofs.get(row.id))

    def behind(self) -> Behind:
        """How much the centre has not receipted."""
        with self.database.reading() as connection:
            records = self._unsent(connection)
            photos = connection.execute(_photos(connection, self.site)).all()
        oldest = [row.received_ms for row in (*records[:1], *photos[:1])]
        return Behind(len(records), len(photos), min(oldest, default=None))

    def _unsent(self, connection: sa.Connection) -> list[Any]:
        """Entries after the last place up to which nothing waits; moves that place on."""
        era, own = _reached(connection).era, newest_feed(connection)
        if self._settled[:2] != (era, own):
            self._settled = era, own, 0
        entry, envelope, sent = tables.entry, tables.envelope, tables.forwarded
        head = heads(connection, own, [self.site])[self.site].seq
        rows = connection.execute(
            sa.select(entry.c.seq, entry.c.id, entry.c.first_seq, envelope.c.received_ms, envelope.c.dev)
            .join(envelope, envelope.c.env_id == entry.c.id)
            .outerjoin(sent, (sent.c.id == entry.c.id) & (sent.c.era == era))
            .where(entry.c.feed == own, entry.c.site == self.site, entry.c.seq > self._settled[2])
            .where(sent.c.id.is_(None))
            .order_by(entry.c.seq)
        ).all()
        self._settled = era, own, rows[0].seq - 1 if rows else head
        return list(rows)

    def _proofs(self, connection: sa.Connection, rows: Sequence[Any]) -> dict[str, Signed]:
        receipt, own = tables.receipt, newest_feed(connection)
        firsts = sorted({row.first_seq for row in rows})
        if not firsts:
            return {}
        found = {
            row.first_seq: Signed(row.data, row.sig)
            for row in connection.execute(
                sa.select(receipt).where(
                    receipt.c.feed == own, receipt.c.site == self.site, receipt.c.first_seq.in_(firsts)
                )
            )
        }
        return {row.id: found[row.first_seq] for row in rows}

    # --- photos --------------------------------------------------------------------------------------

    def photos_waiting(self) -> list[tuple[str, int]]:
        """(id, length) of photos that are whole here and that the centre has not receipted."""
        with self.database.reading() as connection:
            return [(row.id, row.len) for row in connection.execute(_photos(connection, self.site))]

    def photos_missing(self) -> list[str]:
        """Photos named by an envelope that the centre has, and not whole here."""
        ref, blob, sent = tables.blob_ref, tables.blob, tables.forwarded
        with self.database.reading() as connection:
            era = _reached(connection).era
            return list(
                connection.scalars(
                    sa.select(ref.c.blob).distinct()
                    .join(sent, (sent.c.id == ref.c.env_id) & (sent.c.era == era))
                    .outerjoin(blob, blob.c.id == ref.c.blob)
                    .where(ref.c.site == self.site, blob.c.id.is_(None))
                    .order_by(ref.c.blob)
                )
            )  # fmt: skip


def _reached(connection: sa.Connection) -> Reached:
    table = tables.upstream
    row = connection.execute(sa.select(table).order_by(table.c.ord.desc()).limit(1)).first()
    return Reached(row.era, row.feed, row.seq, row.feed_hash) if row else Reached(0)


def _append_place(connection: sa.Connection, reached: Reached, now: int) -> None:
    table = tables.upstream
    newest = connection.scalar(sa.select(sa.func.max(table.c.ord))) or 0
    connection.execute(sa.insert(table), [vars(reached) | {"ord": newest + 1, "at": now}])


def _photos(connection: sa.Connection, site: str) -> sa.Select[Any]:
    blob, ref, sent = tables.blob, tables.blob_ref, tables.forwarded
    era = _reached(connection).era
    named = sa.select(ref.c.blob).join(sent, (sent.c.id == ref.c.env_id) & (sent.c.era == era))
    done = sa.select(sent.c.id).where(sent.c.era == era)
    return (
        sa.select(blob.c.id, blob.c.len, blob.c.received_ms)
        .where(blob.c.site == site, blob.c.id.in_(named), blob.c.id.not_in(done))
        .order_by(blob.c.received_ms, blob.c.id)
    )


def _old_proofs(connection: sa.Connection, env_ids: Sequence[str]) -> dict[str, Signed]:
    """The older receipts that relayed envelopes came with: they prove more than this relay's own."""
    proof, old, found = tables.proof, tables.old_receipt, dict[str, Signed]()
    for at in range(0, len(env_ids), _ASKED_AT_ONCE):
        part = list(env_ids[at : at + _ASKED_AT_ONCE])
        asked = sa.select(proof.c.env_id, old.c.data, old.c.sig).join(old, old.c.id == proof.c.receipt_id)
        for row in connection.execute(asked.where(proof.c.env_id.in_(part))):
            found[row.env_id] = Signed(row.data, row.sig)
    return found
