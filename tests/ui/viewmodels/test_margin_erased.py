"""What an order of erasure took, as the case page says it."""

from __future__ import annotations

import pytest

from reset_or.actions.views import ErasedView
from tests.fakes.margins import opened
from tests.fakes.views import case
from ui.viewmodels import margin_notes


@pytest.mark.parametrize(("code", "why"), [("consent_withdrawn", "consent withdrawn"), ("odd", "odd")])
def test_what_was_erased_is_said_with_day_and_reason(code: str, why: str) -> None:
    model, _ = opened(case())
    assert margin_notes.erased(model).text == ""
    gone = tuple(ErasedView(form, form, code, 1_795_415_520_000) for form in ("reading", "photo"))
    model, _ = opened(case(erased=gone))
    first, second = margin_notes.erased(model).text.split("\n")
    assert first.startswith("Reading: erased by order on ")
    assert second.startswith("Photo: erased by order on ")
    assert f"2026-11-23 ({why})" in first
    assert margin_notes.notice(model).text == ""
