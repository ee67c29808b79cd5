"""Readings: commit, change before confirmation, undo, not measured, reason, safety seen.

A reading is one end, one state, one number; a repeat is a new record. It is saved by its first revision
and judged after that. Every change before confirmation is a revision and is counted; after confirmation
nothing changes here (`amend_needed`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reset_or.actions import casefiles
from reset_or.actions.casefile import CaseFile, reading_of
from reset_or.actions.context import Context, Saved
from reset_or.actions.gate import is_blinded
from reset_or.actions.write import Intent, write
from reset_or.base.errors import UserFixable
from reset_or.record.codebook import Value
from reset_or.revisions.authority import ATTACHED_STATES
from reset_or.revisions.history import RecordState
from reset_or.trial.codes import Arm, End, Query, State
from reset_or.trial.entry import end_queries, is_blocked, pair_queries, parse_length, soft_queries
from reset_or.trial.limits import Scheme
from reset_or.trial.scheme import load_scheme
from reset_or.trial.states import estimate, fresh_state

_MINUTE_MS = 60_000
_ASKED = frozenset({Query.DECIMAL_SLIP, Query.SWAPPED_ENDS, Query.SOFT_LIMIT})


def record_reading(
    ctx: Context,
    *,
    case: str,
    end: str,
    value_mm: int,
    entered: str,
    unit: str = "cm",
    state: str,
    edge: str = "",
    method: str = "",
    measured_by: str = "",
    segment: str = "main",
    border: str = "",
    traction: str = "",
    pinned: bool | None = None,
    opened: bool | None = None,
    landmark_offset_mm: int | None = None,
    retyped: bool = False,
    typed_later: bool = False,
    measured_at: int | None = None,
    formalin_hours: int | None = None,
    to_staple_line: bool | None = None,
    comment: str = "",
    transcribed: bool = False,
    draft_page: str = "",
) -> Saved:
    """Commits a length. Refuses what cannot be (`length_refused`), asks to type doubtful values again
    (`type_again`, both with `query`), and times that cannot be (`measured_after_removal`,
    `reading_before_removal`)."""
    file = casefiles.need(ctx, case)
    asked, scheme = as_asked(ctx, file), load_scheme(file.record.scheme or ctx.scheme)
    at = measured_at if measured_at is not None else ctx.clock.now_at()
    state = timed_state(file, scheme, state, at, typed_later=typed_later)
    _check_length(asked, scheme, end, state, value_mm, retyped=retyped, extra=segment == "extra", skip="")
    removed_min = None
    if state not in ATTACHED_STATES and file.record.removed_at is not None:
        removed_min = max(0, (at - file.record.removed_at) // _MINUTE_MS)
    values: dict[str, Value | None] = {
        "end": end, "segment": segment, "value_mm": value_mm, "entered": entered, "unit": unit,
        "state": state, "edge": edge or None, "method": method or None, "border": border or None,
        "traction": traction or None, "pinned": pinned, "opened": opened,
        "landmark_offset_mm": landmark_offset_mm, "measured_by": measured_by or None,
        "reading_no": _reading_no(file, ctx.user, end, segment, state), "measured_at": at,
        "typed_later": typed_later or None, "retyped": retyped or None, "arm_seen": asked.record.arm_known,
        "removed_min": removed_min, "formalin_hours": formalin_hours, "to_staple_line": to_staple_line,
        "donut_added": scheme.donut_added, "comment": comment or None, "transcribed": transcribed or None,
    }  # fmt: skip
    return _create(ctx, case, values, draft_page)


def _create(ctx: Context, case: str, values: Mapping[str, Value | None], draft_page: str) -> Saved:
    given = {name: value for name, value in values.items() if value is not None}
    draft = (draft_page, case, ctx.user) if draft_page else None
    return write(ctx, Intent("reading", "create", case=case, values=given), draft=draft)


def change_reading(
    ctx: Context,
    *,
    reading: str,
    value_mm: int,
    entered: str,
    unit: str = "cm",
    retyped: bool = False,
    fields: Mapping[str, Value | None] | None = None,
    draft_page: str = "",
    why: str = "before_confirmation",
) -> Saved:
    """Another length, or other circumstances, before confirmation: a counted revision; no reason is asked.
    A length from a photograph is never typed over (`photo_reading_is_measured`)."""
    file, state = _changeable(ctx, reading)
    now = reading_of(state)
    if now.photo:
        raise UserFixable("photo_reading_is_measured")  # a length belongs to its path: undo, measure again
    scheme = load_scheme(file.record.scheme or ctx.scheme)
    given = dict(fields or {})
    new_state = str(given.get("state", now.state))
    if value_mm != now.value_mm or new_state != now.state:
        _check_length(
            as_asked(ctx, file), scheme, now.end, new_state, value_mm, retyped=retyped,
            extra=now.segment == "extra", skip=reading,
        )  # fmt: skip
    values: dict[str, Value | None] = {"value_mm": value_mm, "entered": entered, "unit": unit, **given}
    if retyped:
        values["retyped"] = True
    if now.missing:
        values["missing"] = None
    if now.safety_ack_by and value_mm != now.value_mm:
        values["safety_ack_by"] = None  # another length is another safety line to be seen
    draft = (draft_page, state.case, ctx.user) if draft_page else None
    intent = Intent("reading", "update", reading, state.case, values, why=why)
    return write(ctx, intent, draft=draft)


def undo_reading(ctx: Context, *, reading: str) -> Saved:
    """Restores the length before by a new revision; the first length is withdrawn. Nothing is erased."""
    file, state = _changeable(ctx, reading)
    writes = state.writes.get("value_mm", ())
    if len(writes) != 1:
        raise UserFixable("conflict_open", field="value_mm")
    newest = next(each for each in file.placed if each.rev_id == writes[0].rev_id)
    old = newest.signed.revision.chg["value_mm"].old
    if old is None:
        intent = Intent("reading", "withdraw", reading, state.case, {"withdrawn_reason": "undo"}, why="undo")
        return write(ctx, intent)
    entered = newest.signed.revision.chg.get("entered")
    values: dict[str, Value | None] = {"value_mm": old}
    if reading_of(state).safety_ack_by:
        values["safety_ack_by"] = None
    if entered is not None and entered.old is not None:
        values["entered"] = entered.old
    return write(ctx, Intent("reading", "update", reading, state.case, values, why="undo"))


def not_measured(ctx: Context, *, case: str, end: str, state: str, missing: str) -> Saved:
    """Says why there is no length at an end; blank is not allowed at sign-off."""
    file = casefiles.need(ctx, case)
    standing = _main_of(file, end, state)
    if standing is not None:
        raise UserFixable("already_measured", end=end)
    values: dict[str, Value | None] = {
        "end": end, "segment": "main", "state": state, "missing": missing,
        "measured_at": ctx.clock.now_at(), "arm_seen": as_asked(ctx, file).record.arm_known,
    }  # fmt: skip
    return write(ctx, Intent("reading", "create", case=case, values=values))


def set_reason(ctx: Context, *, reading: str, reason: str, note: str = "") -> Saved:
    """Why an end is outside its range; a reason never alters a verdict."""
    _, state = _changeable(ctx, reading)
    values: dict[str, Value | None] = {"reason": reason, "reason_note": note or None}
    return write(ctx, Intent("reading", "update", reading, state.case, values, why="before_confirmation"))


def acknowledge_safety(ctx: Context, *, case: str, by: str) -> Saved:
    """Writes who saw the safety line, on the distal or else the proximal reading that stands."""
    file = casefiles.need(ctx, case)
    states = casefiles.attached(file) or list(file.readings)
    distal = [s for s in states if reading_of(s).end == "distal"] or states
    if not distal:
        raise UserFixable("reading_unknown")
    values: dict[str, Value | None] = {"safety_ack_by": by}
    newest = max(distal, key=lambda s: (s.changed_at, s.rec))
    return write(ctx, Intent("reading", "update", newest.rec, case, values, why="before_confirmation"))


def _changeable(ctx: Context, reading: str) -> tuple[CaseFile, RecordState]:
    state = casefiles.need_reading(ctx, reading)
    file = casefiles.need(ctx, state.case)
    heads = set(state.data_heads)
    final = [s for s in file.signatures if s.sig.meaning in ("confirmed", "measured") and s.counts]
    if any(heads & set(signature.sig.signs) for signature in final):
        raise UserFixable("amend_needed")
    if state.withdrawn:
        raise UserFixable("reading_withdrawn")
    return file, state


def timed_state(file: CaseFile, scheme: Scheme, state: str, at: int, *, typed_later: bool) -> str:
    """The state at a time by the specimen's clock. Raises UserFixable `measured_after_removal`,
    `reading_before_removal`."""
    removed_at = file.record.removed_at
    if state in ATTACHED_STATES:
        if removed_at is not None and at > removed_at and not typed_later:
            raise UserFixable("measured_after_removal")
        return state
    if removed_at is not None and at < removed_at:
        raise UserFixable("reading_before_removal")
    if state in ("fresh_unpinned", "fresh_unpinned_late") and removed_at is not None:
        return fresh_state(pinned=False, elapsed_ms=at - removed_at, scheme=scheme).value
    return state


def as_asked(ctx: Context, file: CaseFile) -> CaseFile:
    """The case as far as the questions at entry may know it: a blinded person's questions must not depend
    on the arm or on other people's readings, or the answer would tell them."""
    if not is_blinded(file, ctx.user, ctx.role_of(ctx.user)):
        return file
    own = tuple(state for state in file.readings if state.created_by == ctx.user)
    case = replace(file.case, writes={n: w for n, w in file.case.writes.items() if n != "arm"})
    return replace(file, case=case, readings=own)


