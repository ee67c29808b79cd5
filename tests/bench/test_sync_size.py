"""G6: small syncs must not notice how much the centre has stored, nor how often a record was changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from reset_or.central.options import Options
from reset_or.wire.messages import Cursor
from tests.bench import crowd
from tests.bench.caller import Caller, sealed
from tests.bench.device import timed
from tests.bench.plans import LARGE, Plan, Recorder
from tests.bench.report import Book, Table, median
from tests.bench.stocked import Stocked, two_devices
from tests.fakes.postgres import Cluster
from tests.fakes.server import DeviceClient, running_server
from tests.fakes.trial import TrialDevice, TrialSite

OTHERS = 100  # times the history of the site that is measured
LONG = 10  # times that history, of one site
OFTEN = 20  # revisions of a record
_QUIET, _CHANGES = 100, 10
_RECORDS = 20  # as many as are changed at once, and some
_LARGE_ENOUGH = 100_000
_THIN = ("no change", "ten pushed", "ten pulled")
_MB = 1 << 20


def test_size(stocked: Stocked, tmp_path: Path, book: Book) -> None:
    owner, count = stocked.central.database.owner_dsn, stocked.count
    before = _small_syncs(stocked)
    others = OTHERS * count
    crowd.add_others(owner, others)
    with ExitStack() as stack:
        short = stack.enter_context(_other_site(stocked, "04", count))
        long = stack.enter_context(_other_site(stocked, "05", LONG * count))
        photos = count
        crowd.add_photos(owner, "05", photos)
        crowd.settle(owner)
        after = _small_syncs(stocked)
        table = Table(
            f"G6 Small syncs with {count:,} and with {others:,} revisions at the centre",
            "Two devices as users have them; below, two that keep nothing, so that only the server is asked.",
        )
        for what, first, second in zip(("no change", "ten changed"), before, after, strict=True):
            table.row(f"{what}, {count:,} there", first, per_second=1 / first)
            table.row(f"{what}, {others:,} more there", second, per_second=1 / second,
                      anchor="before they came", ratio=second / first, at_most=1.3)  # fmt: skip
        for what, first, second in zip(_THIN, *_in_turns(short, long), strict=True):
            table.row(f"{what}, own history {count:,}", first, per_second=1 / first)
            table.row(f"{what}, {LONG * count:,} and {photos:,} photos", second, per_second=1 / second,
                      anchor="the short history", ratio=second / first, at_most=1.3)  # fmt: skip
        book.add(table)
    book.add(_sizes(owner))
    plans = _plans(stocked, tmp_path, small=others < _LARGE_ENOUGH)
    book.add(_plan_table(plans))
    whole = [plan.sql for plan in plans for kind, name in plan.scans if kind == "Seq Scan" and name in LARGE]
    assert whole == [], "these read a large table from end to end"


def test_size_of_a_record(stocked: Stocked, postgres: Cluster, tmp_path: Path, book: Book) -> None:
    once = _small_syncs(stocked)
    with two_devices(postgres.database(), tmp_path / "often") as site:
        site.fill(max(stocked.count, _RECORDS * OFTEN), OFTEN)
        often = _small_syncs(site)
    table = Table(f"G6 Small syncs by how often a record was changed, {stocked.count:,} revisions each")
    for what, first, second in zip(("no change", "ten changed"), once, often, strict=True):
        table.row(f"{what}, one revision a record", first, per_second=1 / first)
        table.row(f"{what}, {OFTEN} revisions a record", second, per_second=1 / second,
                  anchor="one a record", ratio=second / first, at_most=1.2)  # fmt: skip
    book.add(table)


_turn = iter(range(1, 10_000))


def _small_syncs(site: Stocked) -> tuple[float, float]:
    """Median seconds of a sync with nothing to do, and of ten changes from one device to the other."""
    site.quiet()
    quiet = median(site.a.sync(times=_QUIET)["seconds"])
    changed = median([site.revise(1000 + next(_turn)) for _ in range(_CHANGES)])
    return quiet, changed


class _Pair:
    """Two devices of a site, one that writes and one that reads; both know all there is."""

    def __init__(self, stocked: Stocked, site: TrialSite, cursor: Cursor) -> None:
        self._trial, self._device = stocked.ground.trial, site.devices[0]
        self.clients = [DeviceClient(stocked.central.url, each) for each in site.devices]
        self._writer, self._reader = (Caller(client, cursor) for client in self.clients)

    def look(self) -> float:
        return timed(self._reader.look)

    def push(self) -> float:
        """Seconds in which ten are taken; sealing them is not counted."""
        envelopes = sealed(self._trial, self._device, _CHANGES)
        return timed(lambda: self._writer.push(envelopes, _CHANGES))

    def pull(self) -> float:
        """Seconds in which the other fetches them."""
        return timed(self._reader.pull)


def _in_turns(*pairs: _Pair) -> list[tuple[float, ...]]:
    """The medians of each pair, as `_THIN` names them. In turns, so that what else the machine does meets
    all alike."""
    rounds = [[(pair.look(), pair.push(), pair.pull()) for pair in pairs] for _ in range(_QUIET)]
    by_pair = zip(*rounds, strict=True)
    return [tuple(median(each) for each in zip(*row, strict=True)) for row in by_pair]


@contextmanager
def _other_site(stocked: Stocked, code: str, count: int) -> Iterator[_Pair]:
    """A site whose history was written by the second of its devices before it is measured."""
    trial, central = stocked.ground.trial, stocked.central
    site = trial.add_site(code, devices=2)
    centre = central.client()
    centre.push(statements=site.statements)
    centre.close()
    writer: TrialDevice = site.devices[1]
    cursor = crowd.add_history(central.database.owner_dsn, trial, code, writer.dev, count)
    pair = _Pair(stocked, site, cursor)
    try:
        yield pair
    finally:
        for client in pair.clients:
            client.close()


def _sizes(owner: str) -> Table:
    table = Table("What the centre's database holds", "Sizes in MB; other sites' bodies are short here.")
    for name, rows, octets, indexes in crowd.sizes(owner):
        if octets + indexes >= _MB / 4:
            table.row(f"{name}, {rows:,} rows", anchor=f"its table, {octets / _MB:,.1f} MB",
                      figure=f"{indexes / _MB:,.1f} MB of indexes")  # fmt: skip
    return table


def _plans(stocked: Stocked, folder: Path, *, small: bool) -> list[Plan]:
    """Those of one sync with nothing to do, and of one that fetches ten, at a server of this process."""
    database, trial = stocked.central.database, stocked.ground.trial
    site = trial.add_site("06", devices=2)
    with running_server(trial, database.app_dsn, folder / "blobs", options=Options()) as server:
        server.client().push(statements=site.statements)
        writer, reader = (Caller(server.client(device), Cursor("06")) for device in site.devices)
        reader.catch_up()
        reader.look()
        recorder = Recorder()
        stop = recorder.listen(server.service.database.engine)
        reader.look()
        stop()
        writer.push(sealed(trial, site.devices[0], 10), 10)
        stop = recorder.listen(server.service.database.engine)
        assert reader.pull() == 10
        stop()
    return recorder.plans(database.owner_dsn, indexes_if_possible=small)


def _plan_table(plans: list[Plan]) -> Table:
    table = Table(
        f"What PostgreSQL is asked by a sync with nothing to do and one that fetches ten: {len(plans)} times",
        "EXPLAIN (ANALYZE, BUFFERS) of the statements themselves; no large table is read from end to end.",
    )
    for plan in plans:
        kinds = ", ".join(sorted({kind for kind, _ in plan.scans}))
        table.row(f"{plan.name}", plan.ms / 1000, anchor=kinds, figure=f"{plan.pages} pages")
    return table
