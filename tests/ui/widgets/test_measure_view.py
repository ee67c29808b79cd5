"""Marks on a photograph: placed, picked, dragged and nudged with mouse and keys; points in picture px."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.widgets.sample_screen import dress
from ui.style import theme
from ui.viewmodels.drawing import Mark
from ui.widgets.measure_view import MeasureView

pytestmark = [pytest.mark.ui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]
LEFT = Qt.MouseButton.LeftButton
DISTAL = Mark("distal", ((200.0, 300.0), (500.0, 300.0)), "5.0 cm")


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> MeasureView:
    dress(qapp, QSize(1366, 768))
    made = MeasureView()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    image = QImage(1800, 1200, QImage.Format.Format_RGB888)
    image.fill(QColor("#24595f"))
    made.set_image(image, "a photo")
    return made


def _glass(view: MeasureView, x: float, y: float) -> QPoint:
    return view.viewportTransform().map(QPointF(x, y)).toPoint()


def _press(view: MeasureView, x: float, y: float) -> None:
    QTest.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, _glass(view, x, y))


def test_a_press_places_where_it_is_let_go(view: MeasureView, qtbot: QtBot) -> None:
    view.set_mode("mark")
    placed: list[QPointF] = []
    view.placed.connect(placed.append)
    QTest.mousePress(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, _glass(view, 400, 400))
    QTest.mouseMove(view.viewport(), _glass(view, 600, 500))
    assert placed == [], "a finger may still slide under the loupe"
    QTest.mouseRelease(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, _glass(view, 600, 500))
    assert [(round(p.x()), round(p.y())) for p in placed] == [(600, 500)]


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
@pytest.mark.parametrize("zoom", [None, 1.0, 3.0])
def test_points_are_picture_pixels_at_any_zoom_and_turn(
    view: MeasureView, turn: int, zoom: float | None
) -> None:
    view.turn(turn)
    if zoom is not None:
        view.zoom_to(zoom)
        view.centerOn(QPointF(700, 450))
    view.set_mode("mark")
    placed: list[QPointF] = []
    view.placed.connect(placed.append)
    _press(view, 720, 440)
    assert len(placed) == 1
    assert abs(placed[0].x() - 720) <= 1 / view.factor()
    assert abs(placed[0].y() - 440) <= 1 / view.factor()


def test_a_drag_moves_the_point_that_was_picked(view: MeasureView) -> None:
    view.set_mode("edit")
    view.set_marks((DISTAL,), "distal")
    heard: list[tuple[str, object]] = []
    view.picked.connect(
        lambda code, index: (heard.append((code, index)), view.set_marks((DISTAL,), code, index))
    )
    view.moved.connect(lambda index, point: heard.append((index, (round(point.x()), round(point.y())))))
    view.dropped.connect(lambda index: heard.append(("dropped", index)))
    QTest.mousePress(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, _glass(view, 502, 302))
    QTest.mouseMove(view.viewport(), _glass(view, 520, 340))
    QTest.mouseRelease(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, _glass(view, 520, 340))
    assert heard == [("distal", 1), (1, (520, 340)), ("dropped", 1)]


@pytest.mark.parametrize("gap", [12, 20])
def test_points_may_lie_close_together(view: MeasureView, gap: int) -> None:
    """Closer than a finger is wide: a short path still gets all its points."""
    view.set_mode("mark")
    view.set_marks((DISTAL,), "distal", 1)
    placed: list[QPointF] = []
    view.placed.connect(placed.append)
    _press(view, 500 + gap / view.factor(), 300)
    assert len(placed) == 1


def test_a_press_beside_every_point_edits_nothing(view: MeasureView) -> None:
    view.set_mode("edit")
    view.set_marks((DISTAL,), "distal")
    heard: list[object] = []
    for signal in (view.placed, view.picked, view.moved):
        signal.connect(lambda *said: heard.append(said))
    _press(view, 1500, 1000)
    assert heard == []


@pytest.mark.parametrize(
    ("key", "modifier", "step"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, (1, 0)),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, (0, -1)),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, (-10, 0)),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier, (0, 10)),
    ],
)
def test_arrows_nudge_the_picked_point(
    view: MeasureView, key: Qt.Key, modifier: Qt.KeyboardModifier, step: tuple[int, int]
) -> None:
    view.set_mode("edit")
    view.set_marks((DISTAL,), "distal", 1)
    moved: list[QPointF] = []
    view.moved.connect(lambda _index, point: moved.append(point))
    QTest.keyClick(view, key, modifier)
    assert moved == [QPointF(500 + step[0], 300 + step[1])]


def test_up_stays_up_where_the_view_is_turned(view: MeasureView) -> None:
    view.turn(1)
    view.set_mode("edit")
    view.set_marks((DISTAL,), "distal", 0)
    moved: list[QPointF] = []
    view.moved.connect(lambda _index, point: moved.append(point))
    before = view.viewportTransform().map(QPointF(200, 300))
    QTest.keyClick(view, Qt.Key.Key_Up)
    after = view.viewportTransform().map(moved[0])
    assert after.y() < before.y()
    assert abs(after.x() - before.x()) < 0.01


def test_all_by_keys(view: MeasureView) -> None:
    """Without a pointer: the cross hair starts in the middle, moves, and P places under it."""
    view.set_mode("mark")
    heard: list[str] = []
    placed: list[QPointF] = []
    view.placed.connect(placed.append)
    view.ended.connect(lambda: heard.append("ended"))
    view.cancelled.connect(lambda: heard.append("cancelled"))
    view.removed.connect(lambda: heard.append("removed"))
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_P)
    assert len(placed) == 1
    assert abs(placed[0].x() - 910) < 3
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
        QTest.keyClick(view, key)
    assert heard == ["ended", "cancelled", "removed"]


def test_space_pans_and_places_nothing(view: MeasureView) -> None:
    view.set_mode("mark")
    placed: list[QPointF] = []
    view.placed.connect(placed.append)
    QTest.keyPress(view, Qt.Key.Key_Space)
    _press(view, 400, 400)
    assert placed == []
    QTest.keyRelease(view, Qt.Key.Key_Space)
    _press(view, 400, 400)
    assert len(placed) == 1


def test_nothing_is_placed_outside_the_picture(view: MeasureView) -> None:
    view.resize(900, 900)
    view.fit()
    view.set_mode("mark")
    placed: list[QPointF] = []
    view.placed.connect(placed.append)
    QTest.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(450, 3))
    assert placed[0].y() == 0


def test_the_mark_is_seen_on_any_ground(view: MeasureView) -> None:
    """Colour on a dark casing, at the same width on the glass whatever the zoom."""
    look = theme.tokens().marks
    for zoom in (0.5, 2.0):
        view.zoom_to(zoom)
        view.centerOn(QPointF(350, 300))
        view.set_marks((Mark("distal", DISTAL.points),), "")
        shot = view.viewport().grab().toImage()
        spot = _glass(view, 350, 300)
        across = [shot.pixelColor(spot.x(), spot.y() + dy).name().upper() for dy in range(-9, 10)]
        assert look.distal in across
        assert look.casing in across
        assert 2 <= across.count(look.distal) <= 5
