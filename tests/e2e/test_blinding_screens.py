"""What a pathologist may not see, on every page: all that is painted, spoken, tipped, titled or copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget

from reset_or.actions import cases
from reset_or.base.words import LANGUAGES
from reset_or.keys.pepper import MemoryKeyStore
from tests.e2e.planted_case import NOW_AT, SUBJECT, leaks, make_planted, own_readings, sign
from tests.fakes import screen as screens
from tests.fakes.screen import Screen, Site, screen
from ui.pages.registry import PAGES

pytestmark = pytest.mark.ui
_SAID = (
    "text", "toolTip", "whatsThis", "statusTip", "accessibleName", "accessibleDescription", "windowTitle",
    "placeholderText", "toPlainText", "currentText", "view",
)  # fmt: skip
WITH_CASE = ("margins", "confirm", "photos", "workbench", "report")
PLAIN = ("cases", "to_sign", "inbox", "sync", "receipt", "settings")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Site:
    place = tmp_path_factory.mktemp("planted")
    case = make_planted(place)
    return Site(place / "home", MemoryKeyStore(trouble="none"), {SUBJECT: case})


@pytest.fixture
def shown(
    planted: Site, tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Screen]:
    monkeypatch.setattr(screens, "NOW_AT", NOW_AT)
    with screen(planted, tmp_path / "copy", qapp) as found:
        yield found


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that anything paints from now on."""
    said: list[str] = []
    real: Callable[..., Any] = QPainter.drawText

    def draw(painter: QPainter, *args: Any) -> Any:
        said.extend(arg for arg in args if isinstance(arg, str))
        return real(painter, *args)

    monkeypatch.setattr(QPainter, "drawText", draw)
    return said


def _of_widget(widget: QWidget) -> list[str]:
    found = []
    for name in _SAID:
        ask = getattr(widget, name, None)
        if callable(ask):
            try:
                found.append(str(ask()))
            except TypeError:
                continue  # a method of another kind by this name
    return found


def _all(shown: Screen, painted: list[str]) -> str:
    """What the window says in any way. Hidden widgets count: they may be shown, read aloud or copied."""
    QApplication.processEvents()
    painted.clear()
    shown.window.repaint()
    shown.window.grab()
    clipboard = QApplication.clipboard().text()
    here = [shown.window, *shown.window.findChildren(QWidget)]
    # Large numbers are painted in two pieces, the whole and the tenth.
    pairs = (first + second for first, second in pairwise(painted))
    return "\n".join([*painted, *pairs, clipboard, *(text for widget in here for text in _of_widget(widget))])


def _go(shown: Screen, page: str) -> None:
    more = {"case": shown.site.cases[SUBJECT]} if page in WITH_CASE else {}
    if page == "workbench":
        more["photo"] = shown.workspace.do(cases.case_view, case=more["case"]).photos[0].rec
    shown.shell.navigate(page, **more)
    QApplication.processEvents()


def test_every_page_is_visited() -> None:
    assert set(PAGES) == {*WITH_CASE, *PLAIN, "unlock"}


@pytest.mark.parametrize("page", [*WITH_CASE, *PLAIN])
def test_no_page_tells_a_blinded_person(page: str, shown: Screen, painted: list[str]) -> None:
    shown.sign_in("li")
    for language in LANGUAGES:
        shown.shell.set_language(language)
        _go(shown, page)
        assert leaks(_all(shown, painted)) == [], (page, language)
        if page == "workbench":
            shown.page.parts.tools.buttons["beside"].click()
            assert shown.page.beside.isVisible()
            assert leaks(_all(shown, painted)) == [], ("beside", language)


def test_the_pages_tell_once_the_own_readings_are_signed(shown: Screen, painted: list[str]) -> None:
    """The control: the same search finds the surgeon's lengths where they belong."""
    shown.sign_in("li")
    _go(shown, "margins")
    assert leaks(_all(shown, painted)) == []
    own_readings(shown.workspace, shown.site.cases[SUBJECT])
    _go(shown, "cases")
    _go(shown, "margins")
    assert leaks(_all(shown, painted)) == []
    sign(shown.workspace, shown.site.cases[SUBJECT], "measured", "li", step="specimen")
    _go(shown, "cases")
    _go(shown, "confirm")
    assert {"Reduced", "Other-arm length", "173", "111"} <= set(leaks(_all(shown, painted)))


def test_the_surgeon_is_told_at_once(shown: Screen, painted: list[str]) -> None:
    shown.sign_in("zhang")
    _go(shown, "margins")
    told = set(leaks(_all(shown, painted)))
    assert {"17.3", "11.1"} <= told
