"""The real window on a real encrypted store, offscreen: a site with a few cases, copied for each test.

Work runs inline, so that a press has its effect at once; one test of its own uses the real lanes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from reset_or.actions import cases, readings, signing
from reset_or.actions.context import Secret
from reset_or.base.clock import ManualClock, local_text
from reset_or.base.lanes import InlineLanes, Lanes
from reset_or.workspace import Workspace
from tests.fakes.site import make_workspace, password_of
from ui.app import Started, start

W = TypeVar("W", bound=QWidget)
NOW_AT = 1_795_415_400_000


@dataclass
class Site:
    """A folder made once, its keyring, and the record ids of its cases by subject."""

    place: Path
    key_store: Any
    cases: dict[str, str] = field(default_factory=dict)


def make_site(place: Path) -> Site:
    """03-0147 reduced without margins, 03-0149 without an arm, 03-0145 recorded and waiting for zhang."""
    workspace = make_workspace(place, clock=ManualClock(at=NOW_AT))
    site = Site(place, workspace._key_store)
    today = local_text(NOW_AT, 480, "%Y-%m-%d")
    workspace.unlock("wang", password_of("wang"))
    for subject, arm, sex, age in (
        ("03-0145", "reduced", "m", 55), ("03-0147", "reduced", "f", 61), ("03-0149", "to_follow", "m", 66),
    ):  # fmt: skip
        rand_no = f"R-{subject}" if arm != "to_follow" else ""
        site.cases[subject] = workspace.do(
            cases.register_case, subject=subject, sex=sex, age=age, arm=arm, rand_no=rand_no,
            rand_no_again=rand_no, room="3", initials="WXM", planned_on=today, tumour_length_mm=42,
        ).rec  # fmt: skip
    for end, value_mm in (("proximal", 52), ("distal", 31)):
        workspace.do(
            readings.record_reading, case=site.cases["03-0145"], end=end, value_mm=value_mm,
            entered=str(value_mm / 10), state="in_vivo", edge="residual_edge", method="tape_intracorporeal",
        )  # fmt: skip
    workspace.do(
        signing.sign, case=site.cases["03-0145"], meaning="recorded", signer="wang",
        secret=Secret("password", password_of("wang")), readback_by="zhang",
    )  # fmt: skip
    workspace.do(cases.mark_removed, case=site.cases["03-0145"], minutes_ago=5)
    workspace.lock()
    return site


@dataclass
class Screen:
    """A running program with shorthands for a test."""

    started: Started
    site: Site
    clock: ManualClock

    @property
    def window(self) -> Any:
        return self.started.window

    @property
    def page(self) -> Any:
        return self.started.window.page

    @property
    def shell(self) -> Any:
        return self.started.shell

    @property
    def workspace(self) -> Workspace:
        return self.started.workspace

    def sign_in(self, user: str) -> None:
        self.page.choose(user)
        self.page.secret.line.setText(password_of(user))
        self.page.sign_in(password_of(user))


@contextmanager
def screen(
    site: Site,
    place: Path,
    app: QApplication,
    *,
    lanes: Lanes | None = None,
    touch: bool = False,
    size: tuple[int, int] = (1366, 768),
    **settings: Any,
) -> Iterator[Screen]:
    """The program on a copy of the site; closed and locked afterwards."""
    shutil.copytree(site.place, place)
    clock = ManualClock(at=NOW_AT + 60_000)
    Workspace(place, lanes=InlineLanes()).save_settings(**settings)
    started = start(
        app,
        place,
        lanes=lanes or InlineLanes(),
        clock=clock,
        key_store=site.key_store,
        touch=touch,
        size=size,
    )
    app.processEvents()
    try:
        yield Screen(started, site, clock)
    finally:
        started.window.drop_sheet()
        if isinstance(started.workspace.lanes, InlineLanes):
            started.workspace.lock()
        started.window.close_now()
        started.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def cut_texts(window: QWidget) -> dict[str, set[str]]:
    """Every text that was elided when it was last painted, by the class of the widget that shows it."""
    window.grab()
    found: dict[str, set[str]] = {}
    for widget in [window, *window.findChildren(QWidget)]:
        writer = getattr(widget, "writer", None)
        if writer is not None and widget.isVisible() and writer.elided:
            found.setdefault(type(widget).__name__, set()).update(writer.elided)
    return found


def outside(window: QWidget, inside: Callable[[QWidget], bool] = lambda _w: True) -> list[str]:
    """Visible widgets that reach over the edge of the window."""
    room, found = window.rect(), []
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and not widget.visibleRegion().isEmpty() and inside(widget):
            top_left = widget.mapTo(window, widget.rect().topLeft())
            right = top_left.x() + widget.width()
            if top_left.x() < -1 or right > room.width() + 1:
                found.append(f"{type(widget).__name__} {widget.accessibleName()[:30]}")
    return found
