"""What sync reads: chains, outbox, feeds, receipts, statements, photos to send, quarantine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnClause,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
)

from reset_or.store import rows as r
from reset_or.store import tables as t
from reset_or.store.asking import among, among_bound, as_list, at_most
from reset_or.store.queries import (
    AT_RELAY,
    BLOB_AT_RELAY,
    MOST,
    NOTHING,
    UNRECEIPTED,
    UNSENT_BLOB,
    WANTED_BLOB,
    RecordQueries,
)

_ENV: Final = select(
    t.env.c.env_id, t.env.c.site, t.env.c.dev, t.env.c.n, t.env.c.prev, t.env.c.kind, t.env.c.hdr,
    t.env.c.dsig, t.env.c.body, t.env.c.rev_id, t.env.c.own, t.env.c.receipt, t.env.c.proof,
    t.env.c.proven_ms,
)  # fmt: skip
# "+": the index of what is unsent is short; those of `own` and of the chains hold every envelope.
_OWN: Final[ColumnClause[int]] = literal_column("+env.own")
_OTHERS: Final = UNRECEIPTED & _OWN.is_(None)
_SITE: Final[ColumnClause[str]] = literal_column("+env.site")
_CURSOR: Final = select(t.cursor).where(t.cursor.c.site == bindparam("site"))
_CHAINS: Final = select(t.env.c.site, t.env.c.dev).distinct()
_STATEMENTS: Final = (
    select(
        t.stmt.c.stmt_id, t.stmt.c.data, t.stmt.c.sig, t.stmt.c.seq, t.entry.c.site, t.entry.c.seq,
        t.entry.c.received_ms,
    )
    .outerjoin(t.entry, t.entry.c.id == t.stmt.c.stmt_id)
    .order_by(t.stmt.c.pos, t.entry.c.site)
)  # fmt: skip
_RESEALED: Final = "resealed"
WAITING: Final = ("waiting",)
HELD: Final = "held"


def _count(table: Any, *wanted: Any) -> Any:
    return select(func.count()).select_from(table).where(*wanted).scalar_subquery()


# Two questions: SQLite prepares each in the memory that it keeps ready, where one for both takes eight times
# as long as the two (decision 0027).
_UNSENT: Final = select(
    func.count(t.env.c.own), func.count(), _count(t.blob, UNSENT_BLOB), _count(t.blob, WANTED_BLOB)
).where(UNRECEIPTED)
_KEPT_BACK: Final = select(_count(t.quarantine), _count(t.env, AT_RELAY) + _count(t.blob, BLOB_AT_RELAY))
_CHAIN: Final = (
    select(t.env.c.n, t.env.c.env_id)
    .where(t.env.c.site == bindparam("site"), t.env.c.dev == bindparam("dev"))
    .order_by(t.env.c.n.desc())
    .limit(at_most(1))
)
_LAST_RECEIPTED: Final = _CHAIN.where(
    t.env.c.receipt != NOTHING, t.env.c.receipt != literal_column(f"'{_RESEALED}'")
)
_OUTBOX: Final = (
    _ENV.where(UNRECEIPTED & (t.env.c.site == bindparam("site")) & t.env.c.own.is_not(None))
    .where(t.env.c.n > bindparam("after_n"))
    .order_by(t.env.c.own)
    .limit(bindparam("most", type_=Integer, literal_execute=True))
)
_HAS_ENVELOPES: Final = select(t.env.c.env_id).where(among_bound(t.env.c.env_id))
_HELD_IN: Final = (
    select(t.rev.c.env_id, t.rev.c.rec, t.rev.c.key_id, t.rev.c.standing, t.env.c.own.is_not(None))
    .join(t.env, (t.env.c.rev_id == t.rev.c.rev_id) & (t.env.c.env_id == t.rev.c.env_id))
    .where(among_bound(t.env.c.env_id))
)
_RECS_OF: Final = select(t.rev.c.rec).where(among_bound(t.rev.c.rev_id)).distinct()


class SyncQueries(RecordQueries):
    """Mixed into Store beside the queries of records."""

    def waiting(self) -> r.Waiting:
        """What there is to do for a sync: most find nothing."""
        return self.remembered(WAITING, self._read_waiting)

    def chain_head(self, site: str, dev: str) -> r.ChainHead:
        """The newest envelope of a device in a site that is held here."""
        return self._newest(_CHAIN, site, dev)

    def last_receipted(self, site: str, dev: str) -> r.ChainHead:
        """The newest envelope of a device in a site that a receipt of the server names."""
        return self.remembered(("receipted", site, dev), lambda: self._newest(_LAST_RECEIPTED, site, dev))

    def chains(self, site: str) -> dict[str, r.ChainHead]:
        """Of every device with envelopes in the site: the newest one held here."""
        newest = (
            select(t.env.c.dev, func.max(t.env.c.n).label("n"))
            .where(t.env.c.site == site)
            .group_by(t.env.c.dev)
            .subquery()
        )
        joined = (t.env.c.dev == newest.c.dev) & (t.env.c.n == newest.c.n) & (t.env.c.site == site)
        found = self.select(select(t.env.c.dev, t.env.c.n, t.env.c.env_id).join(newest, joined))
        return {dev: r.ChainHead(n, env_id) for dev, n, env_id in found}

    def held(self, site: str, dev: str, after_n: int = 0, limit: int = 500) -> list[r.StoredEnvelope]:
        """Envelopes of one device in chain order: own ones to push again, others' to relay."""
        wanted = (t.env.c.site == site) & (t.env.c.dev == dev) & (t.env.c.n > after_n)
        return self._envelopes(_ENV.where(wanted).order_by(t.env.c.n).limit(at_most(limit)))

    def outbox(self, site: str, limit: int = 500, after_n: int = 0) -> list[r.StoredEnvelope]:
        """Own envelopes of a site without receipt, in the order they were written."""
        asked = {"site": site, "most": limit, "after_n": after_n}
        return [_envelope(row) for row in self.select(_OUTBOX, asked)]

    def saved_here(self, since_at: int) -> list[r.SentRow]:
        """Revisions that this device wrote since then, in the order they were written."""
        c = t.rev.c
        statement = (
            select(
                c.rev_id,
                c.rec,
                c.form,
                c.case_rec,
                c.user,
                c.at,
                c.env_id,
                func.coalesce(t.env.c.centre, t.env.c.receipt),
                case((t.env.c.centre == NOTHING, t.env.c.receipt), else_=""),
            )
            .join(t.env, t.env.c.env_id == c.env_id)
            .where(t.env.c.own.is_not(None) & (c.at >= since_at))
            .order_by(t.env.c.own)
        )
        return [r.SentRow(*row) for row in self.select(statement)]

    def relays(self, site: str, without: Collection[str] = (), limit: int = 500) -> list[r.StoredEnvelope]:
        """Other devices' envelopes that the server lost or never saw, each chain in order."""
        wanted = _OTHERS & (site == _SITE)
        if without:
            wanted &= t.env.c.dev.not_in(list(without))
        return self._envelopes(_ENV.where(wanted).order_by(t.env.c.dev, t.env.c.n).limit(at_most(limit)))

    def outbox_sites(self) -> dict[str, int]:
        """Number of unreceipted own envelopes by site; sites without any are absent."""
        mine = UNRECEIPTED & t.env.c.own.is_not(None)
        counted = select(t.env.c.site, func.count()).where(mine).group_by(t.env.c.site)
        return {row[0]: row[1] for row in self.select(counted)}

    def relay_chains(self) -> list[tuple[str, str]]:
        """(site, device) of the chains in which there is something to relay."""
        return [(site, dev) for site, dev in self.select(_CHAINS.where(_OTHERS))]

    def envelope(self, env_id: str) -> r.StoredEnvelope | None:
        found = self._envelopes(_ENV.where(t.env.c.env_id == env_id))
        return found[0] if found else None

    def envelopes(self, env_ids: Iterable[str]) -> list[r.StoredEnvelope]:
        """Those of them that are held here, in no order."""
        return self._envelopes(_ENV.where(among(t.env.c.env_id, env_ids)))

    def unplaced(self, site: str) -> list[str]:
        """Ids of envelopes that no entry of the feed names or that only a relay has, each chain in order;
        without those that were sealed anew under another device."""
        c = t.env.c
        entry = select(t.entry.c.id).where((t.entry.c.id == c.env_id) & (t.entry.c.site == site))
        wanted = (c.site == site) & (c.receipt != _RESEALED) & (~entry.exists() | AT_RELAY)
        return [row[0] for row in self.select(select(c.env_id).where(wanted).order_by(c.dev, c.n))]

    def has_envelopes(self, env_ids: Iterable[str]) -> frozenset[str]:
        """Which of these are held here."""
        found = self.select(_HAS_ENVELOPES, {"among": as_list(env_ids)})
        return frozenset(row[0] for row in found)

    def held_in(self, env_ids: Iterable[str]) -> list[r.HeldRow]:
        """The revisions in these envelopes without their bytes, in no order."""
        names = tuple(sorted(env_ids))
        return self.remembered((HELD, names), lambda: self._read_held(names))

    def still_here(self, env_ids: Iterable[str]) -> r.ToErase:
        """What of these envelopes an order has yet to take: bodies, and revisions that say something."""
        names = list(env_ids)
        sealed = select(t.env.c.env_id).where(among(t.env.c.env_id, names) & t.env.c.body.is_not(None))
        torn = select(t.quarantine.c.id).where(
            among(t.quarantine.c.id, names) & (func.length(t.quarantine.c.body) > 0)
        )
        return r.ToErase(
            tuple(row[0] for row in self.select(sealed)),
            tuple(row[0] for row in self.select(torn)),
            tuple(row for row in self.revisions_sealed_in(names) if row.skeleton is None),
        )

    def sealing(self, rev_ids: Iterable[str]) -> list[str]:
        """The envelopes in which these revisions travel; a device that moved sealed its own twice."""
        wanted = among(t.env.c.rev_id, rev_ids)
        return [row[0] for row in self.select(select(t.env.c.env_id).where(wanted).order_by(t.env.c.env_id))]

    def recs_of(self, rev_ids: Iterable[str]) -> list[str]:
        """The records that these revisions write, in one question whatever their number."""
        return [row[0] for row in self.select(_RECS_OF, {"among": as_list(rev_ids)})]

    def cursor(self, site: str) -> r.Cursor:
        """How far the site's feed was taken in; the beginning where it never was."""
        return self.remembered(("cursor", site), lambda: self._read_cursor(site))

    def cursors(self) -> list[r.Cursor]:
        return [_cursor(row) for row in self.select(select(t.cursor).order_by(t.cursor.c.site))]

    def entry(self, site: str, seq: int) -> r.EntryRow | None:
        found = self.entries(site, seq - 1, 1)
        return found[0] if found and found[0].seq == seq else None

    def entry_of(self, item_id: str) -> r.EntryRow | None:
        """The place of an envelope or statement in its feed."""
        found = self.select(select(t.entry).where(t.entry.c.id == item_id).limit(at_most(1)))
        return _entry(found[0]) if found else None

    def entries(self, site: str, after_seq: int = 0, limit: int = 500) -> list[r.EntryRow]:
        wanted = (t.entry.c.site == site) & (t.entry.c.seq > after_seq)
        found = self.select(select(t.entry).where(wanted).order_by(t.entry.c.seq).limit(at_most(limit)))
        return [_entry(row) for row in found]

    def receipt(self, receipt_id: str) -> r.ReceiptRow | None:
        found = self.select(select(t.receipt).where(t.receipt.c.id == receipt_id))
        return r.ReceiptRow(*found[0]) if found else None

    def brought_receipt(self, site: str, item_id: str) -> r.ReceiptRow | None:
        """The centre's receipt, brought by a relay, of an envelope or a photo. Slow: it reads them all."""
        c = t.receipt.c
        wanted = (c.site == site) & (func.instr(cast(c.data, Text), item_id) > 0)
        entry = select(t.entry.c.id).where((t.entry.c.id == c.id) & (t.entry.c.kind == "rcpt"))
        found = self.select(select(t.receipt).where(wanted & entry.exists()).limit(at_most(1)))
        return r.ReceiptRow(*found[0]) if found else None

    def statements(self) -> list[r.StatementRow]:
        """In the order they were taken in."""
        found: dict[str, r.StatementRow] = {}
        for stmt_id, data, sig, once, site, seq, at in self.select(_STATEMENTS):
            place = (site, seq, at) if site is not None else ("*", None if once else 0, 0)
            before = found[stmt_id].places if stmt_id in found else ()
            found[stmt_id] = r.StatementRow(stmt_id, data, sig, (*before, place))
        return list(found.values())

    def blob(self, blob_id: str) -> r.BlobRow | None:
        found = self._blobs(select(t.blob).where(t.blob.c.id == blob_id))
        return found[0] if found else None

    def blobs(self, case: str | None = None) -> list[r.BlobRow]:
        statement = select(t.blob).order_by(t.blob.c.at, t.blob.c.id)
        return self._blobs(statement if case is None else statement.where(t.blob.c.case_rec == case))

    def blobs_to_send(self, limit: int = MOST) -> list[r.BlobRow]:
        """Photos that are here and that no receipt of a server names, oldest first."""
        return self._blobs(select(t.blob).where(UNSENT_BLOB).order_by(t.blob.c.at).limit(at_most(limit)))

    def blobs_at_relay(self) -> list[r.BlobRow]:
        """Photos that the hospital's relay has and the centre has not receipted."""
        return self._blobs(select(t.blob).where(BLOB_AT_RELAY).order_by(t.blob.c.at))

    def blobs_wanted(self, limit: int = MOST) -> list[r.BlobRow]:
        """Photos that are named by a revision and not yet here, oldest first."""
        return self._blobs(select(t.blob).where(WANTED_BLOB).order_by(t.blob.c.at).limit(at_most(limit)))

    def quarantined(self) -> list[r.QuarantineRow]:
        found = self.select(select(t.quarantine).order_by(t.quarantine.c.site, t.quarantine.c.seq))
        return [r.QuarantineRow(*row) for row in found]

    def _read_cursor(self, site: str) -> r.Cursor:
        found = self.select(_CURSOR, {"site": site})
        return _cursor(found[0]) if found else r.Cursor(site)

    def _read_waiting(self) -> r.Waiting:
        (own, unsent, photos, wanted), (kept_apart, at_relay) = (
            self.select(asked)[0] for asked in (_UNSENT, _KEPT_BACK)
        )
        return r.Waiting(own, unsent - own, photos, wanted, kept_apart, at_relay)

    def _read_held(self, names: Sequence[str]) -> list[r.HeldRow]:
        return [r.HeldRow(*row) for row in self.select(_HELD_IN, {"among": as_list(names)})]

    def _newest(self, asked: Select[Any], site: str, dev: str) -> r.ChainHead:
        found = self.select(asked, {"site": site, "dev": dev})
        return r.ChainHead(*found[0]) if found else r.ChainHead(0, "")

    def _envelopes(self, statement: Any) -> list[r.StoredEnvelope]:
        return [_envelope(row) for row in self.select(statement)]

    def _blobs(self, statement: Any) -> list[r.BlobRow]:
        return [_blob(row) for row in self.select(statement)]


def _envelope(row: tuple[Any, ...]) -> r.StoredEnvelope:
    *head, own, receipt, proof, proven_at = row
    return r.StoredEnvelope(*(*head, own is not None, receipt, proof, proven_at))


def _entry(row: tuple[Any, ...]) -> r.EntryRow:
    return r.EntryRow(*row)


def _blob(row: tuple[Any, ...]) -> r.BlobRow:
    *head, receipt_data, receipt_sig, centre_data, centre_sig = row
    receipt = None if receipt_data is None else (receipt_data, receipt_sig)
    centre = None if centre_data is None else (centre_data, centre_sig)
    return r.BlobRow(*(*head, receipt, centre))


def _cursor(row: tuple[Any, ...]) -> r.Cursor:
    *head, relay = row
    return r.Cursor(*(*head, bool(relay)))
