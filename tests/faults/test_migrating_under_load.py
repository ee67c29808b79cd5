"""The tables change while devices push: what only adds is noticed by nobody, what must wait gives up.

The server processes are those of the present version; the migration is one more that only adds, as the next
version may bring it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.config import Config

from reset_or.base.errors import EnvironmentTrouble
from reset_or.central import schema
from reset_or.central.database import Database
from tests.conftest import Effort
from tests.fakes.postgres import Cluster
from tests.faults.pushing import pushing, wait_for
from tests.faults.test_server_outlived import fielded

_NEXT = """
from alembic import op

revision, down_revision = "9{number:03}", "{before}"


def upgrade():
    op.execute("ALTER TABLE envelope ADD COLUMN more_{number} text")
    op.execute("CREATE TABLE more_{number} (id text PRIMARY KEY)")
    op.execute("CREATE INDEX more_{number}_at ON access_log (at)")
"""
ROUNDS, SHORT_ROUNDS = 20, 2
_BEFORE = 40


def _with_next(folder: Path, number: int, before: str, patch: pytest.MonkeyPatch) -> str:
    """The migrations as the next version will have them; returns the newest revision's name."""
    config: Config = schema._config()
    if not folder.exists():
        shutil.copytree(str(config.get_main_option("script_location")), folder)
    text = _NEXT.format(number=number, before=before)
    (folder / "versions" / f"9{number:03}_more.py").write_text(text, encoding="utf-8")

    def changed() -> Config:
        made = Config()
        made.set_main_option("script_location", str(folder))
        made.set_main_option("path_separator", "os")
        return made

    patch.setattr(schema, "_config", changed)
    return f"9{number:03}"


def test_tables_that_grow_are_noticed_by_nobody(
    tmp_path: Path, postgres: Cluster, effort: Effort, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, wrong, newest = postgres.database(), list[str](), str(schema.newest())
    owner, migrated = Database(made.owner_dsn), 0
    with fielded(tmp_path, made.app_dsn, effort) as site:
        with pushing(site.pushers):
            for number in effort.rounds(ROUNDS if full else SHORT_ROUNDS):
                wait_for(site.pushers, _BEFORE)
                newest = _with_next(tmp_path / "next", number, newest, monkeypatch)
                try:
                    schema.migrate(owner)
                    migrated += 1
                except EnvironmentTrouble as error:  # waited 5 s for a lock: nothing has changed
                    wrong += [] if error.code == "schema_locked" else [str(error)]
                    break
                wait_for(site.pushers, _BEFORE)
        wrong += site.settle()
        met = {code for each in site.pushers for code in each.met} - {"stored", "duplicate"}
        wrong += [f"the devices met {met}"] if met else []
        site.kills = migrated
        site.note("Tables that grow while devices push", effort, wrong)
        if migrated:  # and this version does not start over what the next one made
            monkeypatch.undo()
            with pytest.raises(EnvironmentTrouble, match="schema_other_version"):
                schema.check(owner)
    owner.close()
    assert wrong == []
    assert migrated > 0


def test_migrate_gives_up_behind_a_backup_and_changes_nothing(
    tmp_path: Path, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting longer would hold up everybody who comes after it."""
    owner = Database(postgres.database().owner_dsn)
    newest = _with_next(tmp_path / "next", 0, str(schema.newest()), monkeypatch)
    with owner.engine.begin() as backup:
        backup.exec_driver_sql("SELECT count(*) FROM envelope")
        with pytest.raises(EnvironmentTrouble, match="schema_locked"):
            schema.migrate(owner)
        with owner.reading() as connection:
            asked = "SELECT version_num FROM alembic_version"
            assert connection.exec_driver_sql(asked).scalar() != newest
    schema.migrate(owner)
    owner.close()


def test_a_database_of_the_version_before_is_refused(postgres: Cluster) -> None:
    database = Database(postgres.database().owner_dsn)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(EnvironmentTrouble, match="schema_other_version"):
        schema.check(database)
    database.close()
