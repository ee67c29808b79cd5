"""The unit of work: everything one action or one pulled batch writes, in ONE transaction.

Nothing reaches the database before the block ends, so nothing can be half written, and reads inside the
block see what was there before it. Chain order is checked here; who may write what is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Executable, bindparam, delete, update
from sqlalchemy import select as _select

from reset_or.base.errors import EnvironmentTrouble, OurBug, TrustBroken
from reset_or.base.ids import labelled_hash
from reset_or.revisions import signing
from reset_or.revisions.envelope import Envelope
from reset_or.revisions.receipts import Receipt, Signed
from reset_or.revisions.revision import SignedRevision
from reset_or.revisions.statements import Statement
from reset_or.store import rows as r
from reset_or.store import tables as t
from reset_or.store import written as w
from reset_or.store.asking import among
from reset_or.store.link import Operation

if TYPE_CHECKING:
    from reset_or.store.store import Store

RESEALED: Final = "resealed"


class Unit:
    """Collects operations; made by `Store.transaction` only."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.heads: dict[tuple[str, str], r.ChainHead] = {}
        self._count = store.own_count
        self.operations: list[Operation] = []
        self.env_ids: list[str] = []
        self.pulled = False

    # --- own work ----------------------------------------------------------------------------------

    def append(
        self,
        envelope: Envelope,
        signed: SignedRevision | None = None,
        *,
        record: r.RecordRow | None = None,
        standing: str = "certified",
        drop_draft: r.DraftKey | None = None,
        blobs: Sequence[r.BlobRow] = (),
    ) -> None:
        """A new envelope of this device, with the revision in it (None for a grant) and its projection.

        Raises EnvironmentTrouble while the store takes no new revisions (`Store.read_only`) and OurBug(
        "chain_out_of_order") unless `n` and `prev` follow the chain of (device, site).
        """
        self._check_open_for_saving()
        self._add_own(envelope, signed, standing)
        if record is not None:
            self.put_record(record)
        if drop_draft is not None:
            self.drop_draft(drop_draft)
        for blob in blobs:
            self.put_blob(blob)

    def take_back(self, envelope: Envelope, signed: SignedRevision | None) -> None:
        """An envelope of this device that the server has and this store lost (device was behind)."""
        self._add_own(envelope, signed, "certified")

    def retire_chain(self, site: str, dev: str) -> None:
        """The envelopes of an old device id that never arrived are sent no more; their revisions were sealed
        anew. Their places (`n`, negative from now on) are free for what another computer wrote there."""
        mine = (t.env.c.site == site) & (t.env.c.dev == dev) & t.env.c.own.is_not(None)
        never = mine & (t.env.c.receipt == "") & (t.env.c.proof == "")
        self._do(update(t.env).where(never).values(receipt=RESEALED, n=-t.env.c.n))

    def put_record(self, row: r.RecordRow) -> None:
        self._do(w.RECORD_UPSERT, w.record_values(row))

    def put_records(self, rows: Iterable[r.RecordRow]) -> None:
        self._many(w.RECORD_UPSERT, [w.record_values(row) for row in rows])

    def clear_records(self) -> None:
        """Before the projection is made anew from the revisions."""
        self._do(delete(t.record))

    def put_draft(self, draft: r.Draft) -> None:
        """Raises EnvironmentTrouble while the store takes no new revisions."""
        self._check_open_for_saving()
        self._do(
            w.DRAFT_UPSERT,
            {"page": draft.page, "case_rec": draft.case, "user": draft.user, "data": draft.data,
             "at": draft.at},
        )  # fmt: skip

    def drop_draft(self, key: r.DraftKey) -> None:
        c = t.draft.c
        self._do(delete(t.draft).where((c.page == key[0]) & (c.case_rec == key[1]) & (c.user == key[2])))

    # --- what came from the server -----------------------------------------------------------------

    def apply(
        self, pulled: Sequence[r.Pulled], cursor: r.Cursor, records: Sequence[r.RecordRow] = ()
    ) -> None:
        """Verified entries of one site, what belongs to them, and the cursor after them.

        Repeating it changes nothing. An envelope whose place in its chain is taken by another one is put
        into quarantine as `chain_forked`. Raises OurBug("batch_too_long") for more than 100 that bring bytes,
        TrustBroken("feed_differs") where the feed held another entry at the same place.
        """
        if sum(not each.is_held for each in pulled) > r.MAX_APPLY:
            raise OurBug("batch_too_long", most=r.MAX_APPLY)
        self.pulled = True
        _check_entries(self._store, pulled)
        forked = _forked(self._store, pulled)
        good = [each for each in pulled if each.envelope is None or each.envelope.env_id not in forked]
        self._many(w.ENTRY_INSERT, [w.entry_values(each.entry) for each in pulled])
        now = self._store.now_at()
        self._many(
            w.ENV_INSERT,
            [
                w.env_values(e.envelope, e.revision, None, e.entry.receipt, now, e.proof)
                for e in good
                if e.envelope
            ],
        )
        self._many(
            w.REV_INSERT,
            [w.rev_values(e.revision, e.envelope, e.standing) for e in good if e.revision and e.envelope],
        )
        self._mark([(e.entry.id, e.entry.receipt) for e in good if e.envelope is None and e.entry.receipt])
        for each in pulled:
            self._beside(each, forked)
        self.put_records(records)
        self.put_cursor(cursor)

    def hold(self, relayed: Sequence[r.Pulled], records: Sequence[r.RecordRow] = ()) -> None:
        """Other devices' envelopes that no feed names yet, each next in its chain: they wait here to be sent
        as if they were at their own device. Their entries have no place and are not kept."""
        now = self._store.now_at()
        sealed = [(each, each.envelope) for each in relayed if each.envelope is not None]
        values = [w.env_values(env, each.revision, None, "", now, each.proof) for each, env in sealed]
        self._many(w.ENV_INSERT, values)
        values = [w.rev_values(e.revision, env, e.standing) for e, env in sealed if e.revision is not None]
        self._many(w.REV_INSERT, values)
        self.put_records(records)

    def put_cursor(self, cursor: r.Cursor) -> None:
        self._do(w.CURSOR_UPSERT, vars(cursor))

    def forget_feed(self, site: str, after_seq: int) -> None:
        """The server lost the feed's end: entries after `after_seq` go, and envelopes that no entry names any
        more count as unsent, other devices' too. Receipts are kept, the oldest of each as its proof;
        photos of what was lost are offered again."""
        for statement in _forgetting(site, after_seq):
            self._do(statement)

    def put_receipt(self, signed: Signed, receipt: Receipt) -> str:
        """Keeps a verified receipt for ever and marks what it names; returns its id."""
        receipt_id = labelled_hash(signing.RCPT, signed.data)
        self._do(
            w.RECEIPT_INSERT,
            {"id": receipt_id, "site": receipt.site, "first_seq": receipt.first_seq,
             "last_seq": receipt.last_seq, "data": signed.data, "sig": signed.sig},
        )  # fmt: skip
        self._mark([(entry_id, receipt_id) for entry_id, _at in receipt.items])
        return receipt_id

    def put_statement(self, statement: Statement, seq: int = 0) -> None:
        self._do(
            w.STMT_INSERT,
            {"stmt_id": statement.stmt_id, "data": statement.data, "sig": statement.sig, "seq": seq},
        )

    def set_standing(self, rev_ids: Sequence[str], standing: str) -> None:
        """After a grant arrived: revisions of a key that was not yet certified."""
        statement = update(t.rev).where(t.rev.c.rev_id == bindparam("key")).values(standing=standing)
        self._many(statement, [{"key": rev_id} for rev_id in rev_ids])

    def quarantine(self, row: r.QuarantineRow) -> None:
        self._do(w.QUARANTINE_UPSERT, w.quarantine_values(row))

    def drop_quarantine(self, item_id: str) -> None:
        self._do(delete(t.quarantine).where(t.quarantine.c.id == item_id))

    def erase(self, what: r.ToErase, skeletons: Mapping[str, bytes]) -> None:
        """Empties what a statement of erasure names (else OurBug); `skeletons` by rev_id stay."""
        for statement, values in _erasing(what, skeletons):
            self._many(statement, values)

    # --- photos, secrets, settings -----------------------------------------------------------------

    def put_blob(self, row: r.BlobRow) -> None:
        """A sealed file; a row that is there keeps what was sent and its receipt."""
        self._do(
            w.BLOB_UPSERT,
            {"id": row.id, "site": row.site, "case_rec": row.case, "rec": row.rec, "length": row.length,
             "state": row.state, "sent": row.sent, "at": row.at, "receipt_data": None,
             "receipt_sig": None},
        )  # fmt: skip

    def blob_progress(self, blob_id: str, sent: int) -> None:
        self._do(update(t.blob).where(t.blob.c.id == blob_id).values(sent=sent))

    def blob_receipted(self, blob_id: str, signed: Signed) -> None:
        self._do(
            update(t.blob).where(t.blob.c.id == blob_id)
            .values(sent=t.blob.c.length, receipt_data=signed.data, receipt_sig=signed.sig)
        )  # fmt: skip

    def put_secret(self, name: str, value: bytes) -> None:
        self._do(w.SECRET_UPSERT, {"name": name, "value": value})

    def drop_secret(self, name: str) -> None:
        self._do(delete(t.secret).where(t.secret.c.name == name))

    def put_meta(self, key: str, value: str) -> None:
        self._do(w.META_UPSERT, {"key": key, "value": value})

    # --- inside ------------------------------------------------------------------------------------

    @property
    def own_head(self) -> tuple[int, str] | None:
        """(count, env_id) of the newest own envelope after this unit, None where it adds none."""
        return (self._count, self.env_ids[-1]) if self.env_ids else None

    def _do(self, statement: Executable | w.Written, values: dict[str, Any] | None = None) -> None:
        if isinstance(statement, w.Written):
            assert values is not None
            self.operations.append(Operation(statement.sql, statement.positions(values)))
        else:
            self.operations.append(Operation(statement, values))

    def _many(self, statement: Executable | w.Written, values: list[dict[str, Any]]) -> None:
        if not values:
            return
        if isinstance(statement, w.Written):
            positions = [statement.positions(each) for each in values]
            self.operations.append(Operation(statement.sql, positions))
        else:
            self.operations.append(Operation(statement, values))

    def _check_open_for_saving(self) -> None:
        if self._store.read_only:
            raise EnvironmentTrouble(self._store.read_only)

    def _add_own(self, envelope: Envelope, signed: SignedRevision | None, standing: str) -> None:
        header = envelope.header
        place = (header.site, header.dev)
        head = self.heads.get(place) or self._store.own_head_of(*place)
        if (header.n, header.prev) != (head.n + 1, head.env_id):
            raise OurBug("chain_out_of_order", n=header.n, expected=head.n + 1)
        self.heads[place] = r.ChainHead(header.n, envelope.env_id)
        self._count += 1
        self.env_ids.append(envelope.env_id)
        self._do(w.ENV_INSERT, w.env_values(envelope, signed, self._count, "", self._store.now_at()))
        if signed is not None:
            self._do(w.REV_RESEAL, w.rev_values(signed, envelope, standing))

    def _beside(self, each: r.Pulled, forked: frozenset[str]) -> None:
        if each.statement is not None:
            self.put_statement(each.statement, each.entry.seq)
        code = each.trouble
        hdr, sig, body = each.untrusted
        if each.envelope is not None and each.envelope.env_id in forked:
            code = "chain_forked"
            hdr, sig, body = each.envelope.hdr, each.envelope.dsig, each.envelope.body or b""
        if code:
            self.quarantine(_apart(each, code, self._store.now_at(), hdr, sig, body))

    def _mark(self, pairs: list[tuple[str, str]]) -> None:
        """Sets the receipt of envelopes and entries that have none yet."""
        by_receipt: dict[str, list[str]] = {}
        for entry_id, receipt_id in pairs:
            by_receipt.setdefault(receipt_id, []).append(entry_id)
        for receipt_id, ids in by_receipt.items():
            for sql in w.MARK:
                self.operations.append(Operation(sql, (receipt_id, json.dumps(ids))))


