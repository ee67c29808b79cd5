"""Making the tables and the role, and refusing to serve over a database that could be changed or lose data.

Only the owner migrates. The role that serves has SELECT and INSERT, so that not even a broken server can
change a row.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from reset_or.base.errors import EnvironmentTrouble, UsageError
from reset_or.central import tables
from reset_or.central.database import Database

DEFAULT_ROLE: Final = "reset_or_app"
_LOCK_MS: Final = 5_000
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def migrate(database: Database) -> None:
    """Brings the tables to the newest version, in one transaction.

    Raises EnvironmentTrouble("schema_locked") where somebody holds a table for more than 5 s, a backup for
    instance: then nothing has changed.
    """
    try:
        _upgrade(database)
    except EnvironmentTrouble as error:
        if error.details.get("cause") == "LockNotAvailable":
            raise EnvironmentTrouble("schema_locked") from error
        raise


def _upgrade(database: Database) -> None:
    with database.writing() as connection:
        if not database.is_sqlite:
            # Whoever waits for a lock holds up all who come later: give up rather than wait for a backup.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_LOCK_MS}")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def grant_role(database: Database, role: str, password: str | None = None) -> None:
    """Makes the role that serves if it is missing and lets it read and add, nothing else (PostgreSQL)."""
    if not _ROLE.fullmatch(role):
        raise UsageError("role_name")
    with database.writing() as connection:
        known = connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
        if not known:
            connection.exec_driver_sql(f'CREATE ROLE "{role}" LOGIN')
        if password is not None:
            literal = _literal(connection, password)
            connection.exec_driver_sql(f'ALTER ROLE "{role}" PASSWORD {literal}')
        names = ", ".join(f'"{name}"' for name in (*tables.metadata.tables, "alembic_version"))
        schema = connection.scalar(sa.select(sa.func.current_schema()))
        connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"')
        connection.exec_driver_sql(f'REVOKE ALL ON {names} FROM "{role}"')
        connection.exec_driver_sql(f'GRANT SELECT ON {names} TO "{role}"')
        own = ", ".join(f'"{name}"' for name in tables.metadata.tables)
        connection.exec_driver_sql(f'GRANT INSERT ON {own} TO "{role}"')
        connection.exec_driver_sql(f'GRANT EXECUTE ON FUNCTION erase_body(text) TO "{role}"')


def check(database: Database) -> None:
    """Refuses a database to serve over; raises EnvironmentTrouble.

    `schema_missing`, `schema_other_version`, `role_may_change_rows`, `database_forgets` (fsync or
    synchronous commit switched off).
    """
    with database.reading() as connection:
        check_version(connection)
        if database.is_sqlite:
            return
        for act in ("UPDATE", "DELETE", "TRUNCATE"):
            if connection.scalar(sa.text("SELECT has_table_privilege('entry', :act)"), {"act": act}):
                raise EnvironmentTrouble("role_may_change_rows")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            if connection.exec_driver_sql(f"SHOW {setting}").scalar() == "off":
                raise EnvironmentTrouble("database_forgets", setting=setting)


def check_version(connection: sa.Connection) -> None:
    """Raises EnvironmentTrouble `schema_missing`, `schema_other_version`."""
    if not sa.inspect(connection).has_table("alembic_version"):
        raise EnvironmentTrouble("schema_missing")
    if MigrationContext.configure(connection).get_current_revision() != newest():
        raise EnvironmentTrouble("schema_other_version")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("reset_or.central") / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def newest() -> str | None:
    """The version of the tables that this program makes."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _literal(connection: sa.Connection, text: str) -> str:
    # Utility statements take no parameters; the driver quotes the literal.
    quoted = connection.scalar(sa.select(sa.func.quote_literal(text)))
    return str(quoted)
