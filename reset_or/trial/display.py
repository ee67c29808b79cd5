"""How a verdict may be shown: how loudly, whether as a word, and whether green. Owns no colour and no word.

The codes of the verdicts never change here; only what a screen or a print does with them.
"""

from __future__ import annotations

from enum import StrEnum

from reset_or.trial.codes import LONG, SEVERITY, SHORT, Feedback, Safety, Tier, Verdict
from reset_or.trial.limits import Scheme
from reset_or.trial.verdict import CaseVerdict, EndVerdict

_LOUDNESS = (Tier.SILENT, Tier.QUIET, Tier.BRIGHT, Tier.BAR)


class Step(StrEnum):
    """The three moments of a case."""

    PLAN = "plan"
    RECORD = "record"
    SPECIMEN = "specimen"


class Plate(StrEnum):
    """What carries a verdict: green, to be looked at, neutral, estimate from the specimen, nothing."""

    DIM = "dim"
    BRIGHT = "bright"
    NEUTRAL = "neutral"
    HATCHED = "hatched"
    NONE = "none"


def words_allowed(scheme: Scheme, step: Step) -> bool:
    """Whether a verdict word may be shown: only under a signed scheme and by its feedback."""
    if not scheme.is_signed or scheme.feedback is Feedback.OFF:
        return False
    return step is not Step.PLAN or scheme.feedback is Feedback.LIVE


def plate(end: EndVerdict) -> Plate:
    """Green (`dim`) only before transection, and never for the low side of the tolerance."""
    if end.in_vivo_mm is None or end.verdict not in SEVERITY:
        return Plate.NONE
    if end.ex_vivo:
        return Plate.HATCHED
    if end.verdict in SHORT | LONG:
        return Plate.BRIGHT
    low_side = end.verdict is Verdict.WITHIN_TOLERANCE and (end.from_target_mm or 0) < 0
    return Plate.NEUTRAL if low_side or end.verdict is Verdict.EXCEEDS_NOTE else Plate.DIM


def tier(case: CaseVerdict, end: EndVerdict, scheme: Scheme) -> Tier:
    """How loudly one end is shown; an estimate never louder than quiet, safety by its own bar."""
    rules = scheme.display
    loud = rules.tiers.get(end.verdict, Tier.SILENT)
    for raised in rules.raised:
        if (raised.arm, raised.end, raised.verdict) == (case.arm, end.end, end.verdict):
            loud = _louder(loud, raised.tier)
    if case.like_other_arm and end.verdict in SHORT | LONG:
        loud = _louder(loud, rules.both_ends_like_other_arm)
    if end.ex_vivo and loud is Tier.BRIGHT:
        loud = Tier.QUIET
    return loud


def case_tier(case: CaseVerdict, scheme: Scheme) -> Tier:
    """The loudest of both ends and the safety line."""
    loud = _louder(tier(case, case.proximal, scheme), tier(case, case.distal, scheme))
    return loud if case.safety is Safety.NONE else _louder(loud, scheme.display.safety)


def asks_reason(case: CaseVerdict, scheme: Scheme) -> bool:
    """Whether a coded reason is asked at signing; never for an estimate. A reason alters no verdict."""
    return any(not end.ex_vivo and end.verdict in scheme.reason_asked for end in case.ends)


def _louder(one: Tier, other: Tier) -> Tier:
    return max(one, other, key=_LOUDNESS.index)