def _forgetting(site: str, after_seq: int) -> Iterator[Executable]:
    e = t.entry.c
    kept = _select(e.id).where((e.site == site) & (e.seq <= after_seq))
    lost = (t.env.c.site == site) & (t.env.c.receipt != RESEALED) & t.env.c.env_id.not_in(kept)
    touched = _select(t.rev.c.rec).join(t.env, t.env.c.env_id == t.rev.c.env_id).where(lost)
    again = {"receipt_data": None, "receipt_sig": None, "sent": 0}
    yield update(t.blob).where(t.blob.c.rec.in_(touched)).values(again)
    first = lost & (t.env.c.receipt != "") & (t.env.c.proof == "")
    arrived = _select(e.received_ms).where((e.site == site) & (e.id == t.env.c.env_id)).scalar_subquery()
    yield update(t.env).where(first).values(proof=t.env.c.receipt, proven_ms=arrived)
    yield update(t.env).where(lost).values(receipt="")
    yield delete(t.entry).where((e.site == site) & (e.seq > after_seq))


def _erasing(
    what: r.ToErase, skeletons: Mapping[str, bytes]
) -> Iterator[tuple[Executable, list[dict[str, Any]]]]:
    env_id, torn = t.env.c.env_id == bindparam("key"), t.quarantine.c.id == bindparam("key")
    yield update(t.env).where(env_id).values(body=None), [{"key": name} for name in what.bodies]
    yield update(t.quarantine).where(torn).values(body=b""), [{"key": name} for name in what.torn]
    emptied = {"inner": b"", "skeleton": bindparam("kept")}
    statement = update(t.rev).where(t.rev.c.rev_id == bindparam("key")).values(emptied)
    yield statement, [{"key": name, "kept": data} for name, data in sorted(skeletons.items())]


