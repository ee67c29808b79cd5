"""The database behind the server: PostgreSQL for a centre, SQLite for one machine. Knows no table's meaning.

Appending takes one lock a site (`pg_advisory_xact_lock`, for the role has INSERT and SELECT only and cannot
lock rows; on SQLite `BEGIN IMMEDIATE` locks everything). Locks end with the transaction.

A connection that died while it waited in the pool is found without asking the server and replaced
(docs/decisions/0013): what was under way when the database went is refused and sent again by its device.
"""

from __future__ import annotations

import hashlib
import select
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.dialects import postgresql, sqlite

from reset_or.base.errors import EnvironmentTrouble, UsageError

STATEMENTS_LOCK: Final = "statements"
_BUSY_MS: Final = 30_000
_POOL: Final = 8
_SILENT: Final = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server whose machine is gone says nothing: over TCP it counts as gone after about half a minute."""
_COPY_FROM: Final = 5
"""Rows from which COPY is quicker than a statement a row."""
_COPIED: Final = {sa.String: "text", sa.LargeBinary: "bytea", sa.BigInteger: "int8", sa.Integer: "int4"}


class Database:
    """An engine and the two ways in: `reading` (no transaction to speak of) and `writing` (one commit)."""

    def __init__(self, url: str, *, pool: int = _POOL) -> None:
        self.engine = _engine(url, pool)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # One statement after another needs no transaction: it saves a round trip for every read.
        self._readers = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with database_errors(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with database_errors(), self.engine.begin() as connection:
            yield connection

    def lock(self, connection: sa.Connection, names: Iterable[str]) -> None:
        """Waits for the named locks in one order for everybody; they end with the transaction."""
        if self.is_sqlite:
            return
        for name in sorted(set(names)):
            key = int.from_bytes(hashlib.sha256(b"ro/lock/1\0" + name.encode()).digest()[:8], signed=True)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def insert_many(
        self, connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Inserts the rows of one batch, each with a value for every column, in the quickest way there is."""
        if not rows:
            return
        if self.is_sqlite or len(rows) < _COPY_FROM:
            connection.execute(sa.insert(table), list(rows))
            return
        names = [column.name for column in table.columns]
        kinds = [_COPIED[type(column.type)] for column in table.columns]
        raw = cast(Any, connection.connection.driver_connection)
        with raw.cursor() as cursor:
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            said = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
                sql.Identifier(table.name), columns
            )
            with cursor.copy(said) as copy:
                copy.set_types(kinds)
                for row in rows:
                    copy.write_row([row[name] for name in names])

    def insert_new(
        self, connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Inserts what is not there yet; a row whose key exists stays as it is."""
        if rows:
            dialect = sqlite if self.is_sqlite else postgresql
            connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def database_errors() -> Iterator[None]:
    """A database that does not answer is named, and its own words (with SQL in them) stay inside."""
    try:
        yield
    except psycopg.Error as error:  # of COPY, which passes SQLAlchemy by
        raise EnvironmentTrouble(_code_of(type(error).__name__), cause=type(error).__name__) from error
    except sa.exc.DBAPIError as error:
        cause = type(error.orig).__name__
        if isinstance(error.orig, sqlite3.OperationalError) and "full" in str(error.orig):
            raise EnvironmentTrouble("server_disk_full") from error
        raise EnvironmentTrouble(_code_of(cause), cause=cause) from error
    except sa.exc.TimeoutError as error:
        raise EnvironmentTrouble("server_unavailable", cause="pool") from error


def _code_of(cause: str) -> str:
    return "server_disk_full" if cause == "DiskFull" else "server_unavailable"


def _engine(url: str, pool: int) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise UsageError("database_url") from error
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        said = {"connect_timeout": 10, "application_name": "reset-or-central"} | _SILENT
        engine = sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_size=pool, max_overflow=0, pool_timeout=30,
            isolation_level="READ COMMITTED",
            pool_reset_on_return=None,  # both ways in end what they began: no ROLLBACK after every read
            connect_args={name: value for name, value in said.items() if name not in parsed.query},
        )  # fmt: skip
        sa.event.listen(engine, "checkout", _refuse_dead)
        return engine
    if kind == "sqlite":
        return _sqlite_engine(parsed)
    raise UsageError("database_url")


def _refuse_dead(raw: Any, _record: Any, _proxy: Any) -> None:
    """A connection that waits is silent: whatever its socket has to say is its end, or news that may go too.

    The pool then makes a new one, and drops the others that are as old.
    """
    connection = cast("psycopg.Connection[Any]", raw)
    if connection.closed or _has_news(connection.fileno()):
        raise sa.exc.InvalidatePoolError


def _has_news(socket: int) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([socket], [], [], 0)[0])
    poll = select.poll()  # beyond 1024 open files too
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    # One connection for all threads: the journal mode lets nobody read while somebody writes anyway.
    engine = sa.create_engine(
        url, poolclass=sa.pool.QueuePool, pool_size=1, max_overflow=0, pool_timeout=60,
        connect_args={"check_same_thread": False},
    )  # fmt: skip

    @sa.event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        connection = cast(sqlite3.Connection, raw)
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in (
            f"busy_timeout={_BUSY_MS}", "journal_mode=DELETE", "synchronous=EXTRA", "trusted_schema=OFF",
            "secure_delete=ON",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
