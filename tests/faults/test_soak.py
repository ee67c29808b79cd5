"""R18: computers that work for a long time with a server that is restarted among them.

In the end all stores are the same and the server has every photograph; and neither the computers nor the
server hold more memory, descriptors or threads at the end than when all were warm, nor leave files behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Effort
from tests.fakes import vitals
from tests.fakes.postgres import Cluster
from tests.fakes.server import ChildServer
from tests.fakes.vitals import Vitals, growth_kb, vitals_of
from tests.faults.ground import Ground, free_port
from tests.faults.report import note

SHORT_S, LONG_S = 12.0, 330.0
USERS = {"a": ("wang", "or_nurse"), "b": ("zhang", "surgeon"), "c": ("chen", "or_nurse")}
MOST_GROWTH_KB = 24 * 1024
"""Of the last quarter over the second one, of each process."""
MOST_MORE = 6
"""Descriptors and threads: pools breathe."""
AWAY = frozenset({"", "server_unreachable", "server_slow", "server_unavailable"})
_RESTARTS = (0.15, 0.3)
_LEAST = 12  # looks at the server after the last restart
_SETTLES = 12


@dataclass
class Computer:
    """A process of `soaking_child`, and what its rounds said."""

    name: str
    process: subprocess.Popen[str]
    rounds: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def ask(self, order: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended")
        found: dict[str, Any] = json.loads(line)
        return found

    def work(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                said = self.ask("round")
                self.rounds.append(said)
                if said["alarm"] or said["problem"] not in AWAY:
                    self.wrong.append(f"{self.name}: {said['problem']} {said['alarm']}")
                if said["left"]:
                    self.wrong.append(f"{self.name}: left {said['left'][:3]}")
        except Exception as error:
            self.wrong.append(f"{self.name}: {error!r}")

    @property
    def moments(self) -> list[Vitals]:
        return [Vitals(**each["vitals"]) for each in self.rounds]

    def end(self) -> int:
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.mark.skipif(not vitals.KNOWN, reason="needs /proc")
def test_a_long_time_of_work(postgres: Cluster, tmp_path: Path, effort: Effort, full: bool) -> None:
    ground = Ground(tmp_path, users=USERS).make()
    server = ChildServer(ground.trial, tmp_path / "central", postgres.database().app_dsn)
    server.prepare()
    port = str(free_port())
    start = lambda: server.start("--workers", "2", "--port", port)  # noqa: E731
    start()
    server.client().push(statements=ground.statements)
    seconds = effort.seconds or (LONG_S if full else SHORT_S)
    computers = [_computer(ground, name, number, server.url, effort) for number, name in enumerate(USERS, 1)]
    moments, wrong = list[Vitals](), list[str]()
    try:
        _soak(computers, server, start, seconds, moments)
        wrong += _settle(computers)
        ends = [each.ask("end") for each in computers]
    finally:
        codes = [each.end() for each in computers]
        codes.append(server.stop())
    wrong += [line for each in computers for line in each.wrong]
    wrong += [f"{c.name}: {bad}" for c, end in zip(computers, ends, strict=True) for bad in end["bad"]]
    wrong += ["the stores differ"] if len({end["hash"] for end in ends}) != 1 else []
    wrong += [f"ended with {codes}"] if any(codes) else []
    wrong += [f"server said: {server.complained[-500:]}"] if server.complained else []
    wrong += _photos(tmp_path / "central" / "data" / "blobs", ends[0]["photos"])
    for each in computers:
        wrong += _growth(each.name, each.moments)
    wrong += _growth("server", moments)
    rounds = [said for each in computers for said in each.rounds]
    restarts = len(_restarts(seconds))
    note(
        "R18 soak, postgresql, 3 computers, 2 workers", len(rounds), restarts, effort.seed, wrong, seconds,
        saves=sum(said["saves"] for said in rounds), photos=ends[0]["photos"],
        problems_met=dict(Counter(said["problem"] for said in rounds if said["problem"])),
        **{each.name: _figure(each.moments) for each in computers}, server=_figure(moments),
    )  # fmt: skip
    assert wrong == []


def _computer(ground: Ground, name: str, number: int, url: str, effort: Effort) -> Computer:
    passing = ground.folder / f"passing-{name}"
    passing.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.soaking_child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(passing)},
    )  # fmt: skip
    setup = {
        "home": str(ground.homes[name]), "peppers": ground.peppers, "user": ground.users[name][0], "url": url,
        "seed": effort.seed + number, "number": number,
    }  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(setup) + "\n")
    return Computer(name, process)


def _soak(
    computers: list[Computer], server: ChildServer, start: Any, seconds: float, moments: list[Vitals]
) -> None:
    """Everybody works; the server is stopped and started in the first third and then left alone."""
    stop = threading.Event()
    threads = [threading.Thread(target=each.work, args=(stop,)) for each in computers]
    for thread in threads:
        thread.start()
    began, restarts = time.monotonic(), _restarts(seconds)
    while not any(each.wrong for each in computers):
        spent = time.monotonic() - began
        if spent >= seconds and min(len(moments), *(4 * len(c.rounds) for c in computers)) >= _LEAST:
            break
        if restarts and spent >= restarts[0] * seconds:
            restarts.pop(0)
            assert server.stop() == 0
            start()
        elif not restarts:
            moments.append(_sum(server.pids()))
        stop.wait(seconds / 100)
    stop.set()
    for thread in threads:
        thread.join(120)


def _restarts(seconds: float) -> list[float]:
    return list(_RESTARTS if seconds >= LONG_S else _RESTARTS[:1])


def _sum(pids: list[int]) -> Vitals:
    total = Vitals(0, 0, 0)
    for pid in pids:
        total += vitals_of(pid)
    return total


def _settle(computers: list[Computer]) -> list[str]:
    """Until nobody has anything to say or to hear."""
    for _ in range(_SETTLES):
        said = [each.ask("sync") for each in computers]
        if all(each["complete"] for each in said) and not any(each["pulled"] for each in said):
            return []
    return [f"not settled: {said}"]


def _photos(folder: Path, count: int) -> list[str]:
    """The server's photographs are what their names say, as many as the stores name; no piece is left."""
    whole = [path for path in folder.rglob("*") if path.is_file() and "parts" not in path.parts]
    wrong = [path.name for path in whole if hashlib.sha256(path.read_bytes()).hexdigest() != path.name]
    left = [path.name for path in (folder / "parts").iterdir()]
    wrong += [f"pieces left: {left[:3]}"] if left else []
    return wrong + ([f"{len(whole)} photos there, {count} named"] if len(whole) != count else [])


def _growth(name: str, moments: list[Vitals]) -> list[str]:
    if not moments:
        return [f"{name}: never looked at"]
    part = max(1, len(moments) // 4)
    before, after = moments[part : 2 * part] or moments, moments[-part:]
    found = []
    if growth_kb(moments) > MOST_GROWTH_KB:
        found.append(f"{name}: memory grew by {growth_kb(moments)} kB")
    for what in ("descriptors", "threads"):
        low, high = (max(getattr(each, what) for each in row) for row in (before, after))
        if high > low + MOST_MORE:
            found.append(f"{name}: {what} grew from {low} to {high}")
    return found


def _figure(moments: list[Vitals]) -> str:
    if not moments:
        return "never looked at"
    first, last = moments[len(moments) // 4], moments[-1]
    return (f"{first.memory_kb / 1024:.0f} to {last.memory_kb / 1024:.0f} MB, {first.descriptors} to "
            f"{last.descriptors} descriptors, {first.threads} to {last.threads} threads")  # fmt: skip
