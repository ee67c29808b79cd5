"""What stands at the head of every page of a case: who, which arm, how long since removal. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from reset_or.actions.views import CaseView
from reset_or.record.codebook import label
from reset_or.trial.scheme import load_scheme
from ui.viewmodels.margin_faces import Speaker
from ui.viewmodels.moments import Moment, planned_text

_LIST_DASH = " · "


@dataclass(frozen=True)
class WhoFace:
    """Subject code, one identity line, study and registry number."""

    subject: str
    details: str
    trial: str


@dataclass(frozen=True)
class ArmFace:
    """The arm plate: word, targets, a small note; targets in mm, None while the allocation is to follow."""

    word: str
    detail: str = ""
    note: str = ""
    proximal_mm: int | None = None
    distal_mm: int | None = None


def who(view: CaseView, now: Moment, by: Speaker) -> WhoFace:
    """Sex, age, room, planned date, initials: what identifies a person who lies on the table (clinic 0.9)."""
    parts = (
        label("sex", view.sex, by.language) if view.sex else "",
        by.say("cases.age", age=view.age) if view.age is not None else "",
        by.say("margins.room", room=view.room) if view.room.isdigit() else view.room,
        planned_text(view.planned_on, now, by.language) if view.planned_on else "",
        view.initials,
    )
    return WhoFace(view.subject, _LIST_DASH.join(part for part in parts if part), view.nct)


def arm(view: CaseView, by: Speaker) -> ArmFace | None:
    """The allocated arm, or that it is to follow; None where the person may not know it."""
    if view.blinded:
        return None
    if view.arm == "to_follow":
        return ArmFace(label("arm", view.arm, by.language), note=by.say("margins.arm_follow_note"))
    proximal, distal = view.record.proximal.bands, view.record.distal.bands
    word = label("arm", view.arm, by.language, short=True)
    note = "" if view.arm_confirmed else by.say("margins.arm_unconfirmed")
    if proximal is None or distal is None:
        return ArmFace(word, note=note)
    targets = by.say("margins.targets", proximal=proximal.target_mm // 10, distal=distal.target_mm // 10)
    return ArmFace(word, targets, note, proximal.target_mm, distal.target_mm)


def elapsed_words(elapsed_ms: int, view: CaseView | None, by: Speaker) -> tuple[str, str]:
    """("8 min 47 s since removal", "advised within 10 min"): units are named, so it is no time of day."""
    seconds = elapsed_ms // 1000
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 60:
        text = by.say("margins.since_removal", m=minutes, s=seconds % 60)
    elif hours < 48:
        text = by.say("margins.since_removal_h", h=hours, m=minutes % 60)
    else:
        text = by.say("margins.since_removal_d", d=hours // 24, h=hours % 24)
    limit = limit_min(view)
    below = by.say("margins.within", n=limit)
    if view is not None and view.removed_late:
        below = f"{below}{_LIST_DASH}{by.say('margins.removed_late')}"
    return text, below


def limit_min(view: CaseView | None) -> int:
    """Minutes after removal until which a fresh length counts as timely, from the case's scheme."""
    scheme = load_scheme(view.scheme) if view is not None else load_scheme()
    return scheme.clock.fresh_late_after_min
