"""The settings page: a choice takes effect at once and is kept."""

from __future__ import annotations

import pytest

from reset_or.base.words import Language
from reset_or.workspace.settings import load_settings
from tests.fakes.screen import Screen

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
