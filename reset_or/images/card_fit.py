"""Fits plane and lens to the card's corners: eight numbers of a homography, two of the lens, one of the ink.

Least squares by Gauss-Newton with damping, in pixels, with outliers weighed down (Huber). The lens and the
ink (how far black spreads into white: every marker grows by it) are held near nothing by what lenses and
printers usually do, so that a card in the middle of the picture does not invent a lens for its corners.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.images.calibration import Matrix

Floats = NDArray[np.float64]

_USUAL: Final = np.array([0.12, 0.04, 0.12])
"""Standard deviations expected of k1, k2 (radius in half diagonals) and of the ink's spread in mm."""

_LEAST_NOISE_PX: Final = 0.03
_CORRELATED: Final = 2.0
"""Neighbouring corners err together (paper, lens): what one corner's spread says of a length is doubled."""

_LENS_KNOWN: Final = 0.5
_SEGMENT_MM: Final = 40.0
_SIGNS: Final = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=np.float64)


@dataclass(frozen=True)
class Fit:
    """`scale_sd`: relative standard deviation of a length of 40 mm where a specimen may lie.

    `off_mm`: how far each corner is off.
    """

    to_mm: Matrix
    k1: float
    k2: float
    residual_mm: float
    px_per_mm: float
    scale_sd: float
    lens_known: bool
    off_mm: Floats


class _Model:
    """Places of the card to pixels, everything scaled to about 1: numbers 0-7 plane, 8-9 lens, 10 ink."""

    def __init__(self, places: Floats, pixels: Floats, size: tuple[int, int]) -> None:
        self.middle = np.array([size[0] / 2, size[1] / 2])
        self.half = math.hypot(*size) / 2
        self.origin = places.mean(axis=0)
        self.unit = float(np.abs(places - self.origin).max())
        self.places = (places - self.origin) / self.unit
        self.pixels = pixels
        self.signs = np.tile(_SIGNS, (len(places) // 4, 1)) / self.unit

    def drawn(self, numbers: Floats, places: Floats) -> Floats:
        """Pixels of places (scaled)."""
        h = np.append(numbers[:8], 1.0).reshape(3, 3)
        flat = places @ h[:, :2].T + h[:, 2]
        ideal = flat[:, :2] / flat[:, 2:]
        square = (ideal**2).sum(axis=1, keepdims=True)
        grown = 1 + numbers[8] * square + numbers[9] * square**2
        pixels: Floats = self.middle + self.half * ideal * grown
        return pixels

    def residuals(self, numbers: Floats) -> Floats:
        off: Floats = self.drawn(numbers, self.places + numbers[10] * self.signs) - self.pixels
        return off.ravel()

    def slopes(self, numbers: Floats, places: Floats | None = None) -> Floats:
        """Derivatives of the pixels by each number, by central differences."""
        columns = []
        for k in range(len(numbers)):
            step = np.zeros_like(numbers)
            step[k] = 1e-6
            if places is None:
                columns.append((self.residuals(numbers + step) - self.residuals(numbers - step)) / 2e-6)
            else:
                up, down = self.drawn(numbers + step, places), self.drawn(numbers - step, places)
                columns.append((up - down).ravel() / 2e-6)
        return np.stack(columns, axis=1)

    def begin(self) -> Floats:
        ideal = (self.pixels - self.middle) / self.half
        h, _ = cv2.findHomography(self.places, ideal, 0)
        return np.concatenate([(h / h[2, 2]).ravel()[:8], np.zeros(3)])

    def to_mm(self, numbers: Floats) -> Matrix:
        """The homography from ideal pixels to mm, 1 in the middle of the picture."""
        h = np.append(numbers[:8], 1.0).reshape(3, 3)
        place = np.array([[self.unit, 0, self.origin[0]], [0, self.unit, self.origin[1]], [0, 0, 1]])
        pixel = np.array([[1, 0, -self.middle[0]], [0, 1, -self.middle[1]], [0, 0, self.half]]) / self.half
        found = place @ np.linalg.inv(h) @ pixel
        found = found / (found[2] @ np.append(self.middle, 1.0))
        m = [float(value) for value in found.ravel()]
        return (m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8])


def fit_plane(places: Floats, pixels: Floats, size: tuple[int, int]) -> Fit:
    """Fits markers' corners (four by four, in the card's order): places in mm, pixels of the picture."""
    model = _Model(places, pixels, size)
    numbers, noise = model.begin(), 0.3
    expected = np.diag(np.concatenate([np.zeros(8), 1 / _USUAL**2]))
    for _ in range(4):
        numbers, weights = _settled(model, numbers, noise, expected)
        off = model.residuals(numbers)
        spare = max(1, len(off) - 9)
        noise = max(_LEAST_NOISE_PX, math.sqrt(float((weights * off**2).sum()) / spare))
    slopes = model.slopes(numbers)
    information = slopes.T @ (weights[:, None] * slopes) / noise**2
    covariance: Floats = np.asarray(np.linalg.inv(information / _CORRELATED**2 + expected), np.float64)
    scale = _px_per_mm(model, numbers)
    return Fit(
        to_mm=model.to_mm(numbers),
        k1=float(numbers[8]),
        k2=float(numbers[9]),
        residual_mm=float(np.sqrt(2 * (off**2).mean()) / scale),
        px_per_mm=scale,
        scale_sd=_scale_sd(model, numbers, covariance),
        lens_known=bool(math.sqrt(covariance[8, 8]) < _LENS_KNOWN * _USUAL[0]),
        off_mm=np.linalg.norm(off.reshape(-1, 2), axis=1) / scale,
    )


def _settled(model: _Model, numbers: Floats, noise: float, expected: Floats) -> tuple[Floats, Floats]:
    """Gauss-Newton steps with Levenberg's damping until nothing moves; and the weights of the residuals."""
    damping = 1e-4

    def cost(values: Floats) -> float:
        off = np.abs(model.residuals(values)) / noise
        huber = np.where(off <= 2, off**2, 4 * off - 4)
        return float(huber.sum() + values @ expected @ values)

    now = cost(numbers)
    for _ in range(40):
        off = model.residuals(numbers)
        weights = 1 / np.maximum(1, np.abs(off) / (2 * noise))
        slopes = model.slopes(numbers)
        normal = slopes.T @ (weights[:, None] * slopes) / noise**2 + expected
        right = slopes.T @ (weights * off) / noise**2 + expected @ numbers
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), right)
        then = cost(numbers - step)
        if then > now:
            damping = min(damping * 10, 1e6)
            if damping >= 1e6:
                break
            continue
        numbers, gained, now, damping = numbers - step, now - then, then, max(damping / 10, 1e-9)
        if gained < 1e-9 * max(1.0, now):
            break
    return numbers, 1 / np.maximum(1, np.abs(model.residuals(numbers)) / (2 * noise))


