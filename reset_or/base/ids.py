"""Identifiers and hashes, all lower-case hex. Owns no meaning of what they name."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

HASH_HEX: Final = re.compile(r"[0-9a-f]{64}")
REC_HEX: Final = re.compile(r"[0-9a-f]{32}")
SUBJECT: Final = re.compile(r"[0-9]{2}-[0-9]{4}")
SITE: Final = re.compile(r"[0-9]{2}")
USER: Final = re.compile(r"[a-z][a-z0-9_.-]{1,31}")


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def labelled_hash(label: str, data: bytes) -> str:
    """sha256 hex over `label NUL data`: the label keeps one kind of bytes from passing as another."""
    return sha256_hex(label.encode("ascii") + b"\0" + data)


def new_rec() -> str:
    """A random record id: 32 hex characters."""
    return secrets.token_hex(16)


def case_rec(study: str, subject: str) -> str:
    """The record id of a case, the same on every device, so that a case made twice meets itself."""
    return labelled_hash("ro/case/1", f"{study}/{subject}".encode())[:32]


def person_rec(study: str, site: str, user: str) -> str:
    """The record id of a person's printed name at a site."""
    return labelled_hash("ro/person/1", f"{study}/{site}/{user}".encode())[:32]


def site_rec(study: str, site: str) -> str:
    """The record id of a site's name."""
    return labelled_hash("ro/site/1", f"{study}/{site}".encode())[:32]
