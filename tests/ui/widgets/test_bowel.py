"""The bowel diagram: one scale for both arms, labels that never hide, lines that move only in planning."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QPainterPath
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.widgets.sample_screen import CONVENTIONAL, REDUCED, WORDS, dress
from ui.style import theme
from ui.style.tokens import LIGHT, OR_DARK
from ui.widgets.bowel_diagram import BowelDiagram
from ui.widgets.bowel_view import BowelView, Box, End, EndView, Frame, flag_boxes, frame_for, label_boxes

pytestmark = pytest.mark.ui
WIDTHS = [(480, 160), (760, 220), (1000, 190), (1334, 280), (1460, 430)]


def _view(proximal: int | None, distal: int | None, language: str = "en", tumour: int = 42) -> BowelView:
    words = WORDS[language]
    return BowelView(
        EndView(proximal, "within_protocol", "dim", REDUCED["proximal"]),
        EndView(distal, "short_warning", "bright", REDUCED["distal"]),
        tumour, "raised", words.tumour, *words.sides, "spoken",
    )  # fmt: skip


@pytest.fixture
def diagram(qtbot: QtBot, qapp: QApplication) -> BowelDiagram:
    dress(qapp, QSize(1366, 768))
    made = BowelDiagram()
    qtbot.addWidget(made)
    made.resize(1000, 280)
    return made


def _inside(box: Box, frame: Frame) -> bool:
    return box.x >= 0 and box.right <= frame.width and box.y >= 0


@pytest.mark.parametrize(("wide", "high"), WIDTHS)
def test_labels_never_meet_flags_at_any_value(
    diagram: BowelDiagram, language: str, wide: int, high: int
) -> None:
    diagram.resize(wide, high)
    ends = [(p, 22) for p in [*range(161), 200, 400]] + [(54, d) for d in [*range(91), 150, 200]]
    for proximal, distal in ends:
        diagram.set_view(_view(proximal, distal, language))
        flags, labels = diagram.boxes()
        frame = diagram.frame_now()
        boxes = [*flags.values(), *labels.values()]
        assert len(boxes) == 4
        assert all(_inside(box, frame) for box in boxes), (proximal, distal)
        for i, first in enumerate(boxes):
            assert not any(first.meets(second) for second in boxes[i + 1 :]), (proximal, distal)


@given(
    proximal=st.integers(0, 400), distal=st.integers(0, 200), tumour=st.integers(0, 150),
    wide=st.integers(480, 3800), high=st.integers(150, 900),
)  # fmt: skip
def test_geometry_holds_for_any_size_and_tumour(
    proximal: int, distal: int, tumour: int, wide: int, high: int
) -> None:
    frame = frame_for(wide, high, tumour)
    widths: dict[End, float] = {"proximal": 70 * frame.unit, "distal": 70 * frame.unit}
    names: dict[End, float] = {"proximal": 110 * frame.unit, "distal": 110 * frame.unit}
    flags = flag_boxes(frame, {"proximal": proximal, "distal": distal}, widths)
    labels = label_boxes(frame, flags, names)
    assert not flags["proximal"].meets(flags["distal"])
    for end in ("proximal", "distal"):
        assert not flags[end].meets(labels[end])
        assert 0 <= frame.x(end, proximal) <= wide
    assert frame.zone_top < frame.middle < frame.zone_bottom < frame.arrow_y < frame.ruler_y < high


def test_one_scale_for_both_arms_and_counted_from_each_tumour_edge() -> None:
    frame = frame_for(1000, 280, 42)
    assert frame.x("proximal", 0) == frame.tumour_left
    assert frame.x("distal", 0) == frame.tumour_right
    ten = frame.tumour_left - frame.x("proximal", 100)
    five = frame.x("distal", 50) - frame.tumour_right
    assert ten == pytest.approx(2 * five)
    assert ten == pytest.approx(100 * frame.px_per_mm)
    for end in ("proximal", "distal"):
        for length in range(91):
            assert frame.length_mm(end, frame.x(end, length)) == length


def test_the_line_stands_where_its_value_is(diagram: BowelDiagram) -> None:
    for value in (35, 50, 88, 140):
        diagram.set_view(_view(value, None))
        image, frame = diagram.grab().toImage(), diagram.frame_now()
        row = round(frame.zone_top + 4)
        inked = [x for x in range(image.width()) if image.pixelColor(x, row).name().upper() == OR_DARK.ok]
        expected = frame.x("proximal", value)
        assert any(abs(x - expected) < 2 for x in inked)


def test_a_side_not_entered_shows_no_line(diagram: BowelDiagram) -> None:
    diagram.set_view(_view(54, None))
    with_line = diagram.grab().toImage()
    assert set(diagram.boxes()[0]) == {"proximal"}
    diagram.set_view(_view(54, 30))
    assert set(diagram.boxes()[0]) == {"proximal", "distal"}
    assert diagram.grab().toImage() != with_line


def test_without_an_arm_no_zone_is_drawn(diagram: BowelDiagram) -> None:
    view = _view(None, None)
    bare = replace(view, proximal=EndView(), distal=EndView())
    diagram.set_view(bare)
    image, frame = diagram.grab().toImage(), diagram.frame_now()
    row = round(frame.zone_top + 3)
    plain = {image.pixelColor(x, row).name() for x in range(image.width())}
    assert len(plain) == 1
    diagram.set_view(view)
    image = diagram.grab().toImage()
    assert len({image.pixelColor(x, row).name() for x in range(image.width())}) > 2


def test_tumour_looks_differ(diagram: BowelDiagram) -> None:
    pictures = []
    for look in ("raised", "scar", "not_visible"):
        diagram.set_view(replace(_view(54, 30), tumour_look=look))
        pictures.append(diagram.grab().toImage())
    assert pictures[0] != pictures[1] != pictures[2] != pictures[0]


def test_lines_are_dragged_only_in_the_plan_step(diagram: BowelDiagram, qtbot: QtBot) -> None:
    diagram.set_view(_view(50, 30))
    diagram.show()
    moved: list[tuple[str, int]] = []
    diagram.line_moved.connect(lambda end, mm: moved.append((end, mm)))
    frame = diagram.frame_now()
    start = QPoint(round(frame.x("proximal", 50)), round(frame.middle))
    to = QPoint(round(frame.x("proximal", 62)), start.y())

    def drag() -> None:
        QTest.mousePress(diagram, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(diagram, to)
        QTest.mouseRelease(diagram, Qt.MouseButton.LeftButton, pos=to)

    drag()
    QTest.keyClick(diagram, Qt.Key.Key_Left)
    assert moved == []
    assert diagram.focusPolicy() == Qt.FocusPolicy.NoFocus
    diagram.set_draggable(True)
    drag()
    assert moved == [("proximal", 62)]
    assert diagram.view().proximal.value_mm == 50  # the diagram only asks


def test_keys_nudge_the_chosen_line_on_the_picture(diagram: BowelDiagram) -> None:
    diagram.set_draggable(True)
    diagram.set_view(_view(50, 30))
    moved: list[tuple[str, int]] = []
    diagram.line_moved.connect(lambda end, mm: moved.append((end, mm)))
    QTest.keyClick(diagram, Qt.Key.Key_Left)
    QTest.keyClick(diagram, Qt.Key.Key_End)
    QTest.keyClick(diagram, Qt.Key.Key_Left)
    QTest.keyClick(diagram, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(diagram, Qt.Key.Key_Home)
    QTest.keyClick(diagram, Qt.Key.Key_Right)
    assert moved == [("proximal", 51), ("distal", 29), ("distal", 35), ("proximal", 49)]
    diagram.set_view(_view(0, 90))
    moved.clear()
    QTest.keyClick(diagram, Qt.Key.Key_Right)
    QTest.keyClick(diagram, Qt.Key.Key_End)
    QTest.keyClick(diagram, Qt.Key.Key_Right)
    assert moved == []  # neither below the tumour edge nor beyond the drawn reach


def test_lines_glide_when_motion_is_on_and_end_on_the_value(
    diagram: BowelDiagram, qtbot: QtBot, qapp: QApplication
) -> None:
    diagram.set_view(_view(50, 30))
    theme.apply(qapp, LIGHT, reduced_motion=False)
    try:
        diagram.set_view(_view(90, 30))
        shown = diagram._shown
        qtbot.waitUntil(lambda: shown["proximal"] == 90, timeout=2000)
    finally:
        theme.apply(qapp, OR_DARK, reduced_motion=True)


def test_static_layers_are_made_once_per_look_and_not_per_value(diagram: BowelDiagram) -> None:
    diagram.set_view(_view(50, 30))
    diagram.grab()
    layers = diagram._layers
    for value in range(30, 60):
        diagram.set_view(_view(value, 30))
        diagram.grab()
    assert diagram._layers is layers
    diagram.set_view(replace(_view(50, 30), proximal=EndView(50, bands=CONVENTIONAL["proximal"])))
    diagram.grab()
    assert diagram._layers is not layers


def test_painting_keeps_none(diagram: BowelDiagram) -> None:
    """A PySide6 that loses a reference to None at each painter call would end a theatre session (guard)."""
    diagram.set_view(_view(50, 30))
    diagram.grab()
    before = sys.getrefcount(None)
    path = QPainterPath()
    for step in range(300):
        path.lineTo(step, step)
    for _ in range(20):
        diagram.grab()
    assert abs(before - sys.getrefcount(None)) < 50


def test_the_diagram_speaks(diagram: BowelDiagram) -> None:
    diagram.set_view(replace(_view(54, 30), spoken="Proximal 5.4 cm, in range"))
    assert diagram.accessibleName() == "Proximal 5.4 cm, in range"
