"""The window of an enrolled computer on the real lanes, at the real server or behind a real relay."""

from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reset_or.actions.servers import keep_server
from reset_or.base.words import LANGUAGES, Language, say
from reset_or.workspace import Workspace
from reset_or.workspace.settings import Tile
from tests.fakes.relay import Hospital, hospital
from tests.fakes.workstations import PEOPLE, Ground, Station, attach, register
from ui.app import Started, start
from ui.dialogs.renew import RenewSheet
from ui.tasks import QtLanes

pytestmark = pytest.mark.ui
SITE = "03"


@dataclass
class Window:
    """The program of one computer; `wait` lets its event loop run until something is so."""

    started: Started
    qtbot: QtBot

    @property
    def page(self) -> Any:
        return self.started.window.page

    @property
    def sheet(self) -> Any:
        return self.started.window.over.sheet

    def wait(self, ready: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(ready()), timeout=30_000)

    def open(self, page: str) -> None:
        self.started.shell.navigate(page)
        self.wait(lambda: self.started.window.page_name == page)


@contextmanager
def window(station: Station, qapp: QApplication, qtbot: QtBot, language: Language = "en") -> Iterator[Window]:
    """Of the one person of this computer, who signs in."""
    role, name = PEOPLE[station.user]
    station.workspace.lock()
    Workspace(station.home, lanes=station.workspace.lanes).save_settings(
        study="RESET-TEST", site=SITE, people=(Tile(station.user, role, name),), language=language
    )
    lanes = QtLanes()
    started = start(
        qapp, station.home.root, lanes=lanes, clock=station.clock, key_store=station.keys, touch=False
    )
    made = Window(started, qtbot)
    try:
        made.page.choose(station.user)
        made.page.sign_in(station.password)
        made.wait(lambda: started.window.page_name == "cases")
        yield made
    finally:
        started.window.drop_sheet()
        started.shell.lock()
        made.wait(lambda: started.window.page_name == "unlock" and lanes.busy == 0)
        started.window.close_now()
        started.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        lanes.close()
        gc.collect()


@contextmanager
def forwarding(relay: Hospital) -> Iterator[None]:
    """The relay goes round by itself, as its thread does, for as long as the block."""
    stop = threading.Event()

    def rounds() -> None:
        while not stop.wait(0.2):
            assert relay.relay is not None
            relay.relay.once()

    thread = threading.Thread(target=rounds, name="rounds")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def test_the_sync_page_says_by_itself_that_the_centre_has_what_was_at_the_relay(
    ground: Ground, qapp: QApplication, qtbot: QtBot
) -> None:
    """One press; the relay is slower than the first answer."""
    (nurse,) = ground.workstations(["wang"])
    relay = hospital(ground)
    relay.start()
    try:
        nurse.workspace.do(keep_server, url=relay.url)
        attach(nurse, register(nurse, "03-0001"), 70_000)
        with window(nurse, qapp, qtbot) as made:
            made.open("sync")
            made.page.button.click()
            made.wait(lambda: made.page._ledger is not None and made.page._ledger.answer == "at_relay")
            assert made.page.headline.text() == say("sync.at_relay", "en", n=made.page._ledger.at_relay)
            with forwarding(relay):
                made.wait(lambda: made.page.headline.text() == say("sync.all_uploaded", "en"))
            assert {item.state for item in made.page._ledger.items} == {"at_centre"}
    finally:
        relay.stop()


@pytest.fixture
def forked(ground: Ground) -> Station:
    """An old backup was put back, and something else was written in its place."""
    (nurse,) = ground.workstations(["wang"])
    register(nurse, "03-0001")
    nurse.good_sync()
    nurse.workspace.lock()
    shutil.copytree(nurse.home.root, ground.folder / "backup")
    nurse.workspace.unlock(nurse.user, nurse.password)
    register(nurse, "03-0002")
    nurse.good_sync()
    nurse.workspace.lock()
    shutil.rmtree(nurse.home.root)
    shutil.copytree(ground.folder / "backup", nurse.home.root)
    nurse.workspace.unlock(nurse.user, nurse.password)
    register(nurse, "03-0003")
    return nurse


def refused(made: Window, code: str, title: str) -> None:
    sheet = made.sheet
    sheet.code.setText(code)
    sheet.go.click()
    assert (sheet.go.isEnabled(), sheet.back.isVisible(), sheet.dismissible) == (False, False, False)
    made.wait(lambda: sheet.problem.isVisible() and not sheet._busy)
    assert title in sheet.problem.title.text()
    assert (sheet.go.isEnabled(), sheet.back.isVisible(), sheet.dismissible) == (True, True, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_restored_computer_gets_a_new_id_at_the_screen(
    ground: Ground, forked: Station, qapp: QApplication, qtbot: QtBot, language: Language
) -> None:
    (code,) = ground.codes(SITE)
    (wrong,) = ground.codes("05")
    with window(forked, qapp, qtbot, language) as made:
        made.open("sync")
        made.page.button.click()
        made.wait(lambda: made.page.problem.isVisible())
        made.page.problem._buttons[0].click()
        sheet = made.sheet
        assert isinstance(sheet, RenewSheet)
        sheet.submit()
        assert not sheet._busy, "without a code nothing is asked"
        old = made.started.workspace.context.device.dev
        refused(made, "not a code", say("errors.code_not_understood", language))
        refused(made, wrong, say("errors.renew_other_site", language))
        assert made.started.workspace.context.device.dev == old
        sheet.code.setText(code)
        sheet.go.click()
        made.wait(lambda: sheet._done is not None)
        words = sheet.words.text()
        assert len(words.split()) == 6
        assert (sheet.field.isVisible(), sheet.go.isVisible(), sheet.back.isVisible()) == (False, False, True)
        sheet.back.click()
        made.open("settings")
        card = made.page.device
        made.wait(lambda: words in card.state.text())
        assert card.name.value.text() == made.started.workspace.context.device.dev[:16] != old[:16]
        assert [each.words for each in ground.admit(SITE)] == [words]
        made.open("sync")
        made.page.button.click()
        made.wait(lambda: made.page.headline.text() == say("sync.all_uploaded", language))
        assert not made.page.problem.isVisible()
        made.open("settings")
        made.wait(lambda: made.page.device.state.text() == "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_computer_of_the_site_says_which_one_is_on_hold(
    ground: Ground, forked: Station, qapp: QApplication, qtbot: QtBot, language: Language
) -> None:
    (code,) = ground.codes(SITE)
    other = ground.enrol(code, ["li"], "other")
    ground.admit(SITE)
    other.good_sync()
    with window(other, qapp, qtbot, language) as made:
        made.open("settings")
        made.wait(lambda: made.page.device.name.value.text())
        assert not made.page.device.held_lines.isVisible()
        assert forked.sync().problem == "device_forked"
        made.open("sync")
        made.open("settings")
        card = made.page.device
        made.wait(lambda: card.held_lines.isVisible())
        assert forked.ctx.device.dev[:16] in card.held_lines.text()
        assert say("holds.why_fork", language) in card.held_lines.text()
        assert card.held_todo.text() == say("holds.todo", language)
