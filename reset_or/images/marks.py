"""A calibration from marks of a ruler that a person pointed at, and the second segment that checks one.

Two marks give a scale and say nothing of tilt. Several marks along the ruler also give perspective along
it: where their pixels run together, the plane runs away. Across the ruler nothing is known; `measure` counts
that by how far beside the ruler a path lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from reset_or.base.errors import UserFixable
from reset_or.images.calibration import DEFAULT_FOCAL, Calibration, Matrix, Path, Point, straight_mm, to_plane
from reset_or.images.camera import decompose
from reset_or.trial.limits import PhotoLimits

_LEAST_PX: Final = 50.0
"""Marks nearer than this hold no scale: a click is 2 % of it."""

HOLD_TILT: Final = 4
"""Marks from which their spacing tells how a ruler is tilted along its length."""

_SURE: Final = 3.0
"""Standard deviations from which a perspective along the ruler is believed."""


@dataclass(frozen=True)
class Ticks:
    """A ruler's ticks: `places` are pixels of the marks shown, `marks_mm` theirs on the ruler.

    `ticks`: how many were seen; `step_mm`: what one step is taken for; `unit_sure`: whether longer ticks say
    so; `spread_px`: how far ticks are off the fitted ruler; `k1`: the lens, if the ruler shows it.
    """

    places: Path
    marks_mm: tuple[float, ...]
    ticks: int
    step_mm: float
    unit_sure: bool
    spread_px: float
    k1: float


def from_ruler(
    size: tuple[int, int],
    points: Path,
    known_mm: float,
    limits: PhotoLimits,
    *,
    marks_mm: tuple[float, ...] | None = None,
    check: tuple[Path, float] | None = None,
    click_px: float | None = None,
    method: str = "ruler_points",
    k1: float = 0.0,
) -> Calibration:
    """Scale from the first and the last of `points`, which are `known_mm` apart.

    `marks_mm`: the marks' places on the ruler where there are more than two (then `known_mm` is ignored in
    favour of them). `check`: two points and the mm between them. `click_px`: spread of a mark in picture
    pixels (None: the limits'). `k1`: the lens, where it is known. Raises UserFixable photo_marks_malformed.
    """
    places = (0.0, float(known_mm)) if marks_mm is None else marks_mm
    _refuse_nonsense(points, places)
    spread_px = float(limits.click_sd_px) if click_px is None else click_px
    lens = Calibration(method, size, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), k1=k1)
    line = _Line(tuple(to_plane(lens, point) for point in points), places, size)
    homography, slope_sure, scale_sd = line.homography(spread_px)
    apart = math.dist(points[0], points[-1])
    found = Calibration(
        method=method,
        size=size,
        to_mm=homography,
        k1=k1,
        points=points,
        known_mm=abs(places[-1] - places[0]),
        residual_um=line.residual_um(homography) if len(points) > 2 else None,
        tilt_cdeg=round(decompose(homography, size).tilt_deg * 100) if slope_sure else None,
        scale_sd_ppm=round(math.hypot(scale_sd * 1e6, 0 if k1 else limits.unknown_lens_sd_ppm)),
        warnings=("no_check", "tilt_unknown") + (() if k1 else ("lens_unknown",)),
    )
    found = replace(found, problems=_problems(found, apart, limits))
    return found if check is None else with_check(found, check[0], check[1], limits)


def with_check(calibration: Calibration, points: Path, known_mm: float, limits: PhotoLimits) -> Calibration:
    """The same calibration with a second known segment held against it. Raises photo_marks_malformed."""
    _refuse_nonsense(points, (0.0, known_mm))
    error = straight_mm(calibration, (points[0], points[-1])) / known_mm - 1
    permille = round(error * 1000)
    problems = tuple(code for code in calibration.problems if code != "check_refused")
    warnings = tuple(code for code in calibration.warnings if code not in ("no_check", "check_warned"))
    if abs(permille) > limits.check_refuse_permille:
        problems += ("check_refused",)
    elif abs(permille) > limits.check_warn_permille:
        warnings = ("check_warned", *warnings)
    return replace(
        calibration,
        check_points=points,
        check_mm=known_mm,
        check_error_permille=permille,
        scale_sd_ppm=round(math.hypot(_unchecked_sd(calibration), abs(error) / 2 * 1e6)),
        problems=problems,
        warnings=warnings,
    )


def _unchecked_sd(calibration: Calibration) -> float:
    """The scale's spread before a check was held against it, so that a second check replaces the first."""
    before = (calibration.check_error_permille or 0) * 500.0
    return math.sqrt(max(0.0, calibration.scale_sd_ppm**2 - before**2))


def _problems(calibration: Calibration, apart_px: float, limits: PhotoLimits) -> tuple[str, ...]:
    found: list[str] = []
    if apart_px < _LEAST_PX:
        found.append("marks_too_close")
    if calibration.px_per_mm * 10 < limits.min_px_per_cm:
        found.append("too_small")
    if calibration.tilt_cdeg is not None and calibration.tilt_cdeg > limits.max_tilt_deg * 100:
        found.append("too_tilted")
    if calibration.residual_um is not None and calibration.residual_um > limits.max_residual_um:
        found.append("residual_too_high")
    return tuple(found)


def _refuse_nonsense(points: Path, places: tuple[float, ...]) -> None:
    numbers = [value for point in points for value in point] + list(places)
    rising = all(b > a for a, b in pairwise(places))
    falling = all(b < a for a, b in pairwise(places))
    apart = len(points) >= 2 and all(math.dist(a, b) > 1 for a, b in pairwise(points))
    if len(points) != len(places) or not apart or not (rising or falling):
        raise UserFixable("photo_marks_malformed")
    if not all(math.isfinite(value) for value in numbers) or abs(places[-1] - places[0]) > 2000:
        raise UserFixable("photo_marks_malformed")


class _Line:
    """Marks on a straight ruler: their pixels along it (t, from the middle of the picture) and their mm."""

    def __init__(self, points: Path, places: tuple[float, ...], size: tuple[int, int]) -> None:
        first, last = points[0], points[-1]
        apart = math.dist(first, last)
        self.along = ((last[0] - first[0]) / apart, (last[1] - first[1]) / apart)
        self.middle = (size[0] / 2, size[1] / 2)
        self.size = size
        self.points, self.places = points, places
        self.t = [self._along(point) for point in points]

    def _along(self, point: Point) -> float:
        dx, dy = point[0] - self.middle[0], point[1] - self.middle[1]
        return dx * self.along[0] + dy * self.along[1]

    def homography(self, spread_px: float) -> tuple[Matrix, bool, float]:
        """(pixels to mm, whether the perspective along the ruler is believed, relative sd of the scale).

        mm = (a t + b) / (1 + c t), which is linear in a, b, c: weighted once is enough, c t is small.
        """
        if len(self.t) >= HOLD_TILT:
            (a, b, c), sd_c, sd_a = _fit_projective(self.t, self.places, spread_px)
            if abs(c) > _SURE * sd_c:
                return self._matrix(a, b, c), True, sd_a
        a, b, sd_a = _fit_straight(self.t, self.places, spread_px)
        return self._matrix(a, b, 0.0), False, sd_a

    def _matrix(self, a: float, b: float, c: float) -> Matrix:
        """Across the ruler a mm has as many pixels as along it, but for the foreshortening along it."""
        ux, uy = self.along
        cx, cy = self.middle
        # the ruler need not pass through the middle: its plane's w is 1 + c t all over, by lack of better
        focal = DEFAULT_FOCAL * math.hypot(*self.size) / 2
        across = abs(a - b * c) * math.cos(math.atan(c * focal))
        # t = ux (x - cx) + uy (y - cy), n = -uy (x - cx) + ux (y - cy); a falling ruler keeps the hand
        sign = 1.0 if a - b * c > 0 else -1.0
        t0, n0 = -(ux * cx + uy * cy), uy * cx - ux * cy
        return (
            a * ux, a * uy, a * t0 + b,
            -sign * across * uy, sign * across * ux, sign * across * n0,
            c * ux, c * uy, 1 + c * t0,
        )  # fmt: skip

    def residual_um(self, homography: Matrix) -> int:
        straight = Calibration("ruler_points", self.size, homography)
        square = 0.0
        for (a, b), (m, n) in zip(
            pairwise(self.points),
            pairwise(self.places),
            strict=True,
        ):
            square += (straight_mm(straight, (a, b)) - abs(n - m)) ** 2
        return round(math.sqrt(square / (2 * (len(self.points) - 1))) * 1000)


def _fit_straight(t: list[float], mm: tuple[float, ...], spread: float) -> tuple[float, float, float]:
    """mm = a t + b by least squares, and the relative standard deviation of a."""
    n = len(t)
    mean_t, mean_m = sum(t) / n, sum(mm) / n
    square = sum((x - mean_t) ** 2 for x in t)
    a = sum((x - mean_t) * (y - mean_m) for x, y in zip(t, mm, strict=True)) / square
    return a, mean_m - a * mean_t, spread / math.sqrt(square)


def _fit_projective(
    t: list[float], mm: tuple[float, ...], spread: float
) -> tuple[tuple[float, float, float], float, float]:
    """((a, b, c), sd of c, relative sd of the scale) of mm (1 + c t) = a t + b, by least squares."""
    long = max(abs(x) for x in t)
    rows = [(x / long, 1.0, -x / long * y) for x, y in zip(t, mm, strict=True)]
    normal = [[sum(row[i] * row[j] for row in rows) for j in range(3)] for i in range(3)]
    right = [sum(row[i] * y for row, y in zip(rows, mm, strict=True)) for i in range(3)]
    a, b, c = _solved(normal, right)
    turned = _solved(normal, [0.0, 0.0, 1.0])
    noise_mm = spread * abs(a - b * c) / long
    return (
        (a / long, b, c / long),
        noise_mm * math.sqrt(abs(turned[2])) / long,
        _fit_straight(t, mm, spread)[2],
    )


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Three equations by elimination with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k in range(3):
        pivot = max(range(k, 3), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        if abs(rows[k][k]) < 1e-14:
            raise UserFixable("photo_marks_malformed")
        for i in range(3):
            if i != k:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return [rows[k][3] / rows[k][k] for k in range(3)]
