"""The new-case and allocation forms: what was typed, what is wrong with it, what is handed to the action.

Limits come from the codebook; the store refuses again what this lets pass. No Qt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from reset_or.base import ids
from reset_or.record import codebook

_CM: Final = re.compile(r"\d{1,2}(?:\.\d)?")
ARMS: Final = ("conventional", "reduced")


@dataclass(frozen=True)
class CaseForm:
    """The text of every control as it stands."""

    subject: str = ""
    sex: str = ""
    age: str = ""
    initials: str = ""
    room: str = ""
    planned_on: str = ""
    arm: str = "to_follow"
    rand_no: str = ""
    rand_no_again: str = ""
    procedure: str = "anterior_resection"
    tumour_cm: str = ""
    tumour_appearance: str = ""


def problems(form: CaseForm) -> dict[str, str]:
    """Control name -> word of `cases` that says what is wrong; empty when it can be saved."""
    found: dict[str, str] = {}
    if not ids.SUBJECT.fullmatch(form.subject):
        found["subject"] = "bad_subject"
    if not form.sex:
        found["sex"] = "field_required"
    age = codebook.field("case", "age")
    if not form.age.isascii() or not form.age.isdigit() or not _within(int(form.age), age.min, age.max):
        found["age"] = "bad_age"
    if form.planned_on and not _is_date(form.planned_on):
        found["planned_on"] = "bad_date"
    if form.tumour_cm and tumour_mm(form.tumour_cm) is None:
        found["tumour_cm"] = "bad_tumour"
    if form.arm in ARMS:
        found |= rand_problems(form.rand_no, form.rand_no_again)
    return found


def rand_problems(rand_no: str, again: str) -> dict[str, str]:
    """The two typed numbers must be there and agree; neither is ever corrected for the person."""
    if not rand_no.strip():
        return {"rand_no": "field_required"}
    return {} if rand_no.strip() == again.strip() else {"rand_no_again": "rand_differ"}


def tumour_mm(text: str) -> int | None:
    """`4.2` -> 42; None for what is no length of the codebook's limits."""
    if not _CM.fullmatch(text):
        return None
    whole, _, tenth = text.partition(".")
    length_mm = int(whole) * 10 + int(tenth or 0)
    said = codebook.field("case", "tumour_length_mm")
    return length_mm if _within(length_mm, said.min, said.max) else None


def arguments(form: CaseForm) -> dict[str, str | int | None]:
    """What `actions.cases.register_case` takes; only for a form without problems."""
    with_arm = form.arm in ARMS
    return {
        "subject": form.subject,
        "sex": form.sex,
        "age": int(form.age),
        "initials": form.initials.strip().upper(),
        "room": form.room.strip(),
        "planned_on": form.planned_on,
        "arm": form.arm,
        "rand_no": form.rand_no.strip() if with_arm else "",
        "rand_no_again": form.rand_no_again.strip() if with_arm else "",
        "procedure": form.procedure,
        "tumour_length_mm": tumour_mm(form.tumour_cm) if form.tumour_cm else None,
        "tumour_appearance": form.tumour_appearance,
    }


def _within(number: int, low: int | None, high: int | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
