"""The one codebook: every field's name, type, unit, limits, codes and labels.

Owns reading `resources/codebook.toml` and checking a value against its field. Does not judge a length
(trial) nor decide who may write (revisions.authority).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final, Literal, cast

from reset_or.base import ids, resources
from reset_or.base.errors import OurBug, UserFixable
from reset_or.base.words import Language

Value = str | int | bool
FieldType = Literal["code", "int", "text", "bool", "date", "at", "subject", "user"]
LATEST_AT: Final = 4_102_444_800_000  # 2100-01-01: a later time is a clock gone wrong
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Field:
    """One field of a form. `min`/`max` are inclusive; `unit` is that of the stored integer."""

    name: str
    type: FieldType
    en: str
    zh: str
    list: str = ""
    unit: str = ""
    min: int | None = None
    max: int | None = None
    max_chars: int = 4000

    def label(self, language: Language) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True)
class Codebook:
    """All codelists (list -> code -> language key -> text) and forms (form -> field name -> Field)."""

    version: int
    codelists: dict[str, dict[str, dict[str, str]]]
    forms: dict[str, dict[str, Field]]


@cache
def codebook() -> Codebook:
    raw = resources.read_toml("codebook.toml")
    forms = {
        form: {name: Field(name=name, **said) for name, said in fields.items()}
        for form, fields in raw["forms"].items()
    }
    return Codebook(raw["version"], raw["codelists"], forms)


def codes(codelist: str) -> tuple[str, ...]:
    """The codes of a list, in the order in which they are offered."""
    return tuple(codebook().codelists[codelist])


def label(codelist: str, code: str, language: Language, *, short: bool = False) -> str:
    """The label of a code; with `short` its short form where one is given. Unknown codes are shown raw."""
    entry = codebook().codelists.get(codelist, {}).get(code)
    if entry is None:
        return code
    return entry.get(f"short_{language}", entry[language]) if short else entry[language]


def field(form: str, name: str) -> Field:
    found = codebook().forms.get(form, {}).get(name)
    if found is None:
        raise OurBug("unknown_field", form=form, field=name)
    return found


def check_value(form: str, name: str, value: object) -> Value:
    """Returns `value` if the field allows it; raises UserFixable naming the field and what is wrong.

    Codes: `field_unknown`, `field_wrong_type`, `field_code_unknown`, `field_out_of_limits`,
    `field_too_long`, `field_bad_text`, `field_bad_date`.
    """
    said = codebook().forms.get(form, {}).get(name)
    if said is None:
        raise UserFixable("field_unknown", form=form, field=name)
    if said.type == "bool":
        return cast(bool, _typed(said, value, bool))
    if said.type in ("int", "at"):
        return _check_int(said, value)
    return _check_text(said, cast(str, _typed(said, value, str)))


def _typed(said: Field, value: object, kind: type) -> object:
    # bool is an int in Python; a length of True would otherwise pass as 1 mm.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise UserFixable("field_wrong_type", field=said.name)
    return value


def _check_int(said: Field, value: object) -> int:
    number = cast(int, _typed(said, value, int))
    low = said.min if said.min is not None else 0
    high = said.max if said.max is not None else LATEST_AT
    if not low <= number <= high:
        raise UserFixable("field_out_of_limits", field=said.name, low=low, high=high)
    return number


def _check_text(said: Field, text: str) -> str:
    if len(text) > said.max_chars:
        raise UserFixable("field_too_long", field=said.name, limit=said.max_chars)
    if _CONTROL.search(text):
        raise UserFixable("field_bad_text", field=said.name)
    if said.type == "code" and text not in codebook().codelists[said.list]:
        raise UserFixable("field_code_unknown", field=said.name)
    if said.type == "subject" and not ids.SUBJECT.fullmatch(text):
        raise UserFixable("subject_pattern", field=said.name)
    if said.type == "user" and not ids.USER.fullmatch(text):
        raise UserFixable("field_bad_text", field=said.name)
    if said.type == "date":
        try:
            date.fromisoformat(text)
        except ValueError:
            raise UserFixable("field_bad_date", field=said.name) from None
    return text
