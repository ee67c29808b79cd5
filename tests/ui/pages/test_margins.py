"""The margins page on a real store: keys in, readings saved, nothing cut and nothing outside the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reset_or.actions import cases, drafts
from reset_or.actions.views import CaseView, ErasedView
from reset_or.base.words import Language
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen

pytestmark = pytest.mark.ui
KEY = Qt.Key


@pytest.fixture
def margins(nurse: Screen) -> Screen:
    """The nurse on the margins of 03-0147, whose arm is reduced."""
    nurse.shell.navigate("margins", case=nurse.site.cases["03-0147"])
    return nurse


def view_of(shown: Screen, subject: str = "03-0147") -> CaseView:
    return shown.workspace.do(cases.case_view, case=shown.site.cases[subject])


def card(shown: Screen, end: str) -> Any:
    return shown.page.board.cards[end]


def kept(shown: Screen) -> dict[str, Any] | None:
    return shown.workspace.do(drafts.load_draft, page="margins", case=shown.site.cases["03-0147"])


def type_pair(shown: Screen, qtbot: QtBot, proximal: str = "54", distal: str = "31") -> None:
    qtbot.keyClicks(card(shown, "proximal"), proximal)
    qtbot.keyClick(card(shown, "proximal"), KEY.Key_Tab)
    qtbot.keyClicks(card(shown, "distal"), distal)
    qtbot.keyClick(card(shown, "distal"), KEY.Key_Return)


def test_a_pair_by_keyboard_alone(margins: Screen, qtbot: QtBot) -> None:
    type_pair(margins, qtbot)
    view = view_of(margins)
    saved = {(r.end, r.value_mm, r.entered) for r in view.readings}
    assert saved == {("proximal", 54, "5.4"), ("distal", 31, "3.1")}
    assert card(margins, "proximal").view().plate.word == "In range"
    assert margins.page.board.status.label.text().startswith("Saved ")
    assert not margins.page.board.keypad_card.isVisible(), "no touch, no keypad"
    assert not card(margins, "proximal").testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_a_change_before_confirmation_is_a_counted_revision_and_undo_names_it(
    margins: Screen, qtbot: QtBot
) -> None:
    type_pair(margins, qtbot, "54", "26")
    qtbot.keyClicks(card(margins, "distal"), "22")
    qtbot.keyClick(card(margins, "distal"), KEY.Key_Return)
    assert margins.page.board.undo.text() == "Undo distal → 2.6"
    qtbot.keyClick(card(margins, "distal"), KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    distal = view_of(margins).record.distal.main
    assert distal is not None
    assert distal.value_mm == 26
    assert len([r for r in view_of(margins).trail if r.form == "reading"]) == 4, (
        "two saves, a change, its undo"
    )


def test_a_press_on_our_own_keys_leaves_enter_to_the_card(
    site: Site, tmp_path: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    with screen(site, tmp_path / "copy", qapp, size=(1920, 1080), touch=True) as shown:
        shown.sign_in("wang")
        shown.shell.navigate("margins", case=site.cases["03-0147"])
        keypad = shown.page.board.keypad
        for digit in "54":
            qtbot.mouseClick(keypad.digits.keys[digit], Qt.MouseButton.LeftButton)
        assert shown.window.focusWidget() is card(shown, "proximal")
        qtbot.keyClick(shown.window.focusWidget(), KEY.Key_Return)
        assert view_of(shown).record.proximal.total_mm == 54
        qtbot.mouseClick(shown.page.board.undo, Qt.MouseButton.LeftButton)
        assert shown.window.focusWidget() is card(shown, "proximal"), "Enter would not undo once more"


def test_what_is_typed_is_on_the_disk_before_its_label_is_shown(margins: Screen, qtbot: QtBot) -> None:
    qtbot.keyClicks(card(margins, "proximal"), "5")
    status = margins.page.board.status.label
    assert status.text() == "Typing"
    assert kept(margins) is None
    assert margins.page._draft_timer.isActive()
    assert margins.page._draft_timer.interval() <= 500
    margins.page._draft_timer.timeout.emit()
    assert status.text().startswith("Draft kept ")
    assert (kept(margins) or {})["record_proximal_keys"] == "5"


def test_a_cover_keeps_the_draft_at_once_and_leaving_saves_it(margins: Screen, qtbot: QtBot) -> None:
    qtbot.keyClicks(card(margins, "proximal"), "54")
    margins.page.keep()
    assert kept(margins) is not None
    assert view_of(margins).readings == ()
    margins.shell.navigate("cases")
    assert view_of(margins).record.proximal.total_mm == 54
    assert kept(margins) is None


def test_a_doubtful_draft_survives_leaving_and_is_asked_again(margins: Screen, qtbot: QtBot) -> None:
    qtbot.keyClicks(card(margins, "proximal"), "5")
    qtbot.keyClick(card(margins, "proximal"), KEY.Key_Return)
    assert card(margins, "proximal").view().plate.word == "Type the value again"
    margins.shell.navigate("cases")
    margins.window._pages.pop("margins").deleteLater()  # a new process has no page
    margins.shell.navigate("margins", case=margins.site.cases["03-0147"])
    assert card(margins, "proximal").view().plate.word == "Type the value again"
    assert view_of(margins).readings == ()


def test_the_mouse_chooses_states_and_circumstances_in_the_page(margins: Screen, qtbot: QtBot) -> None:
    board = margins.page.board
    board.chips["proximal"].chip("state:exteriorised").click()
    board.chips["proximal"].chip("ask:method").click()
    assert board.stack.currentWidget() is board.ask
    assert margins.window.sheet is None, "no sheet over the page"
    board.ask.tile("tape_intracorporeal").click()
    assert board.stack.currentWidget() is not board.ask
    assert card(margins, "proximal").hasFocus(), "digits go on"
    qtbot.keyClicks(card(margins, "proximal"), "54\r")
    main = view_of(margins).record.proximal.main
    assert main is not None
    assert (main.state, main.method) == ("exteriorised", "tape_intracorporeal")


def test_not_measured_by_three_presses(margins: Screen, qtbot: QtBot) -> None:
    margins.page.board.chips["distal"].chip("ask:missing").click()
    margins.page.board.ask.tile("rescue_bleeding").click()
    assert card(margins, "distal").view().plate.word == "Not measured"
    main = view_of(margins).record.distal.main
    assert main is not None
    assert main.missing == "rescue_bleeding"


def test_specimen_out_starts_the_clock_and_fresh_comes_by_itself(margins: Screen, qtbot: QtBot) -> None:
    board = margins.page.board
    board.specimen_out.click()
    board.ask.tile("5").click()
    margins.clock.advance(227_000)
    board.clock.tick(margins.clock.now_at())
    assert board.clock.accessibleName().startswith("8 min 47 s since removal")
    assert not board.specimen_out.isVisible()
    assert board.chips["distal"].chip("state:fresh").isChecked()
    assert board.chips["distal"].chip("state:in_vivo").isEnabled(), "the clock never disables a state"
    board.chips["distal"].chip("state:in_vivo").click()
    assert board.ask.title.text() == "Measured in the body before the cut, typed now?"
    board.ask.tile("0").click()
    qtbot.keyClicks(card(margins, "distal"), "31\r")
    main = view_of(margins).record.distal.main
    assert main is not None
    assert main.typed_later


def test_specimen_out_can_be_taken_back(margins: Screen) -> None:
    board = margins.page.board
    board.specimen_out.click()
    board.ask.tile("0").click()
    assert view_of(margins).removed_at is not None
    margins.page.answers.clear_removed()
    assert view_of(margins).removed_at is None
    assert board.specimen_out.isVisible()
    assert board.chips["distal"].chip("state:in_vivo").isChecked()


def test_a_line_is_dragged_in_the_plan_only_and_leaves_no_trace(margins: Screen, qtbot: QtBot) -> None:
    board, diagram = margins.page.board, margins.page.board.diagram
    before = view_of(margins).trail
    board.steps.step("plan").click()
    qtbot.keyClicks(card(margins, "proximal"), "54")
    frame = diagram.frame_now()
    start = QPoint(round(frame.x("proximal", 54)), round(frame.middle))
    qtbot.mousePress(diagram, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(diagram, QPoint(round(frame.x("proximal", 92)), start.y()))
    qtbot.mouseRelease(diagram, Qt.MouseButton.LeftButton, pos=start)
    assert card(margins, "proximal").view().value == "9.2"
    assert card(margins, "proximal").view().plate.word == "Other-arm length"
    margins.shell.navigate("cases")
    assert view_of(margins).trail == before
    assert kept(margins) is None


def test_digits_reach_the_active_card_from_anywhere_on_the_page(margins: Screen, qtbot: QtBot) -> None:
    margins.page.board.undo.setFocus()
    margins.page.board.look.setFocus()
    qtbot.keyClicks(margins.page.board.look, "54")
    assert card(margins, "proximal").view().value == "5.4"


def test_ctrl_enter_commits_and_goes_to_the_read_back(margins: Screen, qtbot: QtBot) -> None:
    type_pair(margins, qtbot)
    qtbot.keyClicks(card(margins, "distal"), "32")
    margins.page._second_person()
    assert margins.window.page_name == "confirm"
    assert view_of(margins).record.distal.total_mm == 32


def test_an_open_doubt_holds_the_page(margins: Screen, qtbot: QtBot) -> None:
    qtbot.keyClicks(card(margins, "proximal"), "5")
    margins.page._second_person()
    assert margins.window.page_name == "margins"
    assert card(margins, "proximal").view().plate.word == "Type the value again"


def test_a_pathologist_finds_neither_arm_nor_values_on_the_page(shown: Screen, qtbot: QtBot) -> None:
    shown.sign_in("li")
    shown.shell.navigate("margins", case=shown.site.cases["03-0145"])
    page = shown.page
    assert page.model.step == "specimen"
    assert page.board.blind.text() == "Independent measurement (surgeon's values and arm are not shown)"
    assert not page.board.header.arm.isVisible()
    assert page.board.steps.step("record") is None
    for end in ("proximal", "distal"):
        assert card(shown, end).view().value == ""
        assert card(shown, end).view().target == ""
    qtbot.keyClicks(card(shown, "proximal"), "46\r")
    assert card(shown, "proximal").view().plate.word == "Recorded"


SIZES = [((1366, 768), False), ((1920, 1080), True)]


@pytest.mark.parametrize(("size", "touch"), SIZES, ids=["mouse", "touch"])
def test_nothing_is_cut_or_outside(
    site: Site, tmp_path: Path, qapp: QApplication, qtbot: QtBot, language: Language,
    size: tuple[int, int], touch: bool,
) -> None:  # fmt: skip
    for theme in ("or_dark", "light"):
        place = tmp_path / theme
        with screen(site, place, qapp, size=size, touch=touch, language=language, theme=theme) as shown:
            shown.sign_in("wang")
            shown.window.resize(*size)
            shown.shell.navigate("margins", case=site.cases["03-0147"])
            board = shown.page.board
            _look(shown, size, "empty")
            type_pair(shown, qtbot, "54", "18")
            _look(shown, size, "safety")
            shown.page.model.set_view(replace(view_of(shown), not_authorised=3))
            assert board.refused.isVisible()
            _look(shown, size, "not authorised")
            gone = ErasedView("0" * 32, "reading", "consent_withdrawn", 0)
            shown.page.model.set_view(replace(view_of(shown), not_authorised=0, erased=(gone,)))
            assert board.erased.isVisible()
            _look(shown, size, "erased")
            for kind in ("edge", "method", "measured_by", "removed"):
                shown.page.answers.open(kind, "distal")
                _look(shown, size, kind)
                shown.page._cleared()
            assert board.keypad_card.isVisible() is touch


def _look(shown: Screen, size: tuple[int, int], what: str) -> None:
    QApplication.processEvents()
    assert not cut_texts(shown.window), what
    assert not outside(shown.window), what
    assert (shown.window.width(), shown.window.height()) == size, f"{what} pushed the window"
    lowest = shown.page.board.main.mapTo(shown.window, shown.page.board.main.rect().bottomLeft()).y()
    assert lowest <= size[1], "everything is visible without scrolling"
