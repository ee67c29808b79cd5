"""The case list: who is shown what, how a case is found, added, allocated and opened."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from reset_or.actions import cases
from tests.fakes.screen import Screen

pytestmark = pytest.mark.ui


def subjects(shown: Screen) -> list[str]:
    return [row.subject for row in shown.page.list.rows()]


def test_the_list_shows_who_the_person_is_beside_the_code(nurse: Screen) -> None:
    row = next(row for row in nurse.page.list.rows() if row.subject == "03-0147")
    assert (row.person, row.initials, row.planned, row.room) == ("Female 61 y", "WXM", "Today", "3")
    assert row.arm == "reduced"
    assert row.unsent > 0


def test_confirmed_cases_of_today_come_last(nurse: Screen) -> None:
    assert subjects(nurse) == ["03-0145", "03-0147", "03-0149"]


def test_a_pathologist_lands_on_specimens_and_sees_no_arm(shown: Screen) -> None:
    shown.sign_in("li")
    assert shown.page._purpose == "specimens"
    assert subjects(shown)[0] == "03-0145"
    for row in shown.page.list.rows():
        assert row.arm == ""
        assert "Reduced" not in row.spoken
    acts = shown.page._acts(shown.page._rows[0])
    assert "open_margins" not in acts
    assert "open_confirm" not in acts
    assert not {"open_plan", "open_allocation", "theatre_start"} & set(acts)


def test_only_who_may_write_a_case_is_offered_a_new_one(shown: Screen, qtbot: QtBot) -> None:
    shown.sign_in("li")
    page = shown.page
    assert not page.new_button.isVisible()
    page.new_case()  # what Ctrl+N does
    assert shown.window.sheet is None
    page._got(())
    assert page.empty.isVisible()
    assert not page.empty_new.isVisible()
    assert page.empty_sync.isVisible()
    assert "Add one" not in page.empty.title.text()
    page.search.setText("nobody")
    page._got(())
    assert page.empty_new.text() == "Show all"
    assert page.empty_new.isVisible(), "a search can always be cleared"
    shown.shell.lock()
    shown.sign_in("zhang")
    assert shown.page.new_button.isVisible()


def test_enter_opens_the_margins_of_the_chosen_case(nurse: Screen, qtbot: QtBot) -> None:
    nurse.page.list.choose(nurse.site.cases["03-0147"])
    qtbot.keyClick(nurse.page.list, Qt.Key.Key_Return)
    assert nurse.window.page_name == "margins"
    assert not nurse.window.rail.isVisible(), "a gloved touch cannot leave by accident"
    nurse.shell.back()
    assert nurse.window.page_name == "cases"


def test_search_finds_by_subject_and_says_when_nothing_fits(nurse: Screen, qtbot: QtBot) -> None:
    page = nurse.page
    page.focus_search()
    qtbot.keyClicks(page.search, "0149")
    page.ask()
    assert subjects(nurse) == ["03-0149"]
    page.search.setText("nobody")
    page.ask()
    assert page.empty.isVisible()
    assert "nobody" in page.empty.title.text()
    page.empty.acted.emit("new")
    assert len(subjects(nurse)) == 3


def test_an_empty_list_says_exactly_what_to_do(nurse: Screen) -> None:
    nurse.page._got(())
    assert nurse.page.empty.title.text() == "No cases today. Add one, or sync to receive them."
    nurse.page.empty.acted.emit("sync")
    assert nurse.window.page_name == "sync"


def test_a_new_case_is_typed_saved_and_chosen(nurse: Screen, qtbot: QtBot) -> None:
    qtbot.keyClick(nurse.page.list, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    nurse.page.new_case()
    sheet = nurse.window.sheet
    qtbot.keyClicks(sheet.subject, "0151")
    sheet.sex.chip("f").click()
    sheet.age.insert("６３")  # as a Chinese input method would
    qtbot.keyClicks(sheet.room, "2")
    sheet.save.click()
    assert nurse.window.sheet is None
    assert nurse.page.list.current_row().subject == "03-0151"
    view = nurse.workspace.do(cases.case_view, case=nurse.page.list.current_row().rec)
    assert (view.age, view.arm) == (63, "to_follow")


def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(nurse: Screen, qtbot: QtBot) -> None:
    nurse.page.new_case()
    sheet = nurse.window.sheet
    sheet.arm.chip("reduced").click()
    qtbot.keyClicks(sheet.rand_no, "R-1")
    sheet.save.click()
    wrong = {name for name, field in sheet._rows.items() if field.inside.property("wrong")}
    assert wrong == {"subject", "sex", "age", "rand_no_again"}
    assert nurse.window.sheet is sheet
    assert len(subjects(nurse)) == 3


def test_a_refusal_of_the_store_stands_in_the_sheet(nurse: Screen, qtbot: QtBot) -> None:
    nurse.page.new_case()
    sheet = nurse.window.sheet
    qtbot.keyClicks(sheet.subject, "0147")
    sheet.sex.chip("m").click()
    qtbot.keyClicks(sheet.age, "60")
    sheet.save.click()
    assert sheet.problem.isVisible()
    assert "case_exists" in sheet.problem.code.text()


def test_an_allocation_needs_the_same_number_twice_and_no_paste(nurse: Screen, qtbot: QtBot) -> None:
    row = nurse.page._row(nurse.site.cases["03-0149"])
    nurse.page.allocate(row)
    sheet = nurse.window.sheet
    sheet.arm.chip("conventional").click()
    qtbot.keyClicks(sheet.rand_no, "R-55")
    qtbot.keyClicks(sheet.rand_no_again, "R-56")
    sheet.submit()
    assert nurse.window.sheet is sheet
    assert sheet.rand_no_again.text() == ""
    sheet.rand_no.selectAll()
    sheet.rand_no.copy()
    qtbot.keyClick(sheet.rand_no_again, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert sheet.rand_no_again.text() == "", "what is typed a second time must be typed"
    qtbot.keyClicks(sheet.rand_no_again, "R-55")
    sheet.submit()
    view = nurse.workspace.do(cases.case_view, case=row.rec)
    assert (view.arm, view.rand_no) == ("conventional", "R-55")


def test_the_menu_holds_every_way_to_a_case(nurse: Screen, qtbot: QtBot) -> None:
    nurse.page.list.choose(nurse.site.cases["03-0149"])
    qtbot.keyClick(nurse.page.list, Qt.Key.Key_Space)
    sheet = nurse.window.sheet
    offered = {"open_margins", "open_specimen", "open_photos", "open_report", "open_allocation"}
    assert offered | {"theatre_start"} <= set(sheet._tiles)
    sheet.tile("open_allocation").click()
    assert nurse.window.sheet is not sheet
    assert "03-0149" in nurse.window.sheet.title.text()
