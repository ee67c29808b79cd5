"""Looks at a ruler's ticks one by one on the full picture: where each stands, and how long it is."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.images.ruler_fit import Ladder
from reset_or.images.strokes import Strokes

Floats = NDArray[np.float64]

_CONTRAST: Final = 6.0
_BEYOND: Final = 3
"""Ticks looked for past either end of those that were found."""

_DEPTHS: Final = 121


class Teeth:
    """The comb's ticks in the picture; `short` is the length of its shorter ticks, px."""

    def __init__(self, grey: NDArray[np.uint8], comb: Strokes, short: float) -> None:
        self.grey, self.dark, self.short = grey, comb.dark, short
        # the ticks' direction turns a little along the ruler, by perspective
        angle = np.unwrap(np.arctan2(comb.directions[:, 1], comb.directions[:, 0]), period=np.pi * 2)
        self.origin, self.along = comb.origin, comb.along
        middle = float(np.median(angle))
        near = np.abs(angle - middle) < np.radians(6)
        self.turn = (
            np.polyfit(comb.places[near], angle[near], 1) if near.sum() > 20 else np.array([0.0, middle])
        )

    def _directions(self, feet: Floats) -> Floats:
        angle = np.polyval(self.turn, (feet - self.origin) @ self.along)
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def _at(self, places: Floats) -> Floats:
        """Darkness (or lightness) of places of any shape (..., 2); nothing outside the picture."""
        flat = places.reshape(len(places), -1, 2).astype(np.float32) - np.float32(0.5)
        read = cv2.remap(
            self.grey, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        sign = -1.0 if self.dark else 1.0
        depth: Floats = sign * read.astype(np.float64).reshape(places.shape[:-1])
        return depth

    def _inside(self, places: Floats) -> NDArray[np.bool_]:
        axes = tuple(range(1, places.ndim - 1))
        limits = np.array([self.grey.shape[1] - 1, self.grey.shape[0] - 1])
        return np.asarray(((places > 1) & (places < limits)).all(axis=(*axes, places.ndim - 1)), np.bool_)

    def sharpened(self, ladder: Ladder, last: int) -> tuple[Floats, Floats]:
        """(numbers, feet) of every tick: the middle of its darkness across, averaged along it."""
        numbers = np.arange(-_BEYOND, last + 1 + _BEYOND, dtype=np.float64)
        feet = ladder.places(numbers)
        steps = np.gradient(feet, axis=0)
        depths, across = np.linspace(0.25, 0.75, 9) * self.short, np.linspace(-0.5, 0.5, 41)
        ways = self._directions(feet)
        where = feet[:, None, None] + depths[None, :, None, None] * ways[:, None, None]
        where = where + across[None, None, :, None] * steps[:, None, None]
        inside = self._inside(where)
        numbers, feet, steps, where = numbers[inside], feet[inside], steps[inside], where[inside]
        if not len(numbers):
            return numbers, feet
        profiles = self._at(where).mean(axis=1)
        depth = profiles - profiles.min(axis=1, keepdims=True)
        peak = depth.max(axis=1)
        # only the hill under the highest point: a neighbour's slope must not pull
        near = np.abs(across[None, :] - across[depth.argmax(axis=1)][:, None]) < 0.3
        weight = np.maximum(depth - 0.4 * peak[:, None], 0) * near
        middle = (weight * across).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
        good = (peak > max(_CONTRAST, 0.4 * float(np.median(peak)))) & (np.abs(middle) < 0.3)
        return numbers[good], feet[good] + middle[good, None] * steps[good]

    def lengths(self, ladder: Ladder) -> tuple[Floats, Floats]:
        """(length of each of the ladder's ticks, shift from its feet to the end that all ticks share)."""
        feet = ladder.places(ladder.numbers)
        steps = ladder.places(ladder.numbers + 0.5) - ladder.places(ladder.numbers - 0.5)
        ways = self._directions(feet)
        depths = np.linspace(-3.5, 4.5, _DEPTHS) * self.short
        where = feet[:, None] + depths[None, :, None] * ways[:, None]
        beside = 0.5 * steps[:, None]
        stands_out = self._at(where) - (self._at(where - beside) + self._at(where + beside)) / 2
        stands_out = np.asarray(cv2.blur(stands_out, (3, 1)), np.float64)
        core = (depths > 0.25 * self.short) & (depths < 0.75 * self.short)
        enough = stands_out > 0.45 * stands_out[:, core].mean(axis=1, keepdims=True)
        start = int(np.abs(depths - 0.5 * self.short).argmin())
        ends = _until_false(enough[:, start:])
        begins = _until_false(enough[:, start::-1])
        step = float(depths[1] - depths[0])
        after, before = depths[start] + ends * step, depths[start] - begins * step
        spreads = [float(np.percentile(side, 85) - np.percentile(side, 15)) for side in (before, after)]
        shared = float(np.median(before if spreads[0] <= spreads[1] else after))
        return after - before, shared * ways.mean(axis=0)


def _until_false(rows: NDArray[np.bool_]) -> Floats:
    """How many true values each row begins with."""
    stop = ~rows
    return np.asarray(np.where(stop.any(axis=1), stop.argmax(axis=1), rows.shape[1]), np.float64)
