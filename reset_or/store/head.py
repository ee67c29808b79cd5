"""The head file: the newest own envelope, kept outside the database after every commit.

A whole old copy of an encrypted database opens without complaint; only something beside it can tell. The
file counts the envelopes of this installation. The database may be ahead of it (killed between commit and
head), never behind. Any changed byte makes the file count as missing, never as a rollback.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.base.files import write_atomic
from reset_or.keys.master import mac
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse

_LARGEST: Final = 4096


@dataclass(frozen=True)
class Head:
    """`count` own envelopes so far, the newest of them, and when the file was written."""

    count: int
    env_id: str
    at: int


def write(path: Path, head: Head, key: bytes) -> None:
    value = {"v": 1, "count": head.count, "env_id": head.env_id, "t": head.at}
    sealed = value | {"mac": signing.b64(mac(key, canon(value)))}
    write_atomic(path, canon(sealed) + b"\n")


def read(path: Path, key: bytes) -> Head | None:
    """The head, None where the file is missing, unreadable or not as we wrote it."""
    try:
        data = _read(path)
        if len(data) > _LARGEST or not data.endswith(b"\n"):
            return None
        return _parse(data[:-1], key)
    except (OSError, TrustBroken):
        return None


def _read(path: Path) -> bytes:
    """Asked twice: a disk that stumbles once must not leave the store read-only."""
    try:
        return path.read_bytes()
    except OSError:
        return path.read_bytes()


def _parse(untrusted: bytes, key: bytes) -> Head | None:
    what, value = "head", parse(untrusted)
    shape.keys(what, value, ("v", "count", "env_id", "t", "mac"))
    claimed = signing.unb64(shape.text(what, value, "mac"), length=32)
    del value["mac"]
    if value["v"] != 1 or not hmac.compare_digest(claimed, mac(key, canon(value))):
        return None
    count = shape.number(what, value, "count")
    env_id = value["env_id"] if count == 0 else shape.text(what, value, "env_id", ids.HASH_HEX)
    return Head(count, str(env_id), shape.number(what, value, "t"))
