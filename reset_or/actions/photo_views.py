"""What is shown of measuring on photographs: frozen values behind the gate, as `views` are.

Points are pixels of the upright picture at full resolution, x right, y down. Lengths in um are those of the
path; `final_mm` is rounded half up once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reset_or.record.points import Path

if TYPE_CHECKING:
    from reset_or.actions.views import ReadingView


@dataclass(frozen=True)
class CalibrationView:
    """How a photograph was given its scale, and what speaks against measuring on it.

    `current`: the newest of its photo, as its side sees it; readings with an older one are to be repeated.
    `to_mm`: nine numbers, row by row. None: not known by this method.
    """

    rec: str
    photo: str
    state: str
    method: str
    points: Path
    known_mm: int | None
    check_points: Path
    check_mm: int | None
    check_error_permille: int | None
    card: str
    to_mm: tuple[float, ...]
    k1: float
    k2: float
    px_per_mm: float
    residual_um: int | None
    tilt_cdeg: int | None
    sharpness_permille: int | None
    scale_sd_ppm: int
    measurable: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    algorithm: str
    made_by: str
    made_at: int
    current: bool
    signed: bool
    moved_from: str = ""


@dataclass(frozen=True)
class SeriesView:
    """The readings of one end on one photograph by one reader, under the repeat rule.

    `next_no`: which reading is to be taken next, 0 when none is. While the reader's own series is open its
    lengths are withheld (`hidden` readings) and everything computed from them is None. `ruler_mm`: what the
    same side read with a ruler in the same state; `gap_query`: the two differ by more than the scheme's gap
    and nobody has looked again.
    """

    photo: str
    end: str
    state: str
    reader: str
    readings: tuple[ReadingView, ...]
    next_no: int
    complete: bool
    needs_third: bool
    signed: bool
    final_um: int | None = None
    final_mm: int | None = None
    uncertainty_um: int | None = None
    spread_um: int | None = None
    ruler_mm: int | None = None
    gap_um: int | None = None
    gap_query: bool = False
    second_look: bool = False


@dataclass(frozen=True)
class SpecimenRow:
    """A specimen whose subject is not known, or was not: `attached_to` once somebody said so, which counts
    when a second person has signed it (`confirmed_by`). `waits`: for that person."""

    rec: str
    label: str
    note: str
    found_at: int | None
    begun_by: str
    photos: int
    readings: int
    attached_to: str = ""
    attached_by: str = ""
    attached_at: int | None = None
    confirmed_by: str = ""
    confirmed_at: int | None = None
    withdrawn: bool = False

    @property
    def waits(self) -> bool:
        return bool(self.attached_to) and not self.confirmed_by
