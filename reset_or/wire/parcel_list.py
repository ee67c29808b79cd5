"""What a parcel holds, for whoever must know what leaves or enters a house: ids, kinds, sizes, dates.

Needs no key and no installation. It shows that the file is as its writer signed it; that the writer is a
device of the trial, and that every entry is what it claims, only a device of the trial can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import parse
from reset_or.revisions.envelope import env_id, read_envelope
from reset_or.revisions.statements import read_statement
from reset_or.wire import frames, messages
from reset_or.wire.frames import Frame
from reset_or.wire.parcel import Parcel

_MAX_RECEIPTS = 20_000


@dataclass(frozen=True)
class Listed:
    """One thing in the file. `kind`: record, keys, photo, receipt (of a photo), or a statement's type.

    `at`: when the coordinating centre received it, UTC ms; None where it has not. `dev`: the device that
    sealed it, "" for photos and what the server signed. `size` in bytes; `whole` False where the file is cut
    off before its end.
    """

    id: str
    kind: str
    site: str
    size: int
    at: int | None = None
    dev: str = ""
    whole: bool = True


@dataclass(frozen=True)
class Listing:
    """`device`: the writer; `at`: its clock; `torn`: bytes are missing at the end."""

    parcel: str
    study: str
    site: str
    device: str
    at: int
    size: int
    torn: bool
    items: tuple[Listed, ...]


def listing(parcel: Parcel) -> Listing:
    """Everything in the file, photos held against their hash too; raises TrustBroken("parcel_changed")."""
    head = parcel.head
    found = tuple(item for number in range(len(head.parts)) for item in _items(parcel, number))
    return Listing(
        parcel.id, head.study, head.site, head.dev, head.at, parcel.size, parcel.torn, found
    )  # fmt: skip


def _items(parcel: Parcel, number: int) -> Iterator[Listed]:
    part = parcel.head.parts[number]
    if not parcel.is_whole(number):
        yield Listed(part.sha256, part.kind, part.site, part.length, whole=False)
    elif part.kind == "photo":
        for _ in parcel.pieces(number):
            pass
        yield Listed(part.sha256, "photo", part.site, part.length)
    else:
        data = parcel.read(number)
        yield from {"feed": _feed, "unsent": _unsent, "receipts": _receipts}[part.kind](data, part.site)


def _feed(data: bytes, site: str) -> Iterator[Listed]:
    for said in messages.decode_answer(data).sites:
        for entry in said.entries:
            if entry.kind == "env":
                yield _envelope(entry.frame, said.site, entry.received_ms)
            else:
                yield _statement(entry.frame, site, entry.received_ms)


def _unsent(data: bytes, site: str) -> Iterator[Listed]:
    for frame in messages.decode_request(data).envelopes:
        yield _envelope(frame, site, None)


def _envelope(frame: Frame, site: str, at: int | None) -> Listed:
    name = env_id(frame.hdr)
    try:
        header = read_envelope(frame.hdr, frame.sig, None).header
    except TrustBroken:
        return Listed(name, "unreadable", site, frame.size, at)
    kind = "record" if header.kind == "rev" else "keys"
    return Listed(name, kind, header.site, frame.size, at, header.dev)


def _statement(frame: Frame, site: str, at: int) -> Listed:
    try:
        statement = read_statement(frame.hdr, frame.sig)
    except TrustBroken:
        return Listed(ids.labelled_hash(signing.STMT, frame.hdr), "unreadable", site, frame.size, at)
    return Listed(statement.stmt_id, statement.type, statement.site, frame.size, at)


def _receipts(data: bytes, site: str) -> Iterator[Listed]:
    for frame in frames.decode_frames(data, most=_MAX_RECEIPTS):
        value = parse(frame.hdr)
        blob = shape.text("blob_receipt", value, "blob", ids.HASH_HEX)
        yield Listed(blob, "receipt", site, frame.size, shape.number("blob_receipt", value, "at"))
