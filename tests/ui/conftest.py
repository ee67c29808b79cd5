"""One site for all tests of the screen, made once; each test gets the program on a copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.fakes.screen import Screen, Site, make_site, screen
from tests.fakes.workstations import Centre, Ground, make_centre, opened


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(tmp_path_factory.mktemp("site") / "home")


@pytest.fixture
def shown(site: Site, tmp_path: Path, qapp: QApplication) -> Iterator[Screen]:
    """The program at its unlock page."""
    with screen(site, tmp_path / "copy", qapp) as found:
        yield found


@pytest.fixture
def nurse(shown: Screen) -> Screen:
    """The circulating nurse wang at her case list."""
    shown.sign_in("wang")
    return shown


@pytest.fixture
def surgeon(shown: Screen) -> Screen:
    """The surgeon zhang at his case list."""
    shown.sign_in("zhang")
    return shown


@pytest.fixture(scope="session")
def centre_made(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    return make_centre(tmp_path_factory.mktemp("ceremony"))


@pytest.fixture
def ground(tmp_path: Path, centre_made: Centre) -> Iterator[Ground]:
    with opened(tmp_path, centre_made) as found:
        yield found
