"""What a server's words write: entries and cursor, receipts, what was put apart. Part of the unit of work."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import Executable, bindparam, delete, func, update
from sqlalchemy import select as _select

from reset_or.base.errors import OurBug, TrustBroken
from reset_or.base.ids import labelled_hash
from reset_or.revisions import signing
from reset_or.revisions.envelope import Envelope
from reset_or.revisions.receipts import Receipt, Signed
from reset_or.revisions.statements import Statement
from reset_or.store import feeds
from reset_or.store import rows as r
from reset_or.store import tables as t
from reset_or.store import written as w
from reset_or.store.asking import among_bound, as_list
from reset_or.store.link import Operation

if TYPE_CHECKING:
    from reset_or.store.store import Store

Marks = Literal["feed", "relay", "centre", "nothing"]
_MARKS: Final = {"feed": w.MARK, "relay": w.MARK_RELAYED, "centre": w.MARK_CENTRE, "nothing": ()}
_ENTRIES: Final = _select(t.entry.c.seq, t.entry.c.id).where(
    t.entry.c.site == bindparam("site"), t.entry.c.seq.between(bindparam("first"), bindparam("last"))
)
_CHAIN_AT: Final = _select(t.env.c.n, t.env.c.env_id).where(
    t.env.c.site == bindparam("site"), t.env.c.dev == bindparam("dev"), among_bound(t.env.c.n)
)


class ServerWrites:
    """Collects operations; `Unit` is made of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.operations: list[Operation] = []
        self._marked: set[str] = set()
        self.pulled = False

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
        now, centre = self._store.now_at(), "" if cursor.relay else None
        self._many(
            w.ENV_INSERT,
            [
                w.env_values(e.envelope, e.revision, None, e.entry.receipt, now, e.proof, centre)
                for e in good
                if e.envelope
            ],
        )
        self._many(
            w.REV_INSERT,
            [w.rev_values(e.revision, e.envelope, e.standing) for e in good if e.revision and e.envelope],
        )
        held = [
            (each.entry.id, each.entry.receipt)
            for each in good
            if each.envelope is None and each.entry.receipt and each.entry.receipt not in self._marked
        ]
        self._mark(held, "relay" if cursor.relay else "feed")
        for each in pulled:
            self._beside(each, forked)
        self.put_records(records)
        self.put_cursor(cursor)

    def hold(self, relayed: Sequence[r.Pulled], records: Sequence[r.RecordRow] = ()) -> None:
        """Other devices' envelopes that no feed names yet, each next in its chain: they wait here to be sent
        as if they were at their own device. Their entries have no place and are not kept."""
        self.pulled = True
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
        for statement in feeds.forgetting(site, after_seq):
            self._do(statement)

    def move_feed(self, site: str, *, to_relay: bool) -> None:
        """This device changed between the centre's server and the hospital's relay. Nothing is lost of either
        feed: what a server is known to have counts again when this device comes back to it."""
        for statement in feeds.moving(site, to_relay=to_relay):
            self._do(statement)

    # --- receipts ------------------------------------------------------------------------------------

    def put_receipt(self, signed: Signed, receipt: Receipt, marks: Marks = "feed") -> str:
        """Keeps a verified receipt for ever and marks what it names; returns its id.

        `marks`: feed = the centre's server, with which this device syncs, has what it names; relay = the
        relay has it; centre = the centre has it, says a receipt that a relay brought.
        """
        receipt_id = labelled_hash(signing.RCPT, signed.data)
        self._keep_receipt(receipt_id, receipt.site, signed, receipt.first_seq, receipt.last_seq)
        self._mark([(entry_id, receipt_id) for entry_id, _at in receipt.items], marks)
        if marks in ("feed", "relay"):
            self._marked.add(receipt_id)  # with all that it names
        return receipt_id

    def blob_receipted(self, blob_id: str, signed: Signed, *, relay: bool = False) -> None:
        """`relay`: a relay signed it, and whether the centre has the photo stays to be told."""
        c = t.blob.c
        values: dict[str, Any] = {
            "sent": c.length, "receipt_data": signed.data, "receipt_sig": signed.sig,
        }  # fmt: skip
        if relay:
            values |= {
                "centre_data": func.coalesce(c.centre_data, feeds.WAITING),
                "centre_sig": func.coalesce(c.centre_sig, feeds.WAITING),
            }
        self._do(update(t.blob).where(c.id == blob_id).values(values))

    def blob_at_centre(self, blob_id: str, site: str, signed: Signed) -> None:
        """The centre's receipt of a photo, which a relay brought; kept also where the photo is not known."""
        self._keep_receipt(labelled_hash(signing.BLOB, signed.data), site, signed, 0, 0)
        values = {"centre_data": signed.data, "centre_sig": signed.sig}
        self._do(update(t.blob).where(t.blob.c.id == blob_id).values(values))

    def put_records(self, rows: Iterable[r.RecordRow]) -> None:
        """Projections as the caller folded them."""
        self._many(w.RECORD_PUT, [w.record_values(row) for row in rows])

    def put_statement(self, statement: Statement, seq: int = 0) -> None:
        """`seq` 0: it came with the trial, or no feed has told its place."""
        self._do(
            w.STMT_INSERT,
            {"stmt_id": statement.stmt_id, "data": statement.data, "sig": statement.sig, "seq": seq},
        )

    def quarantine(self, row: r.QuarantineRow) -> None:
        self._do(w.QUARANTINE_UPSERT, w.quarantine_values(row))

    def drop_quarantine(self, item_id: str) -> None:
        self._do(delete(t.quarantine).where(t.quarantine.c.id == item_id))

    # --- inside --------------------------------------------------------------------------------------

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

    def _keep_receipt(self, name: str, site: str, signed: Signed, first_seq: int, last_seq: int) -> None:
        self._do(
            w.RECEIPT_INSERT,
            {"id": name, "site": site, "first_seq": first_seq, "last_seq": last_seq, "data": signed.data,
             "sig": signed.sig},
        )  # fmt: skip

    def _mark(self, pairs: list[tuple[str, str]], marks: Marks) -> None:
        """Sets the receipt of envelopes and entries that have none yet."""
        by_receipt: dict[str, list[str]] = {}
        for entry_id, receipt_id in pairs:
            by_receipt.setdefault(receipt_id, []).append(entry_id)
        for receipt_id, ids in by_receipt.items():
            for sql in _MARKS[marks]:
                self.operations.append(Operation(sql, (receipt_id, json.dumps(ids))))


