"""Statements: who may do what, said by the root, the coordinating centre's administrator and nobody else.

A statement is a canonical object and its issuer's signature, plain to the server, append-only. The newest
valid ones give the keys of persons, devices and servers (`grant`, `revoke`), the recipients that every
record is sealed to (`policy`, `epoch`), and ordered erasures (`erase`, two signatures).

Depth is fixed: at most three signatures stand above a person's or device's key
(root > centre_admin > site_admin). `ISSUERS` is the table of who may grant what, one test per cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse

TYPES: Final = frozenset({"grant", "revoke", "policy", "epoch", "request", "erase", "snapshot"})
KEY_KINDS: Final = frozenset({"root", "person", "device", "server"})
ROLES: Final = frozenset({
    "surgeon", "or_nurse", "pathologist", "site_coordinator", "site_admin", "monitor", "central_reader",
    "data_manager", "centre_admin", "statistician",
})  # fmt: skip
SITE_ROLES: Final = frozenset({"surgeon", "or_nurse", "pathologist", "site_coordinator", "site_admin"})
# issuer role -> (key kinds it may grant, person roles it may grant). A site_admin only in the own site; a
# centre_admin grants a server to a hospital only (its relay): the centre's own server hangs on the root.
ISSUERS: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "root": (frozenset({"person", "device", "server"}), frozenset({"centre_admin"})),
    "centre_admin": (frozenset({"person", "device", "server"}), ROLES - {"centre_admin"}),
    "site_admin": (frozenset({"person", "device"}), SITE_ROLES - {"site_admin"}),
}
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
_REASON = re.compile(r"[a-z][a-z0-9_]{0,47}")
_SITE_OR_ALL = re.compile(r"[0-9]{2}|\*")
_BASE = ("v", "type", "study", "site", "issuer", "ver", "at")
_FIELDS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "grant": (("kind", "subj_id", "subj_keys"), ("role",)),
    "revoke": (("kind", "subj_id", "subj_keys"), ("reason_code",)),
    "policy": (("centre", "escrow", "min_v"), ()),
    "epoch": (("epoch", "pub"), ()),
    "request": (("kind", "subj_id", "subj_keys"), ("role",)),
    "erase": (("env_ids", "blobs", "reason_code", "sigs"), ()),
    "snapshot": (("hash", "expires_at"), ()),
}


@dataclass(frozen=True)
class Statement:
    """A parsed statement with its bytes. `issuer` is the key_id that signed it."""

    data: bytes
    sig: bytes
    type: str
    study: str
    site: str
    issuer: str
    ver: int
    at: int
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def stmt_id(self) -> str:
        return ids.labelled_hash(signing.STMT, self.data)


def sign_statement(
    key: Ed25519PrivateKey, *, kind_of: str, study: str, site: str, ver: int, at: int, **body: Any
) -> Statement:
    """Builds, signs and re-reads a statement."""
    issuer = signing.key_id(signing.public_bytes(key))
    base = {"v": 1, "type": kind_of, "study": study, "site": site, "issuer": issuer, "ver": ver, "at": at}
    data = canon(base | body)
    return read_statement(data, signing.sign(key, signing.STMT, data))


def erase_order(statement: Statement) -> bytes:
    """What both people signed: the statement without its `sigs`."""
    return canon({name: value for name, value in parse(statement.data).items() if name != "sigs"})


def _co_signature(entry: Any) -> tuple[str, bytes]:
    if not isinstance(entry, dict):
        raise shape.bad("statement", "sigs")
    shape.keys("statement", entry, ("k", "s"))
    key_id = shape.text("statement", entry, "k", ids.HASH_HEX)
    return key_id, signing.unb64(shape.text("statement", entry, "s"), length=64)


def read_statement(untrusted_data: bytes, untrusted_sig: bytes) -> Statement:
    """Parses the shape; the signature and the issuer's right are checked by `Directory.add`."""
    what, value = "statement", parse(untrusted_data, max_bytes=64 * 1024)
    shape.version(what, value)
    kind = shape.text(what, value, "type")
    if kind not in TYPES:
        raise TrustBroken("unknown_format", what=what)
    needed, allowed = _FIELDS[kind]
    shape.keys(what, value, (*_BASE, *needed), allowed)
    body = {name: value[name] for name in (*needed, *allowed) if name in value}
    _check_body(kind, body)
    return Statement(
        data=untrusted_data, sig=untrusted_sig, type=kind,
        study=shape.text(what, value, "study", re.compile(r"[A-Z0-9-]{1,32}")),
        site=shape.text(what, value, "site", _SITE_OR_ALL),
        issuer=shape.text(what, value, "issuer", ids.HASH_HEX),
        ver=shape.number(what, value, "ver", 1),
        at=shape.number(what, value, "at"),
        body=body,
    )  # fmt: skip


def _check_body(kind: str, body: dict[str, Any]) -> None:
    what = "statement"
    if kind in ("grant", "revoke", "request"):
        if shape.text(what, body, "kind") not in KEY_KINDS:
            raise shape.bad(what, "kind")
        shape.text(what, body, "subj_id", re.compile(rf"{ids.USER.pattern}|{ids.HASH_HEX.pattern}"))
        subject_keys = shape.mapping(what, body, "subj_keys")
        shape.keys(what, subject_keys, ("sign",), ("box",))
        signing.unb64(shape.text(what, subject_keys, "sign"), length=32)
        if "box" in subject_keys:
            shape.text(what, subject_keys, "box", _RECIPIENT)
        if "role" in body and shape.text(what, body, "role") not in ROLES:
            raise shape.bad(what, "role")
    elif kind == "policy":
        shape.text(what, body, "centre", _RECIPIENT)
        shape.text(what, body, "escrow", _RECIPIENT)
        shape.number(what, body, "min_v", 1)
    elif kind == "epoch":
        shape.number(what, body, "epoch", 1, 9999)
        shape.text(what, body, "pub", _RECIPIENT)
    elif kind == "erase":
        shape.text(what, body, "reason_code", _REASON)
        shape.items(what, body, "env_ids", shape.hex_item(ids.HASH_HEX, what), 1000)
        shape.items(what, body, "blobs", shape.hex_item(ids.HASH_HEX, what), 1000)
        if len(shape.items(what, body, "sigs", _co_signature, 2)) != 2:
            raise shape.bad(what, "sigs")
