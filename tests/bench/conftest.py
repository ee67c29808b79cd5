"""`make bench`: what the tables of a run stand on. How to read them: README.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.report import Book, load
from tests.bench.stocked import REVISIONS, Stocked, two_devices
from tests.fakes.postgres import Cluster, running_cluster

LONGEST_S = 3600
LEAST = 20  # revisions, so that there is something to change


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(LONGEST_S))


@pytest.fixture(scope="session")
def book() -> Book:
    print(f"\nload {load():.1f} before this run; compare within the run, not between")
    return Book(Path.cwd())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def stocked(
    request: pytest.FixtureRequest, postgres: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stocked]:
    """A site whose history went through the server once, with what that took; shared by what follows."""
    with two_devices(postgres.database(), tmp_path_factory.mktemp("stocked")) as made:
        made.fill(max(LEAST, request.config.getoption("--count") or REVISIONS))
        yield made
