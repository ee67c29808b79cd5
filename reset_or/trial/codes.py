"""The closed code lists of the trial's rules, as written in files, signatures and output.

Labels stand in `resources/codebook.toml`. Owns no rule and no number.
"""

from __future__ import annotations

from enum import StrEnum


class Arm(StrEnum):
    """The randomised arm; `to_follow` while the allocation has not arrived."""

    CONVENTIONAL = "conventional"
    REDUCED = "reduced"
    TO_FOLLOW = "to_follow"


class End(StrEnum):
    """Which end of the specimen, seen from the tumour."""

    PROXIMAL = "proximal"
    DISTAL = "distal"


class Unit(StrEnum):
    """The unit as typed; storage is whole millimetres."""

    CM = "cm"
    MM = "mm"


class State(StrEnum):
    """In which state of the bowel a length was measured."""

    IN_VIVO_PLAN = "in_vivo_plan"
    IN_VIVO = "in_vivo"
    EXTERIORISED = "exteriorised"
    FRESH_UNPINNED = "fresh_unpinned"
    FRESH_UNPINNED_LATE = "fresh_unpinned_late"
    FRESH_PINNED = "fresh_pinned"
    FIXING = "fixing"
    FIXED_PINNED = "fixed_pinned"
    FIXED_UNPINNED = "fixed_unpinned"
    HISTOLOGY = "histology"


class Verdict(StrEnum):
    """The seven bands, and what stands in their place where no band applies."""

    WITHIN_PROTOCOL = "within_protocol"
    WITHIN_TOLERANCE = "within_tolerance"
    EXCEEDS_NOTE = "exceeds_note"
    EXCEEDS_WARNING = "exceeds_warning"
    SHORT_WARNING = "short_warning"
    EXCEEDS_CROSSOVER = "exceeds_crossover"
    SHORT_DEVIATION = "short_deviation"
    INCOMPLETE = "incomplete"
    NOT_ENTERED = "not_entered"
    NOT_MEASURED = "not_measured"
    NOT_APPLICABLE = "not_applicable"
    NO_VERDICT = "no_verdict"


class Status(StrEnum):
    """What a case verdict is worth; `no_record` only for recorded cases, never from `check`."""

    NO_VERDICT = "no_verdict"
    NO_RECORD = "no_record"
    NOT_APPLICABLE = "not_applicable"
    INCOMPLETE = "incomplete"
    PROVISIONAL = "provisional"
    ESTIMATED = "estimated"
    OF_RECORD = "of_record"


class AsDelivered(StrEnum):
    """Which arm the resection resembles, whatever was randomised; empty when an end is unknown."""

    CONV_LIKE = "conv-like"
    RED_LIKE = "red-like"
    MIXED = "mixed"
    UNKNOWN = ""


class Safety(StrEnum):
    """The study's safety line; empty when no line is passed."""

    NONE = ""
    ALERT = "safety_alert"
    CRITICAL = "safety_critical"


class Query(StrEnum):
    """What is doubtful about typed lengths. `soft_limit` belongs to the screen, not to `check`."""

    DECIMAL_SLIP = "decimal_slip"
    DIGITS_TWO_DECIMALS = "digits_two_decimals"
    NEGATIVE = "negative"
    NOT_A_NUMBER = "not_a_number"
    NOT_DECISIVE = "not_decisive"
    OUT_OF_RANGE = "out_of_range"
    SOFT_LIMIT = "soft_limit"
    SWAPPED_ENDS = "swapped_ends"
    UNIT_MISTAKE = "unit_mistake"
    ZERO = "zero"


class Feedback(StrEnum):
    """When a verdict word may be seen: one value for the whole trial."""

    LIVE = "live"
    AFTER_RECORD = "after_record"
    OFF = "off"


class Tier(StrEnum):
    """How loudly a verdict is shown."""

    SILENT = "silent"
    QUIET = "quiet"
    BRIGHT = "bright"
    BAR = "bar"


BLOCKING = frozenset(
    {
        Query.DIGITS_TWO_DECIMALS,
        Query.NEGATIVE,
        Query.NOT_A_NUMBER,
        Query.OUT_OF_RANGE,
        Query.UNIT_MISTAKE,
        Query.ZERO,
    }
)
"""Queries that refuse the length; the others accept it and ask."""

SHORT = frozenset({Verdict.SHORT_WARNING, Verdict.SHORT_DEVIATION})
WITHIN = frozenset({Verdict.WITHIN_PROTOCOL, Verdict.WITHIN_TOLERANCE})
LONG = frozenset({Verdict.EXCEEDS_WARNING, Verdict.EXCEEDS_CROSSOVER})

SEVERITY: tuple[Verdict, ...] = (
    Verdict.WITHIN_PROTOCOL,
    Verdict.WITHIN_TOLERANCE,
    Verdict.EXCEEDS_NOTE,
    Verdict.EXCEEDS_WARNING,
    Verdict.SHORT_WARNING,
    Verdict.EXCEEDS_CROSSOVER,
    Verdict.SHORT_DEVIATION,
)
"""Bands from mildest to gravest: the case takes the gravest of its ends."""
