"""How the server does: the facts of `/status` and those of `/metrics` that the database knows.

Nothing here reads a whole table of records: places and sizes come from the newest row of a site and from
PostgreSQL's own statistics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import anyio
import anyio.to_thread
import sqlalchemy as sa

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble
from reset_or.central import schema, tables
from reset_or.central.admission import Admission
from reset_or.central.database import Database
from reset_or.central.feed import heads, newest_feed
from reset_or.central.holds import holds
from reset_or.central.meter import Labels, Meter, Values
from reset_or.central.pieces import BlobStore
from reset_or.central.quota import held
from reset_or.wire.holds import Hold

_PATIENCE_S: Final = 5.0
_SIZES: Final = sa.text(
    "SELECT relname, greatest(reltuples, 0) AS rows, pg_total_relation_size(oid) AS bytes FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname = ANY(:names)"
)


@dataclass(frozen=True)
class RelayFacts:
    """How far a hospital's relay is behind the centre. `contact_at`: when the centre last answered a whole
    round; `problem`: the code of what the last round met, "" for nothing."""

    site: str
    records_waiting: int
    photos_waiting: int
    oldest_waiting_at: int | None
    contact_at: int | None
    problem: str


class Relaying(Protocol):
    """What a hospital's relay does beside serving."""

    def start(self) -> None:
        """Begins to forward, in a thread of its own."""

    def stop(self) -> None:
        """Ends it and waits; a no-op where it never began."""

    def wake(self) -> None:
        """Something new is here to forward."""

    def greet(self) -> None:
        """Speaks with the centre before it serves; raises what must keep it from serving."""

    def facts(self) -> RelayFacts:
        """Raises EnvironmentTrouble where the database does not answer."""


@dataclass(frozen=True)
class Facts:
    """What `/status` says to those who run the server. Times UTC ms, sizes bytes; None: unknown."""

    schema: str
    database: str
    in_recovery: bool
    synchronous: str
    standbys: int
    photos: str
    free_bytes: int | None
    newest_entry_at: int | None
    process: int
    processes: int
    uptime_s: int
    relay: RelayFacts | None = None
    holds: tuple[Hold, ...] = ()


