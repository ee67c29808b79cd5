"""SIGKILL at random points of saving: nothing that was acknowledged is lost, nothing is half there.

Every round is a fresh process on a real encrypted store, killed after a random time; then the store is
opened again and read: every acknowledged revision, the draft exactly as the last acknowledged operation
left it (or as the one under way would have), chain and hashes whole. A control run, which acknowledges
before the commit, must be caught.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reset_or.actions import cases, drafts
from reset_or.actions.verifying import verify_store
from reset_or.base.clock import SystemClock
from reset_or.workspace import Workspace
from tests.conftest import Effort
from tests.fakes.site import make_workspace, password_of
from tests.faults.report import note
from tests.faults.saving_child import PAGE, open_home
from tests.faults.warm import Forge, forge

ROUNDS = 300
SHORT = 60
_HOME_ROUNDS = 12
_LONGEST_US = 60_000


@dataclass
class Expected:
    """What the killed processes said of one home."""

    revisions: list[str] = field(default_factory=list)
    drafts: dict[str, int | None] = field(default_factory=dict)
    under_way: tuple[str, str, int] | None = None
    number: int = 0
    acked: int = 0
    killed_within: int = 0

    def hear(self, lines: list[str]) -> None:
        self.under_way = None
        for line in lines:
            word, *rest = line.split()
            if word == "begin":
                self.number = int(rest[0])
                self.under_way = (rest[1], rest[2], self.number)
            elif word == "acked":
                self._acked(int(rest[0]), rest[1], rest[2], rest[3])
        if self.under_way is not None:
            self.killed_within += 1

    def _acked(self, number: int, kind: str, case: str, made: str) -> None:
        self.acked += 1
        self.under_way = None
        if kind == "draft":
            self.drafts[case] = number
            return
        self.revisions.append(made)
        if kind == "commit":
            self.drafts[case] = None

    def settle(self, found: dict[str, int | None]) -> list[str]:
        """What of the drafts is not as acknowledged; the operation under way may or may not have happened."""
        wrong = []
        for case, number in found.items():
            allowed = {self.drafts.get(case)}
            if self.under_way is not None and self.under_way[1] == case:
                kind, _, under_way = self.under_way
                allowed |= {under_way} if kind == "draft" else {None} if kind == "commit" else set()
            if number not in allowed:
                wrong.append(f"draft of {case[:6]}: {number}, allowed {allowed}")
            self.drafts[case] = number
        return wrong


@dataclass
class Bench:
    """A template home with three cases, copied for every few rounds, and the warm process."""

    folder: Path
    template: Path
    forge: Forge
    peppers: dict[str, str]
    cases: list[str]
    homes: int = 0

    def fresh(self) -> Path:
        self.homes += 1
        place = self.folder / f"home-{self.homes}"
        shutil.copytree(self.template, place)
        return place


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    template = tmp_path / "template"
    workspace = make_workspace(template)
    workspace.clock = SystemClock()
    workspace.unlock("wang", password_of("wang"))
    found = [
        workspace.do(
            cases.register_case, subject=f"03-000{n}", sex="f", age=61, arm="reduced", rand_no=f"R-{n}",
            rand_no_again=f"R-{n}", tumour_length_mm=40,
        ).rec
        for n in (1, 2, 3)
    ]  # fmt: skip
    workspace.lock()
    peppers = {install: pepper.hex() for install, pepper in workspace._keys().peppers.items()}  # type: ignore[attr-defined]
    shutil.copytree(template, tmp_path / "warm")
    setup = {"warm_home": str(tmp_path / "warm"), "peppers": peppers, "cases": found}
    with forge("tests.faults.saving_child", **setup) as made:
        yield Bench(tmp_path, template, made, peppers, found)


def _look(workspace: Workspace, expected: Expected, cases_: list[str]) -> list[str]:
    store = workspace.context.store
    wrong = [f"lost {each[:12]}" for each in expected.revisions if store.revision(each) is None]
    found: dict[str, int | None] = {}
    for case in cases_:
        data = workspace.do(drafts.load_draft, page=PAGE, case=case)
        found[case] = None if data is None else int(data["n"])
    wrong += expected.settle(found)
    wrong += workspace.do(verify_store).bad
    chain = workspace.context.store.chain_head(workspace.context.site, workspace.context.device.dev)
    held = store.held(workspace.context.site, workspace.context.device.dev, limit=100_000)
    if [each.n for each in held] != list(range(1, chain.n + 1)):
        wrong.append("the chain has a gap")
    return wrong


def _campaign(
    bench: Bench, rounds: Iterator[int], dice_of: Callable[[int], random.Random], *, early: bool = False
) -> tuple[int, int, int, list[str]]:
    """(kills, acknowledged, killed within an operation, what is wrong)."""
    home, expected, total, wrong = bench.fresh(), Expected(), [0, 0, 0], list[str]()
    for number in rounds:
        if number % _HOME_ROUNDS == 0 and number:
            home, expected = bench.fresh(), Expected()
        dice = dice_of(number)
        before = (expected.acked, expected.killed_within)
        answer = bench.forge.round(
            home=str(home), seed=dice.randrange(2**32), first=expected.number, early=early,
            kill_us=dice.randrange(_LONGEST_US), from_fork=dice.random() < 0.2,
        )  # fmt: skip
        total[0] += answer["killed"]
        expected.hear(answer["lines"])
        total[1] += expected.acked - before[0]
        total[2] += expected.killed_within - before[1]
        workspace = open_home(str(home), bench.peppers)
        try:
            wrong += [f"round {number}: {each}" for each in _look(workspace, expected, bench.cases)]
        finally:
            workspace.lock()
        if wrong:
            break
    return total[0], total[1], total[2], wrong


def test_no_acknowledged_save_or_draft_is_lost(bench: Bench, effort: Effort, full: bool) -> None:
    kills, acked, within, wrong = _campaign(bench, effort.rounds(ROUNDS if full else SHORT), effort.dice)
    note("R1 killed while saving", effort.reached, kills, effort.seed, wrong, effort.spent_s,
         inside_an_operation=within, saves_acknowledged=acked)  # fmt: skip
    assert wrong == []
    assert kills > 0
    assert acked >= kills // 4, "the children were killed before they saved anything"


def test_the_campaign_sees_an_acknowledgement_before_the_commit(bench: Bench, effort: Effort) -> None:
    kills, _, _, wrong = _campaign(bench, iter(range(60)), effort.dice, early=True)
    seen = any("lost" in each for each in wrong)
    note("R1 control: acknowledged before the commit, must be seen", kills, kills, effort.seed,
         [] if seen else ["not seen"], effort.spent_s)  # fmt: skip
    assert seen, "a lost save would not have been seen"
