"""Histories that nobody thought of (R14): saves, syncs, crashes, backups, revocations and a hostile centre.

Hypothesis chooses the steps; stores, seals, signatures, messages and server are real. `light` leaves out
photos, the centre's own computer and the third seat. Each hand mutant breaks one promise of the product, and
the machine must see it: a machine that cannot fail proves nothing.
"""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reset_or.sync import outbox
from reset_or.wire.messages import MAX_FRAMES
from tests.conftest import Effort
from tests.fakes.central import LINE_FAULTS
from tests.fakes.lies import HOSTILE
from tests.faults.histories import History
from tests.faults.model import INVARIANTS, Broken
from tests.faults.mutants import MUTANTS, RARER, no_relay
from tests.faults.report import note
from tests.faults.scene import ROOMS, SUBJECTS
from tests.faults.world import CENTRE, SITE, Template

LIGHT: Final = ("a", "b")
REAL: Final = ("a", "b", "c", CENTRE)
_CHUNK: Final = 20
_FIGURES: Final = ("histories", "steps", "faults", "saves")
SUBJECT = st.sampled_from(SUBJECTS[:2])
LENGTH = st.sampled_from([41, 52, 63])


def quick_folder() -> Path:
    """A folder in memory where there is one: these campaigns are about order, not about disks."""
    return Path(
        tempfile.mkdtemp(prefix="ro-histories-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
    )


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    folder = quick_folder()
    yield Template(folder / "template").make()
    shutil.rmtree(folder)


@dataclass
class Tally:
    """What a campaign did, and `wrong`: what the first history that broke says of itself."""

    histories: int = 0
    steps: int = 0
    faults: int = 0
    saves: int = 0
    wrong: Broken | None = None


class Machine(RuleBasedStateMachine):
    """Rules by name of `History`; subclasses say which seats there are."""

    template: Template
    names: tuple[str, ...] = LIGHT
    tally = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.history = History(self.template.world(quick_folder(), self.names))
        self.told: list[str] = []
        self.tally.histories += 1

    def teardown(self) -> None:
        """A history that ended well is brought to rest."""
        try:
            if self.tally.wrong is None:
                self.do("settle")
        finally:
            outbox.MAX_FRAMES = MAX_FRAMES
            self.tally.faults += self.history.faults
            self.tally.saves += len(self.history.model.saves)
            self.history.close()

    def do(self, step: str, *said: Any) -> None:
        """One step of the history; what breaks is kept with all steps before it.

        Keys and nonces are new each time, so the same steps again need not break: nothing is played twice.
        """
        if self.tally.wrong is not None:
            return
        self.told.append(f"{step}{said!r}")
        self.tally.steps += 1
        try:
            getattr(self.history, step)(*said)
        except Exception as error:
            text = str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
            self.tally.wrong = Broken(f"{text}\n  {self._left_behind(error)}")
            raise self.tally.wrong from error

    def _left_behind(self, error: Exception) -> Path:
        """A folder for a human: the steps, where it broke, and all that the centre holds."""
        place = Path(tempfile.mkdtemp(prefix="ro-broken-history-"))
        trace = traceback.format_exception(error)
        (place / "steps.txt").write_text("\n".join([*self.told, "", *trace]), encoding="utf-8")
        self.history.central.dump(place / "centre")
        return place

    def name(self, which: int, *, site: bool = True) -> str:
        names = self.history.sites if site else list(self.history.world.seats)
        return names[which % len(names)]

    @initialize(who=st.integers(0, 3), both=st.booleans(), most=st.sampled_from([2, MAX_FRAMES]))
    def begin(self, who: int, both: bool, most: int) -> None:
        outbox.MAX_FRAMES = most  # of one request: with few, pushes take many that overlap
        self.do("register", self.name(who), SUBJECTS[0], "f")
        if both:  # two computers make the same case apart from each other
            self.do("register", self.name(who + 1), SUBJECTS[0], "m")
        for name in self.names:
            self.do("sync", name)

    @rule(who=st.integers(0, 3), subject=SUBJECT, sex=st.sampled_from("fm"))
    def register(self, who: int, subject: str, sex: str) -> None:
        self.do("register", self.name(who), subject, sex)

    @rule(who=st.integers(0, 3), subject=SUBJECT, room=st.sampled_from(ROOMS))
    def update(self, who: int, subject: str, room: str) -> None:
        self.do("update", self.name(who), subject, room)

    @rule(who=st.integers(0, 3), subject=SUBJECT, value_mm=LENGTH)
    def read(self, who: int, subject: str, value_mm: int) -> None:
        self.do("read", self.name(who), subject, value_mm)

    @rule(who=st.integers(0, 3), which=st.integers(0, 3), value_mm=LENGTH)
    def reread(self, who: int, which: int, value_mm: int) -> None:
        self.do("reread", self.name(who), which, value_mm)

    @rule(subject=SUBJECT, rooms=st.permutations(ROOMS))
    def write_apart(self, subject: str, rooms: list[str]) -> None:
        """Two people change the same thing before either hears of the other."""
        for which, room in enumerate(rooms[:2]):
            self.do("update", self.name(which), subject, room)

    @rule(who=st.integers(0, 3))
    def sync(self, who: int) -> None:
        self.do("sync", self.name(who, site=False))

    @rule(who=st.integers(0, 3), fault=st.sampled_from(LINE_FAULTS))
    def sync_on_a_bad_line(self, who: int, fault: str) -> None:
        self.do("sync", self.name(who, site=False), fault)

    @rule(who=st.integers(0, 3), lie=st.sampled_from([*sorted(HOSTILE), "replay"]))
    def sync_with_a_liar(self, who: int, lie: str) -> None:
        self.do("sync", self.name(who, site=False), lie)

    @rule(who=st.integers(0, 3), lie=st.sampled_from(sorted(HOSTILE)))
    def sync_with_nothing_but_lies(self, who: int, lie: str) -> None:
        self.do("lied_to", self.name(who, site=False), lie)

    @rule(who=st.integers(0, 3), commits=st.integers(0, 3), before=st.booleans())
    def crash(self, who: int, commits: int, before: bool) -> None:
        self.do("crash", self.name(who, site=False), commits, before)

    @rule(who=st.integers(0, 3), subject=SUBJECT, value_mm=LENGTH, commits=st.integers(0, 2))
    def crash_while_pulling(self, who: int, subject: str, value_mm: int, commits: int) -> None:
        self.do("read", self.name(who), subject, value_mm)
        self.do("sync", self.name(who))
        self.do("crash", self.name(who + 1), commits, False)

    @rule(who=st.integers(0, 3))
    def backup(self, who: int) -> None:
        self.do("backup", self.name(who))

    @rule(who=st.integers(0, 3))
    def restore(self, who: int) -> None:
        self.do("restore", self.name(who))

    @rule()
    def server_backup(self) -> None:
        self.do("server_backup")

    @rule(which=st.integers(0, 2), said=st.booleans())
    def server_restore(self, which: int, said: bool) -> None:
        self.do("server_restore", which, said)

    @rule(who=st.integers(0, 3))
    def twin(self, who: int) -> None:
        self.do("twin", self.name(who))

    @rule(who=st.integers(0, 3), subject=SUBJECT, value_mm=LENGTH)
    def put_an_old_disk_back(self, who: int, subject: str, value_mm: int) -> None:
        """What a computer wrote and sent after its backup is at the centre and not on it."""
        self.do("backup", self.name(who))
        self.do("read", self.name(who), subject, value_mm)
        self.do("sync", self.name(who))
        self.do("restore", self.name(who))

    @rule(who=st.integers(0, 3), subject=SUBJECT, value_mm=LENGTH, said=st.booleans())
    def lose_server(self, who: int, subject: str, value_mm: int, said: bool) -> None:
        """What two computers know to be at the centre is there no more."""
        self.do("server_backup")
        self.do("read", self.name(who), subject, value_mm)
        self.do("sync", self.name(who))
        self.do("sync", self.name(who + 1))
        self.do("server_restore", 0, said)
        self.do("sync", self.name(who))

    @rule(
        who=st.integers(0, 3), subject=SUBJECT, value_mm=LENGTH, twice=st.booleans(), rare=st.integers(0, 3)
    )
    def clone(self, who: int, subject: str, value_mm: int, twice: bool, rare: int) -> None:
        if not rare:
            self.do("clone", self.name(who), subject, value_mm, twice)

    @rule(how=st.integers(0, 1))
    def forge(self, how: int) -> None:
        self.do("forge", how)

    @rule(seconds=st.integers(-5000, 5000))
    def pass_time(self, seconds: int) -> None:
        self.do("pass_time", seconds)

    @precondition(lambda self: CENTRE in self.names)
    @rule(who=st.integers(0, 3), really=st.integers(0, 3))
    def revoke(self, who: int, really: int) -> None:
        if not really:
            self.do("revoke", self.name(who))

    @precondition(lambda self: CENTRE in self.names)
    @rule(who=st.integers(0, 3), subject=SUBJECT, value_mm=LENGTH)
    def lose_server_and_author(self, who: int, subject: str, value_mm: int) -> None:
        """What a computer wrote is on an old server no more, and the computer itself is withdrawn."""
        self.do("server_backup")
        self.do("read", self.name(who), subject, value_mm)
        self.do("sync", self.name(who))
        self.do("sync", self.name(who + 1))
        self.do("revoke", self.name(who))
        self.do("server_restore", 2, True)

    @precondition(lambda self: CENTRE in self.names)
    @rule(who=st.integers(0, 3), subject=SUBJECT, size=st.sampled_from([16, 1000, 70_000]))
    def photo(self, who: int, subject: str, size: int) -> None:
        self.do("photo", self.name(who), subject, size)

    @rule()
    def settle(self) -> None:
        self.do("settle")


def play(template: Template, names: tuple[str, ...], *, examples: int, steps: int, dice: int) -> Tally:
    """Histories with one seed, up to the first that breaks.

    Not made shorter: a step costs some hundredths of a second, and shrinking takes thousands.
    """
    tally = Tally()
    machine = seed(dice)(type("Histories", (Machine,), {
        "template": template, "names": names, "tally": tally,
    }))  # fmt: skip
    try:
        run_state_machine_as_test(machine, settings=settings(
            max_examples=examples, stateful_step_count=steps, phases=[Phase.generate], deadline=None,
            derandomize=False, database=None, suppress_health_check=list(HealthCheck), print_blob=False,
            report_multiple_bugs=False,
        ))  # fmt: skip
    except (Broken, Flaky):
        assert tally.wrong is not None
    return tally


@pytest.mark.parametrize(
    ("names", "steps", "short", "long"), [(LIGHT, 60, 4, 30), (REAL, 30, 3, 6)], ids=["light", "real"]
)
@pytest.mark.timeout(0)
def test_histories(
    template: Template, effort: Effort, full: bool, names: tuple[str, ...], steps: int, short: int, long: int
) -> None:
    """`--count` counts parts of 20 histories of at most so many steps; each part has a seed of its own."""
    total, failures = Tally(), []
    for number in effort.rounds(long if full else 1):
        dice = effort.seed + number
        done = play(template, names, examples=_CHUNK if full else short, steps=steps, dice=dice)
        total = Tally(*(getattr(total, name) + getattr(done, name) for name in _FIGURES))
        failures += [f"seed {dice}: {done.wrong}"] if done.wrong is not None else []
    kind = "light" if names == LIGHT else "with photos, a centre and three computers"
    note(f"R14 histories, {kind}", total.histories, total.faults, effort.seed, failures, effort.spent_s,
         steps=total.steps, saves=total.saves)  # fmt: skip
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize(
    "mutant", [*MUTANTS, *(pytest.param(each, marks=pytest.mark.slow) for each in RARER)],
    ids=lambda mutant: mutant.__name__,
)  # fmt: skip
def test_the_machine_sees_what_is_broken(
    template: Template, effort: Effort, monkeypatch: pytest.MonkeyPatch, mutant: Callable[..., None]
) -> None:
    mutant(monkeypatch)
    names = REAL if mutant is no_relay else LIGHT
    examples = 300 if mutant in RARER else 60  # the first that shows it is the last
    seen = play(template, names, examples=examples, steps=40, dice=effort.seed).wrong
    assert seen is not None
    invariant, _, left_behind = str(seen).partition(":")
    assert invariant in INVARIANTS, "the mutant broke by itself"
    place = Path(left_behind.rpartition("\n")[2].strip())
    assert (place / "centre" / SITE / "feed.txt").exists()
    assert (place / "steps.txt").read_text(encoding="utf-8").strip()
    shutil.rmtree(place)
    note(f"R14 control: {mutant.__name__.replace('_', ' ')}, must be seen", 1, 1, effort.seed, [],
         effort.spent_s, seen_as=invariant)  # fmt: skip
