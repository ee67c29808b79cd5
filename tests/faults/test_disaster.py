"""The disaster drill: the server, its photographs and one computer are lost; a dump is all there is.

The dump was made while devices were sending, and is older than the newest records; the copy of the photo
folder is older still. After `restored` everything must be as before: every record, every photograph,
on every computer and at the centre, what the dead computer had sent too.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reset_or.actions.verifying import verify_store
from reset_or.central import schema
from reset_or.central.database import Database
from reset_or.central.pieces import FolderStore
from reset_or.central.restoring import take_up_again
from reset_or.images.seal import blob_path
from tests.conftest import Effort
from tests.fakes.postgres import Cluster, empty_cluster
from tests.fakes.workstations import (
    Centre,
    Ground,
    Station,
    attach,
    make_centre,
    measure,
    opened,
    projection,
    quiet,
    register,
    serving,
)
from tests.faults.report import note

ROUNDS, SHORT_ROUNDS = 10, 1
_SIZE = 40_000
_SETTLES = 6


@dataclass
class Backup:
    """What the operator has left: last night's dump, and a copy of the photo folder."""

    dump: Path
    photos: Path


@dataclass
class Before:
    """How it was: the records of the site by their content, and the ids of all photographs."""

    records: dict[str, object]
    at_centre: dict[str, object]
    photos: list[str]
    lost: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def centre_made(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    return make_centre(tmp_path_factory.mktemp("centre"))


def test_all_comes_back_after_the_server_and_a_computer_are_lost(
    tmp_path: Path, centre_made: Centre, postgres: Cluster, effort: Effort, full: bool
) -> None:
    wrong, records, photos, lost = list[str](), 0, 0, 0
    for number in effort.rounds(ROUNDS if full else SHORT_ROUNDS):
        place = tmp_path / str(number)
        place.mkdir()
        before, found = _one(place, centre_made, postgres, effort, number)
        records, photos = records + len(before.records), photos + len(before.photos)
        lost += len(before.lost)
        wrong += [f"round {number}: {each}" for each in found]
    note("R22 the disaster drill", effort.reached, effort.reached, effort.seed, wrong, effort.spent_s,
         records=records, photos=photos, photos_without_a_copy=lost)  # fmt: skip
    assert wrong == []
    assert lost > 0


def _one(
    place: Path, made: Centre, postgres: Cluster, effort: Effort, number: int
) -> tuple[Before, list[str]]:
    dice, database = effort.dice(number), postgres.database()
    name = database.owner_dsn.partition("@/")[2].partition("?")[0]
    with opened(place, made, database_url=database.app_dsn) as ground:
        surgeon, dead = ground.workstations(["zhang"], ["li"])
        case = register(surgeon, "03-0001")
        kept = attach(surgeon, case, _SIZE, seed=1)[1]
        quiet(surgeon, dead, ground.admin())
        backup = Backup(place / "dump.sql", place / "photos-copy")
        shutil.copytree(place / "server-blobs", backup.photos)
        # Its record will be in the dump, its file nowhere.
        named = attach(dead, case, _SIZE, seed=2)[1]
        quiet(dead, surgeon)
        with _sending(surgeon, case, dice.randint(2, 5)):
            postgres.dump(name, backup.dump)
        for step in range(dice.randint(1, 4)):
            measure(dead, case, "proximal", 60 + step, "fresh_unpinned")
            late = register(surgeon, f"03-{100 + step:04}")
            attach(surgeon if step % 2 else dead, late if step % 2 else case, _SIZE, seed=10 + step)
            quiet(surgeon, dead)
        quiet(surgeon, dead, ground.admin())
        before = Before(
            _facts(surgeon), _facts(ground.admin()), [row.id for row in surgeon.ctx.store.blobs()], [named]
        )
        assert {kept, named} < set(before.photos)
        dead.close()
        with _restored(ground, made, backup, place) as photos:
            return before, _compare(ground, surgeon, photos, before)


@contextlib.contextmanager
def _sending(station: Station, case: str, times: int) -> Iterator[None]:
    """Saves and syncs in another thread for as long as the dump takes, and `times` at least."""
    done, trouble = threading.Event(), list[str]()

    def run() -> None:
        step = 0
        while step < times or not done.is_set():
            measure(station, case, "distal", 40 + step % 50)
            trouble.extend(filter(None, [station.sync().problem]))
            step += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(120)
    assert trouble == []


@contextlib.contextmanager
def _restored(ground: Ground, made: Centre, backup: Backup, place: Path) -> Iterator[FolderStore]:
    """A new PostgreSQL with the dump, the copy of the folder, a new feed; every living computer finds it."""
    folder = place / "photos-new"
    shutil.copytree(backup.photos, folder)
    with empty_cluster() as cluster:
        cluster.init()
        cluster.start()
        owner = Database(cluster.restore("reset", backup.dump))
        schema.migrate(owner)
        schema.grant_role(owner, schema.DEFAULT_ROLE)
        owner.close()
        url = cluster.dsn("reset", schema.DEFAULT_ROLE)
        database = Database(url)
        take_up_again(database, made.trial, made.server_key, ground.clock.now_at(), [])
        database.close()
        with serving(made.trial, made.server_key, url, folder, ground.clock) as (address, service):
            ground.url, ground.service = address, service
            for station in ground.stations:
                ground.restart(station)
            yield FolderStore(folder)
            for station in ground.stations:
                station.transport.close()


def _compare(ground: Ground, surgeon: Station, photos: FolderStore, before: Before) -> list[str]:
    wrong = [f"the backup had {name[:12]}" for name in before.lost if photos.size(name) is not None]
    admin, left = ground.admin(), len(ground.on_server())
    for station in (surgeon, admin, surgeon):
        result = station.sync()
        if result.problem or result.alarm not in ("", "server_rolled_back"):
            wrong.append(f"{station.user}: {result}")
    (new,) = ground.workstations(["wang"])
    for _ in range(_SETTLES):
        results = [each.sync() for each in (surgeon, admin, new)]
        if all(r.complete and not (r.problem or r.alarm or r.pulled) for r in results):
            break
    else:
        wrong.append(f"not settled: {results}")
    judged = [("surgeon", surgeon, before.records), ("new", new, before.records),
              ("centre", admin, before.at_centre)]  # fmt: skip
    for name, station, facts in judged:
        after = _facts(station)
        lost = [rec for rec, said in facts.items() if after.get(rec) != said]
        wrong += [f"{name}: {len(lost)} of {len(facts)} records are not as before"] if lost else []
        wrong += [f"{name}: {each}" for each in verify_store(station.ctx).bad]
        wrong += [f"{name}: in quarantine: {each.code}" for each in station.ctx.store.quarantined()]
    if projection(surgeon) != projection(new):
        wrong.append("the new computer folds otherwise")
    wrong += [f"the server lacks photo {name[:12]}" for name in before.photos if photos.size(name) is None]
    for station in (surgeon, new):
        wrong += [f"{station.user} lacks photo {name[:12]}" for name in before.photos
                  if not blob_path(station.home.blobs, name).exists()]  # fmt: skip
    held = ground.on_server()
    wrong += ["nothing was lost"] if len(held) <= left else []
    doubled = [env_id for env_id, times in held.items() if times != 1]
    return wrong + [f"{env_id[:12]} is not there exactly once" for env_id in doubled]


def _facts(station: Station) -> dict[str, object]:
    """What records say; events are a device's own trail and go on."""
    return {
        row.rec: (row.form, row.case, row.status, row.fields, row.heads, row.conflicts, row.unauthorised)
        for row in station.ctx.store.records()
        if row.form != "event"
    }
