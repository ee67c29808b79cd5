"""A site of two devices and its history: saved on one, pushed, pulled into the other; what each step took."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.central import Central, running_central
from tests.bench.device import Device
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
    count: int = 0
    next: int = 0
    took: dict[str, dict[str, Any]] = field(default_factory=dict)
    server_kb: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def fill(self, count: int, revisions: int = 1, pull: str = "sync") -> None:
        """`count` revisions, as many of a record as said. `pull`: the order that fetches them."""
        self.count, self.next = count, count
        self.took["save"] = self.a.ask("save", count=count, first=0, revisions=revisions)
        for name, device, do in (("push", self.a, "sync"), ("pull", self.b, pull)):
            before = self.central.memory_kb()[0]
            self.central.forget_peaks()
            self.took[name] = device.ask(do)
            self.server_kb[name] = (before, *self.central.memory_kb())
            assert set(self.took[name]["problems"]) == {""}
        assert self.took["push"]["pushed"] >= count
        assert self.took["pull"]["pulled"] >= count
        self.quiet()

    def quiet(self) -> None:
        """Until neither device has anything to say or to hear."""
        for device in (self.a, self.b, self.a):
            device.sync()

    def change(self, count: int = 10, url: str = "") -> tuple[float, int]:
        """(seconds, requests) of new records from one device through the server to the other."""
        self.a.ask("save", count=count, first=self.next)
        self.next += count
        return self._across(count, url)

    def revise(self, turn: int, count: int = 10) -> float:
        """Seconds of changes to records that are there already, from one device to the other."""
        self.a.ask("revise", count=count, turn=turn)
        return self._across(count, "")[0]

    def _across(self, count: int, url: str) -> tuple[float, int]:
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
            made = Stocked(ground, central, a, b)
            made.quiet()
            yield made
        finally:
            a.close()
            b.close()
