"""What comes to the photos page beside its dialog: pasted, from a watched card, with another's label."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from reset_or.actions import cases
from reset_or.record.specimen_label import SpecimenLabel, label_text
from tests.fakes.screen import NOW_AT, Screen, cut_texts, outside
from tests.fakes.specimen_labels import photographed
from tests.ui.pages.test_photos import picture

pytestmark = pytest.mark.ui


@pytest.fixture
def photos(nurse: Screen) -> Iterator[Screen]:
    nurse.shell.navigate("photos", case=nurse.site.cases["03-0147"])
    yield nurse
    QGuiApplication.clipboard().clear()  # what lies there must not outlive the application


def kept(screen: Screen, subject: str = "03-0147") -> list[tuple[int, int, str]]:
    view = screen.workspace.do(cases.case_view, case=screen.site.cases[subject])
    return [(photo.w, photo.h, photo.mime) for photo in view.photos]


def test_a_copied_picture_is_pasted_as_its_bytes(photos: Screen) -> None:
    coded = io.BytesIO()
    Image.new("RGB", (64, 48), "#884433").save(coded, "PNG")
    data = QMimeData()
    data.setData("image/png", coded.getvalue())
    QGuiApplication.clipboard().setMimeData(data)
    QTest.keyClick(photos.window.focusWidget(), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert kept(photos) == [(64, 48, "image/png")]


def test_pixels_and_files_are_pasted_too(photos: Screen, tmp_path: Path) -> None:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    data = QMimeData()
    data.setImageData(image)
    QGuiApplication.clipboard().setMimeData(data)
    photos.page.sources.paste()
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(picture(tmp_path)))])
    QGuiApplication.clipboard().setMimeData(files)
    photos.page.sources.paste()
    assert {size[:2] for size in kept(photos)} == {(40, 30), (320, 200)}


def test_a_watched_card_is_offered_and_taken_by_a_press(photos: Screen, tmp_path: Path) -> None:
    page, card = photos.page, tmp_path / "DCIM"
    card.mkdir()
    page.sources.set_folder(str(card))
    path = picture(card)
    os.utime(path, (NOW_AT / 1000, NOW_AT / 1000))
    page.sources.watch.look()
    assert "still being written" in page.parts.watch_line.text()
    page.sources.watch.look()
    assert page.parts.watch_line.text() == "1 new photo in DCIM."
    assert page.parts.watch_take.text() == "Attach to 03-0147"
    assert kept(photos) == [], "offered only"
    assert not cut_texts(photos.window)
    assert not outside(photos.window)
    page.parts.watch_take.click()
    assert len(kept(photos)) == 1
    page.sources.watch.look()
    assert "New photos are offered here" in page.parts.watch_line.text()
    card.rename(tmp_path / "pocket")
    page.sources.watch.look()
    assert "is not there now" in page.parts.watch_line.text()
    assert photos.workspace.settings.photo_folder == str(card)


@pytest.fixture
def other_label(tmp_path: Path) -> Path:
    path = tmp_path / "IMG_0150.jpg"
    path.write_bytes(photographed(label_text(SpecimenLabel("03-0149", "A"))))
    return path


def test_another_subjects_label_is_a_question_and_the_others_go_on(
    photos: Screen, tmp_path: Path, other_label: Path
) -> None:
    photos.page.model.add([other_label, picture(tmp_path)])
    sheet = photos.window.sheet
    assert sheet.title.text() == "The label says 03-0149. This case is 03-0147."
    assert len(kept(photos)) == 1, "the other photo of the drop"
    assert not cut_texts(photos.window)
    sheet.button_of("label_nearby").click()
    assert len(kept(photos)) == 2
    view = photos.workspace.do(cases.case_view, case=photos.site.cases["03-0147"])
    assert {(photo.label, photo.label_reason) for photo in view.photos} == {
        ("", ""), ("03-0149 A", "label_nearby"),
    }  # fmt: skip
    facts = {fact.name: fact.value for fact in photos.page.model.facts()}
    assert facts["Label"] == "03-0149 A, Another specimen's label lay nearby"


def test_the_other_case_is_opened_and_takes_it(photos: Screen, other_label: Path) -> None:
    photos.page.model.add([other_label])
    photos.window.sheet.to_other.click()
    assert photos.page.model.case == photos.site.cases["03-0149"]
    assert (len(kept(photos)), len(kept(photos, "03-0149"))) == (0, 1)
    assert photos.window.sheet is None


def test_escape_keeps_the_question_for_later(photos: Screen, other_label: Path) -> None:
    photos.page.model.add([other_label])
    photos.window.sheet.dismiss()
    assert kept(photos) == []
    row = photos.page.parts.list.rows()[0]
    assert row.detail == "the label says 03-0149: choose this line"
    photos.page._pressed(row)
    photos.window.sheet.out.click()
    assert kept(photos) == []
    assert photos.page.model.intake.question(photos.page.model.case) is None
