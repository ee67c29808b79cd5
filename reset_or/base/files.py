"""Writing a file so that after a power cut it is either the old one or the new one; room on the disk."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from reset_or.base.errors import EnvironmentTrouble

LITTLE_SPACE: Final = 200_000_000
"""Bytes free below which a page warns."""
PHOTO_SPACE: Final = 50_000_000
"""Bytes that a photo must leave free: margins still save when photos do not."""


def free_space(folder: Path) -> int:
    """Bytes this account may still write where `folder` is, or will be; EnvironmentTrouble for the disk."""
    with disk_errors():
        return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free


def need_room(folder: Path, size: int) -> None:
    """For a photo of `size` bytes. Raises EnvironmentTrouble("photos_paused") where text would not have
    enough room after it."""
    free = free_space(folder)
    if free - size < PHOTO_SPACE:
        raise EnvironmentTrouble("photos_paused", free_mb=free // 1_000_000)


def fsync_folder(folder: Path) -> None:
    """Makes renames and new names in `folder` durable; a no-op where folders cannot be opened (Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fsync_way(path: Path, top: Path) -> None:
    """Makes the name `path` durable with every folder between it and `top`, which may be new as well."""
    folder = path.parent
    fsync_folder(folder)
    while folder != top:
        folder = folder.parent
        fsync_folder(folder)


def write_atomic(path: Path, data: bytes, *copies: Path) -> None:
    """tmp, fsync, rename, fsync of the folder; where that fails, the old file stays and nothing else.

    `copies` in the same folder get the same bytes, after `path`: a disk without room refuses all of them.
    """
    places = {each: each.with_name(each.name + ".tmp") for each in (path, *copies)}
    with disk_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            for temporary in places.values():
                with temporary.open("wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
            for place, temporary in places.items():
                temporary.replace(place)
                fsync_folder(path.parent)
        except OSError:
            for temporary in places.values():
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
            raise


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turns the operating system's refusals into named errors."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EnvironmentTrouble("disk_full") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise EnvironmentTrouble("folder_not_writable") from error
        if error.errno == errno.ENOENT:
            raise EnvironmentTrouble("file_vanished") from error
        raise EnvironmentTrouble("disk_trouble", errno=error.errno) from error
