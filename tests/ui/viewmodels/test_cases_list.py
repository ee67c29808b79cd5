"""Rows of the case list in words: identity, order of work, what a blinded person does not get."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.actions.views import HIDDEN, CaseRow
from reset_or.base.words import Language
from ui.viewmodels import cases
from ui.viewmodels.cases import Purpose
from ui.viewmodels.moments import Moment, countdown, planned_text, short_time, size_text, spoken_time

pytestmark = pytest.mark.text
NOW = Moment(1_795_415_400_000, 480)  # 2026-11-23 14:30 in UTC+8
TODAY = NOW.today
ROW = CaseRow(
    "a" * 32, "03-0147", "f", 61, "WXM", "3", TODAY, "reduced", "none", 0, 0, None, "record",
)  # fmt: skip

rows = st.builds(
    CaseRow,
    rec=st.uuids().map(lambda u: u.hex),
    subject=st.integers(0, 9999).map(lambda n: f"03-{n:04d}"),
    sex=st.sampled_from(["", "f", "m"]),
    age=st.one_of(st.none(), st.integers(18, 80)),
    initials=st.sampled_from(["", "WXM"]),
    room=st.sampled_from(["", "3", "5"]),
    planned_on=st.sampled_from(["", TODAY, "2026-11-22", "2026-11-24", "2026-10-01"]),
    arm=st.sampled_from(["conventional", "reduced", "to_follow", HIDDEN]),
    margins=st.sampled_from(["none", "draft", "saved", "signed", "confirmed", "conflict"]),
    photos=st.integers(0, 3),
    unsent=st.integers(0, 9),
    removed_at=st.one_of(st.none(), st.integers(NOW.at - 10**8, NOW.at)),
    next_step=st.just(""),
    specimen_waiting=st.booleans(),
)


@given(st.lists(rows, max_size=20), st.sampled_from(["margins", "specimens", "photos", "report"]))
def test_every_order_shows_every_case_once(found: list[CaseRow], purpose: Purpose) -> None:
    ordered = cases.ordered(found, purpose, NOW)
    assert sorted(row.rec for row in ordered) == sorted(row.rec for row in found)


@given(st.lists(rows, max_size=20))
def test_what_is_to_be_measured_today_stands_above_everything_else(found: list[CaseRow]) -> None:
    ranks = [
        (row.planned_on != TODAY, row.planned_on == TODAY and row.margins == "confirmed")
        for row in cases.ordered(found, "margins", NOW)
    ]
    assert ranks == sorted(ranks)


@given(st.lists(rows, max_size=20))
def test_the_specimen_that_has_waited_longest_is_first(found: list[CaseRow]) -> None:
    ordered = cases.ordered(found, "specimens", NOW)
    assert [row.specimen_waiting for row in ordered] == sorted(
        (row.specimen_waiting for row in ordered), reverse=True
    )
    waits = [row.removed_at or NOW.at for row in ordered if row.specimen_waiting]
    assert waits == sorted(waits)


@given(rows)
def test_no_row_shows_a_code_and_a_hidden_arm_is_in_no_word(row: CaseRow) -> None:
    for language in ("en", "zh"):
        view = cases.row_view(row, NOW, language)
        assert "to_follow" not in view.spoken
        assert "_" not in view.margins_text
        if row.arm == HIDDEN:
            assert view.arm == ""
            for word in ("Reduced", "Conventional", "缩小", "常规"):
                assert word not in view.spoken


def test_a_row_says_who_when_and_where(language: Language) -> None:
    view = cases.row_view(ROW, NOW, language)
    said = {"en": ("Female 61 y", "Today", "Reduced"), "zh": ("女 61 岁", "今天", "缩小组")}[language]
    assert (view.person, view.planned, view.arm_text) == said
    assert view.key == ROW.rec


def test_a_waiting_specimen_says_how_old_it_is_with_units() -> None:
    row = replace(ROW, specimen_waiting=True, removed_at=NOW.at - 17 * 60_000)
    assert cases.row_view(row, NOW, "en").margins_text == "Specimen waiting, 17 min since removal"
    day = replace(row, removed_at=NOW.at - 20 * 3_600_000)
    assert cases.row_view(day, NOW, "zh").margins_text == "标本待测，已离体 20 小时"


@pytest.mark.parametrize(
    ("role", "page"),
    [("surgeon", "cases"), ("or_nurse", "cases"), ("pathologist", "cases"), ("site_coordinator", "sync")],
)
def test_a_role_begins_where_its_work_is(role: str, page: str) -> None:
    assert cases.landing(role)[0] == page
    assert cases.landing("pathologist")[1] == {"purpose": "specimens"}


def test_each_purpose_opens_its_own_page() -> None:
    opened = {purpose: cases.opens(purpose, ROW) for purpose in ("margins", "specimens", "photos", "report")}
    assert opened["margins"] == ("margins", {"case": ROW.rec, "step": "record"})
    assert opened["specimens"] == ("margins", {"case": ROW.rec, "step": "specimen"})
    assert opened["photos"][0] == "photos"
    assert opened["report"][0] == "report"


def test_times_and_sizes_read_as_people_say_them(language: Language) -> None:
    hour = 3_600_000
    assert short_time(NOW.at - hour, NOW) == "13:30"
    assert short_time(NOW.at - 24 * hour, NOW) == "11-22 14:30"
    assert spoken_time(NOW.at, NOW, language) == {"en": "today 14:30", "zh": "今天 14:30"}[language]
    assert spoken_time(NOW.at - 24 * hour, NOW, "en") == "yesterday 14:30"
    assert planned_text("2026-11-24", NOW, "en") == "Tomorrow"
    assert planned_text("2026-12-24", NOW, language) == "2026-12-24"
    assert [size_text(n, "en") for n in (4, 4_000, 18_200_000)] == ["4 B", "4 KB", "18.2 MB"]
    assert [countdown(n) for n in (45_000, 44_001, 0, -5)] == ["0:45", "0:45", "0:00", "0:00"]


def test_the_day_is_the_one_of_the_device_and_not_of_utc() -> None:
    late = Moment(1_795_451_400_000, 480)  # 00:30 on the 24th in UTC+8, still the 23rd in UTC
    assert late.today == "2026-11-24"
    assert planned_text("2026-11-24", late, "en") == "Today"
