"""Reads the ticks of a ruler in a picture: a proposal that a person accepts or corrects.

Strokes that begin on one line are numbered by walking along it, which forgives missing and extra ones; how
their spacing changes gives perspective along the ruler and the lens. What a step is (1 mm, 0.5 mm, 1/16
inch) is told by which ticks are longer. Numbers are not read: the first whole centimetre is called 0.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.base.errors import UserFixable
from reset_or.images.calibration import Calibration
from reset_or.images.marks import Ticks, from_ruler
from reset_or.images.ruler_fit import fit_ladder
from reset_or.images.strokes import Strokes, combs
from reset_or.images.teeth import Teeth
from reset_or.trial.limits import PhotoLimits

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""x, y, w, h."""

_SIDES: Final = (3000, 1600, 900)
_FEWEST: Final = 14
_CLEAR: Final = 0.05
_LOOKED_AT: Final = 3
_LARGER: Final = 1.5
_BESIDE: Final = 60
"""Pixels around a ruler in a small picture in which all of its ticks lie."""

_INCH_MM: Final = 25.4

_UNITS: Final = ((10, 1.0, 10), (20, 0.5, 20), (16, _INCH_MM / 16, 16), (8, _INCH_MM / 8, 8), (2, 5.0, 2))
"""Long ticks every so many steps: mm of a step, steps of a mark that is shown."""


def read_ticks(grey: Grey, region: Box | None = None) -> Ticks | None:
    """The ruler with the most ticks in an upright grey picture (or in x, y, w, h of it); None without one."""
    return _best(grey, region, None, _LOOKED_AT)


def glance(grey: Grey) -> Ticks | None:
    """The same for a small picture that is followed: as it comes, then larger around what was seen.

    A tilted ruler runs together where it is far: what the first look read wrongly there the second reads.
    """
    seen = _best(grey, None, (1.0,), 1)
    if seen is None:
        return None
    ends = np.array([seen.places[0], seen.places[-1]])
    way = (ends[1] - ends[0]) / 2
    room = ends + np.stack([-way, way])  # as long again: its far half may not have been read
    (x, y), (right, bottom) = room.min(axis=0) - _BESIDE, room.max(axis=0) + _BESIDE
    finer = _best(grey, (max(0, x), max(0, y), right - max(0, x), bottom - max(0, y)), (_LARGER,), 1)
    return seen if finer is None else finer


def from_ticks(
    grey: Grey, limits: PhotoLimits, region: Box | None = None
) -> tuple[Calibration, Ticks | None]:
    """A calibration by the ticks found; problem `no_ruler` without any."""
    ticks = read_ticks(grey, region)
    size = (int(grey.shape[1]), int(grey.shape[0]))
    return calibrated(ticks, size, limits), ticks


def calibrated(ticks: Ticks | None, size: tuple[int, int], limits: PhotoLimits) -> Calibration:
    """By these ticks; problem `no_ruler` where there are none, or none that a camera could have seen."""
    if ticks is not None:
        with suppress(UserFixable):
            found = from_ruler(
                size, ticks.places, 0.0, limits, marks_mm=ticks.marks_mm,
                click_px=max(0.15, ticks.spread_px / 3), method="ruler_ticks", k1=ticks.k1,
            )  # fmt: skip
            return replace(found, residual_um=round(ticks.spread_px / found.px_per_mm * 1000))
    nothing = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    return Calibration("ruler_ticks", size, nothing, problems=("no_ruler",))


def _best(grey: Grey, region: Box | None, shares: tuple[float, ...] | None, looked_at: int) -> Ticks | None:
    left, top, part = _part(grey, region)
    size = (int(grey.shape[1]), int(grey.shape[0]))
    shift = np.array([left, top], dtype=np.float64)
    tried: list[tuple[float, Strokes, Floats]] = []
    for share in shares or _shares(part):
        way = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
        small = (
            part if share == 1 else np.asarray(cv2.resize(part, None, fx=share, fy=share, interpolation=way))
        )
        for comb in combs(small.astype(np.uint8)):
            numbers = _numbered(comb)
            if numbers is not None:
                tried.append((_fullness(numbers), _in_picture(comb, share, shift), numbers))
    tried.sort(key=lambda one: -one[0])
    read = []
    for dark in (True, False):  # between dark ticks lie light ones, as even: both are looked at
        alike = [one for one in tried if one[1].dark is dark]
        read += [_read(grey, comb, numbers, size) for _, comb, numbers in alike[:looked_at]]
    found = [one for one in read if one is not None]
    return max(found, key=lambda one: one[0])[1] if found else None


def _part(grey: Grey, region: Box | None) -> tuple[int, int, Grey]:
    if region is None:
        return 0, 0, grey
    x, y, w, h = region
    left, top = max(0, int(x)), max(0, int(y))
    part = grey[top : max(top + 1, int(y + h)), left : max(left + 1, int(x + w))]
    return left, top, np.ascontiguousarray(part)


def _shares(grey: Grey) -> list[float]:
    longest = max(grey.shape)
    shares = [side / longest for side in _SIDES if side < longest]
    return shares + ([1.0] if longest <= _SIDES[0] else []) + ([2.0] if longest <= 1800 else [])


def _in_picture(comb: Strokes, share: float, shift: Floats) -> Strokes:
    return replace(
        comb,
        middles=comb.middles / share + shift,
        lengths=comb.lengths / share,
        origin=comb.origin / share + shift,
    )


