"""The switch of theme and scale: at once, without a signal, for painted widgets and for Qt's own."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from ui.style import theme
from ui.style.qss import style_sheet
from ui.style.tokens import LIGHT, OR_DARK
from ui.widgets.buttons import Button


def test_apply_sets_palette_sheet_and_tokens_in_one_call(qtbot: QtBot, qapp: QApplication) -> None:
    for look in (LIGHT, OR_DARK):
        theme.apply(qapp, look)
        assert theme.tokens() is look
        assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == look.bg
        assert look.accent in qapp.styleSheet()


def test_a_painted_widget_changes_its_picture_with_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    button = Button("Record", "primary")
    qtbot.addWidget(button)
    button.resize(160, 48)
    seen = []
    for look in (OR_DARK, LIGHT):
        theme.apply(qapp, look)
        seen.append(button.grab().toImage().pixelColor(20, 24).name().upper())
    assert seen == [OR_DARK.accent, LIGHT.accent]


def test_scale_follows_the_window_in_steps(qtbot: QtBot, qapp: QApplication) -> None:
    def of(wide: int, high: int) -> float:
        return theme.Metrics.for_window(QSize(wide, high), 4.0).scale

    assert of(1366, 768) == 1.0
    assert of(1920, 1080) == 1.4
    assert of(1280, 1024) == 0.95
    assert of(3840, 2160) == 2.5
    assert of(640, 480) == 0.85


def test_a_larger_window_makes_larger_controls(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, OR_DARK, theme.Metrics())
    button = Button("Record")
    qtbot.addWidget(button)
    small = button.sizeHint()
    assert theme.fit(qapp, QSize(1920, 1080))
    assert button.sizeHint().height() > small.height()
    assert not theme.fit(qapp, QSize(1921, 1081))  # same step: nothing is restyled
    theme.apply(qapp, OR_DARK, theme.Metrics())


def test_targets_are_twenty_millimetres_on_touch_and_44_px_with_a_mouse(
    qtbot: QtBot, qapp: QApplication
) -> None:
    theme.apply(qapp, OR_DARK, theme.Metrics(1.0, 4.4, touch=True))
    button = Button("1", "key")
    qtbot.addWidget(button)
    assert theme.target_px() == 88
    assert min(button.sizeHint().width(), button.sizeHint().height()) >= 88
    theme.apply(qapp, OR_DARK, theme.Metrics())
    assert theme.target_px() == 44


def test_nothing_moves_without_a_display(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, OR_DARK)
    assert theme.motion_ms(140) == 0
    theme.apply(qapp, OR_DARK, reduced_motion=False)
    assert theme.motion_ms(140) == 140
    theme.apply(qapp, OR_DARK, reduced_motion=True)


def test_the_sheet_is_filled_for_both_themes_and_scales() -> None:
    for look in (LIGHT, OR_DARK):
        for scale in (0.85, 1.0, 2.5):
            assert "$" not in style_sheet(look, scale, 44)


def test_a_line_edit_is_a_full_target_high(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, OR_DARK, theme.Metrics())
    line = QLineEdit()
    qtbot.addWidget(line)
    line.ensurePolished()
    assert line.sizeHint().height() >= 44