def _apart(each: r.Pulled, code: str, at: int, hdr: bytes, sig: bytes, body: bytes) -> r.QuarantineRow:
    entry, proof = each.entry, each.proof or r.Proof("", None)
    return r.QuarantineRow(
        entry.id, entry.site, entry.seq, code, at, hdr, sig, body, proof=proof.receipt, proven_at=proof.at
    )


def _check_entries(store: Store, pulled: Sequence[r.Pulled]) -> None:
    c = t.entry.c
    for site in {each.entry.site for each in pulled}:
        named = {each.entry.seq: each.entry.id for each in pulled if each.entry.site == site}
        for seq, entry_id in store.select(_select(c.seq, c.id).where((c.site == site) & among(c.seq, named))):
            if named[seq] != entry_id:
                raise TrustBroken("feed_differs", site=site, seq=seq)


def _forked(store: Store, pulled: Sequence[r.Pulled]) -> frozenset[str]:
    """Envelopes whose (site, device, n) is taken by another one, here or earlier in the batch."""
    c, forked = t.env.c, set[str]()
    chains: dict[tuple[str, str], list[Envelope]] = {}
    for each in pulled:
        if each.envelope is not None:
            header = each.envelope.header
            chains.setdefault((header.site, header.dev), []).append(each.envelope)
    for (site, dev), chain in chains.items():
        places = among(c.n, [envelope.header.n for envelope in chain])
        found = store.select(_select(c.n, c.env_id).where((c.site == site) & (c.dev == dev) & places))
        taken = {row[0]: row[1] for row in found}
        for envelope in chain:
            if taken.setdefault(envelope.header.n, envelope.env_id) != envelope.env_id:
                forked.add(envelope.env_id)
    return frozenset(forked)
