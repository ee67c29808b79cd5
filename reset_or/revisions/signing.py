"""Ed25519 over labelled bytes, and how keys and signatures are written down.

Everything hashed or signed is `label NUL bytes`, so that no kind of message can pass as another. Keys and
signatures are standard base64 with padding; `key_id` is the sha256 hex of the 32-byte public key.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from reset_or.base.errors import TrustBroken
from reset_or.base.ids import sha256_hex
from reset_or.revisions.canonical import canon

REV: Final = "ro/rev/1"
ENV: Final = "ro/env/1"
STMT: Final = "ro/stmt/1"
FEED: Final = "ro/feed/1"
REQ: Final = "ro/req/1"
RCPT: Final = "ro/rcpt/1"
SITEHEAD: Final = "ro/sitehead/1"
BLOB: Final = "ro/blob/1"
INVITE: Final = "ro/invite/1"
PARCEL: Final = "ro/parcel/1"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def unb64(untrusted_text: str, *, length: int | None = None) -> bytes:
    """Decodes strictly; raises TrustBroken("bad_base64") for anything but the one right writing."""
    try:
        data = base64.b64decode(untrusted_text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TrustBroken("bad_base64") from error
    if b64(data) != untrusted_text or (length is not None and len(data) != length):
        raise TrustBroken("bad_base64")
    return data


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def key_id(public: bytes) -> str:
    return sha256_hex(public)


def sign(key: Ed25519PrivateKey, label: str, data: bytes) -> bytes:
    """64 bytes of Ed25519 over `label NUL data`."""
    return key.sign(label.encode("ascii") + b"\0" + data)


def verify(public: bytes, label: str, data: bytes, untrusted_signature: bytes) -> None:
    """Raises TrustBroken("bad_signature") unless `untrusted_signature` is that of `public` over the bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            untrusted_signature, label.encode("ascii") + b"\0" + data
        )
    except (InvalidSignature, ValueError) as error:
        raise TrustBroken("bad_signature", kind=label) from error


def sign_object(key: Ed25519PrivateKey, label: str, value: Mapping[str, Any]) -> bytes:
    return sign(key, label, canon(dict(value)))


def verify_object(public: bytes, label: str, value: Mapping[str, Any], untrusted_signature: bytes) -> None:
    verify(public, label, canon(dict(value)), untrusted_signature)
