"""The file in which an order of erasure goes from hand to hand until it carries all its signatures.

    canon({"v":1, "order": {...}, "sigs": [{"k","s"}, ...], "sig": ""})

`order` is the statement without its signatures; the centre's administrator signs it first, then the surgeon
of the site, both over the same bytes; last the administrator signs the whole (`sig`), which makes it the
statement that the server takes. The finished file is kept beside the backups.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse
from reset_or.revisions.statements import Statement, read_statement

_WHAT = "erase_order"


@dataclass(frozen=True)
class EraseOrder:
    """`sigs`: (key id, base64 signature) over `order`; `sig` is "" until the order is finished."""

    order: dict[str, Any]
    sigs: tuple[tuple[str, str], ...] = ()
    sig: str = ""

    @property
    def site(self) -> str:
        return str(self.order["site"])

    @property
    def env_ids(self) -> tuple[str, ...]:
        return tuple(self.order["env_ids"])

    @property
    def blobs(self) -> tuple[str, ...]:
        return tuple(self.order["blobs"])

    def signed_by(self, key: Ed25519PrivateKey) -> EraseOrder:
        """With one more signature; the same key signs once."""
        key_id = signing.key_id(signing.public_bytes(key))
        said = signing.b64(signing.sign(key, signing.STMT, canon(self.order)))
        others = tuple(each for each in self.sigs if each[0] != key_id)
        return replace(self, sigs=(*others, (key_id, said)), sig="")

    def finished_by(self, key: Ed25519PrivateKey) -> EraseOrder:
        return replace(self, sig=signing.b64(signing.sign(key, signing.STMT, self._data())))

    def statement(self) -> Statement:
        """Raises TrustBroken where a signature is missing; whose they are is for the directory to judge."""
        return read_statement(self._data(), signing.unb64(self.sig, length=64))

    def _data(self) -> bytes:
        return canon(self.order | {"sigs": [{"k": key_id, "s": said} for key_id, said in self.sigs]})


def new_order(
    *, study: str, site: str, issuer: str, at: int, env_ids: tuple[str, ...], blobs: tuple[str, ...],
    reason_code: str,
) -> EraseOrder:  # fmt: skip
    """An order that nobody has signed yet; `issuer` is the key id of the centre's administrator."""
    return EraseOrder({
        "v": 1, "type": "erase", "study": study, "site": site, "issuer": issuer, "ver": 1, "at": at,
        "env_ids": sorted(env_ids), "blobs": sorted(blobs), "reason_code": reason_code,
    })  # fmt: skip


def encode_order(order: EraseOrder) -> bytes:
    sigs = [{"k": key_id, "s": said} for key_id, said in order.sigs]
    return canon({"v": 1, "order": order.order, "sigs": sigs, "sig": order.sig})


def decode_order(untrusted: bytes) -> EraseOrder:
    """Raises TrustBroken for a file of another shape; no signature is verified here."""
    value = parse(untrusted, max_bytes=256 * 1024)
    shape.version(_WHAT, value)
    shape.keys(_WHAT, value, ("v", "order", "sigs", "sig"))
    order = shape.mapping(_WHAT, value, "order")
    shape.keys(
        _WHAT, order,
        ("v", "type", "study", "site", "issuer", "ver", "at", "env_ids", "blobs", "reason_code"),
    )  # fmt: skip
    if order["type"] != "erase":
        raise shape.bad(_WHAT, "type")
    shape.text(_WHAT, order, "site", ids.SITE)
    for name in ("env_ids", "blobs"):
        shape.items(_WHAT, order, name, shape.hex_item(ids.HASH_HEX, _WHAT), 1000)
    sigs = shape.items(_WHAT, value, "sigs", _signature, 2)
    return EraseOrder(order, sigs, shape.text(_WHAT, value, "sig"))


def _signature(entry: Any) -> tuple[str, str]:
    if not isinstance(entry, dict):
        raise TrustBroken("bad_shape", what=_WHAT, field="sigs")
    shape.keys(_WHAT, entry, ("k", "s"))
    return shape.text(_WHAT, entry, "k", ids.HASH_HEX), shape.text(_WHAT, entry, "s")
