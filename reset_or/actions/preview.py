"""Live judgement of what is being typed or dragged: pure and quick, for the screen's own thread.

Writes nothing and asks no store; works on a CaseView that the person may see.
"""

from __future__ import annotations

from reset_or.actions.judge import Setting, bands_of, judgement
from reset_or.actions.views import Bands, CaseView, Judgement
from reset_or.trial.codes import Arm, End, State
from reset_or.trial.entry import end_queries, pair_queries, parse_length, soft_queries
from reset_or.trial.scheme import load_scheme
from reset_or.trial.segments import from_landmark
from reset_or.trial.states import estimate
from reset_or.trial.verdict import EndInput, judge_pair


def setting_of(view: CaseView) -> Setting:
    arm = Arm(view.arm) if view.arm in ("conventional", "reduced") else Arm.TO_FOLLOW
    return Setting(arm, load_scheme(view.scheme), view.tumour_appearance, view.procedure)


def bands(view: CaseView, end: str) -> Bands | None:
    return bands_of(setting_of(view), end)


def preview_end(
    view: CaseView,
    *,
    step: str,
    end: str,
    value_mm: int | None,
    state: str,
    edge: str = "",
    method: str = "",
    landmark_offset_mm: int | None = None,
) -> Judgement:
    """What the verdict would be if this length were committed. `step` decides whether words are allowed."""
    if value_mm is None:
        return Judgement(verdict="not_entered")
    setting = setting_of(view)
    mark = from_landmark(edge, value_mm, landmark_offset_mm)
    given = EndInput(
        End(end),
        State(state),
        mark.mm if mark.mm is not None else value_mm,
        unreliable=mark.unreliable,
        provisional=mark.provisional or method == "visual_estimate",
        edge_uncertain=setting.scheme.safety.is_edge_uncertain(edge, setting.appearance),
    )
    other = EndInput(End.DISTAL if end == "proximal" else End.PROXIMAL)
    pair = (given, other) if end == "proximal" else (other, given)
    case = judge_pair(setting.arm, *pair, setting.scheme)
    judged = case.proximal if end == "proximal" else case.distal
    return judgement(setting, step, case, judged, given)


def entry_questions(
    view: CaseView,
    *,
    end: str,
    value_mm: int,
    state: str,
    other_mm: int | None = None,
    other_state: str = "",
) -> tuple[str, ...]:
    """Codes of what must be answered by typing the value again, or that refuse it (list `query`)."""
    setting = setting_of(view)
    typed = parse_length(str(value_mm) + "mm")
    found = end_queries(typed, End(end), State(state), setting.arm, setting.scheme)
    found |= soft_queries(typed, End(end), setting.scheme)
    if other_mm is not None:
        mine = estimate(value_mm, State(state), setting.scheme)
        other = estimate(other_mm, State(other_state or state), setting.scheme)
        found |= pair_queries(mine, other) if end == "proximal" else pair_queries(other, mine)
    return tuple(sorted(query.value for query in found))
