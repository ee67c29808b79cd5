"""The case list as it reads: one row a case, by what the person who looks comes to do. No Qt, no store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from reset_or.actions.views import HIDDEN, CaseRow
from reset_or.base.words import Language, say
from reset_or.record import codebook
from ui.viewmodels.moments import Moment, planned_text

Purpose = Literal["margins", "specimens", "photos", "report"]
Tone = Literal["text", "text2", "text3", "accent", "ok", "short", "bad"]

_MARGINS: Final[dict[str, tuple[str, Tone]]] = {
    "none": ("minus", "text2"),
    "draft": ("pen-line", "short"),
    "saved": ("user-check", "accent"),
    "signed": ("user-check", "accent"),
    "confirmed": ("circle-check", "ok"),
    "conflict": ("octagon-alert", "bad"),
}
_TITLES: Final[dict[Purpose, str]] = {
    "margins": "title",
    "specimens": "title_specimens",
    "photos": "title_photos",
    "report": "title_reports",
}


@dataclass(frozen=True)
class RowView:
    """One row in finished words. `arm` is a code ("" where the person may not know it)."""

    rec: str
    subject: str
    person: str
    initials: str
    planned: str
    planned_today: bool
    room: str
    arm: str
    arm_text: str
    margins: str
    margins_text: str
    margins_icon: str
    margins_tone: Tone
    photos: int
    photos_text: str
    unsent: int
    unsent_text: str
    spoken: str

    @property
    def key(self) -> str:
        """What stays the same while the words of the row change."""
        return self.rec


def title(purpose: Purpose, language: Language) -> str:
    return say(f"cases.{_TITLES[purpose]}", language)


def row_view(row: CaseRow, now: Moment, language: Language) -> RowView:
    """A row's words; a blinded person's row says that the arm is hidden and shows no plate."""
    person = _person(row, language)
    planned = planned_text(row.planned_on, now, language)
    hidden = row.arm == HIDDEN
    arm_text = (
        say("cases.arm_hidden", language) if hidden else codebook.label("arm", row.arm, language, short=True)
    )
    margins_text, icon, tone = _margins(row, now, language)
    return RowView(
        rec=row.rec,
        subject=row.subject,
        person=person,
        initials=row.initials,
        planned=planned,
        planned_today=row.planned_on == now.today,
        room=row.room,
        arm="" if hidden else row.arm,
        arm_text=arm_text,
        margins=row.margins,
        margins_text=margins_text,
        margins_icon=icon,
        margins_tone=tone,
        photos=row.photos,
        photos_text=say("cases.photos", language, n=row.photos),
        unsent=row.unsent,
        unsent_text=say("cases.unsent", language, n=row.unsent) if row.unsent else "",
        spoken=say(
            "cases.spoken", language, subject=row.subject, person=person, planned=planned,
            room=row.room or "-", arm=arm_text, margins=margins_text,
        ),
    )  # fmt: skip


def _person(row: CaseRow, language: Language) -> str:
    sex = codebook.label("sex", row.sex, language) if row.sex else ""
    age = say("cases.age", language, age=row.age) if row.age is not None else ""
    return " ".join(part for part in (sex, age) if part)


def _margins(row: CaseRow, now: Moment, language: Language) -> tuple[str, str, Tone]:
    """Words, icon and tone of the margins' state; with the time since removal where nothing is read yet."""
    icon, tone = _MARGINS.get(row.margins, ("minus", "text2"))
    if row.specimen_waiting and row.margins != "conflict":
        since = since_removal(row.removed_at, now, language)
        words = say("cases.specimen_waiting", language)
        joint = ", " if language == "en" else "，"
        return (f"{words}{joint}{since}" if since else words), "timer", "accent"
    return say(f"cases.margins_{row.margins}", language), icon, tone


def since_removal(removed_at: int | None, now: Moment, language: Language) -> str:
    """Minutes up to two hours, then hours; "" without a time."""
    if removed_at is None:
        return ""
    minutes = max(0, (now.at - removed_at) // 60_000)
    if minutes < 120:
        return say("cases.since", language, m=minutes)
    return say("cases.since_h", language, h=minutes // 60)


def ordered(rows: Sequence[CaseRow], purpose: Purpose, now: Moment) -> tuple[CaseRow, ...]:
    """The order in which the work comes.

    Margins: today's cases still without a confirmed pair first, then what is to come, then the past, newest
    first. Specimens: those waiting first, the oldest at the top. Otherwise newest planned date first.
    """
    if purpose == "specimens":
        waiting = sorted((r for r in rows if r.specimen_waiting), key=lambda r: r.removed_at or now.at)
        rest = [r for r in rows if not r.specimen_waiting]
        return (*waiting, *sorted(rest, key=lambda r: (r.planned_on, r.subject), reverse=True))
    if purpose != "margins":
        return tuple(sorted(rows, key=lambda r: (r.planned_on, r.subject), reverse=True))
    today = [r for r in rows if r.planned_on == now.today]
    today.sort(key=lambda r: (r.margins == "confirmed", r.room, r.subject))
    later = sorted((r for r in rows if r.planned_on > now.today), key=lambda r: (r.planned_on, r.subject))
    before = [r for r in rows if r.planned_on < now.today]
    before.sort(key=lambda r: (r.planned_on, r.subject), reverse=True)
    return (*today, *later, *before)


def landing(role: str) -> tuple[str, dict[str, str]]:
    """Where a person of this role begins: page name and parameters (experience 3.1)."""
    if role == "pathologist":
        return "cases", {"purpose": "specimens"}
    if role == "site_coordinator":
        return "sync", {}
    return "cases", {"purpose": "margins"}


def opens(purpose: Purpose, row: CaseRow) -> tuple[str, dict[str, str]]:
    """What Enter on a row opens."""
    if purpose == "photos":
        return "photos", {"case": row.rec}
    if purpose == "report":
        return "report", {"case": row.rec}
    step = "specimen" if purpose == "specimens" else "record"
    return "margins", {"case": row.rec, "step": step}
