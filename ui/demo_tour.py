"""The tour: a script that does the main job in the real window with keys and clicks, and takes pictures.

The headless demo, the pictures of the documentation and the end-to-end test of the screens are this one
path. It looks only at what a person sees: pages, buttons by their words, and what stands in the store after.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from reset_or.actions import cases, ledger, report
from reset_or.base.words import Language
from reset_or.record.codebook import label
from reset_or.workspace.demo import ADMIN, PASSPHRASE, Demo, password_of, workspace_of
from ui import app as application
from ui.app import Started
from ui.demo_bench import bench
from ui.demo_pictures import live, stills
from ui.tasks import QtLanes

T = TypeVar("T")
PATIENCE_S: Final = 60.0
SUBJECT: Final = "03-0147"


class TourStuck(AssertionError):
    """A step of the tour did not come about: which one."""


class Driver:
    """A person at the window: waits for what is visible, presses, types, and takes pictures."""

    def __init__(self, started: Started, output: Path, app: QApplication) -> None:
        self.started, self.output, self.app = started, output, app
        self.taken: list[str] = []
        self.told = 0
        output.mkdir(parents=True, exist_ok=True)

    @property
    def window(self) -> QWidget:
        return self.started.window

    def until(self, what: str, condition: Callable[[], bool]) -> None:
        """Lets the window live until `condition` holds; TourStuck names what was waited for."""
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                self.shoot("stuck")
                raise TourStuck(what)
            self.app.processEvents()
            time.sleep(0.005)
        self.app.processEvents()

    def idle(self) -> None:
        """Until the lanes have nothing left to do and everything is painted."""
        lanes = self.started.workspace.lanes
        assert isinstance(lanes, QtLanes)
        self.until("idle lanes", lambda: lanes.busy == 0)
        for _ in range(3):
            self.app.processEvents()

    def page(self, name: str) -> None:
        self.until(f"page {name}", lambda: self.started.window.page_name == name)
        self.idle()

    def ask(self, work: Callable[[], T]) -> T:
        """Runs `work` on the store lane and lets the window live until it has an answer."""
        found: list[T] = []
        failed: list[BaseException] = []
        self.started.workspace.lanes.run("store", work, found.append, failed.append)
        self.until("answer of the store", lambda: bool(found or failed))
        if failed:
            raise failed[0]
        return found[0]

    def button(self, text: str) -> QAbstractButton:
        """The visible, enabled button with this text or accessible name."""
        found: list[QAbstractButton] = []

        def there() -> bool:
            found[:] = [
                each
                for each in self.window.findChildren(QAbstractButton)
                if each.isVisible()
                and each.isEnabled()
                and text in (each.text().strip(), each.accessibleName())
            ]
            return bool(found)

        self.until(f"button {text}", there)
        return found[0]

    def press(self, text: str) -> None:
        button = self.button(text)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center())
        self.idle()

    def keys(self, text: str) -> None:
        """Types into whatever has the focus, as a keyboard does."""
        QTest.keyClicks(self.focus(), text)
        self.app.processEvents()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.focus(), key, modifier)
        self.idle()

    def focus(self) -> QWidget:
        return self.app.focusWidget() or self.window

    def fill(self, text: str) -> None:
        """Types into the visible field that takes a secret or a line of text."""
        fields = [
            each for each in self.window.findChildren(QLineEdit) if each.isVisible() and each.isEnabled()
        ]
        assert fields, "no field to type into"
        QTest.mouseClick(fields[0], Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
        QTest.keyClicks(fields[0], text)
        self.app.processEvents()

    def say(self, key: str, **values: object) -> str:
        return self.started.shell.say(key, **values)

    def shoot(self, name: str) -> None:
        """A picture of the whole window as it is painted now."""
        path = self.output / f"{len(self.taken) + 1:02d}-{name}.png"
        self.window.grab().save(str(path))
        self.taken.append(path.name)

    def look(self, language: Language, theme: str) -> None:
        self.started.shell.set_language(language)
        self.started.shell.set_theme("light" if theme == "light" else "or_dark")
        self.idle()


def _usable(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled()


def tour(demo: Demo, output: Path, *, size: tuple[int, int] = application.SIZE) -> Iterator[str]:
    """Does the main job; yields one line a picture or file it left."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(["reset-or"])
    started = application.start(app, demo.theatre.root, size=size, touch=False)
    driver = Driver(started, output, app)
    try:
        for step in (_sign_in, _find_case, _margins, _confirm, _photo, live, stills, _sync, _second, bench):
            step(driver, demo)
            yield from _news(driver)
        _papers(driver, demo)
        yield from _news(driver)
    finally:
        started.window.close_now()
        lanes = started.workspace.lanes
        if started.workspace.unlocked:
            driver.ask(started.workspace.lock)
        if isinstance(lanes, QtLanes):
            lanes.close()


