"""A server over each kind of database, and one PostgreSQL for the whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reset_or.central.options import Options
from tests.fakes.postgres import Cluster, running_cluster
from tests.fakes.server import RunningServer, running_server
from tests.fakes.trial import SyntheticTrial

StartServer = Callable[..., RunningServer]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The DSN that a server would be given: of an empty database, for the role that serves."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'central.db'}"
    return str(request.getfixturevalue("postgres").emptied_database().app_dsn)


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers over one database; all of them stop after the test."""
    with ExitStack() as stack:

        def start(trial: SyntheticTrial | None = None, **said: object) -> RunningServer:
            options = said.pop("options", None) or Options()
            assert isinstance(options, Options)
            return stack.enter_context(
                running_server(
                    trial or SyntheticTrial(),
                    database_url,
                    tmp_path / "blobs",
                    options=options,
                    **said,  # type: ignore[arg-type]
                )
            )

        yield start


@pytest.fixture
def server(start: StartServer) -> RunningServer:
    return start()


@pytest.fixture(scope="module")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for a whole module of tests that do not mind each other's entries."""
    folder = tmp_path_factory.mktemp("central")
    many = Options(unsigned_requests_per_minute=1_000_000)
    url = f"sqlite:///{folder / 'central.db'}"
    with running_server(SyntheticTrial(), url, folder / "blobs", options=many) as server:
        yield server
