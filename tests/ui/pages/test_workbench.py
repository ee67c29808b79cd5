"""The photo workbench on a real store: a scale, two blinded readings of each length, undo, signing."""

from __future__ import annotations

import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from reset_or.actions import readings
from reset_or.base.words import Language
from tests.fakes import measuring as bench
from tests.fakes.desk import Desk, desk_of
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen

pytestmark = pytest.mark.ui


@pytest.fixture
def desk(shown: Screen) -> Desk:
    return desk_of(shown)


def test_the_whole_task_by_hand(desk: Desk) -> None:
    """Scale, six paths, and on to signing; every length within a millimetre of the truth."""
    assert desk.model.tool == "calibrate"
    desk.scale()
    assert desk.model.calibration is not None
    assert desk.model.tool == "measure"
    for shorter_mm in (0.0, 0.4):
        for end in ("proximal", "distal", "tumour"):
            assert desk.model.end == end
            desk.read(end, shorter_mm)
    wanted = {"proximal": bench.PROXIMAL_MM, "distal": bench.DISTAL_MM, "tumour": bench.TUMOUR_MM}
    for end, true_mm in wanted.items():
        series = desk.model.series(end)
        assert series.complete
        assert abs(series.final_um / 1000 - true_mm) < 1.0, end
    assert desk.model.measured
    desk.page.parts.primary.click()
    assert desk.shown.window.page_name == "confirm"


def test_a_first_reading_is_hidden_until_the_second_is_taken(desk: Desk) -> None:
    desk.scale()
    desk.read("proximal")
    assert desk.cells("proximal") == ("Taken", "Not yet")
    assert "proximal" not in {mark.code for mark in desk.page.parts.view._marks}
    assert "10.3" not in desk.page.parts.table.row("proximal").accessibleName()
    desk.read("distal")
    desk.read("tumour")
    desk.read("proximal", 0.4)
    first, second = desk.cells("proximal")
    assert first.startswith("10.")
    assert second.startswith("10.")


def test_nothing_is_measured_without_a_scale(desk: Desk) -> None:
    desk.key(Qt.Key.Key_M)
    assert desk.model.tool == "calibrate"
    assert desk.page.parts.notice.text() == "A length needs a scale first."
    assert not desk.page.parts.primary.isEnabled() or desk.model.scale.method != "ruler_points"


def test_a_wrong_check_segment_is_refused_and_says_why(desk: Desk) -> None:
    desk.page.parts.methods.chip("ruler_points").click()
    request = bench.ruler(desk.truth)
    for point in (*request.points, *request.check_points):
        desk.press(*point)
    desk.type("ruler", "170")
    desk.type("check", "60")
    desk.page.parts.primary.click()
    assert desk.model.scale.found is not None
    assert desk.model.scale.found.problems == ("check_refused",)
    assert not desk.page.parts.primary.isEnabled()
    assert "differs too much" in desk.page.parts.notice.text()
    desk.page.parts.lengths["check"].setFocus()
    QTest.keyClick(desk.page.parts.lengths["check"], Qt.Key.Key_Backspace)
    assert desk.model.scale.found is None, "another length is another proposal"


def test_undo_goes_through_points_and_then_readings(desk: Desk) -> None:
    desk.scale()
    desk.draw("proximal")
    for left in range(5, -1, -1):
        desk.page.parts.undo.click()
        assert len(desk.model.drawing.now.path) == left
    desk.read("proximal")
    desk.page.parts.undo.click()
    assert desk.cells("proximal") == ("Not yet", "Not yet")
    assert "stays in the history" in desk.page.parts.notice.text()


def test_a_ruler_that_says_otherwise_asks_for_a_second_look(desk: Desk) -> None:
    desk.shown.workspace.do(
        readings.record_reading, case=desk.case, end="distal", value_mm=bench.DISTAL_MM + 12, entered="5.8",
        state="fresh_unpinned", edge="residual_edge", method="rigid_ruler_ex_vivo",
    )  # fmt: skip
    desk.scale()
    for shorter_mm in (0.0, 0.4):
        for end in ("proximal", "distal", "tumour"):
            desk.read(end, shorter_mm)
    assert "ruler 5.8 cm, photo 4.6 cm" in desk.page.parts.notes.text()
    assert not desk.page.parts.review.isEnabled()
    assert desk.page.parts.primary.text() == "Distal: I looked again, it stays"
    desk.page.parts.primary.click()
    assert desk.page.parts.primary.text() == "Review and sign"


def test_a_point_is_dragged_and_nudged_before_it_is_saved(desk: Desk) -> None:
    desk.scale()
    desk.draw("distal" if desk.model.end == "distal" else "proximal")
    desk.key(Qt.Key.Key_Return)
    assert desk.model.tool == "edit"
    desk.model.pick("proximal", 5)
    before = desk.model.drawing.now.path[5]
    desk.key(Qt.Key.Key_Right)
    assert desk.model.drawing.now.path[5] == (before[0] + 1, before[1])


def test_a_cover_takes_the_pixels_and_keeps_the_drawing(desk: Desk) -> None:
    desk.scale()
    desk.draw("proximal")
    pixels = weakref.ref(desk.model.picture.pixels)
    desk.page.cover(True)
    assert desk.model.picture.pixels is None
    assert pixels() is None, "nobody else holds them"
    assert desk.page.parts.view._item.pixmap().isNull()
    desk.page.cover(False)
    assert desk.model.picture.pixels is not None
    assert len(desk.model.drawing.now.path) == 6


def test_more_contrast_changes_the_glass_and_not_the_picture(desk: Desk) -> None:
    picture = desk.model.picture
    pixels, plain = picture.pixels, bytes(picture.pixels.seen)
    desk.key(Qt.Key.Key_K)
    assert picture.shown is not pixels
    assert bytes(picture.shown.seen) != plain
    assert bytes(picture.shown.seen)[3::4] == plain[3::4] == b"\xff" * (len(plain) // 4)
    assert bytes(pixels.seen) == plain
    desk.key(Qt.Key.Key_K)
    assert picture.shown is pixels


def test_who_does_not_measure_only_looks(desk: Desk) -> None:
    desk.scale()
    view = desk.model.view
    desk.model.view = type(view)(**{**vars(view), "may_measure": False, "may_record": False})
    desk.page._show()
    assert not desk.page.parts.primary.isVisible()
    assert not desk.page.parts.tools.buttons["measure"].isEnabled()
    assert "You can look" in desk.page.parts.hint.text()


@pytest.mark.parametrize("size", [(1366, 768), (1280, 1024), (1920, 1080)])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_cut(
    site: Site, tmp_path: Path, qapp: QApplication, size: tuple[int, int], language: Language
) -> None:
    with screen(site, tmp_path / "copy", qapp, size=size) as shown:
        desk = desk_of(shown)
        shown.shell.set_language(language)
        qapp.processEvents()
        assert cut_texts(shown.window) == {}
        desk.scale()
        desk.read("proximal")
        qapp.processEvents()
        assert cut_texts(shown.window) == {}
        assert outside(shown.window) == []
