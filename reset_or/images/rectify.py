"""The picture as it would look from straight above, one pixel so many mm everywhere: a derived image.

Only here PixelSpacing means something. numpy and OpenCV; runs in the decoder child.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.base.errors import UserFixable
from reset_or.images.calibration import Calibration, Point, inverse, to_plane

_STRIP: Final = 512
"""Rows computed at a time, so that the maps of a large picture need little memory."""

_MARGIN: Final = 0.02
MOST_PIXELS: Final = 40_000_000


def rectified(
    rgb: NDArray[np.uint8], calibration: Calibration, px_per_mm: float | None = None
) -> tuple[NDArray[np.uint8], float, tuple[float, float, float]]:
    """(pixels, px per mm, (x mm, y mm of its top left corner, degrees by which it is turned on the plane)).

    The whole picture, laid on the plane, its middle row level as in the photograph; black where there was no
    picture. Without `px_per_mm` as fine as the picture's middle, or as fits into `MOST_PIXELS`. Raises
    UserFixable photo_rectified_too_large, photo_point_beyond_plane (a corner of the picture sees no plane).
    """
    turn = _level(calibration)
    left, top, right, bottom = _bounds(calibration, turn)
    if px_per_mm is None:
        fits = 0.99 * math.sqrt(MOST_PIXELS / ((right - left) * (bottom - top)))
        px_per_mm = min(calibration.px_per_mm, fits, 30_000 / max(right - left, bottom - top))
    columns, rows = math.ceil((right - left) * px_per_mm), math.ceil((bottom - top) * px_per_mm)
    if not 0 < columns * rows <= MOST_PIXELS or max(columns, rows) > 32_000:
        raise UserFixable("photo_rectified_too_large")
    shrink = min(1.0, 1.5 * px_per_mm / calibration.px_per_mm)
    if shrink < 1:  # before pixels are dropped, their neighbours are averaged
        rgb = np.asarray(cv2.resize(rgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    made = np.empty((rows, columns, 3), np.uint8)
    c, s = math.cos(turn), math.sin(turn)
    across = left + (np.arange(columns) + 0.5) / px_per_mm
    grown = np.array([rgb.shape[1] / calibration.size[0], rgb.shape[0] / calibration.size[1]])
    for begin in range(0, rows, _STRIP):
        down = top + (np.arange(begin, min(begin + _STRIP, rows))[:, None] + 0.5) / px_per_mm
        x, y = _drawn(calibration, c * across - s * down, s * across + c * down)
        maps = (x * grown[0] - 0.5).astype(np.float32), (y * grown[1] - 0.5).astype(np.float32)
        strip = cv2.remap(rgb, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
        made[begin : begin + _STRIP] = strip
    origin = (c * left - s * top, s * left + c * top)
    return made, px_per_mm, (origin[0], origin[1], math.degrees(turn))


def _level(calibration: Calibration) -> float:
    """The direction on the plane of the picture's horizontal through its middle."""
    w, h = calibration.size
    a, b = to_plane(calibration, (w * 0.45, h / 2)), to_plane(calibration, (w * 0.55, h / 2))
    return math.atan2(b[1] - a[1], b[0] - a[0])


def _bounds(calibration: Calibration, turn: float) -> tuple[float, float, float, float]:
    """What of the turned plane the picture's border encloses, in mm."""
    w, h = calibration.size
    inset = _MARGIN * min(w, h)
    border: list[Point] = []
    for share in (k / 8 for k in range(9)):
        x, y = inset + share * (w - 2 * inset), inset + share * (h - 2 * inset)
        border += [(x, inset), (x, h - inset), (inset, y), (w - inset, y)]
    c, s = math.cos(turn), math.sin(turn)
    places = [to_plane(calibration, point) for point in border]
    across, down = [c * x + s * y for x, y in places], [c * y - s * x for x, y in places]
    return min(across), min(down), max(across), max(down)


def _drawn(
    calibration: Calibration, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`calibration.to_picture` for whole arrays."""
    m = inverse(calibration.to_mm)
    w = m[6] * x + m[7] * y + m[8]
    cx, cy = calibration.size[0] / 2, calibration.size[1] / 2
    half = math.hypot(*calibration.size) / 2
    u = ((m[0] * x + m[1] * y + m[2]) / w - cx) / half
    v = ((m[3] * x + m[4] * y + m[5]) / w - cy) / half
    square = u * u + v * v
    grown = half * (1 + calibration.k1 * square + calibration.k2 * square * square)
    return cx + grown * u, cy + grown * v
