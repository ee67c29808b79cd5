"""The unit of work: everything one action or one pulled batch writes, in ONE transaction.

Nothing reaches the database before the block ends, so nothing can be half written, and reads inside the
block see what was there before it. Chain order is checked here; who may write what is not. What a server's
words write is in `pulled`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Executable, bindparam, delete, update

from reset_or.base.errors import EnvironmentTrouble, OurBug
from reset_or.revisions.envelope import Envelope
from reset_or.revisions.revision import SignedRevision
from reset_or.store import feeds
from reset_or.store import rows as r
from reset_or.store import tables as t
from reset_or.store import written as w
from reset_or.store.link import Operation
from reset_or.store.pulled import ServerWrites

if TYPE_CHECKING:
    from reset_or.store.store import Store


class Unit(ServerWrites):
    """Collects operations; made by `Store.transaction` only."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.heads: dict[tuple[str, str], r.ChainHead] = {}
        self._count = store.own_count
        self._sealed: list[tuple[Any, ...]] = []
        self._signed: list[tuple[Any, ...]] = []
        self.env_ids: list[str] = []

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
        self._marked.clear()  # no receipt kept before this could mark it

    def retire_chain(self, site: str, dev: str) -> None:
        """The envelopes of an old device id that never arrived are sent no more; their revisions were sealed
        anew. Their places (`n`, negative from now on) are free for what another computer wrote there."""
        mine = (t.env.c.site == site) & (t.env.c.dev == dev) & t.env.c.own.is_not(None)
        never = mine & (t.env.c.receipt == "") & (t.env.c.proof == "")
        self._do(update(t.env).where(never).values(receipt=feeds.RESEALED, n=-t.env.c.n))

    def put_record(self, row: r.RecordRow) -> None:
        self._do(w.RECORD_PUT, w.record_values(row))

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
        self._do(w.DRAFT_DELETE, {"page": key[0], "case_rec": key[1], "user": key[2]})

    def set_standing(self, rev_ids: Sequence[str], standing: str) -> None:
        """After a grant arrived: revisions of a key that was not yet certified."""
        if not rev_ids:
            return
        statement = update(t.rev).where(t.rev.c.rev_id == bindparam("key")).values(standing=standing)
        self._many(statement, [{"key": rev_id} for rev_id in rev_ids])

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
             "receipt_sig": None, "centre_data": None, "centre_sig": None},
        )  # fmt: skip

    def blob_progress(self, blob_id: str, sent: int) -> None:
        self._do(update(t.blob).where(t.blob.c.id == blob_id).values(sent=sent))

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

    @property
    def only_saves(self) -> bool:
        """Whether it holds nothing but what was saved here just now, and drafts."""
        return not self.pulled and all(each.statement in w.SAVING for each in self.operations)

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
        values = w.env_values(envelope, signed, self._count, "", self._store.now_at())
        self._together(w.ENV_INSERT, self._sealed, values)
        if signed is not None:
            self._together(w.REV_RESEAL, self._signed, w.rev_values(signed, envelope, standing))

    def _together(self, written: w.Written, rows: list[tuple[Any, ...]], values: Mapping[str, Any]) -> None:
        """With the other rows of this kind, where the first of them stands: one statement runs for all."""
        if not rows:
            self.operations.append(Operation(written.sql, rows))
        rows.append(written.positions(values))


def _erasing(
    what: r.ToErase, skeletons: Mapping[str, bytes]
) -> Iterator[tuple[Executable, list[dict[str, Any]]]]:
    env_id, torn = t.env.c.env_id == bindparam("key"), t.quarantine.c.id == bindparam("key")
    yield update(t.env).where(env_id).values(body=None), [{"key": name} for name in what.bodies]
    yield update(t.quarantine).where(torn).values(body=b""), [{"key": name} for name in what.torn]
    emptied = {"inner": b"", "skeleton": bindparam("kept")}
    statement = update(t.rev).where(t.rev.c.rev_id == bindparam("key")).values(emptied)
    yield statement, [{"key": name, "kept": data} for name, data in sorted(skeletons.items())]
