"""Writing a parcel: what the other side may lack, streamed into one file that is whole or not there.

For each site of this device: the feed from the place that every other device of the site is known to have,
then every envelope that has no place in the feed yet, the server's receipts of photos, and the photos that
no receipt names. Statements travel at their place in the feed only: without one a revocation would undo what
was good before it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.files import disk_errors, fsync_folder
from reset_or.base.lanes import CancelToken
from reset_or.images.seal import blob_path
from reset_or.revisions import signing
from reset_or.revisions.receipts import Signed, SiteHead, read_head
from reset_or.store.rows import BlobRow, EntryRow, StoredEnvelope
from reset_or.sync import parcel_notes
from reset_or.sync.ground import Ground
from reset_or.sync.outbox import CENTRE, frame_of
from reset_or.sync.results import ParcelWritten, SyncProgress
from reset_or.wire import messages, parcel
from reset_or.wire.frames import Frame, encode_frames, signed_frame
from reset_or.wire.messages import Entry, SiteAnswer, SyncAnswer, SyncRequest
from reset_or.wire.parcel import Head, Part, PartKind, Place, part_of

if TYPE_CHECKING:
    from reset_or.store.store import Store

MOST_BYTES: Final = (4 << 30) - (1 << 20)
"""A stick formatted with FAT32 takes no larger file; photos beyond it wait for the next parcel."""
_SPOOL: Final = 8 << 20
_RECEIPTS: Final = 20_000
_ROOM: Final = messages.MAX_REQUEST - 64 * 1024


class _SpoiltPhoto(Exception):
    """The file here is not what its name says any more."""

    def __init__(self, blob_id: str) -> None:
        super().__init__(blob_id)
        self.blob_id = blob_id


@dataclass
class Packing:
    """Writes one parcel. `progress` hears of bytes; `cancel` is asked between two pieces."""

    ground: Ground
    key: Ed25519PrivateKey
    cancel: CancelToken
    progress: Callable[[SyncProgress], None]
    most_bytes: int = MOST_BYTES

    def write(self, target: Path, sites: Sequence[str] = ()) -> ParcelWritten:
        """The file under its name, durable; before that nothing of that name, and after an error neither.

        `sites`: of a centre's device, whose feeds to carry; all where none is named. Raises
        EnvironmentTrouble `disk_full`, `folder_not_writable`, `file_vanished` (no such folder); Cancelled.
        """
        self.cancel.check()
        wanted = self._sites(sites)
        photos, spoilt = self.ground.step(partial(self._photos, wanted)), 0
        with disk_errors(), tempfile.SpooledTemporaryFile(_SPOOL, dir=str(target.parent)) as records:
            parts = self._records(wanted, records)
            room = self.most_bytes - records.tell()
            while True:
                head, taken = self._head(wanted, parts, photos, room)
                try:
                    size = self._file(target, head, records, taken)
                except _SpoiltPhoto as error:
                    photos, spoilt = [row for row in photos if row.id != error.blob_id], spoilt + 1
                    continue
                break
        self.ground.step(partial(self._note, head.at))
        return ParcelWritten(
            at=head.at, size=size, entries=_count(parts, "feed"), unsent=_count(parts, "unsent"),
            receipts=_count(parts, "receipts"), photos=len(taken), photos_left=len(photos) - len(taken),
            problem="blob_damaged" if spoilt else "",
        )  # fmt: skip

    def _sites(self, named: Sequence[str]) -> list[str]:
        if self.ground.site != CENTRE:
            return [self.ground.site]
        known = self.ground.step(self.ground.directory.sites)
        return [site for site in known if site in named or not named]

    def _photos(self, sites: Sequence[str]) -> list[BlobRow]:
        """Those that no receipt of the centre names, with a file of the right length."""
        erased = {blob for site in sites for blob in self.ground.directory.erased(site)}
        waiting = [*self.ground.store.blobs_to_send(), *self.ground.store.blobs_at_relay()]
        rows = [row for row in waiting if row.site in sites and row.id not in erased]
        paths = {row.id: blob_path(self.ground.home.blobs, row.id) for row in rows}
        return [r for r in rows if paths[r.id].is_file() and paths[r.id].stat().st_size == r.length]

    def _head(
        self, sites: Sequence[str], parts: Sequence[Part], photos: Sequence[BlobRow], room: int
    ) -> tuple[Head, list[BlobRow]]:
        """The head of the file, and the photos there is room for, the longest waiting first."""
        taken: list[BlobRow] = []
        for row in photos:
            room -= row.length
            if room < 0 or len(parts) + len(taken) == parcel.MAX_PARTS:
                break
            taken.append(row)
        cursors = [c for c in self.ground.step(self.ground.store.cursors) if c.site in sites]
        return Head(
            study=self.ground.study, site=self.ground.site, key=signing.public_bytes(self.key),
            at=self.ground.clock.now_at(),
            cursors=tuple(Place(c.site, c.feed, c.seq, c.feed_hash) for c in cursors),
            parts=(*parts, *(Part("photo", row.site, row.length, row.id, 1) for row in taken)),
        ), taken  # fmt: skip

    def _note(self, at: int) -> None:
        store = self.ground.store
        if store.read_only != "store_unwritable":
            with store.transaction() as unit:
                parcel_notes.note_written(unit, at)

    # --- the parts that are no photos -----------------------------------------------------------------

    def _records(self, sites: Sequence[str], stream: IO[bytes]) -> list[Part]:
        reading = _Reading(self.ground)
        parts = []
        makers: tuple[tuple[PartKind, Callable[[str], Iterator[tuple[bytes, int]]]], ...] = (
            ("feed", reading.feed), ("unsent", reading.unsent), ("receipts", reading.receipts),
        )  # fmt: skip
        for kind, made in makers:
            for site in sites:
                for data, count in made(site):
                    self.cancel.check()
                    stream.write(data)
                    parts.append(part_of(kind, site, data, count))
                    self.progress(SyncProgress("parcel_out", stream.tell(), 0))
        return parts

    # --- the file -------------------------------------------------------------------------------------

    def _file(self, target: Path, head: Head, records: IO[bytes], photos: Sequence[BlobRow]) -> int:
        temporary = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with temporary.open("xb") as stream:
                self._fill(stream, head, records, photos)
                stream.flush()
                os.fsync(stream.fileno())
                size = stream.tell()
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        fsync_folder(target.parent)
        return size

    def _fill(self, stream: IO[bytes], head: Head, records: IO[bytes], photos: Sequence[BlobRow]) -> None:
        stream.write(parcel.encode_head(self.key, head))
        total = stream.tell() + sum(part.length for part in head.parts)
        left = sum(part.length for part in head.parts if part.kind != "photo")
        records.seek(0)
        while left:
            left -= self._write(stream, records.read(min(parcel.PIECE, left)), total)
        for row in photos:
            digest = hashlib.sha256()
            with blob_path(self.ground.home.blobs, row.id).open("rb") as sealed:
                while piece := sealed.read(parcel.PIECE):
                    digest.update(piece)
                    self._write(stream, piece, total, row.id)
            if digest.hexdigest() != row.id:
                raise _SpoiltPhoto(row.id)

    def _write(self, stream: IO[bytes], piece: bytes, total: int, item: str = "") -> int:
        self.cancel.check()
        stream.write(piece)
        self.progress(SyncProgress("parcel_out", stream.tell(), total, item))
        return len(piece)


@dataclass
class _Reading:
    """Reads parts from the store, each in one step on its lane."""

    ground: Ground
    _statements: dict[str, Frame] = field(default_factory=dict)
    _set_aside: dict[str, Frame] = field(default_factory=dict)

    def feed(self, site: str) -> Iterator[tuple[bytes, int]]:
        """Answers as the server gave them, from the place that the others are known to have."""
        after, head = self.ground.step(partial(self._begin, site))
        while head is not None:
            answer = self.ground.step(partial(self._answer, site, after, head))
            if answer is None:
                break
            entries = answer.sites[0].entries
            after = entries[-1].seq
            yield messages.encode_answer(answer), len(entries)

    def _begin(self, site: str) -> tuple[int, tuple[Signed, SiteHead] | None]:
        store, directory = self.ground.store, self.ground.directory
        if not self._statements:
            self._statements = {row.stmt_id: Frame(row.data, row.sig) for row in store.statements()}
            self._set_aside = {row.id: Frame(row.hdr, row.sig, row.body) for row in store.quarantined()}
        cursor = store.cursor(site)
        signed = parcel_notes.head_of(store, site, relay=cursor.relay)
        if signed is None or not cursor.seq:
            return 0, None
        head = read_head(signed, directory.server_keys(site if cursor.relay else CENTRE))
        others = [
            grant.key_id
            for grant in directory.devices(site)
            if grant.key_id != self.ground.dev and directory.valid_at(grant.key_id, None)
        ]
        after = parcel_notes.reached_by_all(store, others, site, cursor.feed)
        return min(after, cursor.seq), (signed, head) if head.feed == cursor.feed else None

    def _answer(self, site: str, after: int, head: tuple[Signed, SiteHead]) -> SyncAnswer | None:
        store, (signed, newest) = self.ground.store, head
        rows = store.entries(site, after, messages.MAX_FRAMES)
        envelopes = {e.env_id: e for e in store.envelopes([r.id for r in rows if r.kind == "env"])}
        receipts = _Receipts(store)
        entries: list[Entry] = []
        octets = 0
        for row in rows:
            frame = self._frame(row, envelopes.get(row.id))
            receipt = receipts.place(row.receipt)
            octets += frame.size if frame is not None else 0
            if frame is None or receipt is None or octets > messages.MAX_ANSWER_FRAMES:
                break
            held = envelopes.get(row.id)
            proof = receipts.place(held.proof) if held is not None and held.proof else None
            entries.append(
                Entry(row.seq, row.kind, row.id, row.received_at, receipt, frame, bool(frame.body), proof)
            )
        if not entries:
            return None
        said = SiteAnswer(site, signed, entries=tuple(entries), more=entries[-1].seq != newest.seq)
        return SyncAnswer(
            "ok", newest.feed, nonce="0", at=newest.at, receipts=tuple(receipts.found), sites=(said,)
        )

    def _frame(self, row: EntryRow, held: StoredEnvelope | None) -> Frame | None:
        if row.kind == "stmt":
            return self._statements.get(row.id) or self._set_aside.get(row.id)
        if row.kind == "rcpt":
            brought = self.ground.store.receipt(row.id)
            return self._set_aside.get(row.id) if brought is None else Frame(brought.data, brought.sig)
        if held is None:
            return self._set_aside.get(row.id)
        return frame_of(held, self.ground.directory)

    def unsent(self, site: str) -> Iterator[tuple[bytes, int]]:
        """Requests with the envelopes that have no place in the feed, each chain in order."""
        ids = self.ground.step(partial(self.ground.store.unplaced, site))
        while ids:
            request = self.ground.step(partial(self._request, ids[: messages.MAX_FRAMES]))
            yield messages.encode_request(request), len(request.envelopes)
            ids = ids[len(request.envelopes) :]

    def _request(self, ids: Sequence[str]) -> SyncRequest:
        """As many of them as one request holds, with the old receipts that they need."""
        store, proofs = self.ground.store, _Receipts(self.ground.store)
        found = {row.env_id: row for row in store.envelopes(ids)}
        frames: list[Frame] = []
        octets = 0
        for env_id in ids:
            row = found[env_id]
            frame = frame_of(row, self.ground.directory)
            octets += frame.size
            if frames and octets + proofs.octets > _ROOM:
                break
            proofs.place(row.proof or row.receipt)
            frames.append(frame)
        return SyncRequest(envelopes=tuple(frames), proofs=tuple(proofs.found))

    def receipts(self, site: str) -> Iterator[tuple[bytes, int]]:
        """The centre's receipts of photos."""
        rows = [row for row in self.ground.step(self.ground.store.blobs) if row.site == site]
        held = [row.centre_receipt for row in rows]
        frames = [signed_frame(Signed(*said)) for said in held if said is not None]
        for start in range(0, len(frames), _RECEIPTS):
            part = frames[start : start + _RECEIPTS]
            yield encode_frames(part), len(part)


@dataclass
class _Receipts:
    """The receipts of one message, each once; `octets` of their frames."""

    store: Store
    found: list[Signed] = field(default_factory=list)
    octets: int = 0
    _places: dict[str, int] = field(default_factory=dict)

    def place(self, receipt_id: str) -> int | None:
        """Its place in the answer; None for one that is not kept here."""
        if not receipt_id:
            return None
        if receipt_id not in self._places:
            row = self.store.receipt(receipt_id)
            if row is None:
                return None
            self._places[receipt_id] = len(self.found)
            self.found.append(Signed(row.data, row.sig))
            self.octets += signed_frame(self.found[-1]).size
        return self._places[receipt_id]


def _count(parts: Sequence[Part], kind: PartKind) -> int:
    return sum(part.count for part in parts if part.kind == kind)
