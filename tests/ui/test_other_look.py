"""Another language or theme in the middle of the work: what is drawn or typed, and kept nowhere, stays.

The page in view is set anew; hidden pages are made anew, but not those that hold something.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.fakes import measuring as bench
from tests.fakes.desk import Desk, desk_of
from tests.fakes.photos import even_ruler
from tests.fakes.screen import Screen
from tests.ui.pages.test_burned_text import still

pytestmark = pytest.mark.ui


def another_look(shown: Screen) -> None:
    """Twice each, with a picture between, as a person who tries what the keys do."""
    for _ in range(2):
        shown.shell.toggle_theme()
        shown.shell.toggle_language()
        shown.window.grab()


def here(desk: Desk) -> None:
    another_look(desk.shown)


def away(desk: Desk) -> None:
    """On the settings page, and back to the photograph."""
    desk.shown.shell.navigate("settings")
    another_look(desk.shown)
    desk.shown.shell.navigate("workbench", case=desk.case, photo=desk.photo)


@pytest.fixture
def desk(shown: Screen) -> Desk:
    return desk_of(shown)


def typed_at(shown: Screen) -> str:
    return str(shown.page.model.entries["record"][shown.page.model.active].digits.keys)


def marked(desk: Desk) -> dict[str, tuple[tuple[float, float], ...]]:
    """What the glass shows."""
    return {mark.code: mark.points for mark in desk.page.parts.view._marks}


@pytest.mark.parametrize("change", [here, away])
def test_calibrating_points_and_lengths(desk: Desk, change: Callable[[Desk], None]) -> None:
    desk.page.parts.methods.chip("ruler_points").click()
    for point in (*bench.ruler(desk.truth).points, bench.ruler(desk.truth).check_points[0]):
        desk.press(*point)
    desk.type("ruler", "17")
    before = marked(desk)
    assert [len(points) for points in before.values()] == [2, 1]
    change(desk)
    assert marked(desk) == before
    assert desk.page.parts.methods.code() == "ruler_points"
    desk.type("ruler", "0")
    desk.press(*bench.ruler(desk.truth).check_points[1])
    desk.type("check", "50")
    desk.page.parts.primary.click()
    assert desk.model.scale.found is not None
    assert desk.model.scale.found.measurable, "and the scale is found from all of it"


@pytest.mark.parametrize("change", [here, away])
def test_a_half_drawn_path_and_its_undo(desk: Desk, change: Callable[[Desk], None]) -> None:
    desk.scale()
    desk.draw("proximal")
    desk.key(Qt.Key.Key_Backspace)
    before = marked(desk)
    assert len(before["proximal"]) == 5
    change(desk)
    assert (marked(desk), desk.model.tool, desk.model.end) == (before, "measure", "proximal")
    desk.page.parts.undo.click()
    assert len(marked(desk)["proximal"]) == 6


def test_a_rulers_marks_that_were_corrected(shown: Screen) -> None:
    desk = desk_of(shown, even_ruler())
    desk.page.parts.methods.chip("ruler_ticks").click()
    desk.page.parts.primary.click()
    desk.page.parts.ticks.steps.chip("mm").click()
    desk.model.pick("ruler", 1)
    desk.key(Qt.Key.Key_Right)
    before = marked(desk)
    away(desk)
    assert marked(desk) == before
    assert desk.model.ticks.step == "mm"


def test_regions_that_are_not_black_yet(nurse: Screen, tmp_path: Path) -> None:
    nurse.shell.navigate("photos", case=nurse.site.cases["03-0147"])
    nurse.page.model.add([still(tmp_path)])
    sheet = nurse.window.sheet
    sheet.regions.add(10.0, 20.0, 100.0, 50.0)
    before = sheet.regions.boxes
    another_look(nurse)
    assert nurse.window.sheet is sheet
    assert sheet.regions.boxes == before


def test_a_file_that_waits_for_its_answer(nurse: Screen, tmp_path: Path) -> None:
    case = nurse.site.cases["03-0147"]
    nurse.shell.navigate("photos", case=case)
    nurse.page.model.add([still(tmp_path)])
    QTest.keyClick(nurse.window.sheet, Qt.Key.Key_Escape)
    nurse.shell.navigate("settings")
    another_look(nurse)
    nurse.shell.navigate("photos", case=case)
    assert [job.state for job in nurse.page.model.intake.jobs] == ["asking"]


def test_a_watched_folder_still_offers_what_came(nurse: Screen, tmp_path: Path) -> None:
    case = nurse.site.cases["03-0147"]
    nurse.shell.navigate("photos", case=case)
    nurse.page.sources.set_folder(str(tmp_path))
    watch = nurse.page.sources.watch
    Image.new("RGB", (320, 200), "#884433").save(tmp_path / "new.jpg")
    nurse.shell.navigate("settings")
    another_look(nurse)
    nurse.shell.navigate("photos", case=case)
    assert nurse.page.sources.watch is watch


def test_a_search_and_a_new_case(nurse: Screen) -> None:
    nurse.page.search.setText("0147")
    nurse.shell.navigate("settings")
    another_look(nurse)
    nurse.shell.navigate("cases")
    assert nurse.page.search.text() == "0147"
    nurse.page.new_case()
    sheet = nurse.window.sheet
    sheet.subject.setText("03-0199")
    sheet.age.setText("58")
    sheet.sex.choose("f")
    sheet.arm.choose("reduced")
    before = sheet.form()
    another_look(nurse)
    assert sheet.form() == before


def test_a_margin_that_is_typed_only(nurse: Screen) -> None:
    case = nurse.site.cases["03-0147"]
    nurse.shell.navigate("margins", case=case)
    QTest.keyClicks(nurse.window.focusWidget(), "54")
    typed = typed_at(nurse)
    assert typed
    another_look(nurse)
    assert typed_at(nurse) == typed, "leaving the page would save it"


def test_another_person_finds_nothing_of_it(shown: Screen) -> None:
    desk = desk_of(shown)
    desk.page.parts.methods.chip("ruler_points").click()
    desk.press(*bench.ruler(desk.truth).points[0])
    model = desk.model
    assert model.holds
    shown.shell.lock()
    shown.sign_in("li")
    shown.shell.navigate("workbench", case=desk.case, photo=desk.photo)
    assert desk.model is not model
    assert not marked(desk)
