"""The restart test: a computer that forgets its disk never gets real records; others are asked once."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.actions import restart
from reset_or.actions.enrolment import enrol
from reset_or.actions.ledger import sync_view
from reset_or.base.boot import ManualBoot, SystemBoot, restarted
from reset_or.base.errors import ResetOrError, UserFixable
from reset_or.base.lanes import InlineLanes
from reset_or.base.paths import Home
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.store.states import probe
from reset_or.wire.transport import HttpTransport
from reset_or.workspace import Workspace
from tests.fakes.workstations import Ground, password_of, register


class Computer:
    """A workstation enrolled as `reset-or enrol` does it, with a start that can be told."""

    def __init__(self, ground: Ground, *, demo: bool = False) -> None:
        (code,) = ground.codes()
        self.ground, self.home, self.keys = ground, Home(ground.folder / "pc"), MemoryKeyStore()
        self.boot, transport = ManualBoot(), HttpTransport(ground.url)
        enrol(
            self.home, code=code, passwords={"zhang": password_of("zhang")}, names={}, transport=transport,
            server_url=ground.url, key_store=self.keys, clock=ground.clock, cost=QUICK_COST, boot=self.boot,
            demo=demo,
        )  # fmt: skip
        transport.close()
        ground.admit()
        self.station = ground.station(self.home, self.keys)
        self.open()

    def open(self) -> None:
        """The program started anew."""
        self.station.workspace.lock()
        self.station.workspace = Workspace(
            self.home, lanes=InlineLanes(), clock=self.ground.clock, key_store=self.keys, boot=self.boot
        )
        self.station.unlock("zhang", password_of("zhang"))

    @property
    def state(self) -> str:
        found = self.station.workspace.reboot_test
        assert self.station.workspace.do(sync_view).reboot_test == found
        assert restart.glance(self.home, self.boot) == found
        return found

    def events(self) -> list[str]:
        rows = self.station.ctx.store.records("event")
        return sorted(row.fields.decode().partition('"what":"')[2].partition('"')[0] for row in rows)

    def refused(self) -> str:
        try:
            register(self.station, "03-0001")
        except ResetOrError as error:
            return error.code
        return ""


def test_no_real_record_before_the_restart_and_all_of_them_after(ground: Ground) -> None:
    pc = Computer(ground)
    assert (pc.state, pc.refused()) == ("pending", "reboot_test_pending")
    pc.open()
    assert (pc.state, pc.refused()) == ("pending", "reboot_test_pending"), (
        "starting the program is no restart"
    )
    assert pc.station.good_sync().complete, "names and sign-ins are sent all the same"
    pc.boot.name = "second"
    assert restart.glance(pc.home, pc.boot) == "passed", "read back without a password"
    pc.open()
    assert (pc.state, pc.refused()) == ("passed", "")
    assert pc.events().count("reboot_test_passed") == 1
    pc.boot.name = "third"
    pc.open()
    assert pc.state == "passed"
    assert pc.events().count("reboot_test_passed") == 1


def test_a_named_person_may_go_on_without_it_and_the_centre_sees_who(ground: Ground) -> None:
    pc = Computer(ground)
    pc.station.workspace.do(restart.waive)
    assert (pc.state, pc.refused()) == ("waived", "")
    (row,) = [row for row in pc.station.ctx.store.records("event") if b"reboot_test_waived" in row.fields]
    (revision,) = pc.station.ctx.store.revisions(row.rec)
    assert revision.user == "zhang"
    pc.station.good_sync()
    assert revision.env_id in ground.on_server()
    pc.open()
    assert pc.state == "waived"
    with pytest.raises(UserFixable) as caught:
        pc.station.workspace.do(restart.waive)
    assert caught.value.code == "reboot_test_not_pending"


def test_a_computer_that_forgot_its_disk_is_not_enrolled(ground: Ground) -> None:
    pc = Computer(ground)
    pc.station.workspace.lock()
    shutil.rmtree(pc.home.root)
    pc.boot.name = "second"
    assert probe(pc.home, pc.keys).state == "no-data"
    assert restart.glance(pc.home, pc.boot) == ""


def test_a_marker_that_was_taken_away_decides_nothing(ground: Ground) -> None:
    pc = Computer(ground)
    pc.home.restart.unlink()
    pc.open()
    assert (pc.station.workspace.reboot_test, pc.refused()) == ("pending", "reboot_test_pending")


def test_the_demo_is_never_asked(ground: Ground) -> None:
    pc = Computer(ground, demo=True)
    assert (pc.state, pc.refused()) == ("", "")


def test_this_computer_has_one_name_for_its_start() -> None:
    assert SystemBoot().boot_id() == SystemBoot().boot_id() != ""


@given(st.text(), st.text())
def test_not_known_is_not_restarted(before: str, after: str) -> None:
    if before.startswith("up:") and after.startswith("up:"):
        return
    assert restarted(before, after) == (bool(before) and bool(after) and before != after)


def test_a_clock_that_was_set_is_no_restart() -> None:
    assert not restarted("up:1000000", "up:1300000")
    assert not restarted("up:1000000", "up:100000")
    assert restarted("up:1000000", "up:2000000")
