"""Taking what is new: statements, then envelopes, each in one transaction under the locks of their sites.

A retry is harmless: what is known is answered as `duplicate` with the receipt it got. Where a chain goes
on elsewhere nothing after it is taken.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.dialects.postgresql import ARRAY

from reset_or.base import log
from reset_or.base.errors import TrustBroken
from reset_or.central import tables
from reset_or.central.admission import CENTRE, EVERYWHERE, Admission, Growing, newest_statement
from reset_or.central.database import STATEMENTS_LOCK, Database
from reset_or.central.feed import Place, SiteWriter, chain_head, heads, newest_feed, state_of
from reset_or.central.options import Options
from reset_or.central.quota import Quota
from reset_or.central.verify import Checked, Proofs
from reset_or.revisions.envelope import Envelope
from reset_or.revisions.receipts import Signed
from reset_or.revisions.statements import Statement
from reset_or.wire.frames import Frame, read_statement_frame
from reset_or.wire.messages import Item


@dataclass(frozen=True)
class Taken:
    """What became of one item, and where in the feed it stands (None: nowhere)."""

    item: Item
    place: tuple[str, int] | None = None

    def with_receipt(self, receipt: int) -> Item:
        """The item that stands somewhere, with the place of its receipt in the answer."""
        return Item(self.item.id, self.item.status, receipt=receipt)


@dataclass(frozen=True)
class Added:
    """What a batch added to a site's feed: the places before and after it, (seq, received_ms, envelope) of
    each entry, and their receipt, which is one, for a batch is no longer than a receipt."""

    before: Place
    head: Place
    entries: tuple[tuple[int, int, Envelope], ...]
    receipt: Signed


@dataclass(frozen=True)
class Batch:
    """What became of all that a request brought, in order, and what it added to the feeds by site."""

    taken: list[Taken] = field(default_factory=list)
    added: dict[str, Added] = field(default_factory=dict)
    feed: str = ""


@dataclass(frozen=True)
class Taker:
    """What taking needs beside the transaction. `sender`: key id of the calling device; `now`: UTC ms."""

    database: Database
    key: Ed25519PrivateKey
    options: Options
    sender: str
    now: int


def take_statements(taker: Taker, admission: Admission, untrusted: Sequence[Frame]) -> list[Taken]:
    """Judges each statement by those before it and appends it to the feeds of the sites it concerns.

    A statement of site "*" or "00" stands in every feed; one of another site in that site's feed alone,
    which begins with everything said of "*" and "00" so far.
    """
    with taker.database.writing() as connection:
        taker.database.lock(connection, [STATEMENTS_LOCK])
        view = admission.current(connection)
        desk = _StatementDesk(taker, connection, Growing(view), newest_statement(connection))
        return desk.take(untrusted)


@dataclass
class _StatementDesk:
    taker: Taker
    connection: sa.Connection
    growing: Growing
    newest: int
    _writers: dict[str, SiteWriter] = field(default_factory=dict)
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _feed: str = ""

    def take(self, untrusted: Sequence[Frame]) -> list[Taken]:
        self._feed = newest_feed(self.connection)
        found = [self._one(frame) for frame in untrusted]
        for writer in self._writers.values():
            writer.write(self.taker.database, self.connection, self.taker.key)
        if self._rows:
            self.connection.execute(sa.insert(tables.statement), self._rows)
        return found

    def _one(self, untrusted: Frame) -> Taken:
        try:
            statement = read_statement_frame(untrusted)
        except TrustBroken as error:
            return Taken(Item(_stmt_id(untrusted), "refused", "statement_refused", error.code))
        if self.growing.knows(statement.stmt_id):
            return Taken(Item(statement.stmt_id, "duplicate"), self._place(statement))
        why = self.growing.refuses(statement)
        if why:
            return Taken(Item(statement.stmt_id, "refused", "statement_refused", why))
        return Taken(Item(statement.stmt_id, "stored"), self._append(statement))

    def _append(self, statement: Statement) -> tuple[str, int]:
        if statement.site not in EVERYWHERE and statement.site not in self.growing.sites:
            self.growing.sites.add(statement.site)
            self._begin_feed(statement.site)
        places = {
            site: self._writer(site).add("stmt", statement.stmt_id, self.taker.now)
            for site in sorted(self.growing.sites if statement.site in EVERYWHERE else {statement.site})
        }
        self.newest += 1
        self._rows.append({
            "ord": self.newest, "stmt_id": statement.stmt_id, "type": statement.type, "site": statement.site,
            "data": statement.data, "sig": statement.sig, "received_ms": self.taker.now,
            "sender": self.taker.sender,
        })  # fmt: skip
        home = CENTRE if statement.site in EVERYWHERE else statement.site
        return home, places[home]

    def _begin_feed(self, site: str) -> None:
        table = tables.statement
        asked = sa.select(table.c.stmt_id).where(table.c.site.in_(EVERYWHERE)).order_by(table.c.ord)
        said = list(self.connection.scalars(asked))
        said += [str(row["stmt_id"]) for row in self._rows if row["site"] in EVERYWHERE]
        for stmt_id in said:
            self._writer(site).add("stmt", stmt_id, self.taker.now)

    def _writer(self, site: str) -> SiteWriter:
        # All feeds at once, in one order: two pushes of statements never wait for each other in a ring.
        if site not in self._writers:
            wanted = sorted(self.growing.sites - set(self._writers))
            self.taker.database.lock(self.connection, wanted)
            for each, head in heads(self.connection, self._feed, wanted).items():
                self._writers[each] = SiteWriter(self._feed, head, self.taker.sender)
        return self._writers[site]

    def _place(self, statement: Statement) -> tuple[str, int] | None:
        home = CENTRE if statement.site in EVERYWHERE else statement.site
        for row in self._rows:
            if row["stmt_id"] == statement.stmt_id:
                return None  # twice in one request: the first one carries the receipt
        found = places_of(self.connection, self._feed, home, [statement.stmt_id])
        return (home, found[statement.stmt_id]) if found else None


def take_envelopes(taker: Taker, checked: Sequence[Checked], proofs: Proofs) -> Batch:
    """Appends the good ones, site by site, in one transaction."""
    sites = sorted({c.envelope.header.site for c in checked if c.envelope is not None})
    found, added, feed = dict[str, Taken](), dict[str, Added](), ""
    with taker.database.writing() as connection:
        taker.database.lock(connection, sites)
        for site in sites:
            part = [c for c in checked if c.envelope is not None and c.envelope.header.site == site]
            state = state_of(connection, site, taker.sender)
            feed, sender = state.feed, taker.sender
            desk = _EnvelopeDesk(
                taker, connection, SiteWriter(feed, state.end.head, sender),
                {sender: state.end.own}, {sender: state.suspended},
            )  # fmt: skip
            found |= desk.take(part)
            if (more := desk.write(state.end.head, proofs)) is not None:
                added[site] = more
    refused = (None if c.envelope else Taken(Item(c.id, "refused", c.problem, c.why)) for c in checked)
    return Batch([taken or found[c.id] for taken, c in zip(refused, checked, strict=True)], added, feed)


@dataclass
class _EnvelopeDesk:
    """One site's part of a batch. `_chains`: (n, env_id) of the newest envelope of the devices that were
    asked for; `_authors`: whether they are suspended."""

    taker: Taker
    connection: sa.Connection
    writer: SiteWriter
    _chains: dict[str, tuple[int, str]]
    _authors: dict[str, bool]
    _known: dict[str, int] = field(default_factory=dict)
    _forked: set[str] = field(default_factory=set)
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _added: list[tuple[int, int, Envelope]] = field(default_factory=list)
    _refs: list[dict[str, Any]] = field(default_factory=list)
    _proven: list[dict[str, Any]] = field(default_factory=list)
    _quota: Quota | None = None

    def take(self, checked: Sequence[Checked]) -> dict[str, Taken]:
        site = self.writer.head.site
        old = [c.id for c in checked if c.envelope is not None and self._is_old(c.envelope)]
        if old:
            self._known = places_of(self.connection, self.writer.feed, site, old)
        self._quota = Quota.of(self.connection, self.taker.options, self.taker.sender, self.taker.now, site)
        found = {}
        for each in checked:
            if each.envelope is not None and each.id not in found:
                found[each.id] = self._one(each, each.envelope)
        return found

    def _is_old(self, envelope: Envelope) -> bool:
        """Only what is not beyond the end of its device's chain can be here already."""
        return envelope.header.n <= self._chain(envelope.header.dev)[0]

    def _one(self, checked: Checked, envelope: Envelope) -> Taken:
        header, site = envelope.header, self.writer.head.site
        if checked.id in self._known:
            return Taken(Item(checked.id, "duplicate"), (site, self._known[checked.id]))
        if header.dev in self._forked or (not checked.proof and self._suspended(header.dev)):
            return Taken(Item(checked.id, "refused", "device_suspended"))
        last, last_id = self._chain(header.dev)
        if header.n > last + 1:
            return Taken(Item(checked.id, "need", need=last + 1))
        if header.n <= last or header.prev != last_id:
            self._suspend(header.dev)
            return Taken(Item(checked.id, "refused", "fork"))
        assert self._quota is not None
        problem, retry_s = self._quota.refuses(envelope)
        if problem:
            return Taken(Item(checked.id, "refused", problem, retry_s=retry_s))
        return Taken(Item(checked.id, "stored"), (site, self._append(checked, envelope)))

    def _append(self, checked: Checked, envelope: Envelope) -> int:
        header, body = envelope.header, envelope.body
        seq = self.writer.add("env", checked.id, self.taker.now)
        self._rows.append({
            "env_id": checked.id, "site": header.site, "dev": header.dev, "n": header.n,
            "hdr": envelope.hdr, "dsig": envelope.dsig, "body": body, "body_len": len(body or b""),
            "received_ms": self.writer.head.received_ms, "sender": self.taker.sender,
        })  # fmt: skip
        self._added.append((seq, self.writer.head.received_ms, envelope))
        self._refs += [{"blob": b, "site": header.site, "env_id": checked.id} for b in set(header.blobs)]
        if checked.proof:
            self._proven.append({"env_id": checked.id, "receipt_id": checked.proof})
        self._chains[header.dev] = (header.n, checked.id)
        return seq

    def write(self, before: Place, proofs: Proofs) -> Added | None:
        """Stores what was taken, if anything was."""
        if not self._rows:
            return None
        assert self._quota is not None
        database = self.taker.database
        database.insert_many(self.connection, tables.envelope, self._rows)
        (receipt,) = self.writer.write(database, self.connection, self.taker.key)
        self.connection.execute(sa.insert(tables.usage), [self._quota.row(self.writer.head)])
        if self._refs:
            self.connection.execute(sa.insert(tables.blob_ref), self._refs)
        names = sorted({str(row["receipt_id"]) for row in self._proven})
        old = [
            {"id": name, "data": proofs.receipts[name].data, "sig": proofs.receipts[name].sig}
            for name in names
        ]
        self.taker.database.insert_new(self.connection, tables.old_receipt, old)
        self.taker.database.insert_new(self.connection, tables.proof, self._proven)
        return Added(before, self.writer.head, tuple(self._added), receipt)

    def _chain(self, dev: str) -> tuple[int, str]:
        if dev not in self._chains:
            self._chains[dev] = chain_head(self.connection, self.writer.head.site, dev)
        return self._chains[dev]

    def _suspended(self, dev: str) -> bool:
        if dev not in self._authors:
            self._authors[dev] = is_suspended(self.connection, dev)
        return self._authors[dev]

    def _suspend(self, dev: str) -> None:
        self._forked.add(dev)
        row = {
            "id": secrets.token_hex(16),
            "dev": dev,
            "kind": "suspended",
            "why": "fork",
            "at": self.taker.now,
        }
        self.connection.execute(sa.insert(tables.device_event), [row])
        log.event("device_suspended", dev=dev, why="fork")


