"""Conversion to in vivo lengths, its interval, and the states that the clock gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.trial.codes import Arm, State
from reset_or.trial.scheme import load_scheme
from reset_or.trial.states import estimate, fixed_state, fresh_state, is_ex_vivo, is_of_record

SCHEME = load_scheme()
LENGTHS = st.integers(1, 400)
CONVERTIBLE = [state for state, said in SCHEME.states.items() if said.factor_permille]
STATES = st.sampled_from(CONVERTIBLE)
ARMS = st.sampled_from([Arm.CONVENTIONAL, Arm.REDUCED])


@given(LENGTHS, STATES)
def test_interval_contains_the_estimate(mm: int, state: State) -> None:
    found = estimate(mm, state, SCHEME)
    assert found is not None
    assert found.low_mm <= found.in_vivo_mm <= found.high_mm
    assert found.in_vivo_mm >= mm


@given(LENGTHS, LENGTHS, STATES)
def test_conversion_is_monotone(one: int, other: int, state: State) -> None:
    short, long = sorted((one, other))
    first, second = estimate(short, state, SCHEME), estimate(long, state, SCHEME)
    assert first is not None
    assert second is not None
    assert first.in_vivo_mm <= second.in_vivo_mm
    assert first.low_mm <= second.low_mm
    assert first.high_mm <= second.high_mm


@given(LENGTHS, STATES)
def test_conversion_is_the_nearest_millimetre_half_up(mm: int, state: State) -> None:
    factor = SCHEME.states[state].factor_permille
    found = estimate(mm, state, SCHEME)
    assert factor is not None
    assert found is not None
    # nearest: -f/2 <= x*f - mm*1000 ... and exactly half goes up
    rest = 2 * (found.in_vivo_mm * factor - mm * 1000)
    assert -factor < rest <= factor


def test_states_without_a_factor_are_not_converted() -> None:
    assert estimate(50, State.FIXING, SCHEME) is None
    assert estimate(50, State.HISTOLOGY, SCHEME) is None


def test_which_states_are_ex_vivo_and_of_record() -> None:
    assert {s for s in State if not is_ex_vivo(s, SCHEME)} == {
        State.IN_VIVO_PLAN,
        State.IN_VIVO,
        State.EXTERIORISED,
    }
    assert {s for s in State if is_of_record(s, SCHEME)} == {State.IN_VIVO, State.EXTERIORISED}


@pytest.mark.parametrize(
    ("pinned", "elapsed_ms", "state"),
    [
        (False, 0, State.FRESH_UNPINNED),
        (False, 600_000, State.FRESH_UNPINNED),
        (False, 600_001, State.FRESH_UNPINNED_LATE),
        (False, None, State.FRESH_UNPINNED),
        (True, 900_000, State.FRESH_PINNED),
    ],
)
def test_fresh_turns_late_by_itself(pinned: bool, elapsed_ms: int | None, state: State) -> None:
    assert fresh_state(pinned=pinned, elapsed_ms=elapsed_ms, scheme=SCHEME) is state


@pytest.mark.parametrize(
    ("pinned", "hours", "state"),
    [
        (False, 23, State.FIXING),
        (True, 23, State.FIXING),
        (False, 24, State.FIXED_UNPINNED),
        (True, 24, State.FIXED_PINNED),
        (True, None, State.FIXING),
    ],
)
def test_fixation_needs_its_hours(pinned: bool, hours: int | None, state: State) -> None:
    elapsed = None if hours is None else hours * 3_600_000
    assert fixed_state(pinned=pinned, in_formalin_ms=elapsed, scheme=SCHEME) is state
