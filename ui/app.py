"""Starts the program: the window first, everything heavy after its first paint; and what happens on a crash.

Before the first paint only the standard library and PySide6 are imported; a test holds that.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QInputDevice
from PySide6.QtWidgets import QApplication

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble, OurBug, ResetOrError
from reset_or.base.lanes import Lanes
from reset_or.base.paths import default_home
from reset_or.workspace import Workspace
from ui.main_window import MainWindow
from ui.session import Session
from ui.shell import Shell
from ui.style import theme
from ui.style.tokens import THEMES, ThemeName
from ui.tasks import QtLanes

if TYPE_CHECKING:
    from reset_or.base.clock import Clock

SIZE = (1366, 768)
_SOON = (
    "reset_or.store.states",
    "reset_or.workspace.desk",
    "reset_or.actions.cases",
    "reset_or.actions.ledger",
    "reset_or.actions.signing",
    "ui.pages.cases",
    "ui.pages.margins",
    "ui.pages.confirm",
    "ui.dialogs.cover",
)


@dataclass(frozen=True)
class Started:
    """The parts of a running program, for the demo's script and for tests."""

    app: QApplication
    workspace: Workspace
    shell: Shell
    window: MainWindow
    session: Session


def start(
    app: QApplication,
    home: Path,
    *,
    lanes: Lanes | None = None,
    clock: Clock | None = None,
    key_store: Any = None,
    touch: bool | None = None,
    size: tuple[int, int] = SIZE,
) -> Started:
    """Builds the window on an installation's folder and shows its unlock page; the caller runs the loop."""
    workspace = Workspace(home, lanes=lanes or QtLanes(), clock=clock, key_store=key_store)
    settings = workspace.settings
    by_touch = has_touch() if touch is None else touch
    metrics = theme.Metrics.for_window(QSize(*size), touch=by_touch)
    theme.apply(app, THEMES[theme_name(settings.theme, by_touch)], metrics)
    shell = Shell(workspace, language="zh" if settings.language == "zh" else "en")
    window = MainWindow(shell, touch=by_touch)
    session = Session(shell, window)
    started = Started(app, workspace, shell, window, session)
    window.painted.connect(lambda: _warm(started))
    window.resize(*size)
    shell.navigate("unlock")
    window.show()
    return started


def has_display() -> bool:
    """Whether there is a screen to open a window on; Qt itself would end the process without a word."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def has_touch() -> bool:
    """Whether any touch screen is attached; without one no keypad takes room on the screen."""
    kinds = QInputDevice.DeviceType
    return any(device.type() == kinds.TouchScreen for device in QInputDevice.devices())


def theme_name(chosen: str, touch: bool) -> ThemeName:
    """The chosen theme; where none is chosen, dark on theatre (touch) devices and light elsewhere."""
    if chosen:
        return "light" if chosen == "light" else "or_dark"
    return "or_dark" if touch else "light"


def _warm(started: Started) -> None:
    """After the first paint, off the screen's thread: the state of the device, then what unlocking needs."""
    from ui.pages.unlock import UnlockPage

    page = started.window.page
    if isinstance(page, UnlockPage):
        page.look()
    started.workspace.lanes.run(
        "store", _import_heavy, lambda _none: started.window.prepare("cases"), lambda _error: None
    )


def _import_heavy() -> None:
    """What the first sign-in and the first case need, while the person types."""
    import importlib

    for name in _SOON:
        importlib.import_module(name)


def crash_hook(
    shell: Callable[[], Shell | None],
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """An excepthook: logs the type of the exception only, and shows our own mistake in words."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.event("crash", type=kind.__name__.lower())
        shown = error if isinstance(error, ResetOrError) else OurBug("unexpected")
        found = shell()
        if found is not None:
            QTimer.singleShot(0, lambda: found.show_error(shown))

    return hook


def options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="reset-or")
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--touch", action="store_true", default=None)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Opens the application; the process's exit code. Raises EnvironmentTrouble("no_display")."""
    given = options(sys.argv[1:] if argv is None else argv)
    if not has_display():
        raise EnvironmentTrouble("no_display")
    home: Path = given.home or default_home()
    QGuiApplication.setDesktopFileName("reset-or")
    app = QApplication(sys.argv[:1])
    app.setApplicationName("RESET-OR")
    started: list[Started] = []
    sys.excepthook = crash_hook(lambda: started[0].shell if started else None)
    room = app.primaryScreen().availableSize()
    started.append(start(app, home, touch=given.touch, size=(room.width(), room.height())))
    started[0].window.showMaximized()
    log.to_file(started[0].workspace.home.log)
    once = Qt.ConnectionType.SingleShotConnection
    started[0].window.admitted.connect(started[0].shell.syncing.watch_network, once)
    code = int(app.exec())
    lanes = started[0].workspace.lanes
    if isinstance(lanes, QtLanes):
        lanes.close()
    return code
