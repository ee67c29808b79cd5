"""Taking photographs in the application, from a folder that stands for a camera."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from reset_or.actions import cases
from reset_or.base.words import Language
from reset_or.images.capture import LIGHTS, MARKS
from tests.fakes.photos import even_ruler
from tests.fakes.screen import NOW_AT, Screen, cut_texts, outside
from ui.dialogs.take_photo import TakePhotoSheet

pytestmark = pytest.mark.ui


@pytest.fixture
def fed(tmp_path: Path) -> Path:
    folder = tmp_path / "fed"
    folder.mkdir()
    Image.effect_noise((640, 480), 60).convert("RGB").save(folder / "1.png")
    return folder


@pytest.fixture
def sheet(nurse: Screen, fed: Path) -> Iterator[TakePhotoSheet]:
    nurse.workspace.save_settings(camera=f"folder:{fed}")
    nurse.shell.navigate("photos", case=nurse.site.cases["03-0147"])
    nurse.page.sources.take_photos()
    nurse.window.sheet._timer.stop()  # the test looks by itself
    yield nurse.window.sheet
    nurse.window.drop_sheet()


def photos_of(screen: Screen) -> list[tuple[int, int, str, int | None]]:
    view = screen.workspace.do(cases.case_view, case=screen.site.cases["03-0147"])
    return [(photo.w, photo.h, photo.mime, photo.captured_at) for photo in view.photos]


def test_space_takes_a_photo_with_this_computers_time(nurse: Screen, sheet: TakePhotoSheet) -> None:
    assert sheet.view.image().width() == 640
    assert sheet.title.text() == "Take photos for 03-0147"
    QTest.keyClick(sheet.view, Qt.Key.Key_Space)
    assert photos_of(nurse) == [(640, 480, "image/png", NOW_AT + 60_000)]
    assert sheet.lead.text() == "1 photo taken."
    assert nurse.window.sheet is sheet, "it stays for the next one"


def test_a_pedal_is_learned_kept_and_shoots(nurse: Screen, sheet: TakePhotoSheet, fed: Path) -> None:
    sheet.pedal.click()
    QTest.keyClick(sheet.view, Qt.Key.Key_F9)
    assert nurse.workspace.settings.shutter_key == "F9"
    assert sheet.pedal.text() == "Key or pedal: F9"
    QTest.keyClick(sheet.done, Qt.Key.Key_F9)
    assert len(photos_of(nurse)) == 1
    QTest.keyClick(sheet.view, Qt.Key.Key_F8)
    assert len(photos_of(nurse)) == 1


def test_a_camera_pulled_out_is_said_and_tried_again(nurse: Screen, sheet: TakePhotoSheet, fed: Path) -> None:
    sheet.shutter.click()
    shutil.move(fed, fed.with_name("pocket"))
    for _ in range(5):  # a frame that was on its way may still come, the same as before
        sheet.model.shoot()
    assert "pulled out" in sheet.light.text()
    assert not sheet.shutter.isEnabled()
    assert sheet.view.image().isNull()
    assert len(photos_of(nurse)) == 1, "what was taken is attached"
    shutil.move(fed.with_name("pocket"), fed)
    sheet.again.click()
    assert sheet.model.ready
    assert not sheet.again.isVisible()


def test_the_light_has_words_for_all_that_it_can_say(sheet: TakePhotoSheet, language: Language) -> None:
    model = sheet.model
    model.port.set_language(language)
    live = model.live
    said = set()
    for mark, problem in product(MARKS, LIGHTS):
        model.live = replace(live, mark=mark, problem=problem)
        text, tone, icon = model.words()
        assert (tone, icon) == ("good", "circle-check") or not model.live.good
        said.add(text)
    assert len(said) > 2 * len(LIGHTS)


def test_a_ruler_gives_the_light(nurse: Screen, sheet: TakePhotoSheet, fed: Path) -> None:
    (fed / "2.jpg").write_bytes(even_ruler())
    wanted = nurse.shell.say("photos.seen_ruler")
    for _ in range(20_000):  # each look waits for its picture, the light for nobody
        if sheet.light.text().startswith(wanted):
            break
        sheet.model.look()
    assert sheet.light.text() == f"{wanted} {nurse.shell.say('photos.light_ruler')}"


def test_nothing_is_cut_and_a_hidden_sheet_frees_the_camera(
    nurse: Screen, sheet: TakePhotoSheet, language: Language
) -> None:
    nurse.shell.set_language(language)
    assert not cut_texts(nurse.window)
    assert not outside(nurse.window)
    child = sheet.model._camera._child
    sheet.hide()
    assert child.poll() is not None
    assert sheet.view.image().isNull()
