"""Repeat rule, extra segments, landmarks, and the queries between states and people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import OurBug
from reset_or.trial.codes import Arm, End, State, Status, Verdict
from reset_or.trial.repeat import combine_readings
from reset_or.trial.scheme import load_scheme
from reset_or.trial.segments import Part, from_landmark, sum_parts
from reset_or.trial.shrinkage import Finding, retention, same_state_difference, specimen_length
from reset_or.trial.states import estimate
from reset_or.trial.verdict import EndInput, judge_pair

SCHEME = load_scheme()
LENGTHS = st.integers(1, 400)
_PROXIMAL = EndInput(End.PROXIMAL, mm=50)


# --- repeat


@pytest.mark.parametrize(
    ("readings", "final", "third"),
    [
        ([100, 92], 96, False),  # 8 mm apart, 10 % of the mean is 9.6
        ([100, 90], None, True),  # 10 mm apart, 9.5
        ([105, 95], 100, False),  # exactly 10 %
        ([30, 25], 28, False),  # exactly 5 mm; half up
        ([30, 24], None, True),
        ([30, 37], None, True),
        ([30, 37, 31], 31, False),
        ([30, 31], 31, False),
        ([50, 44], None, True),
        ([60, 55], 58, False),
        ([31], 31, False),
    ],
)
def test_repeat_rule(readings: list[int], final: int | None, third: bool) -> None:
    found = combine_readings(readings, SCHEME)
    assert (found.final_mm, found.needs_third) == (final, third)
    assert found.needs_second is (len(readings) == 1)


@given(LENGTHS, LENGTHS)
def test_two_readings_are_symmetric_and_their_mean_lies_between(one: int, other: int) -> None:
    found = combine_readings([one, other], SCHEME)
    assert found == combine_readings([other, one], SCHEME)
    apart = abs(one - other)
    # the rule in other words: more than 5 mm, and more than a tenth of the mean
    assert found.needs_third is (apart > 5 and 20 * apart > one + other)
    if found.final_mm is not None:
        assert min(one, other) <= found.final_mm <= max(one, other)
        assert 0 <= 2 * found.final_mm - (one + other) <= 1


@given(st.lists(LENGTHS, min_size=3, max_size=3))
def test_three_readings_give_the_middle_one(readings: list[int]) -> None:
    found = combine_readings(readings, SCHEME)
    assert found.final_mm in readings
    assert sum(mm <= found.final_mm for mm in readings) >= 2
    assert sum(mm >= found.final_mm for mm in readings) >= 2


@pytest.mark.parametrize("readings", [[], [1, 2, 3, 4]])
def test_other_counts_are_our_bug(readings: list[int]) -> None:
    with pytest.raises(OurBug):
        combine_readings(readings, SCHEME)


# --- segments


def test_extra_segment_in_the_same_state_is_added_raw() -> None:
    before = judge_pair(Arm.REDUCED, _PROXIMAL, EndInput(End.DISTAL, mm=23), SCHEME)
    assert before.distal.verdict is Verdict.SHORT_WARNING
    total = sum_parts(End.DISTAL, [Part(23, State.IN_VIVO), Part(9, State.IN_VIVO)], SCHEME)
    found = judge_pair(Arm.REDUCED, _PROXIMAL, total, SCHEME)
    assert (found.distal.mm, found.distal.verdict) == (32, Verdict.WITHIN_PROTOCOL)
    assert found.status is Status.OF_RECORD


def test_different_states_are_converted_first_and_estimated() -> None:
    parts = [Part(23, State.IN_VIVO), Part(9, State.FRESH_UNPINNED)]
    found = judge_pair(Arm.REDUCED, _PROXIMAL, sum_parts(End.DISTAL, parts, SCHEME), SCHEME)
    assert (found.distal.mm, found.distal.in_vivo_mm) == (None, 23 + 11)
    assert (found.distal.low_mm, found.distal.high_mm) == (23 + 9, 23 + 12)
    assert found.status is Status.ESTIMATED


def test_planned_and_recorded_parts_stay_provisional() -> None:
    parts = [Part(23, State.IN_VIVO), Part(9, State.IN_VIVO_PLAN)]
    assert (
        judge_pair(Arm.REDUCED, _PROXIMAL, sum_parts(End.DISTAL, parts, SCHEME), SCHEME).status
        == "provisional"
    )
    exteriorised = [Part(23, State.IN_VIVO), Part(9, State.EXTERIORISED)]
    found = judge_pair(Arm.REDUCED, _PROXIMAL, sum_parts(End.DISTAL, exteriorised, SCHEME), SCHEME)
    assert (found.status, found.distal.in_vivo_mm) == (Status.OF_RECORD, 32)


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        (Part(9, State.IN_VIVO, orientation_unknown=True), Status.PROVISIONAL),
        (Part(9, State.IN_VIVO, gap_unknown=True), Status.NO_VERDICT),
        (Part(9, State.HISTOLOGY), Status.NO_VERDICT),
        (Part(9, State.FIXING), Status.NO_VERDICT),
    ],
)
def test_doubtful_segments(extra: Part, status: Status) -> None:
    total = sum_parts(End.DISTAL, [Part(23, State.IN_VIVO), extra], SCHEME)
    assert judge_pair(Arm.REDUCED, _PROXIMAL, total, SCHEME).status is status


@given(st.lists(LENGTHS, min_size=1, max_size=4), st.sampled_from([State.IN_VIVO, State.FRESH_PINNED]))
def test_parts_of_one_state_are_one_length(lengths: list[int], state: State) -> None:
    total = sum_parts(End.DISTAL, [Part(mm, state) for mm in lengths], SCHEME)
    assert (total.mm, total.state, total.estimate) == (sum(lengths), state, None)


@given(LENGTHS, LENGTHS)
def test_order_of_parts_does_not_matter(one: int, other: int) -> None:
    parts = [Part(one, State.IN_VIVO), Part(other, State.FIXED_PINNED)]
    first, second = sum_parts(End.DISTAL, parts, SCHEME), sum_parts(End.DISTAL, parts[::-1], SCHEME)
    assert first == second
    alone = estimate(other, State.FIXED_PINNED, SCHEME)
    assert first.estimate is not None
    assert alone is not None
    assert first.estimate.in_vivo_mm == one + alone.in_vivo_mm


def test_no_parts_is_our_bug() -> None:
    with pytest.raises(OurBug):
        sum_parts(End.DISTAL, [], SCHEME)


# --- landmarks


def test_tattoo_below_the_edge_counts_from_the_edge() -> None:
    found = from_landmark("tattoo", 12, 20)
    assert (found.mm, found.unreliable, found.provisional) == (32, False, True)
    assert not from_landmark("tattoo", 12, 20, agreed=True).provisional


@pytest.mark.parametrize(
    ("edge", "offset"),
    [("tattoo", None), ("clip", None), ("not_located", 20), ("clip", -12), ("tattoo", -40)],
)
def test_without_a_usable_landmark_there_is_no_length(edge: str, offset: int | None) -> None:
    found = from_landmark(edge, 12, offset)
    assert (found.mm, found.unreliable) == (None, True)


def test_a_visible_edge_needs_no_offset() -> None:
    found = from_landmark("residual_edge", 31, None)
    assert (found.mm, found.unreliable, found.provisional) == (31, False, False)


# --- between states and people


@pytest.mark.parametrize(
    ("fixed", "in_vivo", "permille", "finding"),
    [
        (30, 50, 600, Finding.FITS),
        (18, 30, 600, Finding.FITS),
        (34, 30, 1133, Finding.QUERY),
        (55, 50, 1100, Finding.NOTE),
        (56, 50, 1120, Finding.QUERY),
        (95, 100, 950, Finding.FITS),
        (96, 100, 960, Finding.NOTE),
        (50, 100, 500, Finding.FITS),
        (49, 100, 490, Finding.NOTE),
        (40, 100, 400, Finding.NOTE),
        (39, 100, 390, Finding.QUERY),
        (30, 0, None, Finding.QUERY),
    ],
)
def test_retention(fixed: int, in_vivo: int, permille: int | None, finding: Finding) -> None:
    found = retention(fixed, in_vivo, SCHEME)
    assert (found.permille, found.finding) == (permille, finding)


@given(LENGTHS, LENGTHS, LENGTHS)
def test_a_longer_fixed_length_never_has_a_smaller_ratio(one: int, other: int, in_vivo: int) -> None:
    short, long = sorted((one, other))
    first, second = retention(short, in_vivo, SCHEME), retention(long, in_vivo, SCHEME)
    assert first.permille is not None
    assert second.permille is not None
    assert first.permille <= second.permille


@pytest.mark.parametrize(
    ("one", "other", "finding"),
    [
        (43, 31, Finding.QUERY),
        (43, 33, Finding.FITS),
        (110, 96, Finding.FITS),  # 14 mm, 15 % of the mean is 15.45
        (110, 94, Finding.QUERY),  # 16 mm, 15.3
    ],
)
def test_same_state_difference(one: int, other: int, finding: Finding) -> None:
    assert same_state_difference(one, other, SCHEME) is finding
    assert same_state_difference(other, one, SCHEME) is finding


def test_parts_should_make_up_the_specimen() -> None:
    assert specimen_length(85, 40, 43, 168, SCHEME) is Finding.FITS
    assert specimen_length(85, 40, 43, 187, SCHEME) is Finding.QUERY
    assert specimen_length(85, 40, 43, 186, SCHEME) is Finding.FITS
    assert specimen_length(85, 40, 43, 150, SCHEME) is Finding.QUERY
