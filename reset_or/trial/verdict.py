"""The verdict of each end and of the case: bands, status, safety line, as-delivered class, decisiveness.

Pure: the same lengths and scheme give the same judgement for ever. Owns no typed text (`entry`), no words
and no colour (`display`). A verdict is never stored as a field; it is computed from readings and scheme.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reset_or.base.errors import OurBug
from reset_or.trial.codes import (
    BLOCKING,
    LONG,
    SEVERITY,
    SHORT,
    WITHIN,
    Arm,
    AsDelivered,
    End,
    Query,
    Safety,
    State,
    Status,
    Verdict,
)
from reset_or.trial.limits import EndScheme, Scheme, StateScheme
from reset_or.trial.states import Estimate, estimate, is_ex_vivo, is_of_record, raw_interval

_ABSENT = frozenset({Verdict.NOT_ENTERED, Verdict.NOT_MEASURED, Verdict.NOT_APPLICABLE})
_OPEN = frozenset({Query.DECIMAL_SLIP, Query.SWAPPED_ENDS, Query.SOFT_LIMIT})
_GRAVE = frozenset({Verdict.SHORT_DEVIATION, Verdict.EXCEEDS_CROSSOVER})
_CLASSES = (SHORT, WITHIN | {Verdict.EXCEEDS_NOTE}, LONG)
_NOT_APPLICABLE = {"apr": frozenset({End.DISTAL}), "no_resection": frozenset(End)}
_SAFETY_ORDER = (Safety.NONE, Safety.ALERT, Safety.CRITICAL)


@dataclass(frozen=True)
class EndInput:
    """One end as it is judged: a raw length in a state, or why there is none.

    `estimate` overrides the conversion where lengths of different states were summed (`segments`; then
    `mm` is None and `state` an ex vivo one). `blocked`: the typed value was refused. `unreliable`: no
    landmark offset, edge not located, gap unknown. `provisional`: visual estimate, tattoo not yet agreed,
    orientation unknown, not yet confirmed. `edge_uncertain`: the edge is known to be a scar or not visible.
    `plus_minus_um`: the stated uncertainty (95 %) of a length that was measured on a photograph.
    """

    end: End
    state: State = State.IN_VIVO
    mm: int | None = None
    estimate: Estimate | None = None
    absent: Verdict | None = None
    blocked: bool = False
    unreliable: bool = False
    provisional: bool = False
    edge_uncertain: bool = False
    plus_minus_um: int = 0

    def __post_init__(self) -> None:
        if self.mm is not None and self.mm < 0:
            raise OurBug("negative_length", end=self.end.value)
        if self.absent is not None and self.absent not in _ABSENT:
            raise OurBug("absence_unknown", code=self.absent.value)

    @property
    def absence(self) -> Verdict | None:
        """Why there is no length: the code given, else `not_entered` if nothing is there."""
        if self.absent is not None:
            return self.absent
        return Verdict.NOT_ENTERED if self.mm is None and self.estimate is None and not self.blocked else None


@dataclass(frozen=True)
class EndVerdict:
    """The judgement of one end. Lengths in mm, None where there is no usable length.

    `from_target_mm` is the in vivo length minus the target. `decisive` None without an in vivo length.
    `uncertain`: the length's own uncertainty alone crosses a limit of a band; it changes no verdict.
    """

    end: End
    state: State
    mm: int | None
    in_vivo_mm: int | None
    low_mm: int | None
    high_mm: int | None
    decisive: bool | None
    verdict: Verdict
    safety: Safety
    from_target_mm: int | None
    ex_vivo: bool
    uncertain: bool = False


@dataclass(frozen=True)
class CaseVerdict:
    """The judgement of a pair of ends. `queries` holds only what is open."""

    scheme: str
    arm: Arm
    proximal: EndVerdict
    distal: EndVerdict
    case_verdict: Verdict
    status: Status
    as_delivered: AsDelivered
    safety: Safety
    queries: frozenset[Query]

    @property
    def ends(self) -> tuple[EndVerdict, EndVerdict]:
        return self.proximal, self.distal

    @property
    def blocked(self) -> bool:
        """Whether a typed value was refused."""
        return bool(self.queries & BLOCKING)

    @property
    def worst_short(self) -> EndVerdict | None:
        """The end with the graver short verdict, printed beside the case verdict."""
        return _worst(end for end in self.ends if end.verdict in SHORT)

    @property
    def worst_long(self) -> EndVerdict | None:
        """The end with the graver long verdict, printed beside the case verdict."""
        return _worst(end for end in self.ends if end.verdict in LONG | {Verdict.EXCEEDS_NOTE})

    @property
    def like_other_arm(self) -> bool:
        """Both ends resemble the arm that was not randomised: the only case called a crossover."""
        other = {Arm.CONVENTIONAL: AsDelivered.RED_LIKE, Arm.REDUCED: AsDelivered.CONV_LIKE}
        return self.as_delivered is other.get(self.arm)

    @property
    def to_be_reviewed(self) -> bool:
        """Candidate for central review; a neutral mark, the investigator decides."""
        counted = self.status in (Status.OF_RECORD, Status.INCOMPLETE, Status.NOT_APPLICABLE)
        return counted and any(end.verdict in _GRAVE and not end.ex_vivo for end in self.ends)


@dataclass(frozen=True)
class CaseJudgement:
    """A recorded case: the verdict of record, and beside it, never inside, the estimate from the specimen."""

    record: CaseVerdict
    estimate: CaseVerdict | None
    reference_only: bool


def judge_pair(
    arm: Arm,
    proximal: EndInput,
    distal: EndInput,
    scheme: Scheme,
    open_queries: Iterable[Query] = (),
) -> CaseVerdict:
    """Judges both ends against the arm, as if signed and confirmed and as if the scheme were approved.

    `open_queries` are the entry questions not yet answered by typing again; `not_decisive` is added here.
    While the arm is to follow lengths and safety are judged, every band is `no_verdict`.
    """
    ends = (proximal, distal)
    refused = any(end.blocked for end in ends)
    first, second = (_judge_end(arm, end, scheme, refused) for end in ends)
    found = frozenset(open_queries)
    if first.decisive is False or second.decisive is False:
        found |= {Query.NOT_DECISIVE}
    return CaseVerdict(
        scheme=scheme.version,
        arm=arm,
        proximal=first,
        distal=second,
        case_verdict=_case_verdict((first, second)),
        status=_status(ends, (first, second), found),
        as_delivered=_as_delivered(first, second, scheme),
        safety=_graver(first.safety, second.safety),
        queries=found,
    )


def judge_case(
    arm: Arm, readings: Iterable[EndInput], scheme: Scheme, open_queries: Iterable[Query] = ()
) -> CaseJudgement:
    """Judges a recorded case from the final reading of each end and state.

    The record takes only in vivo and exteriorised readings; with none at either end its status is
    `no_record`. The estimate takes fresh before fixed readings. Planned lines count for nothing. An
    absence (`not_measured`, `not_applicable`) stands for its end unless a record is there. The last of
    several readings that qualify equally is taken.
    """
    given = tuple(readings)
    proximal, distal = (_record_of(end, given, scheme) for end in End)
    record = judge_pair(arm, proximal, distal, scheme, open_queries)
    if all(end.verdict is Verdict.NOT_ENTERED for end in record.ends):
        record = _without_record(record)
    first, second = (_estimate_of(end, given, scheme) for end in End)
    found = first.absence is None or second.absence is None
    beside = judge_pair(arm, first, second, scheme) if found else None
    return CaseJudgement(record, beside, reference_only=not scheme.is_signed)


def ends_not_applicable(procedure: str) -> frozenset[End]:
    """The ends that a procedure code leaves without a margin to judge (abdominoperineal: distal)."""
    return _NOT_APPLICABLE.get(procedure, frozenset())


def absence_of(missing: str) -> Verdict:
    """What a missing-reason code makes of an end: `not_applicable`, else `not_measured`."""
    return Verdict.NOT_APPLICABLE if missing == Verdict.NOT_APPLICABLE.value else Verdict.NOT_MEASURED


def _judge_end(arm: Arm, given: EndInput, scheme: Scheme, refused: bool) -> EndVerdict:
    said = scheme.states[given.state]
    in_vivo: Estimate | None = None
    mm = None if given.blocked or given.absence else given.mm
    if not given.blocked and given.absence is None:
        in_vivo = given.estimate
        if in_vivo is None and mm is not None:
            in_vivo = estimate(mm, given.state, scheme, plus_minus_um=given.plus_minus_um)
    bands = scheme.end(arm, given.end)
    verdict, decisive, beyond = given.absence or Verdict.NO_VERDICT, None, None
    if in_vivo is not None and bands is not None:
        limits = bands.verdict_at(in_vivo.low_mm), bands.verdict_at(in_vivo.high_mm)
        decisive = any(set(limits) <= members for members in _CLASSES)
        beyond = in_vivo.in_vivo_mm - bands.target_mm
        if not refused and not given.unreliable:
            verdict = bands.verdict_at(in_vivo.in_vivo_mm)
    return EndVerdict(
        end=given.end,
        state=given.state,
        mm=mm,
        in_vivo_mm=in_vivo.in_vivo_mm if in_vivo else None,
        low_mm=in_vivo.low_mm if in_vivo else None,
        high_mm=in_vivo.high_mm if in_vivo else None,
        decisive=decisive,
        verdict=verdict,
        safety=_safety(given, mm, in_vivo, said, scheme),
        from_target_mm=beyond,
        ex_vivo=said.ex_vivo,
        uncertain=in_vivo is not None and bands is not None and _crosses(given, in_vivo, bands, scheme),
    )


def _crosses(given: EndInput, in_vivo: Estimate, bands: EndScheme, scheme: Scheme) -> bool:
    """Whether the stated uncertainty of the length reaches over a limit of a band."""
    if not given.plus_minus_um:
        return False
    spread = (in_vivo.low_mm, in_vivo.high_mm)
    if given.mm is not None:
        spread = raw_interval(given.mm, given.state, scheme, given.plus_minus_um) or spread
    return len({bands.verdict_at(length_mm) for length_mm in spread}) > 1


def _safety(
    given: EndInput, mm: int | None, in_vivo: Estimate | None, said: StateScheme, scheme: Scheme
) -> Safety:
    """The graver of the raw length by its state's line and the in vivo length."""
    lines = scheme.safety
    if given.end is End.PROXIMAL:
        short = in_vivo is not None and in_vivo.in_vivo_mm < lines.proximal_alert_mm
        return Safety.ALERT if short else Safety.NONE
    rise = lines.uncertain_edge_allowance_mm if given.edge_uncertain else 0
    found = Safety.NONE
    if in_vivo is not None:
        found = _below(in_vivo.in_vivo_mm, lines.distal_alert_mm + rise, lines.distal_critical_mm)
    if mm is not None and said.distal_alert_mm > 0:
        found = _graver(found, _below(mm, said.distal_alert_mm + rise, lines.distal_critical_mm))
    return found


