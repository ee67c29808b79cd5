"""The n-th call on the disk fails, with EIO or ENOSPC: nothing acknowledged is lost, refusals are named (R3).

A child of a warm process is traced while it opens, saves, seals photos and rewrites slots; one of its calls
is made to fail. It must go on by itself, or be read-only until it is opened again; nothing is saved twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reset_or.actions import drafts, photos
from reset_or.actions.verifying import verify_store
from reset_or.workspace import Workspace
from tests.conftest import SEED, Effort
from tests.faults.failing_child import Life
from tests.faults.report import note
from tests.faults.saving_child import PAGE
from tests.faults.template import Template
from tests.faults.warm import Forge, forge

CALLS = ("fsync", "pwrite64", "write", "ftruncate", "unlink", "openat", "rename")
ERRORS = ("EIO", "ENOSPC")
UP_TO = 40
SHORT_UP_TO = 10
_ENVIRONMENT = frozenset({"disk_full", "disk_trouble", "store_unwritable", "file_vanished"})


@dataclass
class Told:
    """What the child said: per operation (kind, number) the last answer, and all refusals."""

    last: dict[tuple[str, int], str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    unknown: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def by(cls, lines: list[str]) -> Told:
        told = cls()
        for line in lines:
            word, *rest = line.split()
            if word in ("acked", "refused"):
                told.last[rest[0], int(rest[1])] = word
            if word == "refused":
                told.codes.append(rest[2])
                if rest[2] != "disk_full":
                    told.unknown.add((rest[0], int(rest[1])))
        return told


@dataclass
class Hand:
    """Lays hands on the calls of a child that waits at its gate."""

    folder: Path
    rounds: int = 0

    def round(self, made: Forge, home: Path, what: str) -> tuple[list[str], bool]:
        """(what the child said, whether a call failed); `what` is strace's `call:error=...:when=n`."""
        self.rounds += 1
        gate, log = self.folder / f"gate-{self.rounds}", self.folder / f"log-{self.rounds}"
        os.mkfifo(gate)
        child = made.begin(kill_us=None, home=str(home), gate=str(gate))
        with _attached(child, what, log):
            gate.write_bytes(b"x")
            lines = made.end()["lines"]
        return lines, "INJECTED" in log.read_text(errors="replace")


@contextlib.contextmanager
def _attached(child: int, what: str, log: Path) -> Iterator[None]:
    call = what.partition(":")[0]
    command = ["strace", "-o", str(log), "-e", f"trace={call}", "-e", f"inject={what}", "-p", str(child)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    try:
        said = tracer.stderr.readline()
        if "attached" not in said:
            os.kill(child, 9)
            pytest.skip(f"this system does not allow to trace a process: {said.strip()}")
        yield
    finally:
        tracer.wait(30)
        tracer.stderr.close()


def _faults(template: Template, home: Path, told: Told) -> list[str]:
    """Everything the child was told is there, once, and nothing that it was refused as not written."""
    wrong = [f"refused with {code}" for code in told.codes if code not in _ENVIRONMENT]
    life = Life(str(home), template.setup())
    life.open(0)
    try:
        wrong += life.workspace.do(verify_store).bad
        return wrong + _count(life.workspace, template.cases[0], told)
    finally:
        life.workspace.lock()


def _count(workspace: Workspace, case: str, told: Told) -> list[str]:
    found: Counter[str] = Counter()
    for row in workspace.context.store.records_of_case(case):
        fields = json.loads(row.fields)
        found[fields.get("comment") or fields.get("caption") or ""] += 1
        if row.form == "photo":
            workspace.do(photos.open_photo, photo=row.rec)
    wrong = []
    for (kind, number), word in told.last.items():
        if kind not in ("save", "commit", "photo"):
            continue
        times = found[f"op {number}"]
        allowed = {1} if word == "acked" else {0, 1} if (kind, number) in told.unknown else {0}
        if times not in allowed:
            wrong.append(f"{kind} {number} was {word} and is there {times} times")
    return wrong + _draft(workspace, case, told)


def _draft(workspace: Workspace, case: str, told: Told) -> list[str]:
    """The draft of the last turn was committed, so there is none, unless one of the two was refused."""
    data = workspace.do(drafts.load_draft, page=PAGE, case=case)
    numbers = [(kind, number) for kind, number in told.last if kind in ("draft", "commit")]
    if any(told.last[each] == "refused" for each in numbers):
        return []
    return [f"draft {data}"] if data is not None else []


def _stuck(told: Told) -> list[str]:
    """After one failure the next opening works, and everything after it."""
    last_open = max(number for kind, number in told.last if kind == "open")
    after = [each for each in told.last.items() if each[0][1] >= last_open]
    refused = [f"{kind} {number} is still refused" for (kind, number), word in after if word == "refused"]
    return refused if len(told.codes) > 2 else []


def test_no_failing_call_loses_or_doubles_a_save(
    template: Template, effort: Effort, full: bool, tmp_path: Path
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    # The short run takes each n with one of the two errors.
    places = [
        (call, error, n)
        for n in range(1, (UP_TO if full else SHORT_UP_TO) + 1)
        for call in CALLS
        for error in (ERRORS if full else ERRORS[n % 2 :][:1])
    ]
    calls_made = dict.fromkeys(CALLS, UP_TO)
    hand, failed, wrong = Hand(tmp_path), 0, list[str]()
    refused: Counter[str] = Counter()
    with forge("tests.faults.failing_child", **template.setup()) as made:
        for number in effort.rounds(len(places)):
            call, error, n = places[(effort.seed - SEED + number) % len(places)]
            if n > calls_made[call]:
                continue  # a life has no more calls of this kind
            home = template.copy()
            lines, hit = hand.round(made, home, f"{call}:error={error}:when={n}")
            told = Told.by(lines)
            failed += hit
            calls_made[call] = UP_TO if hit else n - 1
            refused.update(told.codes)
            found = _faults(template, home, told) + _stuck(told)
            wrong += [f"round {number} ({call} {error} {n}): {each}" for each in found]
            shutil.rmtree(home)
    note("R3 the n-th call fails", effort.reached, failed, effort.seed, wrong, effort.spent_s, **refused)
    assert wrong == []
    assert failed
