"""A camera with a lens over a table, and what lies on it as geometry: rays, places, arcs. Draws nothing.

OpenCV's convention for the lens and rays instead of homographies: no code shared with what is tested.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Point = tuple[float, float]

_CELL = 8
"""Rays are computed for every cell of 8 pixels and interpolated: off by less than 0.002 mm."""


@dataclass(frozen=True)
class Camera:
    """Looks at `aim` (mm on the plane) from `distance_mm`, tilted by `tilt_deg` about an axis in the plane.

    k1, k2 as in OpenCV (radius in focal lengths); `focal` in half diagonals; `centre` is the principal
    point's offset in parts of the width and height.
    """

    width: int = 3000
    height: int = 2000
    focal: float = 1.25
    tilt_deg: float = 0.0
    towards_deg: float = 0.0
    roll_deg: float = 0.0
    distance_mm: float = 500.0
    aim: Point = (0.0, 0.0)
    k1: float = 0.0
    k2: float = 0.0
    centre: Point = (0.0, 0.0)

    @property
    def focal_px(self) -> float:
        return self.focal * math.hypot(self.width, self.height) / 2

    def rotation(self) -> NDArray[np.float64]:
        tilt, towards, roll = (math.radians(v) for v in (self.tilt_deg, self.towards_deg, self.roll_deg))
        aslant, _ = cv2.Rodrigues(np.array([math.cos(towards), math.sin(towards), 0.0]) * tilt)
        turned, _ = cv2.Rodrigues(np.array([0.0, 0.0, roll]))
        return turned @ aslant

    def middle(self) -> Point:
        return self.width * (0.5 + self.centre[0]), self.height * (0.5 + self.centre[1])

    def sees(self, place_mm: Point, above_mm: float = 0.0) -> Point:
        """Where a place of the table (or above it) is drawn, in pixels; (0, 0) the picture's corner."""
        there = np.array([place_mm[0] - self.aim[0], place_mm[1] - self.aim[1], -above_mm])
        x, y, z = self.rotation() @ there + np.array([0, 0, self.distance_mm])
        x, y = x / z, y / z
        square = x * x + y * y
        grown = self.focal_px * (1 + self.k1 * square + self.k2 * square * square)
        cx, cy = self.middle()
        return float(cx + grown * x), float(cy + grown * y)

    def lands(self, above_mm: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where rays meet the plane `above_mm` over the table, in mm: one for each cell of `_CELL` pixels,
        and one cell more on every side. The lens is taken out by a table over the radius.
        """
        cx, cy = self.middle()
        columns, rows = -(-self.width // _CELL) + 2, -(-self.height // _CELL) + 2
        xs = ((np.arange(columns) - 0.5) * _CELL - cx) / self.focal_px
        ys = ((np.arange(rows) - 0.5) * _CELL - cy) / self.focal_px
        seen = np.hypot(xs[None, :], ys[:, None])
        ideal = np.linspace(0, float(seen.max()) * 1.6, 100_000)
        drawn = ideal * (1 + self.k1 * ideal**2 + self.k2 * ideal**4)
        upto = int(np.argmax(drawn)) + 1
        taken_out = np.interp(seen, drawn[:upto], ideal[:upto])
        grown = np.where(seen > 1e-9, taken_out / np.maximum(seen, 1e-9), 1.0)
        x, y = xs[None, :] * grown, ys[:, None] * grown
        back = self.rotation().T
        start = back @ np.array([0, 0, -self.distance_mm])
        far = (-above_mm - start[2]) / (back[2, 0] * x + back[2, 1] * y + back[2, 2])
        return (
            self.aim[0] + start[0] + far * (back[0, 0] * x + back[0, 1] * y + back[0, 2]),
            self.aim[1] + start[1] + far * (back[1, 0] * x + back[1, 1] * y + back[1, 2]),
        )

    def whole(self, cells: NDArray[np.float64]) -> Array:
        """A value for every pixel from one for every cell (straight between them)."""
        size = (cells.shape[1] * _CELL, cells.shape[0] * _CELL)
        full = cv2.resize(cells.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(full[_CELL : _CELL + self.height, _CELL : _CELL + self.width])


@dataclass(frozen=True)
class Laid:
    """A flat thing on the table: where its (0, 0) lies, and how far it is turned."""

    at: Point
    turn_deg: float = 0.0

    def place(self, local: Point) -> Point:
        c, s = math.cos(math.radians(self.turn_deg)), math.sin(math.radians(self.turn_deg))
        return self.at[0] + c * local[0] - s * local[1], self.at[1] + s * local[0] + c * local[1]

    def local(self, x: Array, y: Array) -> tuple[Array, Array]:
        c, s = math.cos(math.radians(self.turn_deg)), math.sin(math.radians(self.turn_deg))
        dx, dy = x - self.at[0], y - self.at[1]
        return c * dx + s * dy, c * dy - s * dx


@dataclass(frozen=True)
class Bowel:
    """Opened, mucosa up: its axis is an arc from `start` towards `heading_deg`, of signed `radius_mm`."""

    proximal_mm: float = 100.0
    tumour_mm: float = 35.0
    distal_mm: float = 42.0
    start: Point = (-90.0, 0.0)
    heading_deg: float = 0.0
    radius_mm: float = 300.0
    half_width_mm: float = 32.0
    surface_mm: float = 0.0

    @property
    def length_mm(self) -> float:
        return self.proximal_mm + self.tumour_mm + self.distal_mm

    def middle(self) -> Point:
        heading = math.radians(self.heading_deg)
        return (
            self.start[0] - self.radius_mm * math.sin(heading),
            self.start[1] + self.radius_mm * math.cos(heading),
        )

    def place(self, along_mm: float, across_mm: float = 0.0) -> Point:
        angle = math.radians(self.heading_deg) + along_mm / self.radius_mm
        cx, cy = self.middle()
        radius = self.radius_mm - across_mm
        return cx + radius * math.sin(angle), cy - radius * math.cos(angle)

    def coordinates(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(along, across) of places on its surface."""
        cx, cy = self.middle()
        sign = 1.0 if self.radius_mm > 0 else -1.0
        angle = np.arctan2(sign * (x - cx), -sign * (y - cy)) - math.radians(self.heading_deg)
        angle = (angle + math.pi) % (2 * math.pi) - math.pi
        return angle * self.radius_mm, self.radius_mm - sign * np.hypot(x - cx, y - cy)

    def span(self, part: str) -> tuple[float, float]:
        first, last = self.proximal_mm, self.proximal_mm + self.tumour_mm
        return {"proximal": (0.0, first), "tumour": (first, last), "distal": (last, self.length_mm)}[part]
