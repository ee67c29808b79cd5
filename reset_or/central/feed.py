"""The feed of a site: an unbroken row of entries, each with its hash, each batch with its signed receipt.

The head of a site is its last entry; there is no counter, so no number is ever skipped or given twice.
Callers hold the site's lock.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.central import tables
from reset_or.central.database import STATEMENTS_LOCK, Database
from reset_or.revisions import receipts
from reset_or.revisions.receipts import GENESIS, MAX_ITEMS, Receipt, Signed
from reset_or.wire.messages import EntryKind


@dataclass(frozen=True)
class Place:
    """The newest entry of a site's feed; seq 0 and GENESIS before the first."""

    site: str
    seq: int = 0
    feed_hash: str = GENESIS
    received_ms: int = 0


# Built once: what every sync asks costs more to put together than to answer.
_HEAD: Final = (
    sa.select(tables.entry.c.seq, tables.entry.c.feed_hash, tables.entry.c.received_ms)
    .where(tables.entry.c.feed == sa.bindparam("feed"), tables.entry.c.site == sa.bindparam("site"))
    .order_by(tables.entry.c.seq.desc())
    .limit(1)
)
_CHAIN_HEAD: Final = (
    sa.select(tables.envelope.c.n, tables.envelope.c.env_id)
    .where(tables.envelope.c.site == sa.bindparam("site"), tables.envelope.c.dev == sa.bindparam("dev"))
    .order_by(tables.envelope.c.n.desc())
    .limit(1)
)


@dataclass(frozen=True)
class End:
    """Head of a site, and (n, env_id) of a device's newest envelope there, (0, "") for none."""

    head: Place
    own: tuple[int, str]


@dataclass(frozen=True)
class State:
    """Newest statement, feed in use, whether a device is suspended, and a site's end: all of one moment."""

    newest_statement: int
    feed: str
    suspended: bool
    end: End


def state_of(connection: sa.Connection, site: str, dev: str) -> State:
    """What every request asks, in one question."""
    rows = connection.execute(_STATE, {"site_0": site, "dev": dev})
    found = {(row.part, row.site): row for row in rows}
    state, event = found["state", ""], found.get(("event", ""))
    suspended = event is not None and event.name == "suspended"
    return State(state.number, state.name, suspended, _end(found, site))


def ends(connection: sa.Connection, feed: str, dev: str, sites: Sequence[str]) -> dict[str, End]:
    """The end of every site named, in one question."""
    if not sites:
        return {}
    asked = {"feed": feed, "dev": dev} | {f"site_{at}": site for at, site in enumerate(sites)}
    found = {(row.part, row.site): row for row in connection.execute(_ends(len(sites)), asked)}
    return {site: _end(found, site) for site in sites}


def _end(found: Mapping[tuple[str, str], Any], site: str) -> End:
    head, own = found.get(("head", site)), found.get(("own", site))
    place = Place(site, head.number, head.name, head.at) if head else Place(site)
    return End(place, (own.number, own.name) if own else (0, ""))


# The end of an index each, asked so that no planner can see it otherwise, whatever it knows of the tables.
_IN_USE: Final = "(SELECT feed FROM feed ORDER BY ord DESC LIMIT 1)"
_SAID: Final = """
SELECT 'state' AS part, '' AS site, (SELECT coalesce(max(ord), 0) FROM statement) AS number,
       {feed} AS name, 0 AS at
UNION ALL SELECT * FROM (
  SELECT 'event', '', 0, kind, 0 FROM device_event WHERE dev = :dev ORDER BY at DESC LIMIT 1
) AS event UNION ALL """
_END: Final = """SELECT * FROM (
  SELECT 'head' AS part, site, seq AS number, feed_hash AS name, received_ms AS at
  FROM entry WHERE feed = {feed} AND site = :site_{at} ORDER BY seq DESC LIMIT 1
) AS head_{at} UNION ALL SELECT * FROM (
  SELECT 'own', site, n, env_id, 0
  FROM envelope WHERE site = :site_{at} AND dev = :dev ORDER BY n DESC LIMIT 1
) AS own_{at}"""
_STATE: Final = sa.text((_SAID + _END).format(feed=_IN_USE, at=0))


@lru_cache(maxsize=128)
def _ends(sites: int) -> sa.TextClause:
    return sa.text(" UNION ALL ".join(_END.format(feed=":feed", at=at) for at in range(sites)))


def newest_feed(connection: sa.Connection) -> str:
    feed = tables.feed
    return str(connection.scalar(sa.select(feed.c.feed).order_by(feed.c.ord.desc()).limit(1)))


