"""A site with a history: saved on one device, pushed, pulled into the other. Keeps what each step took."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.central import Central, running_central
from tests.bench.device import OF_A_RECORD, Device
from tests.fakes.postgres import TestDatabase
from tests.faults.ground import Ground

REVISIONS = 10_000


@dataclass
class Stocked:
    """`took`: the answers of `save`, `push` and `pull`; `server_kb`: (before, after, most) of the last two.
    `next`: the number of the next revision to save."""

    ground: Ground
    central: Central
    a: Device
    b: Device
    count: int
    next: int
    took: dict[str, dict[str, Any]] = field(default_factory=dict)
    server_kb: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def fill(self, of_a_record: int) -> None:
        self.took["save"] = self.a.ask("save", count=self.count, first=0, of_a_record=of_a_record)
        for name, device in (("push", self.a), ("pull", self.b)):
            before = self.central.memory_kb()[0]
            self.central.forget_peaks()
            self.took[name] = device.sync()
            self.server_kb[name] = (before, *self.central.memory_kb())
        assert self.took["push"]["pushed"] >= self.count
        assert self.took["pull"]["pulled"] >= self.count
        self.quiet()

    def quiet(self) -> None:
        """Until neither device has anything to say or to hear."""
        for device in (self.a, self.b, self.a):
            device.sync()

    def change(self, count: int = 10, url: str = "") -> tuple[float, int]:
        """(seconds, requests) of changes from one device through the server to the other."""
        self.a.ask("save", count=count, first=self.next)
        self.next += -(-count // OF_A_RECORD) * OF_A_RECORD
        there, back = self.a.sync(url=url), self.b.sync(url=url)
        assert (there["pushed"], back["pulled"]) == (count, count)
        return there["seconds"][0] + back["seconds"][0], there["requests"][0] + back["requests"][0]


@contextlib.contextmanager
def two_devices(database: TestDatabase, folder: Path, *, workers: int = 1) -> Iterator[Stocked]:
    """Two devices of an empty site and their server, all in processes of their own."""
    ground = Ground(folder).make()
    with running_central(
        ground.trial, ground.statements, database, folder / "central", workers=workers
    ) as central:
        a, b = (Device(ground, name, central.url) for name in "ab")
        try:
            made = Stocked(ground, central, a, b, 0, 0)
            made.quiet()
            yield made
        finally:
            a.close()
            b.close()


@contextlib.contextmanager
def stocked_site(
    database: TestDatabase, folder: Path, count: int, *, of_a_record: int = OF_A_RECORD
) -> Iterator[Stocked]:
    """The same with `count` revisions, as many of a record as said."""
    with two_devices(database, folder) as made:
        made.count, made.next = count, -(-count // OF_A_RECORD) * OF_A_RECORD
        made.fill(of_a_record)
        yield made
