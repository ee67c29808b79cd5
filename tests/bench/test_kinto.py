"""The same records at Kinto, in clear and unsigned, on the same PostgreSQL."""

from __future__ import annotations

import uuid
from pathlib import Path

from tests.bench.device import READING, timed
from tests.bench.kinto_server import BATCH, missing, running_kinto
from tests.bench.report import Book, Table, median
from tests.bench.stocked import two_devices
from tests.conftest import Effort
from tests.fakes.postgres import Cluster

RECORDS = 1000
_QUIET = 100
_FILL = 400  # what a revision says of itself beside its values, so that both move the same bytes


def test_kinto(tmp_path: Path, postgres: Cluster, effort: Effort, book: Book) -> None:
    count = min(RECORDS, effort.count or RECORDS)
    table = Table(
        f"Beside Kinto 26.5: {count:,} records of 1.5 KB",
        f"Kinto: plain text, batches of {BATCH}, its default. Here: sealed, signed, verified.",
    )
    why = missing()
    if why:
        table.row("Kinto", figure="not here")
        table.note = why
        book.add(table)
        return
    records = [{"id": str(uuid.uuid4()), **READING, "more": "y" * _FILL} for _ in range(count)]
    with running_kinto(postgres.empty_database(), tmp_path) as kinto:
        pushing = timed(lambda: kinto.push(records))
        pulling = timed(lambda: kinto.pull())
        found, mark = kinto.pull()
        quiet = median([timed(lambda: kinto.pull(mark)) for _ in range(_QUIET)])
        assert (found, kinto.pull(mark)[0]) == (count, 0)
    with two_devices(postgres.database(), tmp_path / "site") as site:
        site.fill(count)
        ours = median(site.a.sync(times=_QUIET)["seconds"])
    for what, theirs, here, goal in (
        ("G1 push", pushing, site.took["push"]["seconds"][0], 30),
        ("G2 save and push", pushing, sum(site.took[step]["seconds"][0] for step in ("save", "push")), None),
        ("pull and open all", pulling, site.took["pull"]["seconds"][0], None),
    ):
        table.row(f"{what}: Kinto", theirs, per_second=count / theirs)
        table.row(what, here, per_second=count / here, anchor="Kinto", ratio=theirs / here, at_least=goal)
    table.row("no change: Kinto", quiet, per_second=1 / quiet)
    table.row("G4 no change", ours, per_second=1 / ours, anchor="Kinto", ratio=ours / quiet, at_most=0.5)
    book.add(table)
