"""Site keys on their way: the names they are stored under, and the sealed grant that carries them.

A grant is an envelope of kind `grant`, sealed to one device's box key alone, whose plaintext is
canon({"v":1,"site","dev","epochs":[{"epoch","identity"}]}): the age identities of the site so far.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reset_or.base import ids
from reset_or.base.errors import TrustBroken
from reset_or.revisions import shape
from reset_or.revisions.canonical import canon, parse
from reset_or.revisions.directory import Directory
from reset_or.revisions.envelope import open_sealed, seal

_PREFIX: Final = "epoch/"
_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")


@dataclass(frozen=True)
class EpochKey:
    """The age identity that opens what a site sealed in one epoch."""

    site: str
    epoch: int
    identity: str

    @property
    def name(self) -> str:
        """Under which the store keeps it."""
        return f"{_PREFIX}{self.site}/{self.epoch}"

    def __repr__(self) -> str:
        return f"EpochKey({self.site}/{self.epoch})"


def keys_in(secrets: Mapping[str, bytes]) -> list[EpochKey]:
    """The epoch keys among a store's secrets, the newest of each site first."""
    found = []
    for name, value in secrets.items():
        site, slash, epoch = name.removeprefix(_PREFIX).partition("/")
        if name.startswith(_PREFIX) and slash and epoch.isdigit():
            found.append(EpochKey(site, int(epoch), value.decode("ascii")))
    return sorted(found, key=lambda key: (key.site, -key.epoch))


def prefix(site: str = "") -> str:
    return f"{_PREFIX}{site}/" if site else _PREFIX


def seal_grant(site: str, dev: str, box: str, keys: list[EpochKey]) -> bytes:
    """The body of the grant that gives `keys` to the device whose age recipient is `box`."""
    epochs = [{"epoch": key.epoch, "identity": key.identity} for key in keys]
    return seal(canon({"v": 1, "site": site, "dev": dev, "epochs": epochs}), [box])


def open_grant(untrusted_body: bytes, box_secret: str, *, site: str, dev: str) -> list[EpochKey] | None:
    """The keys in a grant; None where it is sealed to another device. Raises TrustBroken("bad_shape")."""
    what = "grant"
    try:
        plaintext = open_sealed(untrusted_body, [box_secret])
    except TrustBroken:
        return None
    value = parse(plaintext)
    shape.keys(what, value, ("v", "site", "dev", "epochs"))
    if value["v"] != 1 or value["site"] != site or value["dev"] != dev:
        raise shape.bad(what, "dev")

    def one(entry: Any) -> EpochKey:
        if not isinstance(entry, dict):
            raise shape.bad(what, "epochs")
        shape.keys(what, entry, ("epoch", "identity"))
        return EpochKey(
            shape.text(what, value, "site", ids.SITE),
            shape.number(what, entry, "epoch", 1, 9999),
            shape.text(what, entry, "identity", _IDENTITY),
        )

    return list(shape.items(what, value, "epochs", one, 9999))


def fits(key: EpochKey, directory: Directory) -> bool:
    """Whether the identity belongs to the public key that the centre signed for this epoch."""
    import pyrage

    try:
        public = str(pyrage.x25519.Identity.from_str(key.identity).to_public())
    except pyrage.IdentityError:
        return False
    return directory.epoch_public(key.site, key.epoch) == public
