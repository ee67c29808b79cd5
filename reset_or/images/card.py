"""Finds the calibration card in a picture and makes a calibration of it: scale, perspective and lens in one.

Markers are found by OpenCV on reduced copies (fast, and blind to noise), then every edge of every marker is
measured on the picture itself: profiles across it, half way between black and white, a line through those
that agree. What tissue or blood covers does not agree and is left out. Runs in the decoder child.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.images.calibration import Calibration, Matrix, Path
from reset_or.images.camera import decompose
from reset_or.images.card_fit import Fit, fit_plane
from reset_or.images.card_spec import DEFAULT_CARD, CardMarker, CardSpec, load_card
from reset_or.images.edges import Edges, edges_of
from reset_or.images.sharpness import sharpness
from reset_or.trial.limits import PhotoLimits

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

_SIDES: Final = (1600, 2800, 4200, 1000)
"""Longer sides of the copies on which markers are looked for, until all are found."""

_ENOUGH_PX_PER_MM: Final = 10.0
"""Edges are measured on a copy no finer than this: noise goes down, a hundredth of a mm stays."""

_FLAT_WITHIN_MM: Final = 6.0
"""Farther from the others' plane (lens not yet known) a marker belongs to another card or to nothing."""

_SHARP_ACROSS: Final = 150
"""Edges across a picture in which no card is found: with fewer, blur is named as a reason too."""

_COVERED_MM: Final = 0.15
"""A corner off by less is not asked why."""

_HOPELESS_PPM: Final = 20_000
_NOTHING: Final[Matrix] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class _Seen:
    marker: CardMarker
    edges: Edges


def from_card(grey: Grey, limits: PhotoLimits, *, card: str = DEFAULT_CARD) -> Calibration:
    """The calibration of an upright grey picture by the card that lies in it; `problems` say why not."""
    spec = load_card(card)
    size = (int(grey.shape[1]), int(grey.shape[0]))
    rough = _one_card(_rough(grey, spec), spec)
    seen = _measured(grey, rough, spec)
    if len(seen) < max(2, limits.min_markers):
        blurred = sharpness(grey).across < _SHARP_ACROSS
        why = ("too_few_markers" if rough else "no_card", *(("blurred",) if blurred else ()))
        return Calibration("card", size, _NOTHING, card=card, problems=why)
    fit, seen = _agreeing(seen, size, max(2, limits.min_markers))
    return _calibration(fit, seen, size, card, limits)


def _agreeing(seen: list[_Seen], size: tuple[int, int], fewest: int) -> tuple[Fit, list[_Seen]]:
    """The fit without markers that are far more off than the others: tissue or blood lies along their edges.

    No more than a third may go: a card that is bent is off everywhere, and that must be seen.
    """
    most = len(seen) // 3
    while True:
        places = np.concatenate([np.array(one.marker.corners_mm) for one in seen])
        fit = fit_plane(places, np.concatenate([one.edges.corners for one in seen]), size)
        off = fit.off_mm.reshape(-1, 4).max(axis=1)
        worst = int(off.argmax())
        if most == 0 or len(seen) <= fewest or off[worst] < max(_COVERED_MM, 4 * float(np.median(off))):
            return fit, seen
        seen = seen[:worst] + seen[worst + 1 :]
        most -= 1


def _calibration(
    fit: Fit, seen: list[_Seen], size: tuple[int, int], card: str, limits: PhotoLimits
) -> Calibration:
    view = decompose(fit.to_mm, size)
    edge_mm = _edge_mm(seen)
    points: Path = tuple((float(x), float(y)) for one in seen for x, y in one.edges.corners)
    scale_sd = math.hypot(fit.scale_sd * 1e6, limits.print_sd_ppm)
    problems: list[str] = []
    if fit.px_per_mm * 10 < limits.min_px_per_cm:
        problems.append("too_small")
    if view.tilt_deg > limits.max_tilt_deg:
        problems.append("too_tilted")
    if 1000 / edge_mm < limits.min_sharpness_permille:
        problems.append("blurred")
    if fit.residual_mm * 1000 > limits.max_residual_um:
        problems.append("residual_too_high")
    if fit.scale_sd * 1e6 > _HOPELESS_PPM and not problems:
        problems.append("too_few_markers")  # or too near to each other to hold the picture's scale
    return Calibration(
        method="card",
        size=size,
        to_mm=fit.to_mm,
        k1=fit.k1,
        k2=fit.k2,
        points=points,
        card=card,
        residual_um=round(fit.residual_mm * 1000),
        tilt_cdeg=round(view.tilt_deg * 100),
        sharpness_permille=min(100_000, round(1000 / edge_mm)),
        scale_sd_ppm=round(scale_sd),
        problems=tuple(problems),
        warnings=() if fit.lens_known else ("lens_unknown",),
    )


