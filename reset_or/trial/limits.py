"""The shape of the trial's scheme: every limit by which a length is judged, as an immutable tree.

Owns the look-up of a band. The numbers stand in `resources/schemes/*.toml` (read by `scheme`); judging
whole cases is `verdict`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from reset_or.trial.codes import Arm, End, Feedback, State, Tier, Verdict


@dataclass(frozen=True)
class Band:
    """Lengths from `from_mm` (inclusive) up to the next band get `verdict`."""

    from_mm: int
    verdict: Verdict


@dataclass(frozen=True)
class EndScheme:
    """One end of one arm: target, tolerance and bands in rising order, the first from 0."""

    target_mm: int
    tolerance_mm: int
    bands: tuple[Band, ...]

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(band.from_mm for band in self.bands)

    def verdict_at(self, in_vivo_mm: int) -> Verdict:
        """The band of an in vivo length (>= 0 mm)."""
        return self.bands[max(bisect_right(self._starts, in_vivo_mm) - 1, 0)].verdict

    def span_mm(self, verdict: Verdict) -> tuple[tuple[int, int | None], ...]:
        """All (first, last) lengths with this verdict, both inclusive; last is None when open."""
        ends = [*self._starts[1:], None]
        return tuple(
            (band.from_mm, None if after is None else after - 1)
            for band, after in zip(self.bands, ends, strict=True)
            if band.verdict is verdict
        )

    @property
    def protocol_mm(self) -> tuple[int, int | None]:
        """First and last length of the range that the trial asks for."""
        return self.span_mm(Verdict.WITHIN_PROTOCOL)[0]

    @property
    def tolerance_low_mm(self) -> int:
        """The shortest length that is still within tolerance."""
        return min(first for first, _ in self.span_mm(Verdict.WITHIN_TOLERANCE))

    @property
    def tolerance_high_mm(self) -> int | None:
        """The longest length within tolerance above the range; None where longer is only noted."""
        above = [last for first, last in self.span_mm(Verdict.WITHIN_TOLERANCE) if first > self.target_mm]
        return max((last for last in above if last is not None), default=None)


@dataclass(frozen=True)
class ArmScheme:
    """Both ends of one arm."""

    proximal: EndScheme
    distal: EndScheme


@dataclass(frozen=True)
class StateScheme:
    """One state: retention of the in vivo length and its spread (permille), raw distal alert line (0 = none).

    `factor_permille` None: a length in this state cannot be converted.
    """

    distal_alert_mm: int
    factor_permille: int | None = None
    plus_minus_permille: int = 0
    ex_vivo: bool = False
    of_record: bool = False


@dataclass(frozen=True)
class Tolerance:
    """The larger of a length and a permille share."""

    at_least_mm: int
    permille: int


@dataclass(frozen=True)
class Midpoint:
    """Between the arms' targets; from here on a length counts as like the conventional arm."""

    proximal_mm: int
    distal_mm: int


@dataclass(frozen=True)
class SafetyLines:
    """Safety lines on the in vivo length; the raw alert line belongs to the state."""

    distal_alert_mm: int
    distal_critical_mm: int
    proximal_alert_mm: int
    uncertain_edge_allowance_mm: int
    uncertain_edges: frozenset[str]
    uncertain_appearances: frozenset[str]

    def is_edge_uncertain(self, edge: str, appearance: str) -> bool:
        """Whether the edge is known to be a scar or not visible, which raises the distal alert lines."""
        return edge in self.uncertain_edges or appearance in self.uncertain_appearances


@dataclass(frozen=True)
class ClockLimits:
    """Times that change the state of a specimen."""

    fresh_late_after_min: int
    fixation_min_hours: int
    fixation_max_hours: int


@dataclass(frozen=True)
class EntryLimits:
    """Hard limits refuse a typed length, soft limits ask to type it again; all inclusive."""

    proximal_hard_mm: int
    distal_hard_mm: int
    proximal_soft_low_mm: int
    proximal_soft_high_mm: int
    distal_soft_low_mm: int
    distal_soft_high_mm: int

    def hard_mm(self, end: End) -> int:
        return self.proximal_hard_mm if end is End.PROXIMAL else self.distal_hard_mm

    def soft_mm(self, end: End) -> tuple[int, int]:
        """(lowest, highest) length that raises no question."""
        if end is End.PROXIMAL:
            return self.proximal_soft_low_mm, self.proximal_soft_high_mm
        return self.distal_soft_low_mm, self.distal_soft_high_mm


