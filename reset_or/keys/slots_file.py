"""The slots file on disk: two copies, so that one damaged copy locks nobody out.

Both copies always hold the newest file; an old one beside a new one would keep an old password alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken
from reset_or.base.files import disk_errors, write_atomic
from reset_or.keys.slots import SlotsFile, from_bytes, to_bytes

_LARGEST = 256 * 1024


@dataclass(frozen=True)
class Found:
    """A file that was read; `uneven` where the other copy is missing, damaged or another one: write both."""

    file: SlotsFile
    uneven: bool


def copy_of(path: Path) -> Path:
    return path.with_name(path.name + ".bak")


def write(path: Path, file: SlotsFile) -> None:
    """Each copy is old or new after a power cut, the first one never older than the second; a full disk
    refuses both."""
    write_atomic(path, to_bytes(file), copy_of(path))


def read(path: Path) -> Found:
    """The first copy that is whole.

    Raises EnvironmentTrouble("open_slots_missing") where there is none at all, TrustBroken(
    "open_slots_damaged") or the disk's trouble where no copy is whole.
    """
    trouble: ResetOrError = EnvironmentTrouble("open_slots_missing")
    copies: list[bytes | None] = []
    for place in (path, copy_of(path)):
        try:
            copies.append(_read(place))
        except EnvironmentTrouble as error:
            copies.append(None)
            trouble = error
    for data in copies:
        if data is not None:
            try:
                return Found(from_bytes(data), copies[0] != copies[1])
            except TrustBroken as error:
                trouble = error
    raise trouble


def _read(place: Path) -> bytes | None:
    """None where there is no such file."""
    try:
        with disk_errors():
            return place.read_bytes() if place.stat().st_size <= _LARGEST else b""
    except EnvironmentTrouble as error:
        if error.code == "file_vanished":
            return None
        raise


def is_there(path: Path) -> bool:
    return path.exists() or copy_of(path).exists()
