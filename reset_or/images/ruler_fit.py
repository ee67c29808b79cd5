"""Fits a ruler's numbered ticks: a straight line in space, seen in perspective through a lens.

place(n) = P + D n / (1 + c n) without the lens; then k1 as in `calibration`. Least squares in pixels,
along the ruler much surer than across it, with outliers left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_USUAL_K1: Final = 0.1
_K1_KNOWN: Final = 0.02
"""A lens is taken out only where the ruler knows it this well (radius in half diagonals)."""


@dataclass(frozen=True)
class Ladder:
    """The fitted ruler. `numbers`: the ticks that agree; `spread_px`: how far they are off along it (rms)."""

    numbers: Floats
    spread_px: float
    step_px: float
    k1: float
    _values: Floats
    _middle: Floats
    _half: float
    _unit: float

    def places(self, numbers: Floats) -> Floats:
        """Pixels of any numbers."""
        return _drawn(self._values, numbers / self._unit, self._middle, self._half)


def fit_ladder(
    numbers: Floats, feet: Floats, along: Floats, size: tuple[int, int], spread: tuple[float, float]
) -> Ladder | None:
    """`spread`: expected along and across, px. None where nothing fits."""
    middle, half = np.array([size[0] / 2, size[1] / 2]), math.hypot(*size) / 2
    unit = max(1.0, float(np.abs(numbers).max()))
    n, points = numbers / unit, (feet - middle) / half
    axes = np.stack([along, [-along[1], along[0]]])
    slope = np.polyfit(n, points, 1)
    values = np.concatenate([slope[1], slope[0], [0.0, 0.0]])  # P, D, c, k1
    weights = np.array([half / spread[0], half / spread[1]])
    kept = np.ones(len(n), dtype=bool)
    covariance = np.eye(6)
    for _ in range(5):
        values, covariance = _settled(values, n[kept], points[kept], axes, weights)
        off = _off(values, n, points, axes)[:, 0] * half
        limit = max(3 * 1.4826 * float(np.median(np.abs(off[kept]))), 0.5 * spread[0])
        fresh = np.abs(off) < limit
        if fresh.sum() < 8:
            return None
        if (fresh == kept).all():
            break
        kept = fresh
    if math.sqrt(max(0.0, covariance[5, 5])) > _K1_KNOWN:
        values = values.copy()
        values, _ = _settled(values, n[kept], points[kept], axes, weights, lens=False)
        off = _off(values, n, points, axes)[:, 0] * half
    rms = float(np.sqrt((off[kept] ** 2).mean()))
    ends = _drawn(values, np.array([n.min(), n.max()]), middle, half)
    step = float(np.linalg.norm(ends[1] - ends[0])) / max(1.0, float(np.ptp(numbers)))
    return Ladder(numbers[kept], rms, step, float(values[5]), values, middle, half, unit)


def _ideal(values: Floats, n: Floats) -> Floats:
    placed: Floats = values[:2] + values[2:4] * (n / (1 + values[4] * n))[:, None]
    return placed


def _drawn(values: Floats, n: Floats, middle: Floats, half: float) -> Floats:
    ideal = _ideal(values, n)
    grown = 1 + values[5] * (ideal**2).sum(axis=1, keepdims=True)
    drawn: Floats = middle + half * ideal * grown
    return drawn


def _off(values: Floats, n: Floats, points: Floats, axes: Floats) -> Floats:
    """Along and across the ruler, in half diagonals."""
    off: Floats = (_drawn(values, n, np.zeros(2), 1.0) - points) @ axes.T
    return off


def _settled(
    values: Floats, n: Floats, points: Floats, axes: Floats, weights: Floats, *, lens: bool = True
) -> tuple[Floats, Floats]:
    """Gauss-Newton; with `lens` False k1 is held at 0."""
    free = 6 if lens else 5
    values = values.copy()
    values[free:] = 0
    expected = np.zeros((free, free))
    expected[4, 4] = 1.0  # c: a ruler that shrinks by half over its length is the most there is
    if lens:
        expected[5, 5] = 1 / _USUAL_K1**2
    covariance = np.eye(6)
    for _ in range(25):
        off = (_off(values, n, points, axes) * weights).ravel()
        slopes = np.empty((len(off), free))
        for k in range(free):
            step = np.zeros(6)
            step[k] = 1e-6
            up, down = _off(values + step, n, points, axes), _off(values - step, n, points, axes)
            slopes[:, k] = ((up - down) * weights).ravel() / 2e-6
        normal = slopes.T @ slopes + expected
        move = np.linalg.solve(normal, slopes.T @ off + expected @ values[:free])
        values[:free] -= move
        covariance[:free, :free] = np.linalg.inv(normal)
        if np.abs(move).max() < 1e-10:
            break
    return values, covariance
