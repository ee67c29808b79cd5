"""Many devices at two server processes: what they reach together, and how long one waits for another."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reset_or.revisions.envelope import Envelope
from reset_or.revisions.statements import Statement
from reset_or.wire.messages import Cursor
from tests.bench.caller import Caller, sealed
from tests.bench.central import Central, running_central
from tests.bench.device import timed
from tests.bench.report import Book, Table, median, percentile
from tests.bench.stocked import REVISIONS, two_devices
from tests.conftest import Effort
from tests.fakes.postgres import Cluster
from tests.fakes.trial import SyntheticTrial, TrialDevice

SITES, OF_A_SITE = 8, 3
WORKERS = 2
_BATCH = 100
_BARE = 100
_PAUSE_S = 0.02


@pytest.fixture
def devices() -> tuple[SyntheticTrial, list[Statement], list[TrialDevice]]:
    """Those of eight sites, and first the one that is measured alone."""
    trial = SyntheticTrial()
    sites = [trial.add_site(f"{10 + number}", devices=OF_A_SITE) for number in range(SITES)]
    alone = trial.add_site("09")
    statements = [said for site in (alone, *sites) for said in site.statements]
    return trial, statements, [*alone.devices, *(device for site in sites for device in site.devices)]


def test_devices(
    devices: tuple[SyntheticTrial, list[Statement], list[TrialDevice]], tmp_path: Path, postgres: Cluster,
    effort: Effort, book: Book,
) -> None:  # fmt: skip
    trial, statements, (first, *others) = devices
    each = max(1, (effort.count or REVISIONS) // len(others))
    total = each * len(others)
    with running_central(trial, statements, postgres.database(), tmp_path, workers=WORKERS) as central:
        alone = [(Caller(central.client(first)), sealed(trial, first, total))]
        many = [(Caller(central.client(device)), sealed(trial, device, each)) for device in others]
        one_s, all_s = _push(alone), _push(many)
    times = [seconds for caller, _ in many for seconds in caller.times]
    table = Table(
        f"G12 {len(others)} devices of {SITES} sites push at once, {WORKERS} server processes",
        f"Sealed beforehand, batches of {_BATCH}, {total:,} revisions each way; nothing is pulled.",
    )
    table.row("one device", one_s, per_second=total / one_s)
    table.row("all at once", all_s, per_second=total / all_s, anchor="one device", ratio=one_s / all_s,
              at_least=0.8)  # fmt: skip
    usual = median(alone[0][0].times)
    table.row("one batch, one device", usual, per_second=1 / usual)
    for percent in (50, 99, 100):
        waited = percentile(times, percent)
        table.row(f"one batch among all, p{percent}", waited, anchor="one device's", ratio=waited / usual)
    book.add(table)


def _push(callers: list[tuple[Caller, list[Envelope]]]) -> float:
    """Seconds until every caller has pushed all it has, all at once, after a first request each."""
    for caller, _ in callers:
        caller.look()
        caller.times.clear()
    failed: list[BaseException] = []

    def run(caller: Caller, envelopes: list[Envelope]) -> None:
        try:
            caller.push(envelopes, _BATCH)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in callers]

    def work() -> None:
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    seconds = timed(work)
    assert failed == []
    for caller, _ in callers:
        caller.client.close()
    return seconds


def test_fairness(tmp_path: Path, postgres: Cluster, effort: Effort, book: Book) -> None:
    count = effort.count or REVISIONS
    with (
        two_devices(postgres.database(), tmp_path / "site", workers=WORKERS) as site,
        _other_site(site.ground.trial, site.central) as caller,
    ):
        for _ in range(_BARE):
            caller.look()
        usual = median(caller.times)
        caller.times.clear()
        site.a.ask("save", count=count, first=0)
        site.a.begin("sync")
        while not site.a.has_answered():
            caller.look()
            time.sleep(_PAUSE_S)
        pushed = site.a.end()
    assert pushed["problems"] == [""]
    assert pushed["pushed"] >= count
    table = Table(
        f"G12 No-change syncs of one device while another pushes {count:,}, {WORKERS} server processes",
        f"{len(caller.times)} requests of another site's device, which itself keeps nothing.",
    )
    table.row("while nobody else is there, median", usual, per_second=1 / usual)
    for percent, goal in ((50, None), (99, 50), (100, None)):
        waited = percentile(caller.times, percent)
        if goal:
            table.row(f"meanwhile, p{percent}", waited, anchor="1 ms", ratio=waited * 1000, at_most=goal)
        else:
            table.row(f"meanwhile, p{percent}", waited, anchor="nobody else", ratio=waited / usual)
    book.add(table)


@contextmanager
def _other_site(trial: SyntheticTrial, central: Central) -> Iterator[Caller]:
    """A device of another site that has seen all there is."""
    site = trial.add_site("04")
    centre = central.client()
    centre.push(statements=site.statements)
    centre.close()
    caller = Caller(central.client(site.devices[0]), Cursor("04"))
    caller.catch_up()
    caller.times.clear()
    yield caller
    caller.client.close()
