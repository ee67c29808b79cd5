"""From readings to what a step shows: which length stands for an end, and how it is judged.

The rules are `trial`'s; here recorded readings are handed to them and the answers put into views. Which
readings a person may see was decided before (gate).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reset_or.actions.views import Bands, EndView, Judgement, ReadingView, StepView
from reset_or.record.model import CaseRecord
from reset_or.revisions.authority import THEATRE
from reset_or.trial import display
from reset_or.trial.codes import Arm, End, State, Status, Verdict
from reset_or.trial.limits import Scheme
from reset_or.trial.repeat import combine_readings, combine_um
from reset_or.trial.segments import Part, from_landmark, sum_parts
from reset_or.trial.states import is_ex_vivo, is_of_record
from reset_or.trial.verdict import (
    CaseVerdict,
    EndInput,
    EndVerdict,
    absence_of,
    ends_not_applicable,
    judge_pair,
)


@dataclass(frozen=True)
class Setting:
    """What judging needs to know of a case besides its readings."""

    arm: Arm
    scheme: Scheme
    appearance: str = ""
    procedure: str = ""
    distal_mark_agreed: bool = False

    @classmethod
    def of(cls, case: CaseRecord, scheme: Scheme) -> Setting:
        return cls(Arm(case.arm), scheme, case.tumour_appearance, case.procedure)


def bands_of(setting: Setting, end: str) -> Bands | None:
    """The limits of one end, None while the arm is to follow."""
    said = setting.scheme.end(setting.arm, End(end))
    if said is None:
        return None
    low, high = said.protocol_mm
    return Bands(said.target_mm, said.tolerance_low_mm, low, high or low, said.tolerance_high_mm)


def end_input(setting: Setting, end: str, parts: Sequence[ReadingView]) -> EndInput:
    """The input of one end from its main reading (first) and extra segments; empty: not entered."""
    measured = [part for part in parts if part.value_mm is not None]
    if not measured:
        absent = absence_of(parts[0].missing) if parts else None
        if End(end) in ends_not_applicable(setting.procedure):
            absent = Verdict.NOT_APPLICABLE
        return EndInput(End(end), absent=absent)
    main = measured[0]
    assert main.value_mm is not None
    mark = from_landmark(main.edge, main.value_mm, main.landmark_offset_mm, agreed=setting.distal_mark_agreed)
    uncertain = setting.scheme.safety.is_edge_uncertain(main.edge, setting.appearance)
    main_mm = mark.mm if mark.mm is not None else main.value_mm
    lengths = [Part(main_mm, State(main.state), plus_minus_um=main.uncertainty_um or 0)]
    lengths += [Part(extra.value_mm, State(extra.state)) for extra in measured[1:] if extra.value_mm]
    summed = sum_parts(End(end), lengths, setting.scheme, edge_uncertain=uncertain)
    visual = any(part.method == "visual_estimate" or part.uncertified for part in measured)
    doubtful = any(part.conflict for part in measured)
    return replace(
        summed,
        unreliable=summed.unreliable or mark.unreliable or doubtful,
        provisional=summed.provisional or mark.provisional or visual,
    )


def judge_step(
    setting: Setting,
    name: str,
    proximal: Sequence[ReadingView],
    distal: Sequence[ReadingView],
    *,
    confirmed: bool,
) -> StepView:
    """Both ends of a step. `confirmed`: recorded and confirmed stand on these very readings and the arm."""
    given = end_input(setting, "proximal", proximal), end_input(setting, "distal", distal)
    case = judge_pair(setting.arm, *given, setting.scheme)
    nothing = not any(part.value_mm is not None for part in (*proximal, *distal))
    status = case.status
    if name == "record" and nothing:
        status = Status.NO_RECORD
    elif status is Status.OF_RECORD and not confirmed:
        status = Status.PROVISIONAL
    shown = not nothing
    return StepView(
        name=name,
        proximal=_end_view(setting, name, case, case.proximal, given[0], proximal),
        distal=_end_view(setting, name, case, case.distal, given[1], distal),
        case_verdict=case.case_verdict.value if shown else "",
        status=status.value,
        as_delivered=case.as_delivered.value,
        safety=case.safety.value,
        queries=tuple(sorted(query.value for query in case.queries)),
    )


def _end_view(
    setting: Setting,
    step: str,
    case: CaseVerdict,
    end: EndVerdict,
    given: EndInput,
    parts: Sequence[ReadingView],
) -> EndView:
    measured = [part.value_mm for part in parts if part.value_mm is not None]
    mains = [part for part in parts if part.segment != "extra"]
    return EndView(
        end=end.end.value,
        bands=bands_of(setting, end.end.value),
        main=mains[0] if mains else None,
        extras=tuple(part for part in parts if part.segment == "extra"),
        total_mm=sum(measured) if measured else None,
        judgement=judgement(setting, step, case, end, given),
    )


def judgement(setting: Setting, step: str, case: CaseVerdict, end: EndVerdict, given: EndInput) -> Judgement:
    """One end's verdict with how it may be shown."""
    asks = not end.ex_vivo and end.verdict in setting.scheme.reason_asked
    return Judgement(
        verdict=end.verdict.value,
        plate=display.plate(end).value,
        tier=display.tier(case, end, setting.scheme).value,
        show_word=display.words_allowed(setting.scheme, display.Step(step)),
        delta_mm=end.from_target_mm,
        in_vivo_mm=end.in_vivo_mm,
        low_mm=end.low_mm,
        high_mm=end.high_mm,
        decisive=end.decisive,
        safety=end.safety.value,
        queries=("not_decisive",) if end.decisive is False else (),
        needs_reason=asks,
        unreliable=given.unreliable,
        uncertain=end.uncertain,
        uncertainty_um=given.plus_minus_um,
    )


