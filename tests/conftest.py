"""What every test stands on: no screen, no real home, no real keyring, both languages, loud failures.

A test fails when it leaves a warning in the log or a window open, even if its own asserts hold.
Ports with a real and an in-memory version have their suites in `tests/contracts`.
"""

from __future__ import annotations

import gc
import logging
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from reset_or.base.paths import Home
from reset_or.base.words import LANGUAGES

# Before anything imports Qt or keyring: no window on a developer's screen, nothing in their keyring.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

settings.register_profile(
    "ci", max_examples=50, deadline=None, derandomize=True, database=None, print_blob=True
)
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "campaign", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


SEED = 20261123


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("campaigns")
    group.addoption("--count", type=int, default=None, help="rounds of every fault campaign")
    group.addoption("--seconds", type=float, default=None, help="after which a fault campaign stops")
    group.addoption("--seed", type=int, default=SEED, help="of all dice; a failure names its own")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `language` runs once in each; it should be marked `ui` or `text`."""
    named = {name for mark in metafunc.definition.iter_markers("parametrize") for name in _names(mark)}
    if "language" in metafunc.fixturenames and "language" not in named:
        metafunc.parametrize("language", LANGUAGES)


def _names(mark: pytest.Mark) -> list[str]:
    names = mark.args[0] if mark.args else mark.kwargs["argnames"]
    return [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)


@pytest.fixture(scope="session", autouse=True)
def _no_real_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Data, settings and caches of this run live in a folder of the run, never in the developer's."""
    place = tmp_path_factory.mktemp("account")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
            patch.setenv(name, str(place / name.lower()))
        yield


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An installation's folder that does not exist yet."""
    return Home(tmp_path / "home")


@dataclass
class Effort:
    """How long a campaign goes on: `--count` rounds or `--seconds`, whichever ends first; and its dice.

    Round number `n` throws the dice of `seed + n`, so that one round can be run again by itself:
    `--seed` with what the failure named, and `--count 1`. `reached` is how many rounds were begun.
    """

    count: int | None
    seconds: float | None
    seed: int = SEED
    reached: int = 0
    began: float = field(default_factory=time.monotonic)

    def rounds(self, default: int) -> Iterator[int]:
        """0, 1, 2 ... up to `--count` (or `default`); prints how far it came."""
        wanted = default if self.count is None else self.count
        self.began, self.reached = time.monotonic(), 0
        for number in range(wanted):
            if self.seconds is not None and self.spent_s >= self.seconds:
                break
            self.reached = number + 1
            yield number
        print(f"\n{self.reached} of {wanted} rounds")

    def dice(self, number: int = 0) -> random.Random:
        """What round `number` throws."""
        return random.Random(self.seed + number)

    @property
    def spent_s(self) -> float:
        """Seconds since the rounds began: a figure for the page of results, never judged."""
        return time.monotonic() - self.began


@pytest.fixture
def effort(request: pytest.FixtureRequest) -> Effort:
    option = request.config.getoption
    return Effort(option("--count"), option("--seconds"), option("--seed"))


class _Loud(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_stray_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """A log line of WARNING or above is a failure, unless the test reads the log with `caplog`."""
    handler = _Loud()
    root = logging.getLogger()
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
    if handler.said and "caplog" not in request.fixturenames:
        pytest.fail("stray log lines:\n" + "\n".join(handler.said), pytrace=False)


def _windows() -> list[Any]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    core = sys.modules["PySide6.QtCore"]
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    # Qt keeps one tool-tip label for the process; children of other windows go with them.
    return [
        widget
        for widget in widgets.QApplication.topLevelWidgets()
        if widget.parent() is None and widget.metaObject().className() != "QTipLabel"
    ]


def _others(known: list[Any]) -> list[Any]:
    return [widget for widget in _windows() if not any(widget is one for one in known)]


@pytest.fixture(autouse=True)
def _no_leaked_windows() -> Iterator[None]:
    """Windows made by a test are gone after it: give them to `qtbot.addWidget` or close them."""
    known = _windows()
    yield
    if _others(known):
        gc.collect()  # windows that hang in a reference cycle are garbage, not leaks
        left = _others(known)
        if left:
            names = [f"{widget.metaObject().className()} {widget.objectName()}" for widget in left]
            pytest.fail(f"windows left open: {names}", pytrace=False)


_SCREEN_FIXTURES = frozenset({"qapp", "qtbot", "shown", "nurse", "surgeon"})
_COLLECT_EVERY = 25
_since_collected = 0


@pytest.fixture(autouse=True)
def _windows_are_collected_on_their_own_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Once a process has shown a window, cycles are collected between tests and on this thread only: a
    QObject that another thread destroys ends the process (ui.tasks does the same for the application)."""
    global _since_collected
    if _SCREEN_FIXTURES & set(request.fixturenames):
        gc.disable()
    yield
    if not gc.isenabled():
        _since_collected += 1
        if _since_collected >= _COLLECT_EVERY:
            _since_collected = 0
            gc.collect()
