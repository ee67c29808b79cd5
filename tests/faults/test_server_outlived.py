"""The server's machines die in the middle of a push: its processes, its database, the whole primary.

Real processes everywhere: PostgreSQL with a standby, `reset-or-central serve --workers 2`, thin devices that
push without pause, and one workstation. Nothing acknowledged may be lost, doubled or moved.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reset_or.actions.syncing import sync_once
from reset_or.actions.verifying import verify_store
from reset_or.wire.transport import HttpTransport
from tests.conftest import Effort
from tests.fakes.postgres import Cluster, dsn_of, empty_cluster, running_cluster
from tests.fakes.server import ChildServer
from tests.fakes.trial import TrialDevice, TrialPerson
from tests.faults.ground import SITE, Ground, free_port
from tests.faults.pushing import Pusher, count, judge, pushing, wait_for
from tests.faults.report import note
from tests.faults.syncing_child import save_case

FAILOVERS, SHORT_FAILOVERS = 20, 1
DATABASE_KILLS, SHORT_DATABASE_KILLS = 20, 3
WORKER_KILLS, SHORT_WORKER_KILLS = 20, 1
PUSHERS = 3
_BEFORE = 40
_LONGEST_S = 0.05
_SETTLES = 8


@dataclass
class Field:
    """One site's devices and the server process they push to; `told` is what went wrong so far."""

    ground: Ground
    server: ChildServer
    pushers: list[Pusher]
    port: int
    kills: int = 0
    alarms: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.server.start("--workers", "2", "--port", str(self.port))

    def settle(self) -> list[str]:
        """The workstation until it is complete, then everything is compared."""
        desk, transport = self.ground.open("a"), HttpTransport(self.url, timeout_s=20)
        try:
            for _ in range(_SETTLES):
                result = sync_once(desk.context, transport=transport)
                if result.alarm or (result.complete and not result.pulled):
                    break
            wrong = [] if result.complete and not result.alarm else [f"the workstation: {result}"]
            wrong += [f"the workstation: {each}" for each in desk.do(verify_store).bad]
            store = desk.context.store
            wrong += [f"quarantined: {each.code}" for each in store.quarantined()]
            for each in self.pushers:
                held = [row.env_id for row in store.held(SITE, each.device.dev, limit=100_000)]
                if held != list(each.made):
                    wrong.append(f"the workstation holds {len(held)} of {len(each.made)}")
            mine = store.held(SITE, desk.context.device.dev, limit=100_000)
            wrong += ["an own save without a receipt" for row in mine if not row.receipt]
        finally:
            transport.close()
            desk.lock()
        client = self.server.client()
        return self.alarms + wrong + judge(client, self.pushers, self.server.database_url)

    def save_and_sync(self, number: int) -> None:
        """The workstation in the middle of it: it may meet trouble, and never an alarm."""
        desk, transport = self.ground.open("a"), HttpTransport(self.url, timeout_s=20)
        try:
            save_case(desk, f"{SITE}-{number + 1:04}")
            result = sync_once(desk.context, transport=transport)
            self.alarms += [f"alarm {result.alarm}"] if result.alarm else []
        finally:
            transport.close()
            desk.lock()

    def note(self, name: str, effort: Effort, wrong: Sequence[str]) -> None:
        met = sum((each.met for each in self.pushers), start=type(self.pushers[0].met)())
        note(name, effort.reached, self.kills, effort.seed, wrong, effort.spent_s,
             acknowledged=count(self.pushers), sent_again=met["duplicate"], cut=met["cut"],
             unavailable=met["server_unavailable"])  # fmt: skip


@contextlib.contextmanager
def fielded(folder: Path, database_url: str, effort: Effort) -> Iterator[Field]:
    """The server running, the site taught, the pushers ready."""
    ground = Ground(folder).make()
    trial, port = ground.trial, free_port()
    server = ChildServer(trial, folder / "server", database_url)
    server.prepare()
    made = Field(ground, server, [], port)
    made.start()
    try:
        _teach(made, effort)
        yield made
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()


def _teach(made: Field, effort: Effort) -> None:
    trial, said = made.ground.trial, list(made.ground.statements)
    for number in range(PUSHERS):
        device, person = TrialDevice(SITE), TrialPerson(f"chen{number}", "surgeon", SITE)
        said += [trial.grant_device(device), trial.grant_person(person)]
        made.pushers.append(Pusher(made.url, trial, device, person, effort.dice(1000 + number), number + 1))
    assert {item.status for item in made.server.client().push(statements=said).items} == {"stored"}


