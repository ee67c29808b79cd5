"""Finds short parallel strokes that begin on one line: what a ruler's ticks look like, whatever its make.

Knows nothing of millimetres. numpy and OpenCV; runs in the decoder child.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

_HAT: Final = 15
"""Side of the window in which a stroke is darker (or lighter) than what is around it, in pixels."""

_LEAST_DEPTH: Final = 8.0
_SHORTEST, _LONGEST = 3.5, 400.0
_LONGER_THAN_WIDE: Final = 2.0
_ALIKE_DEG: Final = 9.0
_TRIES: Final = 500


@dataclass(frozen=True)
class Strokes:
    """Strokes of one comb: their middles, unit directions (from the line on), lengths; and the comb's line.

    `dark`: darker than the ruler. The line is a point and a unit direction.
    """

    middles: Floats
    directions: Floats
    lengths: Floats
    origin: Floats
    along: Floats
    dark: bool

    @property
    def feet(self) -> Floats:
        """Where each begins: its end on the line."""
        return self.middles - self.directions * (self.lengths / 2)[:, None]

    @property
    def places(self) -> Floats:
        """Each foot's distance along the line."""
        found: Floats = (self.feet - self.origin) @ self.along
        return found


def combs(grey: Grey) -> Iterator[Strokes]:
    """Candidates in one picture, dark and light, the fullest of each direction first."""
    for dark in (True, False):
        hat = _hat(grey, dark)
        middles, angles, lengths = _long_ones(hat)
        if len(lengths) < 8:
            continue
        for peak in _common(angles, lengths):
            off = np.abs((angles - peak + math.pi / 2) % math.pi - math.pi / 2)
            alike = off < math.radians(_ALIKE_DEG)
            if alike.sum() >= 8:
                yield from _on_lines(middles[alike], angles[alike], lengths[alike], peak, dark)


def _hat(grey: Grey, dark: bool) -> Floats:
    """How much darker (lighter) a pixel is than the larger things around it, 0 where not enough."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_HAT, _HAT))
    soft = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    kind = cv2.MORPH_BLACKHAT if dark else cv2.MORPH_TOPHAT
    hat = np.asarray(cv2.morphologyEx(soft, kind, kernel), np.float32)
    nearby = np.asarray(cv2.dilate(hat, np.ones((2 * _HAT + 1, 2 * _HAT + 1), np.uint8)), np.float32)
    kept: Floats = np.where((hat > 0.5 * nearby) & (hat > _LEAST_DEPTH), hat, 0).astype(np.float64)
    return kept


def _long_ones(hat: Floats) -> tuple[Floats, Floats, Floats]:
    """(middles, angles, lengths) of the connected pieces that are strokes, by their second moments."""
    count, labels = cv2.connectedComponents((hat > 0).astype(np.uint8), connectivity=8)
    rows, columns = np.nonzero(labels)
    which = labels[rows, columns]
    x, y = columns + 0.5, rows + 0.5

    def total(values: NDArray[Any]) -> Floats:
        return np.bincount(which, weights=values, minlength=count)[1:].astype(np.float64)

    size = np.maximum(total(np.ones(len(x))), 1)
    mx, my = total(x) / size, total(y) / size
    xx = total(x * x) / size - mx**2 + 1 / 12
    yy = total(y * y) / size - my**2 + 1 / 12
    xy = total(x * y) / size - mx * my
    spread = np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    long, wide = (
        np.sqrt(12 * ((xx + yy) / 2 + spread)),
        np.sqrt(12 * np.maximum((xx + yy) / 2 - spread, 1 / 12)),
    )
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    straight = size > 0.55 * long * wide
    good = (long > _SHORTEST) & (long < _LONGEST) & (long > _LONGER_THAN_WIDE * wide) & straight
    return np.stack([mx, my], axis=1)[good], angle[good], long[good]


def _common(angles: Floats, lengths: Floats) -> list[float]:
    """Directions that many strokes share, the most first."""
    bins = 90
    filled = np.bincount(((angles % math.pi) / math.pi * bins).astype(int) % bins, minlength=bins).astype(
        float
    )
    smooth = np.sum([np.roll(filled, k) for k in (-2, -1, 0, 1, 2)], axis=0)
    peaks = []
    for _ in range(4):
        best = int(np.argmax(smooth))
        if smooth[best] < 8:
            break
        peaks.append((best + 0.5) / bins * math.pi)
        smooth[[(best + k) % bins for k in range(-5, 6)]] = 0
    return peaks


def _on_lines(middles: Floats, angles: Floats, lengths: Floats, peak: float, dark: bool) -> Iterator[Strokes]:
    """Of strokes of one direction, those whose one end lies on a common line: either end, two lines each."""
    turned = np.where(np.cos(angles - peak) < 0, angles + math.pi, angles)
    directions = np.stack([np.cos(turned), np.sin(turned)], axis=1)
    for sign in (1.0, -1.0):
        left = np.ones(len(lengths), dtype=bool)
        for _ in range(2):
            if left.sum() < 8:
                break
            ways = sign * directions[left]
            feet = middles[left] - ways * (lengths[left] / 2)[:, None]
            line = _line(
                feet, sign * np.array([math.cos(peak), math.sin(peak)]), float(np.median(lengths[left]))
            )
            if line is None:
                break
            origin, along, near = line
            here = np.flatnonzero(left)[near]
            yield Strokes(middles[here], sign * directions[here], lengths[here], origin, along, dark)
            left[here] = False


def _line(feet: Floats, tick: Floats, long: float) -> tuple[Floats, Floats, NDArray[np.int64]] | None:
    """(origin, direction, which feet) of the line with the most feet, about across the ticks."""
    dice = np.random.default_rng(7)
    tolerance = max(1.2, 0.12 * long)
    pairs = dice.integers(0, len(feet), (_TRIES, 2))
    steps = feet[pairs[:, 1]] - feet[pairs[:, 0]]
    far = np.linalg.norm(steps, axis=1)
    usable = far > 4 * tolerance
    usable &= np.abs(steps @ tick) < math.sin(math.radians(30)) * far
    if not usable.any():
        return None
    starts, ways = feet[pairs[usable, 0]], steps[usable] / far[usable, None]
    normals = np.stack([-ways[:, 1], ways[:, 0]], axis=1)
    off = np.abs(feet @ normals.T - (starts * normals).sum(axis=1)[None, :])
    best = int((off < tolerance).sum(axis=0).argmax())
    near = np.flatnonzero(off[:, best] < tolerance)
    for _ in range(3):
        if len(near) < 8:
            return None
        origin = feet[near].mean(axis=0)
        along = np.linalg.svd(feet[near] - origin)[2][0]
        # a lens bends the line a little: the farther from the middle, the more room
        room = tolerance + 0.01 * np.abs((feet - origin) @ along)
        near = np.flatnonzero(np.abs((feet - origin) @ np.array([-along[1], along[0]])) < room)
    # along and the ticks' direction make a right-handed pair: the ruler's mm rise to the reader's right
    if along[0] * tick[1] - along[1] * tick[0] < 0:
        along = -along
    return origin, along, near