def _below(length_mm: int, alert_mm: int, critical_mm: int) -> Safety:
    if length_mm < critical_mm:
        return Safety.CRITICAL
    return Safety.ALERT if length_mm < alert_mm else Safety.NONE


def _graver(one: Safety, other: Safety) -> Safety:
    return max(one, other, key=_SAFETY_ORDER.index)


def _worst(ends: Iterable[EndVerdict]) -> EndVerdict | None:
    return max(ends, key=lambda end: SEVERITY.index(end.verdict), default=None)


def _case_verdict(ends: tuple[EndVerdict, EndVerdict]) -> Verdict:
    """The gravest end; with an end missing the known one's only if that is grave in itself."""
    verdicts = [end.verdict for end in ends]
    if Verdict.NO_VERDICT in verdicts:
        return Verdict.NO_VERDICT
    known = [verdict for verdict in verdicts if verdict in SEVERITY]
    worst = max(known, key=SEVERITY.index, default=None)
    if Verdict.NOT_ENTERED in verdicts or Verdict.NOT_MEASURED in verdicts:
        return worst if worst in _GRAVE and worst is not None else Verdict.INCOMPLETE
    return worst or Verdict.NOT_APPLICABLE


def _status(
    given: tuple[EndInput, EndInput], ends: tuple[EndVerdict, EndVerdict], queries: frozenset[Query]
) -> Status:
    """The first that holds, in this order."""
    verdicts = {end.verdict for end in ends}
    if Verdict.NO_VERDICT in verdicts:
        return Status.NO_VERDICT
    if Verdict.NOT_APPLICABLE in verdicts:
        return Status.NOT_APPLICABLE
    if verdicts & {Verdict.NOT_ENTERED, Verdict.NOT_MEASURED}:
        return Status.INCOMPLETE
    planned = any(end.state is State.IN_VIVO_PLAN for end in ends)
    if queries & _OPEN or planned or any(end.provisional for end in given):
        return Status.PROVISIONAL
    return Status.ESTIMATED if any(end.ex_vivo for end in ends) else Status.OF_RECORD