def test_a_standby_takes_over_in_the_middle_of_a_push(tmp_path: Path, effort: Effort, full: bool) -> None:
    """The primary gets SIGKILL, the standby is promoted, and the same server processes go on over it. Then
    the dead one is made anew as the standby of the other, and so on."""
    wrong: list[str] = []
    with running_cluster() as primary, empty_cluster() as standby:
        database = primary.database().owner_dsn.partition("@/")[2].partition("?")[0]
        standby.follow(primary)
        url = dsn_of([primary, standby], database)
        with fielded(tmp_path, url, effort) as made:
            for number in effort.rounds(FAILOVERS if full else SHORT_FAILOVERS):
                if number:
                    standby.follow(primary)
                dice = effort.dice(number)
                with pushing(made.pushers):
                    wait_for(made.pushers, _BEFORE)
                    made.save_and_sync(number)
                    _pause(dice.random() * _LONGEST_S)
                    primary.kill()
                    made.kills += 1
                    made.save_and_sync(1000 + number)
                    standby.promote()
                    wait_for(made.pushers, _BEFORE)
                primary, standby = standby, primary
                wrong = made.settle()
                if wrong:
                    break
            made.note("R13 the primary killed, the standby promoted", effort, wrong)
    assert wrong == []
    assert made.kills > 0


def test_a_database_killed_in_the_middle_of_a_batch(tmp_path: Path, effort: Effort, full: bool) -> None:
    """All processes of PostgreSQL get SIGKILL; it recovers and the same server processes go on."""
    wrong: list[str] = []
    with running_cluster() as cluster, fielded(tmp_path, cluster.database().app_dsn, effort) as made:
        with pushing(made.pushers):
            for number in effort.rounds(DATABASE_KILLS if full else SHORT_DATABASE_KILLS):
                wait_for(made.pushers, _BEFORE)
                _pause(effort.dice(number).random() * _LONGEST_S)
                cluster.kill()
                made.kills += 1
                cluster.start()
        wrong = made.settle()
        made.note("R13 PostgreSQL killed in the middle of a batch", effort, wrong)
    assert wrong == []
    assert made.kills > 0


def test_a_worker_killed_takes_nothing_with_it(tmp_path: Path, effort: Effort, full: bool) -> None:
    """One of two workers gets SIGKILL: the other finishes what it does, the command ends and says so, and
    whoever watches it starts it again."""
    wrong: list[str] = []
    with running_cluster() as cluster, fielded(tmp_path, cluster.database().app_dsn, effort) as made:
        with pushing(made.pushers):
            for number in effort.rounds(WORKER_KILLS if full else SHORT_WORKER_KILLS):
                dice = effort.dice(number)
                wait_for(made.pushers, _BEFORE)
                _pause(dice.random() * _LONGEST_S)
                os.kill(dice.choice(_workers(made.server)), signal.SIGKILL)
                made.kills += 1
                code = made.server.ended()
                if (code, json.loads(made.server.said)) != (3, {"error": "worker_died"}):
                    wrong.append(f"ended with {code}: {made.server.said}")
                made.start()
        wrong += made.settle()
        made.note("R13 a worker killed", effort, wrong)
    assert wrong == []
    assert made.kills > 0


def _workers(server: ChildServer) -> list[int]:
    assert server.process is not None
    said = subprocess.run(["pgrep", "-P", str(server.process.pid)], check=True, capture_output=True).stdout
    return [int(each) for each in said.split()]


def _pause(seconds: float) -> None:
    """Where in a batch the kill hits: the dice's choice, no synchronisation."""
    threading.Event().wait(seconds)


def test_the_judgement_sees_a_lost_and_a_doubled_envelope(
    tmp_path: Path, effort: Effort, postgres: Cluster
) -> None:
    """The control: what these campaigns look for is seen when it is there."""
    with fielded(tmp_path, postgres.database().app_dsn, effort) as made:
        with pushing(made.pushers[:1]):
            wait_for(made.pushers, 1)
        client, pushers = made.server.client(), made.pushers[:1]
        assert judge(client, pushers, made.server.database_url) == []
        name, place = next(iter(pushers[0].acked.items()))
        pushers[0].acked[name] = (place[0], place[1] + 1, place[2])
        assert "not where their receipts say" in judge(client, pushers, made.server.database_url)[0]
        pushers[0].made["f" * 64] = pushers[0].made[name]
        assert "or not the same" in judge(client, pushers, made.server.database_url)[0]


pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers and signals of POSIX")
