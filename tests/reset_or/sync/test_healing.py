"""A server that lost what it receipted, a device that lost what it saved: both get it back."""

from __future__ import annotations

import random
import shutil

import pytest

from reset_or.central.feed import restart_feed
from reset_or.wire.messages import PATH, decode_request
from tests.fakes.faulty import FaultyTransport, sent_by
from tests.fakes.workstations import (
    Centre,
    Ground,
    assert_same,
    measure,
    quiet,
    register,
    revoke_device,
    serving,
)
from tests.reset_or.sync.test_trust import rewritten, without_bodies


@pytest.mark.parametrize("told", [False, True], ids=["silently", "with a new feed"])
def test_a_server_that_lost_receipted_records_gets_them_again(
    ground: Ground, centre_made: Centre, told: bool
) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    first = register(surgeon, "03-0001")
    quiet(surgeon, pathologist)
    backup = ground.folder / "backup.db"
    shutil.copy(ground.folder / "server.db", backup)
    register(surgeon, "03-0002")
    measure(surgeon, first, "distal", 41)
    quiet(surgeon, pathologist)
    measure(pathologist, first, "proximal", 99, "fresh_unpinned")
    quiet(surgeon, pathologist)
    with serving(
        centre_made.trial, centre_made.server_key, f"sqlite:///{backup}", ground.folder / "server-blobs",
        ground.clock,
    ) as (url, service):  # fmt: skip
        ground.url, ground.service = url, service
        if told:
            with service.database.reading() as connection:
                sites = service.door.admission.current(connection).sites
            restart_feed(service.database, centre_made.server_key, ground.clock.now_at(), "0" * 64, sites)
        for station in (surgeon, pathologist):
            ground.restart(station)
        result = surgeon.sync()
        assert (result.alarm, result.problem) == ("server_rolled_back", "")
        assert pathologist.sync().problem == ""
        assert surgeon.ctx.store.records(form="event")
        quiet(surgeon, pathologist)
        assert_same(ground, surgeon, pathologist)
        for station in (surgeon, pathologist):
            station.transport.close()


def test_what_came_spoilt_leaves_quarantine_where_it_comes_again_at_another_place(
    ground: Ground, centre_made: Centre
) -> None:
    """Found by the histories: the server lost its feed and put the entry elsewhere; here it was good then,
    and kept apart at its old place as well, and asked for with every sync."""
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    first = register(surgeon, "03-0001")
    quiet(surgeon, pathologist)
    backup = ground.folder / "backup.db"
    shutil.copy(ground.folder / "server.db", backup)
    measure(surgeon, first, "distal", 41)
    surgeon.good_sync()
    spoilt = FaultyTransport(pathologist.transport, random.Random(1), spoil=rewritten(without_bodies))
    pathologist.sync(transport=spoilt)
    assert [row.code for row in pathologist.ctx.store.quarantined()] == ["body_withheld"]
    with serving(
        centre_made.trial, centre_made.server_key, f"sqlite:///{backup}", ground.folder / "server-blobs",
        ground.clock,
    ) as (url, service):  # fmt: skip
        ground.url, ground.service = url, service
        for station in (surgeon, pathologist):
            ground.restart(station)
        measure(pathologist, first, "proximal", 99, "fresh_unpinned")
        pathologist.sync()
        assert surgeon.sync().alarm == "server_rolled_back"
        quiet(surgeon, pathologist)
        assert_same(ground, surgeon, pathologist)
        assert pathologist.ctx.store.quarantined() == []
        for station in (surgeon, pathologist):
            station.transport.close()


@pytest.mark.parametrize("with_head", [True, False], ids=["whole folder", "database only"])
def test_a_restored_device_takes_its_own_saves_back(ground: Ground, with_head: bool) -> None:
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    register(surgeon, "03-0001")
    surgeon.good_sync()
    surgeon.workspace.lock()
    shutil.copytree(surgeon.home.root, ground.folder / "backup")
    surgeon.workspace.unlock(surgeon.user, surgeon.password)
    lost = register(surgeon, "03-0002")
    surgeon.good_sync()
    surgeon.workspace.lock()
    restored = ground.folder / "backup"
    shutil.copy(restored / "store.db", surgeon.home.database)
    if with_head:
        shutil.copy(restored / "head", surgeon.home.head)
    surgeon.workspace.unlock(surgeon.user, surgeon.password)
    assert surgeon.ctx.read_only is (not with_head)
    way = FaultyTransport(surgeon.transport, random.Random(1))
    result = surgeon.sync(transport=way)
    if with_head:
        # Opening wrote an event in place of what was lost: two branches of one chain.
        assert result.problem == "device_forked"
        return
    assert (result.problem, result.alarm) == ("", "device_behind")
    sent = [len(decode_request(sent_by(call)).envelopes) for call in way.calls if call.path == PATH]
    assert sum(sent[1:]) == 0, "what was taken back has its receipt"
    assert not surgeon.ctx.read_only
    assert surgeon.ctx.store.record(lost) is not None
    register(surgeon, "03-0003")
    quiet(surgeon, pathologist)
    assert_same(ground, surgeon, pathologist)


