"""Measures the four edges of a black square on white: its corners to a few hundredths of a pixel, its blur.

Profiles run across each edge; each says where it passes half way from black to white. A line goes through
those that agree (least squares, then without outliers, again). Corners are where lines cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LEAST_CONTRAST: Final = 20.0
_LEAST_SHARE: Final = 0.4
"""Of an edge's profiles that must agree, for the edge to count."""

_STEPS: Final = 49


@dataclass(frozen=True)
class Edges:
    """Corners (4 x 2, pixels, (0, 0) the picture's corner) and the width of each edge from 10 to 90 %."""

    corners: Floats
    widths_px: Floats


def edges_of(grey: NDArray[np.uint8], quad: Floats, module: float) -> Edges | None:
    """The edges of the square near `quad` (clockwise as seen); `module`: width of its black border, in sides.

    None where an edge is covered, runs out of the picture, or has no contrast.
    """
    corners = quad
    widths = np.zeros(4)
    for reach in (0.8, 0.55):
        lines = []
        for k in range(4):
            found = _edge(grey, corners[k], corners[(k + 1) % 4], module * reach)
            if found is None:
                return None
            lines.append(found[0])
            widths[k] = found[1]
        fresh = _crossings(lines)
        farthest = 2 * module * float(np.linalg.norm(corners[1] - corners[0]))
        if fresh is None or float(np.abs(fresh - corners).max()) > farthest:
            return None
        corners = fresh
    return Edges(corners, widths)


def _edge(grey: NDArray[np.uint8], a: Floats, b: Floats, reach: float) -> tuple[Floats, float] | None:
    """((point, direction) of the line, its width 10-90 %) of one edge; outwards is left of a to b."""
    along = b - a
    long = float(np.linalg.norm(along))
    if long < 8:
        return None
    along = along / long
    out = np.array([along[1], -along[0]])
    count = int(np.clip(long / 1.5, 12, 80))
    t = np.linspace(0.07, 0.93, count) * long
    across = np.linspace(-reach * long, reach * long, _STEPS)
    where = a + t[:, None, None] * along + across[None, :, None] * out
    if where.min() < 1 or where[..., 0].max() > grey.shape[1] - 1 or where[..., 1].max() > grey.shape[0] - 1:
        return None
    x, y = (where[..., 0] - 0.5).astype(np.float32), (where[..., 1] - 0.5).astype(np.float32)
    read = cv2.remap(grey, x, y, cv2.INTER_LINEAR).astype(np.float64)
    profiles: Floats = np.asarray(cv2.blur(read, (1, 3)), np.float64)
    offsets, good = _half_way(profiles, across)
    line = _line(t, offsets, good)
    if line is None:
        return None
    slope, begin, kept = line
    first = a + begin * out
    direction = along + slope * out
    width = _width(profiles[kept], across[None, :] - offsets[kept][:, None])
    return np.stack([first, direction]), width


def _half_way(profiles: Floats, across: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Where each profile passes half way from black (inside) to white (outside), and which ones do."""
    third = _STEPS // 4
    black, white = np.median(profiles[:, :third], axis=1), np.median(profiles[:, -third:], axis=1)
    half = (black + white) / 2
    above = profiles > half[:, None]
    rises = ~above[:, :-1] & above[:, 1:]
    middle = np.abs(across[:-1] + across[1:])[None, :]
    place = np.where(rises, middle, np.inf).argmin(axis=1)
    rows = np.arange(len(profiles))
    low, high = profiles[rows, place], profiles[rows, place + 1]
    step = across[1] - across[0]
    share = np.where(high > low, (half - low) / np.maximum(high - low, 1e-9), 0.5)
    good = rises.any(axis=1) & (white - black > _LEAST_CONTRAST)
    return across[place] + share * step, good


def _line(
    t: Floats, offsets: Floats, good: NDArray[np.bool_]
) -> tuple[float, float, NDArray[np.bool_]] | None:
    """offset = slope t + begin through the profiles that agree: from the median on, without outliers."""
    needed = max(6, int(_LEAST_SHARE * len(t)))
    if good.sum() < needed:
        return None
    kept = good
    slope, begin = _theil_sen(t[kept], offsets[kept])
    for _ in range(4):
        off = np.abs(offsets - slope * t - begin)
        spread = max(0.03, 1.4826 * float(np.median(off[kept])))
        kept = good & (off < 3 * spread)
        if kept.sum() < needed:
            return None
        slope, begin = np.polyfit(t[kept], offsets[kept], 1)
    return float(slope), float(begin), kept


def _theil_sen(t: Floats, values: Floats) -> tuple[float, float]:
    """A first line that outliers do not bend: the median of the slopes between distant pairs."""
    half = len(t) // 2
    slopes = (values[half : 2 * half] - values[:half]) / (t[half : 2 * half] - t[:half])
    slope = float(np.median(slopes))
    return slope, float(np.median(values - slope * t))


def _width(profiles: Floats, offsets: Floats) -> float:
    """10 to 90 % of the mean edge, each profile laid so that its half way is at 0."""
    reach = float(np.abs(offsets).max())
    bins = np.linspace(-reach, reach, 81)
    place = np.clip(np.digitize(offsets.ravel(), bins) - 1, 0, 79)
    count = np.bincount(place, minlength=80)
    total = np.bincount(place, weights=profiles.ravel(), minlength=80)
    filled = count > 0
    middle = ((bins[:-1] + bins[1:]) / 2)[filled]
    mean = total[filled] / count[filled]
    ends = max(2, len(mean) // 6)
    black, white = float(np.median(mean[:ends])), float(np.median(mean[-ends:]))
    rising = np.maximum.accumulate((mean - black) / max(white - black, 1.0))
    low, high = np.interp([0.1, 0.9], rising, middle)
    return float(max(high - low, 0.3))


def _crossings(lines: list[Floats]) -> Floats | None:
    """Corner k is where edge k - 1 meets edge k."""
    corners = []
    for k in range(4):
        (p, d), (q, e) = lines[k - 1], lines[k]
        cross = d[0] * e[1] - d[1] * e[0]
        if abs(cross) < 0.1:
            return None
        s = ((q[0] - p[0]) * e[1] - (q[1] - p[1]) * e[0]) / cross
        corners.append(p + s * d)
    return np.array(corners)