def _apart(each: r.Pulled, code: str, at: int, hdr: bytes, sig: bytes, body: bytes) -> r.QuarantineRow:
    entry, proof = each.entry, each.proof or r.Proof("", None)
    return r.QuarantineRow(
        entry.id, entry.site, entry.seq, code, at, hdr, sig, body, proof=proof.receipt, proven_at=proof.at
    )


def _check_entries(store: Store, pulled: Sequence[r.Pulled]) -> None:
    for site in {each.entry.site for each in pulled}:
        named = {each.entry.seq: each.entry.id for each in pulled if each.entry.site == site}
        places = {"site": site, "first": min(named), "last": max(named)}
        for seq, entry_id in store.select(_ENTRIES, places):
            if named.get(seq, entry_id) != entry_id:
                raise TrustBroken("feed_differs", site=site, seq=seq)


def _forked(store: Store, pulled: Sequence[r.Pulled]) -> frozenset[str]:
    """Envelopes whose (site, device, n) is taken by another one, here or earlier in the batch."""
    forked = set[str]()
    chains: dict[tuple[str, str], list[Envelope]] = {}
    for each in pulled:
        if each.envelope is not None:
            header = each.envelope.header
            chains.setdefault((header.site, header.dev), []).append(each.envelope)
    for (site, dev), chain in chains.items():
        places = as_list(envelope.header.n for envelope in chain)
        found = store.select(_CHAIN_AT, {"site": site, "dev": dev, "among": places})
        taken = {row[0]: row[1] for row in found}
        for envelope in chain:
            if taken.setdefault(envelope.header.n, envelope.env_id) != envelope.env_id:
                forked.add(envelope.env_id)
    return frozenset(forked)
