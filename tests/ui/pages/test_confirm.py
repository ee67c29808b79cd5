"""Read-back on a real store: the recorder signs, then the second person, now or later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reset_or.actions import cases, readings
from reset_or.actions.views import CaseView
from reset_or.base import words
from reset_or.base.words import Language
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen
from tests.fakes.site import password_of

pytestmark = pytest.mark.ui


def view_of(shown: Screen) -> CaseView:
    return shown.workspace.do(cases.case_view, case=shown.site.cases["03-0147"])


def record(shown: Screen, proximal: int = 54, distal: int = 31) -> None:
    for end, value_mm in (("proximal", proximal), ("distal", distal)):
        shown.workspace.do(
            readings.record_reading, case=shown.site.cases["03-0147"], end=end, value_mm=value_mm,
            entered=f"{value_mm / 10}", state="in_vivo", retyped=True,
        )  # fmt: skip


@pytest.fixture
def confirm(nurse: Screen) -> Screen:
    record(nurse)
    nurse.shell.navigate("confirm", case=nurse.site.cases["03-0147"])
    return nurse


def give(shown: Screen, user: str, qtbot: QtBot) -> None:
    shown.page.parts.password.line.clear()
    qtbot.keyClicks(shown.page.parts.password.line, password_of(user))
    shown.page.parts.main.click()


def test_the_pair_is_of_record_after_both_signed(confirm: Screen, qtbot: QtBot) -> None:
    parts = confirm.page.parts
    assert not parts.main.isEnabled()
    assert not parts.people.tile("wang").isEnabled(), "nobody confirms the own values"
    parts.people.tile("chen").click()
    give(confirm, "wang", qtbot)
    assert view_of(confirm).record.status == "provisional"
    assert confirm.page.model.signer == "chen"
    assert parts.later.isVisible()
    give(confirm, "chen", qtbot)
    view = view_of(confirm)
    assert (view.record.status, view.lifecycle, view.arm_confirmed) == ("of_record", "confirmed", True)
    assert [(s.meaning, s.user, s.readback_by) for s in view.signatures] == [
        ("recorded", "wang", "chen"), ("confirmed", "chen", ""),
    ]  # fmt: skip
    assert confirm.page.model.stage == "done"


def test_the_second_person_may_sign_later(confirm: Screen, qtbot: QtBot) -> None:
    confirm.page.parts.people.tile("zhang").click()
    give(confirm, "wang", qtbot)
    confirm.page.parts.later.click()
    assert confirm.window.page_name == "cases"
    assert view_of(confirm).record.status == "provisional"


def test_a_wrong_password_is_said_and_signs_nothing(confirm: Screen, qtbot: QtBot) -> None:
    parts = confirm.page.parts
    parts.people.tile("chen").click()
    qtbot.keyClicks(parts.password.line, "not the password at all")
    parts.main.click()
    assert parts.password.message.isVisible()
    assert parts.password.text() == ""
    assert view_of(confirm).signatures == ()


def test_six_digits_and_one_press_sign_for_a_person_with_a_pin(nurse: Screen, qtbot: QtBot) -> None:
    nurse.workspace.set_pin("wang", "271828")
    record(nurse)
    nurse.shell.navigate("confirm", case=nurse.site.cases["03-0147"])
    parts = nurse.page.parts
    parts.people.tile("chen").click()
    assert parts.pad.isVisible()
    qtbot.keyClicks(parts.pad, "111111")
    parts.main.click()
    assert "4 tries left" in parts.pad.message.text()
    qtbot.keyClicks(parts.pad, "271828")
    parts.main.click()
    assert [s.reauth for s in view_of(nurse).signatures] == ["pin"]


def test_a_reason_is_one_press_on_this_page(nurse: Screen, qtbot: QtBot) -> None:
    record(nurse, 54, 22)
    nurse.shell.navigate("confirm", case=nurse.site.cases["03-0147"])
    parts = nurse.page.parts
    assert parts.reason_card.isVisible()
    parts.people.tile("chen").click()
    assert not parts.main.isEnabled()
    parts.reasons.tile("perfusion").click()
    main = view_of(nurse).record.distal.main
    assert main is not None
    assert main.reason == "perfusion"
    give(nurse, "wang", qtbot)
    assert len(view_of(nurse).signatures) == 1


def test_on_glass_our_keys_come_when_the_reason_is_chosen(
    site: Site, tmp_path: Path, qapp: QApplication
) -> None:
    with screen(site, tmp_path / "copy", qapp, size=(1920, 1080), touch=True) as shown:
        shown.sign_in("wang")
        record(shown, 54, 22)
        shown.shell.navigate("confirm", case=site.cases["03-0147"])
        parts = shown.page.parts
        parts.people.tile("chen").click()
        assert parts.reason_card.isVisible()
        assert not parts.keyboard.isVisible()
        parts.reasons.tile("perfusion").click()
        assert parts.keyboard.isVisible()
        for language in ("en", "zh"):
            shown.shell.set_language(language)
            words_of = {name: parts.keyboard.keys[name].text() for name in ("space", "enter")}
            assert words_of == {
                name: words.say(f"ui_shell.keyboard_{name}", language) for name in ("space", "enter")
            }
        for char in password_of("wang"):
            parts.keyboard.press("space" if char == " " else char)
        parts.main.click()
        assert len(view_of(shown).signatures) == 1


def test_the_focus_waits_on_the_next_act_and_never_on_the_way_back(nurse: Screen, qtbot: QtBot) -> None:
    record(nurse, 54, 22)
    nurse.shell.navigate("confirm", case=nurse.site.cases["03-0147"])
    parts = nurse.page.parts
    assert nurse.window.focusWidget() is parts.people.first()
    parts.people.tile("chen").click()
    parts.reasons.tile("perfusion").click()
    assert nurse.window.focusWidget() is parts.password.line
    assert "Blood supply" in nurse.page.model.lines()[1].note, "the reason stands beside its value"


def test_back_loses_nothing(confirm: Screen) -> None:
    confirm.page.parts.people.tile("chen").click()
    confirm.page.parts.header.back_button.click()
    assert confirm.window.page_name == "margins"
    assert view_of(confirm).record.proximal.total_mm == 54


def test_leaving_forgets_what_was_typed_of_a_secret(confirm: Screen, qtbot: QtBot) -> None:
    confirm.page.parts.people.tile("chen").click()
    qtbot.keyClicks(confirm.page.parts.password.line, "half a pass")
    page: Any = confirm.page
    confirm.shell.navigate("cases")
    assert page.parts.password.text() == ""


def test_one_end_missing_leads_back_to_the_entry(nurse: Screen) -> None:
    nurse.workspace.do(
        readings.record_reading, case=nurse.site.cases["03-0147"], end="proximal", value_mm=54, entered="5.4",
        state="in_vivo",
    )  # fmt: skip
    nurse.shell.navigate("confirm", case=nurse.site.cases["03-0147"])
    assert nurse.page.parts.state_title.text() == "One end has no length"
    nurse.page.parts.main.click()
    assert nurse.window.page_name == "margins"


@pytest.mark.parametrize(
    ("size", "touch"), [((1366, 768), False), ((1920, 1080), True)], ids=["mouse", "touch"]
)
def test_nothing_is_cut_or_outside(
    site: Site, tmp_path: Path, qapp: QApplication, language: Language, size: tuple[int, int], touch: bool
) -> None:
    with screen(site, tmp_path / "copy", qapp, size=size, touch=touch, language=language) as shown:
        shown.sign_in("wang")
        shown.window.resize(*size)
        record(shown, 54, 22)
        shown.shell.navigate("confirm", case=site.cases["03-0147"])
        for _ in range(2):
            QApplication.processEvents()
            assert not cut_texts(shown.window)
            assert not outside(shown.window)
            assert (shown.window.width(), shown.window.height()) == size
            shown.page.parts.people.tile("chen").click()