@dataclass
class Monitoring:
    """Asks database and photo store. Calls block; use worker threads."""

    database: Database
    admission: Admission
    store: BlobStore
    meter: Meter
    relay: Relaying | None = None

    def facts(self, now: int) -> Facts:
        """Raises EnvironmentTrouble where the database does not answer."""
        with self.database.reading() as connection:
            in_recovery, synchronous, standbys = self._replication(connection)
            view = self.admission.current(connection)
            places = heads(connection, newest_feed(connection), view.sites).values()
            on_hold = holds(connection, view, view.sites, now)
        return Facts(
            schema=schema.newest() or "", database=self.database.engine.dialect.name, in_recovery=in_recovery,
            synchronous=synchronous, standbys=standbys, photos=self.store.kind, free_bytes=self._free(),
            newest_entry_at=max((p.received_ms for p in places), default=0) or None,
            process=self.meter.process + 1, processes=self.meter.board.processes,
            uptime_s=int(self.meter.up_s), holds=on_hold,
            relay=self.relay.facts() if self.relay is not None else None,
        )  # fmt: skip

    def ask(self) -> None:
        """Raises EnvironmentTrouble where the database does not answer."""
        with self.database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    async def text(self, version: str, now: int) -> str:
        """The exposition; without the database's part where it does not answer in a few seconds."""
        found: Values = {"database_up": {(): 0}}
        with anyio.move_on_after(_PATIENCE_S):
            asked = partial(self._of_the_database, now)
            found = await anyio.to_thread.run_sync(asked, abandon_on_cancel=True)
        common: dict[str, Mapping[Labels, float]] = {
            **found,
            "build_info": {(version, schema.newest() or ""): 1.0},
        }
        free = await anyio.to_thread.run_sync(self._free)
        if free is not None:
            common["photo_store_free_bytes"] = {(): free}
        return self.meter.text(common)

    def tick(self) -> None:
        """Shows the other processes how this one does."""
        pool = self.database.engine.pool
        if isinstance(pool, sa.pool.QueuePool):
            self.meter.set("database_connections", pool.checkedout())
        self.meter.publish()

    def _of_the_database(self, now: int) -> Values:
        try:
            with self.database.reading() as connection:
                found = {**self._sizes(connection), **self._by_site(connection, now)}
            return {"database_up": {(): 1}, **found, **self._behind(now)}
        except EnvironmentTrouble as error:
            log.event("metrics_without_database", code=error.code)
            return {"database_up": {(): 0}}

    def _sizes(self, connection: sa.Connection) -> dict[str, dict[Labels, float]]:
        in_recovery, synchronous, standbys = self._replication(connection)
        found: dict[str, dict[Labels, float]] = {
            "database_in_recovery": {(): int(in_recovery)},
            "database_synchronous": {(): int(bool(synchronous))},
            "database_standbys": {(): standbys},
        }  # fmt: skip
        if self.database.is_sqlite:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
            return found | {"database_bytes": {(): pages * size}}
        rows = connection.execute(_SIZES, {"names": list(tables.metadata.tables)}).all()
        whole = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        return found | {
            "database_bytes": {(): whole},
            "table_bytes": {(row.relname,): row.bytes for row in rows},
            "table_rows_estimate": {(row.relname,): row.rows for row in rows},
        }

    def _by_site(self, connection: sa.Connection, now: int) -> dict[str, dict[Labels, float]]:
        view = self.admission.current(connection)
        sites = sorted(view.sites)
        on_hold = [each.site for each in holds(connection, view, sites, now)]
        places = heads(connection, newest_feed(connection), sites)
        sums = {site: held(connection, site) for site in sites}
        return {
            "site_entries": {(site,): place.seq for site, place in places.items()},
            "site_newest_entry_age_seconds": {
                (site,): max(0, now - place.received_ms) / 1000 for site, place in places.items() if place.seq
            },
            "site_record_bytes": {(site,): said.records for site, said in sums.items()},
            "devices_on_hold": {(site,): on_hold.count(site) for site in sites},
            "site_photos": {(site,): said.photos for site, said in sums.items()},
            "site_photo_bytes": {(site,): said.photo_bytes for site, said in sums.items()},
        }

    def _behind(self, now: int) -> Values:
        if self.relay is None:
            return {}
        facts = self.relay.facts()
        oldest = now if facts.oldest_waiting_at is None else facts.oldest_waiting_at
        found: dict[str, dict[Labels, float]] = {
            "relay_records_waiting": {(): facts.records_waiting},
            "relay_photos_waiting": {(): facts.photos_waiting},
            "relay_oldest_waiting_seconds": {(): max(0, now - oldest) / 1000},
            "relay_problem": {(facts.problem,): 1} if facts.problem else {},
        }
        if facts.contact_at is not None:
            found["relay_contact_age_seconds"] = {(): max(0, now - facts.contact_at) / 1000}
        return found

    def _replication(self, connection: sa.Connection) -> tuple[bool, str, int]:
        """(in recovery, synchronous_standby_names, standbys): as far as every role may see it."""
        if self.database.is_sqlite:
            return False, "", 0
        # Without pg_monitor the view's columns are empty, but it has its rows.
        asked = (
            "SELECT pg_is_in_recovery(), current_setting('synchronous_standby_names'),"
            " (SELECT count(*) FROM pg_stat_replication)"
        )
        row = connection.exec_driver_sql(asked).one()
        return bool(row[0]), str(row[1]), int(row[2])

    def _free(self) -> int | None:
        try:
            return self.store.free_bytes()
        except EnvironmentTrouble as error:
            log.event("photo_store_unknown", code=error.code)
            return None
