"""What an error of the database means: full disk, damage, unknown outcome, or a mistake of ours."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_FULL: Final = 13
_DAMAGED: Final = frozenset({11, 26})  # SQLITE_CORRUPT, SQLITE_NOTADB
_OURS: Final = frozenset({1, 17, 19, 20, 21, 25})  # ERROR, SCHEMA, CONSTRAINT, MISMATCH, MISUSE, RANGE


class Fault(StrEnum):
    """`full`: nothing was written, try again when there is room. `damaged`: bytes are not what was written.
    `unknown`: an I/O error, nobody knows what reached the disk. `ours`: a broken invariant."""

    FULL = "full"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"
    OURS = "ours"


def result_code(error: BaseException) -> int:
    """SQLite's primary result code behind an error of SQLAlchemy or the driver; 0 where there is none."""
    origin = getattr(error, "orig", None) or error
    return int(getattr(origin, "sqlite_errorcode", None) or 0) & 0xFF


def fault_of(error: BaseException) -> Fault:
    code = result_code(error)
    if code == _FULL:
        return Fault.FULL
    if code in _DAMAGED:
        return Fault.DAMAGED
    return Fault.OURS if code in _OURS else Fault.UNKNOWN
