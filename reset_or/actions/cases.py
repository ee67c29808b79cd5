"""Cases: register, change, allocate, start the specimen's clock, list and view. One function an action."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reset_or.actions import casefiles, gate
from reset_or.actions.context import Context, Saved
from reset_or.actions.people import viewer
from reset_or.actions.views import HIDDEN, CaseRow, CaseView
from reset_or.actions.write import Intent, write
from reset_or.base import ids
from reset_or.base.errors import UserFixable
from reset_or.record.codebook import Value
from reset_or.revisions.authority import THEATRE
from reset_or.store.rows import RecordRow
from reset_or.trial.scheme import load_scheme

ARMS = ("conventional", "reduced")
_MINUTE_MS = 60_000
# What is not of the record at the table, and goes on after its confirmation.
_STILL_OPEN = frozenset({"room", "formalin_in_at", "note"})


def register_case(
    ctx: Context,
    *,
    subject: str,
    sex: str,
    age: int | None,
    initials: str = "",
    room: str = "",
    planned_on: str = "",
    arm: str = "to_follow",
    rand_no: str = "",
    rand_no_again: str = "",
    procedure: str = "anterior_resection",
    tumour_length_mm: int | None = None,
    tumour_appearance: str = "",
) -> Saved:
    """Makes a case. Refuses a wrong or known subject code, and two randomisation numbers that differ.

    Codes: `subject_pattern`, `subject_other_site`, `case_exists`, `rand_no_differs`, `rand_no_missing`.
    """
    scheme = load_scheme(ctx.scheme)
    if not re.fullmatch(scheme.subject_pattern, subject):
        raise UserFixable("subject_pattern")
    if not subject.startswith(ctx.site + "-"):
        raise UserFixable("subject_other_site", site=ctx.site)
    rec = ids.case_rec(ctx.study, subject)
    if ctx.store.revisions(rec):
        raise UserFixable("case_exists")
    _check_allocation(arm, rand_no, rand_no_again)
    values: dict[str, Value | None] = {
        "subject": subject, "site": ctx.site, "sex": sex or None, "age": age, "initials": initials or None,
        "room": room or None, "planned_on": planned_on or None, "arm": arm, "rand_no": rand_no or None,
        "procedure": procedure, "tumour_length_mm": tumour_length_mm,
        "tumour_appearance": tumour_appearance or None, "scheme": ctx.scheme,
    }  # fmt: skip
    given = {name: value for name, value in values.items() if value is not None}
    return write(ctx, Intent("case", "create", rec, values=given))


def update_case(
    ctx: Context, *, case: str, fields: Mapping[str, Value | None], why: str = "before_confirmation"
) -> Saved:
    """Changes fields of a case. The subject code never changes; the arm changes only by `set_allocation`."""
    if forbidden := {"subject", "site", "arm", "rand_no", "scheme"} & set(fields):
        raise UserFixable("field_fixed", field=min(forbidden))
    file = casefiles.need(ctx, case)
    if casefiles.lifecycle(file) == "confirmed" and not set(fields) <= _STILL_OPEN:
        raise UserFixable("amend_needed")
    return write(ctx, Intent("case", "update", case, values=fields, why=why))


def set_allocation(ctx: Context, *, case: str, arm: str, rand_no: str, rand_no_again: str) -> Saved:
    """Writes the arm that arrived. A known arm is never overwritten here (`allocation_known`)."""
    file = casefiles.need(ctx, case)
    if file.record.arm_known:
        raise UserFixable("allocation_known")
    if arm not in ARMS:
        raise UserFixable("arm_unknown")
    _check_allocation(arm, rand_no, rand_no_again)
    values: dict[str, Value | None] = {"arm": arm, "rand_no": rand_no}
    return write(ctx, Intent("case", "update", case, values=values, why="allocation_arrived"))


def _check_allocation(arm: str, rand_no: str, rand_no_again: str) -> None:
    if arm in ARMS and not rand_no:
        raise UserFixable("rand_no_missing")
    if rand_no != rand_no_again:
        raise UserFixable("rand_no_differs")


def mark_removed(ctx: Context, *, case: str, minutes_ago: int = 0) -> Saved:
    """Starts the specimen's clock (t0), now or some minutes ago; a later entry is marked."""
    removed_at = ctx.clock.now_at() - minutes_ago * _MINUTE_MS
    values: dict[str, Value | None] = {"removed_at": removed_at, "removed_late": minutes_ago > 0}
    earlier = casefiles.need(ctx, case).record.removed_at is not None
    why = "typing_error" if earlier else ""
    return write(ctx, Intent("case", "update", case, values=values, why=why))


