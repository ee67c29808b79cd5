"""A parcel: what two computers would say to each other through the server, as one file.

    "reset-or parcel\\n" | u32 length | head | 64 bytes signature | the parts, back to back

The head is canonical JSON, signed by the device that wrote it under `ro/parcel/1`:

    {"v":1, "study", "site", "key", "at", "cursors":[{"site","feed","seq","feed_hash"}],
     "parts":[{"kind","site","len","sha256","count"}]}

`key` is the writer's public key, so that anybody can see whether the file is as it was written; whether that
key is a device of the trial is for the reader's directory to say. Parts, in this order of kinds:

    feed      a sync answer of one site, as the server gives it (`messages.encode_answer`)
    unsent    a sync request with envelopes that have no place in the feed yet, and their old receipts
    receipts  frames: the server's receipts of photos
    photo     one sealed photo; `sha256` is its id

All of it is sealed or signed already and what the server sees as well, so the file itself is not encrypted.
Owns bytes and their hashes; what a part may do is judged by `sync.parcel_in`.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal, cast, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.base.errors import EnvironmentTrouble, TrustBroken, UserFixable
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse
from reset_or.wire.blobs import MAX_BLOB
from reset_or.wire.frames import SIG_BYTES

PartKind = Literal["feed", "unsent", "receipts", "photo"]
SUFFIX: Final = ".reset-or-parcel"
MAGIC: Final = b"reset-or parcel\n"
PIECE: Final = 1 << 20
MAX_PART: Final = 16 << 20
"""Bytes of a part that is no photo."""
MAX_PARTS: Final = 20_000
_MAX_HEAD: Final = 8 << 20
_LENGTH: Final = struct.Struct(">I")
_STUDY = re.compile(r"[A-Z0-9-]{1,32}")
_FEED_OR_NONE = re.compile(rf"{ids.REC_HEX.pattern}|")


@dataclass(frozen=True)
class Part:
    """One part: `count` entries, envelopes or receipts in it (1 for a photo)."""

    kind: PartKind
    site: str
    length: int
    sha256: str
    count: int


@dataclass(frozen=True)
class Place:
    """How far the writer has taken in a site's feed; `feed` "" and seq 0 for not at all."""

    site: str
    feed: str
    seq: int
    feed_hash: str


