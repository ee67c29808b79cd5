from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reset_or.base.paths import Home
from reset_or.store.opened import Opened
from tests.reset_or.store.devices import Device, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(Home(tmp_path / "home"))


@pytest.fixture
def opened(place: Place) -> Iterator[Opened]:
    found = place.create()
    yield found
    found.close()


@pytest.fixture
def device() -> Device:
    return Device()
