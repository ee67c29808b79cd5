"""Verdicts of both ends and the case: the published cases, every band edge, statuses, safety, record."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import OurBug
from reset_or.trial.codes import SEVERITY, Arm, AsDelivered, End, Query, Safety, State, Status, Verdict
from reset_or.trial.verdict import (
    EndInput,
    absence_of,
    ends_not_applicable,
    judge_pair,
)
from tests.fakes.judging import ARMS, LENGTHS, PAIR_IN_RANGE, SCHEME, STATES, distal_end, judge

DATA = Path(__file__).parents[2] / "data"


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


ROWS, MARGIN_ROWS = _rows("verdicts.csv"), _rows("band_edges.csv")


def _mm(cm: str) -> int:
    whole, tenth = cm.split(".")
    return int(whole) * 10 + int(tenth)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])
def test_published_cases(row: dict[str, str]) -> None:
    found = judge(Arm(row["arm"]), _mm(row["proximal_cm"]), _mm(row["distal_cm"]), State(row["state"]))
    assert found.proximal.verdict == row["proximal_verdict"]
    assert found.distal.verdict == row["distal_verdict"]
    assert found.case_verdict == row["case_verdict"]
    assert found.as_delivered == row["as_delivered"]
    assert found.safety == row["safety_flag"]
    if row["in_vivo_estimate_cm"]:
        one, other = row["in_vivo_estimate_cm"].split("/")
        assert (found.proximal.in_vivo_mm, found.distal.in_vivo_mm) == (_mm(one), _mm(other))


@pytest.mark.parametrize("row", MARGIN_ROWS, ids=lambda row: f"{row['arm']}-{row['end']}-{row['cm']}")
def test_band_edges_of_both_arms_and_ends(row: dict[str, str]) -> None:
    mm, is_proximal = _mm(row["cm"]), row["end"] == "proximal"
    arm = Arm(row["arm"])
    found = judge(arm, mm, None) if is_proximal else judge(arm, None, mm)
    end = found.proximal if is_proximal else found.distal
    assert end.verdict == row["verdict"]
    assert end.safety == row["safety"]


@given(ARMS, st.sampled_from(list(End)), LENGTHS, LENGTHS, STATES)
def test_longer_never_moves_from_within_to_short(
    arm: Arm, end: End, one: int, other: int, state: State
) -> None:
    said = SCHEME.end(arm, end)
    assert said is not None
    upward = [band.verdict for band in said.bands]
    short, long = sorted((one, other))
    places = []
    for mm in (short, long):
        found = judge(arm, mm, None, state) if end is End.PROXIMAL else judge(arm, None, mm, state)
        judged = found.proximal if end is End.PROXIMAL else found.distal
        assert judged.in_vivo_mm is not None
        place = max(i for i, band in enumerate(said.bands) if band.from_mm <= judged.in_vivo_mm)
        assert judged.verdict is upward[place]
        places.append(place)
    assert places[0] <= places[1]


@given(ARMS, LENGTHS, LENGTHS, STATES, STATES)
def test_case_is_the_gravest_end_and_ends_do_not_influence_each_other(
    arm: Arm, proximal: int, distal: int, one: State, other: State
) -> None:
    first, second = EndInput(End.PROXIMAL, one, proximal), EndInput(End.DISTAL, other, distal)
    found = judge_pair(arm, first, second, SCHEME)
    alone = judge_pair(arm, first, EndInput(End.DISTAL), SCHEME)
    beside = judge_pair(arm, EndInput(End.PROXIMAL), second, SCHEME)
    assert found.proximal == alone.proximal
    assert found.distal == beside.distal
    ranks = [SEVERITY.index(end.verdict) for end in found.ends]
    assert SEVERITY.index(found.case_verdict) == max(ranks)
    safeties = ["", "safety_alert", "safety_critical"]
    assert safeties.index(found.safety) == max(safeties.index(end.safety) for end in found.ends)


def test_order_of_severity() -> None:
    assert [v.value for v in SEVERITY] == [
        "within_protocol",
        "within_tolerance",
        "exceeds_note",
        "exceeds_warning",
        "short_warning",
        "exceeds_crossover",
        "short_deviation",
    ]


@given(LENGTHS, LENGTHS, STATES)
def test_as_delivered_and_safety_do_not_know_the_arm(proximal: int, distal: int, state: State) -> None:
    found = [judge(arm, proximal, distal, state) for arm in Arm]
    assert len({(one.as_delivered, one.safety) for one in found}) == 1


@pytest.mark.parametrize(
    ("proximal", "distal", "expected"),
    [(75, 40, "conv-like"), (74, 39, "red-like"), (75, 39, "mixed"), (74, 40, "mixed")],
)
def test_as_delivered_midpoints(proximal: int, distal: int, expected: str) -> None:
    assert judge(Arm.REDUCED, proximal, distal).as_delivered == expected


@pytest.mark.parametrize(
    ("arm", "proximal", "distal", "expected"),
    [
        (Arm.REDUCED, 50, None, "incomplete"),
        (Arm.CONVENTIONAL, 60, None, "short_deviation"),
        (Arm.REDUCED, None, 45, "exceeds_crossover"),
        (Arm.REDUCED, None, 44, "incomplete"),
        (Arm.CONVENTIONAL, 75, None, "incomplete"),
        (Arm.CONVENTIONAL, None, None, "incomplete"),
    ],
)
def test_one_end_missing(arm: Arm, proximal: int | None, distal: int | None, expected: str) -> None:
    found = judge(arm, proximal, distal)
    assert (found.case_verdict, found.status, found.as_delivered) == (expected, "incomplete", "")
    missing = found.proximal if proximal is None else found.distal
    assert missing.verdict is Verdict.NOT_ENTERED
    assert (missing.mm, missing.in_vivo_mm, missing.low_mm, missing.high_mm) == (None,) * 4


@pytest.mark.parametrize(
    ("distal", "queries", "status"),
    [
        (distal_end(), [], Status.OF_RECORD),
        (distal_end(state=State.EXTERIORISED), [], Status.OF_RECORD),
        (distal_end(state=State.FRESH_UNPINNED, mm=26), [], Status.ESTIMATED),
        (distal_end(state=State.FRESH_UNPINNED, mm=26), [Query.NOT_DECISIVE], Status.ESTIMATED),
        (distal_end(state=State.IN_VIVO_PLAN), [], Status.PROVISIONAL),
        (distal_end(provisional=True), [], Status.PROVISIONAL),
        (distal_end(), [Query.DECIMAL_SLIP], Status.PROVISIONAL),
        (distal_end(), [Query.SWAPPED_ENDS], Status.PROVISIONAL),
        (distal_end(), [Query.SOFT_LIMIT], Status.PROVISIONAL),
        (distal_end(state=State.FRESH_PINNED), [Query.SWAPPED_ENDS], Status.PROVISIONAL),
        (distal_end(mm=None), [Query.SWAPPED_ENDS], Status.INCOMPLETE),
        (distal_end(mm=None, absent=Verdict.NOT_MEASURED), [], Status.INCOMPLETE),
        (distal_end(mm=None, absent=Verdict.NOT_APPLICABLE), [], Status.NOT_APPLICABLE),
        (distal_end(state=State.HISTOLOGY), [], Status.NO_VERDICT),
        (distal_end(state=State.FIXING), [], Status.NO_VERDICT),
        (distal_end(unreliable=True), [Query.DECIMAL_SLIP], Status.NO_VERDICT),
        (distal_end(mm=None, blocked=True), [Query.ZERO], Status.NO_VERDICT),
    ],
)
def test_status_is_the_first_that_holds(distal: EndInput, queries: list[Query], status: Status) -> None:
    assert judge_pair(Arm.REDUCED, PAIR_IN_RANGE[0], distal, SCHEME, queries).status is status


def test_not_applicable_comes_before_incomplete() -> None:
    found = judge_pair(
        Arm.REDUCED, EndInput(End.PROXIMAL), distal_end(mm=None, absent=Verdict.NOT_APPLICABLE), SCHEME
    )
    assert (found.status, found.case_verdict) == (Status.NOT_APPLICABLE, Verdict.INCOMPLETE)


def test_abdominoperineal_judges_the_proximal_end_alone() -> None:
    assert ends_not_applicable("apr") == {End.DISTAL}
    assert ends_not_applicable("hartmann") == frozenset()
    found = judge_pair(
        Arm.CONVENTIONAL,
        EndInput(End.PROXIMAL, mm=102),
        distal_end(mm=None, absent=Verdict.NOT_APPLICABLE),
        SCHEME,
    )
    assert (found.case_verdict, found.distal.verdict) == ("within_protocol", "not_applicable")


def test_no_resection_has_nothing_to_judge() -> None:
    ends = [EndInput(end, absent=Verdict.NOT_APPLICABLE) for end in ends_not_applicable("no_resection")]
    by_end = {given.end: given for given in ends}
    found = judge_pair(Arm.REDUCED, by_end[End.PROXIMAL], by_end[End.DISTAL], SCHEME)
    assert (found.case_verdict, found.status) == (Verdict.NOT_APPLICABLE, Status.NOT_APPLICABLE)


def test_missing_reasons_become_absences() -> None:
    assert absence_of("not_applicable") is Verdict.NOT_APPLICABLE
    assert {absence_of(code) for code in SCHEME.missing if code != "not_applicable"} == {Verdict.NOT_MEASURED}


def test_a_refused_end_takes_the_verdict_of_the_other_one_too() -> None:
    found = judge_pair(
        Arm.REDUCED, EndInput(End.PROXIMAL, blocked=True), distal_end(mm=5), SCHEME, [Query.OUT_OF_RANGE]
    )
    assert found.blocked
    assert {end.verdict for end in found.ends} == {Verdict.NO_VERDICT}
    assert found.case_verdict is Verdict.NO_VERDICT
    assert found.distal.mm == 5
    assert found.safety is Safety.CRITICAL


def test_unreliable_end_leaves_the_other_its_verdict() -> None:
    found = judge_pair(Arm.REDUCED, PAIR_IN_RANGE[0], distal_end(unreliable=True), SCHEME)
    assert (found.proximal.verdict, found.distal.verdict) == ("within_protocol", "no_verdict")
    assert found.case_verdict is Verdict.NO_VERDICT


def test_arm_to_follow_accepts_lengths_and_judges_when_it_arrives() -> None:
    waiting = judge(Arm.TO_FOLLOW, 50, 18)
    assert (waiting.status, waiting.case_verdict) == (Status.NO_VERDICT, Verdict.NO_VERDICT)
    assert (waiting.distal.in_vivo_mm, waiting.distal.decisive) == (18, None)
    assert waiting.safety is Safety.ALERT
    assert waiting.as_delivered is AsDelivered.RED_LIKE
    assert judge(Arm.REDUCED, 50, 18).case_verdict is Verdict.SHORT_DEVIATION


def test_impossible_inputs_are_our_bug() -> None:
    with pytest.raises(OurBug):
        EndInput(End.DISTAL, mm=-1)
    with pytest.raises(OurBug):
        EndInput(End.DISTAL, absent=Verdict.WITHIN_PROTOCOL)
