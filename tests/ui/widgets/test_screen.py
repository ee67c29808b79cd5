"""The kit together on one screen: nothing cut at any size or language, all reachable by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.widgets.sample_screen import WORDS, SampleScreen, dress
from ui.style.tokens import LIGHT, OR_DARK

pytestmark = [pytest.mark.ui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]

SIZES = pytest.mark.parametrize(
    ("wide", "high", "touch", "px_per_mm"),
    [(1366, 768, False, 4.4), (1366, 768, True, 4.4), (1280, 1024, False, 3.6), (1920, 1080, True, 3.61)],
    ids=["laptop", "laptop-touch", "square", "full-hd-touch"],
)


def _shown(
    qtbot: QtBot, qapp: QApplication, language: str, size: QSize, touch: bool, ppm: float
) -> SampleScreen:
    dress(qapp, size, touch=touch, px_per_mm=ppm)
    screen = SampleScreen(WORDS[language])
    qtbot.addWidget(screen)
    screen.resize(size)
    screen.show()
    qapp.processEvents()
    return screen


@SIZES
def test_no_text_is_cut_and_the_window_keeps_its_size(
    qtbot: QtBot, qapp: QApplication, language: str, wide: int, high: int, touch: bool, px_per_mm: float
) -> None:
    size = QSize(wide, high)
    screen = _shown(qtbot, qapp, language, size, touch, px_per_mm)
    assert screen.size() == size
    for plate in range(len(screen.words.plates)):
        screen.fill(plate)
        screen.grab()
        assert screen.elided() == set(), screen.words.plates[plate]


@SIZES
def test_children_stay_inside_their_parents(
    qtbot: QtBot, qapp: QApplication, language: str, wide: int, high: int, touch: bool, px_per_mm: float
) -> None:
    screen = _shown(qtbot, qapp, language, QSize(wide, high), touch, px_per_mm)
    outside = [
        (type(part).__name__, part.geometry())
        for part in screen.findChildren(QWidget)
        if part.isVisible() and not part.parentWidget().rect().contains(part.geometry())
    ]
    assert outside == []


def test_touch_targets_are_twenty_millimetres(qtbot: QtBot, qapp: QApplication, language: str) -> None:
    screen = _shown(qtbot, qapp, language, QSize(1366, 768), True, 4.4)
    keys = [part for part in screen.findChildren(QAbstractButton) if part.isVisible()]
    small = {part.accessibleName() or part.text(): part.size() for part in keys if part.height() < 88}
    assert small == {}
    digits = [part for part in keys if part.text() in set("0123456789.")]
    assert len(digits) == 11
    assert all(part.width() >= 88 for part in digits)


def test_tab_reaches_every_control_and_each_has_a_name(
    qtbot: QtBot, qapp: QApplication, language: str
) -> None:
    screen = _shown(qtbot, qapp, language, QSize(1366, 768), False, 4.4)
    screen.activateWindow()
    wanted = {
        part
        for part in screen.findChildren(QWidget)
        if part.isVisible() and part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    seen: set[QWidget] = set()
    screen.header.back_button.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(len(wanted) + 2):
        part = qapp.focusWidget()
        if part is not None:
            seen.add(part)
        QTest.keyClick(part or screen, Qt.Key.Key_Tab)
    assert {type(part).__name__ for part in wanted - seen} == set()
    unnamed = [
        type(p).__name__ for p in wanted if not (p.accessibleName() or getattr(p, "text", lambda: "")())
    ]
    assert unnamed == []


@pytest.mark.parametrize("look", [OR_DARK, LIGHT], ids=["or_dark", "light"])
def test_focus_shows_a_three_pixel_ring_in_text_colour(
    qtbot: QtBot, qapp: QApplication, look: object
) -> None:
    tokens = OR_DARK if look is OR_DARK else LIGHT
    dress(qapp, QSize(1366, 768), tokens)
    screen = SampleScreen(WORDS["en"])
    qtbot.addWidget(screen)
    screen.resize(1366, 768)
    screen.show()
    screen.activateWindow()
    for part in (screen.confirm, screen.footer[0], screen.cards[0]):
        part.setFocus(Qt.FocusReason.TabFocusReason)
        qapp.processEvents()
        image = part.grab().toImage()
        down = [image.pixelColor(part.width() // 2, y).name().upper() for y in range(8)]
        assert down[:3].count(tokens.text) == 3 or down[3:6].count(tokens.text) == 3, type(part).__name__
