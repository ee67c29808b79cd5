"""The access log leaves the database: whole days, into a file that is safe on the disk before a row goes.

The role that serves cannot delete; this is the owner's work. A row of `access_export` says up to when which
file holds the log, by its hash, and the database lets nothing newer go (migration 0005). A kill anywhere
loses nothing: what is left is in the next file once more, and each row has an id.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from reset_or.base.clock import DAY_MS
from reset_or.base.errors import EnvironmentTrouble, UsageError
from reset_or.base.files import disk_errors, fsync_folder
from reset_or.central import schema, tables
from reset_or.central.database import Database

KEEP_DAYS: Final = 400
"""A year and a month stay in the database, so that an inspection of the last year needs no file."""
LEAST_DAYS: Final = 31
_AT_ONCE: Final = 5_000


@dataclass(frozen=True)
class Exported:
    """`rows` from before `before_at` (UTC ms) are in the file, whose hash is `sha256`; `removed` of them left
    the database."""

    rows: int
    before_at: int
    sha256: str = ""
    removed: int = 0


def export_log(
    database: Database, target: Path, *, now: int, keep_days: int = KEEP_DAYS, remove: bool = False
) -> Exported:
    """Writes what is older than `keep_days` whole days (UTC) to a new file; where nothing is, none is made.

    Raises UsageError `keep_days_few`, `access_file_exists`, EnvironmentTrouble `schema_missing`,
    `schema_other_version`, with `remove` `owner_needed`, and as the disk and the database say.
    """
    if keep_days < LEAST_DAYS:
        raise UsageError("keep_days_few", least=LEAST_DAYS)
    if target.exists():
        raise UsageError("access_file_exists", name=target.name)
    with database.reading() as connection:
        schema.check_version(connection)
        if remove and not _may_delete(database, connection):
            raise EnvironmentTrouble("owner_needed")
    done = _write(database, target, now // DAY_MS * DAY_MS - keep_days * DAY_MS)
    if not (remove and done.rows):
        return done
    _note(database, done, now)
    return replace(done, removed=_remove(database, done.before_at))


def _may_delete(database: Database, connection: sa.Connection) -> bool:
    asked = sa.text("SELECT has_table_privilege('access_log', 'DELETE')")
    return database.is_sqlite or bool(connection.scalar(asked))


def _write(database: Database, target: Path, before_at: int) -> Exported:
    part, count = target.with_name(target.name + ".part"), 0
    with disk_errors():
        try:
            with part.open("wb") as stream:
                with gzip.GzipFile(fileobj=stream, filename="", mode="wb", mtime=0) as packed:
                    for row in _rows(database, before_at):
                        packed.write(json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n")
                        count += 1
                stream.flush()
                os.fsync(stream.fileno())
            if not count:
                return Exported(0, before_at)
            with part.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            part.replace(target)
            fsync_folder(target.parent)
        finally:
            part.unlink(missing_ok=True)
    return Exported(count, before_at, sha256)


def _rows(database: Database, before_at: int) -> Iterator[dict[str, Any]]:
    """Oldest first, a page at a time, so that memory stays as it is."""
    log, place = tables.access_log, (0, "")
    while True:
        at, name = place
        asked = (
            sa.select(log)
            .where(log.c.at < before_at, log.c.at >= at, (log.c.at > at) | (log.c.id > name))
            .order_by(log.c.at, log.c.id)
            .limit(_AT_ONCE)
        )
        with database.reading() as connection:
            found = connection.execute(asked).mappings().all()
        yield from map(dict, found)
        if len(found) < _AT_ONCE:
            return
        place = found[-1]["at"], found[-1]["id"]


def _note(database: Database, done: Exported, now: int) -> None:
    export, log = tables.access_export, tables.access_log
    with database.writing() as connection:
        held = connection.scalar(sa.select(sa.func.count()).where(log.c.at < done.before_at)) or 0
        if held != done.rows:  # somebody else removes at this moment
            raise EnvironmentTrouble("server_unavailable")
        newest = connection.scalar(sa.select(sa.func.max(export.c.ord))) or 0
        row = {"ord": newest + 1, "before_at": done.before_at, "rows": done.rows, "sha256": done.sha256}
        connection.execute(sa.insert(export), [row | {"at": now}])


def _remove(database: Database, before_at: int) -> int:
    """A few thousand rows in one transaction: a server on SQLite waits for none of them long."""
    log, removed = tables.access_log, 0
    old = sa.select(log.c.id).where(log.c.at < before_at).limit(_AT_ONCE)
    while True:
        with database.writing() as connection:
            gone = connection.execute(sa.delete(log).where(log.c.id.in_(old))).rowcount
        removed += gone
        if gone < _AT_ONCE:
            return removed
