"""Cover, PIN, lock, close: what a passer-by sees, what the keys do, what is said when one leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from reset_or.actions import drafts, ledger
from reset_or.base import words
from reset_or.base.errors import OurBug, TrustBroken
from tests.fakes.screen import Screen, Site, screen
from tests.fakes.site import password_of
from ui.app import crash_hook
from ui.dialogs.error import ErrorSheet, report_text
from ui.session import LOCK_COVERED_MS

pytestmark = pytest.mark.ui
PIN = "258036"


def texts(window: QWidget) -> str:
    """Everything a person could read in the window now."""
    found = []
    for widget in window.findChildren(QWidget):
        if widget.isVisible():
            text = getattr(widget, "text", None)
            found += [text() if callable(text) else "", widget.accessibleName()]
    return " ".join(str(each) for each in found)


@pytest.fixture
def covered(nurse: Screen) -> Screen:
    """The nurse has a PIN, a theatre session, and the idle time has run out."""
    nurse.workspace.set_pin("wang", PIN)
    nurse.workspace.start_theatre(nurse.site.cases["03-0145"])
    nurse.started.session.cover()
    return nurse


def cover_of(shown: Screen) -> object:
    return shown.window.over.cover


def test_idling_starts_the_clock_of_the_cover_and_a_key_starts_it_anew(nurse: Screen, qtbot: QtBot) -> None:
    idle = nurse.started.session._idle
    assert idle.isActive()
    assert idle.interval() == nurse.workspace.settings.cover_minutes * 60_000
    idle.stop()
    qtbot.keyClick(nurse.window.windowHandle(), Qt.Key.Key_Down)
    assert idle.isActive()


def test_the_cover_hides_values_and_keeps_subject_arm_and_clock_of_the_theatre_case(covered: Screen) -> None:
    seen = texts(covered.window)
    assert "03-0145" in seen
    assert "Reduced" in seen
    assert "since removal" in seen
    assert "03-0147" not in seen, "no other case is readable"
    assert not covered.window.body.isVisible()


def test_outside_a_theatre_session_nothing_of_any_case_stays(nurse: Screen) -> None:
    nurse.started.session.cover()
    assert "03-01" not in texts(nurse.window)
    assert nurse.started.session._locking.interval() == LOCK_COVERED_MS
    assert nurse.started.session._locking.isActive()


def test_the_pin_lifts_the_cover_and_what_was_there_is_still_there(covered: Screen, qtbot: QtBot) -> None:
    for digit in PIN:
        qtbot.keyClick(cover_of(covered).pad, digit)  # type: ignore[attr-defined]
    assert not covered.window.covered
    assert covered.window.page_name == "cases"
    assert covered.workspace.active == "wang"


def test_five_wrong_pins_leave_only_the_password(covered: Screen) -> None:
    cover = covered.window.over.cover
    for _ in range(5):
        cover.lifted.emit("pin", "111222")
    assert covered.window.covered
    assert not cover.pad.isVisible()
    assert cover.line.isVisible()
    cover.lifted.emit("password", "not it")
    assert covered.window.covered
    cover.lifted.emit("password", password_of("wang"))
    assert not covered.window.covered


def test_a_wrong_pin_says_how_many_tries_are_left(covered: Screen) -> None:
    cover = covered.window.over.cover
    cover.lifted.emit("pin", "111222")
    assert cover.pad.message.text() == words.say("ui_shell.cover_misses", "en", n=4)


def test_a_theatre_session_never_locks_by_time(covered: Screen) -> None:
    covered.started.session._covered_too_long()
    assert covered.workspace.unlocked
    covered.workspace.end_theatre()
    covered.started.session._covered_too_long()
    assert not covered.workspace.unlocked
    assert covered.window.page_name == "unlock"


def test_a_theatre_session_ends_by_itself_after_eight_hours(covered: Screen) -> None:
    covered.clock.advance(8 * 3_600_000 - 60_000)
    covered.started.session.end_old_theatre()
    assert covered.workspace.theatre is not None
    covered.clock.advance(60_000)
    covered.started.session.end_old_theatre()
    assert covered.workspace.theatre is None
    assert covered.started.session._locking.isActive()


def test_lock_forgets_the_pages_of_the_person_before(nurse: Screen, qtbot: QtBot) -> None:
    nurse.shell.navigate("settings")
    nurse.shell.lock()
    assert nurse.window.page_name == "unlock"
    assert not nurse.window.rail.isVisible()
    assert set(nurse.window._pages) == {"unlock"}
    nurse.sign_in("li")
    assert nurse.page._purpose == "specimens"


def test_the_theatre_session_asks_for_a_pin_first(nurse: Screen) -> None:
    nurse.page.start_theatre(nurse.site.cases["03-0147"])
    sheet = nurse.window.sheet
    sheet.given("123456")
    sheet.given("654321")
    assert sheet.pad.message.text() == words.say("settings.pin_differ", "en")
    for _ in range(2):
        sheet.given("111111")
    assert nurse.workspace.theatre is None, "a PIN that is too easy is refused"
    for _ in range(2):
        sheet.given(PIN)
    assert nurse.workspace.theatre is not None
    assert nurse.window.page_name == "margins"


def test_closing_names_what_is_unfinished_and_only_here_and_that_it_is_safe(nurse: Screen) -> None:
    case = nurse.site.cases["03-0147"]
    nurse.workspace.do(drafts.save_draft, page="margins", case=case, data={"proximal": "5"})
    nurse.window.close()
    assert nurse.window.isVisible()
    sheet = nurse.window.sheet
    said = " ".join(row.text() for row in sheet._rows)
    assert words.say("ui_shell.close_unfinished", "en", n=1) in said
    assert "only on this device, safely stored" in said
    assert words.say("ui_shell.close_safe", "en") in said
    sheet._keep.click()
    assert nurse.window.sheet is None
    assert nurse.workspace.unlocked


def test_writing_says_wait_and_the_window_closes_by_itself_when_it_is_done(
    nurse: Screen, qtbot: QtBot
) -> None:
    nurse.workspace.context.sync.writing = True
    nurse.window.close()
    sheet = nurse.window.sheet
    assert words.say("ui_shell.close_writing", "en") in " ".join(row.text() for row in sheet._rows)
    assert not sheet._anyway.isVisible(), "the only answer that asks to wait"
    sheet._ask()
    assert nurse.window.isVisible()
    assert sheet._again.isActive()
    nurse.workspace.context.sync.writing = False
    qtbot.waitUntil(lambda: not nurse.window.isVisible())
    assert not nurse.workspace.unlocked


def test_who_would_rather_stay_stays_although_the_writing_ended(nurse: Screen) -> None:
    nurse.workspace.context.sync.writing = True
    nurse.window.close()
    sheet = nurse.window.sheet
    sheet._keep.click()
    nurse.workspace.context.sync.writing = False
    sheet._answered(nurse.workspace.do(ledger.sync_view))
    assert nurse.window.isVisible()
    assert nurse.workspace.unlocked


def test_closing_anyway_locks_first(nurse: Screen) -> None:
    nurse.window.close()
    nurse.window.sheet._anyway.click()
    assert not nurse.window.isVisible()
    assert not nurse.workspace.unlocked


def test_without_anybody_signed_in_the_window_closes_at_once(shown: Screen) -> None:
    shown.window.close()
    assert not shown.window.isVisible()


def test_an_error_shows_title_safety_code_and_a_report_without_a_stack(nurse: Screen) -> None:
    error = TrustBroken("open_slots_damaged", part="file")
    nurse.shell.show_error(error)
    sheet = nurse.window.sheet
    assert isinstance(sheet, ErrorSheet)
    title, advice = words.explain(error, "en")
    assert (sheet.title.text(), sheet._advice.text()) == (title, advice)
    assert sheet._safe.text() == words.say("ui_shell.error_safe_trust", "en")
    sheet._copy.click()
    report = QApplication.clipboard().text()
    assert "open_slots_damaged" in report
    assert "Traceback" not in report + report_text(error, 0)
    nurse.shell.toggle_language()
    assert sheet.title.text() == words.explain(error, "zh")[0]


def test_an_error_while_a_sheet_is_open_stands_inside_it(nurse: Screen) -> None:
    nurse.page.new_case()
    sheet = nurse.window.sheet
    nurse.shell.show_error(OurBug("unexpected"))
    assert nurse.window.sheet is sheet
    assert sheet.problem.isVisible()


def test_a_crash_logs_the_type_only_and_says_that_it_is_our_mistake(
    nurse: Screen, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "reset_or")
    hook = crash_hook(lambda: nurse.shell)
    hook(ValueError, ValueError("distal 3.1 of 03-0147"), None)
    qtbot.waitUntil(lambda: nurse.window.sheet is not None)
    assert nurse.window.sheet._error.code == "unexpected"
    assert "valueerror" in caplog.text
    assert "03-0147" not in caplog.text


def test_tab_stays_inside_a_sheet_and_escape_gives_the_focus_back(nurse: Screen, qtbot: QtBot) -> None:
    nurse.page.list.setFocus()
    nurse.page.new_case()
    sheet = nurse.window.sheet
    for _ in range(30):
        qtbot.keyClick(nurse.window.focusWidget(), Qt.Key.Key_Tab)
        assert sheet.isAncestorOf(nurse.window.focusWidget())
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert nurse.window.sheet is None
    assert nurse.window.focusWidget() is nurse.page.list


def test_the_real_lanes_carry_a_person_from_the_password_to_her_cases(
    site: Site, tmp_path: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    from ui.tasks import QtLanes

    lanes = QtLanes()
    with screen(site, tmp_path / "copy", qapp, lanes=lanes) as shown:
        shown.page.choose("wang")
        shown.page.sign_in(password_of("wang"))
        assert shown.page.door.button.text() == words.say("unlock.opening", "en")
        qtbot.waitUntil(lambda: shown.window.page_name == "cases" and len(shown.page.list.rows()) == 3)
        shown.shell.lock()
        qtbot.waitUntil(lambda: shown.window.page_name == "unlock")
        qtbot.waitUntil(lambda: lanes.busy == 0)
    lanes.close()


def toast_of(shown: Screen) -> str:
    toast = shown.window.over.toast
    return toast.accessibleName() if toast.isVisible() else ""


def test_what_one_person_did_is_not_said_to_the_next(nurse: Screen) -> None:
    nurse.shell.toast("Signed 1")
    assert toast_of(nurse) == "Signed 1"
    nurse.shell.lock()
    assert not toast_of(nurse)
    nurse.shell.toast("Signed 1")
    assert not toast_of(nurse), "an answer that comes after lock is not said either"
    nurse.sign_in("li")
    assert not toast_of(nurse)


def test_a_further_person_signs_in_to_a_quiet_screen(nurse: Screen) -> None:
    nurse.shell.toast("Saved 03-0151")
    nurse.shell.navigate("unlock", further=True)
    assert not toast_of(nurse)
    nurse.shell.toast("Saved 03-0151")
    nurse.sign_in("li")
    assert not toast_of(nurse)


def test_a_toast_does_not_follow_into_another_case_and_an_undo_never_leaves_its_page(nurse: Screen) -> None:
    first, other = nurse.site.cases["03-0147"], nurse.site.cases["03-0149"]
    undone: list[str] = []
    nurse.shell.navigate("margins", case=first)
    nurse.shell.toast("Kept for later")
    nurse.shell.navigate("photos", case=first)
    assert toast_of(nurse) == "Kept for later"
    nurse.shell.navigate("photos", case=other)
    assert not toast_of(nurse)
    nurse.shell.toast("Specimen out", lambda: undone.append("out"))
    nurse.shell.navigate("cases")
    assert not toast_of(nurse)
    nurse.window.over.toast.undo.emit()
    assert not undone


def test_the_cover_takes_a_toast_with_it(nurse: Screen) -> None:
    nurse.shell.toast("Saved 03-0151")
    nurse.started.session.cover()
    assert not toast_of(nurse)
    nurse.shell.toast("Saved 03-0151")
    assert not toast_of(nurse), "nothing is written on the cover"
