"""What stays visible while the screen is covered: subject, arm and the time since removal. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from reset_or.actions.views import HIDDEN, CaseView
from reset_or.base.words import Language, say
from reset_or.record import codebook


@dataclass(frozen=True)
class CoverIdentity:
    """`arm_text` is "" where the person may not know the arm; times in UTC ms."""

    subject: str
    arm: str
    arm_text: str
    person: str
    removed_at: int | None


def cover_identity(view: CaseView, language: Language) -> CoverIdentity:
    """The identity of a theatre session's case, without a single value."""
    hidden = view.arm == HIDDEN
    sex = codebook.label("sex", view.sex, language) if view.sex else ""
    age = say("cases.age", language, age=view.age) if view.age is not None else ""
    return CoverIdentity(
        subject=view.subject,
        arm="" if hidden else view.arm,
        arm_text="" if hidden else codebook.label("arm", view.arm, language, short=True),
        person=" ".join(part for part in (sex, age) if part),
        removed_at=view.removed_at,
    )


def elapsed_text(removed_at: int | None, now_at: int, language: Language) -> str:
    """`8 min 47 s since removal`: units are named, because 08:47 reads as a time of day."""
    if removed_at is None:
        return say("ui_shell.not_removed", language)
    seconds = max(0, (now_at - removed_at) // 1000)
    return say("ui_shell.since_removal", language, m=seconds // 60, s=seconds % 60)
