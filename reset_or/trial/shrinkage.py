"""Queries between lengths of one end: fixed against in vivo, surgeon against pathologist, whole specimen.

None of them picks a winner; a query asks, a note is stored. All comparisons are in integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reset_or.trial.limits import Scheme, Tolerance
from reset_or.trial.repeat import differs


class Finding(StrEnum):
    """How far two lengths disagree; empty when they fit."""

    FITS = ""
    NOTE = "note"
    QUERY = "query"


@dataclass(frozen=True)
class Ratio:
    """Fixed over in vivo, permille rounded half up (None when there is nothing to divide by)."""

    permille: int | None
    finding: Finding


def retention(fixed_mm: int, in_vivo_mm: int, scheme: Scheme) -> Ratio:
    """Compares a fixed length with the same end in vivo; above 1 tissue would have grown."""
    if in_vivo_mm <= 0:
        return Ratio(None, Finding.QUERY)
    limits = scheme.agreement
    share = fixed_mm * 1000
    finding = Finding.FITS
    if (
        share < limits.ratio_note_low_permille * in_vivo_mm
        or share > limits.ratio_note_high_permille * in_vivo_mm
    ):
        finding = Finding.NOTE
    if (
        share < limits.ratio_query_low_permille * in_vivo_mm
        or share > limits.ratio_query_high_permille * in_vivo_mm
    ):
        finding = Finding.QUERY
    return Ratio((2 * share + in_vivo_mm) // (2 * in_vivo_mm), finding)


def same_state_difference(one_mm: int, other_mm: int, scheme: Scheme) -> Finding:
    """Two people's lengths of one end in the same state; the share is of their mean."""
    limits = scheme.agreement
    limit = Tolerance(limits.same_state_at_least_mm, limits.same_state_permille)
    return Finding.QUERY if differs(one_mm, other_mm, limit) else Finding.FITS


def specimen_length(
    proximal_mm: int, tumour_mm: int, distal_mm: int, specimen_mm: int, scheme: Scheme
) -> Finding:
    """Proximal + tumour + distal against the specimen's length, all in one state."""
    apart = abs(proximal_mm + tumour_mm + distal_mm - specimen_mm)
    beyond = apart * 1000 > scheme.agreement.specimen_length_permille * specimen_mm
    return Finding.QUERY if beyond else Finding.FITS
