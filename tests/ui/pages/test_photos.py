"""Photos and the case sheet on a real store: attached, refused by name, looked at, kept out of the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication

from reset_or.actions import cases, readings
from reset_or.actions.context import Saved
from reset_or.base.lanes import InlineLanes, LaneName
from reset_or.base.words import Language
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen

pytestmark = pytest.mark.ui


def picture(folder: Path, name: str = "IMG_0147.jpg", colour: str = "#884433") -> Path:
    path = folder / name
    Image.new("RGB", (320, 200), colour).save(path)
    return path


@pytest.fixture
def photos(nurse: Screen) -> Screen:
    nurse.shell.navigate("photos", case=nurse.site.cases["03-0147"])
    return nurse


def test_an_empty_page_says_what_to_do(photos: Screen) -> None:
    parts = photos.page.parts
    assert parts.empty.isVisible()
    assert parts.empty.title.text() == "No photos yet"
    assert parts.first.isVisible()
    assert not parts.attach.isVisible(), "one main button"
    assert photos.window.focusWidget() is parts.first


def test_with_photos_the_focus_is_on_their_list(photos: Screen, tmp_path: Path) -> None:
    photos.page.model.add([picture(tmp_path)])
    assert photos.window.focusWidget() is photos.page.parts.list, "the button it had is gone"
    photos.shell.navigate("cases")
    photos.shell.navigate("photos", case=photos.site.cases["03-0147"])
    assert photos.window.focusWidget() is photos.page.parts.list


def test_dropped_files_are_attached_and_a_bad_one_is_named(photos: Screen, tmp_path: Path) -> None:
    bad = tmp_path / "notes.jpg"
    bad.write_bytes(b"not a picture")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (bad, picture(tmp_path))])
    photos.page.dropEvent(
        QDropEvent(
            QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip
    rows = photos.page.parts.list.rows()
    assert [(row.title, row.tone) for row in rows] == [("notes.jpg", "bad"), ("Photo 1", "short")]
    view = photos.workspace.do(cases.case_view, case=photos.site.cases["03-0147"])
    assert [(photo.w, photo.h) for photo in view.photos] == [(320, 200)]
    assert photos.window.sheet is None, "a refusal stands in the list, not over the page"


def test_the_picture_is_shown_from_memory_and_forgotten(photos: Screen, tmp_path: Path) -> None:
    page = photos.page
    page.model.add([picture(tmp_path)])
    assert page.model.large is not None
    assert page.parts.view._item.pixmap().width() == 320
    names = [fact[0].text() for fact in page.parts._fact_rows]
    assert "SHA-256 as taken" in names
    photos.shell.navigate("cases")
    assert page.model.large is None
    assert page.parts.view._item.pixmap().isNull()


class HeldNet(InlineLanes):
    """Store work runs at once, net work waits until the test lets it go on."""

    def __init__(self) -> None:
        self.held: list[Callable[[], None]] = []

    def run(
        self,
        lane: LaneName,
        work: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        inline = super().run
        if lane == "net":
            self.held.append(lambda: inline(lane, work, done, failed))
        else:
            inline(lane, work, done, failed)

    def release(self) -> None:
        while self.held:
            self.held.pop(0)()


def test_a_save_passes_a_picture_that_is_still_being_decoded(
    site: Site, tmp_path: Path, qapp: QApplication
) -> None:
    lanes = HeldNet()
    with screen(site, tmp_path / "copy", qapp, lanes=lanes) as shown:
        shown.sign_in("wang")
        case = site.cases["03-0147"]
        shown.shell.navigate("photos", case=case)
        shown.page.model.add([picture(tmp_path)])
        lanes.held.pop(0)()  # taken in and sealed; now its picture waits to be decoded
        assert shown.page.model.large is None
        assert lanes.held
        saved: list[Saved] = []
        shown.shell.run(
            readings.record_reading, saved.append, case=case, end="proximal", value_mm=54, entered="5.4",
            state="in_vivo",
        )  # fmt: skip
        assert saved
        assert shown.page.model.large is None, "saved first, while the picture still waited"
        lanes.release()
        assert shown.page.model.large is not None
        assert shown.page.parts.view._item.pixmap().width() == 320


def test_the_case_sheet_is_previewed_saved_and_printed_from_memory(nurse: Screen, tmp_path: Path) -> None:
    for end, value_mm in (("proximal", 54), ("distal", 31)):
        nurse.workspace.do(
            readings.record_reading, case=nurse.site.cases["03-0147"], end=end, value_mm=value_mm,
            entered=f"{value_mm / 10}", state="in_vivo",
        )  # fmt: skip
    nurse.shell.navigate("report", case=nurse.site.cases["03-0147"])
    page = nurse.page
    assert page.pdf.pages >= 1
    place = tmp_path / page.model.file_name()
    page.save_to(place)
    assert place.read_bytes() == page.model.pdf
    page.editions.chip("chart").click()
    assert page.model.edition == "chart"
    assert page.model.pdf != place.read_bytes()
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    page.print_on(printer)
    assert (tmp_path / "printed.pdf").stat().st_size > 10_000
    nurse.shell.navigate("cases")
    assert page.model.pdf is None
    assert page.pdf.pages == 0


@pytest.mark.parametrize("name", ["photos", "report"])
def test_nothing_is_cut_or_outside(
    site: Site, tmp_path: Path, qapp: QApplication, language: Language, name: str
) -> None:
    with screen(site, tmp_path / "copy", qapp, language=language) as shown:
        shown.sign_in("wang")
        shown.window.resize(1366, 768)
        shown.shell.navigate(name, case=site.cases["03-0147"])
        QApplication.processEvents()
        if name == "photos":
            assert not cut_texts(shown.window)
            shown.page.model.add([picture(tmp_path)])
        QApplication.processEvents()
        assert not cut_texts(shown.window)
        assert not outside(shown.window)
        assert (shown.window.width(), shown.window.height()) == (1366, 768)
