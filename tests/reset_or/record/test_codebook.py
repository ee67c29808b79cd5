"""The one codebook: complete in both languages, and strict about values."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import UserFixable
from reset_or.record.codebook import check_value, codebook, label
from reset_or.record.model import CaseRecord, ReadingRecord, from_fields
from reset_or.revisions.statements import ROLES
from reset_or.trial import codes as trial_codes


def test_every_code_and_field_speaks_both_languages() -> None:
    for name, codes in codebook().codelists.items():
        for code, entry in codes.items():
            assert entry["en"], (name, code)
            assert any("\u4e00" <= c <= "\u9fff" for c in entry["zh"]) or entry["zh"] == "PIN", (name, code)
    for fields in codebook().forms.values():
        for field in fields.values():
            assert field.en
            assert field.zh
            assert field.type != "code" or field.list in codebook().codelists


@pytest.mark.parametrize(
    ("listed", "known"),
    [
        ("state", trial_codes.State), ("verdict", trial_codes.Verdict), ("query", trial_codes.Query),
        ("arm", trial_codes.Arm), ("status", trial_codes.Status),
    ],
)  # fmt: skip
def test_the_lists_hold_every_code_of_the_trial(listed: str, known: type) -> None:
    assert set(codebook().codelists[listed]) == {code.value for code in known}  # type: ignore[var-annotated]


def test_a_tumour_is_measured_but_is_no_end_to_be_judged() -> None:
    assert set(codebook().codelists["end"]) == {end.value for end in trial_codes.End} | {"tumour"}


def test_roles_are_those_that_can_be_granted() -> None:
    assert set(codebook().codelists["role"]) == set(ROLES)


@pytest.mark.parametrize(
    ("form", "field", "value", "code"),
    [
        ("reading", "value_mm", True, "field_wrong_type"),
        ("reading", "value_mm", "31", "field_wrong_type"),
        ("reading", "value_mm", 0, "field_out_of_limits"),
        ("reading", "value_mm", 401, "field_out_of_limits"),
        ("reading", "state", "in_body", "field_code_unknown"),
        ("reading", "colour", "red", "field_unknown"),
        ("case", "subject", "3-147", "subject_pattern"),
        ("case", "planned_on", "2026-13-01", "field_bad_date"),
        ("case", "note", "x" * 4001, "field_too_long"),
        ("case", "note", "a\x00b", "field_bad_text"),
        ("case", "age", 17, "field_out_of_limits"),
        ("case", "removed_at", 10**15, "field_out_of_limits"),
    ],
)
def test_a_value_outside_its_field_is_refused_by_name(
    form: str, field: str, value: object, code: str
) -> None:
    with pytest.raises(UserFixable, match=code) as caught:
        check_value(form, field, value)
    assert caught.value.details["field"] == field


@given(st.text(max_size=30) | st.integers() | st.booleans() | st.none() | st.binary(max_size=5))
def test_nothing_but_a_named_refusal_comes_out(value: object) -> None:
    for form, fields in codebook().forms.items():
        for name in fields:
            with contextlib.suppress(UserFixable):
                assert check_value(form, name, value) == value


def test_unknown_codes_are_shown_raw_and_short_labels_exist() -> None:
    assert label("arm", "mystery", "zh") == "mystery"
    assert label("arm", "reduced", "zh", short=True) == "缩小组"
    assert label("arm", "reduced", "en", short=True) == "Reduced"


def test_records_are_made_of_known_fields_only() -> None:
    reading = from_fields(ReadingRecord, "ab" * 16, {"value_mm": 31, "later_field": "x"}, case="cd" * 16)
    assert (reading.value_mm, reading.case, reading.segment) == (31, "cd" * 16, "main")
    assert not from_fields(CaseRecord, "ab" * 16, {}).arm_known
