"""Rectangles over text in a picture, before it is kept: added, moved, stretched, removed. No widgets.

Pixels are those of the upright picture at full size; every rectangle lies inside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

Box = tuple[int, int, int, int]
LEAST: Final = 4


class TextRegions:
    """`boxes` are (x, y, w, h); `chosen` is the one that keys and handles work on, -1 for none."""

    def __init__(self, size: tuple[int, int], boxes: Iterable[Box] = ()) -> None:
        self.size = size
        self.boxes: list[Box] = list(boxes)
        self.chosen = -1

    def choose(self, number: int) -> None:
        self.chosen = number if 0 <= number < len(self.boxes) else -1

    def step(self, by: int) -> None:
        """The next or the one before, round and round."""
        if self.boxes:
            start = self.chosen if self.chosen >= 0 else (-1 if by > 0 else 0)
            self.chosen = (start + by) % len(self.boxes)

    def add(self, x: float, y: float, w: float, h: float) -> None:
        """A new one, which is then the chosen one."""
        self.boxes.append(self._inside(x, y, w, h))
        self.chosen = len(self.boxes) - 1

    def put(self, x: float, y: float, w: float, h: float) -> None:
        """The chosen one has another place or size."""
        if self.chosen >= 0:
            self.boxes[self.chosen] = self._inside(x, y, w, h)

    def remove(self) -> None:
        """Without the chosen one; its neighbour is chosen."""
        if self.chosen >= 0:
            del self.boxes[self.chosen]
            self.chosen = min(self.chosen, len(self.boxes) - 1)

    def _inside(self, x: float, y: float, w: float, h: float) -> Box:
        """Whole pixels, outwards, never outside and never too small to see."""
        wide, high = self.size
        w, h = min(max(w, LEAST), wide), min(max(h, LEAST), high)
        x, y = min(max(x, 0.0), wide - w), min(max(y, 0.0), high - h)
        left, top = math.floor(x), math.floor(y)
        right, bottom = min(wide, math.ceil(x + w)), min(high, math.ceil(y + h))
        return left, top, right - left, bottom - top
