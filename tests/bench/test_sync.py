"""Saving, pushing and pulling N revisions of 1.5 KB, and the small syncs after it, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from reset_or.wire.auth import NONCE_PATH
from reset_or.wire.transport import Call, HttpTransport
from tests.bench.crypto import Rates, rates
from tests.bench.device import timed
from tests.bench.report import Book, Table, median, percentile
from tests.bench.stocked import Stocked
from tests.fakes.postgres import Cluster
from tests.fakes.proxy import proxy_process
from tests.faults.ground import on_server

ROUND_TRIP_MS = 50
_QUIET, _QUIET_FAR = 200, 20
_CHANGES = 10
_BARE = 40  # a server answers 120 unsigned requests a minute to one address


def test_push_and_pull(stocked: Stocked, postgres: Cluster, book: Book) -> None:
    count = stocked.count
    rows = on_server(stocked.central.database_url, stocked.ground.devices["a"])
    size = sum(len(hdr) + len(seal) + len(body or b"") for _, _, hdr, seal, body in rows) / len(rows)
    copying = copy_in(postgres.empty_database(), rows)
    crypto = rates(min(count, 1000))
    saving, pushing, pulling = (stocked.took[step]["seconds"][0] for step in ("save", "push", "pull"))
    table = Table(
        f"{count:,} revisions of {size:,.0f} bytes as sealed, through PostgreSQL",
        "Every signature checked, durable on both sides; client, server and PostgreSQL share this machine.",
    )
    copied = count / copying
    table.row("COPY of the same bytes, one key, one commit", copying, per_second=copied)
    _crypto_rows(table, crypto)
    said = {"anchor": f"COPY, {copied:,.0f}/s"}
    table.row(
        "G1 push", pushing, per_second=count / pushing, ratio=copying / pushing, at_least=1 / 11, **said
    )
    table.row("sign, seal, fold, save, 500 a commit", saving, per_second=count / saving,
              anchor="sealing, one process", ratio=count / saving / crypto.seal[0])  # fmt: skip
    both = saving + pushing
    table.row(
        "G2 save and push", both, per_second=count / both, ratio=copying / both, at_least=1 / 33, **said
    )
    opened = {"anchor": "opening, one process", "ratio": count / pulling / crypto.open[0]}
    table.row("G3 pull into an empty device", pulling, per_second=count / pulling, at_least=0.7, **opened)
    table.row(
        "G3 the same where two processes open", pulling, per_second=count / pulling, at_least=1.05, **opened
    )
    book.add(table)
    assert abs(crypto.size - size) < size / 4, "what is sealed for the anchor must be like what is sent"


def _crypto_rows(table: Table, crypto: Rates) -> None:
    for name, (one, two) in (("seal", crypto.seal), ("open", crypto.open)):
        table.row(f"{name}, one process, nothing stored", per_second=one)
        table.row(f"{name}, two processes", per_second=two, anchor="one process", ratio=two / one)


def copy_in(dsn: str, rows: list[tuple[int, str, bytes, bytes, bytes | None]]) -> float:
    """Seconds for COPY of the same bytes into one table with a key, one commit: the median of three."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:

        def run() -> None:
            with cursor.copy("COPY anchor FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["text", "bytea", "bytea", "bytea"])
                for row in rows:
                    copy.write_row(row[1:])
            connection.commit()

        found = []
        for _ in range(3):
            cursor.execute("DROP TABLE IF EXISTS anchor")
            cursor.execute("CREATE TABLE anchor (id text PRIMARY KEY, hdr bytea, dsig bytea, body bytea)")
            connection.commit()
            found.append(timed(run))
    return median(found)


def test_memory(stocked: Stocked, book: Book) -> None:
    table = Table(f"Memory while {stocked.count:,} revisions pass (MB resident)")
    for step, who in (("push", "device"), ("pull", "device"), ("push", "server"), ("pull", "server")):
        said = stocked.took[step]
        kb = (
            (said["before_kb"], said["after_kb"], said["peak_kb"])
            if who == "device"
            else stocked.server_kb[step]
        )
        before, after, most = (each / 1024 for each in kb)
        table.row(f"{step}, the {who}: most of all", anchor=f"before, {before:.0f}", ratio=most / before,
                  figure=f"{most:.0f}")  # fmt: skip
        table.row(f"{step}, the {who}: kept afterwards", anchor=f"before, {before:.0f}", ratio=after / before,
                  figure=f"{after:.0f}")  # fmt: skip
    book.add(table)


def test_no_change(stocked: Stocked, book: Book) -> None:
    near = stocked.a.sync(times=min(_QUIET, stocked.count))
    table = Table(
        f"G4 A sync with nothing to do after {stocked.count:,} revisions", "Exactly one request each."
    )
    with select_one(stocked.central.database_url) as ask:
        asked = median([timed(ask) for _ in range(_QUIET)])
    with bare_get(stocked.central.url) as get:
        got = median([timed(get) for _ in range(_BARE)])
    table.row("a bare SELECT 1", asked, per_second=1 / asked)
    table.row("a bare GET /v1/nonce, kept alive", got, per_second=1 / got)
    middle, late = median(near["seconds"]), percentile(near["seconds"], 95)
    table.row("here, median", middle, per_second=1 / middle, anchor="the bare GET", ratio=middle / got)
    table.row("here, median", middle, anchor="1 ms", ratio=middle * 1000, at_most=2)
    table.row("here, p95", late, anchor="1 ms", ratio=late * 1000, at_most=5)
    with proxy_process(stocked.central.url, round_trip_ms=ROUND_TRIP_MS) as url:
        stocked.a.sync(url=url)
        far = stocked.a.sync(times=_QUIET_FAR, url=url)
    for name, seconds in (("median", median(far["seconds"])), ("p95", percentile(far["seconds"], 95))):
        table.row(f"{ROUND_TRIP_MS} ms away, {name}", seconds, anchor="one round trip",
                  ratio=seconds * 1000 / ROUND_TRIP_MS, at_most=1.25)  # fmt: skip
    book.add(table)
    assert set(near["requests"]) == set(far["requests"]) == {1}


def test_ten_changed(stocked: Stocked, book: Book) -> None:
    stocked.quiet()
    near = [stocked.change() for _ in range(_CHANGES)]
    with proxy_process(stocked.central.url, round_trip_ms=ROUND_TRIP_MS) as url:
        for device in (stocked.a, stocked.b):
            device.sync(url=url)
        far = [stocked.change(url=url) for _ in range(_CHANGES // 2)]
    table = Table(
        f"G5 Ten changed of {stocked.count:,}, from one device to the other", "At most two requests in all."
    )
    here, away = (median([seconds for seconds, _ in found]) for found in (near, far))
    table.row("here", here, per_second=1 / here, anchor="1 ms", ratio=here * 1000, at_most=12)
    table.row(f"{ROUND_TRIP_MS} ms away", away, anchor="one round trip", ratio=away * 1000 / ROUND_TRIP_MS,
              at_most=2.5)  # fmt: skip
    book.add(table)
    assert max(requests for _, requests in [*near, *far]) <= 2


@contextmanager
def select_one(dsn: str) -> Iterator[Callable[[], None]]:
    with psycopg.connect(dsn, autocommit=True) as connection:

        def ask() -> None:
            connection.execute("SELECT 1").fetchone()

        ask()
        yield ask


@contextmanager
def bare_get(url: str) -> Iterator[Callable[[], None]]:
    """The least that the server answers, through the client's own transport."""
    way = HttpTransport(url)

    def get() -> None:
        assert way.send(Call("GET", NONCE_PATH)).status == 200

    get()
    try:
        yield get
    finally:
        way.close()
