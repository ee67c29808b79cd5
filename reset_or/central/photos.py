"""Sealed photos: who may bring or fetch one, how far it is, and the receipt for a whole one.

A photo is taken only when an accepted envelope of a site that the caller may use names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble
from reset_or.central import tables
from reset_or.central.database import Database
from reset_or.central.door import Caller
from reset_or.central.options import Options
from reset_or.central.pieces import BlobStore
from reset_or.central.quota import add_photo, held
from reset_or.central.refusal import Refused
from reset_or.revisions.receipts import Signed, sign_blob_receipt
from reset_or.wire.blobs import MAX_BLOB, PIECE


@dataclass(frozen=True)
class Photo:
    """What the server knows of a photo. `length` and `receipt` are None until it is complete, and again where
    its file is gone: then `counted` is how many bytes the site's quota counts for it already."""

    id: str
    site: str
    offset: int
    length: int | None = None
    receipt: Signed | None = None
    counted: int = 0


@dataclass(frozen=True)
class PhotoDesk:
    """Calls block; use worker threads."""

    database: Database
    store: BlobStore
    key: Ed25519PrivateKey
    options: Options

    def look(self, caller: Caller, blob_id: str) -> Photo:
        """Raises Refused("blob_not_named") for a photo that is not the caller's business.

        A receipt is shown only while the file is there: one that was lost is taken again from any device that
        has it, which devices offer after a new feed (`restored`). Its first receipt stays the receipt.
        """
        ref, blob = tables.blob_ref, tables.blob
        with self.database.reading() as connection:
            named = connection.scalars(sa.select(ref.c.site).where(ref.c.blob == blob_id)).all()
            sites = sorted(site for site in set(named) if caller.view.may_use(caller.device, site))
            if not sites or any(blob_id in caller.view.directory.erased(site) for site in sites):
                raise Refused("blob_not_named")
            row = connection.execute(sa.select(blob).where(blob.c.id == blob_id)).first()
        size = self.store.size(blob_id)
        if row is not None and size == row.len:
            return Photo(blob_id, sites[0], row.len, row.len, Signed(row.data, row.sig))
        if row is not None:
            log.event("photo_missing", blob=blob_id)
            return Photo(blob_id, sites[0], self.store.offset(blob_id), counted=row.len)
        # Whole without a row: the server died between the two, and only the row is to be made.
        return Photo(blob_id, sites[0], self.store.offset(blob_id) if size is None else size)

    def begin(self, photo: Photo, offset: int, length: int) -> None:
        """Whether `length` bytes may be brought from `offset` on; raises Refused."""
        if not 0 < length <= MAX_BLOB:
            raise Refused("request_too_large")
        there = photo.offset
        if (there % PIECE and there != length) or there > length:
            # Pieces that belong to another length: start again.
            self.store.discard(photo.id)
            there = 0
        if offset > length:
            raise Refused("request_malformed", why="length")
        if offset != there:
            raise Refused("blob_offset", offset=there)
        with self.database.reading() as connection:
            new = length - photo.counted
            if new > 0 and held(connection, photo.site).octets + new > self.options.bytes_per_site:
                raise Refused("quota_site", retry_s=3600)

    def finish(self, photo: Photo, length: int, now: int) -> Signed:
        """Makes the photo whole and gives its receipt; raises Refused("blob_hash_differs").

        The file is durable before the row; should the server die between them, the next try finds the file.
        """
        if not self.store.finish(photo.id, length):
            raise Refused("blob_hash_differs", offset=0)
        signed = sign_blob_receipt(self.key, blob=photo.id, length=length, at=now)
        blob = tables.blob
        row = {
            "id": photo.id, "site": photo.site, "len": length, "received_ms": now,
            "data": signed.data, "sig": signed.sig,
        }  # fmt: skip
        with self.database.writing() as connection:
            self.database.lock(connection, [photo.site])
            if connection.scalar(sa.select(blob.c.len).where(blob.c.id == photo.id)) is None:
                add_photo(connection, photo.site, length)
            self.database.insert_new(connection, blob, [row])
            kept = connection.execute(sa.select(blob.c.data, blob.c.sig).where(blob.c.id == photo.id)).one()
        self._drop_pieces(photo.id)
        return Signed(kept.data, kept.sig)

    def chunks(self, photo: Photo, start: int, end: int) -> Iterator[bytes]:
        """The bytes of a complete photo that `look` has just seen."""
        found = self.store.read(photo.id, start, end)
        return chain([next(found, b"")], found)

    def _drop_pieces(self, blob_id: str) -> None:
        try:
            self.store.discard(blob_id)
        except EnvironmentTrouble as error:  # the photo is safe; what is left goes with the next sweep
            log.event("pieces_left", code=error.code)
