"""Sealed photos, up and down, as streams: what a cut leaves behind is gone on from, not begun again.

Only sealed bytes pass here. A photo counts as arrived when the server's receipt for it is verified and
kept; a fetched one takes its place only after its hash is that of its name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from reset_or.base.changes import Changes
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken
from reset_or.base.files import disk_errors, fsync_way, need_room
from reset_or.base.lanes import Cancelled, CancelToken
from reset_or.images.seal import blob_path
from reset_or.revisions.receipts import Signed
from reset_or.store.rows import BlobRow
from reset_or.sync.flow import Limit, Stride
from reset_or.sync.ground import Ground, Tally
from reset_or.sync.results import SyncProgress, SyncStatus
from reset_or.wire.blobs import PIECE, PutAnswer
from reset_or.wire.client import ServerProblem
from reset_or.wire.feed import read_blob_receipt_of
from reset_or.wire.transport import FilePart

_MOST_REFUSALS = 3
_MOST_IDLE = 2
_TELL = 256 * 1024
Progress = Callable[[SyncProgress], None]
_GO_ON = frozenset({"blob_not_named", "blob_not_here", "quota_site", "blob_vanished", "blob_damaged"})
"""Troubles of one photo that do not keep the next one waiting."""


@dataclass
class Photos:
    """Moves photos whose records the server has. `up`, `down`: how many arrived."""

    ground: Ground
    status: SyncStatus
    tally: Tally
    cancel: CancelToken
    progress: Progress
    limit: Limit
    stride: Stride
    up: int = 0
    down: int = 0

    def run(self) -> None:
        """Raises EnvironmentTrouble for the network and the disk, Cancelled between two pieces."""
        store = self.ground.store
        found = self.ground.step(store.waiting)
        if found.photos:
            self._all("photos_up", self.ground.step(self._to_send), self._upload)
        if found.wanted:
            self._all("photos_down", self.ground.step(store.blobs_wanted), self._download)

    def _to_send(self) -> list[BlobRow]:
        """Photos whose records the server has: never a photo before its record."""
        store = self.ground.store
        waiting = store.blobs_to_send()
        unsent = {row.rec for row in store.ledger() if row.revisions} if waiting else ()
        return [row for row in waiting if row.rec not in unsent]

    def _all(self, phase: str, rows: list[BlobRow], one: Callable[[BlobRow, _Meter], None]) -> None:
        meter = _Meter(phase, sum(row.length for row in rows), self.progress)
        for row in rows:
            self.status.photos_sending = frozenset({row.rec})
            try:
                one(row, meter)
            except ResetOrError as error:
                if error.code not in _GO_ON:
                    raise
                self.tally.refused[row.rec] = error.code
                self.tally.problem = self.tally.problem or error.code
            finally:
                self.status.photos_sending, self.status.photos_sent = frozenset(), {}
            meter.finished(row.length)

    # --- up ------------------------------------------------------------------------------------------

    def _upload(self, row: BlobRow, meter: _Meter) -> None:
        path = blob_path(self.ground.home.blobs, row.id)
        if not path.exists():
            raise TrustBroken("blob_vanished", blob=row.id)
        offset, receipt = self.ground.client.blob_offset(row.id)
        way = _Way(self, row, path, meter)
        while receipt is None:
            self.cancel.check()
            try:
                offset, receipt = way.go_on(offset)
            except Cancelled:
                # What went before is on its way to the server; it says itself how much when it goes on.
                offset = max(offset, self.status.photos_sent.get(row.id, 0) // PIECE * PIECE)
                self.ground.step(partial(self._sent, row.id, offset))
                raise
            if receipt is None:
                self.ground.step(partial(self._sent, row.id, offset))
        self.ground.step(partial(self._receipted, row, receipt))
        self.up += 1

    def send(self, row: BlobRow, part: FilePart, meter: _Meter) -> PutAnswer:
        """One request; raises Cancelled after a whole piece, where the server keeps all that came before."""
        done = part.start

        def pace(count: int) -> None:
            nonlocal done
            if done > part.start and done % PIECE == 0:
                self.cancel.check()
            self.limit.take(count)
            done += count
            self.status.photos_sent = {row.id: done}
            meter.at(row.id, done)

        return self.ground.client.blob_put(row.id, part, row.length, pace)

    def _sent(self, blob_id: str, offset: int) -> None:
        with self.ground.store.transaction() as unit:
            unit.blob_progress(blob_id, offset)

    def _receipted(self, row: BlobRow, receipt: Signed, *, here: bool = False) -> None:
        blob_id, length, central = read_blob_receipt_of(receipt, self.ground.directory, row.site)
        if (blob_id, length) != (row.id, row.length):
            raise TrustBroken("receipt_wrong", blob=row.id)
        self.tally.changes |= Changes(records=frozenset({row.rec}), ledger=True)
        with self.ground.store.transaction() as unit:
            if here:
                unit.put_blob(replace(row, state="local"))
            unit.blob_receipted(row.id, receipt, relay=not central)

    # --- down ----------------------------------------------------------------------------------------

    def _download(self, row: BlobRow, meter: _Meter) -> None:
        _offset, receipt = self.ground.client.blob_offset(row.id)
        if receipt is None:
            return  # named already, and still on its way from the other device
        path = blob_path(self.ground.home.blobs, row.id)
        part = path.with_name(path.name + ".part")
        with disk_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                need_room(path.parent, row.length)
                self._fetch(row, part, meter)
                _take_place(part, path, row.id)
        self.ground.step(partial(self._receipted, row, receipt, here=True))
        self.down += 1

    def _fetch(self, row: BlobRow, part: Path, meter: _Meter) -> None:
        with part.open("ab") as stream:
            if stream.tell() > row.length:
                stream.truncate(0)

            def pace(count: int) -> None:
                self.cancel.check()
                self.limit.take(count)
                meter.at(row.id, stream.tell())

            while (offset := stream.tell()) < row.length:
                meter.at(row.id, offset)
                self.cancel.check()
                try:
                    self.ground.client.blob_get(row.id, offset, row.length, _writer(stream), pace)
                except EnvironmentTrouble as error:
                    if not _is_cut(error) or stream.tell() == offset:
                        raise
            stream.flush()
            os.fsync(stream.fileno())


@dataclass
class _Way:
    """One photo on its way up, request by request. A cut is gone on from as long as anything arrives."""

    photos: Photos
    row: BlobRow
    path: Path
    meter: _Meter
    _refusals: int = 0
    _idle: int = 0
    _asks: bool = False

    def go_on(self, offset: int) -> tuple[int, Signed | None]:
        """(bytes the server has now, its receipt once it has all)."""
        self.meter.at(self.row.id, offset)
        stride, asks = self.photos.stride, self._asks
        end = offset if asks else min(self.row.length, offset + stride.begin())
        try:
            said = self.photos.send(self.row, FilePart(self.path, offset, end), self.meter)
        except ServerProblem as refused:
            return self._refused(refused), None
        except EnvironmentTrouble as error:
            if not _is_cut(error):
                raise
            return self._after_cut(offset, error)
        self._asks = False
        if not asks:
            if said.receipt is None and said.offset <= offset:
                raise EnvironmentTrouble("server_not_ours", blob=self.row.id)
            stride.arrived()
        return said.offset, said.receipt

    def _after_cut(self, offset: int, error: EnvironmentTrouble) -> tuple[int, Signed | None]:
        """What the server holds now. A refusal may get lost behind a body that nobody reads: after a cut that
        brought nothing on, one request without a body asks whether this was a refusal."""
        self.photos.stride.cut()
        held, receipt = self.photos.ground.client.blob_offset(self.row.id)
        if receipt is None and held <= offset:
            self._idle += 1
            if self._idle > _MOST_IDLE:
                raise error
            self._asks = True
        return held, receipt

    def _refused(self, refused: ServerProblem) -> int:
        """Another offset is right, or all begins anew: then the file here must be what its name says."""
        if refused.problem.code == "blob_hash_differs" and _hash(self.path) != self.row.id:
            raise TrustBroken("blob_damaged", blob=self.row.id)
        self._refusals += 1
        if self._refusals > _MOST_REFUSALS:
            raise EnvironmentTrouble("server_not_ours", blob=self.row.id)
        self._asks = False
        return refused.problem.offset or 0


@dataclass
class _Meter:
    """Bytes of one phase, finished photos and the one under way; says so every few chunks."""

    phase: str
    total: int
    progress: Progress
    done: int = 0
    _said: int = -_TELL

    def at(self, blob_id: str, offset: int) -> None:
        if abs(self.done + offset - self._said) >= _TELL:
            self._say(self.done + offset, blob_id)

    def finished(self, length: int) -> None:
        self.done += length
        self._say(self.done, "")

    def _say(self, done: int, blob_id: str) -> None:
        self._said = done
        self.progress(SyncProgress(self.phase, done, self.total, blob_id))


def _is_cut(error: EnvironmentTrouble) -> bool:
    """The connection broke on the way, as against a network or a server that is away."""
    return error.code == "server_unreachable" and error.details.get("reason") == "cut"


def _writer(stream: BinaryIO) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        stream.write(data)

    return write


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _take_place(part: Path, path: Path, blob_id: str) -> None:
    """The finished file under its own name, or nothing: a wrong one is thrown away and fetched anew."""
    if _hash(part) != blob_id:
        part.unlink()
        raise TrustBroken("blob_damaged", blob=blob_id)
    part.replace(path)
    fsync_way(path, path.parents[2])
