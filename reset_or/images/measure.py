"""The length of a path on a calibrated picture, and how far it may be off.

The length is that of the polyline that was clicked and is seen, laid on the plane: no curve is guessed
between the points. What a smooth curve through them would add goes into the uncertainty instead; points
15 mm apart on a bowel of 60 mm radius cost 0.3 % that way.

Five independent parts, each a standard deviation, make the uncertainty (GUM, first order):
scale   the calibration's `scale_sd_ppm` times the length;
tilt    a ruler alone: the plane may be aslant by `unknown_tilt_sd_deg`, which counts the more, the farther
        beside the ruler the path lies;
clicks  what moving each point by a click's spread does (edge of the tissue, screen, blur of the picture);
height  the mucosa lies above the plane and nearer to the camera: evenly between 0 and `surface_height_um`,
        and unevenly by `surface_relief_um`, which counts where the camera looks aslant;
curve   the difference between the polyline and a smooth curve through its points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from reset_or.base.errors import UserFixable
from reset_or.images.calibration import ALGORITHM, Calibration, Path, Point, px_per_mm, to_plane
from reset_or.images.camera import View, view_of
from reset_or.trial.limits import PhotoLimits

_BLUR_SHARE: Final = 0.15
"""Of an edge's width (10 to 90 %), the spread with which it is pointed at."""

_CURVE_STEPS: Final = 16


@dataclass(frozen=True)
class Length:
    """A length in micrometres with its expanded uncertainty (95 of 100), and the parts as 1 sd each."""

    length_um: int
    uncertainty_um: int
    parts_um: dict[str, int]
    algorithm: str = ALGORITHM

    @property
    def length_mm(self) -> int:
        """Whole millimetres, half up: the value that is judged."""
        return (self.length_um + 500) // 1000


def length(path: Path, calibration: Calibration, limits: PhotoLimits, *, zoom: float = 1.0) -> Length:
    """Arc length of a path of picture points.

    `zoom`: screen pixels per picture pixel at which it was clicked. Raises UserFixable
    photo_not_measurable (the calibration has problems), photo_path_too_short (fewer than two distinct
    points), photo_point_beyond_plane.
    """
    if not calibration.measurable:
        raise UserFixable("photo_not_measurable", problems=" ".join(calibration.problems))
    kept = _distinct(path)
    if len(kept) < 2:
        raise UserFixable("photo_path_too_short")
    places = [to_plane(calibration, point) for point in kept]
    total = _polyline(places)
    view = view_of(calibration)
    parts = {
        "scale": total * calibration.scale_sd_ppm / 1e6,
        "tilt": total * _beside(places, calibration, view, limits),
        "clicks": _clicks(kept, places, calibration, limits, zoom),
        "height": _height(places, total, view, limits),
        "curve": abs(_smooth(places) - total),
    }
    spread = math.sqrt(sum(part * part for part in parts.values()))
    return Length(
        length_um=round(total * 1000),
        uncertainty_um=math.ceil(spread * limits.coverage_permille),
        parts_um={name: round(part * 1000) for name, part in parts.items()},
    )


def _distinct(path: Path) -> list[Point]:
    """The path without points that repeat the one before: a double click is not a segment."""
    kept: list[Point] = []
    for point in path:
        if not kept or math.dist(kept[-1], point) > 1e-6:
            kept.append(point)
    return kept


def _polyline(places: list[Point]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(places))


def _clicks(
    points: list[Point], places: list[Point], calibration: Calibration, limits: PhotoLimits, zoom: float
) -> float:
    """An end moves the length by its shift along the path, a point between by how much the path turns."""
    edge_mm = 0.0 if not calibration.sharpness_permille else 1000 / calibration.sharpness_permille
    fixed = math.hypot(limits.click_sd_um / 1000, _BLUR_SHARE * edge_mm)
    square = 0.0
    for number, point in enumerate(points):
        before = _unit(places[number - 1], places[number]) if number else (0.0, 0.0)
        after = _unit(places[number], places[number + 1]) if number + 1 < len(places) else (0.0, 0.0)
        weight = math.dist(before, after)
        spread = math.hypot(limits.click_sd_px / zoom / px_per_mm(calibration, point), fixed)
        square += (weight * spread) ** 2
    return math.sqrt(square)


def _beside(places: list[Point], calibration: Calibration, view: View, limits: PhotoLimits) -> float:
    """Relative spread of a length beside a ruler whose plane may be aslant; 0 for a card, which tells."""
    if calibration.method == "card":
        return 0.0
    first, last = to_plane(calibration, calibration.points[0]), to_plane(calibration, calibration.points[-1])
    along = _unit(first, last)
    middle = ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
    square = 0.0
    for x, y in places:
        dx, dy = x - middle[0], y - middle[1]
        ahead = 0.0 if calibration.tilt_cdeg is not None else dx * along[0] + dy * along[1]
        square += ahead**2 + (dy * along[0] - dx * along[1]) ** 2
    # who tilts the camera along the ruler by so much did not hold it level across it either
    seen_deg = 0.7 * (calibration.tilt_cdeg or 0) / 100
    slope = math.tan(math.radians(max(limits.unknown_tilt_sd_deg, seen_deg)))
    return slope * math.sqrt(square / len(places)) / view.height_mm


def _height(places: list[Point], total: float, view: View, limits: PhotoLimits) -> float:
    even = total * limits.surface_height_um / 1000 / math.sqrt(3) / view.height_mm
    relief = limits.surface_relief_um / 1000
    first, last = _unit(places[0], places[1]), _unit(places[-2], places[-1])
    start, end = view.slant(places[0]), view.slant(places[-1])
    uneven = relief * math.hypot(_dot(first, start), _dot(last, end))
    return math.hypot(even, uneven)


def _smooth(places: list[Point]) -> float:
    """Length of the centripetal Catmull-Rom curve through the points."""
    if len(places) < 3:
        return _polyline(places)
    first, last = places[0], places[-1]
    ghosts = [
        (2 * first[0] - places[1][0], 2 * first[1] - places[1][1]),
        *places,
        (2 * last[0] - places[-2][0], 2 * last[1] - places[-2][1]),
    ]
    total = 0.0
    for four in zip(ghosts, ghosts[1:], ghosts[2:], ghosts[3:], strict=False):
        curve = [_catmull(*four, k / _CURVE_STEPS) for k in range(_CURVE_STEPS + 1)]
        total += _polyline(curve)
    return total


def _catmull(a: Point, b: Point, c: Point, d: Point, share: float) -> Point:
    """Barry and Goldman's pyramid with knots a square root of the distance apart: no loops, no overshoot."""
    t0 = 0.0
    t1 = t0 + math.sqrt(math.dist(a, b))
    t2 = t1 + math.sqrt(math.dist(b, c))
    t3 = t2 + math.sqrt(math.dist(c, d))
    t = t1 + share * (t2 - t1)
    ab, bc, cd = _mix(a, b, t0, t1, t), _mix(b, c, t1, t2, t), _mix(c, d, t2, t3, t)
    return _mix(_mix(ab, bc, t0, t2, t), _mix(bc, cd, t1, t3, t), t1, t2, t)


def _mix(a: Point, b: Point, start: float, end: float, t: float) -> Point:
    share = (t - start) / (end - start) if end > start else 0.0
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _unit(a: Point, b: Point) -> Point:
    apart = math.dist(a, b)
    return ((b[0] - a[0]) / apart, (b[1] - a[1]) / apart) if apart else (0.0, 0.0)


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1]
