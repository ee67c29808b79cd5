"""The shipped scheme and what tests of the verdict draw from it."""

from __future__ import annotations

from hypothesis import strategies as st

from reset_or.trial.codes import Arm, End, State
from reset_or.trial.scheme import load_scheme
from reset_or.trial.verdict import CaseVerdict, EndInput, judge_pair

SCHEME = load_scheme()
LENGTHS = st.integers(1, 400)
CONVERTIBLE = [state for state, said in SCHEME.states.items() if said.factor_permille]
STATES = st.sampled_from(CONVERTIBLE)
ARMS = st.sampled_from([Arm.CONVENTIONAL, Arm.REDUCED])
PAIR_IN_RANGE = EndInput(End.PROXIMAL, mm=50), EndInput(End.DISTAL, mm=30)


def judge(
    arm: Arm, proximal_mm: int | None, distal_mm: int | None, state: State = State.IN_VIVO
) -> CaseVerdict:
    """Both lengths in one state, against the shipped scheme."""
    return judge_pair(
        arm, EndInput(End.PROXIMAL, state, proximal_mm), EndInput(End.DISTAL, state, distal_mm), SCHEME
    )


def distal_end(**values: object) -> EndInput:
    """A distal end of 3.0 cm in vivo, but for `values`."""
    return EndInput(End.DISTAL, **{"mm": 30, **values})  # type: ignore[arg-type]
