"""G7: a new device that joins a site, by how often its records were changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bench.report import Book, Table
from tests.bench.stocked import REVISIONS, two_devices
from tests.conftest import Effort
from tests.fakes.postgres import Cluster

LONG = 5


def test_joining(tmp_path: Path, postgres: Cluster, effort: Effort, book: Book) -> None:
    records = (effort.count or REVISIONS) // LONG
    took: dict[int, dict[str, Any]] = {}
    for revisions in (1, LONG):
        with two_devices(postgres.database(), tmp_path / str(revisions)) as site:
            site.fill(records * revisions, revisions, pull="first_cases")
            took[revisions] = site.took["pull"]
            assert took[revisions]["cases"] == -(-records // 5)
    table = Table(
        f"G7 A new device joins a site of {records:,} records",
        "Cases appear while the rest arrives: a case counts as usable once it is stored and folded.",
    )
    short, long = (took[revisions]["seconds"][0] for revisions in (1, LONG))
    table.row("one revision a record", short, per_second=records / short)
    table.row(f"{LONG} revisions a record", long, per_second=records * LONG / long,
              anchor="one revision a record", ratio=long / short, at_most=5.5)  # fmt: skip
    for revisions, said in took.items():
        table.row(f"until the first case, {revisions} a record", said["first"], anchor="the whole",
                  ratio=said["first"] / said["seconds"][0])  # fmt: skip
    book.add(table)
