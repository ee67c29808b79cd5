"""The length of an end made of parts: extra segments added to the main specimen, and landmark offsets.

Stapler rings are never parts (`donut_added` of the scheme). Gives an `EndInput` for `verdict`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reset_or.base.errors import OurBug
from reset_or.trial.codes import End, State
from reset_or.trial.limits import Scheme
from reset_or.trial.states import Estimate, estimate, is_ex_vivo
from reset_or.trial.verdict import EndInput

LANDMARKS = frozenset({"tattoo", "clip"})
"""Edges that are measured from a mark: without its signed offset a margin is unreliable."""


@dataclass(frozen=True)
class Part:
    """One piece of bowel at one end: raw length and state, and whether its place is known.

    `plus_minus_um`: the stated uncertainty of a length from a photograph; those of several parts are added.
    """

    mm: int
    state: State
    orientation_unknown: bool = False
    gap_unknown: bool = False
    plus_minus_um: int = 0


@dataclass(frozen=True)
class Landmark:
    """A margin measured from an edge or a mark. `mm` None: unreliable, no verdict."""

    mm: int | None
    unreliable: bool
    provisional: bool


def from_landmark(edge: str, distance_mm: int, offset_mm: int | None, *, agreed: bool = False) -> Landmark:
    """Distance from the edge code to the line, plus the mark's offset (positive: mark beyond the edge).

    Unreliable: tattoo or clip without offset, an edge not located, or a sum that is not a length.
    Provisional: a tattoo or clip until the opened specimen or endoscopy agrees (`agreed`).
    """
    if edge == "not_located":
        return Landmark(None, unreliable=True, provisional=False)
    if edge not in LANDMARKS:
        return Landmark(distance_mm, unreliable=False, provisional=False)
    total = None if offset_mm is None else distance_mm + offset_mm
    if total is None or total <= 0:
        return Landmark(None, unreliable=True, provisional=False)
    return Landmark(total, unreliable=False, provisional=not agreed)


def sum_parts(end: End, parts: Sequence[Part], scheme: Scheme, *, edge_uncertain: bool = False) -> EndInput:
    """The end's length from the main specimen (first) and its extra segments.

    Parts in one state are summed raw and converted once. In different states each is converted first:
    then there is no raw sum, and the end counts as ex vivo if any part is. A part that cannot be converted
    leaves the sum unreliable, as does a gap of unknown length; an unknown orientation makes it provisional.
    """
    if not parts:
        raise OurBug("no_parts", end=end.value)
    unreliable = any(part.gap_unknown for part in parts)
    provisional = any(part.orientation_unknown for part in parts)
    states = list(dict.fromkeys(part.state for part in parts))
    plus_minus_um = sum(part.plus_minus_um for part in parts)
    if len(states) == 1:
        total = sum(part.mm for part in parts)
        return EndInput(
            end, states[0], total, None, None, False, unreliable, provisional, edge_uncertain, plus_minus_um
        )
    found = [estimate(part.mm, part.state, scheme, plus_minus_um=part.plus_minus_um) for part in parts]
    known = [one for one in found if one is not None]
    whole = Estimate(
        sum(one.in_vivo_mm for one in known),
        sum(one.low_mm for one in known),
        sum(one.high_mm for one in known),
    )
    unreliable = unreliable or len(known) < len(found)
    state = next(
        (state for state in states if is_ex_vivo(state, scheme)),
        State.IN_VIVO_PLAN if State.IN_VIVO_PLAN in states else states[0],
    )
    return EndInput(
        end, state, None, whole, None, False, unreliable, provisional, edge_uncertain, plus_minus_um
    )
