"""Which schema a store has, and bringing it to the newest one with Alembic.

A store of the newest schema is recognised without importing Alembic, which would cost a third of the
time to open.
"""

from __future__ import annotations

from importlib import resources
from typing import Final, Literal

from sqlalchemy import Connection, text

VERSIONS: Final = ("s0001", "s0002", "s0003", "s0004", "s0005")
NEWEST: Final = VERSIONS[-1]
STEPS: Final = str(resources.files("reset_or.store") / "migrations")
Age = Literal["none", "older", "newest", "newer"]


def age_of(connection: Connection) -> Age:
    """How the store's schema stands to this program's; `none` for a database without our tables."""
    there = connection.execute(
        text("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'")
    ).scalar_one()
    if not there:
        return "none"
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    if len(found) != 1:
        return "none"
    if found[0] == NEWEST:
        return "newest"
    return "older" if found[0] in VERSIONS else "newer"


def upgrade(connection: Connection) -> None:
    """All missing steps in one transaction: after a kill the store has the old schema or the new one."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", STEPS)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        command.upgrade(config, "head")
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
