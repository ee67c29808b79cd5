"""What a past release wrote opens for ever: a computer's store, and the server's two databases (R17).

And a kill while a store is brought to the newest schema leaves the old one or the new one, never a part.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from reset_or.actions import cases
from reset_or.actions.syncing import sync_once
from reset_or.actions.verifying import verify_store
from reset_or.central import schema as central_schema
from reset_or.central.database import Database
from reset_or.store import schema
from reset_or.wire.transport import HttpTransport
from reset_or.workspace import Workspace
from tests.conftest import Effort
from tests.data.history.make import said_by_server
from tests.fakes.postgres import Cluster
from tests.fakes.server import running_server
from tests.faults.history import Past, missing, releases, said_by
from tests.faults.migrating_child import HEAVY_ROWS, with_heavy_step
from tests.faults.report import note
from tests.faults.warm import Forge, forge

RELEASES = releases()
KILLS = 20
SHORT = 3


def _named(past: Past) -> str:
    return past.version


@pytest.fixture(params=RELEASES, ids=_named)
def past(request: pytest.FixtureRequest) -> Past:
    found: Past = request.param
    return found


def _faults(past: Past, workspace: Workspace) -> list[str]:
    """What is not as it was written, and what does not open."""
    wrong = missing(past.said["home"], said_by(workspace))
    wrong += workspace.do(verify_store).bad
    for rec, row in past.said["home"]["records"].items():
        if row["form"] == "case" and workspace.do(cases.case_view, case=rec).rec != rec:
            wrong.append(f"case {rec}")
    return wrong


def test_there_is_a_past_to_open() -> None:
    assert RELEASES[0].version == "0.1.0"
    assert all(len(past.said["home"]["revisions"]) > 10 for past in RELEASES)


def test_a_store_of_every_past_release_opens_and_says_what_it_said(past: Past, tmp_path: Path) -> None:
    workspace = past.open(past.copy(tmp_path / "home"))
    try:
        assert _faults(past, workspace) == []
    finally:
        workspace.lock()


def test_a_changed_word_of_the_past_would_be_seen(past: Path, tmp_path: Path) -> None:
    """The control: what is compared is really compared."""
    said = past.said["home"]
    for part in ("revisions", "records", "drafts", "photos"):
        key = next(iter(said[part]))
        assert missing(said, said | {part: said[part] | {key: "other"}}) == [f"{part} {key[:40]}"]
    for part in ("receipts", "statements"):
        assert missing(said, said | {part: said[part][1:]}) == [f"{part} {said[part][0][:40]}"]
    assert len(missing(said, said | {"unsent": []})) == len(said["unsent"]) > 0


# --- the server ---------------------------------------------------------------------------------------


def _sqlite(past: Past, tmp_path: Path, _request: pytest.FixtureRequest) -> tuple[str, str]:
    shutil.copyfile(past.folder / "central.db", tmp_path / "central.db")
    url = f"sqlite:///{tmp_path / 'central.db'}"
    return url, url


def _postgresql(past: Past, _tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, str]:
    cluster: Cluster = request.getfixturevalue("postgres")
    owner = cluster.empty_database()
    engine = sa.create_engine(owner.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.connection.cursor().execute((past.folder / "central.sql").read_text(encoding="utf-8"))
    engine.dispose()
    return owner, cluster.dsn(sa.make_url(owner).database or "", central_schema.DEFAULT_ROLE)


@pytest.mark.parametrize("kind", [_sqlite, _postgresql], ids=["sqlite", "postgresql"])
def test_a_server_of_every_past_release_goes_on_where_it_stood(
    past: Past, kind: Callable[..., tuple[str, str]], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    owner, url = kind(past, tmp_path, request)
    database = Database(owner)
    central_schema.migrate(database)
    if not database.is_sqlite:
        central_schema.grant_role(database, central_schema.DEFAULT_ROLE)
    database.close()
    before = said_by_server(Database(url))
    assert {name: before[name] for name in past.said["server"]} == past.said["server"]
    shutil.copytree(past.folder / "central-blobs", tmp_path / "blobs")
    workspace = past.open(past.copy(tmp_path / "home"))
    with running_server(past.server, url, tmp_path / "blobs") as server:  # type: ignore[arg-type]
        transport = HttpTransport(server.url)
        try:
            results = [sync_once(workspace.context, transport=transport) for _ in range(2)]
            assert [(each.problem, each.alarm) for each in results] == [("", ""), ("", "")]
            assert results[-1].complete
            assert said_by(workspace)["unsent"] == []
            assert _faults(past, workspace) == []
        finally:
            transport.close()
            workspace.lock()
    assert said_by_server(Database(url))["envelope"] > past.said["server"]["envelope"]


# --- killed on the way --------------------------------------------------------------------------------


@pytest.fixture(params=["as released", "heavy"])
def migrating(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Forge]]:
    """The warm process; with `heavy`, this process and that one are a later release with one more step."""
    steps, versions = "", tuple[str, ...]()
    if request.param == "heavy":
        steps, versions = with_heavy_step(tmp_path)
        for name, value in (("STEPS", steps), ("VERSIONS", versions), ("NEWEST", versions[-1])):
            monkeypatch.setattr(schema, name, value)
    setup = {"steps": steps, "versions": versions, "folder": str(tmp_path)}
    with forge("tests.faults.migrating_child", **setup) as made:
        yield request.param, made


def test_a_kill_while_migrating_leaves_the_old_store_or_the_new_one(
    migrating: tuple[str, Forge], past: Past, effort: Effort, full: bool, tmp_path: Path
) -> None:
    kind, made = migrating
    migrates, longest_us = _once_whole(made, past, tmp_path)
    kills = within = 0
    wrong: list[str] = []
    for number in effort.rounds(KILLS if full else SHORT):
        home = past.copy(tmp_path / f"home-{number}")
        answer = made.round(
            home=str(home), version=past.version, kill_us=effort.dice(number).randrange(longest_us),
            from_fork=not migrates,
        )  # fmt: skip
        kills += answer["killed"]
        within += answer["lines"] == ["ready"]
        workspace = past.open(home)
        wrong += [f"round {number}: {each}" for each in _faults(past, workspace)]
        if kind == "heavy":
            rows = workspace.context.store.select(sa.text("SELECT count(*) FROM heavy"))[0][0]
            wrong += [f"round {number}: {rows} rows"] if rows != HEAVY_ROWS else []
        workspace.lock()
        shutil.rmtree(home)
        if wrong:
            break
    note(f"R17 killed while migrating {past.version}, {kind}", effort.reached, kills, effort.seed, wrong,
         effort.spent_s, inside_the_migration=within)  # fmt: skip
    assert wrong == []
    if kind == "heavy":
        assert within > 0


def _once_whole(made: Forge, past: Past, tmp_path: Path) -> tuple[bool, int]:
    """(whether the release needs a step, microseconds within which a kill hits it or the opening)."""
    home, began = past.copy(tmp_path / "whole"), time.monotonic()
    lines = made.round(home=str(home), version=past.version, kill_us=None)["lines"]
    assert lines[-1] == "opened"
    migrated = [int(line.split()[1]) for line in lines if line.startswith("migrated ")]
    return bool(migrated), sum(migrated) or int((time.monotonic() - began) * 1e6)
