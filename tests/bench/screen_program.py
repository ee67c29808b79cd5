"""What the bench of the screen starts as a process of its own; every answer is one JSON line.

empty | unlock HOME    monotonic time (shared by all processes of this machine) of the first paint
margins                milliseconds from a key to the repainted card, on a real store with real lanes
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

TRIES = 24


def empty() -> None:
    """The least that a window of Qt costs: an application, a label, its first paint."""
    app = QApplication(sys.argv[:1])

    class Window(QLabel):
        def paintEvent(self, event: Any) -> None:
            super().paintEvent(event)
            _painted(app)

    window = Window("RESET-OR")
    window.resize(1366, 768)
    window.show()
    app.exec()


def unlock(home: str) -> None:
    """The application as `python -m ui --home HOME` starts it, up to its first paint."""
    from ui.app import start

    app = QApplication(sys.argv[:1])
    started = start(app, Path(home), touch=False)
    started.window.painted.disconnect()
    started.window.painted.connect(lambda: _painted(app))
    app.exec()


def _painted(app: QApplication) -> None:
    print(json.dumps(time.monotonic()), flush=True)
    app.exit()
    os._exit(0)  # what was started in the meantime need not be waited for


class _Paints(QObject):
    """Counts the paints of some widgets while it is entered."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        self.count = 0
        self._widgets = widgets

    def __enter__(self) -> _Paints:
        for widget in self._widgets:
            widget.installEventFilter(self)
        return self

    def __exit__(self, *_: object) -> None:
        for widget in self._widgets:
            widget.removeEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def margins(place: str) -> None:
    """Types digits and commits them; waits each time until the card shows it and was painted."""
    from PySide6.QtTest import QTest

    from tests.fakes.screen import make_site, screen
    from ui.tasks import QtLanes

    app = QApplication(sys.argv[:1])
    site = make_site(Path(place) / "site")
    lanes = QtLanes()
    typed, judged = list[float](), list[float]()
    with screen(site, Path(place) / "copy", app, lanes=lanes) as shown:
        shown.sign_in("wang")
        _until(app, lambda: type(shown.page).__name__ == "CasesPage")
        shown.shell.navigate("margins", case=site.cases["03-0147"])
        _until(app, lambda: type(shown.page).__name__ == "MarginsPage" and _active(shown.page) is not None)
        shown.window.activateWindow()
        _until(app, shown.window.isActiveWindow)
        for number in range(TRIES):
            end = _active(shown.page)
            card = shown.page.board.cards[end]
            with _Paints(card, card.plate) as paints:
                for digit in str((50 if end == "proximal" else 25) + number % 9):
                    typed.append(
                        _after(app, paints, lambda c=card, d=digit: QTest.keyClick(c, d), lambda: True)
                    )
                before = card.view()
                enter = partial(QTest.keyClick, card, Qt.Key.Key_Return)
                judged.append(_after(app, paints, enter, partial(_is_judged, card, before)))
            _until(app, lambda: shown.page.board.status.label.text().startswith("Saved"))
    print(json.dumps({"typed": typed, "judged": judged}), flush=True)
    lanes.close()


def _active(page: Any) -> str | None:
    """The end that takes the keys."""
    return next((end for end, card in page.board.cards.items() if card.view().active), None)


def _is_judged(card: Any, before: Any) -> bool:
    view = card.view()
    return view != before and not view.draft and view.plate.code not in ("", "not_entered")


def _after(
    app: QApplication, paints: _Paints, press: Callable[[], None], reached: Callable[[], bool]
) -> float:
    """Milliseconds until `reached` holds and a paint came after it."""
    began, at_start = time.perf_counter(), paints.count
    press()
    _until(app, lambda: reached() and paints.count > at_start)
    return (time.perf_counter() - began) * 1000


def _until(app: QApplication, reached: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not reached():
        app.processEvents()
        if time.monotonic() > until:
            raise TimeoutError
    app.processEvents()


if __name__ == "__main__":
    {"empty": empty, "unlock": unlock, "margins": margins}[sys.argv[1]](*sys.argv[2:])
