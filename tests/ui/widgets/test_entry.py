"""Entering numbers and secrets: raw characters out, input methods off, nothing kept that should not be."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.widgets.sample_screen import dress
from ui.widgets.keypad import Keypad
from ui.widgets.margin_card import MarginCard, MarginCardView
from ui.widgets.number_field import NumberField
from ui.widgets.pin_pad import PinPad
from ui.widgets.touch_keyboard import KeyNames, TouchKeyboard

pytestmark = [pytest.mark.ui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]
PLAIN = Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def _dressed(qtbot: QtBot, qapp: QApplication) -> None:
    dress(qapp, QSize(1366, 768))


def _type(widget: QWidget, text: str, key: Qt.Key = Qt.Key.Key_unknown) -> None:
    """A key press that carries `text`, as an input method set to full-width digits would send it."""
    QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyPress, key, PLAIN, text))


@pytest.mark.parametrize("make", [NumberField, MarginCard], ids=["field", "card"])
def test_characters_come_out_as_typed(qtbot: QtBot, make: type[NumberField] | type[MarginCard]) -> None:
    widget = make()
    qtbot.addWidget(widget)
    assert not widget.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    heard: list[object] = []
    widget.typed.connect(heard.append)
    widget.backspace.connect(lambda: heard.append("back"))
    widget.committed.connect(lambda: heard.append("enter"))
    widget.cleared.connect(lambda: heard.append("esc"))
    widget.nudged.connect(heard.append)
    for text in ("1", "\uff10", ".", "\u3002", "\uff0e", "\u00b7", ",", "\uff0c"):
        _type(widget, text)
    for key in (Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down):
        QTest.keyClick(widget, key)
    assert heard == [
        "1",
        "\uff10",
        ".",
        "\u3002",
        "\uff0e",
        "\u00b7",
        ",",
        "\uff0c",
        "back",
        "enter",
        "esc",
        1,
        -1,
    ]


def test_letters_and_shortcuts_are_left_to_the_page(qtbot: QtBot) -> None:
    field = NumberField()
    qtbot.addWidget(field)
    heard: list[str] = []
    field.typed.connect(heard.append)
    _type(field, "x", Qt.Key.Key_X)
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(field, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert heard == []


def test_the_field_shows_what_it_is_given_and_nothing_else(qtbot: QtBot) -> None:
    field = NumberField()
    qtbot.addWidget(field)
    field.set_unit("cm", "0.0")
    _type(field, "4")
    assert field.text() == ""
    field.set_text("0.4", wrong=True)
    assert field.text() == "0.4"
    assert field.accessibleDescription() == "0.4 cm"


def test_keypad_sends_digits_point_backspace_and_steps(qtbot: QtBot) -> None:
    pad = Keypad("erase")
    qtbot.addWidget(pad)
    heard: list[object] = []
    pad.typed.connect(heard.append)
    pad.backspace.connect(lambda: heard.append("back"))
    pad.nudged.connect(heard.append)
    for key in "31.0":
        QTest.mouseClick(pad.digits.keys[key], Qt.MouseButton.LeftButton)
    QTest.mouseClick(pad.digits.erase, Qt.MouseButton.LeftButton)
    for step in (-1, 1):
        QTest.mouseClick(pad.step_keys[step], Qt.MouseButton.LeftButton)
    QTest.keyClick(pad.digits.keys["7"], Qt.Key.Key_Return)
    QTest.keyClick(pad.digits.keys["8"], Qt.Key.Key_Space)
    assert heard == ["3", "1", ".", "0", "back", -1, 1, "7", "8"]
    assert pad.digits.erase.accessibleName() == "erase"
    assert pad.step_keys[-1].text() == "\u22120.1"


def test_one_two_three_is_on_top(qtbot: QtBot) -> None:
    pad = Keypad("erase")
    qtbot.addWidget(pad)
    pad.resize(300, 480)
    pad.show()
    keys = pad.digits.keys
    assert keys["1"].y() == keys["3"].y() < keys["4"].y() < keys["7"].y() < keys["0"].y()
    assert keys["1"].x() < keys["2"].x() < keys["3"].x()


def test_the_sixth_digit_sends_the_pin_and_forgets_it(qtbot: QtBot) -> None:
    pad = PinPad("PIN", "erase")
    qtbot.addWidget(pad)
    pins: list[str] = []
    counts: list[int] = []
    pad.entered.connect(pins.append)
    pad.changed.connect(counts.append)
    QTest.keyClicks(pad, "12")
    QTest.keyClick(pad, Qt.Key.Key_Backspace)
    _type(pad, "\uff13")
    for key in "456":
        QTest.mouseClick(pad.digits.keys[key], Qt.MouseButton.LeftButton)
    assert pins == []
    QTest.keyClicks(pad, "7")
    assert pins == ["134567"]
    assert counts == [1, 2, 1, 2, 3, 4, 5, 6]
    assert pad.count() == 0
    assert "134567" not in repr(vars(pad))


def test_pin_pad_clears_on_escape_and_says_why_it_was_refused(qtbot: QtBot) -> None:
    pad = PinPad("PIN", "erase")
    qtbot.addWidget(pad)
    QTest.keyClicks(pad, "123")
    QTest.keyClick(pad, Qt.Key.Key_Escape)
    assert pad.count() == 0
    pad.show_message("Wrong PIN, 3 tries left")
    assert pad.message.isVisibleTo(pad)
    QTest.keyClicks(pad, "1")
    assert not pad.message.isVisibleTo(pad)


def test_touch_keyboard_types_into_a_secret(qtbot: QtBot) -> None:
    keyboard, line = TouchKeyboard(), QLineEdit()
    qtbot.addWidget(keyboard)
    qtbot.addWidget(line)
    line.setEchoMode(QLineEdit.EchoMode.Password)
    keyboard.attach(line)
    entered: list[bool] = []
    line.returnPressed.connect(lambda: entered.append(True))
    for name in ("a", "shift", "B", "c", "space", "page", "!", "backspace", "page", "z", "enter"):
        keyboard.press(name)
    assert line.text() == "aBc z"
    assert entered == [True]


def test_touch_keyboard_has_the_words_it_is_given_and_stays_on_its_page(qtbot: QtBot) -> None:
    keyboard = TouchKeyboard()
    qtbot.addWidget(keyboard)
    keyboard.set_names(KeyNames("Capitals", "Delete", "Space", "Enter", "abc", "?123"))
    assert (keyboard.keys["space"].text(), keyboard.keys["enter"].text()) == ("Space", "Enter")
    keyboard.press("page")
    keyboard.set_names(KeyNames("大写", "删除", "空格", "确定", "字母", "符号"))
    assert (keyboard.keys["space"].text(), keyboard.keys["page"].text()) == ("空格", "字母")
    assert keyboard.keys["shift"].accessibleName() == "大写"
    assert "!" in keyboard.keys


def test_touch_keyboard_offers_what_a_password_may_hold(qtbot: QtBot) -> None:
    keyboard = TouchKeyboard()
    qtbot.addWidget(keyboard)
    faces = set(keyboard.keys)
    keyboard.press("shift")
    faces |= set(keyboard.keys)
    keyboard.press("page")
    faces |= set(keyboard.keys) | {" "}
    assert {chr(point) for point in range(0x20, 0x7F)} <= faces


def test_touch_keys_do_not_take_the_focus(qtbot: QtBot, qapp: QApplication) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    line, keyboard = QLineEdit(holder), TouchKeyboard(holder)
    keyboard.attach(line)
    keyboard.setGeometry(0, 60, 600, 240)
    holder.resize(600, 300)
    holder.show()
    holder.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus, timeout=2000)
    QTest.mouseClick(keyboard.keys["q"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: line.text() == "q", timeout=1000)
    assert line.hasFocus()


def test_a_card_is_pressed_or_reached_by_tab(qtbot: QtBot) -> None:
    card = MarginCard()
    qtbot.addWidget(card)
    card.resize(500, 300)
    card.show()
    presses: list[bool] = []
    card.clicked.connect(lambda: presses.append(True))
    QTest.mouseClick(card, Qt.MouseButton.LeftButton)
    assert presses == [True]
    card.set_view(MarginCardView(title="Distal margin", spoken="Distal 2.2 cm, short"))
    assert card.accessibleName() == "Distal margin"
    assert card.accessibleDescription() == "Distal 2.2 cm, short"


def test_an_empty_card_and_a_draft_look_different_from_a_value(qtbot: QtBot) -> None:
    card = MarginCard()
    qtbot.addWidget(card)
    card.resize(500, 300)
    pictures = []
    for value, draft in (("", False), ("5.4", True), ("5.4", False), ("54", False)):
        card.set_view(MarginCardView("Distal", value, "cm", draft=draft))
        pictures.append(card.grab().toImage())
    assert all(a != b for i, a in enumerate(pictures) for b in pictures[i + 1 :])
