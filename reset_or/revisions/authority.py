"""Who may write what: the table of roles, forms and acts. One test per cell.

Checked twice: by the actions before anything is written, and by every device and the coordinating centre
on arrival, where a refused revision is kept, shown as "not authorised" and counted, never dropped.

Rules: surgeon and or_nurse write the case, readings in vivo and fresh, and photos; the pathologist writes
readings of the specimen and photos; who may read a state of the specimen calibrates photographs of it; who
may write photos begins and attaches specimens without a subject; any person of the site may sign; everybody
writes the own printed name; a centre's or site's administrator states the site's name; events are written by
persons and, where nobody is signed in, by the device.
"""

from __future__ import annotations

from typing import Final

from reset_or.base.ids import case_rec, person_rec, site_rec
from reset_or.revisions.revision import ROOT_FORMS, Revision
from reset_or.revisions.statements import ROLES, SITE_ROLES

THEATRE: Final = frozenset({"surgeon", "or_nurse"})
ATTACHED_STATES: Final = frozenset({"in_vivo", "exteriorised"})
FRESH_STATES: Final = frozenset({"fresh_unpinned", "fresh_unpinned_late", "fresh_pinned"})
BENCH_STATES: Final = frozenset({"fixing", "fixed_pinned", "fixed_unpinned", "histology"})
SPECIMEN_STATES: Final = FRESH_STATES | BENCH_STATES
ADMINISTRATORS: Final = frozenset({"centre_admin", "site_admin"})
_WRITE_ACTS = frozenset({"create", "update", "merge", "withdraw"})
DEVICE_ROLE: Final = "device"


def states_of(role: str) -> frozenset[str]:
    """The measurement states in which a role may write a reading."""
    if role in THEATRE:
        return ATTACHED_STATES | FRESH_STATES
    if role == "pathologist":
        return FRESH_STATES | BENCH_STATES
    return frozenset()


def may_write(role: str, form: str, act: str, *, state: str = "", own: bool = False) -> bool:
    """Whether `role` may do `act` on `form`.

    `state`: the reading's state before and after the act, both asked where it changes; `own`: the person
    record is the author's own.
    """
    if form == "event":
        return act == "event" and (role in ROLES or role == DEVICE_ROLE)
    if act == "sign":
        return form in ROOT_FORMS and role in SITE_ROLES
    if act not in _WRITE_ACTS:
        return False
    if form == "case":
        return role in THEATRE
    if form == "reading":
        return state in states_of(role)
    if form == "calibration":
        return state in states_of(role) & SPECIMEN_STATES
    if form in ("photo", "specimen"):
        return role in THEATRE or role == "pathologist"
    if form == "person":
        return own and role in ROLES
    return form == "site" and role in ADMINISTRATORS


def allows(revision: Revision, state_before: str) -> bool:
    """Whether the author's role covers this revision; `state_before` is the record's state so far, or ""."""
    r = revision
    state_change = r.chg.get("state")
    state_after = str(state_change.new) if state_change is not None and state_change.new else state_before
    user_change = r.chg.get("user")
    own = r.rec == person_rec(r.study, r.site, r.user) and (
        user_change is None or user_change.new in (None, r.user)
    )
    touched = {state for state in (state_before, state_after) if state} or {""}
    return _is_whole(r) and all(may_write(r.role, r.form, r.act, state=state, own=own) for state in touched)


def _is_whole(revision: Revision) -> bool:
    """A case lies under the hash of its subject code, which is its site's and never changes; a photo's
    first revision names its file; a specimen is attached to a subject of its site; a site has one name."""
    r = revision
    if r.form == "site":
        return r.rec == site_rec(r.study, r.site)
    if r.form == "specimen" and "attached_to" in r.chg:
        return str(r.chg["attached_to"].new or f"{r.site}-").startswith(f"{r.site}-")
    if r.form == "photo" and r.act == "create":
        return bool(r.blobs)
    if r.form != "case" or "subject" not in r.chg:
        return True
    subject = str(r.chg["subject"].new or "")
    return subject.startswith(f"{r.site}-") and r.rec == case_rec(r.study, subject)


def same_side(form: str, first_role: str, role: str) -> bool:
    """Whether `role` may write on in a record that `first_role` began: theatre and the bench measure the same
    fresh specimen apart from each other, and neither changes the other's reading or calibration."""
    return form not in ("reading", "calibration") or (first_role in THEATRE) == (role in THEATRE)