def clear_removed(ctx: Context, *, case: str) -> Saved:
    """Takes back a clock that was started by mistake."""
    values: dict[str, Value | None] = {"removed_at": None, "removed_late": None}
    return write(ctx, Intent("case", "update", case, values=values, why="undo"))


def withdraw_case(ctx: Context, *, case: str, reason: str) -> Saved:
    """Marks a case as made under the wrong code; it stays readable, a new case is made beside it."""
    casefiles.need(ctx, case)
    return write(ctx, Intent("case", "withdraw", case, values={"withdrawn_reason": reason}, why=reason))


def case_view(ctx: Context, *, case: str) -> CaseView:
    """All that the person at the keyboard may see of one case."""
    file = casefiles.need(ctx, case)
    scheme = load_scheme(file.record.scheme or ctx.scheme)
    return gate.view(file, viewer(ctx, case=case), scheme)


def find_case(ctx: Context, *, subject: str) -> str:
    """The rec of a subject's case; UserFixable("case_unknown")."""
    rec = ids.case_rec(ctx.study, subject)
    if not ctx.store.revisions(rec):
        raise UserFixable("case_unknown")
    return rec


def case_rows(ctx: Context, *, search: str = "", limit: int = 500) -> tuple[CaseRow, ...]:
    """The case list, newest plan first, as the person at the keyboard may see it."""
    user, role = ctx.user, ctx.role_of(ctx.user)
    unsent: dict[str, int] = {}
    for item in ctx.store.ledger():
        unsent[item.case] = unsent.get(item.case, 0) + item.only_here
    rows = ctx.store.case_rows(limit=limit, search=search)
    found = [_row(row, user, role, unsent.get(row.rec, 0)) for row in rows]
    return tuple(sorted(found, key=lambda row: (row.planned_on or "9", row.subject)))


def _row(row: RecordRow, user: str, role: str, unsent: int) -> CaseRow:
    said = casefiles.summary_of(row)
    blinded = role == "pathologist" and user not in said["unblinded"]
    margins = said["margins"] if not blinded else "none"
    waits = any(token.startswith("confirmed:") for token in row.to_sign.split())
    specimen_waiting = said.get("removed_at") is not None and user not in said["readers"]
    return CaseRow(
        rec=row.rec,
        subject=row.subject,
        sex=said.get("sex", ""),
        age=said.get("age"),
        initials=said.get("initials", ""),
        room=said.get("room", ""),
        planned_on=said.get("planned_on", ""),
        arm=HIDDEN if blinded else said["arm"],
        margins=margins,
        photos=said["photos"],
        unsent=unsent,
        removed_at=said.get("removed_at"),
        next_step=_next_step(said, role, user),
        waits_for_confirmation=waits and not blinded,
        specimen_waiting=role == "pathologist" and specimen_waiting,
    )


def _next_step(said: Mapping[str, object], role: str, user: str) -> str:
    """What this person would do next: allocate, record, confirm, photo, measure, sign or nothing."""
    if role == "pathologist":
        readers, unblinded = said["readers"], said["unblinded"]
        assert isinstance(readers, list)
        assert isinstance(unblinded, list)
        if user not in readers:
            return "measure"
        return "" if user in unblinded else "sign"
    if role not in THEATRE:
        return ""
    margins = said["margins"]
    if margins in ("none", "draft"):
        return "record"
    if margins in ("saved", "signed"):
        return "confirm"
    if said["arm"] not in ARMS:
        return "allocate"
    return "" if said["photos"] else "photo"
