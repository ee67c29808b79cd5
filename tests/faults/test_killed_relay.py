"""SIGKILL of a hospital's relay at random moments, while a computer pushes to it and while it forwards.

Computer a is behind the relay, computer b at the centre. After every kill the relay starts anew and all go on
until nothing is left to do: then every acknowledged save is on both computers and at the centre, once and
byte for byte, nobody cried alarm, and what is called at the centre has the centre's receipt.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from reset_or.actions.syncing import sync_once
from reset_or.base.errors import TrustBroken
from reset_or.revisions.receipts import Signed, read_receipt
from reset_or.store.store import Store
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import encode_trial
from reset_or.workspace import Workspace
from tests.conftest import Effort
from tests.fakes.server import RunningServer, running_server
from tests.faults.ground import SITE, USERS, Ground, free_port, on_server
from tests.faults.report import note
from tests.faults.syncing_child import save_case, save_reading
from tests.faults.warm import Forge, forge

ROUNDS, SHORT = 40, 3
_LONGEST_US = 120_000
_SETTLES = 400


@dataclass
class Told:
    """What was acknowledged on a, and how often anything happened."""

    acked: list[str] = field(default_factory=list)
    kills: int = 0
    syncs: int = 0
    cut: int = 0
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(params=["sqlite", "postgresql"])
def relay_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'relay.db'}"
    return str(request.getfixturevalue("postgres").database().app_dsn)


def test_a_relay_killed_at_any_moment_loses_and_doubles_nothing(
    relay_url: str, effort: Effort, full: bool, tmp_path: Path
) -> None:
    ground, told, port = Ground(tmp_path).make(), Told(), free_port()
    keys, grants = ground.trial.add_relay(SITE)
    ground.statements += grants
    file = ground.trial.file()
    file = replace(file, statements=(*file.statements, *ground.statements))
    (tmp_path / "trial.json").write_bytes(encode_trial(file))
    central = f"sqlite:///{tmp_path / 'central.db'}"
    with running_server(ground.trial, central, tmp_path / "blobs") as server:
        assert server.client().push(statements=ground.statements).outcome == "ok"
        setup = {"trial": str(tmp_path / "trial.json"), "database_url": relay_url, "port": port,
                 "keys": [key.private_bytes_raw().hex() for key in (keys.server, keys.device)],
                 "blobs": str(tmp_path / "relay-blobs"), "upstream": server.url}  # fmt: skip
        with forge("tests.faults.relaying_child", **setup) as made:
            for number in effort.rounds(ROUNDS if full else SHORT):
                _round(ground, f"http://127.0.0.1:{port}", server, central, made, effort.dice(number), told)
                if told.wrong:
                    break
    kind = relay_url.partition(":")[0].partition("+")[0]
    note(f"R1 a relay killed while it takes and forwards, {kind}", effort.reached, told.kills, effort.seed,
         told.wrong, effort.spent_s, whole_syncs=told.syncs, cut_syncs=told.cut,
         saves_acknowledged=len(told.acked))  # fmt: skip
    assert told.wrong == []
    assert told.kills > 0
    assert told.acked != []


def _round(
    ground: Ground, relay: str, server: RunningServer, central: str, made: Forge, dice: random.Random,
    told: Told,
) -> None:  # fmt: skip
    made.begin(kill_us=None)
    _work(ground, relay, made, dice, told)
    told.kills += made.end()["killed"]
    made.begin(kill_us=None)
    _settle(ground, {"a": relay, "b": server.url}, central, told)
    made.kill_in(0)
    made.end()


def _work(ground: Ground, relay: str, made: Forge, dice: random.Random, told: Told) -> None:
    """Computer a saves and synchronises until the relay is gone."""
    desk, transport = ground.open("a"), HttpTransport(relay, timeout_s=20)
    try:
        case, saved = save_case(desk, f"03-{len(told.acked) + 1:04}")
        told.acked.append(saved)
        before = dice.randrange(3)
        for step in itertools.count():
            if step == before:
                made.kill_in(dice.randrange(_LONGEST_US))
            if not made.still_runs:
                break
            told.acked.append(save_reading(desk, case, 40 + step % 40))
            result = sync_once(desk.context, transport=transport)
            told.syncs += not result.problem
            told.cut += bool(result.problem)
            if result.alarm:
                told.wrong.append(f"alarm {result.alarm}")
    finally:
        transport.close()
        desk.lock()


def _settle(ground: Ground, urls: dict[str, str], central: str, told: Told) -> None:
    with contextlib.ExitStack() as stack:
        desks = {name: ground.open(name) for name in USERS}
        for desk in desks.values():
            stack.callback(desk.lock)
        ways = {name: HttpTransport(url, timeout_s=20) for name, url in urls.items()}
        for way in ways.values():
            stack.callback(way.close)
        for _ in range(_SETTLES):
            results = [sync_once(desks[name].context, transport=ways[name]) for name in ("a", "b")]
            told.wrong += [f"alarm {each.alarm}" for each in results if each.alarm]
            # The centre's news reach a only when the relay has fetched them, which nobody here waits for.
            done = all(each.complete and not each.pulled for each in results)
            if done and _folded(desks["a"].context.store) == _folded(desks["b"].context.store):
                break
        else:
            told.wrong.append(f"not settled, or the computers differ: {results}")
        told.wrong += _compare(ground, desks, central, told)


def _compare(ground: Ground, desks: dict[str, Workspace], central: str, told: Told) -> list[str]:
    wrong, stores = [], {name: desk.context.store for name, desk in desks.items()}
    for name, store in stores.items():
        wrong += [f"{name} lost {rev[:12]}" for rev in told.acked if store.revision(rev) is None]
        mine = store.held(SITE, ground.devices[name], limit=100_000)
        here = [(e.n, e.env_id, e.hdr, e.dsig, e.body) for e in mine]
        if here != on_server(central, ground.devices[name]):
            wrong.append(f"{name}: the centre has not what is here, once and in order")
        wrong += [f"{name}: {each.code} in quarantine" for each in store.quarantined()]
    wrong += _unproven(desks["a"], stores["a"])
    return wrong


def _unproven(desk: Workspace, store: Store) -> list[str]:
    """What is no longer called at the relay must have a receipt that the centre's own key signed."""
    keys, wrong = desk.context.directory.server_keys("00"), []
    for row in store.saved_here(0):
        kept = store.receipt(row.receipt)
        try:
            named = read_receipt(Signed(kept.data, kept.sig), keys).items if kept is not None else ()
        except TrustBroken:
            named = ()
        if row.env_id not in [name for name, _at in named]:
            wrong.append(f"{row.env_id[:12]} is called at the centre without its receipt")
    return wrong


def _folded(store: Store) -> list[object]:
    revisions = sorted((each.rev_id, each.inner, each.signature) for each in store.audit(limit=100_000))
    records = sorted((r.rec, r.form, r.status, r.fields, r.heads, r.conflicts) for r in store.records())
    return [*revisions, *records]
