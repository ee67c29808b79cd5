"""Every office page and sheet in both sizes, themes and languages: no cut word, nothing past the edge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.words import Language
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen
from ui.dialogs.help import HelpSheet
from ui.dialogs.licences import LicencesSheet
from ui.dialogs.pin import SetPinSheet

pytestmark = pytest.mark.ui
LOOKS = [((1366, 768), False, "light"), ((1366, 768), False, "or"), ((1920, 1080), True, "or")]


def _case_menu(shown: Screen) -> None:
    shown.page.open_menu(shown.page.list.rows()[0])


def _allocation(shown: Screen) -> None:
    shown.page.allocate(shown.page._row(shown.site.cases["03-0149"]))


def _new_case(shown: Screen) -> None:
    shown.page.new_case()
    shown.window.sheet.arm.choose("reduced")
    shown.window.sheet.submit()


def _to_sign(shown: Screen) -> None:
    shown.shell.navigate("to_sign")
    next(iter(shown.page._cards.values())).check.setChecked(True)


def _cover(shown: Screen) -> None:
    shown.workspace.start_theatre(shown.site.cases["03-0145"])
    shown.started.session.cover()


def _closing_while_writing(shown: Screen) -> None:
    shown.workspace.context.sync.writing = True
    shown.window.close()
    shown.workspace.context.sync.writing = False


SCENES: dict[str, Callable[[Screen], None]] = {
    "cases": lambda shown: None,
    "case_menu": _case_menu,
    "allocation": _allocation,
    "new_case": _new_case,
    "to_sign": _to_sign,
    "sync": lambda shown: shown.shell.navigate("sync"),
    "receipt": lambda shown: shown.shell.navigate("receipt"),
    "settings": lambda shown: shown.shell.navigate("settings"),
    "help": lambda shown: shown.shell.show_sheet(HelpSheet(shown.shell)),
    "licences": lambda shown: shown.shell.show_sheet(LicencesSheet(shown.shell)),
    "pin": lambda shown: shown.shell.show_sheet(SetPinSheet(shown.shell, "zhang", lambda: None)),
    "error": lambda shown: shown.shell.show_error(EnvironmentTrouble("disk_full")),
    "closing": lambda shown: shown.window.close(),
    "closing_while_writing": _closing_while_writing,
    "cover": _cover,
}


@pytest.mark.parametrize(("size", "touch", "theme"), LOOKS)
def test_no_word_is_cut_and_nothing_leaves_the_window(
    site: Site, tmp_path: Path, qapp: QApplication, language: Language,
    size: tuple[int, int], touch: bool, theme: str,
) -> None:  # fmt: skip
    problems: dict[str, object] = {}
    with screen(
        site, tmp_path / "copy", qapp, touch=touch, size=size, theme=theme, language=language, demo=True,
        demo_passwords={"zhang": "demo-zhang-bowel-ruler"},
    ) as shown:  # fmt: skip
        shown.page.choose("zhang")
        qapp.processEvents()
        if found := cut_texts(shown.window):
            problems["unlock"] = found
        shown.sign_in("zhang")
        for name, scene in SCENES.items():
            shown.window.drop_sheet()
            shown.shell.navigate("cases")
            scene(shown)
            qapp.processEvents()
            found = cut_texts(shown.window)
            if found or outside(shown.window):
                problems[name] = (found, outside(shown.window))
    assert not problems


def test_the_language_changes_on_every_page_without_a_restart(nurse: Screen) -> None:
    names = ("unlock", "cases", "to_sign", "sync", "settings")
    for page in names[1:]:
        nurse.shell.navigate(page)
    before = {name: nurse.window._pages[name].title for name in names}
    nurse.shell.toggle_language()
    after = {name: nurse.window._pages[name].title for name in names}
    assert all(title.isascii() for title in before.values())
    assert not any(title.isascii() for title in after.values())


def test_the_theme_changes_at_once_and_is_kept(nurse: Screen) -> None:
    before = nurse.window.grab().toImage().pixelColor(700, 760)
    nurse.shell.toggle_theme()
    after = nurse.window.grab().toImage().pixelColor(700, 760)
    assert abs(before.lightness() - after.lightness()) > 100
    assert nurse.workspace.settings.theme in ("or", "light")


def test_settings_take_effect_at_once(nurse: Screen) -> None:
    nurse.shell.navigate("settings")
    nurse.page.minutes.chip("5").click()
    assert nurse.workspace.settings.cover_minutes == 5
    nurse.page.url.setText("http://example.org")
    nurse.page._save_url()
    assert nurse.workspace.server_url == "", "only https leaves this computer"
