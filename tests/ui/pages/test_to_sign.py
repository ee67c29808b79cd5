"""The "to sign" page: the lines that were read back, nothing ticked beforehand, the person's own password."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from reset_or.actions import cases
from tests.fakes.screen import Screen
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