@dataclass(frozen=True)
class Head:
    """`site`: the writer's own; `key`: its public key, 32 bytes; `at`: its clock, UTC ms."""

    study: str
    site: str
    key: bytes
    at: int
    cursors: tuple[Place, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def dev(self) -> str:
        return signing.key_id(self.key)


def part_of(kind: PartKind, site: str, data: bytes, count: int) -> Part:
    return Part(kind, site, len(data), ids.sha256_hex(data), count)


def encode_head(key: Ed25519PrivateKey, head: Head) -> bytes:
    """Everything before the parts, signed."""
    value = {
        "v": 1, "study": head.study, "site": head.site, "key": signing.b64(head.key), "at": head.at,
        "cursors": [vars(place) for place in head.cursors],
        "parts": [
            {"kind": p.kind, "site": p.site, "len": p.length, "sha256": p.sha256, "count": p.count}
            for p in head.parts
        ],
    }  # fmt: skip
    data = canon(value)
    return MAGIC + _LENGTH.pack(len(data)) + data + signing.sign(key, signing.PARCEL, data)


class Parcel:
    """An open parcel whose head is read and whose writer's signature fits.

    Raises UserFixable `not_a_parcel`, `parcel_format` (another version); TrustBroken `parcel_changed`;
    EnvironmentTrouble `parcel_torn` where not even the head is whole.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        stream.seek(0, 2)
        self.size = stream.tell()
        stream.seek(0)
        data, sig = self._read_head()
        self.head = _decode_head(data, sig)
        self.id = ids.labelled_hash(signing.PARCEL, data)
        self._starts = _starts(stream.tell(), self.head.parts)
        if self.size > self._starts[-1]:
            raise TrustBroken("parcel_changed", part="end")

    def _read_head(self) -> tuple[bytes, bytes]:
        found = self._stream.read(len(MAGIC))
        if found != MAGIC:
            if found and MAGIC.startswith(found):
                raise EnvironmentTrouble("parcel_torn")
            raise UserFixable("not_a_parcel")
        raw = self._stream.read(_LENGTH.size)
        (length,) = _LENGTH.unpack(raw) if len(raw) == _LENGTH.size else (0,)
        if length > _MAX_HEAD:
            raise TrustBroken("parcel_changed", part="head")
        data, sig = self._stream.read(length), self._stream.read(SIG_BYTES)
        if len(raw) < _LENGTH.size or len(data) < length or len(sig) < SIG_BYTES:
            raise EnvironmentTrouble("parcel_torn")
        return data, sig

    @property
    def torn(self) -> bool:
        """Whether bytes are missing at the end."""
        return self.size < self._starts[-1]

    @property
    def total(self) -> int:
        """Bytes of the whole file as it was written."""
        return self._starts[-1]

    def is_whole(self, number: int) -> bool:
        """Whether all bytes of a part are there."""
        return self._starts[number + 1] <= self.size

    def check_records(self) -> None:
        """Holds every whole part that is no photo against its hash, before anything of them is used.

        Raises TrustBroken("parcel_changed").
        """
        for number, part in enumerate(self.head.parts):
            if part.kind != "photo" and self.is_whole(number):
                for _ in self.pieces(number):
                    pass

    def read(self, number: int) -> bytes:
        """A part that is no photo, its hash checked."""
        return b"".join(self.pieces(number))

    def pieces(self, number: int) -> Iterator[bytes]:
        """A part piece by piece; TrustBroken("parcel_changed") at the end if its hash differs."""
        part, digest = self.head.parts[number], hashlib.sha256()
        self._stream.seek(self._starts[number])
        left = part.length
        while left:
            piece = self._stream.read(min(PIECE, left))
            if not piece:
                raise EnvironmentTrouble("parcel_torn")
            digest.update(piece)
            left -= len(piece)
            yield piece
        if digest.hexdigest() != part.sha256:
            raise TrustBroken("parcel_changed", part=part.kind)


def _starts(first: int, parts: Sequence[Part]) -> list[int]:
    """Where each part begins, and where the last one ends."""
    found = [first]
    for part in parts:
        found.append(found[-1] + part.length)
    return found


def _decode_head(untrusted: bytes, untrusted_sig: bytes) -> Head:
    """The head if it is whole, known and signed by the key it names."""
    try:
        value = parse(untrusted, max_bytes=_MAX_HEAD)
        if type(value.get("v")) is int and value["v"] != 1:
            raise UserFixable("parcel_format", version=value["v"])
        shape.version("parcel", value)
        head = _head(value)
        signing.verify(head.key, signing.PARCEL, untrusted, untrusted_sig)
    except TrustBroken as error:
        raise TrustBroken("parcel_changed", part="head", reason=error.code) from error
    return head


def _head(value: dict[str, Any]) -> Head:
    what = "parcel"
    shape.keys(what, value, ("v", "study", "site", "key", "at", "cursors", "parts"))
    return Head(
        study=shape.text(what, value, "study", _STUDY),
        site=shape.text(what, value, "site", ids.SITE),
        key=signing.unb64(shape.text(what, value, "key"), length=32),
        at=shape.number(what, value, "at"),
        cursors=shape.items(what, value, "cursors", _place, 100),
        parts=_ordered(shape.items(what, value, "parts", _part, MAX_PARTS)),
    )


def _place(value: Any) -> Place:
    what = "parcel_cursor"
    if not isinstance(value, dict):
        raise shape.bad(what, "object")
    shape.keys(what, value, ("site", "feed", "seq", "feed_hash"))
    return Place(
        shape.text(what, value, "site", ids.SITE),
        shape.text(what, value, "feed", _FEED_OR_NONE),
        shape.number(what, value, "seq"),
        shape.text(what, value, "feed_hash", ids.HASH_HEX),
    )


def _part(value: Any) -> Part:
    what = "parcel_part"
    if not isinstance(value, dict):
        raise shape.bad(what, "object")
    shape.keys(what, value, ("kind", "site", "len", "sha256", "count"))
    kind = shape.text(what, value, "kind")
    if kind not in get_args(PartKind):
        raise shape.bad(what, "kind")
    return Part(
        cast(PartKind, kind),
        shape.text(what, value, "site", ids.SITE),
        shape.number(what, value, "len", 1, MAX_BLOB if kind == "photo" else MAX_PART),
        shape.text(what, value, "sha256", ids.HASH_HEX),
        shape.number(what, value, "count", 1),
    )


def _ordered(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    order = [get_args(PartKind).index(part.kind) for part in parts]
    if order != sorted(order):
        raise shape.bad("parcel_part", "kind")
    return parts
