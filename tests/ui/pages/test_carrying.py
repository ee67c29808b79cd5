"""Records as a file on the sync page: written, stopped, taken in, refused; by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from reset_or.actions.servers import keep_server
from reset_or.base import words
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen
from ui.tasks import QtLanes

pytestmark = pytest.mark.ui


@pytest.fixture
def page(nurse: Screen) -> Screen:
    nurse.shell.navigate("sync")
    return nurse


class Chosen:
    """What the system's dialogs are asked, and the place that is chosen in them; "" for none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place = ""
        self.offered: list[str] = []
        monkeypatch.setattr(QFileDialog, "getSaveFileName", self._dialog)
        monkeypatch.setattr(QFileDialog, "getOpenFileName", self._dialog)

    def _dialog(self, _parent: object, _title: str, name: str, _filter: str) -> tuple[str, str]:
        self.offered.append(name)
        return self.place, ""


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Chosen:
    return Chosen(monkeypatch)


def test_a_file_is_written_and_nothing_is_called_uploaded(
    page: Screen, chosen: Chosen, tmp_path: Path, qtbot
) -> None:
    chosen.place = str(tmp_path / "stick.reset-or-parcel")
    waiting = page.page._ledger.only_here
    qtbot.keyClick(page.page.files.take_away, Qt.Key.Key_Space)
    assert chosen.offered == ["RESET-OR-03-20261123-1431.reset-or-parcel"]
    assert Path(chosen.place).exists()
    line = page.page.files.line
    assert line.isVisible()
    assert not line.bar.isVisible()
    assert line.text.text().startswith("stick.reset-or-parcel is written and may be removed")
    assert "until a file with the receipts comes back" in line.more.text()
    assert page.page._ledger.only_here == waiting
    page.page.ask()
    assert page.page.files.written.text() == words.say("sync.file_at", "en", at="today 14:31")
    assert cut_texts(page.window) == {}
    assert outside(page.window) == []
    qtbot.keyClick(line.button, Qt.Key.Key_Space)
    assert not line.isVisible()


def test_nobody_chose_a_place_and_nothing_happens(page: Screen, chosen: Chosen) -> None:
    page.page.files.take_away.click()
    page.page.files.take_in.click()
    assert not page.page.files.line.isVisible()
    assert page.page.files.take_in.isEnabled()


def test_stopped_half_way_there_is_no_file(page: Screen, chosen: Chosen, tmp_path: Path) -> None:
    chosen.place = str(tmp_path / "stick.reset-or-parcel")
    seen = []

    def stop() -> None:
        carrier = page.shell.carrying
        if carrier.busy and carrier.carry.done:
            seen.append((page.page.files.line.bar.isVisible(), page.page.files.take_away.isEnabled()))
            page.page.files.line.button.click()

    page.shell.carrying.changed.connect(stop)
    page.page.files.take_away.click()
    assert seen[0] == (True, False)
    assert page.page.files.line.text.text() == "Stopped"
    assert list(tmp_path.glob("*parcel*")) == []
    assert page.page.files.take_away.isEnabled()
    assert not page.workspace.syncer.carrying


def test_taking_in_a_file_again_and_another_file(page: Screen, chosen: Chosen, tmp_path: Path) -> None:
    chosen.place = str(tmp_path / "stick.reset-or-parcel")
    page.page.files.take_away.click()
    page.page.files.take_in.click()
    assert page.page.files.line.text.text() == "Everything in this file was here already."
    Path(chosen.place).write_bytes(b"%PDF-1.7")
    page.page.files.take_in.click()
    assert page.page.files.line.text.text() == "This file is not a parcel of RESET-OR"
    assert page.page.files.line.more.text().startswith("Nothing was taken in.")
    page.shell.set_language("zh")
    assert page.page.files.line.text.text() == "这不是 RESET-OR 的离线文件"
    assert page.page.files.take_away.text() == "离线带出"


def test_no_sync_begins_while_a_file_is_under_way(page: Screen, chosen: Chosen, tmp_path: Path) -> None:
    page.workspace.do(keep_server, url="http://127.0.0.1:9")
    chosen.place = str(tmp_path / "a.reset-or-parcel")
    possible = []
    runner = page.shell.syncing
    page.shell.carrying.changed.connect(lambda: possible.append((page.shell.carrying.busy, runner.possible)))
    page.page.files.take_away.click()
    assert (True, False) in possible
    assert runner.possible
    assert runner._timer.isActive(), "what was taken in goes on soon"


def test_on_the_real_lanes(site: Site, tmp_path: Path, qapp: QApplication, chosen: Chosen, qtbot) -> None:
    chosen.place = str(tmp_path / "stick.reset-or-parcel")
    lanes = QtLanes()
    with screen(site, tmp_path / "copy", qapp, lanes=lanes) as shown:
        shown.sign_in("wang")
        qtbot.waitUntil(lambda: shown.workspace.unlocked and lanes.busy == 0)
        shown.shell.navigate("sync")
        shown.page.files.take_away.click()
        qtbot.waitUntil(lambda: not shown.shell.carrying.busy)
        assert shown.page.files.line.text.text().startswith("stick.reset-or-parcel is written")
        shown.page.files.take_in.click()
        qtbot.waitUntil(lambda: not shown.shell.carrying.busy)
        assert shown.page.files.line.text.text() == "Everything in this file was here already."
        qtbot.waitUntil(lambda: lanes.busy == 0)
        finished: list[bool] = []
        shown.shell.do("store", shown.workspace.lock, lambda _none: finished.append(True))
        qtbot.waitUntil(lambda: bool(finished))