def places_of(connection: sa.Connection, feed: str, site: str, names: Sequence[str]) -> dict[str, int]:
    """id -> seq of those among `names` that stand in the site's feed."""
    asked = {"feed": feed, "site": site, "names": list(names)}
    return {row.id: row.seq for row in connection.execute(_PLACES[connection.dialect.name], asked)}


def _places(named: sa.ColumnElement[bool]) -> sa.Select[tuple[str, int]]:
    c = tables.entry.c
    return sa.select(c.id, c.seq).where(c.feed == sa.bindparam("feed"), c.site == sa.bindparam("site"), named)


# A list of hundreds is one value where the database knows lists: else the statement is made anew each time.
_PLACES: Final = {
    "postgresql": _places(tables.entry.c.id == sa.any_(sa.bindparam("names", type_=ARRAY(sa.String)))),
    "sqlite": _places(tables.entry.c.id.in_(sa.bindparam("names", expanding=True))),
}


def is_suspended(connection: sa.Connection, dev: str) -> bool:
    event = tables.device_event
    asked = sa.select(event.c.kind).where(event.c.dev == dev).order_by(event.c.at.desc()).limit(1)
    return connection.scalar(asked) == "suspended"


def _stmt_id(untrusted: Frame) -> str:
    return Statement(untrusted.hdr, untrusted.sig, "", "", "", "", 1, 0).stmt_id
