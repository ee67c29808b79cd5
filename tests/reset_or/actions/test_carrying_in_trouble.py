"""Files and what goes wrong: withdrawn people, restored computers, a new server, any order."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reset_or.actions.installation import queue_statements
from reset_or.actions.photos import attach_photo
from reset_or.base.errors import TrustBroken, UserFixable
from reset_or.central.feed import restart_feed
from reset_or.images.seal import blob_path
from reset_or.revisions import signing
from reset_or.revisions.statements import sign_statement
from tests.fakes.parcels import here, photograph, states, taken, written
from tests.fakes.workstations import (
    Centre,
    Ground,
    Station,
    assert_same,
    measure,
    opened,
    projection,
    quiet,
    register,
    serving,
)


def revoke(ground: Ground, kind: str, subject: str, public: bytes) -> None:
    """By the centre's administrator, at its place in the site's feed."""
    ctx = ground.admin().ctx
    statement = sign_statement(
        ctx.people.signing_key("admin"), kind_of="revoke", study=ctx.study, site="03", ver=1,
        at=ground.clock.now_at(), kind=kind, subj_id=subject, subj_keys={"sign": signing.b64(public)},
        reason_code="lost",
    )  # fmt: skip
    ctx.directory.add(statement)
    with ctx.store.transaction() as unit:
        queue_statements(ctx.store, unit, [statement])
    assert ground.admin().sync().problem == ""


def test_a_file_of_a_withdrawn_computer_is_refused_by_name(ground: Ground, tmp_path: Path) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    register(theatre, "03-0001")
    written(theatre, tmp_path / "a")
    revoke(ground, "device", theatre.ctx.device.dev, signing.public_bytes(theatre.ctx.device.sign))
    office.good_sync()
    before = here(office)
    with pytest.raises(UserFixable, match="parcel_device_revoked"):
        taken(office, tmp_path / "a")
    assert here(office) == before


def test_the_place_in_the_feed_decides_about_an_author_withdrawn_meanwhile(
    ground: Ground, tmp_path: Path
) -> None:
    """Taken in from a file while the author was in good standing, and received after the withdrawal."""
    theatre, office, bench = ground.workstations(["zhang"], ["wang"], ["li"])
    case = register(theatre, "03-0001")
    written(theatre, tmp_path / "a")
    taken(office, tmp_path / "a")
    record = office.ctx.store.record(case)
    assert record is not None
    assert record.unauthorised == 0
    revoke(ground, "person", "zhang", signing.public_bytes(theatre.ctx.people.signing_key("zhang")))
    quiet(office, bench)
    assert office.ctx.store.revisions(case)[0].standing == "unauthorised"
    assert projection(office) == projection(bench)
    written(office, tmp_path / "b")
    taken(theatre, tmp_path / "b")
    assert theatre.ctx.store.revisions(case)[0].standing == "unauthorised"


def test_a_server_that_was_set_up_anew_is_learnt_by_file(
    ground: Ground, tmp_path: Path, centre_made: Centre
) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    shutil.copy(ground.folder / "server.db", tmp_path / "backup.db")
    case = register(theatre, "03-0001")
    theatre.workspace.do(attach_photo, case=case, taken=photograph(1))
    quiet(theatre, office)
    written(theatre, tmp_path / "old")
    url, empty = f"sqlite:///{tmp_path / 'backup.db'}", tmp_path / "no-photos"
    ground.clock.advance(60_000)
    with serving(centre_made.trial, centre_made.server_key, url, empty, ground.clock) as (url, service):
        ground.url, ground.service = url, service
        with service.database.reading() as connection:
            sites = service.door.admission.current(connection).sites
        restart_feed(service.database, centre_made.server_key, ground.clock.now_at(), "0" * 64, sites)
        ground.restart(office)
        office.sync()
        office.sync()
        got = taken(office, tmp_path / "old")
        assert (got.problem, got.receipts) == ("parcel_other_feed", 0)
        office.sync()
        assert blob_path(empty, office.ctx.store.blobs()[0].id).exists(), (
            "offered again, whatever the file says"
        )
        written(office, tmp_path / "new")
        assert taken(theatre, tmp_path / "new").problem == ""
        assert theatre.ctx.store.cursor("03").feed == office.ctx.store.cursor("03").feed
        assert states(theatre) == {"at_centre"}
        assert not taken(theatre, tmp_path / "old").anything
        for station in (theatre, office):
            ground.restart(station)
        quiet(office, theatre)
        assert_same(ground, theatre, office)
        for station in (theatre, office):
            station.transport.close()


def set_back(station: Station, backup: Path, *, head: bool) -> None:
    """The station as the backup has it; with `head` the newer head file says that something is missing."""
    station.workspace.lock()
    newest = station.home.head.read_bytes()
    shutil.rmtree(station.home.root)
    shutil.copytree(backup, station.home.root)
    if head:
        station.home.head.write_bytes(newest)
    station.workspace.unlock(station.user, station.password)


def backup_of(station: Station, backup: Path) -> Path:
    station.workspace.lock()
    shutil.copytree(station.home.root, backup)
    station.workspace.unlock(station.user, station.password)
    return backup


@pytest.mark.parametrize("noticed", [True, False])
def test_a_restored_computer_takes_its_own_back_and_is_not_harmed(
    ground: Ground, tmp_path: Path, noticed: bool
) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    backup = backup_of(theatre, tmp_path / "backup")
    case = register(theatre, "03-0001")
    measure(theatre, case, "distal", 46)
    theatre.good_sync()
    office.good_sync()
    set_back(theatre, backup, head=noticed)
    assert theatre.ctx.store.read_only == ("open_rolled_back" if noticed else "")
    written(theatre, tmp_path / "ask")
    taken(office, tmp_path / "ask")
    written(office, tmp_path / "a")
    if noticed:  # else this start has written an event of its own, at the place of a lost one
        assert taken(theatre, tmp_path / "a").problem == ""
        assert theatre.ctx.store.record(case) is not None
        quiet(theatre, office)
        assert theatre.ctx.store.read_only == ""
        measure(theatre, case, "proximal", 104)
        quiet(theatre, office)
        assert_same(ground, theatre, office)
    else:
        before = here(theatre)
        with pytest.raises(TrustBroken, match="device_forked"):
            taken(theatre, tmp_path / "a")
        assert here(theatre) == before


def test_a_file_that_begins_too_late_says_so_and_the_next_one_does_not(
    ground: Ground, tmp_path: Path
) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    backup = backup_of(theatre, tmp_path / "backup")
    case = register(office, "03-0001")
    office.good_sync()
    theatre.sync()
    written(theatre, tmp_path / "t")
    taken(office, tmp_path / "t")
    measure(office, case, "distal", 46)
    office.good_sync()
    written(office, tmp_path / "late")
    set_back(theatre, backup, head=True)
    got = taken(theatre, tmp_path / "late")
    assert (got.problem, got.pulled) == ("parcel_gap", 0)
    written(theatre, tmp_path / "ask")
    taken(office, tmp_path / "ask")
    written(office, tmp_path / "whole")
    got = taken(theatre, tmp_path / "whole")
    assert got.problem == ""
    assert theatre.ctx.store.record(case) is not None


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 8), min_size=6, max_size=16), seed=st.integers(0, 2**16))
def test_any_order_of_files_and_network_ends_equal_everywhere(
    tmp_path_factory: pytest.TempPathFactory, centre_made: Centre, steps: list[int], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("order")
    with opened(folder, centre_made) as ground:
        theatre, office = ground.workstations(["zhang"], ["wang"])
        admin = ground.admin()
        everybody, chance, files = [theatre, office, admin], random.Random(seed), list[Path]()
        case = register(theatre, "03-0001")
        for number, step in enumerate(steps):
            who = chance.choice(everybody[:2])
            if step <= 1 and who.ctx.store.record(case) is not None:
                measure(who, case, *chance.choice([("distal", 46), ("proximal", 104)]))
            elif step == 2 and who.ctx.store.record(case) is not None:
                who.workspace.do(attach_photo, case=case, taken=photograph(number + seed, 3_000))
            elif step <= 5:
                files.append(folder / f"{number}.reset-or-parcel")
                written(chance.choice(everybody), files[-1])
            elif step <= 7 and files:
                reader, file = chance.choice(everybody), chance.choice(files)
                assert taken(reader, file).problem in ("", "parcel_gap", "chain_waits", "photo_not_named")
            elif step == 8:
                chance.choice([office, admin]).sync()
        quiet(office, admin, theatre)
        quiet(office, admin, theatre)
        assert_same(ground, theatre, office)
        assert {blob.state for blob in office.ctx.store.blobs()} <= {"local"}
        assert all(blob.receipt for each in everybody[:2] for blob in each.ctx.store.blobs())
