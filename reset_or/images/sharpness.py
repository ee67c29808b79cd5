"""How sharp a picture is, without a card: the width of its sharpest edges. numpy and OpenCV only."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.images.calibration import Sharpness

_Singles = NDArray[np.float32]

_REACH: Final = 10
_WIDE: Final = 6.0
_TILES: Final = (12, 16)
_SOFT: Final = 0.7
_OF_GAUSS: Final = 1.022
"""10 to 90 % of a blurred step over its height divided by its greatest slope (2.563 / sqrt(2 pi))."""


def sharpness(grey: NDArray[np.uint8]) -> Sharpness:
    """Of an upright or any other grey picture; a picture without edges counts as not sharp at all."""
    shrunk, factor = grey, 1.0
    while True:
        width = _edge_px(shrunk)
        if width <= _WIDE or min(shrunk.shape) < 200:
            break
        # too wide to be measured within reach: look at a smaller copy
        shrunk = np.asarray(cv2.resize(shrunk, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        factor *= 2
    edge_px = width * factor
    return Sharpness(edge_px, round(max(grey.shape) / edge_px))


def _edge_px(grey: NDArray[np.uint8]) -> float:
    """The sharper third of the steepest places of all tiles that have one. Tile by tile: 80 MP stay small."""
    rows = np.linspace(_REACH, grey.shape[0] - _REACH, _TILES[0] + 1).astype(int)
    columns = np.linspace(_REACH, grey.shape[1] - _REACH, _TILES[1] + 1).astype(int)
    tiles = [
        _steepest(grey[top - _REACH : bottom + _REACH, left - _REACH : right + _REACH])
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
        if bottom > top and right > left
    ]
    floor = 4 * float(np.median([usual for usual, _, _ in tiles])) + 2 if tiles else 0.0
    widths = [width for _, steep, width in tiles if steep > floor]
    if len(widths) < 4:
        return 2.0 * _REACH
    # the smoothing widened every edge by itself
    return float(np.sqrt(max(1.0, float(np.percentile(widths, 33)) ** 2 - (_SOFT * 2.563) ** 2)))


def _steepest(tile: NDArray[np.uint8]) -> tuple[float, float, float]:
    """(the usual slope, the steepest one, the width of its edge) of a tile with a rim of `_REACH`."""
    smooth = np.asarray(cv2.GaussianBlur(tile.astype(np.float32), (0, 0), _SOFT), np.float32)
    dx = np.asarray(cv2.Scharr(smooth, cv2.CV_32F, 1, 0) / 32, np.float32)
    dy = np.asarray(cv2.Scharr(smooth, cv2.CV_32F, 0, 1) / 32, np.float32)
    slope = np.asarray(cv2.magnitude(dx, dy), np.float32)
    inner = slope[_REACH:-_REACH, _REACH:-_REACH]
    y, x = (int(k) + _REACH for k in np.unravel_index(int(inner.argmax()), inner.shape))
    steep = float(slope[y, x])
    width = _width(smooth, y, x, dx, dy, slope) if steep > 0 else 2.0 * _REACH
    return float(np.median(inner)), steep, width


def _width(smooth: _Singles, y: int, x: int, dx: _Singles, dy: _Singles, slope: _Singles) -> float:
    steep = float(slope[y, x])
    along = np.arange(-_REACH, _REACH + 1, 0.5)
    xs = (x + along * float(dx[y, x]) / steep).astype(np.float32)
    ys = (y + along * float(dy[y, x]) / steep).astype(np.float32)
    profile = cv2.remap(smooth, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).ravel()
    middle = len(profile) // 2
    low, high = profile[middle], profile[middle]
    for value in profile[middle:]:  # up the edge as far as it rises
        if value < high - 2:
            break
        high = max(high, value)
    for value in profile[middle::-1]:
        if value > low + 2:
            break
        low = min(low, value)
    return _OF_GAUSS * float(high - low) / steep
