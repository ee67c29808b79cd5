"""Where sealed photos lie: the port, and our own folder store. A name is 64 hex characters or nothing.

A photo arrives as pieces of 1 MiB, `parts/<id>/<8-digit number>`, each durable before it counts; when all are
there they become `<aa>/<bb>/<id>`, made once and never over another file. The hash of the whole file is
the only truth about it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from reset_or.base.errors import OurBug
from reset_or.base.files import disk_errors, fsync_folder
from reset_or.base.ids import HASH_HEX
from reset_or.wire.blobs import PIECE

_READ: Final = 256 * 1024
_PIECE_NAME = re.compile(r"[0-9]{8}")


class BlobStore(Protocol):
    """What the server asks of a place for sealed photos. Calls block; use worker threads."""

    def size(self, blob_id: str) -> int | None:
        """Bytes of a complete photo; None if it is not complete."""

    def offset(self, blob_id: str) -> int:
        """Bytes of an unfinished photo that are safely there, without a gap."""

    def put_piece(self, blob_id: str, number: int, data: bytes) -> None:
        """Stores a piece durably; one that is there already stays."""

    def finish(self, blob_id: str, length: int) -> bool:
        """Makes the photo of its pieces; False, and nothing is kept, if length or hash differ."""

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

    def __init__(self, root: Path) -> None:
        self._root = root
        with disk_errors():
            (root / "parts").mkdir(parents=True, exist_ok=True)

    def size(self, blob_id: str) -> int | None:
        try:
            return self._place(blob_id).stat().st_size
        except FileNotFoundError:
            return None

    def offset(self, blob_id: str) -> int:
        total = 0
        for number, name in enumerate(self._names(blob_id)):
            if name != f"{number:08d}":
                break
            with contextlib.suppress(FileNotFoundError):
                total += (self._parts(blob_id) / name).stat().st_size
        return total

    def put_piece(self, blob_id: str, number: int, data: bytes) -> None:
        with disk_errors():
            place = self._parts(blob_id) / f"{number:08d}"
            if not place.parent.exists():
                place.parent.mkdir(exist_ok=True)
                fsync_folder(place.parent.parent)
            _write_new(place, place.parent, [data])

    def finish(self, blob_id: str, length: int) -> bool:
        with disk_errors():
            place, digest = self._place(blob_id), hashlib.sha256()
            place.parent.mkdir(parents=True, exist_ok=True)
            parts = self._parts(blob_id)
            parts.mkdir(exist_ok=True)
            _write_new(place, parts, self._chunks(blob_id, digest), lambda: digest.hexdigest() == blob_id)
            for folder in (place.parent.parent, self._root):
                fsync_folder(folder)
        self.discard(blob_id)
        return self.size(blob_id) == length

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
                newest = max((f.stat().st_mtime for f in [folder, *folder.iterdir()]), default=0.0)
                if newest < limit:
                    shutil.rmtree(folder, ignore_errors=True)
                    removed += 1
        return removed

    def _place(self, blob_id: str) -> Path:
        name = _checked(blob_id)
        return self._root / name[:2] / name[2:4] / name

    def _parts(self, blob_id: str) -> Path:
        return self._root / "parts" / _checked(blob_id)

    def _names(self, blob_id: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            found = [path.name for path in self._parts(blob_id).iterdir()]
            return sorted(name for name in found if _PIECE_NAME.fullmatch(name))
        return []

    def _chunks(self, blob_id: str, digest: hashlib._Hash) -> Iterator[bytes]:
        for name in self._names(blob_id):
            with (self._parts(blob_id) / name).open("rb") as stream:
                for chunk in _until(stream, PIECE):
                    digest.update(chunk)
                    yield chunk


def _checked(blob_id: str) -> str:
    if not HASH_HEX.fullmatch(blob_id):
        raise OurBug("blob_name")
    return blob_id


def _until(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (chunk := stream.read(min(_READ, length))):
        length -= len(chunk)
        yield chunk


def _write_new(
    place: Path, workplace: Path, chunks: Iterable[bytes], fits: Callable[[], bool] = lambda: True
) -> None:
    """Writes durably, asks `fits`, and names the file once: never over one that is there already.

    What a crash leaves behind lies in `workplace`, among the pieces, and goes with them.
    """
    if place.exists():
        return
    temporary = workplace / (f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            for chunk in chunks:
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        if fits():
            _name_once(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_folder(place.parent)


def _name_once(temporary: Path, place: Path) -> None:
    try:
        os.link(temporary, place)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not place.exists():
            temporary.rename(place)
