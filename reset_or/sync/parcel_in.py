"""Taking a parcel in: judged by the same `Inbox` and kept by the same `Keeper` as what a server answers.

First the feeds, which the server signed whoever brings them; then, once the writer is known to be a device of
the trial, envelopes that no feed names yet, as if that device had them here and waits to send them; then the
server's receipts of photos, and the photos. Whatever is here already changes nothing, so files and network
may come in any order and twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from reset_or.base.changes import Changes
from reset_or.base.errors import TrustBroken, UserFixable
from reset_or.base.files import disk_errors, fsync_way, need_room
from reset_or.base.lanes import CancelToken
from reset_or.images.seal import blob_path
from reset_or.revisions.directory import Directory
from reset_or.revisions.envelope import env_id
from reset_or.revisions.receipts import Signed, read_blob_receipt
from reset_or.store.rows import MAX_APPLY, BlobRow
from reset_or.store.rows import Cursor as StoredCursor
from reset_or.sync import epochs, erasure, heal, parcel_notes
from reset_or.sync.ground import Ground, Tally
from reset_or.sync.inbox import Checked, Inbox, by_case, proofs_of
from reset_or.sync.keeper import Keeper
from reset_or.sync.outbox import CENTRE
from reset_or.sync.results import ParcelTaken, SyncProgress, SyncStatus
from reset_or.wire import frames, messages
from reset_or.wire.feed import Receipts, read_head_of
from reset_or.wire.frames import Frame
from reset_or.wire.messages import SiteAnswer, SyncAnswer
from reset_or.wire.parcel import Head, Parcel, PartKind

_RECEIPTS: Final = 20_000


@dataclass
class Taking:
    """Takes one parcel; raises what refuses it as a whole, Cancelled between two steps."""

    ground: Ground
    parcel: Parcel
    status: SyncStatus
    cancel: CancelToken
    progress: Callable[[SyncProgress], None]
    tally: Tally = field(default_factory=Tally)
    relayed: int = 0
    receipts: int = 0
    photos: int = 0
    set_aside: int = 0
    problem: str = ""

    def __post_init__(self) -> None:
        ground = self.ground
        self._inbox = Inbox(ground.study, ground.dev, ground.box_secret, ground.directory, takes_back=True)
        self._keeper = Keeper(ground, self._inbox, self.status, self.tally)
        self._behind: set[str] = set()
        self._done = 0

    def run(self) -> None:
        """Raises UserFixable `parcel_other_study`, `parcel_other_site`, `parcel_device_unknown`,
        `parcel_device_revoked`; TrustBroken `parcel_changed` before anything is used, and as a sync does
        where the server's own words do not fit (`feed_differs`, `device_forked`, ...).
        """
        ground = self.ground
        self.cancel.check()
        _check_whose(ground, self.parcel.head)
        self.parcel.check_records()
        self._inbox.learn(ground.step(lambda: epochs.keys_in(ground.store.secrets(epochs.prefix()))))
        self._each("feed", self._feed)
        _check_writer(ground.directory, self.parcel.head)
        self._each("unsent", self._unsent)
        erasure.carry_out(ground, self.tally)
        self._each("receipts", self._receipts)
        ground.step(self._note)
        self._each("photo", self._photo)
        if self.parcel.torn:
            self.problem = "parcel_torn"

    def result(self) -> ParcelTaken:
        """What was new, also after an error."""
        return ParcelTaken(
            changes=self.tally.changes | Changes(ledger=True), written_at=self.parcel.head.at,
            pulled=self.tally.pulled, relayed=self.relayed, receipts=self.receipts, photos=self.photos,
            set_aside=self.set_aside, problem=self.problem,
        )  # fmt: skip

    def _note(self) -> None:
        store = self.ground.store
        with store.transaction() as unit:
            parcel_notes.note_reached(store, unit, self.parcel.head)
            parcel_notes.note_taken(unit, self.ground.clock.now_at())

    # --- one part after the other ---------------------------------------------------------------------

    def _each(self, kind: PartKind, take: Callable[[int], None]) -> None:
        for number, part in enumerate(self.parcel.head.parts):
            if part.kind != kind or not self.parcel.is_whole(number):
                continue
            self.cancel.check()
            if self.ground.site in (CENTRE, part.site):
                take(number)
            self._done += part.length
            self._say(self._done, part.sha256 if kind == "photo" else "")

    def _say(self, done: int, item: str = "") -> None:
        self.progress(SyncProgress("parcel_in", done, self.parcel.total, item))

    def _later(self, code: str, number: int = 1) -> None:
        """Something that cannot be used now; the first reason is told."""
        self.set_aside += number
        self.problem = self.problem or code

    # --- feeds ----------------------------------------------------------------------------------------

    def _feed(self, number: int) -> None:
        site = self.parcel.head.parts[number].site
        answer = messages.decode_answer(self.parcel.read(number))
        if answer.outcome != "ok" or [said.site for said in answer.sites] != [site]:
            raise TrustBroken("parcel_changed", part="feed")
        said = answer.sites[0]
        cursor = self.ground.step(partial(self._cursor, said, answer.feed))
        new = tuple(entry for entry in said.entries if entry.seq > cursor.seq)
        if cursor.feed not in ("", answer.feed):
            self._later("parcel_other_feed", len(said.entries))
        elif new and new[0].seq != cursor.seq + 1:
            self._later("parcel_gap", len(new))
        elif new:
            self._page(answer, replace(said, entries=new), cursor)

    def _cursor(self, said: SiteAnswer, feed: str) -> StoredCursor:
        """The place to go on from: the beginning of a feed that the server made anew since, as it is when the
        server says so itself."""
        store = self.ground.store
        cursor = store.cursor(said.site)
        if cursor.feed in ("", feed) or not said.entries or said.entries[0].seq != 1:
            return cursor
        head, central = read_head_of(said, feed, self.ground.directory)
        if cursor.relay == central or head.at <= cursor.head_at:
            return cursor  # the feed of another server: what it has not brought yet waits for that one
        cursor = StoredCursor(said.site, feed, head_at=cursor.head_at, relay=not central)
        with store.transaction() as unit:
            unit.put_cursor(cursor)
            unit.forget_feed(said.site, 0)
        return cursor

    def _page(self, answer: SyncAnswer, said: SiteAnswer, cursor: StoredCursor) -> None:
        names = [entry.id for entry in said.entries if entry.kind == "env"]
        held = self.ground.step(partial(self.ground.store.has_envelopes, names))
        receipts = Receipts(answer.receipts, self.ground.directory, answer.feed)
        self._keeper.page(self._inbox.page(answer, said, cursor, receipts, held), cursor, receipts)

    # --- envelopes without a place --------------------------------------------------------------------

    def _unsent(self, number: int) -> None:
        site = self.parcel.head.parts[number].site
        request = messages.decode_request(self.parcel.read(number))
        proofs = proofs_of(request.proofs, site, self.ground.directory.server_keys())
        for start in range(0, len(request.envelopes), MAX_APPLY):
            self.cancel.check()
            part = request.envelopes[start : start + MAX_APPLY]
            held = self.ground.step(partial(self._held, part))
            checked = [
                self._inbox.unplaced(site, frame, proofs) for frame in part if env_id(frame.hdr) not in held
            ]
            good = [each for each in checked if not each.pulled.trouble]
            for each in checked:
                if each.pulled.trouble:
                    self._later(each.pulled.trouble)
            if good:
                self.ground.step(partial(self._keep, good))
            if any(each.keys for each in good):
                self._keeper.again()

    def _held(self, part: Sequence[Frame]) -> frozenset[str]:
        return self.ground.store.has_envelopes([env_id(frame.hdr) for frame in part])

    def _keep(self, checked: Sequence[Checked]) -> None:
        """Those that go on their chains: own ones are taken back, others' wait here to be sent."""
        store = self.ground.store
        good = self._in_chain(checked)
        placed = [each.placed for each in good if each.placed is not None]
        records = self.ground.project(by_case(placed)) if placed else ()
        with store.transaction() as unit:
            heal.take_back(unit, store, good)
            unit.hold([each.pulled for each in good if not each.own], records)
            for each in good:
                self._keeper.beside(unit, each)
        self.relayed += len(good)
        self.tally.note(placed, records)

    def _in_chain(self, checked: Sequence[Checked]) -> list[Checked]:
        heads: dict[tuple[str, str], tuple[int, str]] = {}
        good = []
        for each in checked:
            assert each.pulled.envelope is not None
            header, name = each.pulled.envelope.header, each.pulled.envelope.env_id
            place = header.site, header.dev
            if place not in heads:
                known = self.ground.store.chain_head(*place)
                heads[place] = known.n, known.env_id
            n, before = heads[place]
            if (header.n, header.prev) == (n + 1, before):
                heads[place] = header.n, name
                good.append(each)
            else:
                self._later("chain_waits" if header.n > n + 1 else "chain_forked")
        return good

    # --- photos ---------------------------------------------------------------------------------------

    def _receipts(self, number: int) -> None:
        site = self.parcel.head.parts[number].site
        if not self.ground.step(partial(self._same_history, site)):
            self._later("parcel_other_feed", self.parcel.head.parts[number].count)
            return
        found = frames.decode_frames(self.parcel.read(number), most=_RECEIPTS)
        for start in range(0, len(found), MAX_APPLY):
            part = [frames.frame_signed(frame) for frame in found[start : start + MAX_APPLY]]
            self.ground.step(partial(self._keep_receipts, part))

    def _same_history(self, site: str) -> bool:
        """Whether the writer's feed is ours: a server that lost photos since has receipted them all the same,
        and they are offered to it again."""
        store = self.ground.store
        place = next((p for p in self.parcel.head.cursors if p.site == site), None)
        if place is None or place.feed != store.cursor(site).feed:
            return False
        entry = store.entry(site, place.seq)
        return entry is not None and entry.feed_hash == place.feed_hash

    def _keep_receipts(self, part: Sequence[Signed]) -> None:
        store, keys = self.ground.store, self.ground.directory.server_keys(CENTRE)
        with store.transaction() as unit:
            for signed in part:
                blob_id, length, _at = read_blob_receipt(signed, keys)
                row = store.blob(blob_id)
                if row is None or row.centre_receipt is not None or row.length != length:
                    continue
                if store.cursor(row.site).relay:
                    unit.blob_at_centre(blob_id, row.site, signed)
                else:
                    unit.blob_receipted(blob_id, signed)
                self.receipts += 1

    def _photo(self, number: int) -> None:
        """A photo that a verified record names and that is not here yet, under its hash."""
        part = self.parcel.head.parts[number]
        if part.sha256 in self.ground.directory.erased(part.site):
            return
        row = self.ground.step(partial(self.ground.store.blob, part.sha256))
        if row is None or row.length != part.length:
            self._later("photo_not_named")
            return
        path = blob_path(self.ground.home.blobs, row.id)
        try:
            if not path.exists():
                need_room(path.parent, row.length)
                self._fetch(number, path)
        except TrustBroken as error:  # its file is spoilt; the next one may be good
            self._later(error.code)
            return
        if row.state != "local":
            self.ground.step(partial(self._has_photo, row))

    def _fetch(self, number: int, path: Path) -> None:
        temporary = path.with_name(path.name + ".taken")
        try:
            with disk_errors():
                path.parent.mkdir(parents=True, exist_ok=True)
                with temporary.open("wb") as stream:
                    for piece in self.parcel.pieces(number):
                        self.cancel.check()
                        stream.write(piece)
                        self._say(self._done + stream.tell(), path.name)
                    stream.flush()
                    os.fsync(stream.fileno())
                temporary.replace(path)
                fsync_way(path, path.parents[2])
        finally:
            temporary.unlink(missing_ok=True)

    def _has_photo(self, row: BlobRow) -> None:
        with self.ground.store.transaction() as unit:
            unit.put_blob(replace(row, state="local"))
        self.photos += 1
        self.tally.changes |= Changes(frozenset({row.rec}), frozenset({row.case}), ledger=True)


def _check_whose(ground: Ground, head: Head) -> None:
    if head.study != ground.study:
        raise UserFixable("parcel_other_study", study=head.study)
    for_us = not head.parts or any(part.site == ground.site for part in head.parts)
    if ground.site not in (CENTRE, head.site) and not (head.site == CENTRE and for_us):
        raise UserFixable("parcel_other_site", site=head.site)


def _check_writer(directory: Directory, head: Head) -> None:
    """After the feeds: they may bring the statement that admits the writer, or the one that ends it."""
    grant = directory.grant(head.dev)
    if grant is None or (grant.kind, grant.site) != ("device", head.site):
        raise UserFixable("parcel_device_unknown", device=head.dev[:8])
    if not directory.valid_at(head.dev, None):
        raise UserFixable("parcel_device_revoked", device=head.dev[:8])
