"""The coordinating centre's secrets as files that the ordinary `age` program opens with a passphrase.

`root.age` and `server.age` hold a signing key as PEM (PKCS8, Ed25519), `relay.age` two; `escrow.age` and
`centre-data.age` hold an age identity, so that `age -d -i centre-data.age` works as it is. Passphrases are
used in NFKC. Owns no place on disk.

The work of scrypt (about one second, on purpose) holds the interpreter: callers with a screen go through
`apart`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from reset_or.base.agefile import open_with_passphrase
from reset_or.base.errors import TrustBroken
from reset_or.keys.passwords import normalise

P = ParamSpec("P")
T = TypeVar("T")
MAX_FILE: Final = 64 * 1024
_HARDEST: Final = 22
_STANZA = re.compile(rb"age-encryption\.org/v1\n-> scrypt [A-Za-z0-9+/]{22} ([0-9]{1,2})\n")
_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")


def seal_under_passphrase(plaintext: bytes, passphrase: str) -> bytes:
    """A binary age file; the caller has checked the passphrase."""
    import pyrage

    return bytes(pyrage.passphrase.encrypt(plaintext, normalise(passphrase).decode()))


def open_under_passphrase(untrusted_file: bytes, passphrase: str) -> bytes:
    """The plaintext. Raises as `open_with_passphrase`, and TrustBroken("custody_file_strange") for a file
    that is no passphrase file or asks for an absurd amount of work."""
    stanza = _STANZA.match(untrusted_file)
    if stanza is None or int(stanza[1]) > _HARDEST or len(untrusted_file) > MAX_FILE:
        raise TrustBroken("custody_file_strange")
    return open_with_passphrase(untrusted_file, normalise(passphrase).decode())


def make_signing_file(passphrase: str) -> tuple[bytes, Ed25519PrivateKey]:
    """A new signing key (root, server) and its age file."""
    key = Ed25519PrivateKey.generate()
    return seal_under_passphrase(to_pem(key), passphrase), key


def make_relay_file(passphrase: str) -> tuple[bytes, Ed25519PrivateKey, Ed25519PrivateKey]:
    """The two new keys of a relay in one age file, PEM after PEM: of its server, then of its device."""
    server, device = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    return seal_under_passphrase(to_pem(server) + to_pem(device), passphrase), server, device


def open_signing_file(untrusted_file: bytes, passphrase: str) -> Ed25519PrivateKey:
    return from_pem(open_under_passphrase(untrusted_file, passphrase))


def make_identity_file(passphrase: str) -> tuple[bytes, str, str]:
    """A new age identity (escrow, centre data): its file, its recipient `age1...`, and the identity."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    text = f"# public key: {recipient}\n{identity}\n"
    return seal_under_passphrase(text.encode("ascii"), passphrase), recipient, str(identity)


def open_identity_file(untrusted_file: bytes, passphrase: str) -> str:
    """The line `AGE-SECRET-KEY-1...`; TrustBroken("custody_file_strange") where there is not exactly one."""
    found = _IDENTITY.findall(open_under_passphrase(untrusted_file, passphrase).decode("ascii", "replace"))
    if len(found) != 1:
        raise TrustBroken("custody_file_strange")
    return str(found[0])


def to_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def from_pem(pem: bytes) -> Ed25519PrivateKey:
    """TrustBroken("custody_file_strange") for anything but an Ed25519 key."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise TrustBroken("custody_file_strange") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise TrustBroken("custody_file_strange")
    return key


def apart(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs `work` in a fresh child process and waits; arguments and result must pickle.

    Of the functions here that is `seal_under_passphrase`, `open_under_passphrase`, `make_identity_file`
    and `open_identity_file`; key objects do not pickle.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()
