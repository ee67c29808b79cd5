"""Cases, readings, photos, calibrations, specimens as typed values, made from folded fields.

Holds no rule and no history.
"""

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
    photo: str = ""
    calibration: str = ""
    path: str = ""
    length_um: int | None = None
    uncertainty_um: int | None = None
    second_look: bool = False
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
    source: str = ""
    label: str = ""
    label_reason: str = ""
    burned_in: bool | None = None
    replaces: str = ""


@dataclass(frozen=True)
class CalibrationRecord:
    """How one photograph was given its scale. `points`, `path`, `to_mm`: text as in docs/formats.md."""

    rec: str
    case: str = ""
    photo: str = ""
    state: str = ""
    method: str = ""
    points: str = ""
    known_mm: int | None = None
    check_points: str = ""
    check_mm: int | None = None
    check_error_permille: int | None = None
    card: str = ""
    to_mm: str = ""
    k1: str = ""
    k2: str = ""
    residual_um: int | None = None
    tilt_cdeg: int | None = None
    sharpness_permille: int | None = None
    scale_sd_ppm: int | None = None
    measurable: bool = False
    problems: str = ""
    warnings: str = ""
    algorithm: str = ""


@dataclass(frozen=True)
class SpecimenRecord:
    """A specimen whose subject is not known yet. `attached_to`: the subject it was attached to."""

    rec: str
    label: str = ""
    note: str = ""
    found_at: int | None = None
    attached_to: str = ""


def from_fields(kind: Callable[..., T], rec: str, values: Mapping[str, object], **more: object) -> T:
    """Builds a record from folded fields; fields that the type does not name are left out."""
    known = _names(kind)
    given: dict[str, Any] = {name: value for name, value in {**values, **more}.items() if name in known}
    return kind(rec=rec, **given)


@lru_cache
def _names(kind: Callable[..., object]) -> frozenset[str]:
    return frozenset(f.name for f in fields(kind))  # type: ignore[arg-type]
