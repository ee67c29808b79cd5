"""The power goes at any moment: what was acknowledged is there, and the state has its name (R2).

Real processes save, attach photos, change passwords, make and migrate a store; their calls on the disk are
recorded once and every state that a loss may leave is made from them (see power.py) and opened as the
application opens it. The controls, which sync less than the store asks or acknowledge too early, must lose.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import cases, readings
from reset_or.actions.verifying import verify_store
from reset_or.base.clock import SystemClock
from reset_or.base.errors import ResetOrError
from reset_or.base.lanes import InlineLanes
from reset_or.base.paths import Home
from reset_or.images.seal import blob_path
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.store.opening import open_installation
from reset_or.store.store import Store
from reset_or.workspace import Workspace
from tests.conftest import Effort
from tests.fakes.photos import small_photo
from tests.fakes.site import make_workspace, password_of
from tests.faults.history import missing, releases, said_by
from tests.faults.power import Disk, Event, record
from tests.faults.recorded_child import NEW_PERSON, password_no
from tests.faults.report import note

STATES = 5000
SHORT = 500
CONTROL_STATES = 1500
WHOLE_EVERY = 20
_STEP = 7919  # a prime: so that neighbours in number are not neighbours in time


@dataclass
class Told:
    """What the process had said by a moment, and the operation under way."""

    revisions: list[str] = field(default_factory=list)
    drafts: dict[str, int | None] = field(default_factory=dict)
    passwords: int = 0
    person: int | None = None
    done: list[str] = field(default_factory=list)
    under_way: tuple[str, str, int] | None = None

    @classmethod
    def by(cls, events: list[Event]) -> Told:
        told = cls()
        for event in events:
            if event.what == "say":
                told._hear(*event.path.split())
        return told

    def _hear(self, word: str, number: str, kind: str, case: str, made: str = "") -> None:
        if word == "begin":
            self.under_way = (kind, case, int(number))
            return
        self.under_way = None
        self.done.append(kind)
        if kind in ("save", "commit", "photo"):
            self.revisions.append(made)
        if kind in ("draft", "commit"):
            self.drafts[case] = int(number) if kind == "draft" else None
        if kind == "password":
            self.passwords += 1
        if kind == "person":
            self.person = int(number)

    def doing(self, kind: str, case: str = "") -> int | None:
        """The number of the operation under way, if it is of this kind (and case)."""
        if self.under_way is None or self.under_way[0] != kind or case not in ("", self.under_way[1]):
            return None
        return self.under_way[2]


@dataclass
class Recording:
    """A home as it was, what happened to it, and the keyring."""

    before: Path
    events: list[Event]
    peppers: dict[str, str] = field(default_factory=dict)

    def state(self, number: int, effort: Effort, place: Path) -> tuple[Told, str]:
        """Makes state `number` in `place`; says what the process had told, and where and how it was cut."""
        moment = (effort.seed + number) * _STEP % (len(self.events) + 1)
        done = self.events[:moment]
        disk = Disk.of(self.before)
        disk.root = str(self.before)
        disk.follow(done)
        way = disk.after_loss(place, effort.dice(number))
        last = f"after {done[-1].what} {Path(done[-1].path).name}" if done else "before all"
        return Told.by(done), f"round {number} (event {moment}, {last}, {way})"

    @property
    def key_store(self) -> MemoryKeyStore:
        return MemoryKeyStore({install: bytes.fromhex(pepper) for install, pepper in self.peppers.items()})


@dataclass
class Ground:
    """A template home with two cases, and a photograph taken in."""

    folder: Path
    template: Path
    peppers: dict[str, str]
    cases: list[str]
    photo: Path

    def record(self, name: str, operations: int = 24, **more: Any) -> Recording:
        root = self.folder / name
        before, after = root / "before", root / "now"
        shutil.copytree(self.template, before / "home")
        shutil.copytree(self.template, after / "home")
        setup = {"kind": "saving", "peppers": self.peppers, "cases": self.cases, "photo": str(self.photo),
                 "seed": 1, "operations": operations} | more  # fmt: skip
        events = record("tests.faults.recorded_child", after / "home", [json.dumps(setup)], root / "log")
        return Recording(before, _moved(events, after, before), self.peppers)


def _moved(events: list[Event], source: Path, target: Path) -> list[Event]:
    """The same events on the copy that nobody wrote to: paths are those of `target`."""

    def there(path: str) -> str:
        return path.replace(str(source), str(target), 1)

    return [Event(e.what, e.ino, there(e.path), there(e.target), e.at, e.data) for e in events]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    template = tmp_path / "template"
    workspace = make_workspace(template)
    workspace.clock = SystemClock()
    workspace.unlock("wang", password_of("wang"))
    found = [
        workspace.do(
            cases.register_case, subject=f"03-000{n}", sex="f", age=61, arm="reduced", rand_no=f"R-{n}",
            rand_no_again=f"R-{n}", tumour_length_mm=40,
        ).rec
        for n in (1, 2)
    ]  # fmt: skip
    workspace.lock()
    (template / "in-use.lock").unlink()
    peppers = {install: pepper.hex() for install, pepper in workspace._keys().peppers.items()}  # type: ignore[attr-defined]
    (tmp_path / "photo").write_bytes(pickle.dumps(small_photo()))
    return Ground(tmp_path, template, peppers, found, tmp_path / "photo")


# --- one state ----------------------------------------------------------------------------------------


def _saved_faults(ground: Ground, recording: Recording, home: Path, told: Told) -> list[str]:
    """Opens as the application does, with the password that was acknowledged or the one under way."""
    changed = {told.passwords} | ({told.passwords + 1} if told.doing("password") else set())
    for number in sorted(changed):
        result = open_installation(
            Home(home), user="wang", password=password_no("wang", number), key_store=recording.key_store,
            clock=SystemClock(),
        )  # fmt: skip
        if result.state != "wrong-password":
            break
    if result.opened is None or result.state != "ok":
        if result.opened is not None:
            result.opened.close()
        return [f"state {result.state}"]
    try:
        wrong = _stored_faults(ground, result.opened.store, home, told)
        if (person := told.doing("person") or told.person) is not None and told.person is not None:
            wrong += _person_faults(result.opened, {person, told.person})
        return wrong
    finally:
        result.opened.close()


def _stored_faults(ground: Ground, store: Store, home: Path, told: Told) -> list[str]:
    found = {row.rev_id for row in store.audit(limit=100_000)}
    wrong = [f"lost {each[:12]}" for each in told.revisions if each not in found]
    drafts = {draft.case: json.loads(draft.data)["n"] for draft in store.drafts()}
    for case in ground.cases:
        allowed = {told.drafts.get(case)}
        allowed |= {told.doing("draft", case)} if told.doing("draft", case) else set()
        allowed |= {None} if told.doing("commit", case) else set()
        if drafts.get(case) not in allowed:
            wrong.append(f"draft {drafts.get(case)}, allowed {allowed}")
    for row in store.blobs():
        path = blob_path(Home(home).blobs, row.id)
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != row.id:
            wrong.append(f"photo {row.id[:12]} is not whole")
    return wrong


def _person_faults(opened: Any, numbers: set[int]) -> list[str]:
    for number in numbers:
        try:
            opened.open_person(NEW_PERSON, password_no(NEW_PERSON, number))
        except ResetOrError:
            continue
        return []
    return ["the new person's password does not open"]


def _whole_faults(ground: Ground, recording: Recording, home: Path, told: Told) -> list[str]:
    """The whole application on it: everything verifies, and the same computer goes on saving."""
    workspace = Workspace(home, lanes=InlineLanes(), clock=SystemClock(), key_store=recording.key_store)
    try:
        workspace.unlock("wang", password_no("wang", told.passwords))
    except ResetOrError:
        workspace.unlock("wang", password_no("wang", told.passwords + 1))
    try:
        made = workspace.do(
            readings.record_reading, case=ground.cases[0], end="distal", value_mm=33, entered="3.3",
            state="in_vivo", segment="extra", edge="residual_edge", method="tape_intracorporeal",
        )  # fmt: skip
        lost = workspace.context.store.revision(made.rev_id) is None
        return [*workspace.do(verify_store).bad, *(["the next save"] if lost else [])]
    finally:
        workspace.lock()


Check = Callable[[Recording, Path, Told], list[str]]


def _campaign(
    recording: Recording, effort: Effort, states: int, check: Check, place: Path, *, most: int = 1
) -> list[str]:
    wrong: list[str] = []
    for number in effort.rounds(states):
        told, what = recording.state(number, effort, place)
        try:
            found = check(recording, place / "home", told)
        except ResetOrError as error:
            found = [f"raised {error}"]
        wrong += [f"{what}: {each}" for each in found]
        shutil.rmtree(place)
        if len(wrong) >= most:
            break
    return wrong


# --- the campaigns ------------------------------------------------------------------------------------


def test_no_loss_of_power_takes_what_was_acknowledged(ground: Ground, effort: Effort, full: bool) -> None:
    recording = ground.record("saving")
    whole = 0

    def check(made: Recording, home: Path, told: Told) -> list[str]:
        nonlocal whole
        wrong = _saved_faults(ground, made, home, told)
        if not wrong and effort.reached % WHOLE_EVERY == 0:
            whole += 1
            wrong = _whole_faults(ground, made, home, told)
        return wrong

    told = Told.by(recording.events)
    wrong = _campaign(recording, effort, STATES if full else SHORT, check, ground.folder / "found")
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
    ground: Ground, effort: Effort, name: str, weak: dict[str, Any]
) -> None:
    recording = ground.record("weak", 12, **weak)

    def check(made: Recording, home: Path, told: Told) -> list[str]:
        return _saved_faults(ground, made, home, told)

    few = Effort(CONTROL_STATES, None, effort.seed)
    lost = _campaign(recording, few, CONTROL_STATES, check, ground.folder / "found")
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

    def check(_made: Recording, home: Path, told: Told) -> list[str]:
        result = open_installation(
            Home(home), user="wang", password=password_of("wang"), clock=SystemClock(),
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

    def check(_made: Recording, home: Path, _told: Told) -> list[str]:
        workspace = past.open(home)
        try:
            return [*missing(past.said["home"], said_by(workspace)), *workspace.do(verify_store).bad]
        finally:
            workspace.lock()

    wrong = _campaign(recording, effort, STATES // 10 if full else SHORT // 10, check, tmp_path / "found")
    note(f"R2 power lost while migrating {past.version}", effort.reached, effort.reached, effort.seed, wrong,
         effort.spent_s, calls_recorded=len(events))  # fmt: skip
    assert wrong == []
