"""The one connection: running statements, one transaction at a time, and what to do when the disk fails.

A failed COMMIT is neither saved nor unsaved until the database has been opened again and asked. So a
transaction is a list of statements that can be run a second time, and a witness that tells whether the
first time reached the disk.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Executable, exists, select
from sqlalchemy.exc import DBAPIError

from reset_or.base.errors import EnvironmentTrouble, OurBug, ResetOrError, TrustBroken
from reset_or.store import tables
from reset_or.store.engine import close_connection, open_connection
from reset_or.store.faults import Fault, fault_of


@dataclass(frozen=True)
class Operation:
    """One statement with its values; a list of values runs it once for each. Text has positional values."""

    statement: Executable | str
    values: Any = None

    def run(self, connection: Connection) -> None:
        if isinstance(self.statement, str):
            alone = (
                isinstance(self.values, list) and len(self.values) == 1
            )  # a list of one costs as much again
            connection.exec_driver_sql(self.statement, self.values[0] if alone else self.values)
        else:
            connection.execute(self.statement, self.values)


class Link:
    """Owns the connection to `path`. Any thread may call, one at a time: two at once is our bug."""

    def __init__(self, path: Path, key: str, connection: Connection) -> None:
        self.path = path
        self._key = key
        self._connection: Connection | None = connection
        self._file = _identity(path)
        self._alone = threading.RLock()

    @property
    def connection(self) -> Connection:
        """The open connection; EnvironmentTrouble("store_closed") once it is not."""
        if self._connection is None:
            raise EnvironmentTrouble("store_closed")
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            with suppress(DBAPIError):
                close_connection(self._connection)
            self._connection = None
        self._key = ""

    def rows(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Sequence[tuple[Any, ...]]:
        """All rows; TrustBroken("db_damaged") where a page is not as it was written."""
        with self._one_at_a_time():
            try:
                return [tuple(row) for row in self.connection.execute(statement, values or {}).all()]
            except DBAPIError as error:
                raise trouble(error) from error

    def run(self, operations: Sequence[Operation], env_ids: Sequence[str]) -> None:
        """All operations in one transaction, or none.

        `env_ids`: envelopes that the transaction adds; that they are there after an unknown outcome
        proves that it was committed. Without them the operations must be harmless to repeat.

        Raises EnvironmentTrouble `disk_full` (nothing written, try again when there is room) or
        `store_unwritable` (failed twice, or the file was moved away), TrustBroken("db_damaged"),
        OurBug("store_constraint").
        """
        with self._one_at_a_time():
            self._check_place()
            try:
                self._once(operations)
            except DBAPIError as error:
                self._roll_back()
                if fault_of(error) is not Fault.UNKNOWN:
                    raise trouble(error) from error
                self._second_try(operations, env_ids)
            self._check_place()

    def _once(self, operations: Sequence[Operation]) -> None:
        self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        for each in operations:
            each.run(self.connection)
        self.connection.exec_driver_sql("COMMIT")

    def _second_try(self, operations: Sequence[Operation], env_ids: Sequence[str]) -> None:
        try:
            self._reopen()
            if env_ids and self._has(env_ids[-1]):
                return
            self._once(operations)
        except DBAPIError as error:
            self._roll_back()
            if fault_of(error) is Fault.UNKNOWN:
                raise EnvironmentTrouble("store_unwritable") from error
            raise trouble(error) from error

    def _has(self, env_id: str) -> bool:
        found = self.connection.execute(select(exists().where(tables.env.c.env_id == env_id)))
        return bool(found.scalar_one())

    def _reopen(self) -> None:
        """A new connection rolls back what the old one left half done."""
        old, self._connection = self._connection, None
        if old is not None:
            with suppress(DBAPIError):
                close_connection(old)
        self._connection = open_connection(self.path, self._key)

    def _roll_back(self) -> None:
        if self._connection is not None:
            with suppress(DBAPIError):  # SQLite has often rolled back by itself already
                self._connection.exec_driver_sql("ROLLBACK")

    def _check_place(self) -> None:
        """SQLite would go on writing into a file that was deleted or moved, and every save be lost."""
        if _identity(self.path) != self._file:
            raise EnvironmentTrouble("store_unwritable", reason="moved")

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._alone.acquire(blocking=False):
            raise OurBug("store_used_twice")
        try:
            yield
        finally:
            self._alone.release()


def trouble(error: DBAPIError) -> ResetOrError:
    """The named error for an error of the database."""
    fault = fault_of(error)
    if fault is Fault.FULL:
        return EnvironmentTrouble("disk_full")
    if fault is Fault.DAMAGED:
        return TrustBroken("db_damaged")
    if fault is Fault.OURS:
        return OurBug("store_constraint", reason=str(error.orig)[:120])
    return EnvironmentTrouble("disk_trouble")


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 - Path.stat costs twice as much, twice a save
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)