def _check_length(
    file: CaseFile, scheme: Scheme, end: str, state: str, value_mm: int, *, retyped: bool, extra: bool,
    skip: str,
) -> None:  # fmt: skip
    if end not in ("proximal", "distal") or state not in State.__members__.values():
        raise UserFixable("field_code_unknown", field="end")
    typed = parse_length(f"{value_mm}mm")
    if extra:
        found = end_queries(typed, End(end), State(state), Arm.TO_FOLLOW, scheme)
    else:
        found = end_queries(typed, End(end), State(state), Arm(file.record.arm), scheme)
        found |= soft_queries(typed, End(end), scheme)
        other = _main_of(file, "distal" if end == "proximal" else "proximal", state, skip=skip)
        if other is not None and other.value("value_mm") is not None:
            mine = estimate(value_mm, State(state), scheme)
            theirs = estimate(int(other.value("value_mm") or 0), State(str(other.value("state"))), scheme)
            found |= pair_queries(mine, theirs) if end == "proximal" else pair_queries(theirs, mine)
    if is_blocked(found):
        raise UserFixable("length_refused", query=min(found & (found - _ASKED)).value)
    if found & _ASKED and not retyped:
        raise UserFixable("type_again", query=min(found & _ASKED).value)


def _main_of(file: CaseFile, end: str, state: str, skip: str = "") -> RecordState | None:
    """The newest main reading of an end on the same side of transection as `state`."""
    side = state in ATTACHED_STATES
    found = [
        s
        for s in file.readings
        if s.rec != skip and not s.withdrawn and s.value("end") == end and s.value("segment") != "extra"
        and not s.value("photo")
        and (reading_of(s).state in ATTACHED_STATES) == side
    ]  # fmt: skip
    return max(found, key=lambda s: (s.changed_at, s.rec), default=None)


def _reading_no(file: CaseFile, user: str, end: str, segment: str, state: str) -> int:
    wanted = (end, segment, state)
    same = [s for s in file.readings if s.created_by == user and _place(s) == wanted and not s.value("photo")]
    return min(len(same) + 1, 99)


def _place(state: RecordState) -> tuple[Value | None, Value | None, Value | None]:
    return state.value("end"), state.value("segment"), state.value("state")
