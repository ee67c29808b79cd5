"""What the server says back: the feed chain, receipts, signed heads, and receipts of photos.

A receipt names every envelope or statement it covers with the time it was received. It keeps its
authority for ever under the server key that signed it, whatever happens to the feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse

GENESIS: Final = "0" * 64
MAX_ITEMS: Final = 500


@dataclass(frozen=True)
class Signed:
    """Canonical bytes and the server's signature over them under a label."""

    data: bytes
    sig: bytes


def feed_step(*, feed: str, site: str, seq: int, prev: str, entry_id: str, received_ms: int) -> str:
    """The feed hash after entry `seq`; `prev` is the hash before it, GENESIS for seq 1."""
    # The canonical bytes written out: a page of a feed takes hundreds of these, and all parts are hex or
    # numbers that were checked before. A test holds them against `canon`.
    first = f'{{"at":{received_ms},"feed":"{feed}","id":"{entry_id}",'
    text = f'{first}"prev":"{prev}","seq":{seq},"site":"{site}"}}'
    return ids.labelled_hash(signing.FEED, text.encode("ascii"))


@dataclass(frozen=True)
class Receipt:
    """One batch as the server took it. `items`: (id, received_ms) of seq first_seq..last_seq."""

    feed: str
    site: str
    first_seq: int
    feed_before: str
    items: tuple[tuple[str, int], ...]
    last_seq: int
    feed_after: str
    by: str


def sign_receipt(key: Ed25519PrivateKey, receipt: Receipt) -> Signed:
    data = canon({"v": 1} | vars(receipt) | {"items": [list(item) for item in receipt.items]})
    return Signed(data, signing.sign(key, signing.RCPT, data))


def read_receipt(untrusted: Signed, server_keys: Sequence[bytes]) -> Receipt:
    """Verifies signature and chain: the hashes must lead from `feed_before` to `feed_after`."""
    _verify_any(untrusted, signing.RCPT, server_keys)
    what, value = "receipt", parse(untrusted.data)
    shape.version(what, value)
    shape.keys(
        what, value,
        ("v", "feed", "site", "first_seq", "feed_before", "items", "last_seq", "feed_after", "by"),
    )  # fmt: skip
    receipt = Receipt(
        feed=shape.text(what, value, "feed", ids.REC_HEX),
        site=shape.text(what, value, "site", ids.SITE),
        first_seq=shape.number(what, value, "first_seq", 1),
        feed_before=shape.text(what, value, "feed_before", ids.HASH_HEX),
        items=shape.items(what, value, "items", _item, MAX_ITEMS),
        last_seq=shape.number(what, value, "last_seq", 1),
        feed_after=shape.text(what, value, "feed_after", ids.HASH_HEX),
        by=shape.text(what, value, "by", ids.HASH_HEX),
    )
    if walk(receipt)[-1:] != [receipt.feed_after] or receipt.last_seq - receipt.first_seq + 1 != len(
        receipt.items
    ):
        raise TrustBroken("receipt_chain", seq=receipt.first_seq)
    return receipt


def walk(receipt: Receipt) -> list[str]:
    """The feed hash after each item of the receipt."""
    hashes, current = [], receipt.feed_before
    for offset, (entry_id, received_ms) in enumerate(receipt.items):
        current = feed_step(
            feed=receipt.feed, site=receipt.site, seq=receipt.first_seq + offset, prev=current,
            entry_id=entry_id, received_ms=received_ms,
        )  # fmt: skip
        hashes.append(current)
    return hashes


@dataclass(frozen=True)
class SiteHead:
    """The newest entry of a site's feed, signed at `at`; seq 0 and GENESIS for an empty feed."""

    feed: str
    site: str
    seq: int
    feed_hash: str
    at: int


def sign_head(key: Ed25519PrivateKey, head: SiteHead) -> Signed:
    data = canon({"v": 1} | vars(head))
    return Signed(data, signing.sign(key, signing.SITEHEAD, data))


def read_head(untrusted: Signed, server_keys: Sequence[bytes]) -> SiteHead:
    _verify_any(untrusted, signing.SITEHEAD, server_keys)
    what, value = "sitehead", parse(untrusted.data)
    shape.version(what, value)
    shape.keys(what, value, ("v", "feed", "site", "seq", "feed_hash", "at"))
    return SiteHead(
        shape.text(what, value, "feed", ids.REC_HEX),
        shape.text(what, value, "site", ids.SITE),
        shape.number(what, value, "seq"),
        shape.text(what, value, "feed_hash", ids.HASH_HEX),
        shape.number(what, value, "at"),
    )


def sign_blob_receipt(key: Ed25519PrivateKey, *, blob: str, length: int, at: int) -> Signed:
    data = canon({"v": 1, "blob": blob, "len": length, "at": at})
    return Signed(data, signing.sign(key, signing.BLOB, data))


def read_blob_receipt(untrusted: Signed, server_keys: Sequence[bytes]) -> tuple[str, int, int]:
    """(blob id, length in bytes of the sealed file, time of arrival)."""
    _verify_any(untrusted, signing.BLOB, server_keys)
    what, value = "blob_receipt", parse(untrusted.data)
    shape.version(what, value)
    shape.keys(what, value, ("v", "blob", "len", "at"))
    return (
        shape.text(what, value, "blob", ids.HASH_HEX),
        shape.number(what, value, "len", 1),
        shape.number(what, value, "at"),
    )


def _item(entry: Any) -> tuple[str, int]:
    if not (isinstance(entry, list) and len(entry) == 2):
        raise shape.bad("receipt", "items")
    received_ms = shape.number("receipt", {"items": entry[1]}, "items")
    return shape.hex_item(ids.HASH_HEX, "receipt")(entry[0]), received_ms


def _verify_any(untrusted: Signed, label: str, server_keys: Sequence[bytes]) -> None:
    for public in server_keys:
        try:
            signing.verify(public, label, untrusted.data, untrusted.sig)
        except TrustBroken:
            continue
        return
    raise TrustBroken("bad_signature", kind=label)
