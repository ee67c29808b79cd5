"""One process for one data folder: a lock of the operating system, which dies with the process.

The file also holds the process id, for the message only; a stale id locks nobody out.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.files import disk_errors

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_BYTE = 1 << 20  # Windows locks a byte; this one lies beyond the text, which stays readable for others


class FolderLock:
    """Held from `take` to `release`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Raises EnvironmentTrouble("open_in_use", pid=...) while another process holds it."""
        with disk_errors():
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # the owner's folder alone
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(handle):
            os.close(handle)
            raise EnvironmentTrouble("open_in_use", pid=holder(self._path) or 0)
        self._handle = handle
        with suppress(OSError):  # a full disk must not keep anybody from reading
            os.ftruncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())

    def release(self) -> None:
        if self._handle is not None:
            _unlock(self._handle)
            os.close(self._handle)
            self._handle = None


def is_held(path: Path) -> bool:
    """Whether some process holds the lock now; takes nothing."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _lock(handle)
    finally:
        os.close(handle)


def holder(path: Path) -> int | None:
    """The process id that was written last."""
    try:
        return int(path.read_text(encoding="ascii")[:20])
    except (OSError, ValueError):
        return None


def _unlock(handle: int) -> None:
    """By name: closing alone would leave the lock with a child process that was forked meanwhile."""
    with suppress(OSError):
        if sys.platform == "win32":
            os.lseek(handle, _BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_UN)


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(handle, _BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
