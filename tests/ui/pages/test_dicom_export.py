"""Images leave by the report page: to a folder and to dcmtk's archive, with the real window and store."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from reset_or.actions import photos
from reset_or.base.words import Language
from tests.fakes.orthanc import certificates, free_port
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen
from tests.fakes.storescp import storescp
from tests.reset_or.images import specimens as make
from ui.viewmodels.dicom_export import Line

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton


def _with_photos(shown: Screen) -> Screen:
    from reset_or.images.intake import take_in

    case = shown.site.cases["03-0147"]
    for data in (make.jpeg((64, 48)), make.png()):
        shown.workspace.do(photos.attach_photo, case=case, taken=take_in(data), state="fresh_unpinned")
    shown.shell.navigate("report", case=case)
    QTest.mouseClick(shown.page.export, LEFT)
    return shown


@pytest.fixture
def sheet(nurse: Screen) -> Screen:
    return _with_photos(nurse)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """dcmtk's storescp: its port, and the folder that it fills."""
    folder = tmp_path / "archive"
    with storescp(folder) as port:
        yield port, folder


def test_a_case_without_photos_has_nothing_to_export(nurse: Screen) -> None:
    nurse.shell.navigate("report", case=nurse.site.cases["03-0149"])
    assert not nurse.page.export.isEnabled()


def test_to_a_folder(sheet: Screen, tmp_path: Path) -> None:
    shown = sheet.window.sheet
    shown.submit()
    assert shown.fields["folder"].below.text() == "Choose a folder."
    shown.inputs["folder"].setText(str(tmp_path / "disc"))
    shown.submit()
    assert shown.words.text() == "All arrived: 2"
    assert shown.note.text().splitlines() == ["Photo 1: accepted", "Photo 2: accepted"]
    assert (tmp_path / "disc" / "DICOMDIR").is_file()
    shown.submit()
    assert sheet.window.sheet is None


def test_a_full_folder_is_refused_and_nothing_typed_is_lost(sheet: Screen, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    shown = sheet.window.sheet
    shown.inputs["folder"].setText(str(tmp_path))
    shown.submit()
    assert shown.problem.isVisible()
    assert shown.inputs["folder"].isVisible()
    assert shown.inputs["folder"].text() == str(tmp_path)


def _to_pacs(sheet: Screen, port: int) -> None:
    shown = sheet.window.sheet
    QTest.mouseClick(shown.kinds.chip("pacs"), LEFT)
    for name, text in (("host", "127.0.0.1"), ("port", str(port)), ("called", "ARCHIVE")):
        shown.inputs[name].setText(text)
    shown.submit()


def test_to_an_archive_and_remembered(sheet: Screen, archive: tuple[int, Path]) -> None:
    port, folder = archive
    _to_pacs(sheet, port)
    assert sheet.window.sheet.words.text() == "All arrived: 2"
    assert len(list(folder.iterdir())) == 2
    sheet.window.sheet.submit()
    QTest.mouseClick(sheet.page.export, LEFT)
    shown = sheet.window.sheet
    assert shown.place.kind == "pacs"
    assert (shown.inputs["port"].text(), shown.inputs["called"].text()) == (str(port), "ARCHIVE")


def test_to_an_archive_that_asks_who_we_are(
    sheet: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers, folder = certificates(tmp_path / "papers"), tmp_path / "archive"
    shown = sheet.window.sheet
    QTest.mouseClick(shown.kinds.chip("pacs"), LEFT)
    assert not shown.inputs["cert"].isVisible()
    shown.tls.click()
    for name in ("ca", "cert", "key"):
        assert shown.browse[name].isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(papers.ca), ""))
    shown.browse["ca"].click()
    assert shown.inputs["ca"].text() == str(papers.ca)
    shown.inputs["key"].setText(str(papers.key))
    with storescp(folder, "+tls", papers.key, papers.cert, "+cf", papers.ca) as port:
        _to_pacs(sheet, port)
        assert shown.fields["cert"].below.text() == "The key needs its certificate."
        shown.inputs["cert"].setText(str(papers.cert))
        shown.submit()
    assert shown.words.text() == "All arrived: 2"
    assert len(list(folder.iterdir())) == 2
    kept = sheet.workspace.settings.dicom
    assert (kept["tls"], kept["cert"], kept["key"]) == (True, str(papers.cert), str(papers.key))