def test_a_server_that_lost_a_whole_site_is_told_again_by_the_centre(
    ground: Ground, centre_made: Centre
) -> None:
    ground.admin().good_sync()
    backup = ground.folder / "backup.db"
    shutil.copy(ground.folder / "server.db", backup)
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    quiet(surgeon, ground.admin())
    with serving(
        centre_made.trial, centre_made.server_key, f"sqlite:///{backup}", ground.folder / "server-blobs",
        ground.clock,
    ) as (url, service):  # fmt: skip
        ground.url, ground.service = url, service
        for station in (surgeon, ground.admin()):
            ground.restart(station)
        assert surgeon.sync().problem == "device_not_admitted"
        assert ground.admin().sync().alarm == "server_rolled_back"
        assert surgeon.sync().problem == ""
        quiet(surgeon, ground.admin())
        assert_same(ground, surgeon)
        assert ground.admin().ctx.store.record(case) == surgeon.ctx.store.record(case)
        for station in (surgeon, ground.admin()):
            station.transport.close()


def test_what_a_dead_computer_had_sent_is_relayed_by_the_others_with_its_old_receipt(
    ground: Ground, centre_made: Centre
) -> None:
    """Server lost, author's computer lost, the author revoked meanwhile: what was received stays valid."""
    surgeon, pathologist = ground.workstations(["zhang"], ["li"])
    backup = ground.folder / "backup.db"
    shutil.copy(ground.folder / "server.db", backup)
    dev = surgeon.ctx.device.dev
    kept = surgeon.ctx.store.last_receipted("03", dev).n
    case = register(surgeon, "03-0001")
    measure(surgeon, case, "distal", 41)
    quiet(surgeon, pathologist, ground.admin())
    held = {row.env_id: row.receipt for row in pathologist.ctx.store.held("03", dev, kept)}
    assert len(held) >= 2
    surgeon.close()
    with serving(
        centre_made.trial, centre_made.server_key, f"sqlite:///{backup}", ground.folder / "server-blobs",
        ground.clock,
    ) as (url, service):  # fmt: skip
        ground.url, ground.service = url, service
        for station in (pathologist, ground.admin()):
            ground.restart(station)
        ground.clock.advance(60_000)
        revoke_device(ground, dev)
        assert pathologist.sync().alarm == "server_rolled_back"
        assert held.keys() <= ground.on_server().keys()
        quiet(pathologist, ground.admin())
        late = ground.workstations(["wang"])[0]
        quiet(pathologist, ground.admin(), late)
        assert_same(ground, pathologist, late)
        assert late.ctx.store.record(case).unauthorised == 0
        for env_id, receipt in held.items():
            assert late.ctx.store.envelope(env_id).proof == receipt
        for station in (pathologist, ground.admin()):
            station.transport.close()


def test_a_relay_that_the_server_refuses_keeps_nothing_else_waiting(
    ground: Ground, centre_made: Centre
) -> None:
    (nurse,) = ground.workstations(["wang"])
    ground.admin().good_sync()
    backup = ground.folder / "backup.db"
    shutil.copy(ground.folder / "server.db", backup)
    (surgeon,) = ground.workstations(["zhang"])
    case, dev = register(surgeon, "03-0001"), surgeon.ctx.device.dev
    quiet(surgeon, nurse, ground.admin())
    surgeon.close()
    with serving(
        centre_made.trial, centre_made.server_key, f"sqlite:///{backup}", ground.folder / "server-blobs",
        ground.clock,
    ) as (url, service):  # fmt: skip
        ground.url, ground.service = url, service
        for station in (nurse, ground.admin()):
            ground.restart(station)
        own = register(nurse, "03-0002")
        assert [nurse.sync().problem, nurse.sync().problem] == ["", ""]
        assert nurse.ctx.store.outbox("03") == []
        assert nurse.ctx.store.relay_chains() == [("03", dev)]
        assert nurse.sync().requests == 1  # not offered at every sync
        assert ground.admin().sync().alarm == "server_rolled_back"  # who also tells of the lost device again
        ground.clock.advance(3_600_000)
        quiet(nurse, ground.admin(), nurse)
        assert nurse.ctx.store.relay_chains() == []
        assert ground.admin().ctx.store.record(case) is not None
        assert ground.admin().ctx.store.record(own) is not None
        for station in (nurse, ground.admin()):
            station.transport.close()
