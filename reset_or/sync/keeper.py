"""Keeping what was verified: receipts, entries, photos to fetch, site keys; and judging again what waited.

At most 100 new entries a transaction, each with the cursor after it, so that a kill at any place loses
nothing and repeats little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from reset_or.base.changes import Changes
from reset_or.base.errors import TrustBroken
from reset_or.revisions.directory import When
from reset_or.revisions.history import Placed, Standing
from reset_or.revisions.receipts import Signed, read_receipt
from reset_or.store.rows import MAX_APPLY, BlobRow, BlobState, Cursor, StoredEnvelope
from reset_or.sync import epochs, heal, outbox, parcel_notes, retry
from reset_or.sync.ground import Ground, Tally
from reset_or.sync.inbox import CENTRE, Brought, Checked, Inbox, Page, by_case, standing_now
from reset_or.sync.results import SyncStatus
from reset_or.wire.feed import Receipts
from reset_or.wire.messages import Entry, SyncAnswer

if TYPE_CHECKING:
    from reset_or.store.pulled import Marks
    from reset_or.store.unit import Unit

_HEAD_EVERY_MS: Final = 10 * 60 * 1000


@dataclass(frozen=True)
class _Taken:
    """What a server took, to be written: `places` of its receipts, what is `done`, how many envelopes."""

    places: tuple[int, ...]
    done: frozenset[str]
    envelopes: int
    receipts: Receipts


@dataclass
class Keeper:
    """Writes into the store on its lane; raises TrustBroken where a receipt does not fit what was sent."""

    ground: Ground
    inbox: Inbox
    status: SyncStatus
    tally: Tally
    _taken: _Taken | None = None
    _knows_keys: bool = False

    # --- what was sent -------------------------------------------------------------------------------

    def items(
        self, sent: Sequence[StoredEnvelope], answer: SyncAnswer, receipts: Receipts
    ) -> dict[str, tuple[str, int | None]]:
        """Verifies the receipts of what was taken; returns id -> (problem, seconds to wait) of the rest.

        The receipts are written with the first entries of the answer, in one commit, or by `end`.
        """
        places, done, rest = set[int](), set[str](), dict[str, tuple[str, int | None]]()
        named = {place: self._ids(receipts, place) for place in {i.receipt for i in answer.items}}
        envelopes = {row.env_id for row in sent}
        for item in answer.items:
            if item.status in ("stored", "duplicate"):
                done.add(item.id)
                # Only a statement that came with the trial stands in no feed and has no receipt.
                proven = item.id in named[item.receipt] if item.receipt is not None else False
                if not proven and (item.receipt is not None or item.id in envelopes):
                    raise TrustBroken("receipt_wrong", id=item.id)
                if item.receipt is not None:
                    places.add(item.receipt)
            else:
                rest[item.id] = item.problem or "chain_waits", item.retry_s
        if done:
            self._taken = _Taken(tuple(sorted(places)), frozenset(done), len(done & envelopes), receipts)
        return rest

    def end(self) -> None:
        """After the pages of an answer, whether they were good or not: the receipts that went with none."""
        if self._taken is not None:
            self.ground.step(self._keep_receipts)

    def sent(self, count: int) -> None:
        """So many envelopes have their receipts now."""
        self.tally.pushed += count
        self.tally.changes |= Changes(ledger=True)

    @staticmethod
    def _ids(receipts: Receipts, place: int | None) -> frozenset[str]:
        if place is None:
            return frozenset()
        return frozenset(entry_id for entry_id, _at in receipts.get(place).items)

    def _keep_receipts(self) -> None:
        with self.ground.store.transaction() as unit:
            kept = self._put_receipts(unit)
        self._receipts_kept(kept)

    def _put_receipts(self, unit: Unit) -> _Taken | None:
        taken, store = self._taken, self.ground.store
        if taken is None:
            return None
        for place in taken.places:
            marks: Marks = "feed" if taken.receipts.central(place) else "relay"
            unit.put_receipt(taken.receipts.signed(place), taken.receipts.get(place), marks)
        if outbox.unsent_statements(store):
            outbox.forget_sent(store, unit, taken.done)
        return taken

    def _receipts_kept(self, taken: _Taken | None) -> None:
        """They are committed."""
        if taken is not None:
            self._taken = None
            taken.receipts.kept.update(taken.places)
            self.sent(taken.envelopes)

    # --- what came -----------------------------------------------------------------------------------

    def held(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Ids of envelopes that are stored here already; if there is more, the keys for it are looked up."""
        return self.ground.step(partial(self._held, entries)) if entries else frozenset()

    def _held(self, entries: Sequence[Entry]) -> frozenset[str]:
        env_ids = [entry.id for entry in entries if entry.kind == "env"]
        found = self.ground.store.has_envelopes(env_ids) if env_ids else frozenset()
        if len(found) < len(entries):
            self.learn_keys()
        return found

    def learn_keys(self) -> None:
        """Site keys that are stored here; on the store's lane."""
        if not self._knows_keys:
            self.inbox.learn(epochs.keys_in(self.ground.store.secrets(epochs.prefix())))
            self._knows_keys = True

    def page(self, page: Page, before: Cursor, receipts: Receipts) -> None:
        """Stores one site's part of an answer, and judges again what waited for something in it."""
        self.status.writing = bool(page.entries)
        try:
            for start, end in _parts(page.entries):
                part, cursor = page.entries[start:end], page.cursors[end - 1]
                self.ground.step(partial(self._store_part, page, part, cursor, receipts))
                self.tally.pulled += len(part)
        finally:
            self.status.writing = False
        if not page.entries and before.feed and page.head.at - before.head_at > _HEAD_EVERY_MS:
            self.ground.step(partial(self._note_head, before, page.head.at))
        if page.statements or any(each.keys for each in page.entries):
            self.again()

    def _store_part(self, page: Page, part: Sequence[Checked], cursor: Cursor, receipts: Receipts) -> None:
        store = self.ground.store
        placed = [each.placed for each in part if each.placed is not None]
        settled = self._settled(part, placed)
        placed += settled
        records = self.ground.project(by_case(placed)) if placed else ()
        own = set(self._taken.places) if self._taken is not None else set()
        old = {each.proof for each in part} - receipts.kept - own - {-1}
        new = {each.receipt for each in part} - receipts.kept - own
        with store.transaction() as unit:
            taken = self._put_receipts(unit)
            for place in sorted(new):
                marks: Marks = "relay" if page.relay else "feed"
                unit.put_receipt(receipts.signed(place), receipts.get(place), marks)
            for place in sorted(old - new):  # says when something had arrived, and not that it is there
                unit.put_receipt(receipts.signed(place), receipts.get(place), "nothing")
            heal.take_back(unit, store, part)
            if store.waiting().quarantined:  # what came spoilt before may come again at another place
                self._leave_quarantine(unit, part)
            unit.apply([heal.as_applied(each) for each in part], cursor, records)
            for standing in Standing:
                unit.set_standing([p.rev_id for p in settled if p.standing is standing], standing.value)
            for each in part:
                self.beside(unit, each)
            parcel_notes.put_head(unit, page.site, page.signed_head, relay=page.relay)
        self._receipts_kept(taken)
        receipts.kept.update(new | old)
        self.tally.note(placed, records)
        if any(each.brought for each in part):
            self.tally.changes |= Changes(ledger=True)

    def beside(self, unit: Unit, each: Checked) -> None:
        """Site keys and photos that an entry brought. Photos of other sites stay at the centre."""
        for key in each.keys:
            unit.put_secret(key.name, key.identity.encode("ascii"))
        if each.brought is not None:
            _keep_brought(unit, each.pulled.entry.site, each.brought)
        if each.placed is None:
            return
        revision = each.placed.signed.revision
        for blob in each.blobs:
            if self.ground.store.blob(blob.id) is None:
                unit.put_blob(
                    BlobRow(
                        blob.id, revision.site, revision.case, revision.rec, blob.ct_len,
                        self._state(blob.id, revision.site), at=revision.at,
                    )
                )  # fmt: skip

    def _state(self, blob_id: str, site: str) -> BlobState:
        if blob_id in self.ground.directory.erased(site):
            return "erased"
        return "wanted" if site == self.ground.site else "absent"

    def _settled(self, part: Sequence[Checked], new: Sequence[Placed]) -> list[Placed]:
        """Revisions held here before the feed named them, at the place it gives them now.

        Only those that the place may change: other people's, doubtful ones, and those of a record of which
        something else is new.
        """
        ground = self.ground
        known = {each.pulled.entry.id: each.pulled.entry.seq for each in part if each.is_held}
        if not known:
            return []
        recs = {each.signed.revision.rec for each in new}
        found = []
        touched = [
            row.env_id
            for row in ground.store.held_in(known)
            if not row.own
            or row.standing != "certified"
            or row.rec in recs
            or not ground.directory.valid_at(row.key_id, None)
        ]
        for row in ground.store.revisions_sealed_in(touched) if touched else ():
            signed, seq = row.read(), known[row.env_id]
            when = When(row.site, seq, row.proven_at)
            found.append(Placed(signed, seq, standing_now(signed, ground.directory, when)))
        return found

    def _note_head(self, before: Cursor, at: int) -> None:
        """The newest signed time, so that a clock that went back is noticed; not at every empty sync."""
        with self.ground.store.transaction() as unit:
            unit.put_cursor(replace(before, head_at=at))

    # --- what waited ---------------------------------------------------------------------------------

    def again(self) -> None:
        """After new certificates or site keys: revisions not yet certified, and entries kept apart."""
        ground = self.ground
        for rows in ground.step(partial(retry.uncertified, ground.store)):
            work = partial(retry.restand, ground.store, ground.directory, ground.project, rows)
            self.tally.note(*ground.step(work))
        for part in ground.step(partial(retry.quarantined, ground.store)):
            checked = retry.reopen(self.inbox, part)
            if checked:
                ground.step(partial(self.one_more, checked))

    def one_more(self, part: Sequence[Checked]) -> None:
        """Entries of one site that were in quarantine: those without trouble leave it."""
        store = self.ground.store
        placed = [each.placed for each in part if each.placed is not None]
        records = self.ground.project(by_case(placed)) if placed else ()
        with store.transaction() as unit:
            site = part[0].pulled.entry.site
            self._leave_quarantine(unit, part)
            unit.apply([each.pulled for each in part], store.cursor(site), records)
            for each in part:
                self.beside(unit, each)
            if store.cursor(site).relay:
                self._at_centre_since(unit, part)
        self.tally.note(placed, records)

    @staticmethod
    def _leave_quarantine(unit: Unit, part: Sequence[Checked]) -> None:
        """Before they are applied: what turns out to be forked there is kept apart anew."""
        for each in part:
            if not each.pulled.trouble:
                unit.drop_quarantine(each.pulled.entry.id)

    def _at_centre_since(self, unit: Unit, part: Sequence[Checked]) -> None:
        """Of what was in quarantine the centre's receipts may have come long ago."""
        for each in part:
            site = each.pulled.entry.site
            for name in (each.pulled.entry.id, *(blob.id for blob in each.blobs)):
                row = self.ground.store.brought_receipt(site, name)
                if row is not None:
                    signed = Signed(row.data, row.sig)
                    keys = self.ground.directory.server_keys(CENTRE)
                    batch = read_receipt(signed, keys) if row.last_seq else None
                    _keep_brought(unit, site, Brought(signed, batch, name))


def _keep_brought(unit: Unit, site: str, brought: Brought) -> None:
    if brought.batch is not None:
        unit.put_receipt(brought.signed, brought.batch, "centre")
    else:
        unit.blob_at_centre(brought.blob, site, brought.signed)


def _parts(entries: Sequence[Checked]) -> Iterator[tuple[int, int]]:
    """(start, end) of each transaction: at most MAX_APPLY entries that bring something. What is held already
    gets its place only, a line each, and fills no transaction: the answer to a push is stored in one."""
    start = fresh = 0
    for at, each in enumerate(entries):
        if fresh == MAX_APPLY and not each.is_held:
            yield start, at
            start, fresh = at, 0
        fresh += not each.is_held
    if start < len(entries):
        yield start, len(entries)
