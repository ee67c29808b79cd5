"""Stills offered in the open case: seen, marked, put by one person; and text in a picture sealed already."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from reset_or.actions import cases, photos, specimens
from reset_or.base.words import Language
from tests.fakes.screen import cut_texts, outside
from tests.reset_or.images import foreign
from tests.reset_or.images.test_burned_text import with_text
from tests.ui.test_tower import Room, room  # noqa: F401
from ui.dialogs.burned_text import BurnedTextSheet

pytestmark = [
    pytest.mark.ui,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def open_case(room: Room, subject: str) -> Any:  # noqa: F811
    """The photos page of a case, as the window shows it."""
    room.shown.shell.navigate("photos", case=room.shown.site.cases[subject])
    room.settle()
    return room.shown.page


def arrives(room: Room, port: int, seed: int = 0, exam: str = "1.2.3") -> None:  # noqa: F811
    before = len(room.tower._arrivals)
    room.shown.clock.advance(1_000)
    assert room.send(port, seed=seed, exam=exam) == 0
    room.until(lambda: len(room.tower._arrivals) == before + 1)
    room.settle()


def put_marked(room: Room, page: Any, *places: int) -> None:  # noqa: F811
    for place in places:
        page.parts.stills.tiles[place].click()
    page.parts.stills.put.click()
    room.until(lambda: not page.model.intake.busy)
    room.settle()


def names(room: Room, subject: str) -> int:  # noqa: F811
    view = room.store(cases.case_view, case=room.shown.site.cases[subject])
    return len(view.photos)


def test_what_comes_while_the_case_is_open_is_marked_and_put(room: Room) -> None:  # noqa: F811
    room.enter()
    port = room.listen()
    arrives(room, port, seed=4)  # before any case was open: for the inbox and two people
    room.shown.clock.advance(1_000)
    page = open_case(room, "03-0147")
    strip = page.parts.stills
    assert not strip.isVisible()
    for seed in (0, 1, 2):
        arrives(room, port, seed)
    room.until(lambda: strip.isVisible() and all(tile.pixmap for tile in strip.tiles))
    assert strip.line.text().startswith("3 stills came from the tower since ")
    assert len(strip.tiles) == 3
    assert not strip.put.isEnabled()
    put_marked(room, page, 0, 2)
    assert names(room, "03-0147") == 2
    assert len(strip.tiles) == 1
    strip.leave.click()
    assert not strip.isVisible()
    rows = room.store(specimens.specimen_rows)
    assert sum(row.photos for row in rows) == 2
    assert all(not row.attached_to for row in rows)


def test_another_case_ends_it_and_a_lock_does_too(room: Room) -> None:  # noqa: F811
    room.enter()
    port = room.listen()
    page = open_case(room, "03-0147")
    arrives(room, port, 0)
    assert page.parts.stills.isVisible()
    room.shown.shell.navigate("settings")
    assert open_case(room, "03-0147").parts.stills.isVisible()
    room.shown.clock.advance(1_000)
    assert not open_case(room, "03-0149").parts.stills.isVisible()
    assert not open_case(room, "03-0147").parts.stills.isVisible()
    arrives(room, port, 1)
    assert page.parts.stills.isVisible()
    room.shown.window.lock()
    room.until(lambda: room.shown.window.page_name == "unlock")
    room.settle()
    room.enter()
    assert not open_case(room, "03-0147").parts.stills.isVisible()
    assert sum(row.photos for row in room.store(specimens.specimen_rows)) == 2


def test_a_case_that_is_for_reading_only_is_offered_nothing(room: Room) -> None:  # noqa: F811
    room.enter()
    port = room.listen()
    page = open_case(room, "03-0147")
    room.shown.shell.navigate("inbox")
    arrives(room, port, 0)
    (row,) = room.store(specimens.specimen_rows)
    room.shown.shell.navigate("photos", case=row.rec)
    room.settle()
    assert not page.parts.stills.isVisible()  # a specimen of the inbox is no case


def test_text_in_a_still_is_asked_about_before_it_is_in_the_case(room: Room) -> None:  # noqa: F811
    room.enter()
    port = room.listen()
    page = open_case(room, "03-0147")
    file = room.folder / "named.dcm"
    file.write_bytes(foreign.as_bytes(foreign.tower_still(with_text())))
    room.shown.clock.advance(1_000)
    room.send_file(port, file)
    room.until(lambda: room.tower._arrivals)
    room.settle()
    put_marked(room, page, 0)
    room.until(lambda: isinstance(room.shown.window.sheet, BurnedTextSheet))
    assert names(room, "03-0147") == 0
    sheet = room.shown.window.sheet
    assert sheet.drop.isVisible()
    sheet.submit("clean")
    room.until(lambda: not page.model.intake.busy)
    room.settle()
    (photo,) = room.store(cases.case_view, case=room.shown.site.cases["03-0147"]).photos
    assert (photo.burned_in, "text_likely" in photo.warnings) == (False, True)


# sealed already --------------------------------------------------------------------------------------------
@pytest.fixture
def sealed(room: Room) -> tuple[Room, str]:  # noqa: F811
    """A still with letters in it that is in the case, and nobody was asked."""
    room.enter()
    taken = photos.take_in(lambda: foreign.as_bytes(foreign.tower_still(with_text())), zone_min=480)
    saved = room.store(photos.attach_photo, case=room.shown.site.cases["03-0147"], taken=taken)
    return room, saved.rec


def ask(room: Room) -> tuple[Any, BurnedTextSheet]:  # noqa: F811
    page = open_case(room, "03-0147")
    room.until(lambda: page.parts.text.isVisible())
    page.parts.text.click()
    room.until(lambda: isinstance(room.shown.window.sheet, BurnedTextSheet))
    sheet = room.shown.window.sheet
    assert not sheet.drop.isVisible()
    return page, sheet


def test_a_sealed_picture_is_answered(sealed: tuple[Room, str]) -> None:
    room, rec = sealed  # noqa: F811
    page, sheet = ask(room)
    sheet.submit("clean")
    room.until(lambda: not page.parts.text.isVisible())
    (photo,) = room.store(cases.case_view, case=room.shown.site.cases["03-0147"]).photos
    assert (photo.rec, photo.burned_in) == (rec, False)


def test_a_sealed_picture_is_blacked_out(sealed: tuple[Room, str]) -> None:
    room, rec = sealed  # noqa: F811
    page, sheet = ask(room)
    assert sheet.regions.boxes
    sheet.submit("black")
    room.until(lambda: page.model.chosen not in ("", rec) and not page.parts.text.isVisible())
    room.settle()
    (photo,) = room.store(cases.case_view, case=room.shown.site.cases["03-0147"]).photos
    assert photo.rec == page.model.chosen
    assert (photo.burned_in, "blacked_out" in photo.warnings) == (False, True)


def test_strip_and_button_fit(sealed: tuple[Room, str], language: Language, qapp: QApplication) -> None:
    room, _ = sealed  # noqa: F811
    room.shown.shell.set_language(language)
    port = room.listen()
    page = open_case(room, "03-0147")
    for seed in range(3):
        arrives(room, port, seed)
    page.parts.stills.tiles[1].click()
    room.until(lambda: page.parts.text.isVisible())
    qapp.processEvents()
    assert cut_texts(room.shown.window) == {}
    assert outside(room.shown.window) == []
