"""The unlock page: people, passwords, the states of the device by name, and languages at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reset_or.base import words
from reset_or.base.errors import UserFixable
from reset_or.base.words import Language
from tests.fakes.screen import Screen, Site, screen
from tests.fakes.site import password_of

pytestmark = pytest.mark.ui


def test_a_person_signs_in_with_the_keyboard_alone(shown: Screen, qtbot: QtBot) -> None:
    page = shown.page
    qtbot.keyClick(page, Qt.Key.Key_Down)
    qtbot.keyClick(page, Qt.Key.Key_Down)
    assert page._person().user == "wang"
    qtbot.keyClicks(page.secret.line, password_of("wang"))
    qtbot.keyClick(page.secret.line, Qt.Key.Key_Return)
    assert shown.workspace.active == "wang"
    assert shown.window.page_name == "cases"


def test_a_wrong_password_is_named_and_forgotten_by_the_line(shown: Screen) -> None:
    shown.page.choose("wang")
    shown.page.secret.line.setText("not it")
    shown.page.sign_in("not it")
    title, _ = words.explain(UserFixable("open_wrong_password"), "en")
    assert shown.page.secret.message.text() == title
    assert shown.page.secret.text() == ""
    assert not shown.workspace.unlocked


def test_after_many_misses_the_page_counts_the_wait_down_and_asks_nothing_meanwhile(shown: Screen) -> None:
    shown.page.choose("wang")
    for _ in range(6):
        shown.page.sign_in("not it")
    assert shown.page._wait_s > 0
    shown.page.secret.line.setText(password_of("wang"))
    shown.page.sign_in(password_of("wang"))
    assert not shown.workspace.unlocked, "nothing is tried while the wait runs"
    for _ in range(shown.page._wait_s):
        shown.page._second()
        shown.clock.advance(1000)
    shown.page.sign_in(password_of("wang"))
    assert shown.workspace.unlocked


def test_the_eye_shows_the_password_and_hides_it_again(shown: Screen) -> None:
    line = shown.page.secret
    shown.page.choose("wang")
    line.line.setText("plum")
    assert line.line.displayText() != "plum"
    line.eye.click()
    assert line.line.displayText() == "plum"
    line.clear()
    assert not line.eye.isChecked()


@pytest.mark.parametrize("state", ["db_missing", "slots_damaged"])
def test_a_state_in_which_nobody_can_sign_in_is_named(
    site: Site, tmp_path: Path, qapp: QApplication, state: str, language: Language
) -> None:
    with screen(site, tmp_path / "copy", qapp, language=language) as shown:
        home = shown.workspace.home
        if state == "db_missing":
            home.database.unlink()
        else:
            for place in home.root.glob("slots.json*"):
                place.write_bytes(b"{}")
        shown.page.look()
        title, advice = words.explain(UserFixable(f"open_{state}"), language)
        assert shown.page.trouble.title.text() == title
        assert shown.page.trouble.advice.text() == advice
        assert shown.page.trouble.isVisible()
        assert not shown.page.door.isVisible()


def test_the_language_changes_every_word_at_once(shown: Screen) -> None:
    before = shown.page._who.text()
    shown.shell.toggle_language()
    assert shown.page._who.text() == words.say("unlock.who", "zh") != before
    assert shown.workspace.settings.language == "zh"


def test_a_demo_is_marked_and_says_its_passwords(site: Site, tmp_path: Path, qapp: QApplication) -> None:
    with screen(site, tmp_path / "copy", qapp, demo=True, demo_passwords={"wang": "demo-w"}) as shown:
        assert shown.window.strip.isVisible()
        shown.page.choose("wang")
        assert "demo-w" in shown.page.door.hint.text()


def test_a_touch_screen_gets_our_own_keys(site: Site, tmp_path: Path, qapp: QApplication) -> None:
    with screen(site, tmp_path / "copy", qapp, touch=True, size=(1920, 1080)) as shown:
        shown.page.choose("wang")
        keyboard = shown.page.secret.keyboard
        assert keyboard is not None
        keyboard.press("a")
        keyboard.press("shift")
        keyboard.press("B")
        assert shown.page.secret.text() == "aB"


def test_without_a_touch_screen_no_keys_take_room(shown: Screen) -> None:
    assert shown.page.secret.keyboard is None


def test_the_true_state_of_the_device_stands_on_the_page(shown: Screen) -> None:
    page = shown.page
    assert not page.protection.isVisible()
    page._looked(replace(shown.workspace.probe(), reduced=True))
    assert page.protection.text() == words.say("unlock.reduced", "en")
    assert page.protection.isVisible()
    assert page.door.isVisible(), "one can sign in all the same"
    page._looked(replace(shown.workspace.probe(), state="in-use", in_use_pid=4711))
    assert "4711" in page.trouble.accessibleName()
    assert not page.door.isVisible()