def _px_per_mm(model: _Model, numbers: Floats) -> float:
    """In the middle of the card: the root of how much an area grows."""
    grown = _by_place(model, numbers, np.zeros((1, 2)))[0]
    return math.sqrt(abs(float(np.linalg.det(grown)))) / model.unit


def _by_place(model: _Model, numbers: Floats, places: Floats) -> Floats:
    """Derivatives (n x 2 x 2) of pixels by place."""
    columns = []
    for axis in (np.array([1e-5, 0]), np.array([0, 1e-5])):
        columns.append((model.drawn(numbers, places + axis) - model.drawn(numbers, places - axis)) / 2e-5)
    return np.stack(columns, axis=2)


def _scale_sd(model: _Model, numbers: Floats, covariance: Floats) -> float:
    """Over segments in the picture on and around the card, along and across: four of five are surer."""
    reach = np.linspace(-1.3, 1.3, 7)
    starts = np.array([(x, y) for x in reach for y in reach])
    half = _SEGMENT_MM / 2 / model.unit
    spreads = []
    for direction in (np.array([1.0, 0.0]), np.array([0.0, 1.0])):
        ends = np.stack([starts - half * direction, starts + half * direction])
        inside = (np.abs(model.drawn(numbers, starts) - model.middle) < model.middle).all(axis=1)
        ends = ends[:, inside]
        if not inside.any():
            continue
        moved = []
        for places in ends:
            by_number = model.slopes(numbers, places).reshape(len(places), 2, -1)
            moved.append(-np.linalg.solve(_by_place(model, numbers, places), by_number))
        longer = np.einsum("i,nik->nk", direction, moved[1] - moved[0]) / (2 * half)
        spreads.extend(np.sqrt(np.einsum("ni,ij,nj->n", longer, covariance, longer)))
    return float(np.percentile(spreads, 80)) if spreads else 1.0
