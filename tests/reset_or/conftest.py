from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.workstations import Centre, Ground, make_centre, opened


@pytest.fixture(scope="session")
def centre_made(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    return make_centre(tmp_path_factory.mktemp("ceremony"))


@pytest.fixture
def ground(tmp_path: Path, centre_made: Centre) -> Iterator[Ground]:
    with opened(tmp_path, centre_made) as found:
        yield found
