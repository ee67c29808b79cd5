"""The inbox's rows in words: specimens whose subject nobody knew, and whose they turned out to be. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reset_or.actions.photo_views import SpecimenRow
from reset_or.base.words import Language, say
from ui.viewmodels.moments import Moment, spoken_time

Verb = Literal["", "attach", "confirm"]


@dataclass(frozen=True)
class InboxView:
    """One specimen. `verb` is what the person who looks may do with it now."""

    key: str
    title: str
    detail: str
    state_text: str
    state_icon: str
    tone: str
    verb: Verb
    verb_text: str
    spoken: str


def inbox_view(
    row: SpecimenRow, names: Mapping[str, str], user: str, now: Moment, language: Language, *, free: bool
) -> InboxView:
    """`free`: whether this person may write at all."""
    title = row.label or say("inbox.no_label", language)
    found = say("inbox.found", language, at=spoken_time(row.found_at, now, language)) if row.found_at else ""
    by = names.get(row.begun_by, row.begun_by)
    held = say("inbox.held", language, photos=row.photos, readings=row.readings)
    detail = "   ·   ".join(part for part in (found, by, held, row.note) if part)
    state, icon, tone, verb = _standing(row, names, user, language)
    verb = verb if free else ""
    return InboxView(
        row.rec, title, detail, state, icon, tone, verb, say(f"inbox.{verb}", language) if verb else "",
        ", ".join((title, detail, state)),
    )  # fmt: skip


def _standing(
    row: SpecimenRow, names: Mapping[str, str], user: str, language: Language
) -> tuple[str, str, str, Verb]:
    if not row.attached_to:
        return say("inbox.waiting", language), "inbox", "short", "attach"
    first = names.get(row.attached_by, row.attached_by)
    if row.waits:
        words = say("inbox.half", language, subject=row.attached_to, name=first)
        return words, "clock", "short", "" if row.attached_by == user else "confirm"
    second = names.get(row.confirmed_by, row.confirmed_by)
    words = say("inbox.attached", language, subject=row.attached_to, first=first, second=second)
    return words, "circle-check", "ok", ""
