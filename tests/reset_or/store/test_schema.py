from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from reset_or.store import engine, schema, tables
from reset_or.store.opened import Opened
from tests.reset_or.store.devices import Device, Place

KEY = "0f" * 32


def fresh(path: Path) -> Connection:
    return engine.open_connection(path, KEY, create_salt=bytes(range(16)))


def test_the_steps_lead_to_exactly_the_tables_that_the_program_knows(tmp_path: Path) -> None:
    connection = fresh(tmp_path / "x.db")
    assert schema.age_of(connection) == "none"
    schema.upgrade(connection)
    assert schema.age_of(connection) == "newest"
    differences: list[Any] = compare_metadata(MigrationContext.configure(connection), tables.METADATA)
    # Partial indices say their condition in SQL, which SQLite does not give back: names and columns count.
    assert [each for each in differences if each[0] not in ("add_index", "remove_index")] == []
    there = set(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'")).scalars())
    wanted = {index.name for table in tables.METADATA.tables.values() for index in table.indexes}
    assert wanted == {name for name in there if not name.startswith("sqlite_")}
    strict = connection.execute(
        text("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
    ).all()
    loose = {name for name, is_strict in strict if not is_strict}
    assert loose <= {"alembic_version", "sqlite_schema"}
    engine.close_connection(connection)


def test_the_list_of_versions_is_the_list_of_steps() -> None:
    folder = Path(schema.__file__).parent / "migrations"
    steps = [step.revision for step in ScriptDirectory(str(folder)).walk_revisions()]
    assert tuple(reversed(steps)) == schema.VERSIONS


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    connection = fresh(tmp_path / "x.db")
    schema.upgrade(connection)
    before = connection.execute(text("SELECT sql FROM sqlite_master")).all()
    schema.upgrade(connection)
    assert connection.execute(text("SELECT sql FROM sqlite_master")).all() == before
    engine.close_connection(connection)


def test_every_connection_has_the_settings_that_were_tried(opened: Opened) -> None:
    found = {
        name: opened.store.select(text(f"PRAGMA {name}"))[0][0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "temp_store",
                     "cipher_memory_security", "cell_size_check", "secure_delete")
    }  # fmt: skip
    assert found == {
        "journal_mode": "delete", "synchronous": 3, "foreign_keys": 1, "trusted_schema": 0, "temp_store": 2,
        "cipher_memory_security": "1", "cell_size_check": 1, "secure_delete": 1,
    }  # fmt: skip
    assert opened.store.select(text("PRAGMA cipher_version"))[0][0]


def test_a_database_made_by_this_version_opens_with_the_ordinary_steps_of_sqlcipher(place: Place) -> None:
    """Nothing of ours is needed to read a store: the raw key and SQLCipher's defaults are enough."""
    from sqlcipher3 import dbapi2

    opened = place.create()
    signed = Device().write(opened.store)
    key = opened._lm().db_key()
    opened.close()
    plain = dbapi2.connect(str(place.home.database))
    plain.execute(f"PRAGMA key = \"x'{key}'\"")
    assert plain.execute("SELECT rev_id, inner FROM rev").fetchall() == [(signed.rev_id, signed.inner)]
    plain.close()