def standing_parts(
    setting: Setting, readings: Iterable[ReadingView], *, end: str, step: str
) -> tuple[list[ReadingView], tuple[ReadingView, ...], bool]:
    """The readings that stand for an end in a step: (main and extras, repeats, a third is needed).

    Record: in vivo and exteriorised. Specimen: fresh before fixed, the ruler before a photograph, which is
    shown beside it. Of several main readings in one state by one person the repeat rule makes one length; the
    newest reading carries it. A ring that theatre cut later
    belongs to the record whatever its state; summed with an ex vivo part, an end is an estimate.
    """
    of_record = step == "record"
    mine = [
        reading
        for reading in readings
        if reading.end == end and is_of_record(State(reading.state), setting.scheme) == of_record
        and (of_record or is_ex_vivo(State(reading.state), setting.scheme))
    ]  # fmt: skip
    mains = [reading for reading in mine if reading.segment != "extra"]
    if not mains:
        return [], (), False
    mains.sort(key=lambda r: (_freshness(r), not r.photo, r.saved_at, r.rec))
    newest = mains[-1]
    kind = (newest.state, newest.recorded_by, newest.photo)
    group = [r for r in mains if (r.state, r.recorded_by, r.photo) == kind]
    newest, third = _combined(newest, group, setting.scheme)
    extras = [
        r for r in readings if r.end == end and r.segment == "extra" and (r.role in THEATRE) == of_record
    ]
    extras.sort(key=lambda reading: (reading.saved_at, reading.rec))
    return [newest, *extras], tuple(group), third


def _combined(newest: ReadingView, group: Sequence[ReadingView], scheme: Scheme) -> tuple[ReadingView, bool]:
    """The newest reading with the length of all, and whether a third is needed."""
    if newest.photo:
        taken = [reading.length_um for reading in group if reading.length_um is not None][:3]
        whole = combine_um(taken, scheme) if taken else None
        if whole is None or whole.final_mm is None:
            return newest, whole is not None and whole.needs_third
        plus_minus_um = uncertainty_um(group, whole.spread_um)
        return replace(newest, value_mm=whole.final_mm, uncertainty_um=plus_minus_um), False
    lengths = [reading.value_mm for reading in group if reading.value_mm is not None][-3:]
    if len(lengths) < 2:
        return newest, False
    combined = combine_readings(lengths, scheme)
    if combined.final_mm is not None:
        newest = replace(newest, value_mm=combined.final_mm)
    return newest, combined.needs_third


def uncertainty_um(readings: Iterable[ReadingView], spread_um: int) -> int:
    """Of several readings together: the largest of their own, or half their spread if that is more. The scale
    is the same for all, so nothing is divided by their number."""
    return max([spread_um // 2, *(reading.uncertainty_um or 0 for reading in readings)])


def _freshness(reading: ReadingView) -> int:
    # Fresh readings stand before fixed ones: shrinkage makes the fixed length the weaker witness.
    return 1 if not reading.state.startswith(("fix", "histology")) else 0


def step_view(setting: Setting, name: str, readings: Sequence[ReadingView], *, confirmed: bool) -> StepView:
    """A whole step from all readings that may be seen."""
    proximal, proximal_repeats, proximal_third = standing_parts(setting, readings, end="proximal", step=name)
    distal, distal_repeats, distal_third = standing_parts(setting, readings, end="distal", step=name)
    third = proximal_third or distal_third
    view = judge_step(setting, name, proximal, distal, confirmed=confirmed and not third)
    return replace(
        view,
        proximal=replace(view.proximal, repeats=proximal_repeats, needs_third=proximal_third),
        distal=replace(view.distal, repeats=distal_repeats, needs_third=distal_third),
    )
