"""The access log leaves for a file: all of it, once it is safe, and nothing that no file holds."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from reset_or.base.clock import DAY_MS, SystemClock
from reset_or.base.errors import EnvironmentTrouble, UsageError
from reset_or.central import access, command, schema, tables
from reset_or.central.access import KEEP_DAYS, export_log
from reset_or.central.database import Database
from reset_or.central.ledger import Ledger, Visit

NOW = 1_795_415_400_000
TODAY = NOW // DAY_MS * DAY_MS
FIRST_KEPT = TODAY - KEEP_DAYS * DAY_MS
OLD, NEW = 6_500, 20


@dataclass
class Logged:
    """A database whose log has `OLD` rows that may go, many of one moment, and `NEW` that may not."""

    owner: Database
    app_url: str

    def ids(self) -> set[str]:
        with self.owner.reading() as connection:
            return set(connection.scalars(sa.select(tables.access_log.c.id)))

    def exports(self) -> list[dict[str, object]]:
        with self.owner.reading() as connection:
            asked = sa.select(tables.access_export).order_by(tables.access_export.c.ord)
            return [dict(row) for row in connection.execute(asked).mappings()]


@pytest.fixture(params=["sqlite", "postgresql"])
def logged(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Logged]:
    url = app_url = f"sqlite:///{tmp_path / 'central.db'}"
    if request.param == "postgresql":
        made = request.getfixturevalue("postgres").emptied_database()
        url, app_url = made.owner_dsn, made.app_dsn
    with closing(Database(url)) as owner, closing(Database(app_url)) as app:
        if request.param == "sqlite":
            schema.migrate(owner)
        ledger = Ledger(app)
        for n in range(OLD):
            at = FIRST_KEPT - 1 - (n if n < 100 else 50)
            ledger.note(Visit(at, "10.0.0.7", "", "sync", "POST", 200, "", n))
        for n in range(NEW):
            ledger.note(Visit(FIRST_KEPT + n, "10.0.0.7", "", "sync", "POST", 200, "", n))
        ledger.flush()
        yield Logged(owner, app_url)


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def test_what_is_old_is_in_the_file_and_only_then_leaves(logged: Logged, tmp_path: Path) -> None:
    before, file, again = logged.ids(), tmp_path / "access.jsonl.gz", tmp_path / "again.jsonl.gz"
    said = export_log(logged.owner, file, now=NOW)
    assert (said.rows, said.before_at, said.removed) == (OLD, FIRST_KEPT, 0)
    assert (logged.ids(), logged.exports()) == (before, [])
    with pytest.raises(UsageError, match="access_file_exists"):
        export_log(logged.owner, file, now=NOW, remove=True)
    done = export_log(logged.owner, again, now=NOW, remove=True)
    assert (done.rows, done.removed) == (OLD, OLD)
    assert again.read_bytes() == file.read_bytes(), "the same rows make the same file"
    found = lines(file)
    assert found == sorted(found, key=lambda row: (row["at"], row["id"]))
    assert set(found[0]) == {column.name for column in tables.access_log.columns}
    left = logged.ids()
    assert {row["id"] for row in found} == before - left
    assert len(left) == NEW
    (row,) = logged.exports()
    assert row == {
        "ord": 1, "before_at": FIRST_KEPT, "rows": OLD, "at": NOW,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }  # fmt: skip
    nothing = export_log(logged.owner, tmp_path / "none.jsonl.gz", now=NOW, remove=True)
    assert (nothing.rows, len(logged.exports())) == (0, 1)
    assert {each.name for each in tmp_path.glob("*.jsonl*")} == {file.name, again.name}


def test_the_database_lets_nothing_go_that_no_file_holds(logged: Logged, tmp_path: Path) -> None:
    log, export = tables.access_log, tables.access_export

    def refused(act: sa.Delete | sa.Update) -> None:
        with pytest.raises(EnvironmentTrouble), logged.owner.writing() as connection:
            connection.execute(act)

    before = logged.ids()
    refused(sa.delete(log))
    export_log(logged.owner, tmp_path / "access.jsonl.gz", now=NOW, remove=True)
    refused(sa.delete(log))
    refused(sa.update(log).values(status=500))
    refused(sa.delete(export))
    refused(sa.update(export).values(before_at=NOW))
    assert len(logged.ids()) == NEW < len(before)


def test_a_kill_between_the_file_and_the_last_row_loses_nothing(
    logged: Logged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, files = logged.ids(), [tmp_path / "one.jsonl.gz", tmp_path / "two.jsonl.gz"]
    begun, real = [], logged.owner.writing

    def dies_in_the_third() -> object:
        begun.append(1)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return real()

    monkeypatch.setattr(logged.owner, "writing", dies_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        export_log(logged.owner, files[0], now=NOW, remove=True)
    left = logged.ids()
    assert NEW < len(left) < len(before)
    monkeypatch.undo()
    export_log(logged.owner, files[1], now=NOW, remove=True)
    assert len(logged.ids()) == NEW
    assert {row["id"] for file in files for row in lines(file)} | logged.ids() == before
    assert [row["ord"] for row in logged.exports()] == [1, 2]


def test_a_file_that_cannot_be_written_leaves_everything(logged: Logged, tmp_path: Path) -> None:
    before = logged.ids()
    with pytest.raises(EnvironmentTrouble, match="file_vanished"):
        export_log(logged.owner, tmp_path / "nowhere" / "access.jsonl.gz", now=NOW, remove=True)
    with pytest.raises(UsageError, match="keep_days_few"):
        export_log(logged.owner, tmp_path / "a", now=NOW, keep_days=access.LEAST_DAYS - 1)
    assert (logged.ids(), logged.exports()) == (before, [])


def test_by_command_and_not_by_the_role_that_serves(
    logged: Logged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command asks the real clock."""
    file, before = tmp_path / "access.jsonl.gz", logged.ids()
    with closing(Database(logged.app_url)) as app:
        ledger = Ledger(app)
        at = SystemClock().now_at() - 2 * KEEP_DAYS * DAY_MS
        ledger.note(Visit(at, "10.0.0.7", "", "sync", "POST", 200, "", 3))
        ledger.flush()
    (oldest,) = logged.ids() - before
    words = ["access-log", "--out", str(file), "--remove", "--json"]
    if not logged.owner.is_sqlite:
        assert command.main([*words, "--database", logged.app_url]) == 3
        assert json.loads(capsys.readouterr().out)["error"] == "owner_needed"
        assert not file.exists()
    url = logged.owner.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    assert command.main([*words, "--database", url]) == 0
    said = json.loads(capsys.readouterr().out)
    held = hashlib.sha256(file.read_bytes()).hexdigest()
    assert (said["rows"], said["sha256"]) == (said["removed"], held)
    assert oldest in {row["id"] for row in lines(file)} - logged.ids()
