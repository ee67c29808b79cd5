"""Cases, readings and photos as typed values, made from folded fields. Holds no rule and no history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class CaseRecord:
    """One subject. Lengths in mm, times in UTC ms; "" and None stand for not entered."""

    rec: str
    subject: str = ""
    site: str = ""
    sex: str = ""
    age: int | None = None
    initials: str = ""
    room: str = ""
    planned_on: str = ""
    arm: str = "to_follow"
    rand_no: str = ""
    procedure: str = ""
    tumour_length_mm: int | None = None
    tumour_appearance: str = ""
    scheme: str = ""
    removed_at: int | None = None
    removed_late: bool = False
    formalin_in_at: int | None = None
    note: str = ""

    @property
    def arm_known(self) -> bool:
        return self.arm in ("conventional", "reduced")


@dataclass(frozen=True)
class ReadingRecord:
    """One length at one end in one state (domain: minimum record for a comparable number)."""

    rec: str
    case: str = ""
    end: str = ""
    segment: str = "main"
    value_mm: int | None = None
    entered: str = ""
    unit: str = "cm"
    missing: str = ""
    state: str = ""
    edge: str = ""
    landmark_offset_mm: int | None = None
    border: str = ""
    traction: str = ""
    pinned: bool | None = None
    opened: bool | None = None
    method: str = ""
    instrument_id: str = ""
    measured_by: str = ""
    reading_no: int = 1
    measured_at: int | None = None
    typed_later: bool = False
    removed_min: int | None = None
    formalin_hours: int | None = None
    to_staple_line: bool | None = None
    donut_added: bool = False
    reason: str = ""
    reason_note: str = ""
    retyped: bool = False
    arm_seen: bool | None = None
    transcribed: bool = False
    safety_ack_by: str = ""
    comment: str = ""


@dataclass(frozen=True)
class PhotoRecord:
    """A photograph attached to a case; its sealed file is named by the revision's blob."""

    rec: str
    case: str = ""
    caption: str = ""
    state: str = ""
    taken_by: str = ""
    warnings: str = ""


def from_fields(kind: Callable[..., T], rec: str, values: Mapping[str, object], **more: object) -> T:
    """Builds a record from folded fields; fields that the type does not name are left out."""
    known = _names(kind)
    given: dict[str, Any] = {name: value for name, value in {**values, **more}.items() if name in known}
    return kind(rec=rec, **given)


@lru_cache
def _names(kind: Callable[..., object]) -> frozenset[str]:
    return frozenset(f.name for f in fields(kind))  # type: ignore[arg-type]
