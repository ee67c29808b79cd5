"""Text in a still of the tower: a person is asked before anything is sealed, with the real window."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from reset_or.actions import cases
from reset_or.actions import photos as photo_actions
from reset_or.actions.views import PhotoView
from reset_or.base.words import Language
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen
from tests.reset_or.images import foreign
from tests.reset_or.images.test_burned_text import read_by_tesseract, with_text

pytestmark = pytest.mark.ui


@pytest.fixture
def photos(nurse: Screen) -> Screen:
    nurse.shell.navigate("photos", case=nurse.site.cases["03-0147"])
    return nurse


def still(folder: Path, name: str = "IM0001") -> Path:
    path = folder / name
    number = str(sum(name.encode()))
    path.write_bytes(
        foreign.as_bytes(foreign.tower_still(with_text(), foreign.EXPLICIT, InstanceNumber=number))
    )
    return path


def plain(folder: Path) -> Path:
    path = folder / "plain.jpg"
    Image.new("RGB", (320, 200), "#884433").save(path)
    return path


def kept(shown: Screen) -> tuple[PhotoView, ...]:
    return shown.workspace.do(cases.case_view, case=shown.site.cases["03-0147"]).photos


def sealed_files(shown: Screen) -> list[Path]:
    return [path for path in shown.workspace.context.home.blobs.rglob("*") if path.is_file()]


def states(shown: Screen) -> dict[str, str]:
    return {job.source.name: job.state for job in shown.page.model.intake.jobs}


def test_one_file_waits_for_its_answer_while_others_go_on(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([still(tmp_path), plain(tmp_path)])
    assert [(photo.w, photo.h) for photo in kept(photos)] == [(320, 200)], "the other went on"
    sheet = photos.window.sheet
    assert "IM0001" in sheet.title.text()
    assert 2 <= len(sheet.regions.boxes) <= 12
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert photos.window.sheet is None
    assert states(photos)["IM0001"] == "asking", "no answer is no answer"
    assert len(sealed_files(photos)) == 1
    row = next(row for row in photos.page.parts.list.rows() if row.title == "IM0001")
    photos.page.parts.list.opened.emit(row)
    assert photos.window.sheet is not None, "asked again from its line"


def test_what_is_marked_is_black_in_what_is_kept(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([still(tmp_path)])
    sheet = photos.window.sheet
    QTest.mouseClick(sheet.black, Qt.MouseButton.LeftButton)
    (photo,) = kept(photos)
    assert "blacked_out" in photo.warnings
    assert photo.burned_in is False, "and the person said the same of the rest"
    data, mime, _turn = photos.workspace.do(photo_actions.open_photo, photo=photo.rec)
    assert mime == "image/png"
    assert not [c for c in read_by_tesseract(data, tmp_path) if c.isalnum()]


def test_a_rectangle_of_the_person_is_black_too(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([still(tmp_path)])
    sheet = photos.window.sheet
    while sheet.regions.boxes:
        QTest.keyClick(sheet.view, Qt.Key.Key_PageDown)
        QTest.keyClick(sheet.view, Qt.Key.Key_Delete)
    assert not sheet.black.isEnabled()
    QTest.mouseClick(sheet.add, Qt.MouseButton.LeftButton)
    (x, y, w, h) = sheet.regions.boxes[0]
    QTest.mouseClick(sheet.black, Qt.MouseButton.LeftButton)
    data, _mime, _turn = photos.workspace.do(photo_actions.open_photo, photo=kept(photos)[0].rec)
    with Image.open(io.BytesIO(data)) as image:
        assert image.crop((x, y, x + w, y + h)).getcolors() == [(w * h, (0, 0, 0))]


def test_nothing_that_names_anybody_is_said_and_written_down(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([still(tmp_path)])
    QTest.mouseClick(photos.window.sheet.clean, Qt.MouseButton.LeftButton)
    (photo,) = kept(photos)
    assert photo.burned_in is False
    assert "blacked_out" not in photo.warnings
    assert "A person looked: no text in it names anybody." in photos.page.model.warnings()


def test_a_file_left_out_leaves_nothing(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([still(tmp_path)])
    QTest.mouseClick(photos.window.sheet.drop, Qt.MouseButton.LeftButton)
    assert kept(photos) == ()
    assert sealed_files(photos) == []
    assert states(photos) == {"IM0001": "dropped"}


def test_two_stills_are_asked_about_one_after_the_other(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([still(tmp_path), still(tmp_path, "IM0002")])
    assert "IM0001" in photos.window.sheet.title.text()
    QTest.mouseClick(photos.window.sheet.clean, Qt.MouseButton.LeftButton)
    assert "IM0002" in photos.window.sheet.title.text()
    QTest.mouseClick(photos.window.sheet.drop, Qt.MouseButton.LeftButton)
    assert len(kept(photos)) == 1


def test_under_the_cover_no_picture_stays_and_the_file_still_waits(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([still(tmp_path)])
    photos.page.cover(True)
    assert photos.window.sheet is None
    assert states(photos) == {"IM0001": "asking"}


def test_an_answer_goes_to_the_case_of_the_file(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([still(tmp_path)])
    number = photos.page.model.intake.jobs[0].number
    QTest.keyClick(photos.window.sheet, Qt.Key.Key_Escape)
    photos.shell.navigate("photos", case=photos.site.cases["03-0145"])
    assert photos.page.parts.empty.isVisible(), "the other case does not show it"
    photos.page.model.intake.answer(number, "clean")
    assert len(kept(photos)) == 1


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_nothing_is_cut_or_outside(
    site: Site, tmp_path: Path, qapp: QApplication, language: Language, size: tuple[int, int]
) -> None:
    with screen(site, tmp_path / "copy", qapp, language=language, size=size) as shown:
        shown.sign_in("wang")
        shown.shell.navigate("photos", case=site.cases["03-0147"])
        shown.page.model.add([still(tmp_path)])
        QApplication.processEvents()
        sheet: Any = shown.window.sheet
        assert cut_texts(shown.window) == {}
        assert outside(shown.window, lambda widget: sheet.isAncestorOf(widget)) == []
        assert not sheet.area.verticalScrollBar().isVisible(), "the whole question is seen at once"
        QTest.keyClick(sheet, Qt.Key.Key_Escape)
        QApplication.processEvents()
        assert cut_texts(shown.window) == {}
