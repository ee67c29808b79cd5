"""Where the camera stood, from a calibration's homography: tilt, height above the plane, foot on the plane.

A homography says nothing of the focal length when the sensor is parallel to the plane, and much when it is
tilted. So the focal length is the best balance of two things: columns of the homography that must be
perpendicular and equally long, and what lenses of telephones and cameras usually have. EXIF is not asked: it
would move nothing but the tilt that is shown, and that of a cropped picture is wrong (docs/decisions/0020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from reset_or.base.errors import OurBug
from reset_or.images.calibration import DEFAULT_FOCAL, Calibration, Matrix, Point, inverse

_USUAL_SPREAD: Final = 0.25
"""Standard deviation of the logarithm of the focal length of usual lenses."""

_COLUMNS_SPREAD: Final = 0.004
"""How far noise of a tenth of a pixel and a slightly bent card let the columns miss their constraints."""

_STEPS: Final = 240
_NARROWEST, _WIDEST = 0.45, 8.0


@dataclass(frozen=True)
class View:
    """The camera against the plane: degrees, mm. `foot` is the place on the plane right below it."""

    tilt_deg: float
    height_mm: float
    foot: Point
    focal_px: float

    def slant(self, place_mm: Point) -> Point:
        """How far (mm, x and y) a point one mm above the plane seems shifted at this place."""
        return (
            (place_mm[0] - self.foot[0]) / self.height_mm,
            (place_mm[1] - self.foot[1]) / self.height_mm,
        )


def view_of(calibration: Calibration) -> View:
    """Decomposes `to_mm`."""
    return decompose(calibration.to_mm, calibration.size)


def decompose(to_mm: Matrix, size: tuple[int, int]) -> View:
    """The camera of a homography from pixels to mm (lens already taken out)."""
    columns = _centred_columns(to_mm, size)
    half = math.hypot(*size) / 2
    usual = math.log(DEFAULT_FOCAL * half)
    low, high = math.log(_NARROWEST * half), math.log(_WIDEST * half)

    def cost(log_f: float) -> float:
        a, b, _ = _rays(columns, math.exp(log_f))
        long_a, long_b, across = _dot(a, a), _dot(b, b), _dot(a, b)
        mean = (long_a + long_b) / 2
        misfit = (across / mean) ** 2 + ((long_a - long_b) / (2 * mean)) ** 2
        return misfit / _COLUMNS_SPREAD**2 + ((log_f - usual) / _USUAL_SPREAD) ** 2

    best = min((low + (high - low) * k / _STEPS for k in range(_STEPS + 1)), key=cost)
    step = (high - low) / _STEPS
    best = min((best + step * (k / 20 - 1) for k in range(41)), key=cost)
    return _view(columns, math.exp(best))


_Vector = tuple[float, float, float]


def _centred_columns(to_mm: Matrix, size: tuple[int, int]) -> tuple[_Vector, _Vector, _Vector]:
    """The columns of the homography from mm to pixels about the picture's middle."""
    m = inverse(to_mm)
    cx, cy = size[0] / 2, size[1] / 2
    return (
        (m[0] - cx * m[6], m[3] - cy * m[6], m[6]),
        (m[1] - cx * m[7], m[4] - cy * m[7], m[7]),
        (m[2] - cx * m[8], m[5] - cy * m[8], m[8]),
    )


def _rays(columns: tuple[_Vector, _Vector, _Vector], focal: float) -> tuple[_Vector, _Vector, _Vector]:
    a, b, c = ((x / focal, y / focal, z) for x, y, z in columns)
    return a, b, c


def _view(columns: tuple[_Vector, _Vector, _Vector], focal: float) -> View:
    a, b, t = _rays(columns, focal)
    scale = math.sqrt((_dot(a, a) + _dot(b, b)) / 2)
    if scale == 0:
        raise OurBug("photo_calibration_singular")
    a, b, t = _times(a, 1 / scale), _times(b, 1 / scale), _times(t, 1 / scale)
    normal = _cross(a, b)
    normal = _times(normal, 1 / math.sqrt(_dot(normal, normal)))
    height = _dot(normal, t)
    return View(
        tilt_deg=math.degrees(math.acos(min(1.0, abs(normal[2])))),
        height_mm=abs(height),
        foot=(-_dot(a, t) / _dot(a, a), -_dot(b, t) / _dot(b, b)),
        focal_px=focal,
    )


def _dot(a: _Vector, b: _Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _times(a: _Vector, by: float) -> _Vector:
    return a[0] * by, a[1] * by, a[2] * by
