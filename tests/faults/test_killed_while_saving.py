"""SIGKILL at random points of the work: nothing that was acknowledged is lost, nothing is half there (R1).

Every round is a fresh process on a real encrypted store that saves, drafts, seals photos and rewrites slots,
killed after a random time; then the store is opened again and read: every acknowledged revision, the draft
and the passwords as the last acknowledged operation left them (or as the one under way would have), photos
whole, chain and hashes whole. A control run, which acknowledges before the commit, must be caught.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from reset_or.actions.verifying import verify_store
from reset_or.base.errors import UserFixable
from reset_or.workspace import Workspace
from tests.conftest import Effort
from tests.faults.report import note
from tests.faults.saving_child import locked_home
from tests.faults.template import Template
from tests.faults.told import USER, Told
from tests.faults.warm import forge

ROUNDS = 300
SHORT = 60
_HOME_ROUNDS = 12
_LONGEST_US = 60_000


def _open(home: Path, template: Template, told: Told) -> Workspace:
    workspace = locked_home(home, template.peppers)
    *maybe, last = reversed(told.may_open)
    for password in maybe:
        try:
            workspace.unlock(USER, password)
        except UserFixable:
            continue
        told.opened_with(password)
        return workspace
    workspace.unlock(USER, last)
    return workspace


def _look(workspace: Workspace, told: Told, cases: list[str]) -> list[str]:
    store = workspace.context.store
    wrong = [*told.faults(workspace.opened, workspace.home, cases), *workspace.do(verify_store).bad]
    chain = store.chain_head(workspace.context.site, workspace.context.device.dev)
    held = store.held(workspace.context.site, workspace.context.device.dev, limit=100_000)
    if [each.n for each in held] != list(range(1, chain.n + 1)):
        wrong.append("the chain has a gap")
    return wrong


def _campaign(
    template: Template, rounds: Iterator[int], dice_of: Callable[[int], random.Random], *, early: bool = False
) -> tuple[int, Counter[str], int, list[str]]:
    """(kills, what was acknowledged, killed within an operation, what is wrong)."""
    home, told, wrong = template.copy(), Told(), list[str]()
    kills, within, done = 0, 0, Counter[str]()
    with forge("tests.faults.saving_child", **template.setup()) as made:
        for number in rounds:
            if number % _HOME_ROUNDS == 0 and number:
                home, told = template.copy(), Told()
            dice, before = dice_of(number), (told.within, len(told.done))
            answer = made.round(
                home=str(home), seed=dice.randrange(2**32), first=told.number, changes=told.passwords,
                early=early, kill_us=dice.randrange(_LONGEST_US), from_fork=dice.random() < 0.2,
            )  # fmt: skip
            told.hear(answer["lines"])
            kills, within = kills + answer["killed"], within + told.within - before[0]
            done.update(told.done[before[1] :])
            workspace = _open(home, template, told)
            try:
                wrong += [f"round {number}: {each}" for each in _look(workspace, told, template.cases)]
            finally:
                workspace.lock()
            if wrong:
                break
    return kills, done, within, wrong


def test_nothing_acknowledged_is_lost(template: Template, effort: Effort, full: bool) -> None:
    kills, done, within, wrong = _campaign(template, effort.rounds(ROUNDS if full else SHORT), effort.dice)
    note("R1 killed while saving", effort.reached, kills, effort.seed, wrong, effort.spent_s,
         inside_an_operation=within, **done)  # fmt: skip
    assert wrong == []
    assert kills > 0
    assert done.total() >= kills // 4, "the children were killed before they saved anything"


def test_the_campaign_sees_an_acknowledgement_before_the_commit(template: Template, effort: Effort) -> None:
    kills, _, _, wrong = _campaign(template, iter(range(60)), effort.dice, early=True)
    seen = any("lost" in each for each in wrong)
    note("R1 control: acknowledged before the commit, must be seen", kills, kills, effort.seed,
         [] if seen else ["not seen"], effort.spent_s)  # fmt: skip
    assert seen, "a lost save would not have been seen"
