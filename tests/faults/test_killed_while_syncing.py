"""SIGKILL at random points of synchronising, of the computer and of the server, on both databases.

After every kill both computers go on until nothing is left to do. Then: every acknowledged save is there,
every envelope is on the server exactly once and byte for byte as it was made, both computers hold the same
revisions and fold them to the same records, and nobody cried alarm.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reset_or.actions.syncing import sync_once
from reset_or.actions.verifying import verify_store
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import encode_trial
from reset_or.workspace import Workspace
from tests.conftest import Effort
from tests.fakes.server import DeviceClient, running_server
from tests.faults.ground import SITE, USERS, Ground, folded, free_port, on_server
from tests.faults.report import note
from tests.faults.syncing_child import save_case, save_reading
from tests.faults.warm import Forge, forge

COMPUTER_ROUNDS = 30
SERVER_ROUNDS = 100
SHORT_COMPUTER_ROUNDS = 10
SHORT_SERVER_ROUNDS = 5
_LONGEST_US = 80_000
_SETTLES = 8


@dataclass
class Told:
    """What was acknowledged, by computer, and how often anything happened."""

    acked: dict[str, list[str]] = field(default_factory=lambda: {"a": [], "b": []})
    kills: int = 0
    within: int = 0
    syncs: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, database_url: str, effort: Effort) -> None:
        acked = sum(len(each) for each in self.acked.values())
        kind = database_url.partition(":")[0].partition("+")[0]
        note(f"R1 {name}, {kind}", effort.reached, self.kills, effort.seed, self.wrong, effort.spent_s,
             inside_a_sync=self.within, whole_syncs=self.syncs, saves_acknowledged=acked)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'central.db'}"
    return str(request.getfixturevalue("postgres").database().app_dsn)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path).make()


def _settle(ground: Ground, url: str, database_url: str, told: Told) -> None:
    """Both computers until nothing is left to do, then everything is compared."""
    with contextlib.ExitStack() as stack:
        desks = {name: ground.open(name) for name in USERS}
        for desk in desks.values():
            stack.callback(desk.lock)
        transports = {name: HttpTransport(url, timeout_s=20) for name in USERS}
        for transport in transports.values():
            stack.callback(transport.close)
        for _ in range(_SETTLES):
            results = [sync_once(desks[n].context, transport=transports[n]) for n in ("a", "b", "a")]
            told.wrong += [f"alarm {each.alarm}" for each in results if each.alarm]
            if all(each.complete for each in results) and not any(each.pulled for each in results[1:]):
                break
        else:
            told.wrong.append(f"not settled: {results}")
        told.wrong += _compare(ground, desks, database_url, told)


def _compare(ground: Ground, desks: dict[str, Workspace], database_url: str, told: Told) -> list[str]:
    wrong, stores = [], {name: desk.context.store for name, desk in desks.items()}
    for name, store in stores.items():
        wrong += [f"{name}: {each}" for each in desks[name].do(verify_store).bad]
        wrong += [f"{name} lost {rev[:12]}" for by in told.acked.values() for rev in by
                  if store.revision(rev) is None]  # fmt: skip
        mine = store.held(SITE, ground.devices[name], limit=100_000)
        here = [(e.n, e.env_id, e.hdr, e.dsig, e.body) for e in mine]
        there = on_server(database_url, ground.devices[name])
        if [row[0] for row in there] != list(range(1, len(there) + 1)) or here != there:
            wrong.append(f"{name}: {len(here)} envelopes here, {len(there)} on the server, or not the same")
        if any(not each.receipt for each in mine):
            wrong.append(f"{name}: an envelope without a receipt")
        if store.quarantined():
            wrong.append(f"{name}: something lies in quarantine")
    a, b = (folded(stores[name]) for name in ("a", "b"))
    if a != b:
        wrong.append(f"the computers differ: {sorted(set(a) ^ set(b))[:3]}")
    return wrong


# --- the computer is killed ---------------------------------------------------------------------------


def test_a_computer_killed_while_syncing_loses_and_doubles_nothing(
    ground: Ground, database_url: str, effort: Effort, full: bool, tmp_path: Path
) -> None:
    told = Told()
    with running_server(ground.trial, database_url, tmp_path / "blobs") as server:
        assert server.client().push(statements=ground.statements).outcome == "ok"
        setup = {"warm_home": str(ground.spare("a")), "warm_user": "wang", "peppers": ground.peppers,
                 "url": server.url}  # fmt: skip
        with forge("tests.faults.syncing_child", **setup) as made:
            for number in effort.rounds(COMPUTER_ROUNDS if full else SHORT_COMPUTER_ROUNDS):
                _one_computer(made, ground, number, effort.dice(number), told)
                _settle(ground, server.url, database_url, told)
                if told.wrong:
                    break
    told.note("a computer killed while syncing", database_url, effort)
    assert told.wrong == []
    assert told.kills > 0
    assert told.syncs > 0


def _one_computer(made: Forge, ground: Ground, number: int, dice: random.Random, told: Told) -> None:
    name = dice.choice("ab")
    answer = made.round(
        home=str(ground.homes[name]), user=USERS[name][0], subject=f"03-{number + 1:04}",
        seed=dice.randrange(2**32), kill_us=dice.randrange(_LONGEST_US),
    )  # fmt: skip
    told.kills += answer["killed"]
    told.within += answer["lines"][-1:] == ["syncing"]
    for line in answer["lines"]:
        word, *rest = line.split()
        if word == "acked":
            told.acked[name].append(rest[0])
        elif word == "synced":
            told.syncs += 1
            if rest[2:] != ["-", "-"]:
                told.wrong.append(f"round {number}: {line}")


def test_the_comparison_sees_a_lost_and_a_changed_envelope(ground: Ground, tmp_path: Path) -> None:
    """The control: what the campaigns look for is really seen when it is there."""
    url, told = f"sqlite:///{tmp_path / 'central.db'}", Told()
    with running_server(ground.trial, url, tmp_path / "blobs") as server:
        server.client().push(statements=ground.statements)
        desk = ground.open("a")
        told.acked["a"].append(save_case(desk, "03-0001")[1])
        desk.lock()
        _settle(ground, server.url, url, told)
        assert told.wrong == []
    database = sqlite3.connect(tmp_path / "central.db")
    triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        database.execute(f'DROP TRIGGER "{name}"')
    desks = {name: ground.open(name) for name in USERS}
    try:
        database.execute("UPDATE envelope SET body = CAST(body || x'00' AS BLOB) WHERE n = 2")
        database.commit()
        assert any("not the same" in each for each in _compare(ground, desks, url, told))
        database.execute("DELETE FROM envelope WHERE n = (SELECT max(n) FROM envelope)")
        database.commit()
        assert any("on the server" in each for each in _compare(ground, desks, url, told))
        told.acked["b"].append("f" * 64)
        assert any("lost ffff" in each for each in _compare(ground, desks, url, told))
    finally:
        database.close()
        for each in desks.values():
            each.lock()


# --- the server is killed -----------------------------------------------------------------------------


def test_a_server_killed_while_serving_keeps_what_it_acknowledged(
    ground: Ground, database_url: str, effort: Effort, full: bool, tmp_path: Path
) -> None:
    told, port = Told(), free_port()
    url = f"http://127.0.0.1:{port}"
    (tmp_path / "trial.json").write_bytes(encode_trial(ground.trial.file()))
    setup = {"trial": str(tmp_path / "trial.json"), "key": ground.trial.server.private_bytes_raw().hex(),
             "database_url": database_url, "blobs": str(tmp_path / "blobs"), "port": port}  # fmt: skip
    with forge("tests.faults.serving_child", **setup) as made:
        made.begin(kill_us=None)
        _teach(ground, url)
        _stop(made)
        for number in effort.rounds(SERVER_ROUNDS if full else SHORT_SERVER_ROUNDS):
            made.begin(kill_us=None)
            _work(ground, url, number, made, effort.dice(number), told)
            told.kills += made.end()["killed"]
            made.begin(kill_us=None)
            _settle(ground, url, database_url, told)
            _stop(made)
            if told.wrong:
                break
    told.note("a server killed while serving", database_url, effort)
    assert told.wrong == []
    assert told.syncs > 0


def _stop(server: Forge) -> None:
    server.kill_in(0)
    server.end()


def _teach(ground: Ground, url: str) -> None:
    """The centre brings the site's statements."""
    client = DeviceClient(url, ground.trial.centre_device)
    assert client.push(statements=ground.statements).outcome == "ok"
    client.close()


def _work(ground: Ground, url: str, number: int, server: Forge, dice: random.Random, told: Told) -> None:
    """Computer a saves and synchronises until the server is gone; trouble of the network is no alarm."""
    desk, transport = ground.open("a"), HttpTransport(url, timeout_s=20)
    try:
        case, made = save_case(desk, f"03-{number + 1:04}")
        told.acked["a"].append(made)
        before = dice.randrange(3)
        for step in itertools.count():
            if step == before:
                server.kill_in(dice.randrange(_LONGEST_US))
            if not server.still_runs:
                break
            told.acked["a"].append(save_reading(desk, case, 40 + step % 40))
            result = sync_once(desk.context, transport=transport)
            told.syncs += not result.problem
            told.within += bool(result.problem)
            if result.alarm:
                told.wrong.append(f"round {number}: alarm {result.alarm}")
    finally:
        transport.close()
        desk.lock()
