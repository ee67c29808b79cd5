"""How well margins are measured: scenes thrown, photographed, clicked with error, held against the truth.

One row a photograph; `table` sums them up by tilt. "Not measurable" is counted apart, never hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reset_or.images.calibration import Calibration
from reset_or.images.card import from_card
from reset_or.images.marks import from_ruler
from reset_or.images.measure import length
from reset_or.trial.limits import PhotoLimits
from tests.fakes.specimen_dice import throw_scene
from tests.fakes.specimen_scene import Taken, photograph

LIMITS = PhotoLimits()
TILTS = ((0.0, 5.0), (5.0, 10.0), (10.0, 15.0), (15.0, 20.0), (20.0, 25.1))


@dataclass(frozen=True)
class Row:
    """`off_mm`: measured less true, one for each of several people's clicks; None where not measurable."""

    tilt_deg: float
    off_mm: tuple[float, ...] = ()
    uncertainty_mm: tuple[float, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def covered(self) -> list[bool]:
        return [abs(off) <= u for off, u in zip(self.off_mm, self.uncertainty_mm, strict=True)]


def with_card(seed: int, *, long_side: tuple[int, int], thick_mm: float = 0.0, people: int = 3) -> Row:
    """A photograph of a thrown scene with the card; seed after seed the tilt goes through all classes."""
    dice = np.random.default_rng(seed)
    scene = throw_scene(dice, tilt=TILTS[seed % len(TILTS)], long_side=long_side)
    if thick_mm:
        scene = replace(scene, bowel=replace(scene.bowel, surface_mm=float(dice.uniform(0, thick_mm))))
    photo = photograph(scene)
    return _row(photo, from_card(photo.grey(), LIMITS), dice, people)


def with_two_clicks(seed: int, *, long_side: tuple[int, int], people: int = 3) -> Row:
    """Two clicks on a ruler's marks, no tilt, no lens: what a person has without a card."""
    dice = np.random.default_rng(seed)
    scene = throw_scene(dice, tilt=(0, 0), long_side=long_side, with_card=False, with_ruler=True, lens=0.0)
    photo = photograph(scene)
    ends = []
    for mm in (0.0, 150.0):
        x, y = photo.ruler_mark(mm)
        dx, dy = dice.normal(0, 1.0, 2)
        ends.append((x + float(dx), y + float(dy)))
    found = from_ruler((photo.width, photo.height), tuple(ends), 150.0, LIMITS)
    return _row(photo, found, dice, people)


def _row(photo: Taken, found: Calibration, dice: np.random.Generator, people: int) -> Row:
    tilt = photo.scene.camera.tilt_deg
    if not found.measurable:
        return Row(tilt, problems=found.problems)
    offs, widths = [], []
    for _ in range(people):
        # an edge of tissue is seen to 0.2 mm; a pixel of the screen is hit to 1.5, 8 of them shown to the mm
        zoom = max(1.0, 8 / found.px_per_mm)
        spread = float(np.hypot(0.2 * found.px_per_mm, 1.5 / zoom))
        path = photo.path("distal", int(dice.integers(5, 12)), dice, spread)
        measured = length(tuple(path), found, LIMITS, zoom=zoom)
        offs.append(measured.length_um / 1000 - photo.true_mm("distal"))
        widths.append(measured.uncertainty_um / 1000)
    return Row(tilt, tuple(offs), tuple(widths))


@dataclass(frozen=True)
class Summary:
    """Over many rows: absolute errors, share covered, median uncertainty, how many could not be measured."""

    photos: int
    refused: int
    median_mm: float
    p95_mm: float
    covered: float
    uncertainty_mm: float


def summary(rows: list[Row]) -> Summary:
    off = np.abs(np.concatenate([row.off_mm for row in rows] or [[]]))
    wide = np.concatenate([row.uncertainty_mm for row in rows] or [[]])
    inside = [one for row in rows for one in row.covered]
    refused = sum(1 for row in rows if row.problems)
    if not len(off):
        return Summary(len(rows), refused, 0.0, 0.0, 1.0, 0.0)
    return Summary(
        len(rows), refused, float(np.median(off)), float(np.percentile(off, 95)), float(np.mean(inside)),
        float(np.median(wide)),
    )  # fmt: skip


def table(title: str, rows: list[Row]) -> str:
    """Fixed columns by tilt, and a last line of all."""
    lines = [
        f"{title}: distal margin of 30 to 50 mm",
        "tilt, degrees   photos  not measurable   median mm   95 of 100 mm   covered   +/- mm (median)",
    ]
    classes = [(f"{low:.0f} to {high:.0f}", low, high) for low, high in TILTS] + [("all", -1.0, 99.0)]
    for name, low, high in classes:
        s = summary([row for row in rows if low <= row.tilt_deg < high])
        if s.photos:
            lines.append(
                f"{name:<15} {s.photos:>6} {s.refused:>15} {s.median_mm:>11.2f} {s.p95_mm:>14.2f} "
                f"{s.covered:>9.1%} {s.uncertainty_mm:>17.2f}"
            )
    why = [code for row in rows for code in row.problems]
    if why:
        lines.append("not measurable: " + ", ".join(f"{code} {why.count(code)}" for code in sorted(set(why))))
    return "\n".join(lines)
