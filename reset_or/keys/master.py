"""The local master key and everything derived from it. Owns the labels, keeps nothing on disk."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DB: Final = "ro/db/1"
HEAD: Final = "ro/head/1"
SLOTS: Final = "ro/slots/1"
KEK: Final = "ro/kek/1"
PERSON: Final = "ro/person/1"
PIN: Final = "ro/pin/1"
KCV: Final = "ro/kcv/1"
PCV: Final = "ro/pcv/1"


def hkdf(secret: bytes, label: str, salt: bytes | None = None) -> bytes:
    """32 bytes of HKDF-SHA256 over `secret`."""
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=label.encode("ascii")).derive(secret)


def mac(key: bytes, data: bytes) -> bytes:
    """32 bytes of HMAC-SHA256."""
    return hmac.new(key, data, hashlib.sha256).digest()


@dataclass(frozen=True)
class MasterKey:
    """32 random bytes of this installation, on disk only wrapped by a slot.

    Python cannot wipe it; whoever locks drops the last reference.
    """

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != 32:
            raise ValueError("a master key has 32 bytes")

    def __repr__(self) -> str:
        return "MasterKey()"

    @classmethod
    def random(cls) -> MasterKey:
        return cls(secrets.token_bytes(32))

    def db_key(self) -> str:
        """64 hex characters: the raw key of the encrypted database."""
        return hkdf(self.secret, DB).hex()

    def head_key(self) -> bytes:
        return hkdf(self.secret, HEAD)

    def slots_key(self) -> bytes:
        return hkdf(self.secret, SLOTS)

    def check_value(self) -> bytes:
        """Tells a wrong key from a damaged database."""
        return mac(self.secret, KCV.encode("ascii"))