def _news(driver: Driver) -> Iterator[str]:
    yield from (f"  {name}" for name in driver.taken[driver.told :])
    driver.told = len(driver.taken)


def _sign_in(driver: Driver, demo: Demo, user: str = "wang") -> None:
    driver.page("unlock")
    driver.shoot("unlock")
    enter(driver, user)
    driver.page("cases")
    driver.look("en", "light")
    driver.shoot("cases")


def enter(driver: Driver, user: str) -> None:
    from ui.pages.unlock import UnlockPage

    page = driver.started.window.page
    assert isinstance(page, UnlockPage)
    page.choose(user)
    driver.app.processEvents()
    driver.fill(password_of(user))
    driver.key(Qt.Key.Key_Return)


def _find_case(driver: Driver, demo: Demo) -> None:
    from ui.pages.cases import CasesPage

    page = driver.started.window.page
    assert isinstance(page, CasesPage)
    driver.until("case rows", lambda: len(page.list.rows()) >= 5)
    row = next(each for each in page.list.rows() if each.subject == SUBJECT)
    page.list.choose(row.key)
    page.list.setFocus()
    driver.key(Qt.Key.Key_Return)
    driver.page("margins")


def _margins(driver: Driver, demo: Demo) -> None:
    driver.look("en", "or")
    driver.press(driver.say("margins.step_record"))
    _circumstances(driver)
    driver.keys("54")
    driver.key(Qt.Key.Key_Return)
    driver.until("proximal saved", lambda: _length(driver, "proximal") == 54)
    driver.key(Qt.Key.Key_Tab) if _active(driver) == "proximal" else None
    driver.keys("26")
    driver.key(Qt.Key.Key_Return)
    driver.until("distal saved", lambda: _length(driver, "distal") == 26)
    driver.keys("22")
    driver.key(Qt.Key.Key_Return)
    driver.until("distal changed", lambda: _length(driver, "distal") == 22)
    driver.shoot("margins")
    driver.look("zh", "light")
    driver.shoot("margins-zh")
    driver.look("en", "or")


def _circumstances(driver: Driver) -> None:
    """From which edge, how, and by whom: never filled in silently; the first answer holds for both ends."""
    language = driver.started.shell.language
    answers = (
        ("margins.edge_chip", label("edge", "residual_edge", language)),
        ("margins.method_chip", label("method", "tape_intracorporeal", language)),
        ("margins.measured_by_chip", "Zhang Rui"),
    )
    for chip, answer in answers:
        driver.press(driver.say(chip))
        driver.press(answer)


def _active(driver: Driver) -> str:
    from ui.pages.margins import MarginsPage

    page = driver.started.window.page
    assert isinstance(page, MarginsPage)
    return page.model.active


def _length(driver: Driver, end: str) -> int | None:
    from ui.pages.margins import MarginsPage

    page = driver.started.window.page
    if not isinstance(page, MarginsPage) or page.model.view is None:
        return None
    main = page.model.view.record.end(end).main
    return main.value_mm if main is not None else None


