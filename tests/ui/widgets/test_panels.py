"""Header, clock, banners, sync rows, read-back, photo view, overlays: values in, signals out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.widgets.sample_screen import WORDS, dress
from ui.style.tokens import OR_DARK
from ui.widgets.arm_plate import ArmPlate, ArmView
from ui.widgets.banner import ErrorBanner, SafetyBanner, SafetyView
from ui.widgets.case_header import CaseHeader, IdentityView
from ui.widgets.elapsed_clock import ElapsedClock
from ui.widgets.empty_state import EmptyState
from ui.widgets.labels import Label, ValueRow
from ui.widgets.overlays import Dimmer, Toast
from ui.widgets.photo_view import MOST_ZOOM, PhotoView
from ui.widgets.plate import PlateView
from ui.widgets.progress_bar import ProgressBar
from ui.widgets.read_back import ReadBackRow, ReadBackView

pytestmark = [pytest.mark.ui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]


@pytest.fixture(autouse=True)
def _dressed(qtbot: QtBot, qapp: QApplication) -> None:
    dress(qapp, QSize(1366, 768))


def _clock() -> ElapsedClock:
    clock = ElapsedClock(
        lambda ms: (f"{ms // 60_000} min {ms // 1000 % 60} s since removal", "within 10 min")
    )
    clock.set_run(1_000_000, 600_000)
    return clock


def test_the_clock_counts_from_the_moment_given(qtbot: QtBot) -> None:
    clock = _clock()
    qtbot.addWidget(clock)
    clock.tick(1_000_000 + 527_000)
    assert clock.accessibleName() == "8 min 47 s since removal, within 10 min"
    assert not clock.is_late()
    clock.tick(1_000_000 + 600_000)
    assert clock.is_late()
    clock.tick(0)  # a computer clock that was set back shows zero, not a negative time
    assert clock.accessibleName().startswith("0 min 0 s")


def test_the_clock_runs_by_itself_only_when_started(qtbot: QtBot) -> None:
    clock = _clock()
    qtbot.addWidget(clock)
    asked: list[int] = []

    def now() -> int:
        asked.append(1)
        return 1_000_000 + len(asked) * 1000

    assert asked == []
    clock.start(now)
    assert len(asked) == 1
    clock._timer.setInterval(1)
    qtbot.waitUntil(lambda: len(asked) >= 3, timeout=2000)
    clock.stop()
    assert not clock._timer.isActive()


def test_a_late_clock_turns_to_the_warning_hue(qtbot: QtBot) -> None:
    clock = _clock()
    qtbot.addWidget(clock)
    clock.resize(260, 58)
    seen = []
    for elapsed in (300_000, 700_000):
        clock.tick(1_000_000 + elapsed)
        seen.append(clock.grab().toImage().pixelColor(20, 55).name().upper())
    assert seen == [OR_DARK.accent, OR_DARK.short]


def test_the_header_names_the_case_and_hides_an_arm_that_may_not_be_known(qtbot: QtBot) -> None:
    header = CaseHeader("Cases")
    qtbot.addWidget(header)
    header.resize(1340, 60)
    header.show()
    header.set_identity(IdentityView("03-0147", "F · 61 y", "NCT07038122"))
    header.set_arm(ArmView("REDUCED", "5 / 3 cm", "", 50, 30))
    assert header.identity.accessibleName() == "03-0147, F · 61 y, NCT07038122"
    assert header.arm.isVisible()
    header.set_arm(None)
    assert not header.arm.isVisible()
    with qtbot.waitSignal(header.back):
        QTest.mouseClick(header.back_button, Qt.MouseButton.LeftButton)


def test_arms_differ_in_shape_and_a_missing_allocation_from_both(qtbot: QtBot) -> None:
    plate = ArmPlate()
    qtbot.addWidget(plate)
    plate.resize(340, 58)
    pictures = []
    for proximal, distal in ((50, 30), (100, 50), (None, None)):
        plate.set_view(ArmView("X", "", "", proximal, distal))
        pictures.append(plate.grab().toImage().copy(0, 0, 100, 58))
    assert pictures[0] != pictures[1] != pictures[2] != pictures[0]
    assert plate.accessibleName() == "X"


def test_safety_stays_until_a_person_acknowledges_and_then_names_them(qtbot: QtBot) -> None:
    bar = SafetyBanner()
    qtbot.addWidget(bar)
    bar.resize(1300, 64)
    bar.show()
    bar.set_view(SafetyView("safety_alert", "Below the study's safety line 2.0 cm", "Distal 1.9 cm", "Seen"))
    loud = bar.grab().toImage().pixelColor(640, 8).name().upper()
    with qtbot.waitSignal(bar.acknowledged):
        QTest.mouseClick(bar.button, Qt.MouseButton.LeftButton)
    assert bar.isVisible()
    bar.set_view(SafetyView("safety_alert", "Below 2.0 cm", "", "Seen", "Seen by Chen Min 14:32"))
    assert not bar.button.isVisible()
    assert "Chen Min" in bar.accessibleName()
    assert (loud, bar.grab().toImage().pixelColor(640, 8).name().upper()) == (OR_DARK.bad, OR_DARK.bad_dim)
    assert bar.elided() == set()


def test_an_error_says_what_and_what_to_do_and_its_buttons_act(qtbot: QtBot) -> None:
    banner = ErrorBanner()
    qtbot.addWidget(banner)
    banner.show_error("No network", "Everything is safe here.", "offline", (("retry", "Try now"),))
    heard: list[str] = []
    banner.acted.connect(heard.append)
    QTest.mouseClick(banner._buttons[0], Qt.MouseButton.LeftButton)
    assert heard == ["retry"]
    assert banner.accessibleName() == "No network Everything is safe here."
    assert banner.code.text() == "offline"


def test_read_back_holds_the_longest_words(qtbot: QtBot, language: str) -> None:
    row = ReadBackRow()
    qtbot.addWidget(row)
    row.resize(940, 180)
    words = WORDS[language]
    spoken = "“一零点三厘米”" if language == "zh" else "“one zero point three centimetres”"
    for word in words.plates:
        plate = PlateView("short_warning", "bright", word, "\u22120.8 cm", words.from_target)
        row.set_view(ReadBackView(words.titles[0], "10.3", "cm", spoken, words.states[1], plate))
        row.grab()
        assert row.elided() == set(), word


def test_an_empty_page_offers_its_act(qtbot: QtBot) -> None:
    state = EmptyState("inbox", "No cases today.", "Add one, or sync to receive them.")
    qtbot.addWidget(state)
    first, second = state.add_action("add", "Add case", "plus"), state.add_action("sync", "Sync")
    assert (first.kind, second.kind) == ("primary", "outline")
    with qtbot.waitSignal(state.acted) as caught:
        QTest.mouseClick(second, Qt.MouseButton.LeftButton)
    assert caught.args == ["sync"]


def test_progress_keeps_to_its_ends(qtbot: QtBot) -> None:
    bar = ProgressBar()
    qtbot.addWidget(bar)
    for given, shown in ((-1.0, 0.0), (0.4, 0.4), (7.0, 1.0)):
        bar.set_part(given, "x")
        assert bar.part() == shown


def test_a_label_elides_and_offers_the_whole_text(qtbot: QtBot) -> None:
    label = Label("A sentence much too long for its place on the row")
    qtbot.addWidget(label)
    label.resize(90, 24)
    label.grab()
    assert label.toolTip() == label.text()
    row = ValueRow("Arm", "Reduced")
    qtbot.addWidget(row)
    row.set_value("Conventional")
    assert row.accessibleName() == "Arm Conventional"


@pytest.fixture
def photo(qtbot: QtBot) -> PhotoView:
    view = PhotoView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    image = QImage(1200, 600, QImage.Format.Format_RGB32)
    image.fill(QColor("#123456"))
    view.set_image(image, "specimen photo")
    return view


def test_a_photo_is_fitted_and_zooms_within_limits(photo: PhotoView, qtbot: QtBot) -> None:
    fitted = photo.factor()
    assert fitted == pytest.approx(0.5, abs=0.01)
    for text, expected in (("1", 1.0), ("+", 1.25), ("-", 1.0), ("0", fitted)):
        QTest.keyClick(photo, text)
        assert photo.factor() == pytest.approx(expected, rel=0.01)
    photo.zoom_to(1000)
    assert photo.factor() == MOST_ZOOM
    photo.zoom_to(0.0001)
    assert 0 < photo.factor() < fitted
    photo.fit()
    photo.resize(300, 200)
    assert photo.factor() == pytest.approx(0.25, abs=0.01)


def test_a_turned_photo_stays_whole_and_arrows_pan(photo: PhotoView) -> None:
    QTest.keyClick(photo, "]")
    assert photo.factor() == pytest.approx(400 / 1200, abs=0.01)
    photo.zoom_to(2.0)
    before = photo.verticalScrollBar().value()
    QTest.keyClick(photo, Qt.Key.Key_Down)
    assert photo.verticalScrollBar().value() > before


@pytest.mark.qt_log_ignore("not accepted by receiving widget", extend=True)
def test_a_press_is_reported_in_picture_pixels(photo: PhotoView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(photo.pressed) as caught:
        QTest.mouseClick(photo.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    point = caught.args[0]
    assert (point.x(), point.y()) == (pytest.approx(600, abs=4), pytest.approx(300, abs=4))


def test_two_fingers_zoom(photo: PhotoView, qapp: QApplication) -> None:
    device = QTest.createTouchDevice()
    before = photo.factor()
    port = photo.viewport()
    QTest.touchEvent(port, device).press(0, QPoint(250, 200), port).press(1, QPoint(350, 200), port).commit()
    QTest.touchEvent(port, device).move(0, QPoint(200, 200), port).move(1, QPoint(400, 200), port).commit()
    QTest.touchEvent(port, device).release(0, QPoint(200, 200), port).release(
        1, QPoint(400, 200), port
    ).commit()
    assert photo.factor() == pytest.approx(before * 2, rel=0.05)


def test_the_dimmer_darkens_at_most_forty_percent_and_lets_presses_through(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(200, 100)
    dimmer = Dimmer(window)
    window.show()
    dimmer.set_part(0.9)
    assert dimmer.part() == 0.4
    assert dimmer.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    window.resize(300, 150)
    assert dimmer.size() == QSize(300, 150)
    dimmer.set_part(0)
    assert not dimmer.isVisible()


def test_a_toast_offers_its_undo_once(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 300)
    toast = Toast(window)
    window.show()
    toast.say("Undone: distal 2.6", "Redo")
    assert window.rect().contains(toast.geometry())
    with qtbot.waitSignal(toast.undo):
        QTest.mouseClick(toast._button, Qt.MouseButton.LeftButton)
    assert not toast.isVisible()
