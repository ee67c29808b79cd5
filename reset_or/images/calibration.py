"""What a calibration is, and its geometry: from a point of the picture to millimetres on the plane and back.

Plain numbers, no pictures: how the numbers are found stands in `card`, `ruler` and `marks`. Points are in
pixels of the upright picture at full resolution, x right, y down, (0, 0) the top left corner of the top
left pixel (DICOM PS3.3 C.18.6). The lens comes first, then the plane:

    u = (p - c) / R           c the middle of the picture, R half its diagonal
    u = v * (1 + k1 |v|^2 + k2 |v|^4)    solved for v: where a lens without distortion had drawn the point
    (X, Y, W) = H * (c.x + R v.x, c.y + R v.y, 1);  millimetres = (X / W, Y / W)

k1 and k2 are Brown-Conrady's coefficients (as in OpenCV, whose radius counts in focal lengths: k1 here
is OpenCV's times (R / f)^2). H is `to_mm`, row by row. A calibration is never changed, only replaced.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from reset_or.base.errors import OurBug, UserFixable

Point = tuple[float, float]
Path = tuple[Point, ...]
Matrix = tuple[float, float, float, float, float, float, float, float, float]

ALGORITHM: Final = "reset-measure-1"
"""Written into every calibration and length: a change of how they are computed is a new version."""

METHODS: Final = ("card", "ruler_ticks", "ruler_points")
PROBLEMS: Final = (
    "no_card", "no_ruler", "too_few_markers", "too_tilted", "blurred", "residual_too_high", "too_small",
    "check_refused", "marks_too_close",
)  # fmt: skip
"""Why a picture is not measurable with this calibration. Any one of them refuses."""

WARNINGS: Final = ("check_warned", "no_check", "tilt_unknown", "lens_unknown")
"""What a person should know although the picture is measurable."""

DEFAULT_FOCAL: Final = 1.25
"""Focal length over half the diagonal, where nothing is known: 27 mm on 35 mm film, a telephone."""


@dataclass(frozen=True)
class Calibration:
    """How one picture is measured. `measurable` is False exactly if there are `problems`.

    `size`: width and height of the upright picture. `points`: the marks used (ruler: two or more along it;
    card: the corners of its markers). `known_mm`: between the first and the last mark of a ruler.
    `check_error_permille`: how far a second known segment reads too long (+) or too short (-).
    `residual_um`: root mean square of the marks against the fitted plane. `tilt_cdeg`: between the plane
    and the sensor, hundredths of a degree. `sharpness_permille`: 1000 where a black and white edge takes 1 mm
    from 10 to 90 %; more is sharper. `scale_sd_ppm`: relative standard deviation of a length in the plane.
    None = not known by this method.
    """

    method: str
    size: tuple[int, int]
    to_mm: Matrix
    k1: float = 0.0
    k2: float = 0.0
    points: Path = ()
    known_mm: float | None = None
    check_points: Path = ()
    check_mm: float | None = None
    check_error_permille: int | None = None
    card: str | None = None
    residual_um: int | None = None
    tilt_cdeg: int | None = None
    sharpness_permille: int | None = None
    scale_sd_ppm: int = 0
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    algorithm: str = ALGORITHM

    @property
    def measurable(self) -> bool:
        return not self.problems

    @property
    def px_per_mm(self) -> float:
        """Pixels a millimetre has in the middle of the picture."""
        return px_per_mm(self, (self.size[0] / 2, self.size[1] / 2))


@dataclass(frozen=True)
class Sharpness:
    """`edge_px`: 10 to 90 % of the sharper edges, in pixels; `across`: how many of them the long side has.

    `across` does not depend on megapixels: 1000 is a good photograph, below 300 nobody can point at a mm.
    """

    edge_px: float
    across: int


def to_plane(calibration: Calibration, point: Point) -> Point:
    """Where a point of the picture lies on the plane, in mm. Raises photo_point_beyond_plane."""
    return _project(calibration.to_mm, _undistort(calibration, point))


def to_picture(calibration: Calibration, place_mm: Point) -> Point:
    """Where a place of the plane lies in the picture; the inverse of `to_plane`."""
    ideal = _project(inverse(calibration.to_mm), place_mm)
    cx, cy, half = _middle(calibration.size)
    x, y = (ideal[0] - cx) / half, (ideal[1] - cy) / half
    square = x * x + y * y
    grown = half * (1 + calibration.k1 * square + calibration.k2 * square * square)
    return cx + x * grown, cy + y * grown


def px_per_mm(calibration: Calibration, point: Point) -> float:
    """Pixels per mm around a point: the mean over all directions (square root of the area's growth)."""
    x, y = point
    a, b = to_plane(calibration, (x - 0.5, y)), to_plane(calibration, (x + 0.5, y))
    c, d = to_plane(calibration, (x, y - 0.5)), to_plane(calibration, (x, y + 0.5))
    area = abs((b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]))
    if area <= 0:
        raise UserFixable("photo_point_beyond_plane")
    return 1 / math.sqrt(area)


def straight_mm(calibration: Calibration, path: Path) -> float:
    """Length of a polyline on the plane, in mm."""
    places = [to_plane(calibration, point) for point in path]
    return sum(math.dist(a, b) for a, b in pairwise(places))


def _middle(size: tuple[int, int]) -> tuple[float, float, float]:
    return size[0] / 2, size[1] / 2, math.hypot(*size) / 2


def _undistort(calibration: Calibration, point: Point) -> Point:
    k1, k2 = calibration.k1, calibration.k2
    if k1 == 0 and k2 == 0:
        return point
    cx, cy, half = _middle(calibration.size)
    x, y = (point[0] - cx) / half, (point[1] - cy) / half
    seen = math.hypot(x, y)
    ideal = undistorted_radius(seen, k1, k2)
    grown = half * (ideal / seen if seen else 1.0)
    return cx + x * grown, cy + y * grown


def undistorted_radius(seen: float, k1: float, k2: float) -> float:
    """Solves seen = r (1 + k1 r^2 + k2 r^4) for r by Newton's steps from `seen`."""
    r = seen
    for _ in range(30):
        square = r * r
        slope = 1 + 3 * k1 * square + 5 * k2 * square * square
        if slope <= 0.05:  # the lens model folds over here: no picture was drawn there
            raise UserFixable("photo_point_beyond_plane")
        step = (r * (1 + k1 * square + k2 * square * square) - seen) / slope
        r -= step
        if abs(step) < 1e-13:
            break
    return r


def _project(h: Matrix, point: Point) -> Point:
    x, y = point
    w = h[6] * x + h[7] * y + h[8]
    if w * h[8] <= 0 or abs(w) < 1e-9 * abs(h[8]):
        raise UserFixable("photo_point_beyond_plane")
    return (h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w


def inverse(h: Matrix) -> Matrix:
    """The homography the other way, its last number 1 where it can be."""
    a, b, c, d, e, f, g, i, j = h
    cofactors = (
        e * j - f * i, c * i - b * j, b * f - c * e,
        f * g - d * j, a * j - c * g, c * d - a * f,
        d * i - e * g, b * g - a * i, a * e - b * d,
    )  # fmt: skip
    last = cofactors[8]
    if last == 0 or not math.isfinite(last):
        raise OurBug("photo_calibration_singular")
    m = tuple(value / last for value in cofactors)
    return (m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8])
