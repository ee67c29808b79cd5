"""The settings page: a choice takes effect at once and is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from reset_or.actions.context import Person
from reset_or.actions.installation import read_installation
from reset_or.actions.servers import keep_server
from reset_or.actions.site_name import name_site
from reset_or.base.words import Language
from reset_or.workspace.settings import load_settings
from tests.fakes.screen import Screen, Site, screen
from tests.fakes.site import make_workspace
from ui.dialogs.error import ErrorSheet

pytestmark = pytest.mark.ui


def test_the_limit_for_photos_is_kept(nurse: Screen) -> None:
    nurse.shell.navigate("settings")
    page = nurse.page
    assert page.speed.chip("0").isChecked()
    page.speed.chip("2000").click()
    assert nurse.workspace.settings.photo_kbit_s == 2000
    assert load_settings(nurse.workspace.home).photo_kbit_s == 2000
    page.enter()
    assert page.speed.chip("2000").isChecked()


def test_the_limit_is_said_in_both_languages(nurse: Screen, language: Language) -> None:
    nurse.shell.set_language(language)
    nurse.shell.navigate("settings")
    said = {code: nurse.page.speed.chip(code).text() for code in ("0", "500", "5000")}
    unit = {"en": "Mbit/s", "zh": "兆比特/秒"}[language]
    assert (said["500"], said["5000"]) == (f"0.5 {unit}", f"5 {unit}")
    assert said["0"] == {"en": "all of it", "zh": "不限"}[language]


def test_a_server_that_cannot_be_asked_leaves_the_old_address(nurse: Screen) -> None:
    nurse.workspace.do(keep_server, url="http://127.0.0.1:9/old")
    nurse.shell.navigate("settings")
    page = nurse.page
    assert page.url.text() == "http://127.0.0.1:9/old"
    page.url.setText("http://127.0.0.1:9")
    page.url_button.click()
    assert nurse.workspace.server_url == "http://127.0.0.1:9/old"
    assert isinstance(nurse.window.over.sheet, ErrorSheet)
    nurse.window.drop_sheet()
    assert page.url_button.isEnabled()
    page.url.setText("")
    page.url_button.click()
    assert nurse.workspace.server_url == ""
    assert read_installation(nurse.workspace.context.store).server_url == ""


@pytest.mark.parametrize(
    "typed", ["http://centre.example", "http://127.0.0.1.example", "https://centre:port", "https://[", "x"]
)
def test_an_address_that_cannot_be_is_said_below_it(nurse: Screen, typed: str) -> None:
    nurse.shell.navigate("settings")
    page = nurse.page
    page.url.setText(typed)
    page.url_button.click()
    assert page._url_field.below.text() == "An address looks like https://centre.example:8443"
    assert nurse.window.over.sheet is None
    assert (page.url.text(), page.url_button.isEnabled()) == (typed, True)
    assert nurse.workspace.server_url == ""


def test_it_says_what_the_site_is_called(tmp_path: Path, qapp: QApplication) -> None:
    people = {"sun": Person("sun", "site_admin", "Sun Yat"), "wang": Person("wang", "or_nurse", "Wang Min")}
    made = make_workspace(tmp_path / "home", people=people)
    with screen(Site(tmp_path / "home", made._key_store), tmp_path / "copy", qapp) as shown:
        shown.sign_in("sun")
        shown.shell.navigate("settings")
        fact = shown.page._site_name.value
        assert fact.text() == "not stated; the coordinating centre does"
        shown.shell.set_language("zh")
        assert fact.text() == "尚未填写，由数据中心填写"
        shown.workspace.do(name_site, site="03", name="中山大学附属第六医院")
        shown.page.enter()
        assert fact.text() == "中山大学附属第六医院"
