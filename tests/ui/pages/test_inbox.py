"""The inbox on a real store: begun, photographed, given to a subject by one person and signed by another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from reset_or.actions import cases, photos, specimens
from reset_or.base.words import Language
from tests.fakes import measuring as bench
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen
from tests.fakes.site import password_of

pytestmark = pytest.mark.ui


def _sheet(shown: Screen) -> Any:
    return shown.window.over.sheet


def _begin(shown: Screen, label: str = "bed 12, torn label") -> str:
    shown.shell.navigate("inbox")
    shown.page.new()
    _sheet(shown).label.setText(label)
    _sheet(shown).submit()
    return shown.page.model.case


def test_an_empty_inbox_says_what_it_is_for(nurse: Screen) -> None:
    nurse.shell.navigate("inbox")
    assert nurse.page.empty.title.text() == "Nothing waits for a subject"
    assert nurse.page.first.isVisible()


def test_a_specimen_is_begun_and_takes_photos(nurse: Screen) -> None:
    rec = _begin(nurse)
    assert nurse.window.page_name == "photos"
    taken, _truth = bench.specimen()
    nurse.workspace.do(photos.attach_photo, case=rec, taken=taken, state="fresh_unpinned")
    nurse.shell.navigate("inbox")
    rows = nurse.page.list.rows()
    assert [(row.title, row.state_text) for row in rows] == [
        ("bed 12, torn label", "Nobody has said whose it is")
    ]
    assert "photos: 1" in rows[0].detail


def test_two_people_say_whose_it_is(nurse: Screen) -> None:
    rec = _begin(nurse)
    taken, _truth = bench.specimen()
    nurse.workspace.do(photos.attach_photo, case=rec, taken=taken, state="fresh_unpinned")
    case = nurse.site.cases["03-0147"]
    nurse.shell.navigate("inbox")
    nurse.page.act(nurse.page.list.rows()[0])
    _sheet(nurse).subject.setText("RESET-OR 03-0147 A")
    _sheet(nurse).submit()
    row = nurse.page.list.rows()[0]
    assert row.verb == "", "the first person is not the second"
    assert nurse.workspace.do(cases.case_view, case=case).photos == ()
    nurse.shell.lock()
    nurse.sign_in("li")
    nurse.shell.navigate("inbox")
    row = nurse.page.list.rows()[0]
    assert row.verb == "confirm"
    nurse.page.act(row)
    _sheet(nurse).secret.line.setText("not the password")
    _sheet(nurse).submit()
    assert _sheet(nurse).problem.isVisible()
    _sheet(nurse).secret.line.setText(password_of("li"))
    _sheet(nurse).submit()
    assert "by" in nurse.page.list.rows()[0].state_text
    assert len(nurse.workspace.do(cases.case_view, case=case).photos) == 1


def test_an_unknown_subject_is_refused_and_nothing_is_lost(nurse: Screen) -> None:
    _begin(nurse)
    nurse.shell.navigate("inbox")
    nurse.page.act(nurse.page.list.rows()[0])
    _sheet(nurse).subject.setText("03-9999")
    _sheet(nurse).submit()
    assert _sheet(nurse).problem.isVisible()
    assert _sheet(nurse).subject.text() == "03-9999"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_cut(site: Site, tmp_path: Path, qapp: QApplication, language: Language) -> None:
    with screen(site, tmp_path / "copy", qapp) as shown:
        shown.sign_in("wang")
        shown.shell.set_language(language)
        rec = _begin(shown)
        shown.workspace.do(specimens.attach_specimen, specimen=rec, case=shown.site.cases["03-0147"])
        _begin(shown, "")
        shown.shell.navigate("inbox")
        qapp.processEvents()
        assert cut_texts(shown.window) == {}
        assert outside(shown.window) == []