def heads(connection: sa.Connection, feed: str, sites: Iterable[str]) -> dict[str, Place]:
    """The newest place of every site named."""
    found = {}
    for site in sites:
        row = connection.execute(_HEAD, {"feed": feed, "site": site}).first()
        found[site] = Place(site, row.seq, row.feed_hash, row.received_ms) if row else Place(site)
    return found


def chain_head(connection: sa.Connection, site: str, dev: str) -> tuple[int, str]:
    """(n, env_id) of the newest envelope that a device signed for a site; (0, "") for none."""
    row = connection.execute(_CHAIN_HEAD, {"site": site, "dev": dev}).first()
    return (row.n, row.env_id) if row else (0, "")


@dataclass
class SiteWriter:
    """Adds entries after `head`; `rows` gives what is to be inserted, receipts included."""

    feed: str
    head: Place
    by: str
    _entries: list[dict[str, Any]] = field(default_factory=list)
    _before: list[str] = field(default_factory=list)

    def add(self, kind: EntryKind, entry_id: str, at: int) -> int:
        """Appends one entry at `at` or at the time of the entry before, whichever is later; its seq."""
        before = self.head
        seq, received = before.seq + 1, max(at, before.received_ms)
        feed_hash = receipts.feed_step(
            feed=self.feed, site=before.site, seq=seq, prev=before.feed_hash, entry_id=entry_id,
            received_ms=received,
        )  # fmt: skip
        self._before.append(before.feed_hash)
        self._entries.append({
            "feed": self.feed, "site": before.site, "seq": seq, "kind": kind, "id": entry_id,
            "received_ms": received, "feed_hash": feed_hash, "first_seq": 0,
        })  # fmt: skip
        self.head = Place(before.site, seq, feed_hash, received)
        return seq

    def write(self, database: Database, connection: sa.Connection, key: Ed25519PrivateKey) -> list[Signed]:
        """Inserts the entries and their receipts, each of at most MAX_ITEMS entries; gives the receipts."""
        rows = []
        for start in range(0, len(self._entries), MAX_ITEMS):
            part = self._entries[start : start + MAX_ITEMS]
            rows.append(self._receipt(part, self._before[start], key))
            for each in part:
                each["first_seq"] = part[0]["seq"]
        if rows:
            database.insert_many(connection, tables.entry, self._entries)
            connection.execute(sa.insert(tables.receipt), rows)
        return [Signed(row["data"], row["sig"]) for row in rows]

    def _receipt(self, part: list[dict[str, Any]], before: str, key: Ed25519PrivateKey) -> dict[str, Any]:
        said = Receipt(
            feed=self.feed, site=self.head.site, first_seq=part[0]["seq"], feed_before=before,
            items=tuple((each["id"], each["received_ms"]) for each in part),
            last_seq=part[-1]["seq"], feed_after=part[-1]["feed_hash"], by=self.by,
        )  # fmt: skip
        signed = receipts.sign_receipt(key, said)
        return {
            "feed": said.feed, "site": said.site, "first_seq": said.first_seq, "last_seq": said.last_seq,
            "data": signed.data, "sig": signed.sig,
        }  # fmt: skip


def begin_feed(database: Database, at: int) -> None:
    """Names the first feed of a new database; a no-op later."""
    with database.writing() as connection:
        row = {"ord": 1, "feed": secrets.token_hex(16), "at": at}
        database.insert_new(connection, tables.feed, [row])


def restart_feed(database: Database, key: Ed25519PrivateKey, at: int, by: str, sites: Iterable[str]) -> str:
    """After a backup was restored: a new feed that repeats the old one, so that every device notices.

    Every entry keeps its order and its time of arrival; hashes and receipts are new. Old receipts stay with
    the clients and keep their authority. Returns the new feed's id.
    """
    fresh = secrets.token_hex(16)
    with database.writing() as connection:
        database.lock(connection, [STATEMENTS_LOCK])
        database.lock(connection, sites)
        old = newest_feed(connection)
        newest = connection.scalar(sa.select(sa.func.max(tables.feed.c.ord)))
        connection.execute(sa.insert(tables.feed), [{"ord": newest + 1, "feed": fresh, "at": at}])
        for site in sites:
            _repeat(database, connection, old, SiteWriter(fresh, Place(site), by), key)
    return fresh


def _repeat(
    database: Database, connection: sa.Connection, old: str, writer: SiteWriter, key: Ed25519PrivateKey
) -> None:
    entry = tables.entry
    asked = (
        sa.select(entry.c.kind, entry.c.id, entry.c.received_ms)
        .where(entry.c.feed == old, entry.c.site == writer.head.site)
        .order_by(entry.c.seq)
    )
    for row in connection.execute(asked).all():
        writer.add(row.kind, row.id, row.received_ms)
    writer.write(database, connection, key)
