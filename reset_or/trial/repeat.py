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
    return _combine(readings_mm, scheme.repeat)


@dataclass(frozen=True)
class RepeatedUm:
    """As `Repeated`, for lengths from a photograph. `final_mm` is `final_um`, half up."""

    final_um: int | None
    final_mm: int | None
    needs_third: bool
    needs_second: bool
    spread_um: int


def combine_um(readings_um: Sequence[int], scheme: Scheme) -> RepeatedUm:
    """The same rule on micrometres: nothing is rounded before the readings are put together."""
    limit = Tolerance(scheme.repeat.at_least_mm * 1000, scheme.repeat.permille)
    found = _combine(readings_um, limit)
    final_mm = None if found.final_mm is None else half_up_mm(found.final_mm)
    return RepeatedUm(found.final_mm, final_mm, found.needs_third, found.needs_second, found.spread_mm)


def half_up_mm(length_um: int) -> int:
    """Micrometres to the nearest millimetre, half up."""
    return (length_um + 500) // 1000


def _combine(readings: Sequence[int], limit: Tolerance) -> Repeated:
    if not 1 <= len(readings) <= 3:
        raise OurBug("reading_count", count=len(readings))
    spread = max(readings) - min(readings)
    if len(readings) == 1:
        return Repeated(readings[0], needs_third=False, needs_second=True, spread_mm=0)
    if len(readings) == 3:
        return Repeated(sorted(readings)[1], needs_third=False, needs_second=False, spread_mm=spread)
    if differs(readings[0], readings[1], limit):
        return Repeated(None, needs_third=True, needs_second=False, spread_mm=spread)
    mean = (sum(readings) + 1) // 2
    return Repeated(mean, needs_third=False, needs_second=False, spread_mm=spread)
