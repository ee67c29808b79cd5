"""The tower's receiver in the window: a real sender, the real lanes and store; on, off, locked, closed."""

from __future__ import annotations

import gc
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reset_or.actions import specimens
from reset_or.actions.tower import TowerPlace
from reset_or.base.words import Language
from reset_or.workspace.settings import load_settings
from tests.fakes.orthanc import certificates, free_port
from tests.fakes.screen import Screen, Site, cut_texts, outside, screen
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make
from ui.tasks import QtLanes

pytestmark = [
    pytest.mark.ui,
    # pynetdicom leaves the socket of a failed TLS handshake to the collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass
class Room:
    """The nurse's window with its own threads, and a tower beside it."""

    shown: Screen
    qtbot: QtBot
    folder: Path
    lanes: QtLanes

    @property
    def tower(self) -> Any:
        return self.shown.shell.tower

    def until(self, ready: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(ready()), timeout=30_000)

    def settle(self) -> None:
        self.until(lambda: not self.lanes.busy)

    def enter(self) -> None:
        self.shown.sign_in("wang")
        self.until(lambda: self.shown.window.page_name == "cases")
        self.settle()

    def listen(self, **said: Any) -> int:
        port = free_port()
        self.tower.apply(TowerPlace(**({"on": True, "host": "127.0.0.1", "port": port} | said)))
        self.until(lambda: self.tower.state.phase in ("listening", "trouble"))
        return port

    def send(self, port: int, *options: object, seed: int = 0, exam: str = "1.2.3") -> int:
        """storescu, while the window goes on."""
        file = self.folder / f"still-{seed}.dcm"
        picture = make.colourful((96, 64 + 8 * seed))
        file.write_bytes(foreign.as_bytes(foreign.tower_still(picture, StudyInstanceUID=exam)))
        return self.send_file(port, file, *options)

    def send_file(self, port: int, file: Path, *options: object) -> int:
        words = ["/usr/bin/storescu", "-xy", "-aec", "RESETOR", *map(str, options), "127.0.0.1", str(port)]
        sender = subprocess.Popen([*words, str(file)], stderr=subprocess.DEVNULL)
        self.until(lambda: sender.poll() is not None)
        return sender.returncode

    def store(self, action: Callable[..., Any], **said: Any) -> Any:
        got: list[Any] = []
        self.shown.shell.run(action, got.append, **said)
        self.until(lambda: got)
        return got[0]


@pytest.fixture
def room(site: Site, tmp_path: Path, qapp: QApplication, qtbot: QtBot) -> Iterator[Room]:
    lanes = QtLanes()
    try:
        with screen(site, tmp_path / "copy", qapp, lanes=lanes) as shown:
            made = Room(shown, qtbot, tmp_path, lanes)
            yield made
            shown.window.lock()
            made.settle()
    finally:
        lanes.close()
        gc.collect()
    assert [each for each in threading.enumerate() if "pynetdicom" in type(each).__module__] == []


def shut(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) != 0


def test_a_still_arrives_in_the_inbox_and_nothing_listens_behind_a_lock(room: Room) -> None:
    room.enter()
    port = room.listen()
    assert room.tower.state.at == f"127.0.0.1:{port}"
    assert room.send(port) == 0
    room.until(lambda: room.tower.state.last_at)
    (row,) = room.store(specimens.specimen_rows)
    assert (row.label, row.photos, row.begun_by) == ("Stills from the tower", 1, "wang")
    room.shown.window.lock()
    room.until(lambda: room.shown.window.page_name == "unlock")
    room.settle()
    assert shut(port)
    room.enter()
    room.until(lambda: room.tower.state.phase == "listening")
    assert room.send(port, seed=1) == 0
    assert room.store(specimens.specimen_rows)[0].photos == 1


def test_a_covered_screen_takes_nothing_and_the_tower_keeps_its_picture(room: Room) -> None:
    room.enter()
    port = room.listen()
    room.shown.started.session.cover()
    room.settle()
    assert room.send(port) != 0
    room.until(lambda: room.tower.state.refused)
    assert room.tower.state.refused[1].code == "tower_closed"
    assert room.shown.workspace.context.store.records(form="specimen") == []


def test_what_is_no_still_is_refused_and_said(room: Room) -> None:
    room.enter()
    port = room.listen()
    file = room.folder / "many.dcm"
    file.write_bytes(foreign.as_bytes(foreign.tower_still(NumberOfFrames=3)))
    assert room.send_file(port, file) != 0
    room.until(lambda: room.tower.state.refused)
    assert room.tower.state.refused[1].code == "dicom_multi_frame"
    assert room.send(port) == 0
    room.until(lambda: room.tower.state.last_at)
    assert room.tower.state.refused is None


def test_over_tls_and_by_known_callers_only(room: Room, tmp_path: Path) -> None:
    papers, others = certificates(tmp_path / "tls"), certificates(tmp_path / "others")
    room.enter()
    tls = {"cert": str(papers.cert), "key": str(papers.key), "ca": str(papers.ca)}
    port = room.listen(calling="TOWER", **tls)
    ours = ("+tls", papers.key, papers.cert, "+cf", papers.ca)
    assert room.send(port, *ours, "-aet", "TOWER") == 0
    assert room.send(port, *ours, "-aet", "SOMEBODY") != 0
    assert room.send(port, "+tls", others.key, others.cert, "+cf", papers.ca, "-aet", "TOWER") != 0
    assert room.send(port, "-aet", "TOWER") != 0


# the card in the settings -----------------------------------------------------------------------------------
def test_the_card_switches_it_on_and_off(room: Room) -> None:
    room.enter()
    room.shown.shell.navigate("settings")
    card, port = room.shown.page.tower, free_port()
    assert card.state.text() == "Off. The tower's stills are not received."
    assert not card.details.isVisible()
    card.inputs["port"].setText(str(port))
    card.on.click()
    room.until(lambda: "Listening at" in card.state.text())
    assert card.state.text().endswith(f":{port} as RESETOR")
    assert card.news.text() == "No still since sign-in"
    assert load_settings(room.shown.workspace.home).tower["port"] == port
    assert room.send(port) == 0
    room.until(lambda: card.news.text().startswith("Last still today"))
    card.on.click()
    room.until(lambda: card.state.text().startswith("Off"))
    room.settle()
    assert shut(port)


def test_what_cannot_be_is_said_where_it_stands(room: Room) -> None:
    room.enter()
    room.shown.shell.navigate("settings")
    card, port = room.shown.page.tower, free_port()
    card.inputs["port"].setText(str(port))
    card.on.click()
    room.until(lambda: "Listening" in card.state.text())
    card.inputs["port"].setText("99999")
    card.inputs["cert"].setText(str(room.folder / "cert.pem"))
    card.save.click()
    assert card.fields["port"].below.text() == "A number from 1 to 65535."
    assert card.fields["key"].below.text() == "The key is missing."
    assert room.tower.place.port == port
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        card.inputs["port"].setText(str(taken.getsockname()[1]))
        card.inputs["cert"].setText("")
        card.save.click()
        room.until(lambda: "in use" in card.state.text())
    card.save.click()
    room.until(lambda: "Listening" in card.state.text())


def test_the_card_fits_in_both_languages(room: Room, language: Language) -> None:
    room.shown.shell.set_language(language)
    room.enter()
    room.shown.shell.navigate("settings")
    room.shown.page.tower.inputs["port"].setText(str(free_port()))
    room.shown.page.tower.on.click()
    room.until(lambda: room.tower.state.phase in ("listening", "trouble"))
    assert cut_texts(room.shown.window) == {}
    assert outside(room.shown.window) == []
