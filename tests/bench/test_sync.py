"""Saving, pushing and pulling N revisions of 1.5 KB through the real server on PostgreSQL, beside COPY.

The server is a process of its own. The pull opens and verifies everything; beside it stands the rate at which
one process can open and verify at all.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reset_or.actions.syncing import sync_once
from reset_or.actions.write import Intent, writing
from reset_or.base.ids import case_rec
from reset_or.revisions.envelope import open_sealed, read_envelope, verify_device
from reset_or.revisions.revision import read_plaintext, verify_author
from reset_or.store.rows import StoredEnvelope
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import encode_trial
from reset_or.workspace import Workspace
from tests.bench.conftest import Book, Table
from tests.conftest import Effort
from tests.fakes.postgres import Cluster
from tests.fakes.server import DeviceClient
from tests.faults.ground import SITE, Ground, free_port
from tests.faults.warm import forge

REVISIONS = 10_000
_OF_A_RECORD = 5
_BATCH = 500
_COMMENT = "x" * 900  # makes `inner` about 1.5 KB before it is padded


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path).make()


@pytest.fixture
def server(ground: Ground, postgres: Cluster, tmp_path: Path) -> Iterator[str]:
    """The server in a process of its own; gives its URL. The site's statements are there."""
    (tmp_path / "trial.json").write_bytes(encode_trial(ground.trial.file()))
    setup = {"trial": str(tmp_path / "trial.json"), "key": ground.trial.server.private_bytes_raw().hex(),
             "database_url": postgres.database().app_dsn, "blobs": str(tmp_path / "blobs"),
             "port": free_port()}  # fmt: skip
    with forge("tests.faults.serving_child", **setup) as made:
        made.begin(kill_us=None, most_s=1800)
        url = f"http://127.0.0.1:{setup['port']}"
        client = DeviceClient(url, ground.trial.centre_device)
        client.push(statements=ground.statements)
        client.close()
        yield url
        made.kill_in(0)
        made.end()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def write_many(workspace: Workspace, count: int, first: int = 0) -> None:
    """`count` revisions, five of a case (its record and four readings), 500 a commit."""
    ctx = workspace.context
    for start in range(first, first + count, _BATCH):
        with writing(ctx) as one:
            for number in range(start, min(start + _BATCH, first + count)):
                one.append(_intent(ctx.study, number))


def _intent(study: str, number: int) -> Intent:
    subject = f"{SITE}-{number // _OF_A_RECORD + 1:04}"
    case = case_rec(study, subject)
    if number % _OF_A_RECORD == 0:
        return Intent("case", "create", case, values={"subject": subject, "site": SITE, "arm": "to_follow"})
    values = {"end": "proximal", "segment": "extra", "value_mm": 40, "entered": "4", "unit": "cm",
              "state": "in_vivo", "comment": _COMMENT}  # fmt: skip
    return Intent("reading", "create", case=case, values=values)


def copy_in(dsn: str, rows: list[StoredEnvelope]) -> float:
    """Seconds for COPY of the same bytes into one table with a key, one commit."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE anchor (id text PRIMARY KEY, hdr bytea, dsig bytea, body bytea)")
        connection.commit()

        def run() -> None:
            with cursor.copy("COPY anchor FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["text", "bytea", "bytea", "bytea"])
                for row in rows:
                    copy.write_row((row.env_id, row.hdr, row.dsig, row.body))
            connection.commit()

        return timed(run)[0]


def open_rate(ground: Ground, rows: list[StoredEnvelope], desk: Workspace) -> float:
    """Whole openings a second of one process: device's seal, age, author's seal, every field."""
    identity = desk.context.store.secrets("epoch/")
    identities = [value.decode() for value in identity.values()]
    directory = desk.context.directory

    def public(key_id: str) -> bytes:
        grant = directory.grant(key_id)
        assert grant is not None
        return grant.public

    def run() -> None:
        for row in rows:
            made = read_envelope(row.hdr, row.dsig, row.body)
            verify_device(made, public(row.dev))
            signed = read_plaintext(open_sealed(row.body or b"", identities))
            verify_author(signed, public(signed.key_id))

    return len(rows) / timed(run)[0]


def test_sync_of_many_revisions(
    ground: Ground, server: str, postgres: Cluster, effort: Effort, book: Book
) -> None:
    count = effort.count or REVISIONS
    a, b = ground.open("a"), ground.open("b")
    ways = {"a": HttpTransport(server), "b": HttpTransport(server)}
    try:
        sync_once(a.context, transport=ways["a"])
        sync_once(b.context, transport=ways["b"])
        saving, _ = timed(lambda: write_many(a, count))
        rows = [each for each in a.context.store.outbox(SITE, limit=1_000_000) if each.kind == "rev"]
        size = sum(len(row.hdr) + 64 + len(row.body or b"") for row in rows)
        pushing, pushed = timed(lambda: sync_once(a.context, transport=ways["a"]))
        copying = copy_in(postgres.empty_database(), rows)
        opening = open_rate(ground, rows[:1000], b)
        pulling, pulled = timed(lambda: sync_once(b.context, transport=ways["b"]))
        assert (pushed.problem, pulled.problem) == ("", "")
        assert min(pushed.pushed, pulled.pulled) >= count
        table = Table(f"{count} revisions, {size / len(rows):.0f} bytes each as sealed, PostgreSQL")
        table.row("", "seconds", "a second", "beside its anchor")
        table.row("COPY of the same bytes, one key", f"{copying:.2f}", f"{count / copying:.0f}", "the anchor")
        table.row("push", f"{pushing:.2f}", f"{count / pushing:.0f}",
                  f"1/{pushing / copying:.0f} of COPY (goal 1/11)")  # fmt: skip
        table.row("sign, seal, fold, save, 500 a commit", f"{saving:.2f}", f"{count / saving:.0f}", "")
        table.row("save and push together", f"{saving + pushing:.2f}", f"{count / (saving + pushing):.0f}",
                  f"1/{(saving + pushing) / copying:.0f} of COPY (goal 1/33)")  # fmt: skip
        table.row("open and verify, nothing stored", "", f"{opening:.0f}", "the anchor of a pull")
        table.row("pull into an empty device", f"{pulling:.2f}", f"{count / pulling:.0f}",
                  f"{count / pulling / opening:.2f} of opening (goal 0.70)")  # fmt: skip
        _small(table, a, b, ways, count)
        book.add(table)
    finally:
        for desk, way in ((a, ways["a"]), (b, ways["b"])):
            desk.lock()
            way.close()


def _small(table: Table, a: Workspace, b: Workspace, ways: dict[str, HttpTransport], count: int) -> None:
    sync_once(a.context, transport=ways["a"])
    quiet = [timed(lambda: sync_once(a.context, transport=ways["a"])) for _ in range(20)]
    requests = max(result.requests for _, result in quiet)
    middle = statistics.median(seconds for seconds, _ in quiet) * 1000
    table.row(
        "nothing to do", f"{middle / 1000:.4f}", "", f"{middle:.1f} ms, {requests} request (goal 1, 2 ms)"
    )
    first = -(-count // _OF_A_RECORD) * _OF_A_RECORD
    write_many(a, 10, first)
    there, sent = timed(lambda: sync_once(a.context, transport=ways["a"]))
    back, got = timed(lambda: sync_once(b.context, transport=ways["b"]))
    assert (sent.pushed, got.pulled) == (10, 10)
    said = f"{(there + back) * 1000:.0f} ms, {sent.requests + got.requests} requests (goal 12 ms, 2)"
    table.row("10 changed, one device to the other", f"{there + back:.4f}", "", said)
