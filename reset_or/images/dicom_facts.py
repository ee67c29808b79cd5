"""What a DICOM object says beside its pixels, as plain values; and the identifiers derived from them.

Knows no library and no record: actions fill these from the case as it stands, the builders write them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

VL_PHOTOGRAPHIC: Final = "1.2.840.10008.5.1.4.1.1.77.1.4"
VL_ENDOSCOPIC: Final = "1.2.840.10008.5.1.4.1.1.77.1.1"

# The root of every identifier; changed, an object exported twice would no longer be the same object.
_NAMESPACE: Final = uuid.UUID("7a3f1d52-6a0e-5b57-9f0e-6d8f7c1b2e94")
# States in which the tissue is still part of the patient: no specimen module then (PS3.3 A.32.4).
_IN_THE_BODY: Final = frozenset({"in_vivo_plan", "in_vivo", "exteriorised"})


@dataclass(frozen=True)
class RulerFacts:
    """What lay in the picture as a scale. `length_mm` is its known length, `description` one line."""

    length_mm: float | None
    description: str


@dataclass(frozen=True)
class PhotoFacts:
    """One photograph of one case. Texts are cut to what DICOM holds, never refused.

    `trial` is the registry number, `case` and `photo` the ids of the records. `subject` is "" for what
    waits in the inbox; `specimen` its code. `state` is a code of the codebook; the pictures of one state are
    one series, `series` its number, `description` its line, `number` the picture's place in it.
    `captured_at` and `studied_at` (the first sign of the case) are UTC ms, written in the zone `zone_min`.
    `scope`: `endoscopic` for stills of the tower. `srgb`: no other colour profile came with the picture.
    `lossy`: what took detail from it, "" for nothing, "other" for HEIC and for what only says that it was.
    `burned_in` is what a person said of text in the pixels, None where nobody did; `blackened`: a person
    blacked regions out. `deidentified`: taken from other people's DICOM.
    """

    trial: str
    site: str
    case: str
    photo: str
    studied_at: int
    number: int = 1
    series: int = 1
    subject: str = ""
    site_name: str = ""
    specimen: str = ""
    state: str = ""
    scope: Literal["specimen", "endoscopic"] = "specimen"
    captured_at: int | None = None
    zone_min: int | None = None
    description: str = ""
    srgb: bool = True
    lossy: Literal["jpeg", "other", ""] = "jpeg"
    burned_in: bool | None = None
    ruler: RulerFacts | None = None
    blackened: bool = False
    deidentified: bool = False
    sponsor: str = "Sun Yat-sen University"
    trial_name: str = "RESET"

    @property
    def is_specimen(self) -> bool:
        """True where the subject of the picture has left the body."""
        return self.scope == "specimen" and self.state not in _IN_THE_BODY

    @property
    def specimen_code(self) -> str:
        """The code of the specimen; where none was given, the subject's main specimen."""
        return self.specimen or (f"{self.subject}-A" if self.subject else self.case)

    @property
    def sop_class(self) -> str:
        return VL_ENDOSCOPIC if self.scope == "endoscopic" else VL_PHOTOGRAPHIC

    @property
    def study_uid(self) -> str:
        return uid("study", self.trial, self.case)

    @property
    def series_uid(self) -> str:
        return uid("series", self.trial, self.case, self.scope, self.state)

    @property
    def image_uid(self) -> str:
        return uid("image", self.trial, self.case, self.photo)


def uid(*parts: str) -> str:
    """`2.25.<number>` (PS3.5 B.2), the same for the same parts: an object exported twice is one object."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, chr(0).join(parts)).int}"


def text(value: str, most: int) -> str:
    """A text that a DICOM element can hold: no control characters, no backslash, at most `most` long."""
    plain = "".join(c if c.isprintable() else " " for c in value).replace("\\", "/")
    return " ".join(plain.split())[:most].strip()


def code_string(value: str) -> str:
    """VR CS: at most 16 of A-Z, 0-9, space and underscore."""
    return "".join(c for c in value.upper() if c.isascii() and (c.isalnum() or c in " _"))[:16].strip()


def number(value: float) -> str:
    """VR DS: a decimal number in at most 16 characters, as exact as they allow."""
    for digits in range(17, 0, -1):
        said = f"{value:.{digits}g}"
        if len(said) <= 16:
            return said
    raise ValueError(value)


def local(at: int, zone_min: int | None) -> datetime:
    """The wall clock of a moment (UTC ms) in a zone; in UTC where the zone is unknown."""
    return datetime.fromtimestamp(at / 1000, UTC).replace(tzinfo=None) + timedelta(minutes=zone_min or 0)


def zone_text(zone_min: int | None) -> str:
    """`+0800` (PS3.3 C.12.1: TimezoneOffsetFromUTC)."""
    minutes = zone_min or 0
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
