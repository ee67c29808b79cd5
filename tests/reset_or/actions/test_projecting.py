"""What a part of a sync folds at once is what would be folded case by case, whatever came in it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reset_or.actions import casefiles, specimens, syncing
from reset_or.actions.context import Secret
from reset_or.base.errors import UserFixable
from reset_or.revisions.history import Placed
from tests.fakes.workstations import (
    Ground,
    Station,
    assert_same,
    attach,
    measure,
    password_of,
    quiet,
    register,
)

TURNS, ACTS = 4, 12


def _act(station: Station, dice: random.Random, subject: str) -> None:
    """One of the things that a person does; what is not allowed just now is not done."""
    ctx, do = station.ctx, station.workspace.do
    cases = [row.rec for row in ctx.store.records(form="case")]
    boxes = [row.rec for row in ctx.store.records(form="specimen")]
    found = dice.randrange(8)
    try:
        if found == 0 or not cases:
            register(station, subject)
        elif found == 1 or not boxes:
            do(specimens.begin_specimen, label=f"pot {subject}")
        elif found == 2:
            do(specimens.attach_specimen, specimen=dice.choice(boxes), case=dice.choice(cases))
        elif found == 3:
            second = dice.choice(["zhang", "wang"] if ctx.people.active == "zhang" else ["li"])
            secret = Secret("password", password_of(second))
            do(specimens.confirm_attachment, specimen=dice.choice(boxes), signer=second, secret=secret)
        elif found == 4:
            do(specimens.detach_specimen, specimen=dice.choice(boxes))
        elif found == 5:
            attach(station, dice.choice([*cases, *boxes]), 2_000, dice.randrange(10**9))
        else:
            measure(
                station,
                dice.choice(cases),
                dice.choice(["distal", "proximal"]),
                dice.randrange(5, 90),
                "fresh_unpinned",
            )
    except UserFixable:
        return


def _act_on_a_box(station: Station, dice: random.Random) -> None:
    """A new pot of one of the cases, which the second person confirms."""
    do = station.workspace.do
    case = dice.choice([row.rec for row in station.ctx.store.records(form="case")])
    box = do(specimens.begin_specimen, label="pot").rec
    attach(station, box, 2_000, dice.randrange(10**9))
    do(specimens.attach_specimen, specimen=box, case=case)
    do(
        specimens.confirm_attachment,
        specimen=box,
        signer="wang",
        secret=Secret("password", password_of("wang")),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_page_is_folded_as_case_by_case(ground: Ground, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    theatre, bench = ground.workstations(["zhang", "wang"], ["li"])
    several, real = list[int](), casefiles.project

    def both(store: Any, by_root: Mapping[str, Sequence[Placed]], *said: Any, **more: Any) -> Any:
        found = real(store, by_root, *said, **more)
        with monkeypatch.context() as patched:
            patched.setattr(casefiles.Shelf, "_fetch", lambda *_said: None)
            assert real(store, by_root, *said, **more) == found
        several.append(len(by_root))
        return found

    monkeypatch.setattr(syncing.casefiles, "project", both)
    dice = random.Random(seed)
    for turn in range(TURNS):
        for number in range(ACTS):
            _act(dice.choice([theatre, bench]), dice, f"03-{turn * ACTS + number + 1:04}")
        _act_on_a_box(theatre, dice)
        dice.choice([theatre, bench]).sync()
    quiet(theatre, bench)
    assert_same(ground, theatre, bench)
    assert max(several) > 3, "pages of several cases"
    assert any("attached" in row.status for row in theatre.ctx.store.records(form="specimen"))


@pytest.mark.parametrize("seed", [3, 4])
def test_the_case_in_hand_is_what_the_store_has(ground: Ground, seed: int) -> None:
    """After every save, and after what a sync brought, a case that was kept in memory is the one that is read
    anew from the revisions, and so are the rows that lists show of it."""
    theatre, bench = ground.workstations(["zhang", "wang"], ["li"])
    dice, kept = random.Random(seed), 0
    for number in range(TURNS * ACTS):
        station = dice.choice([theatre, bench])
        _act(station, dice, f"03-{number + 1:04}")
        if number % ACTS == ACTS - 1:
            _act_on_a_box(theatre, dice)
            station.sync()
        ctx = station.ctx
        rows = [*ctx.store.records(form="case"), *ctx.store.records(form="specimen")]
        kept += any(ctx.parsed.file(row.rec, ctx.store.turn) is not None for row in rows)
        # The one in hand first: reading another takes it from there.
        rows.sort(key=lambda row: ctx.parsed.file(row.rec, ctx.store.turn) is None)
        for row in rows:
            found, anew = casefiles.load(ctx.store, row.rec, ctx.parsed), casefiles.load(ctx.store, row.rec)
            assert found == anew
            assert found is not None
            told = next(each for each in casefiles.rows_for(found, ()) if each.rec == row.rec)
            assert told == row
    assert kept > ACTS, "saves that were kept in hand"
