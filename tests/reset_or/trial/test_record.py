"""A recorded case: record and estimate apart, what is to be reviewed, and the named cases of the trial."""

from __future__ import annotations

from reset_or.trial.codes import Arm, AsDelivered, End, State, Status, Verdict
from reset_or.trial.states import Estimate
from reset_or.trial.verdict import (
    EndInput,
    judge_case,
    judge_pair,
)
from tests.fakes.judging import PAIR_IN_RANGE, SCHEME, distal_end, judge


def test_record_and_estimate_stand_beside_each_other() -> None:
    readings = [
        EndInput(End.PROXIMAL, State.IN_VIVO, 50),
        EndInput(End.DISTAL, State.EXTERIORISED, 30),
        EndInput(End.PROXIMAL, State.FIXED_UNPINNED, 30),
        EndInput(End.DISTAL, State.FIXED_UNPINNED, 18),
    ]
    found = judge_case(Arm.REDUCED, readings, SCHEME)
    assert (found.record.case_verdict, found.record.status) == ("within_protocol", "of_record")
    assert found.estimate is not None
    assert found.estimate.status is Status.ESTIMATED
    assert found.reference_only


def test_without_a_record_an_estimate_never_takes_its_place() -> None:
    readings = [
        EndInput(End.PROXIMAL, State.FRESH_UNPINNED, 43),
        EndInput(End.DISTAL, State.FRESH_PINNED, 27),
    ]
    found = judge_case(Arm.REDUCED, [*readings, EndInput(End.DISTAL, State.IN_VIVO_PLAN, 30)], SCHEME)
    assert (found.record.status, found.record.case_verdict) == (Status.NO_RECORD, Verdict.NO_VERDICT)
    assert {end.verdict for end in found.record.ends} == {Verdict.NOT_ENTERED}
    assert found.estimate is not None
    assert found.estimate.case_verdict is Verdict.WITHIN_PROTOCOL


def test_one_recorded_end_is_incomplete_and_fresh_goes_before_fixed() -> None:
    readings = [
        EndInput(End.PROXIMAL, State.IN_VIVO, 50),
        EndInput(End.DISTAL, State.FRESH_UNPINNED, 26),
        EndInput(End.DISTAL, State.FIXED_PINNED, 14),
        EndInput(End.DISTAL, State.HISTOLOGY, 14),
    ]
    found = judge_case(Arm.REDUCED, readings, SCHEME)
    assert found.record.status is Status.INCOMPLETE
    assert found.estimate is not None
    assert found.estimate.distal.mm == 26


def test_a_reading_replaces_not_measured_and_the_last_reading_counts() -> None:
    readings = [
        EndInput(End.PROXIMAL, mm=50),
        EndInput(End.DISTAL, absent=Verdict.NOT_MEASURED),
        EndInput(End.DISTAL, mm=23),
        EndInput(End.DISTAL, mm=31),
    ]
    assert judge_case(Arm.REDUCED, readings, SCHEME).record.distal.mm == 31
    only = judge_case(Arm.REDUCED, readings[:2], SCHEME).record
    assert (only.distal.verdict, only.status) == (Verdict.NOT_MEASURED, Status.INCOMPLETE)
    assert judge_case(Arm.REDUCED, readings[:1], SCHEME).estimate is None


def test_wrong_arm_shows_in_the_class_and_is_to_be_reviewed() -> None:
    found = judge(Arm.CONVENTIONAL, 52, 31)
    assert {end.verdict for end in found.ends} == {Verdict.SHORT_DEVIATION}
    assert found.as_delivered is AsDelivered.RED_LIKE
    assert found.like_other_arm
    assert found.to_be_reviewed


def test_one_long_end_is_not_a_crossover() -> None:
    assert not judge(Arm.REDUCED, 120, 22).like_other_arm
    assert judge(Arm.REDUCED, 90, 45).like_other_arm


def test_both_worst_ends_are_known() -> None:
    found = judge(Arm.REDUCED, 120, 22)
    assert found.worst_short is not None
    assert found.worst_long is not None
    assert (found.worst_short.end, found.worst_long.end) == (End.DISTAL, End.PROXIMAL)
    fine = judge(Arm.REDUCED, 50, 30)
    assert (fine.worst_short, fine.worst_long, fine.to_be_reviewed) == (None, None, False)


def test_an_estimate_is_never_to_be_reviewed() -> None:
    assert not judge(Arm.CONVENTIONAL, 44, 23, State.FIXED_UNPINNED).to_be_reviewed


def test_visual_estimate_is_provisional() -> None:
    found = judge_pair(Arm.REDUCED, EndInput(End.PROXIMAL, mm=50, provisional=True), distal_end(), SCHEME)
    assert (found.case_verdict, found.status) == ("within_protocol", "provisional")


def test_donut_is_not_added() -> None:
    assert judge(Arm.CONVENTIONAL, 100, 35).distal.verdict is Verdict.SHORT_DEVIATION


def test_a_given_estimate_is_judged_instead_of_the_raw_length() -> None:
    given = EndInput(End.DISTAL, State.FRESH_UNPINNED, estimate=Estimate(33, 29, 37))
    found = judge_pair(Arm.REDUCED, PAIR_IN_RANGE[0], given, SCHEME).distal
    assert (found.mm, found.in_vivo_mm, found.verdict, found.decisive) == (None, 33, "within_protocol", True)