# --- numbering ---
def _numbered(comb: Strokes) -> Floats | None:
    """A whole number for every stroke that is a tick, NaN for the others; None where they are no ladder."""
    order = np.argsort(comb.places)
    places = comb.places[order]
    step = _step(places)
    if step is None:
        return None
    begin = _steadiest(places, step)
    numbers = np.full(len(places), np.nan)
    numbers[begin] = 0
    for way in (1, -1):
        _walk(places, numbers, begin, step, way)
    known = ~np.isnan(numbers)
    if known.sum() < _FEWEST or known.sum() < 0.45 * (np.nanmax(numbers) - np.nanmin(numbers) + 1):
        return None
    found = np.full(len(places), np.nan)
    found[order] = numbers - np.nanmin(numbers)
    return found


def _step(places: Floats) -> float | None:
    """The commonest distance between neighbours."""
    apart = np.diff(places)
    apart = apart[apart > 1.5]
    if len(apart) < _FEWEST - 2:
        return None
    alike = [(np.abs(apart / one - 1) < 0.12).sum() for one in apart]
    best = apart[int(np.argmax(alike))]
    return float(np.median(apart[np.abs(apart / best - 1) < 0.12]))


def _steadiest(places: Floats, step: float) -> int:
    """The stroke amid the longest run of even neighbours."""
    even = np.abs(np.diff(places) / step - 1) < 0.15
    best, begin, run = (0, 0), 0, 0
    for k, good in enumerate(even):
        run = run + 1 if good else 0
        begin = k - run + 1
        if run > best[0]:
            best = (run, begin)
    return best[1] + best[0] // 2


def _walk(places: Floats, numbers: Floats, begin: int, step: float, way: int) -> None:
    """From tick to tick: where the next one must be, the nearest stroke within a quarter of a step."""
    at, number, missed = places[begin], 0, 0
    seen = [at]
    while missed < 8:
        number += way
        wanted = at + way * step * (missed + 1)
        nearest = int(np.abs(places - wanted).argmin())
        if abs(places[nearest] - wanted) > (0.22 + 0.02 * missed) * step or not np.isnan(numbers[nearest]):
            missed += 1
            continue
        at, missed = places[nearest], 0
        numbers[nearest] = number
        seen.append(at)
        if len(seen) >= 7:  # perspective: the step is what it was over the last six ticks
            recent = np.array(seen[-7:])
            count = abs(number - numbers[int(np.abs(places - recent[0]).argmin())])
            step = 0.7 * step + 0.3 * float(abs(recent[-1] - recent[0]) / max(1.0, count))


def _fullness(numbers: Floats) -> float:
    """Ticks seen, less for a ladder with holes."""
    seen = float((~np.isnan(numbers)).sum())
    return seen * seen / (float(np.nanmax(numbers)) + 1)


def _worth(ticks: int, step_mm: float, clear: float) -> float:
    """More ticks; lengths that say clearly what a step is; mm rather than inches on the same ruler."""
    metric = 1.3 if step_mm in (1.0, 0.5, 5.0) else 1.0
    return ticks * metric * (1 + 2 * min(1.0, clear))


def _unit(numbers: Floats, lengths: Floats) -> tuple[tuple[int, float, int], int, float]:
    """(the unit, which remainder is long, how clearly the lengths say so: from 0)."""
    whole = np.round(numbers).astype(int)
    best: tuple[float, tuple[int, float, int], int] = (0.0, _UNITS[0], 0)
    spread = max(1e-6, float(np.percentile(lengths, 90) - np.percentile(lengths, 10)))
    for unit in _UNITS:
        for rest in range(unit[0]):
            long = whole % unit[0] == rest
            if long.sum() < 2 or (~long).sum() < 4:
                continue
            halfway = whole % unit[0] == (rest + unit[0] // 2) % unit[0]
            if halfway.any() and np.median(lengths[long]) < 1.12 * np.median(lengths[halfway]):
                continue  # twice as long a period as there is
            gap = float(np.percentile(lengths[long], 25) - np.percentile(lengths[~long], 92)) / spread
            if gap > best[0] + 0.02:
                best = (gap, unit, rest)
    return best[1], best[2], best[0]


# --- reading on the picture itself ---
def _read(grey: Grey, comb: Strokes, numbers: Floats, size: tuple[int, int]) -> tuple[float, Ticks] | None:
    known = ~np.isnan(numbers)
    ladder = fit_ladder(numbers[known], comb.feet[known], comb.along, size, spread=(1.0, 2.0))
    if ladder is None:
        return None
    short = float(np.percentile(comb.lengths[known], 20))
    teeth = Teeth(grey, comb, short)
    whole, feet = teeth.sharpened(ladder, int(np.nanmax(numbers)))
    if len(whole) >= _FEWEST:
        finer = fit_ladder(whole, feet, comb.along, size, spread=(0.3, 2.0))
        ladder = finer if finer is not None else ladder
    if ladder.spread_px > 0.2 * ladder.step_px:
        return None
    lengths, base = teeth.lengths(ladder)
    unit, rest, clear = _unit(ladder.numbers, lengths)
    first, last = int(ladder.numbers.min()), int(ladder.numbers.max())
    shown = [n for n in range(first, last + 1) if n % unit[2] == rest]
    if len(shown) < 3:  # less than two long steps: show every fifth tick
        shown = list(range(first, last + 1, 5))
    if len(shown) < 2:
        return None
    places = ladder.places(np.array(shown, dtype=np.float64)) + base
    ticks = Ticks(
        places=tuple((float(x), float(y)) for x, y in places),
        marks_mm=tuple((n - shown[0]) * unit[1] for n in shown),
        ticks=len(ladder.numbers),
        step_mm=unit[1],
        unit_sure=clear > _CLEAR,
        spread_px=ladder.spread_px,
        k1=ladder.k1,
    )
    return _worth(ticks.ticks, ticks.step_mm, clear), ticks
