"""Verdict shapes and plates: one picture per code, colours by kind, and words that fit in both languages."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.widgets.sample_screen import WORDS
from ui.style import theme
from ui.style.tokens import LIGHT, OR_DARK, Tokens
from ui.widgets.plate import PlateView, VerdictPlate
from ui.widgets.verdict_shape import CODES, PlateKind, draw_shape, line_colour, plate_colours, shape_of

pytestmark = pytest.mark.ui
SAME = {frozenset(("incomplete", "no_verdict")), frozenset(("incomplete", "not_entered")),
        frozenset(("no_verdict", "not_entered"))}  # fmt: skip


def _grey(code: str, edge: int = 48) -> bytes:
    image = QImage(edge, edge, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    draw_shape(painter, code, QRectF(2, 2, edge - 4, edge - 4), "#FFFFFF", "#000000")
    painter.end()
    return bytes(image.constBits())


def test_each_code_has_its_own_outline_without_colour(qtbot: QtBot) -> None:
    pictures = {code: _grey(code) for code in CODES}
    for first, second in combinations(CODES, 2):
        differ = sum(abs(a - b) > 96 for a, b in zip(pictures[first], pictures[second], strict=True))
        if frozenset((first, second)) in SAME:
            assert differ == 0
        else:
            assert differ > 40, f"{first} looks like {second}"


def test_an_unknown_code_never_looks_good(qtbot: QtBot) -> None:
    assert _grey("something_new") == _grey("not_entered")


def test_an_estimate_never_carries_the_tick() -> None:
    for code in ("within_protocol", "within_tolerance"):
        assert shape_of(code, "hatched") == "estimate"
        assert shape_of(code, "dim") == code
    assert shape_of("short_warning", "hatched") == "short_warning"


@pytest.mark.parametrize("look", [OR_DARK, LIGHT], ids=["or_dark", "light"])
def test_only_judged_records_wear_a_hue(look: Tokens) -> None:
    quiet: tuple[PlateKind, PlateKind] = ("neutral", "hatched")
    hues = {look.ok, look.ok_dim, look.short, look.long, look.short_dim, look.long_dim}
    for code in CODES:
        for kind in quiet:
            colours = plate_colours(look, code, kind)
            assert hues.isdisjoint({colours.fill, colours.ink, colours.text})
            assert line_colour(look, code, kind) not in hues
    assert plate_colours(look, "within_protocol", "dim").fill == look.ok_dim
    assert plate_colours(look, "short_deviation", "bright").fill == look.short
    assert plate_colours(look, "exceeds_crossover", "bright").fill == look.long
    assert plate_colours(look, "safety_critical", "bright").fill == look.bad
    assert plate_colours(look, "exceeds_note", "bright").fill == look.raised


@pytest.mark.parametrize("stacked", [False, True], ids=["row", "stacked"])
@pytest.mark.parametrize(("wide", "high"), [(300, 96), (440, 76), (640, 76), (700, 110)])
def test_the_longest_words_fit_on_a_plate(
    qtbot: QtBot, qapp: QApplication, language: str, wide: int, high: int, stacked: bool
) -> None:
    theme.apply(qapp, OR_DARK, theme.Metrics())
    plate = VerdictPlate(stacked=stacked)
    qtbot.addWidget(plate)
    plate.resize(wide, high)
    words = WORDS[language]
    for word in words.plates:
        plate.set_view(PlateView("short_deviation", "bright", word, "\u221210.3 cm", words.from_target))
        plate.grab()
        assert plate.writer.elided == set(), word


def test_words_too_long_for_any_size_are_elided_not_cut(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, OR_DARK, theme.Metrics())
    plate = VerdictPlate()
    qtbot.addWidget(plate)
    plate.resize(200, 52)
    long = "a very long verdict word " * 6
    plate.set_view(PlateView("short_warning", "bright", long, "-0.8 cm", "from target"))
    image = plate.grab().toImage()
    assert plate.writer.elided == {long}
    edge = {image.pixelColor(x, y).name().upper() for y in range(52) for x in (190, 199)}
    assert OR_DARK.ink_on_bright not in {image.pixelColor(199, y).name().upper() for y in range(52)}
    assert OR_DARK.short in edge


def test_a_plate_speaks_its_content(qtbot: QtBot) -> None:
    plate = VerdictPlate()
    qtbot.addWidget(plate)
    plate.set_view(PlateView("within_protocol", "dim", "In range", "+0.4 cm", "from target"))
    assert plate.accessibleName() == "In range, +0.4 cm, from target"
