"""States of the bowel and what a length in one of them was in vivo, with its plausible interval.

Owns conversion and the state that the clock gives. Factors stand in the scheme.
"""

from __future__ import annotations

from dataclasses import dataclass

from reset_or.trial.codes import State
from reset_or.trial.limits import Scheme

__all__ = [
    "Estimate",
    "State",
    "estimate",
    "fixed_state",
    "fresh_state",
    "is_ex_vivo",
    "is_of_record",
    "raw_interval",
    "to_in_vivo_mm",
]

_MS_PER_MIN = 60_000
_MS_PER_HOUR = 3_600_000


@dataclass(frozen=True)
class Estimate:
    """A length as it was in vivo (mm) and the interval that its state's spread allows."""

    in_vivo_mm: int
    low_mm: int
    high_mm: int


def to_in_vivo_mm(length_mm: int, factor_permille: int) -> int:
    """Divides by the retention, half up to the millimetre, in integers only."""
    return _from_um(length_mm * 1000, factor_permille)


def _from_um(length_um: int, factor_permille: int) -> int:
    return (2 * length_um + factor_permille) // (2 * factor_permille)


def estimate(length_mm: int, state: State, scheme: Scheme, *, plus_minus_um: int = 0) -> Estimate | None:
    """The in vivo length of a raw one; None for a state without a factor (`fixing`, `histology`).

    The interval uses the same rounding with factor + spread (low) and factor - spread (high), and the raw
    length less and plus its own uncertainty.
    """
    said = scheme.states[state]
    factor, spread = said.factor_permille, said.plus_minus_permille
    if factor is None:
        return None
    low_um, high_um = _interval_um(length_mm, plus_minus_um)
    return Estimate(
        to_in_vivo_mm(length_mm, factor),
        _from_um(low_um, factor + spread),
        _from_um(high_um, factor - spread),
    )


def raw_interval(length_mm: int, state: State, scheme: Scheme, plus_minus_um: int) -> tuple[int, int] | None:
    """The in vivo lengths (mm) of a raw length less and plus its uncertainty alone, with the exact factor."""
    factor = scheme.states[state].factor_permille
    if factor is None:
        return None
    low_um, high_um = _interval_um(length_mm, plus_minus_um)
    return _from_um(low_um, factor), _from_um(high_um, factor)


def _interval_um(length_mm: int, plus_minus_um: int) -> tuple[int, int]:
    return max(length_mm * 1000 - plus_minus_um, 0), length_mm * 1000 + plus_minus_um


def is_ex_vivo(state: State, scheme: Scheme) -> bool:
    return scheme.states[state].ex_vivo


def is_of_record(state: State, scheme: Scheme) -> bool:
    """Whether a reading in this state can carry a verdict of record (in vivo, exteriorised)."""
    return scheme.states[state].of_record


def fresh_state(*, pinned: bool, elapsed_ms: int | None, scheme: Scheme) -> State:
    """The state of a fresh specimen `elapsed_ms` after removal (None = unknown: the shorter estimate)."""
    if pinned:
        return State.FRESH_PINNED
    if elapsed_ms is not None and elapsed_ms > scheme.clock.fresh_late_after_min * _MS_PER_MIN:
        return State.FRESH_UNPINNED_LATE
    return State.FRESH_UNPINNED


def fixed_state(*, pinned: bool, in_formalin_ms: int | None, scheme: Scheme) -> State:
    """The state of a specimen in formalin; shorter than the scheme's hours, or unknown, it is `fixing`."""
    if in_formalin_ms is None or in_formalin_ms < scheme.clock.fixation_min_hours * _MS_PER_HOUR:
        return State.FIXING
    return State.FIXED_PINNED if pinned else State.FIXED_UNPINNED
