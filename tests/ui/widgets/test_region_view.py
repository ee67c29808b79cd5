"""Rectangles over a picture: drawn, moved, stretched and removed with mouse and keys, in full-size pixels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.widgets.sample_screen import dress
from ui.viewmodels.text_regions import LEAST, TextRegions
from ui.widgets.region_view import RegionView

pytestmark = [pytest.mark.ui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SIZE = (3600, 2400)


@pytest.fixture
def regions() -> TextRegions:
    return TextRegions(SIZE, [(200, 100, 600, 120), (2000, 2000, 400, 100)])


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, regions: TextRegions) -> RegionView:
    """A picture shown at half its size, bound to its regions as the sheet does it."""
    dress(qapp, QSize(1366, 768))
    made = RegionView()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    image = QImage(1800, 1200, QImage.Format.Format_RGB888)
    image.fill(QColor("#24595f"))
    made.show_picture(image, SIZE, "a still")

    def show() -> None:
        made.set_boxes(regions.boxes, regions.chosen)

    def shaped(rect: QRectF) -> None:
        regions.put(rect.x(), rect.y(), rect.width(), rect.height())
        show()

    def drawn(rect: QRectF) -> None:
        regions.add(rect.x(), rect.y(), rect.width(), rect.height())
        show()

    made.drawn.connect(drawn)
    made.shaped.connect(shaped)
    made.picked.connect(lambda number: (regions.choose(number), show()))
    made.stepped.connect(lambda by: (regions.step(by), show()))
    made.removed.connect(lambda: (regions.remove(), show()))
    show()
    return made


def _glass(view: RegionView, x: float, y: float) -> QPoint:
    return view.viewportTransform().map(QPointF(x, y)).toPoint()


def _drag(view: RegionView, start: tuple[float, float], end: tuple[float, float]) -> None:
    QTest.mousePress(view.viewport(), LEFT, NONE, _glass(view, *start))
    QTest.mouseMove(view.viewport(), _glass(view, *end))
    QTest.mouseRelease(view.viewport(), LEFT, NONE, _glass(view, *end))


def _near(box: tuple[int, int, int, int], wanted: tuple[int, int, int, int], within: int) -> bool:
    return all(abs(a - b) <= within for a, b in zip(box, wanted, strict=True))


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_drag_draws_in_full_size_pixels(view: RegionView, regions: TextRegions, turn: int) -> None:
    view.turn(turn)
    _drag(view, (1000, 800), (1600, 1200))
    assert len(regions.boxes) == 3
    assert regions.chosen == 2
    assert _near(regions.boxes[2], (1000, 800, 600, 400), round(2 / view.factor())), regions.boxes[2]


def test_a_press_chooses_and_a_drag_moves(view: RegionView, regions: TextRegions) -> None:
    _drag(view, (500, 160), (700, 460))
    assert regions.chosen == 0
    assert _near(regions.boxes[0], (400, 400, 600, 120), round(2 / view.factor()))


def test_a_corner_of_the_chosen_one_stretches(view: RegionView, regions: TextRegions) -> None:
    regions.choose(0)
    view.set_boxes(regions.boxes, regions.chosen)
    _drag(view, (800, 220), (1200, 500))
    x, y, w, h = regions.boxes[0]
    assert (x, y) == (200, 100)
    assert _near((x, y, w, h), (200, 100, 1000, 400), round(3 / view.factor()))


def test_a_press_beside_all_chooses_none(view: RegionView, regions: TextRegions) -> None:
    regions.choose(0)
    QTest.mouseClick(view.viewport(), LEFT, NONE, _glass(view, 1500, 1500))
    assert regions.chosen == -1
    assert len(regions.boxes) == 2


def test_the_keyboard_does_all_of_it(view: RegionView, regions: TextRegions) -> None:
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert regions.chosen == 0
    before = regions.boxes[0]
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    x, y, w, _h = regions.boxes[0]
    assert x > before[0]
    assert y - before[1] > x - before[0]
    assert abs(w - before[2]) <= 1
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert regions.boxes[0][2] > w
    QTest.keyClick(view, Qt.Key.Key_Insert)
    assert len(regions.boxes) == 3
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert len(regions.boxes) == 2
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    assert regions.chosen == 0


def test_no_rectangle_leaves_the_picture_or_vanishes() -> None:
    regions = TextRegions((100, 50))
    for given in ((-20, -20, 30, 30), (95, 45, 40, 40), (10.4, 10.4, 0, 0), (0, 0, 500, 500)):
        regions.add(*given)
        x, y, w, h = regions.boxes[-1]
        assert x >= 0
        assert y >= 0
        assert x + w <= 100
        assert y + h <= 50
        assert min(w, h) >= LEAST