def test_the_photos_page_opens_the_same_sheet(nurse: Screen) -> None:
    nurse.shell.navigate("photos", case=nurse.site.cases["03-0149"])
    assert not nurse.page.parts.export.isVisible()
    shown = _with_photos(nurse)
    shown.window.sheet.dismiss()
    nurse.shell.navigate("photos", case=nurse.site.cases["03-0147"])
    QTest.mouseClick(nurse.page.parts.export, LEFT)
    assert type(nurse.window.sheet).__name__ == "ExportSheet"
    assert nurse.window.sheet.model.case == nurse.site.cases["03-0147"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_archive_that_is_away_is_named_and_may_be_tried_again(sheet: Screen) -> None:
    _to_pacs(sheet, free_port())
    shown = sheet.window.sheet
    assert shown.problem.isVisible()
    assert shown.model.phase == "form"
    assert shown.inputs["host"].text() == "127.0.0.1"
    gc.collect()  # pynetdicom leaves the socket of a call that nobody answered to the collector


def test_the_password_is_never_remembered(sheet: Screen) -> None:
    shown = sheet.window.sheet
    QTest.mouseClick(shown.kinds.chip("web"), LEFT)
    shown.inputs["url"].setText("https://wang:secret@pacs.example/dicom-web")
    shown.submit()
    assert shown.fields["url"].below.text().startswith("An address that begins")
    shown.inputs["url"].setText("http://pacs.example/dicom-web")
    shown.inputs["password"].setText("pass-word-7a3f")
    shown.submit()
    assert shown.fields["url"].below.text().startswith("Without https://")
    assert shown.model.phase == "form"
    shown.inputs["url"].setText(f"http://127.0.0.1:{free_port()}/dicom-web")
    shown.inputs["user"].setText("reset")
    shown.inputs["password"].setText("pass-word-7a3f")
    shown.submit()
    assert shown.problem.isVisible()
    kept = sheet.workspace.home.settings.read_text(encoding="utf-8")
    assert '"reset"' in kept
    assert "pass-word" not in kept
    assert "secret" not in kept


def test_photos_that_nobody_judged_are_named_first(nurse: Screen, tmp_path: Path) -> None:
    from reset_or.images.intake import take_in
    from tests.reset_or.images import foreign
    from tests.reset_or.images.test_burned_text import with_text

    still = foreign.as_bytes(foreign.tower_still(with_text(), foreign.EXPLICIT))
    case = nurse.site.cases["03-0147"]
    nurse.workspace.do(photos.attach_photo, case=case, taken=take_in(still))
    nurse.shell.navigate("report", case=case)
    QTest.mouseClick(nurse.page.export, LEFT)
    shown = nurse.window.sheet
    shown.inputs["folder"].setText(str(tmp_path / "disc"))
    shown.submit()
    assert shown.note.text().startswith("Text may stand in these photos")
    assert not (tmp_path / "disc").exists()
    shown.submit()
    assert (tmp_path / "disc" / "DICOMDIR").is_file()


@pytest.mark.parametrize("kind", ["folder", "pacs", "web", "done"])
def test_nothing_is_cut_or_outside(
    site: Site, tmp_path: Path, qapp: QApplication, language: Language, kind: str
) -> None:
    with screen(site, tmp_path / "copy", qapp, language=language) as shown:
        shown.sign_in("wang")
        sheet = _with_photos(shown).window.sheet
        if kind == "done":
            sheet.model.lines = tuple(Line(f"Photo {n}: accepted", False) for n in range(40))
            sheet.model._to("done")
        else:
            QTest.mouseClick(sheet.kinds.chip(kind), LEFT)
            sheet.tls.setChecked(True)
        QApplication.processEvents()
        assert cut_texts(shown.window) == {}
        assert outside(shown.window, lambda widget: sheet.isAncestorOf(widget)) == []
        assert sheet.go.isVisible()
