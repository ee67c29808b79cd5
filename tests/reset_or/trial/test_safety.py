"""Decisiveness and the safety lines: raw by state, estimate, and the rise at an uncertain edge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.trial.codes import Arm, End, Query, Safety, State
from reset_or.trial.states import is_ex_vivo
from reset_or.trial.verdict import (
    EndInput,
    judge_pair,
)
from tests.fakes.judging import ARMS, LENGTHS, PAIR_IN_RANGE, SCHEME, STATES, distal_end, judge

_CLASS = {
    **dict.fromkeys(("short_deviation", "short_warning"), "short"),
    **dict.fromkeys(("within_protocol", "within_tolerance", "exceeds_note"), "adherent"),
    **dict.fromkeys(("exceeds_warning", "exceeds_crossover"), "exceeds"),
}


@given(ARMS, LENGTHS, LENGTHS, STATES)
def test_decisive_only_if_both_limits_are_in_one_class(
    arm: Arm, proximal: int, distal: int, state: State
) -> None:
    found = judge(arm, proximal, distal, state)
    for end in found.ends:
        said = SCHEME.end(arm, end.end)
        assert said is not None
        assert end.low_mm is not None
        assert end.high_mm is not None
        limits = {_CLASS[said.verdict_at(end.low_mm)], _CLASS[said.verdict_at(end.high_mm)]}
        assert end.decisive is (len(limits) == 1)
    assert (Query.NOT_DECISIVE in found.queries) is any(end.decisive is False for end in found.ends)
    if not is_ex_vivo(state, SCHEME):
        assert Query.NOT_DECISIVE not in found.queries


@pytest.mark.parametrize(
    ("state", "mm", "expected"),
    [
        (State.IN_VIVO, 20, ""),
        (State.IN_VIVO, 19, "safety_alert"),
        (State.IN_VIVO, 10, "safety_alert"),
        (State.IN_VIVO, 9, "safety_critical"),
        (State.EXTERIORISED, 19, "safety_alert"),
        (State.FRESH_UNPINNED, 20, ""),
        (State.FRESH_UNPINNED, 19, "safety_alert"),  # estimate 22: the raw line speaks
        (State.FRESH_UNPINNED, 9, "safety_critical"),  # estimate 11: the raw line speaks
        (State.FRESH_UNPINNED_LATE, 19, "safety_alert"),
        (State.FRESH_PINNED, 19, "safety_alert"),
        (State.FIXED_PINNED, 15, ""),  # estimate 21
        (State.FIXED_PINNED, 14, "safety_alert"),  # raw below 15; estimate exactly 20
        (State.FIXED_UNPINNED, 15, ""),
        (State.FIXED_UNPINNED, 14, "safety_alert"),
        (State.FIXED_UNPINNED, 10, "safety_alert"),
        (State.FIXED_UNPINNED, 9, "safety_critical"),
        (State.HISTOLOGY, 5, ""),
        (State.FIXING, 19, "safety_alert"),
        (State.IN_VIVO_PLAN, 19, "safety_alert"),
    ],
)
def test_distal_safety_is_the_graver_of_raw_and_estimate(state: State, mm: int, expected: str) -> None:
    assert judge(Arm.CONVENTIONAL, None, mm, state).safety == expected


@pytest.mark.parametrize(
    ("state", "mm", "expected"),
    [
        (State.IN_VIVO, 30, ""),
        (State.IN_VIVO, 29, "safety_alert"),
        (State.IN_VIVO, 5, "safety_alert"),
        (State.FIXED_UNPINNED, 18, ""),  # estimate 30; a raw proximal length has no line
        (State.FIXED_UNPINNED, 17, "safety_alert"),
    ],
)
def test_proximal_safety_looks_at_the_estimate(state: State, mm: int, expected: str) -> None:
    assert judge(Arm.REDUCED, mm, None, state).safety == expected


@given(st.sampled_from(list(End)), LENGTHS, LENGTHS, st.sampled_from(list(State)), st.booleans())
def test_shorter_is_never_safer(end: End, one: int, other: int, state: State, uncertain: bool) -> None:
    order = ["", "safety_alert", "safety_critical"]
    graver, milder = (
        judge_pair(
            Arm.REDUCED,
            *(EndInput(e, state, mm if e is end else None, edge_uncertain=uncertain) for e in End),
            SCHEME,  # type: ignore[arg-type]
        ).safety
        for mm in sorted((one, other))
    )
    assert order.index(graver) >= order.index(milder)


def test_line_rises_where_the_edge_is_a_scar() -> None:
    plain, scar = (
        judge_pair(Arm.REDUCED, PAIR_IN_RANGE[0], distal_end(mm=29, edge_uncertain=rises), SCHEME)
        for rises in (False, True)
    )
    assert (plain.safety, scar.safety) == (Safety.NONE, Safety.ALERT)
    clear = distal_end(mm=30, edge_uncertain=True)
    assert judge_pair(Arm.REDUCED, PAIR_IN_RANGE[0], clear, SCHEME).safety is Safety.NONE
    assert SCHEME.safety.is_edge_uncertain("scar_edge", "raised")
    assert SCHEME.safety.is_edge_uncertain("tattoo", "nothing_visible")
    assert not SCHEME.safety.is_edge_uncertain("residual_edge", "raised")
