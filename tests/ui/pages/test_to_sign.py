"""The "to sign" page: the lines that were read back, nothing ticked beforehand, the person's own password."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from reset_or.actions import cases, signing, specimens
from reset_or.base.words import Language
from tests.fakes.screen import Screen, cut_texts
from tests.fakes.site import password_of

pytestmark = pytest.mark.ui


@pytest.fixture
def waiting(surgeon: Screen) -> Screen:
    surgeon.shell.navigate("to_sign")
    return surgeon


def test_the_rail_counts_what_waits(surgeon: Screen) -> None:
    assert surgeon.window.rail.button("to_sign").place.count == 1


def test_each_line_that_was_read_back_is_shown(waiting: Screen) -> None:
    view = waiting.page._views()[0]
    assert view.subject == "03-0145"
    assert [(line.title, line.value) for line in view.lines] == [("Proximal", "5.2"), ("Distal", "3.1")]
    assert "Wang Min" in view.recorded


def test_nothing_is_ticked_beforehand_and_nothing_is_signed_without_a_tick(waiting: Screen) -> None:
    page = waiting.page
    page.secret.line.setText(password_of("zhang"))
    page._typed()
    assert not page.sign_button.isEnabled()
    page.sign()
    assert page._signed == 0
    assert len(page._rows) == 1


def test_signing_by_keyboard_confirms_the_case(waiting: Screen, qtbot: QtBot) -> None:
    page = waiting.page
    check = next(iter(page._cards.values())).check
    qtbot.keyClick(check, Qt.Key.Key_Space)
    qtbot.keyClicks(page.secret.line, password_of("zhang"))
    qtbot.keyClick(page.secret.line, Qt.Key.Key_Return)
    assert page.empty.isVisible()
    assert page.secret.text() == ""
    view = waiting.workspace.do(cases.case_view, case=waiting.site.cases["03-0145"])
    assert [(s.meaning, s.user) for s in view.signatures][-1] == ("confirmed", "zhang")
    assert waiting.window.rail.button("to_sign").place.count == 0


def test_a_wrong_password_signs_nothing_and_keeps_the_tick(waiting: Screen) -> None:
    page = waiting.page
    next(iter(page._cards.values())).check.setChecked(True)
    page.secret.line.setText("somebody else's")
    page.sign()
    assert page.secret.message.isVisible()
    assert page.secret.text() == ""
    assert next(iter(page._cards.values())).check.isChecked()
    view = waiting.workspace.do(cases.case_view, case=waiting.site.cases["03-0145"])
    assert [s.meaning for s in view.signatures] == ["recorded"]


def test_the_recorder_is_not_asked_to_confirm_her_own_entry(nurse: Screen) -> None:
    nurse.shell.navigate("to_sign")
    assert nurse.page.empty.isVisible()


def test_a_specimen_that_somebody_gave_to_a_subject_waits_here(nurse: Screen, language: Language) -> None:
    do, shown = nurse.workspace.do, nurse
    specimen = do(specimens.begin_specimen, label="pot A").rec
    do(specimens.attach_specimen, specimen=specimen, case=shown.site.cases["03-0147"])
    assert [row.meaning for row in do(signing.to_sign)] == []  # not of the one who said so
    shown.window.lock()
    shown.sign_in("zhang")
    shown.shell.set_language(language)
    shown.shell.navigate("to_sign")
    assert shown.window.rail.button("to_sign").place.count == 2
    view = next(view for view in shown.page._views() if view.meaning == "attached")
    assert view.subject == "03-0147"
    assert "pot A" in view.arm_text
    assert "Wang Min" in view.recorded
    assert view.lines == ()
    assert cut_texts(shown.window) == {}
    page = shown.page
    page._cards[view.key].opened.emit()
    assert (shown.window.page_name, shown.page.model.case) == ("photos", specimen)
    shown.shell.navigate("to_sign")
    page._cards[view.key].check.setChecked(True)
    page.secret.line.setText(password_of("zhang"))
    page._typed()
    page.sign()
    (row,) = do(specimens.specimen_rows)
    assert (row.attached_to, row.confirmed_by) == ("03-0147", "zhang")
    assert [view.meaning for view in page._views()] == ["confirmed"]


def test_an_attachment_taken_back_waits_for_nobody(nurse: Screen) -> None:
    do = nurse.workspace.do
    specimen = do(specimens.begin_specimen, label="pot A").rec
    do(specimens.attach_specimen, specimen=specimen, case=nurse.site.cases["03-0147"])
    do(specimens.detach_specimen, specimen=specimen)
    nurse.window.lock()
    nurse.sign_in("li")
    assert do(signing.to_sign) == ()