def _confirm(driver: Driver, demo: Demo) -> None:
    from ui.pages.confirm import ConfirmPage

    driver.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    driver.page("confirm")
    page = driver.started.window.page
    assert isinstance(page, ConfirmPage)
    driver.until("reasons", lambda: bool(page.model.reasons()))
    driver.press(next(text for code, text in page.model.reasons() if code == "anatomy_pelvis"))
    driver.press("Zhang Rui")
    driver.shoot("confirm")
    driver.fill(password_of("wang"))
    driver.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    driver.until("recorded", lambda: page.model.stage == "confirmed")
    driver.press(driver.say("confirm.later"))
    driver.page("cases")


def _photo(driver: Driver, demo: Demo) -> None:
    from reset_or.workspace.demo import specimen_photo
    from ui.pages.photos import PhotosPage

    path = demo.folder / "specimen.jpg"
    path.write_bytes(specimen_photo(SUBJECT)[0])
    case = driver.ask(lambda: case_of(driver))
    driver.started.shell.navigate("photos", case=case)
    driver.page("photos")
    page = driver.started.window.page
    assert isinstance(page, PhotosPage)
    page.model.intake.bowel = "fresh_unpinned"
    page.model.add([path])
    driver.until("photo attached", lambda: bool(page.model.rows()) and page.model.large is not None)
    driver.look("en", "light")
    driver.shoot("photos")


def case_of(driver: Driver) -> str:
    return cases.find_case(driver.started.workspace.context, subject=SUBJECT)


def _sync(driver: Driver, demo: Demo) -> None:
    driver.started.shell.navigate("sync")
    driver.page("sync")
    driver.shoot("sync-before")
    driver.started.shell.sync_now()
    driver.until("all uploaded", lambda: _answer(driver) == "all_uploaded")
    driver.idle()
    driver.shoot("sync-after")


def _answer(driver: Driver) -> str:
    workspace = driver.started.workspace
    return driver.ask(lambda: ledger.sync_view(workspace.context)).answer


def _second(driver: Driver, demo: Demo) -> None:
    """The surgeon signs later, with the own password."""
    driver.started.shell.lock()
    driver.page("unlock")
    enter(driver, "zhang")
    driver.page("cases")
    driver.started.shell.navigate("to_sign")
    driver.page("to_sign")
    driver.press(driver.say("to_sign.all"))
    driver.shoot("to-sign")
    driver.fill(password_of("zhang"))
    driver.key(Qt.Key.Key_Return)
    driver.until("confirmed", lambda: _lifecycle(driver) == "confirmed")
    driver.idle()


def _lifecycle(driver: Driver) -> str:
    workspace = driver.started.workspace
    return driver.ask(lambda: cases.case_view(workspace.context, case=case_of(driver)).lifecycle)


def _papers(driver: Driver, demo: Demo) -> None:
    """The case sheet in both languages, and what the centre reads, beside the pictures."""
    theatre, languages = driver.started.workspace, ("en", "zh")
    driver.ask(theatre.lock)
    desk = workspace_of(demo.theatre)
    desk.unlock("zhang", password_of("zhang"))
    case = cases.find_case(desk.context, subject=SUBJECT)
    for language in languages:
        name = f"case-sheet-{language}.pdf"
        tongue: Language = "zh" if language == "zh" else "en"
        data = desk.do(report.case_sheet, case=case, language=tongue, edition="research")
        (driver.output / name).write_bytes(data)
        driver.taken.append(name)
    desk.sync_now()
    desk.lock()
    _read_at_centre(driver, demo)


def _read_at_centre(driver: Driver, demo: Demo) -> None:
    from reset_or.actions.centre import open_identity, read

    centre = workspace_of(demo.centre)
    centre.unlock(ADMIN.user, password_of(ADMIN.user))
    centre.sync_now()
    identity = open_identity(demo.centre_identity, PASSPHRASE)
    lines = list(read(centre.context, identity=identity))
    centre.lock()
    (driver.output / "centre-read.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    driver.taken.append("centre-read.jsonl")
