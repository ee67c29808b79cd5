"""Two photographs side by side: which, what each says, how they move, and what stays hidden."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from reset_or.actions import photos
from reset_or.base.words import LANGUAGES
from reset_or.images.intake import take_in
from reset_or.images.specimen_art import make_specimen
from tests.fakes import measuring as bench
from tests.fakes.desk import SUBJECT, Desk
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen
from ui.viewmodels.workbench_beside import same_scale

pytestmark = pytest.mark.ui
FIXED_MM = (95, 42, 39)


@dataclass
class Pair:
    """The fresh specimen, measured twice, and the same one fixed, with a scale and one reading of an end."""

    desk: Desk
    fresh: str
    fixed: str

    @property
    def beside(self) -> Any:
        return self.desk.page.beside

    @property
    def views(self) -> tuple[Any, Any]:
        one, other = self.beside.panes
        return one.view, other.view

    def said(self, side: int) -> str:
        pane = self.beside.panes[side]
        return " ".join(f"{pane.title.text()} {pane.detail.text()} {pane.lengths.text()}".split())


@dataclass
class Bench:
    """A site with both photographs, and what was measured on them."""

    site: Site
    fresh: str
    fixed: str
    truth: dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    place = tmp_path_factory.mktemp("beside") / "home"
    at_bench = bench.make_bench(place)
    at_bench.twice(at_bench.calibrate())
    fresh = at_bench.photo
    jpeg, at_bench.truth = make_specimen(1500, 1000, *FIXED_MM, SUBJECT, captured_at=bench.NOW_AT - 300_000)
    at_bench.photo = at_bench.workspace.do(
        photos.attach_photo, case=at_bench.case, taken=take_in(jpeg), state="fixed_unpinned"
    ).rec
    at_bench.measure(at_bench.calibrate(), "proximal")
    at_bench.workspace.lock()
    site = Site(place, at_bench.workspace._key_store, {SUBJECT: at_bench.case})
    return Bench(site, fresh, at_bench.photo, at_bench.truth)


def _pair(shown: Screen, made: Bench) -> Pair:
    shown.clock.advance(3_600_000)
    shown.sign_in("li")
    case = made.site.cases[SUBJECT]
    for photo in (made.fresh, made.fixed):
        shown.shell.navigate("workbench", case=case, photo=photo)
    return Pair(Desk(shown, case, made.fixed, made.truth), made.fresh, made.fixed)


@pytest.fixture
def pair(made: Bench, tmp_path: Path, qapp: QApplication) -> Iterator[Pair]:
    with screen(made.site, tmp_path / "copy", qapp) as shown:
        found = _pair(shown, made)
        found.desk.key(Qt.Key.Key_S)
        yield found


def test_each_side_says_state_time_and_what_may_be_seen(pair: Pair) -> None:
    assert pair.beside.isVisible()
    assert not pair.desk.page.parts.bench.isVisible()
    assert pair.said(0).startswith("Fixed Taken 2026-11-23 14:27 ")
    assert pair.said(1).startswith("Fresh Taken 2026-11-23 14:22 Proximal 10.")
    assert [view._mm_per_px is not None for view in pair.views] == [True, True]
    assert {mark.code for mark in pair.views[1]._marks} == {"ruler", "proximal", "distal", "tumour"}


def test_an_open_series_shows_no_length_on_either_side(pair: Pair) -> None:
    assert pair.said(0).endswith("Proximal Taken")
    assert {mark.code for mark in pair.views[0]._marks} == {"ruler"}
    pair.desk.key(Qt.Key.Key_S)
    pair.desk.shown.shell.navigate("workbench", case=pair.desk.case, photo=pair.fresh)
    pair.desk.key(Qt.Key.Key_S)
    assert pair.beside.model.photo == pair.fixed
    assert pair.said(1).endswith("Proximal Taken")
    assert {mark.code for mark in pair.views[1]._marks} == {"ruler"}


def test_each_moves_by_itself_until_they_are_held_together(pair: Pair) -> None:
    one, other = pair.views
    before = other.place()
    one.zoom_to(1.0)
    assert other.place() == before
    QTest.keyClick(other, Qt.Key.Key_T)
    assert pair.beside.model.together
    ratio = same_scale(pair.desk.model, pair.beside.model)
    assert ratio is not None
    for leader, follower, wanted in ((one, other, ratio), (other, one, 1 / ratio)):
        leader.zoom_to(1.3)
        assert follower.factor() == pytest.approx(1.3 * wanted)
        start = follower.place()[1]
        QTest.keyClick(leader, Qt.Key.Key_Right)
        assert follower.place()[1].x() > start.x()
    glass_mm = [view.factor() / view._mm_per_px for view in pair.views]
    assert glass_mm[0] == pytest.approx(glass_mm[1]), "a millimetre is as long on both"
    assert "same scale" in pair.beside.hint.text()
    QTest.keyClick(other, Qt.Key.Key_T)
    before = other.place()
    one.zoom_to(2.0)
    assert other.place() == before


def test_a_turned_view_follows_on_the_glass(pair: Pair) -> None:
    one, other = pair.views
    other.setFocus()
    QTest.keyClick(other, Qt.Key.Key_R)
    for view in pair.views:
        view.zoom_to(1.5)
    pair.beside.together.click()
    start = other.viewportTransform().map(QPointF(700, 500))
    QTest.mousePress(one.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    QTest.mouseMove(one.viewport(), QPoint(250, 280))
    QTest.mouseRelease(one.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(250, 280))
    moved = other.viewportTransform().map(QPointF(700, 500)) - start
    assert (round(moved.x()), round(moved.y())) == (pytest.approx(-50, abs=2), pytest.approx(-20, abs=2))


def test_nothing_is_measured_beside(pair: Pair) -> None:
    drawn, readings = pair.desk.model.drawing.now, len(pair.desk.model.view.readings)
    for view in pair.views:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
        for key in (Qt.Key.Key_M, Qt.Key.Key_C, Qt.Key.Key_P, Qt.Key.Key_Return, Qt.Key.Key_K):
            QTest.keyClick(view, key)
        QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(view, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pair.desk.model.drawing.now == drawn
    assert len(pair.desk.model.view.readings) == readings
    assert pair.desk.shown.window.page_name == "workbench"


@pytest.mark.parametrize("key", [Qt.Key.Key_S, Qt.Key.Key_Escape])
def test_leaving_returns_to_where_one_was(pair: Pair, key: Qt.Key) -> None:
    page = pair.desk.page
    pair.desk.key(Qt.Key.Key_S)
    pair.desk.draw("distal")
    page.parts.view.zoom_to(1.1)
    place, path = page.parts.view.place(), pair.desk.model.drawing.now.path
    pair.desk.key(Qt.Key.Key_S)
    pair.views[0].zoom_to(2.0)
    second = weakref.ref(pair.beside.model.picture.pixels)
    QTest.keyClick(pair.views[1], key)
    assert page.parts.bench.isVisible()
    assert not pair.beside.isVisible()
    assert page.parts.view.place() == place
    assert pair.desk.model.drawing.now.path == path
    assert page.parts.view.hasFocus()
    assert second() is None, "the second picture is gone"


def test_the_button_and_back_do_as_the_keys(pair: Pair) -> None:
    page = pair.desk.page
    page.parts.header.back_button.click()
    assert page.parts.bench.isVisible()
    page.parts.tools.buttons["beside"].click()
    assert pair.beside.isVisible()
    page.parts.header.back_button.click()
    page.parts.header.back_button.click()
    assert pair.desk.shown.window.page_name == "workbench", "the photograph measured before"


def test_any_photo_of_the_case_may_stand_there(pair: Pair) -> None:
    jpeg, _ = make_specimen(600, 400, 90, 40, 30, SUBJECT)
    still = pair.desk.shown.workspace.do(
        photos.attach_photo, case=pair.desk.case, taken=take_in(jpeg), state="in_vivo"
    ).rec
    assert pair.beside.panes[1].after.isVisible()
    pair.beside.panes[1].after.click()
    assert pair.beside.model.photo == still
    assert "no scale" in pair.said(1)
    assert pair.views[1]._mm_per_px is None
    pair.beside.together.click()
    assert "cannot be compared" in pair.beside.hint.text()
    QTest.keyClick(pair.views[1], Qt.Key.Key_PageUp)
    assert pair.beside.model.photo == pair.fresh


def test_a_photo_that_is_withdrawn_is_gone_from_there(pair: Pair) -> None:
    assert pair.beside.model.photo == pair.fresh
    pair.desk.shown.workspace.do(photos.withdraw_photo, photo=pair.fresh, reason="measured_again")
    assert not pair.beside.isVisible()
    assert pair.beside.model.picture.pixels is None
    assert not pair.desk.page.parts.tools.buttons["beside"].isEnabled()


def test_a_cover_takes_both_pictures(pair: Pair) -> None:
    kept = [weakref.ref(picture.pixels) for picture in (pair.desk.model.picture, pair.beside.model.picture)]
    pair.desk.page.cover(True)
    assert [each() for each in kept] == [None, None]
    pair.desk.page.cover(False)
    assert pair.beside.isVisible()
    assert pair.desk.model.picture.pixels is not None
    assert pair.beside.model.picture.pixels is not None


@pytest.mark.parametrize("size", [(1366, 768), (1280, 1024), (1920, 1080)])
def test_nothing_is_cut(made: Bench, tmp_path: Path, qapp: QApplication, size: tuple[int, int]) -> None:
    with screen(made.site, tmp_path / "copy", qapp, size=size) as shown:
        pair = _pair(shown, made)
        pair.desk.key(Qt.Key.Key_S)
        pair.beside.together.click()
        for language in LANGUAGES:
            shown.shell.set_language(language)
            qapp.processEvents()
            assert cut_texts(shown.window) == {}
            assert outside(shown.window) == []
