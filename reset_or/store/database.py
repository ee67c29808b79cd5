"""The database file of an installation: made, opened, and named when something is wrong with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from reset_or.base.clock import Clock
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken
from reset_or.base.files import disk_errors, fsync_folder
from reset_or.base.paths import Home
from reset_or.keys.master import MasterKey
from reset_or.store import check, schema
from reset_or.store import head as head_file
from reset_or.store import tables as t
from reset_or.store.engine import SALT_LENGTH, close_connection, file_salt, open_connection
from reset_or.store.faults import Fault, fault_of
from reset_or.store.head import Head
from reset_or.store.link import Link, trouble
from reset_or.store.lock import FolderLock
from reset_or.store.states import State, new_database
from reset_or.store.store import Store

_ALIKE = 4


@dataclass(frozen=True)
class Found:
    """The state, and the store where it can be read."""

    state: State
    store: Store | None = None


def prepare(home: Home, lm: MasterKey, install_id: str) -> None:
    """A new database beside its later place; it takes that place at its first opening.

    Slots are written between the two, so that a power cut leaves either nothing or something that opens.
    """
    place = new_database(home)
    with disk_errors():
        for old in (place, place.with_name(place.name + "-journal")):
            old.unlink(missing_ok=True)
    try:
        connection = open_connection(place, lm.db_key(), create_salt=file_salt(install_id))
        try:
            schema.upgrade(connection)
            connection.execute(t.meta.insert(), {"key": "install_id", "value": install_id})
        finally:
            close_connection(connection)
    except DBAPIError as error:
        raise trouble(error) from error
    with disk_errors():
        fsync_folder(place.parent)


def open_database(home: Home, lm: MasterKey, install_id: str, lock: FolderLock, clock: Clock) -> Found:
    """Opens with the right master key (the slots said so): what fails now is the file's fault."""
    _take_place(home, lm, clock)
    if not home.database.exists():
        return Found("db-missing")
    if home.database.stat().st_size < SALT_LENGTH:
        return Found("db-damaged")
    journal = home.database.with_name(home.database.name + "-journal")
    interrupted = journal.exists()
    if interrupted and not check.journal_fits(journal, home.database):
        return Found("db-damaged")
    try:
        connection = open_connection(home.database, lm.db_key())
    except DBAPIError as error:
        return _unopened(home, install_id, error)
    link = Link(home.database, lm.db_key(), connection)
    try:
        state = _settle(home, connection, install_id, interrupted=interrupted)
        if state != "ok":
            link.close()
            return Found(state)
        return _with_head(home, lm, install_id, link, lock, clock)
    except DBAPIError as error:
        link.close()
        if fault_of(error) is Fault.DAMAGED:
            return Found("db-damaged")
        raise trouble(error) from error
    except TrustBroken:
        link.close()
        return Found("db-damaged")
    except ResetOrError:
        link.close()
        raise


def _take_place(home: Home, lm: MasterKey, clock: Clock) -> None:
    new = new_database(home)
    if home.database.exists() or not new.exists():
        return
    head_file.write(home.head, Head(0, "", clock.now_at()), lm.head_key())
    with disk_errors():
        new.replace(home.database)
        fsync_folder(home.root)


def _unopened(home: Home, install_id: str, error: DBAPIError) -> Found:
    """The key is right, so the file is not: a damaged one of ours or a whole one of somebody else."""
    if fault_of(error) is not Fault.DAMAGED:
        raise EnvironmentTrouble("disk_trouble") from error
    with disk_errors(), home.database.open("rb") as stream:
        salt = stream.read(SALT_LENGTH)
    alike = sum(a == b for a, b in zip(salt, file_salt(install_id), strict=False))
    return Found("db-damaged" if alike > _ALIKE else "other-installation")


def _settle(home: Home, connection: Connection, install_id: str, *, interrupted: bool) -> State:
    age = schema.age_of(connection)
    if age in ("none", "newer"):
        return "db-damaged" if age == "none" else "newer-version"
    if not check.at_opening(connection, home.database.stat().st_size, interrupted=interrupted):
        return "db-damaged"
    if age == "older":
        schema.upgrade(connection)
    found = connection.execute(select(t.meta.c.value).where(t.meta.c.key == "install_id")).scalar()
    return "ok" if found == install_id else "other-installation"


def _with_head(
    home: Home, lm: MasterKey, install_id: str, link: Link, lock: FolderLock, clock: Clock
) -> Found:
    store = Store(home, link, lock, clock, install_id=install_id, head_key=lm.head_key())
    head = head_file.read(home.head, lm.head_key())
    if head is None:
        store.read_only = "open_head_missing"
        return Found("head-missing", store)
    if head.count > store.own_count or (head.count and store.own_env_id(head.count) != head.env_id):
        store.read_only = "open_rolled_back"
        return Found("rolled-back", store)
    if head.count < store.own_count:
        with suppress(EnvironmentTrouble):  # killed between commit and head; the next save writes it again
            store.write_head()
    return Found("ok", store)
