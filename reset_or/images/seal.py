"""Seals stripped photographs with age into files named by the hash of their ciphertext, and opens them.

Plain bytes live in memory only. Private keys come as age identity strings and are not kept. No padding.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyrage

from reset_or.base.errors import EnvironmentTrouble, OurBug, TrustBroken
from reset_or.base.files import disk_errors, fsync_way
from reset_or.base.ids import HASH_HEX

PART: Final = ".part"


@dataclass(frozen=True)
class SealedBlob:
    """`id` = sha256 hex of the ciphertext file, `ct_len` = its length in bytes."""

    id: str
    ct_len: int


def blob_path(folder: Path, blob_id: str) -> Path:
    """`folder/aa/bb/<id>`. Raises OurBug("blob_id") for anything but 64 lower-case hex characters."""
    if not HASH_HEX.fullmatch(blob_id):
        raise OurBug("blob_id")
    return folder / blob_id[:2] / blob_id[2:4] / blob_id


def seal_photo(stripped: bytes, recipients: Sequence[str], folder: Path) -> SealedBlob:
    """Encrypts to all recipients (age X25519 strings) and makes the file durable before returning.

    An empty file beside it says that no record names it yet: `named` takes that away, `drop_photo` both, and
    `sweep` finds what a crash left in between.
    Raises OurBug(recipients_missing, recipient_malformed), EnvironmentTrouble(disk_full, ...). What an
    error leaves in its place is found by `sweep` too.
    """
    keys = _recipients(recipients)
    temporary = folder / (secrets.token_hex(16) + PART)
    with disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(temporary, flags, 0o600)
        try:
            with os.fdopen(handle, "wb", buffering=0) as stream:
                blob = _encrypt(stripped, keys, stream)
                os.fsync(stream.fileno())
            place = blob_path(folder, blob.id)
            place.parent.mkdir(parents=True, exist_ok=True)
            _unnamed(folder, blob.id).touch()
            temporary.replace(place)
            fsync_way(place, folder)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return blob


def _unnamed(folder: Path, blob_id: str) -> Path:
    return folder / (blob_id + PART)


def named(folder: Path, blob_id: str) -> None:
    """A record names the sealed file from now on, durably."""
    with suppress(OSError):
        _unnamed(folder, blob_id).unlink(missing_ok=True)


def drop_photo(folder: Path, blob_id: str) -> None:
    """Takes a sealed file away that no record names after all."""
    with suppress(OSError):
        blob_path(folder, blob_id).unlink(missing_ok=True)
    named(folder, blob_id)


def _encrypt(stripped: bytes, keys: list[Any], stream: IO[bytes]) -> SealedBlob:
    sink = _HashingSink(stream)
    try:
        pyrage.encrypt_io(io.BytesIO(stripped), sink, keys)
    except pyrage.EncryptError as error:
        if sink.error is None:
            raise OurBug("photo_not_sealed") from error
    # pyrage 1.4 drops a write error of its last block without a word, so the sink is asked too.
    if sink.error is not None:
        raise sink.error
    if sink.length <= len(stripped):
        raise OSError(errno.EIO, "ciphertext is incomplete")
    return SealedBlob(sink.digest.hexdigest(), sink.length)


class _HashingSink:
    """Writes all of every block, hashes what was written, and remembers the first error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.length = 0
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.error is not None:
            raise self.error
        view = memoryview(data)
        try:
            while view:
                written = self._stream.write(view)
                self.digest.update(view[:written])
                self.length += written
                view = view[written:]
        except OSError as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered here; durability is the caller's fsync."""


def _recipients(texts: Sequence[str]) -> list[Any]:
    if not texts:
        raise OurBug("recipients_missing")
    try:
        return [pyrage.x25519.Recipient.from_str(text) for text in texts]
    except pyrage.RecipientError as error:
        raise OurBug("recipient_malformed") from error


def open_photo(path: Path, identities: Sequence[str], *, sha256: str | None = None) -> bytes:
    """The plain photograph, in memory, only after the whole of it was verified.

    The file's name must be the hash of its bytes; `sha256` (of the stripped file, from the revision) is
    compared too when given. Raises EnvironmentTrouble(blob_missing, disk_trouble, ...),
    TrustBroken(blob_damaged, blob_not_for_us, blob_other_photo).
    """
    try:
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(path, flags)
    except FileNotFoundError as error:
        raise EnvironmentTrouble("blob_missing", id=path.name) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise TrustBroken("blob_damaged", id=path.name) from error
        raise EnvironmentTrouble("blob_unreadable", id=path.name, errno=error.errno) from error
    with disk_errors(), os.fdopen(handle, "rb") as stream:
        # Read twice, held once: a photograph of 20 MB beside its sealed file would be 40 MB and more.
        if hashlib.file_digest(stream, "sha256").hexdigest() != path.name:
            raise TrustBroken("blob_damaged", id=path.name)
        stream.seek(0)
        source = _HashingSource(stream)
        try:
            plain = _open(source, identities, path.name)
        except TrustBroken:
            if source.error is not None:  # the disk's fault, not the photograph's
                raise source.error from None
            raise
    if source.digest.hexdigest() != path.name:  # changed between the two readings
        raise TrustBroken("blob_damaged", id=path.name)
    if sha256 is not None and hashlib.sha256(plain).hexdigest() != sha256:
        raise TrustBroken("blob_other_photo", id=path.name)
    return plain


def open_sealed(untrusted: bytes, identities: Sequence[str], blob_id: str = "") -> bytes:
    """Decrypts one age file in memory. Raises TrustBroken(blob_damaged, blob_not_for_us)."""
    return _open(io.BytesIO(untrusted), identities, blob_id)


class _HashingSource:
    """Reads, hashes what was read, and remembers the first error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.error: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._stream.read(size)
        except OSError as error:
            self.error = error
            raise
        self.digest.update(data)
        return data


def _open(untrusted: Any, identities: Sequence[str], blob_id: str) -> bytes:
    keys = [pyrage.x25519.Identity.from_str(text) for text in identities]
    plain = io.BytesIO()
    try:
        pyrage.decrypt_io(untrusted, plain, keys)
    except (pyrage.DecryptError, OSError) as error:
        # decrypt_io has written the earlier chunks by now; they are dropped with `plain`.
        if "No matching keys" in str(error):
            raise TrustBroken("blob_not_for_us", id=blob_id) from error
        raise TrustBroken("blob_damaged", id=blob_id) from error
    return plain.getvalue()


def sweep(folder: Path, is_named: Callable[[str], bool]) -> int:
    """Removes what an interrupted sealing left (ciphertext no record names); returns how many files.

    `is_named(blob_id)`: whether a record names it. Only to be called while nothing seals into `folder`: at
    the opening of the store.
    """
    count = 0
    if folder.is_dir():
        with disk_errors():
            for leftover in folder.glob("*" + PART):
                if HASH_HEX.fullmatch(leftover.stem) and not is_named(leftover.stem):
                    blob_path(folder, leftover.stem).unlink(missing_ok=True)
                leftover.unlink(missing_ok=True)
                count += 1
    return count