@dataclass(frozen=True)
class AgreementLimits:
    """When two people's or two states' lengths raise a query."""

    ratio_query_low_permille: int
    ratio_note_low_permille: int
    ratio_note_high_permille: int
    ratio_query_high_permille: int
    same_state_at_least_mm: int
    same_state_permille: int
    specimen_length_permille: int


@dataclass(frozen=True)
class Raised:
    """A verdict that is shown louder at one end of one arm."""

    arm: Arm
    end: End
    verdict: Verdict
    tier: Tier


@dataclass(frozen=True)
class DisplayRules:
    """How loudly each verdict is shown; the codes of the verdicts stay as they are."""

    tiers: Mapping[Verdict, Tier]
    both_ends_like_other_arm: Tier
    safety: Tier
    raised: tuple[Raised, ...]


@dataclass(frozen=True)
class PhotoLimits:
    """When a photograph is measurable, and what a length on it leaves uncertain.

    The defaults are working values of RESET-OR, held by the accuracy study in tests/bench/measuring; a scheme
    that has a `[photo]` part replaces them. Lengths in um on the specimen, ratios in permille or ppm,
    standard deviations where the name says `sd`.
    """

    max_tilt_deg: int = 35
    """Beyond it a thick specimen hides its own edge; the study goes to 25 degrees."""
    max_residual_um: int = 500
    """A card that does not lie flat: marks off their plane by more than this (root mean square)."""
    min_sharpness_permille: int = 400
    """An edge that takes more than 2.5 mm from black to white cannot be pointed at to a millimetre."""
    min_px_per_cm: int = 15
    """Below this a marker's modules are under 3 pixels."""
    min_markers: int = 3
    """Three markers spread over the card hold perspective and lens with marks to spare."""
    check_warn_permille: int = 20
    check_refuse_permille: int = 50
    """A second known segment off by this much: tilt or lens (experience of the design, to be signed)."""
    click_sd_px: int = 2
    """Spread of a click, in pixels of the screen."""
    click_sd_um: int = 200
    """Spread with which two people see the same edge of tissue, however large the picture is shown."""
    surface_height_um: int = 5000
    """How far the mucosa may lie above the plane of card or ruler: bowel wall and fat, pinned flat."""
    surface_relief_um: int = 700
    """Spread of that height along one path."""
    print_sd_ppm: int = 1500
    """A printed card against its own millimetres: printers feed paper to a few permille."""
    unknown_tilt_sd_deg: int = 5
    """A ruler says nothing of tilt across it: held level by eye; 5 degrees are 1.5 % 7 cm off."""
    unknown_lens_sd_ppm: int = 5000
    """Two marks say nothing of the lens: telephones leave half a percent between middle and side."""
    coverage_permille: int = 1960
    """Standard deviations in an expanded uncertainty: 95 of 100."""
    gap_query_mm: int = 5
    """Ruler on the specimen and photograph differ by more: a query."""


@dataclass(frozen=True)
class Scheme:
    """The whole scheme. Unsigned, it shows numbers as reference only and no verdict word."""

    version: str
    trial: str
    author: str
    date: str
    signed_by: str
    signed_at: int
    feedback: Feedback
    subject_pattern: str
    centre_site: str
    confirm_within_hours: int
    donut_added: bool
    tolerance: Tolerance
    midpoint: Midpoint
    arms: Mapping[Arm, ArmScheme]
    safety: SafetyLines
    states: Mapping[State, StateScheme]
    clock: ClockLimits
    limits: EntryLimits
    repeat: Tolerance
    agreement: AgreementLimits
    display: DisplayRules
    photo: PhotoLimits
    reasons: tuple[str, ...]
    reason_asked: frozenset[Verdict]
    missing: tuple[str, ...]
    digest: str
    """sha256 of the file as read: what a signature over the scheme names."""

    @property
    def is_signed(self) -> bool:
        return bool(self.signed_by) and self.signed_at > 0

    def end(self, arm: Arm, end: End) -> EndScheme | None:
        """The bands of one end; None while the arm is to follow."""
        found = self.arms.get(arm)
        if found is None:
            return None
        return found.proximal if end is End.PROXIMAL else found.distal
