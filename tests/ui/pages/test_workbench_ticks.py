"""A ruler read by itself: its marks are looked at, corrected and undone before they become a scale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from reset_or.base.words import LANGUAGES
from tests.fakes.desk import Desk, desk_of
from tests.fakes.photos import EVEN_STEP_PX, even_ruler
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen

pytestmark = pytest.mark.ui


@pytest.fixture
def desk(shown: Screen) -> Desk:
    found = desk_of(shown)
    read(found)
    return found


@pytest.fixture
def even(site: Site, tmp_path: Path, qapp: QApplication) -> Iterator[Desk]:
    """Before a ruler whose ticks are all alike."""
    with screen(site, tmp_path / "copy", qapp) as shown:
        found = desk_of(shown, even_ruler())
        read(found)
        yield found


def read(desk: Desk) -> None:
    desk.page.parts.methods.chip("ruler_ticks").click()
    desk.page.parts.primary.click()


def test_marks_that_are_right_are_taken_as_they_are(desk: Desk) -> None:
    (mark,) = (mark for mark in desk.page.parts.view._marks if mark.code == "ruler")
    assert mark.numbers[:3] == ("0", "1", "2")
    assert desk.page.parts.ticks.steps.code() == "mm"
    assert desk.page.parts.primary.text() == "Use this scale"
    assert not desk.page.parts.undo.isEnabled()
    desk.key(Qt.Key.Key_Return)
    assert desk.model.calibration.method == "ruler_ticks"
    assert desk.model.calibration.px_per_mm == pytest.approx(desk.truth["px_per_mm"], rel=0.01)
    assert desk.model.tool == "measure"


def test_a_mark_is_dragged_nudged_and_undone(desk: Desk) -> None:
    view, before = desk.page.parts.view, desk.model.ticks.ticks[3].point
    spot = view.viewportTransform().map(QPointF(*before)).toPoint()
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    QTest.mouseMove(view.viewport(), spot + QPointF(6, 0).toPoint())
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=spot + QPointF(6, 0).toPoint())
    moved = desk.model.ticks.ticks[3].point
    assert moved[0] > before[0] + 5
    assert desk.model.scale.found is None, "other marks are another proposal"
    assert desk.page.parts.primary.text() == "Work out the scale"
    desk.key(Qt.Key.Key_Right)
    assert desk.model.ticks.ticks[3].point[0] == pytest.approx(moved[0] + 1)
    for wanted in (moved, before):
        desk.page.parts.undo.click()
        assert desk.model.ticks.ticks[3].point == wanted
    desk.page.parts.primary.click()
    assert desk.model.scale.found.measurable


def test_a_mark_is_left_out_by_key_and_by_button(desk: Desk) -> None:
    count = len(desk.model.ticks.ticks)
    assert not desk.page.parts.ticks.leave_out.isEnabled()
    desk.key(Qt.Key.Key_PageUp)
    assert desk.model.ticks.chosen == count - 1
    desk.key(Qt.Key.Key_Delete)
    desk.page.parts.ticks.leave_out.click()
    assert len(desk.model.ticks.ticks) == count - 2
    desk.page.parts.primary.click()
    desk.page.parts.primary.click()
    assert len(desk.model.calibration.points) == count - 2
    assert desk.model.calibration.px_per_mm == pytest.approx(desk.truth["px_per_mm"], rel=0.01)


def test_a_mark_is_given_its_place(desk: Desk) -> None:
    """A wrong place makes nonsense of a ruler, and it says so; the right one mends it."""
    desk.key(Qt.Key.Key_PageDown)
    desk.key(Qt.Key.Key_PageDown)
    QTest.keyClicks(desk.page.parts.ticks.place, "25")
    assert desk.page.parts.ticks.place.text() == "2.5"
    desk.page.parts.primary.click()
    assert "give no scale" in desk.page.parts.notice.text()
    QTest.keyClick(desk.page.parts.ticks.place, Qt.Key.Key_Backspace)
    QTest.keyClick(desk.page.parts.ticks.place, Qt.Key.Key_Backspace)
    QTest.keyClicks(desk.page.parts.ticks.place, "10")
    assert desk.page.parts.ticks.place.text() == "1.0"
    desk.page.parts.primary.click()
    assert desk.model.scale.found.px_per_mm == pytest.approx(desk.truth["px_per_mm"], rel=0.01)


def test_even_ticks_ask_what_one_step_is(even: Desk) -> None:
    parts = even.page.parts
    assert even.model.scale.found is None, "nothing is guessed"
    assert parts.ticks.steps.code() == ""
    assert not parts.primary.isEnabled()
    assert "does not show what one step is" in parts.notice.text()
    assert set(even.page.parts.view._marks[0].numbers) == {""}
    even.key(Qt.Key.Key_Return)
    assert even.model.calibration is None
    for code, step_mm in (("inch_16", 25.4 / 16), ("five_mm", 5.0)):
        parts.ticks.steps.chip(code).click()
        parts.primary.click()
        assert even.model.scale.found.px_per_mm == pytest.approx(EVEN_STEP_PX / step_mm, rel=0.002)
    parts.primary.click()
    assert even.model.calibration.px_per_mm == pytest.approx(EVEN_STEP_PX / 5, rel=0.002)


def test_another_way_to_a_scale_forgets_the_marks(desk: Desk) -> None:
    desk.page.parts.methods.chip("card").click()
    assert desk.model.ticks is None
    assert desk.page.parts.view.mode == "pan"
    assert not desk.page.parts.ticks.isVisible()


@pytest.mark.parametrize("size", [(1366, 768), (1280, 1024)])
def test_nothing_is_cut(site: Site, tmp_path: Path, qapp: QApplication, size: tuple[int, int]) -> None:
    with screen(site, tmp_path / "copy", qapp, size=size) as shown:
        desk = desk_of(shown, even_ruler())
        read(desk)
        desk.key(Qt.Key.Key_PageDown)
        for language in LANGUAGES:
            shown.shell.set_language(language)
            qapp.processEvents()
            assert cut_texts(shown.window) == {}
            assert outside(shown.window) == []