def _edge_mm(seen: list[_Seen]) -> float:
    """Width of an edge, 10 to 90 %, in mm: of the blurrier quarter; a hand shakes in one direction."""
    widths = []
    for one in seen:
        around = np.roll(one.edges.corners, -1, axis=0)
        long_px = np.linalg.norm(around - one.edges.corners, axis=1)
        widths.extend(one.edges.widths_px / long_px * one.marker.size_mm)
    return max(0.01, float(np.percentile(widths, 75)))


# --- finding ---
def _rough(grey: Grey, spec: CardSpec) -> dict[int, list[Floats]]:
    """Candidates for every marker of the card: corners in pixels of the picture, coarse."""
    found: dict[int, list[Floats]] = {}
    wanted = {marker.id for marker in spec.markers}
    longest = max(grey.shape)
    for share in dict.fromkeys(min(1.0, side / longest) for side in _SIDES):
        small = _reduced(grey, share)
        corners, ids, _ = _detector(spec).detectMarkers(small)
        fresh: dict[int, list[Floats]] = {}
        for quad, number in zip(corners, _numbers(ids), strict=True):
            if number in wanted and number not in found:
                pixels = (quad.reshape(4, 2).astype(np.float64) + 0.5) * _growth(grey, small)
                fresh.setdefault(number, []).append(pixels)
        found |= fresh
        if len(found) == len(wanted):
            break
    return found


def _reduced(grey: Grey, share: float) -> Grey:
    if share == 1:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)


def _growth(grey: Grey, small: Grey) -> Floats:
    """Pixels of the picture to one of its reduced copy, across and down."""
    return np.array([grey.shape[1] / small.shape[1], grey.shape[0] / small.shape[0]])


def _numbers(ids: Any) -> list[int]:
    return [] if ids is None else [int(number) for number in np.asarray(ids).ravel()]


def _detector(spec: CardSpec) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.minMarkerPerimeterRate = 0.02
    parameters.adaptiveThreshWinSizeMax = 43
    return cv2.aruco.ArucoDetector(
        cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, spec.dictionary)), parameters
    )


def _one_card(found: dict[int, list[Floats]], spec: CardSpec) -> dict[int, Floats]:
    """Of all candidates those that lie on one plane as on the card: the largest such set."""
    by_id = {marker.id: marker for marker in spec.markers}
    pairs = [(number, quad) for number, quads in found.items() for quad in quads]
    if len(pairs) < 2:
        return dict(pairs)
    pixels = np.concatenate([quad for _, quad in pairs])
    places = np.concatenate([np.array(by_id[number].corners_mm) for number, _ in pairs])
    homography: Any = cv2.findHomography(pixels, places, cv2.RANSAC, _FLAT_WITHIN_MM)[0]
    if homography is None:
        return {}
    laid = cv2.perspectiveTransform(pixels.reshape(-1, 1, 2), homography).reshape(-1, 4, 2)
    off = np.linalg.norm(laid - places.reshape(-1, 4, 2), axis=2).max(axis=1)
    best: dict[int, tuple[float, Floats]] = {}
    for (number, quad), far in zip(pairs, off.tolist(), strict=True):
        if far <= 2 * _FLAT_WITHIN_MM and far < best.get(number, (math.inf,))[0]:
            best[number] = (far, quad)
    return {number: quad for number, (_, quad) in best.items()}


def _measured(grey: Grey, rough: dict[int, Floats], spec: CardSpec) -> list[_Seen]:
    """Every marker's edges, measured on a copy of at most `_ENOUGH_PX_PER_MM`."""
    markers = [marker for marker in spec.markers if marker.id in rough]
    if not markers:
        return []
    long_px = [cv2.arcLength(rough[m.id].astype(np.float32), True) / 4 / m.size_mm for m in markers]
    share = min(1.0, _ENOUGH_PX_PER_MM / float(np.median(long_px)))
    small = _reduced(grey, share)
    scale = _growth(grey, small)
    seen = []
    for marker in markers:
        edges = edges_of(small, rough[marker.id] / scale, marker.module_mm / marker.size_mm)
        if edges is not None:
            wide = edges.widths_px * float(scale.mean())
            seen.append(_Seen(marker, Edges(edges.corners * scale, wide)))
    return seen