def _as_delivered(proximal: EndVerdict, distal: EndVerdict, scheme: Scheme) -> AsDelivered:
    if proximal.in_vivo_mm is None or distal.in_vivo_mm is None:
        return AsDelivered.UNKNOWN
    long_ends = {
        proximal.in_vivo_mm >= scheme.midpoint.proximal_mm,
        distal.in_vivo_mm >= scheme.midpoint.distal_mm,
    }
    if len(long_ends) == 2:
        return AsDelivered.MIXED
    return AsDelivered.CONV_LIKE if long_ends == {True} else AsDelivered.RED_LIKE


def _record_of(end: End, readings: tuple[EndInput, ...], scheme: Scheme) -> EndInput:
    mine = [given for given in readings if given.end is end]
    lengths = [given for given in mine if given.absence is None and is_of_record(given.state, scheme)]
    absences = [given for given in mine if given.absent is not None]
    return next(iter(lengths[-1:] or absences[-1:]), EndInput(end))


def _estimate_of(end: End, readings: tuple[EndInput, ...], scheme: Scheme) -> EndInput:
    mine = [given for given in readings if given.end is end and is_ex_vivo(given.state, scheme)]
    usable = [given for given in mine if given.absence is None and scheme.states[given.state].factor_permille]
    fresh = [given for given in usable if given.state.value.startswith("fresh")]
    return next(iter(fresh[-1:] or usable[-1:]), EndInput(end))


def _without_record(record: CaseVerdict) -> CaseVerdict:
    return replace(record, case_verdict=Verdict.NO_VERDICT, status=Status.NO_RECORD)
