"""Where sealed photos lie: the port, and our own folder store. A name is 64 hex characters or nothing.

A photo arrives as pieces of 1 MiB, `parts/<id>/<8-digit number>`; when all are there they become
`<aa>/<bb>/<id>`, made once and never over another file. The hash of the whole file is the only truth about
it, and only that file is durable: a piece outlives a killed process, not a power cut, after which the hash
finds what is torn and the photo begins anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from reset_or.base.errors import OurBug
from reset_or.base.files import disk_errors, fsync_folder
from reset_or.base.ids import HASH_HEX
from reset_or.wire.blobs import PIECE

_READ: Final = 256 * 1024
PIECE_NAME: Final = re.compile(r"[0-9]{8}")


class BlobStore(Protocol):
    """What the server asks of a place for sealed photos. Calls block; use worker threads.

    Every call raises EnvironmentTrouble where the place cannot do it, and then leaves nothing half.
    """

    @property
    def kind(self) -> str:
        """`folder` or `s3`."""

    def free_bytes(self) -> int | None:
        """Room that is left; None where nobody can say."""

    def size(self, blob_id: str) -> int | None:
        """Bytes of a complete photo; None if it is not complete."""

    def offset(self, blob_id: str) -> int:
        """Bytes of an unfinished photo that are there, without a gap."""

    def put_piece(self, blob_id: str, number: int, data: bytes) -> None:
        """Stores a piece whole or not at all; one of this length that is there already stays."""

    def finish(self, blob_id: str, length: int) -> bool:
        """Makes the photo of its pieces, durably; False, and no piece is kept, if length or hash differ.

        The pieces of a finished photo stay until `discard`.
        """

    def discard(self, blob_id: str) -> None:
        """Drops the pieces of an unfinished photo."""

    def read(self, blob_id: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to, not with, `end`."""

    def delete(self, blob_id: str) -> None:
        """Removes the complete photo and its pieces for good; what is not there is no error."""

    def sweep(self, older_than_ms: int) -> int:
        """Removes pieces older than that; how many photos they belonged to."""


class FolderStore:
    """Photos in a folder of this machine, or of a file server that all machines mount."""

    kind: Final = "folder"

    def __init__(self, root: Path) -> None:
        self._root = root
        with disk_errors():
            (root / "parts").mkdir(parents=True, exist_ok=True)

    def free_bytes(self) -> int | None:
        with disk_errors():
            return shutil.disk_usage(self._root).free

    def size(self, blob_id: str) -> int | None:
        with disk_errors():
            try:
                return self._place(blob_id).stat().st_size
            except FileNotFoundError:
                return None

    def offset(self, blob_id: str) -> int:
        with disk_errors():
            return whole_pieces((number, place.stat().st_size) for number, place in self._pieces(blob_id))

    def put_piece(self, blob_id: str, number: int, data: bytes) -> None:
        with disk_errors():
            place = self._parts(blob_id) / f"{number:08d}"
            with contextlib.suppress(FileNotFoundError):
                if place.stat().st_size == len(data):
                    return
            place.parent.mkdir(exist_ok=True)
            temporary = _temporary(place.parent)
            try:
                temporary.write_bytes(data)
                temporary.replace(place)
            finally:
                temporary.unlink(missing_ok=True)

    def finish(self, blob_id: str, length: int) -> bool:
        place, parts = self._place(blob_id), self._parts(blob_id)
        with disk_errors():
            if not _is_whole(place):
                place.unlink(
                    missing_ok=True
                )  # half of a copy: a photo never gets its name before it is whole
                place.parent.mkdir(parents=True, exist_ok=True)
                parts.mkdir(exist_ok=True)
                try:
                    _write_new(place, _temporary(parts), self._chunks(blob_id))
                except FileNotFoundError:
                    # Another process finished it, or dropped its pieces, while this one was reading them.
                    if not place.exists():
                        raise
            # Also for a file that was there: whoever named it may have died before this.
            for folder in (place.parent, place.parent.parent, self._root):
                fsync_folder(folder)
        if self.size(blob_id) == length:
            return True
        self.discard(blob_id)
        return False

    def discard(self, blob_id: str) -> None:
        shutil.rmtree(self._parts(blob_id), ignore_errors=True)

    def read(self, blob_id: str, start: int, end: int) -> Iterator[bytes]:
        with disk_errors(), self._place(blob_id).open("rb") as stream:
            stream.seek(start)
            yield from _until(stream, end - start)

    def delete(self, blob_id: str) -> None:
        with disk_errors():
            self.discard(blob_id)
            place = self._place(blob_id)
            with contextlib.suppress(FileNotFoundError):
                place.unlink()
                fsync_folder(place.parent)

    def sweep(self, older_than_ms: int) -> int:
        removed, limit = 0, time.time() - older_than_ms / 1000
        with disk_errors():
            for folder in (self._root / "parts").iterdir():
                with contextlib.suppress(FileNotFoundError):  # finished at this moment
                    if max(f.stat().st_mtime for f in [folder, *folder.iterdir()]) < limit:
                        shutil.rmtree(folder, ignore_errors=True)
                        removed += 1
        return removed

    def _place(self, blob_id: str) -> Path:
        return self._root.joinpath(*place_of(blob_id))

    def _parts(self, blob_id: str) -> Path:
        return self._root / "parts" / checked(blob_id)

    def _pieces(self, blob_id: str) -> list[tuple[int, Path]]:
        try:
            found = sorted(self._parts(blob_id).iterdir())
        except FileNotFoundError:
            return []
        return [(int(path.name), path) for path in found if PIECE_NAME.fullmatch(path.name)]

    def _chunks(self, blob_id: str) -> Iterator[bytes]:
        for _number, place in self._pieces(blob_id):
            with place.open("rb") as stream:
                yield from _until(stream, PIECE)


def checked(blob_id: str) -> str:
    """The id, which becomes part of a path; raises OurBug for anything that is none."""
    if not HASH_HEX.fullmatch(blob_id):
        raise OurBug("blob_name")
    return blob_id


def place_of(blob_id: str) -> tuple[str, str, str]:
    """The folders and the name of a complete photo, the same in a folder and in a bucket."""
    name = checked(blob_id)
    return name[:2], name[2:4], name


def whole_pieces(found: Iterable[tuple[int, int]]) -> int:
    """Bytes without a gap of pieces (number, length) in order: a short one is the last that counts."""
    total = 0
    for expected, (number, length) in enumerate(found):
        if number != expected:
            break
        total += length
        if length != PIECE:
            break
    return total


def _until(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (chunk := stream.read(min(_READ, length))):
        length -= len(chunk)
        yield chunk


def _is_whole(place: Path) -> bool:
    with contextlib.suppress(FileNotFoundError), place.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == place.name
    return False


def _temporary(folder: Path) -> Path:
    """A name that a crash may leave behind: it lies among the pieces, and goes with them."""
    return folder / f".{secrets.token_hex(8)}.tmp"


def _write_new(place: Path, temporary: Path, chunks: Iterable[bytes]) -> None:
    """Writes durably and names the file once, if it is what its name says: never over one that is there."""
    digest = hashlib.sha256()
    try:
        with temporary.open("xb") as stream:
            for chunk in chunks:
                digest.update(chunk)
                stream.write(chunk)
            if digest.hexdigest() != place.name:
                return
            stream.flush()
            os.fsync(stream.fileno())
        _name_once(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)


def _name_once(temporary: Path, place: Path) -> None:
    try:
        os.link(temporary, place)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not place.exists():
            temporary.rename(place)
