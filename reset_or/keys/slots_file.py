"""The slots file on disk: two copies, so that one damaged copy locks nobody out.

Both copies always hold the newest file; an old one beside a new one would keep an old password alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reset_or.base.errors import EnvironmentTrouble, TrustBroken
from reset_or.base.files import disk_errors, write_atomic
from reset_or.keys.slots import SlotsFile, from_bytes, to_bytes

_LARGEST = 256 * 1024


@dataclass(frozen=True)
class Found:
    """A file that was read; `from_copy` where the first copy was missing or damaged."""

    file: SlotsFile
    from_copy: bool


def copy_of(path: Path) -> Path:
    return path.with_name(path.name + ".bak")


def write(path: Path, file: SlotsFile) -> None:
    """Each copy is old or new after a power cut, the first one never older than the second."""
    data = to_bytes(file)
    write_atomic(path, data)
    write_atomic(copy_of(path), data)


def read(path: Path) -> Found:
    """The first copy that is whole.

    Raises EnvironmentTrouble("open_slots_missing") where there is none at all, TrustBroken(
    "open_slots_damaged") where no copy is whole.
    """
    damaged: TrustBroken | None = None
    for place in (path, copy_of(path)):
        try:
            with disk_errors():
                data = place.read_bytes() if place.stat().st_size <= _LARGEST else b""
            return Found(from_bytes(data), place != path)
        except EnvironmentTrouble as error:
            if error.code != "file_vanished":
                raise
        except TrustBroken as error:
            damaged = error
    if damaged is not None:
        raise damaged
    raise EnvironmentTrouble("open_slots_missing")


def is_there(path: Path) -> bool:
    return path.exists() or copy_of(path).exists()
