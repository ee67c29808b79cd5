"""The screens' part of `--self-check`: the window is built offscreen and painted once, in both languages."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

_PATIENCE_S = 20.0


def main() -> None:
    """Raises RuntimeError if the unlock page was not painted."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from ui import app as application
    from ui.tasks import QtLanes

    app = QApplication.instance() or QApplication(["reset-or"])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        started = application.start(app, Path(folder) / "home", touch=False)
        painted: list[bool] = []
        started.window.painted.connect(lambda: painted.append(True))
        until = time.monotonic() + _PATIENCE_S
        while not painted and time.monotonic() < until:
            app.processEvents()
        started.shell.set_language("zh")
        app.processEvents()
        shown = bool(painted) and not started.window.grab().isNull()
        lanes = started.workspace.lanes
        if isinstance(lanes, QtLanes):
            lanes.close()
        started.window.close_now()
    if not shown:
        raise RuntimeError("the first window was not painted")
