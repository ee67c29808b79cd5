"""The repeat rule: when a third reading is taken, and which length stands for several. Knows no arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reset_or.base.errors import OurBug
from reset_or.trial.limits import Scheme, Tolerance


@dataclass(frozen=True)
class Repeated:
    """`final_mm` stands for the readings; None while a third is needed. `spread_mm` is max - min."""

    final_mm: int | None
    needs_third: bool
    needs_second: bool
    spread_mm: int


def differs(one_mm: int, other_mm: int, limit: Tolerance) -> bool:
    """Whether two lengths differ by more than the larger of the two limits; the share is of their mean."""
    apart = abs(one_mm - other_mm)
    return apart > limit.at_least_mm and 2 * 1000 * apart > limit.permille * (one_mm + other_mm)


def combine_readings(readings_mm: Sequence[int], scheme: Scheme) -> Repeated:
    """One to three readings of the same end and state, in the order taken.

    One stands for itself and asks for a second; two that agree give their mean, half up to the
    millimetre; two that differ ask for a third; three give their median. Raises OurBug for other counts.
    """
    if not 1 <= len(readings_mm) <= 3:
        raise OurBug("reading_count", count=len(readings_mm))
    spread = max(readings_mm) - min(readings_mm)
    if len(readings_mm) == 1:
        return Repeated(readings_mm[0], needs_third=False, needs_second=True, spread_mm=0)
    if len(readings_mm) == 3:
        return Repeated(sorted(readings_mm)[1], needs_third=False, needs_second=False, spread_mm=spread)
    if differs(readings_mm[0], readings_mm[1], scheme.repeat):
        return Repeated(None, needs_third=True, needs_second=False, spread_mm=spread)
    mean = (sum(readings_mm) + 1) // 2
    return Repeated(mean, needs_third=False, needs_second=False, spread_mm=spread)
