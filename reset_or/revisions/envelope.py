"""The envelope: what the server sees of a revision. A signed header and an age file.

The inner signature binds author, site and record; the device's signature over the header binds order and
ciphertext. Only the hash of the body is signed, so a body can be erased and the chain still verifies.
`n` and `prev` count per (device, site): a device's first envelope in a site is n = 1.

The age header is checked before any parser sees it: header parsing costs grow with the square of the
number of stanzas, before anything is authenticated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.base.errors import OurBug, TrustBroken
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse
from reset_or.revisions.revision import SUITE, VERSION

Kind = Literal["rev", "grant"]
MAX_BODY: Final = 256 * 1024
MAX_HEADER: Final = 4096
_KEYS = (
    "v", "suite", "study", "site", "kind", "dev", "n", "prev", "ct_sha256", "ct_len", "epoch", "blobs",
)  # fmt: skip
_HASH_OR_NONE = re.compile(rf"{ids.HASH_HEX.pattern}|")
_STUDY = re.compile(r"[A-Z0-9-]{1,32}")
_MAGIC = b"age-encryption.org/v1\n"


@dataclass(frozen=True)
class Header:
    """The parsed header of an envelope."""

    study: str
    site: str
    kind: Kind
    dev: str
    n: int
    prev: str
    ct_sha256: str
    ct_len: int
    epoch: int
    blobs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Envelope:
    """`hdr` and `body` as they travel; `dsig` is the device's signature over `hdr`.

    `body` is None where it was erased by order, or where the server spared us our own.
    """

    hdr: bytes
    dsig: bytes
    body: bytes | None
    header: Header

    @cached_property
    def env_id(self) -> str:
        return env_id(self.hdr)


def env_id(hdr: bytes) -> str:
    return ids.labelled_hash(signing.ENV, hdr)


def sign_envelope(
    key: Ed25519PrivateKey,
    *,
    study: str,
    site: str,
    kind: Kind,
    n: int,
    prev: str,
    epoch: int,
    body: bytes,
    blobs: Sequence[str] = (),
) -> Envelope:
    """Wraps an age file. `prev` is the env_id of n - 1 in this site, "" for n = 1."""
    dev = signing.key_id(signing.public_bytes(key))
    header = Header(
        study, site, kind, dev, n, prev, ids.sha256_hex(body), len(body), epoch, tuple(sorted(blobs))
    )
    value = {"v": VERSION, "suite": SUITE} | vars(header) | {"blobs": list(header.blobs)}
    hdr = canon(value)
    _header(parse(hdr, max_bytes=MAX_HEADER))
    return Envelope(hdr, signing.sign(key, signing.ENV, hdr), body, header)


def read_envelope(untrusted_hdr: bytes, untrusted_dsig: bytes, untrusted_body: bytes | None) -> Envelope:
    """Parses the header and holds the body against it; the signature is not yet verified."""
    header = _header(parse(untrusted_hdr, max_bytes=MAX_HEADER))
    if untrusted_body is not None:
        if len(untrusted_body) != header.ct_len or ids.sha256_hex(untrusted_body) != header.ct_sha256:
            raise TrustBroken("body_differs", kind=header.kind)
        age_precheck(untrusted_body, header.kind)
    return Envelope(untrusted_hdr, untrusted_dsig, untrusted_body, header)


def verify_device(envelope: Envelope, public: bytes) -> None:
    """Raises TrustBroken unless the device named in the header signed exactly this header."""
    if signing.key_id(public) != envelope.header.dev:
        raise TrustBroken("wrong_key", kind="envelope")
    signing.verify(public, signing.ENV, envelope.hdr, envelope.dsig)


def age_precheck(untrusted_body: bytes, kind: Kind) -> None:
    """Cheap bounds before any age parser runs (security: 4,000 stanzas cost minutes of CPU).

    rev: 3 to 8 stanzas, at least 3 X25519; grant: 1 to 3 with at least 1 X25519; no scrypt; header of at
    most 4,096 bytes; body of at most 256 KiB. Raises TrustBroken("not_age").
    """
    header_end = untrusted_body.find(b"\n--- ", 0, MAX_HEADER)
    if not untrusted_body.startswith(_MAGIC) or header_end < 0 or len(untrusted_body) > MAX_BODY:
        raise TrustBroken("not_age", kind=kind)
    kinds = re.findall(rb"^-> (\S+)", untrusted_body[:header_end], re.MULTILINE)
    low, high = (3, 8) if kind == "rev" else (1, 3)
    enough = kinds.count(b"X25519") >= (3 if kind == "rev" else 1)
    if not low <= len(kinds) <= high or not enough or b"scrypt" in kinds:
        raise TrustBroken("not_age", kind=kind)


def seal(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """An age file to X25519 `recipients` ("age1..."), the usual reader first (it opens fastest)."""
    import pyrage

    if not recipients:
        raise OurBug("no_recipients")
    keys = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    return bytes(pyrage.encrypt(plaintext, keys))


def open_sealed(body: bytes, identities: Sequence[str]) -> bytes:
    """The plaintext; raises TrustBroken("not_sealed_to_me") when no identity opens it or it was changed."""
    import pyrage

    try:
        keys = [pyrage.x25519.Identity.from_str(each) for each in identities]
        return bytes(pyrage.decrypt(body, keys))
    except pyrage.DecryptError as error:
        raise TrustBroken("not_sealed_to_me") from error


def _header(value: dict[str, Any]) -> Header:
    what = "envelope"
    shape.version(what, value, VERSION)
    if value.get("suite") != SUITE:
        raise TrustBroken("unknown_format", what=what)
    shape.keys(what, value, _KEYS)
    kind = shape.text(what, value, "kind")
    if kind not in ("rev", "grant"):
        raise shape.bad(what, "kind")
    n = shape.number(what, value, "n", 1)
    prev = shape.text(what, value, "prev", _HASH_OR_NONE)
    if (n == 1) != (prev == ""):
        raise shape.bad(what, "prev")
    return Header(
        study=shape.text(what, value, "study", _STUDY),
        site=shape.text(what, value, "site", ids.SITE),
        kind="rev" if kind == "rev" else "grant",
        dev=shape.text(what, value, "dev", ids.HASH_HEX),
        n=n,
        prev=prev,
        ct_sha256=shape.text(what, value, "ct_sha256", ids.HASH_HEX),
        ct_len=shape.number(what, value, "ct_len", 1, MAX_BODY),
        epoch=shape.number(what, value, "epoch", 0, 9999),
        blobs=shape.items(what, value, "blobs", shape.hex_item(ids.HASH_HEX, what), 32),
    )
