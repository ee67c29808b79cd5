"""The power goes at any moment: what was acknowledged is there, and the state has its name (R2).

Real processes save, attach photos, change passwords, make and migrate a store; their calls on the disk are
recorded once and every state that a loss may leave is made from them (see power.py) and opened as the
application opens it. The controls, which sync less than the store asks or acknowledge too early, must lose.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions.verifying import verify_store
from reset_or.base.clock import SystemClock
from reset_or.base.errors import ResetOrError
from reset_or.base.paths import Home
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.store.opening import open_installation
from tests.conftest import Effort
from tests.faults.history import missing, releases, said_by
from tests.faults.power import Disk, Event, record
from tests.faults.report import note
from tests.faults.saving_child import locked_home, save
from tests.faults.template import Template
from tests.faults.told import USER, Told, password_no

STATES = 5000
SHORT = 500
CONTROL_STATES = 1500
WHOLE_EVERY = 20
_STEP = 7919  # a prime: so that neighbours in number are not neighbours in time


@dataclass
class Recording:
    """A home as it was, and what happened to it."""

    before: Path
    events: list[Event]

    def state(self, number: int, effort: Effort, place: Path) -> tuple[Told, str]:
        """Makes state `number` in `place`; says what the process had told, and where and how it was cut."""
        moment = (effort.seed + number) * _STEP % (len(self.events) + 1)
        done = self.events[:moment]
        disk = Disk.of(self.before)
        disk.root = str(self.before)
        disk.follow(done)
        way = disk.after_loss(place, effort.dice(number))
        last = f"after {done[-1].what} {Path(done[-1].path).name}" if done else "before all"
        return _told(done), f"round {number} (event {moment}, {last}, {way})"


def _record(template: Template, name: str, operations: int = 27, **more: Any) -> Recording:
    """Somebody at work on a copy of the template."""
    root = template.folder / name
    for part in ("before", "now"):
        template.copy(root / part / "home")
    setup = template.setup(kind="saving", seed=1, operations=operations) | more
    events = record("tests.faults.recorded_child", root / "now" / "home", [json.dumps(setup)], root / "log")
    return Recording(root / "before", _moved(events, root / "now", root / "before"))


def _told(events: list[Event]) -> Told:
    told = Told()
    told.hear([event.path for event in events if event.what == "say"])
    return told


def _moved(events: list[Event], source: Path, target: Path) -> list[Event]:
    """The same events on the copy that nobody wrote to: paths are those of `target`."""

    def there(path: str) -> str:
        return path.replace(str(source), str(target), 1)

    return [Event(e.what, e.ino, there(e.path), there(e.target), e.at, e.data) for e in events]


# --- one state ----------------------------------------------------------------------------------------


def _saved_faults(template: Template, home: Path, told: Told) -> list[str]:
    """Opens as the application does, with the password that was acknowledged or the one under way."""
    for password in reversed(told.may_open):
        result = open_installation(
            Home(home), user=USER, password=password, key_store=template.key_store, clock=SystemClock()
        )
        if result.state != "wrong-password":
            told.opened_with(password)
            break
    if result.opened is None:
        return [f"state {result.state}"]
    try:
        return (
            told.faults(result.opened, Home(home), template.cases) if result.state == "ok" else [result.state]
        )
    finally:
        result.opened.close()


def _whole_faults(template: Template, home: Path, told: Told) -> list[str]:
    """The whole application on it: everything verifies, and the same computer goes on saving."""
    workspace = locked_home(home, template.peppers)
    workspace.unlock(USER, password_no(USER, told.passwords))
    try:
        made = save(workspace, template.cases[0], 33)
        lost = workspace.context.store.revision(made) is None
        return [*workspace.do(verify_store).bad, *(["the next save"] if lost else [])]
    finally:
        workspace.lock()


Check = Callable[[Path, Told], list[str]]


def _campaign(
    recording: Recording, effort: Effort, states: int, check: Check, place: Path, *, most: int = 1
) -> list[str]:
    wrong: list[str] = []
    for number in effort.rounds(states):
        told, what = recording.state(number, effort, place)
        try:
            found = check(place / "home", told)
        except ResetOrError as error:
            found = [f"raised {error}"]
        wrong += [f"{what}: {each}" for each in found]
        shutil.rmtree(place)
        if len(wrong) >= most:
            break
    return wrong


# --- the campaigns ------------------------------------------------------------------------------------


def test_no_loss_of_power_takes_what_was_acknowledged(template: Template, effort: Effort, full: bool) -> None:
    recording = _record(template, "saving")
    whole = 0

    def check(home: Path, told: Told) -> list[str]:
        nonlocal whole
        wrong = _saved_faults(template, home, told)
        if not wrong and effort.reached % WHOLE_EVERY == 0:
            whole += 1
            wrong = _whole_faults(template, home, told)
        return wrong

    told = _told(recording.events)
    wrong = _campaign(recording, effort, STATES if full else SHORT, check, template.folder / "found")
    note("R2 power lost while saving", effort.reached, effort.reached, effort.seed, wrong, effort.spent_s,
         calls_recorded=len(recording.events), operations=len(told.done), opened_whole=whole)  # fmt: skip
    assert wrong == []
    assert {"draft", "save", "commit", "photo", "password", "person", "recovery"} <= set(told.done)


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("acknowledged before the commit", {"early": True}),
        ("synchronous NORMAL", {"synchronous": 1}),
        ("synchronous OFF", {"synchronous": 0}),
    ],
    ids=["early", "normal", "off"],
)
def test_the_campaign_sees_what_a_weaker_store_loses(
    template: Template, effort: Effort, name: str, weak: dict[str, Any]
) -> None:
    recording = _record(template, "weak", 12, **weak)

    def check(home: Path, told: Told) -> list[str]:
        return _saved_faults(template, home, told)

    few = Effort(CONTROL_STATES, None, effort.seed)
    lost = _campaign(recording, few, CONTROL_STATES, check, template.folder / "found")
    note(f"R2 control: {name}, must lose", few.reached, few.reached, few.seed,
         [] if lost else ["nothing was lost"], few.spent_s)  # fmt: skip
    assert lost


# --- making and migrating a store ---------------------------------------------------------------------


def test_a_power_cut_while_a_store_is_made_leaves_nothing_or_a_store(
    tmp_path: Path, effort: Effort, full: bool
) -> None:
    for name in ("before", "now"):
        (tmp_path / name).mkdir()
    events = record("tests.faults.recorded_child", tmp_path / "now" / "home", ['{"kind": "creating"}'],
                    tmp_path / "log", root=tmp_path / "now")  # fmt: skip
    recording = Recording(tmp_path / "before", _moved(events, tmp_path / "now", tmp_path / "before"))

    def check(home: Path, told: Told) -> list[str]:
        result = open_installation(
            Home(home), user=USER, password=password_no(USER, 0), clock=SystemClock(),
            key_store=MemoryKeyStore(trouble="none"),
        )  # fmt: skip
        if result.opened is not None:
            result.opened.close()
        allowed = {"ok"} if told.done else {"ok", "no-data"}
        return [] if result.state in allowed else [f"state {result.state}, allowed {allowed}"]

    wrong = _campaign(recording, effort, STATES // 5 if full else SHORT // 5, check, tmp_path / "found")
    note("R2 power lost while a store is made", effort.reached, effort.reached, effort.seed, wrong,
         effort.spent_s, calls_recorded=len(events))  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("past", releases(), ids=[past.version for past in releases()])
def test_a_power_cut_while_migrating_leaves_the_old_store_or_the_new_one(
    past: Any, tmp_path: Path, effort: Effort, full: bool
) -> None:
    for name in ("before", "now"):
        past.copy(tmp_path / name / "home")
    setup = json.dumps({"kind": "opening", "version": past.version})
    events = record("tests.faults.recorded_child", tmp_path / "now" / "home", [setup], tmp_path / "log")
    recording = Recording(tmp_path / "before", _moved(events, tmp_path / "now", tmp_path / "before"))

    def check(home: Path, _told: Told) -> list[str]:
        workspace = past.open(home)
        try:
            return [*missing(past.said["home"], said_by(workspace)), *workspace.do(verify_store).bad]
        finally:
            workspace.lock()

    wrong = _campaign(recording, effort, STATES // 10 if full else SHORT // 25, check, tmp_path / "found")
    note(f"R2 power lost while migrating {past.version}", effort.reached, effort.reached, effort.seed, wrong,
         effort.spent_s, calls_recorded=len(events))  # fmt: skip
    assert wrong == []
