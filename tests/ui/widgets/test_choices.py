"""Choices: nothing is chosen by itself, one at a time, by mouse and by keyboard, codes out and words in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.widgets.sample_screen import dress
from ui.widgets.buttons import Button
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.fields import Check, Field, Select, TextInput
from ui.widgets.people_tiles import PeopleTiles, PersonView
from ui.widgets.rail import Place, Rail
from ui.widgets.reason_tiles import ReasonTiles
from ui.widgets.step_bar import StepBar, StepView

pytestmark = [pytest.mark.ui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]
STATES = [Option("in_vivo", "In vivo"), Option("exteriorised", "Exteriorised"), Option("fresh", "Fresh")]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def _dressed(qtbot: QtBot, qapp: QApplication) -> None:
    dress(qapp, QSize(1366, 768))


def _click(button: QWidget | None) -> None:
    assert button is not None
    QTest.mouseClick(button, LEFT)


def test_chips_choose_one_and_none_beforehand(qtbot: QtBot) -> None:
    chips = ChoiceChips(STATES)
    qtbot.addWidget(chips)
    heard: list[str] = []
    chips.chosen.connect(heard.append)
    assert chips.code() == ""
    _click(chips.chip("fresh"))
    _click(chips.chip("in_vivo"))
    assert heard == ["fresh", "in_vivo"]
    chips.choose("exteriorised")
    assert (chips.code(), heard) == ("exteriorised", ["fresh", "in_vivo"])
    chips.choose("")
    assert chips.code() == ""


def test_chips_are_one_stop_for_tab_and_arrows_move_the_choice(qtbot: QtBot) -> None:
    chips = ChoiceChips([*STATES, Option("fixed", "Fixed", enabled=False)])
    qtbot.addWidget(chips)
    chips.show()
    chips.activateWindow()
    stops = [
        code
        for code in ("in_vivo", "exteriorised", "fresh", "fixed")
        if (chip := chips.chip(code)) is not None and chip.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert stops == ["in_vivo"]
    first = chips.chip("in_vivo")
    assert first is not None
    first.setFocus()
    qtbot.waitUntil(first.hasFocus, timeout=2000)
    heard: list[str] = []
    chips.chosen.connect(heard.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, key)
    assert heard == ["exteriorised", "fresh", "in_vivo", "fresh"]


def test_chips_keep_the_choice_when_words_change(qtbot: QtBot) -> None:
    chips = ChoiceChips(STATES)
    qtbot.addWidget(chips)
    chips.choose("fresh")
    chips.set_options([Option("in_vivo", "在体（腹腔内）"), Option("fresh", "离体新鲜")])
    assert chips.code() == "fresh"
    chips.set_options([Option("in_vivo", "在体（腹腔内）")])
    assert chips.code() == ""


def test_chips_squeeze_before_they_wrap(qtbot: QtBot) -> None:
    chips = ChoiceChips(STATES)
    qtbot.addWidget(chips)
    row = chips.sizeHint().width()
    one = chips.heightForWidth(row)
    assert chips.heightForWidth(row - 10) == one
    assert chips.heightForWidth(row // 2) > one


def test_the_recorder_cannot_be_chosen(qtbot: QtBot) -> None:
    people = PeopleTiles(
        [PersonView("p1", "Chen Min", "Scrub nurse"), PersonView("p2", "Li Wei", "Entered the values", False)]
    )
    qtbot.addWidget(people)
    heard: list[str] = []
    people.chosen.connect(heard.append)
    assert people.code() == ""
    _click(people.tile("p2"))
    assert (heard, people.code()) == ([], "")
    _click(people.tile("p1"))
    assert (heard, people.code()) == (["p1"], "p1")


def test_reasons_one_or_several_in_the_order_shown(qtbot: QtBot) -> None:
    reasons = [Option("a", "Blood supply"), Option("b", "Tension"), Option("c", "Other")]
    many, one = ReasonTiles(reasons), ReasonTiles(reasons, many=False)
    qtbot.addWidget(many)
    qtbot.addWidget(one)
    heard: list[tuple[str, ...]] = []
    many.changed.connect(heard.append)
    for code in ("c", "a", "c"):
        _click(many.tile(code))
    assert heard == [("c",), ("a", "c"), ("a",)]
    _click(one.tile("a"))
    _click(one.tile("b"))
    assert one.codes() == ("b",)


def test_steps_and_places(qtbot: QtBot) -> None:
    steps = StepBar([StepView("plan", "Plan", "done"), StepView("record", "Record", "current"),
                     StepView("specimen", "Specimen", "blocked")])  # fmt: skip
    rail = Rail()
    upper, lower = Place("cases", "list", "Cases"), Place("sync", "refresh-cw", "Sync", 5, "Sync 5")
    rail.set_places([upper], [lower])
    qtbot.addWidget(steps)
    qtbot.addWidget(rail)
    heard: list[str] = []
    steps.chosen.connect(heard.append)
    rail.chosen.connect(heard.append)
    for code in ("plan", "specimen"):
        _click(steps.step(code))
    _click(rail.button("sync"))
    assert heard == ["plan", "sync"]
    assert rail.button("sync").accessibleName() == "Sync 5"
    rail.set_places([upper], [replace(lower, count=0, spoken="Sync")])
    assert rail.button("sync").accessibleName() == "Sync"


def test_a_list_starts_empty_and_the_wheel_changes_nothing(qtbot: QtBot, qapp: QApplication) -> None:
    select = Select(STATES)
    qtbot.addWidget(select)
    select.show()
    assert select.code() == ""
    select.choose("in_vivo")
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    qapp.sendEvent(select, wheel)
    assert select.code() == "in_vivo"


def test_a_field_says_what_is_wrong_and_returns_to_its_hint(qtbot: QtBot) -> None:
    field = Field("Initials", TextInput(), "Two to four letters")
    qtbot.addWidget(field)
    assert field.inside.accessibleName() == "Initials"
    field.set_wrong("Letters only")
    assert field.below.text() == "Letters only"
    assert field.inside.property("wrong") is True
    field.set_wrong("")
    assert field.below.text() == "Two to four letters"
    assert field.inside.property("wrong") is False


def test_a_check_is_ticked_by_its_words_and_by_space(qtbot: QtBot) -> None:
    check = Check("I have read it")
    qtbot.addWidget(check)
    check.resize(240, 44)
    assert not check.isChecked()
    QTest.mouseClick(check, LEFT, pos=QPoint(200, 20))
    assert check.isChecked()
    empty = check.grab().toImage()
    QTest.keyClick(check, Qt.Key.Key_Space)
    assert not check.isChecked()
    assert check.grab().toImage() != empty


@pytest.mark.qt_log_ignore("not accepted by receiving widget", extend=True)
def test_enter_presses_a_button_and_a_disabled_one_stays_still(qtbot: QtBot) -> None:
    button = Button("Record", "primary")
    qtbot.addWidget(button)
    presses: list[bool] = []
    button.clicked.connect(lambda: presses.append(True))
    QTest.keyClick(button, Qt.Key.Key_Return)
    QTest.keyClick(button, Qt.Key.Key_Space)
    button.setEnabled(False)
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert presses == [True, True]
