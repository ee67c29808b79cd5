"""What may be shown of a verdict: green, loudness, words. The codes never change with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reset_or.trial.codes import Arm, Feedback, State, Tier
from reset_or.trial.display import Plate, Step, asks_reason, case_tier, plate, tier, words_allowed
from tests.fakes.judging import SCHEME, judge

SIGNED = replace(SCHEME, signed_by="pi", signed_at=1)


@pytest.mark.parametrize(
    ("state", "mm", "expected"),
    [
        (State.IN_VIVO, 30, Plate.DIM),
        (State.EXTERIORISED, 35, Plate.DIM),
        (State.IN_VIVO, 36, Plate.DIM),
        (State.IN_VIVO, 29, Plate.NEUTRAL),  # low side of the tolerance
        (State.IN_VIVO, 24, Plate.BRIGHT),
        (State.IN_VIVO, 40, Plate.BRIGHT),
        (State.FRESH_UNPINNED, 26, Plate.HATCHED),  # within protocol, yet an estimate is never green
        (State.FIXED_UNPINNED, 15, Plate.HATCHED),
        (State.HISTOLOGY, 30, Plate.NONE),
        (State.IN_VIVO, None, Plate.NONE),
    ],
)
def test_green_is_only_for_readings_before_transection(state: State, mm: int | None, expected: Plate) -> None:
    assert plate(judge(Arm.REDUCED, None, mm, state).distal) is expected


def test_note_is_neutral() -> None:
    assert plate(judge(Arm.CONVENTIONAL, 160, 50).proximal) is Plate.NEUTRAL


@pytest.mark.parametrize(
    ("arm", "proximal", "distal", "expected"),
    [
        (Arm.REDUCED, 50, 30, Tier.SILENT),
        (Arm.REDUCED, 70, 30, Tier.SILENT),
        (Arm.CONVENTIONAL, 160, 50, Tier.SILENT),
        (Arm.REDUCED, 80, 30, Tier.QUIET),
        (Arm.REDUCED, 44, 30, Tier.QUIET),
        (Arm.REDUCED, 50, 24, Tier.BRIGHT),
        (Arm.CONVENTIONAL, 100, 35, Tier.QUIET),
        (Arm.CONVENTIONAL, 50, 30, Tier.BRIGHT),
        (Arm.REDUCED, 95, 46, Tier.BRIGHT),
        (Arm.REDUCED, 50, 19, Tier.BAR),
        (Arm.CONVENTIONAL, 100, 9, Tier.BAR),
    ],
)
def test_loudness(arm: Arm, proximal: int, distal: int, expected: Tier) -> None:
    assert case_tier(judge(arm, proximal, distal), SCHEME) is expected


def test_an_estimate_is_never_bright() -> None:
    found = judge(Arm.CONVENTIONAL, 44, 23, State.FIXED_UNPINNED)
    assert found.like_other_arm
    assert {tier(found, end, SCHEME) for end in found.ends} == {Tier.QUIET}
    assert not asks_reason(found, SCHEME)


def test_reasons_are_asked_outside_the_range_only() -> None:
    assert asks_reason(judge(Arm.REDUCED, 80, 30), SCHEME)
    assert not asks_reason(judge(Arm.REDUCED, 70, 29), SCHEME)
    assert not asks_reason(judge(Arm.CONVENTIONAL, 160, 50), SCHEME)


@pytest.mark.parametrize(
    ("feedback", "plan", "record"),
    [(Feedback.LIVE, True, True), (Feedback.AFTER_RECORD, False, True), (Feedback.OFF, False, False)],
)
def test_no_word_before_the_scheme_is_signed(feedback: Feedback, plan: bool, record: bool) -> None:
    signed = replace(SIGNED, feedback=feedback)
    assert words_allowed(signed, Step.PLAN) is plan
    assert words_allowed(signed, Step.RECORD) is record
    assert words_allowed(signed, Step.SPECIMEN) is record
    unsigned = replace(SCHEME, feedback=feedback)
    assert not any(words_allowed(unsigned, step) for step in Step)
