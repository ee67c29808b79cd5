"""Signed requests: header `RO-Auth` and the object it signs. No nonce is made or judged here.

    RO-Auth: dev=<key id>, nonce=<as given>, body=<sha256 hex of the body>, sig=<base64>

The device signs `ro/req/1 NUL canon({"method","path","query","nonce","body_sha256"})`. The hash stands in the
header, so that a server knows its caller before it reads a body; it then holds the body against the hash.
`path` is the path as sent, `query` what stands after "?" ("" for none). Every answer to a signed request
carries the next nonce in `RO-Nonce`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.revisions import signing

HEADER: Final = "RO-Auth"
NONCE_HEADER: Final = "RO-Nonce"
PROBLEM_HEADER: Final = "RO-Problem"
OFFSET_HEADER: Final = "RO-Offset"
RECEIPT_HEADER: Final = "RO-Receipt"
"""base64 of a blob receipt's bytes, ".", base64 of its signature."""
NONCE_PATH: Final = "/v1/nonce"
EMPTY_SHA256: Final = ids.sha256_hex(b"")
_SHAPE = re.compile(
    r"dev=(?P<dev>[0-9a-f]{64}), nonce=(?P<nonce>[0-9a-f.]{1,96}), body=(?P<body>[0-9a-f]{64}), "
    r"sig=(?P<sig>[A-Za-z0-9+/]{86}==)"
)


@dataclass(frozen=True)
class RequestAuth:
    """The parts of `RO-Auth`; `dev` is the key id of the device's signing key."""

    dev: str
    nonce: str
    body_sha256: str
    sig: bytes


def sign_request(
    key: Ed25519PrivateKey, *, method: str, path: str, query: str, nonce: str, body_sha256: str
) -> str:
    """The value of the header `RO-Auth`."""
    value = {"method": method, "path": path, "query": query, "nonce": nonce, "body_sha256": body_sha256}
    sig = signing.b64(signing.sign_object(key, signing.REQ, value))
    dev = signing.key_id(signing.public_bytes(key))
    return f"dev={dev}, nonce={nonce}, body={body_sha256}, sig={sig}"


def read_auth(untrusted_header: str) -> RequestAuth:
    """Raises TrustBroken("bad_auth_header") for anything but the one right writing."""
    found = _SHAPE.fullmatch(untrusted_header)
    if found is None:
        raise TrustBroken("bad_auth_header")
    return RequestAuth(found["dev"], found["nonce"], found["body"], signing.unb64(found["sig"], length=64))


def verify_request(auth: RequestAuth, public: bytes, *, method: str, path: str, query: str) -> None:
    """Raises TrustBroken("bad_signature") unless `public` signed this request."""
    value = {
        "method": method, "path": path, "query": query, "nonce": auth.nonce, "body_sha256": auth.body_sha256,
    }  # fmt: skip
    signing.verify_object(public, signing.REQ, value, auth.sig)
