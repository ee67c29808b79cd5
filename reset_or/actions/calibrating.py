"""Finding a photograph's scale: by the card, by a ruler's ticks, or by marks that a person set.

Everything here is a proposal until a person takes it. Writes nothing and needs no store: for other lanes than
the store's. Making it a record is `measuring`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reset_or.base.errors import UserFixable
from reset_or.record.points import Path
from reset_or.trial.limits import PhotoLimits

if TYPE_CHECKING:
    from reset_or.images.calibration import Calibration
    from reset_or.images.marks import Ticks


@dataclass(frozen=True)
class Opened:
    """A photograph to be calibrated: its plain bytes, upright size in pixels, and the scheme's limits."""

    picture: bytes
    mime: str
    turn: int
    size: tuple[int, int]
    limits: PhotoLimits


@dataclass(frozen=True)
class CalibrationRequest:
    """How to calibrate. `card` and `ruler_ticks` are read from the picture; `ruler_points`: two marks that
    are `known_mm` apart (or more, with `marks_mm`, their places on the ruler). `check_points` are `check_mm`
    apart on a second segment, for any method. `zoom`: screen pixels per picture pixel when marks were set.
    `region`: x, y, width, height in which to look for ticks. `step_mm`: what a person says one step of the
    ruler is. With `points` the ticks are a person's: `spread_px` where no hand moved one, `k1` the lens as
    the ticks showed it."""

    method: str
    points: Path = ()
    known_mm: float | None = None
    marks_mm: tuple[float, ...] = ()
    check_points: Path = ()
    check_mm: float | None = None
    zoom: float = 1.0
    region: tuple[float, float, float, float] | None = None
    step_mm: float | None = None
    spread_px: float | None = None
    k1: float = 0.0


def find_calibration(opened: Opened, request: CalibrationRequest) -> Calibration:
    """What the picture or the marks say of its scale, with everything that speaks against it.

    Raises UserFixable `photo_marks_malformed`, `ruler_step_unsure` (the ticks do not say what a step is, and
    nobody did), and as the sandbox does.
    """
    from reset_or.images import marks

    check = (request.check_points, request.check_mm) if request.check_mm is not None else None
    found = _FINDERS[request.method](opened, request)
    return found if check is None else marks.with_check(found, check[0], check[1], opened.limits)


def _by_card(opened: Opened, request: CalibrationRequest) -> Calibration:
    from reset_or.images.measuring import measure_card

    return measure_card(opened.picture, opened.mime, opened.turn, opened.limits)


def read_ruler(
    opened: Opened, region: tuple[float, float, float, float] | None = None
) -> tuple[Calibration, Ticks | None]:
    """The ruler as its ticks say it, for a person to correct; None, and a problem, where there is none. Where
    `unit_sure` is False a person has to say what one step is. Raises as the sandbox does."""
    from reset_or.images.measuring import find_ticks

    return find_ticks(opened.picture, opened.mime, opened.turn, opened.limits, region=region)


def _by_ticks(opened: Opened, request: CalibrationRequest) -> Calibration:
    """As read from the picture, or, where a person corrected the marks, from those."""
    if request.points:
        return _from_marks(opened, request, "ruler_ticks")
    found, ticks = read_ruler(opened, request.region)
    if ticks is None or (ticks.unit_sure and request.step_mm is None):
        return found
    if request.step_mm is None:
        raise UserFixable("ruler_step_unsure")
    grown = request.step_mm / ticks.step_mm
    said = replace(
        request, points=ticks.places, marks_mm=tuple(mm * grown for mm in ticks.marks_mm), k1=ticks.k1,
        spread_px=ticks.spread_px,
    )  # fmt: skip
    return _from_marks(opened, said, "ruler_ticks")


def _by_points(opened: Opened, request: CalibrationRequest) -> Calibration:
    if request.known_mm is None and not request.marks_mm:
        raise UserFixable("photo_marks_malformed")
    return _from_marks(opened, request, "ruler_points")


def _from_marks(opened: Opened, request: CalibrationRequest, method: str) -> Calibration:
    """Ticks that only the picture placed are as sure as they lie on one ruler; others as sure as a click."""
    from reset_or.images import marks

    click_px = opened.limits.click_sd_px / request.zoom
    if request.spread_px is not None:
        click_px = max(0.15, request.spread_px / 3)
    found = marks.from_ruler(
        opened.size, request.points, request.known_mm or 0.0, opened.limits,
        marks_mm=request.marks_mm or None, click_px=click_px, method=method, k1=request.k1,
    )  # fmt: skip
    return _with_sharpness(opened, found)


def _with_sharpness(opened: Opened, found: Calibration) -> Calibration:
    """How sharp the picture is where marks were pointed at by hand: refused as with a card."""
    from reset_or.images.measuring import sharpness

    edge_px = sharpness(opened.picture, opened.mime, opened.turn).edge_px
    permille = round(min(100_000, 1000 * found.px_per_mm / edge_px))
    blurred = ("blurred",) if permille < opened.limits.min_sharpness_permille else ()
    return replace(found, sharpness_permille=permille, problems=(*found.problems, *blurred))


_FINDERS: Final[dict[str, Callable[[Opened, CalibrationRequest], Calibration]]] = {
    "card": _by_card,
    "ruler_points": _by_points,
    "ruler_ticks": _by_ticks,
}
