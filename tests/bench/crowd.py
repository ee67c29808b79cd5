"""Makes a server's tables as large as years of a trial would: rows of the right shape, put in past it.

What other sites wrote is never read by the devices that are measured, so its hashes lead nowhere. The feed of
a site that is measured is right from the first entry to the last, and its receipts are signed.
"""

from __future__ import annotations

import secrets
from typing import Any

import psycopg

from reset_or.base.ids import sha256_hex
from reset_or.revisions.receipts import GENESIS, MAX_ITEMS, Receipt, feed_step, sign_receipt
from reset_or.wire.messages import Cursor
from tests.fakes.trial import SyntheticTrial

_BODY = 512  # bytes; the indexes, which decide, do not depend on it
_PART = 100_000
_NOW = 1_790_000_000_000
_SITES = 40
_OTHERS = f"""
WITH made AS (
  SELECT i, lpad((20 + i %% {_SITES})::text, 2, '0') AS site, i / {_SITES} + 1 AS seq,
         encode(sha256(('env' || i)::bytea), 'hex') AS id,
         encode(sha256(('dev' || i %% {_SITES})::bytea), 'hex') AS dev
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i
), entries AS (
  INSERT INTO entry (feed, site, seq, kind, id, received_ms, feed_hash, first_seq)
  SELECT %(feed)s, site, seq, 'env', id, %(now)s::bigint + i, encode(sha256(('hash' || i)::bytea), 'hex'),
         (seq - 1) / {MAX_ITEMS} * {MAX_ITEMS} + 1
  FROM made
), receipts AS (
  INSERT INTO receipt (feed, site, first_seq, last_seq, data, sig)
  SELECT %(feed)s, site, seq, seq + {MAX_ITEMS - 1}, decode(repeat(id, {MAX_ITEMS}), 'hex'), %(sig)s
  FROM made WHERE seq %% {MAX_ITEMS} = 1
)
INSERT INTO envelope (env_id, site, dev, n, hdr, dsig, body, body_len, received_ms, sender)
SELECT id, site, dev, seq, convert_to(repeat(id, 6), 'UTF8'), %(sig)s,
       decode(repeat(id, {_BODY // 32}), 'hex'), {_BODY}, %(now)s::bigint + i, dev
FROM made
"""


def add_others(owner_dsn: str, count: int) -> None:
    """`count` revisions of forty sites that nobody here belongs to."""
    with psycopg.connect(owner_dsn) as connection:
        said = {"feed": _feed(connection), "now": _NOW, "sig": secrets.token_bytes(64)}
        for first in range(0, count, _PART):
            part = {"first": first, "last": min(first + _PART, count) - 1}
            connection.execute(_OTHERS, said | part)
            connection.commit()


def add_history(owner_dsn: str, trial: SyntheticTrial, site: str, dev: str, count: int) -> Cursor:
    """`count` revisions of one device of a site after what its feed holds; the place after the last."""
    with psycopg.connect(owner_dsn) as connection:
        feed = _feed(connection)
        head = connection.execute(
            "SELECT seq, feed_hash, received_ms FROM entry WHERE feed = %s AND site = %s "
            "ORDER BY seq DESC LIMIT 1", (feed, site),
        ).fetchone()  # fmt: skip
        seq, feed_hash, at = head or (0, GENESIS, _NOW)
        for start in range(0, count, MAX_ITEMS):
            ids = [sha256_hex(f"{site}/{start + i}".encode()) for i in range(min(MAX_ITEMS, count - start))]
            before = feed_hash
            hashes = []
            for place, entry_id in enumerate(ids, seq + 1):
                feed_hash = feed_step(
                    feed=feed, site=site, seq=place, prev=feed_hash, entry_id=entry_id, received_ms=at
                )
                hashes.append(feed_hash)
            receipt = Receipt(
                feed, site, seq + 1, before, tuple((each, at) for each in ids), seq + len(ids), feed_hash, dev
            )
            _write(connection, trial, receipt, hashes, start + 1)
            seq += len(ids)
    return Cursor(site, seq, feed_hash)


def add_photos(owner_dsn: str, site: str, count: int) -> None:
    """`count` photographs of a site, counted as the server counts them; their files are not there."""
    length = 1 << 20
    with psycopg.connect(owner_dsn) as connection:
        rows = [
            (sha256_hex(f"{site}/photo/{n}".encode()), site, length, _NOW, b"{}", b"") for n in range(count)
        ]
        _copy(connection, "blob", "id, site, len, received_ms, data, sig", rows)
        total = [(site, 1000, count, count * length, 0)]
        _copy(connection, "site_total", "site, ord, photos, photo_bytes, erased_bytes", total)


def _write(
    connection: psycopg.Connection[Any], trial: SyntheticTrial, said: Receipt, hashes: list[str], n: int
) -> None:
    signed = sign_receipt(trial.server, said)
    body, seal, first = bytes(_BODY), secrets.token_bytes(64), said.first_seq
    entries = [
        (said.feed, said.site, first + place, "env", entry_id, at, hashes[place], first)
        for place, (entry_id, at) in enumerate(said.items)
    ]
    envelopes = [
        (entry_id, said.site, said.by, n + place, b"{}" * 200, seal, body, len(body), at, said.by)
        for place, (entry_id, at) in enumerate(said.items)
    ]
    receipt = (said.feed, said.site, first, said.last_seq, signed.data, signed.sig)
    _copy(connection, "entry", "feed, site, seq, kind, id, received_ms, feed_hash, first_seq", entries)
    columns = "env_id, site, dev, n, hdr, dsig, body, body_len, received_ms, sender"
    _copy(connection, "envelope", columns, envelopes)
    _copy(connection, "receipt", "feed, site, first_seq, last_seq, data, sig", [receipt])


def _copy(connection: psycopg.Connection[Any], table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def settle(owner_dsn: str) -> None:
    """What autovacuum does in time: statistics, and pages that an index alone may answer for."""
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def sizes(owner_dsn: str) -> list[tuple[str, int, int, int]]:
    """(relation, rows, bytes of the table, bytes of its indexes), largest first."""
    with psycopg.connect(owner_dsn) as connection:
        rows = connection.execute(
            "SELECT relname, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "ORDER BY pg_total_relation_size(oid) DESC"
        ).fetchall()
    return [(name, max(0, count), table, index) for name, count, table, index in rows]


def _feed(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("SELECT feed FROM feed ORDER BY ord DESC LIMIT 1").fetchone()
    assert row is not None
    return str(row[0])
