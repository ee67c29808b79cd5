"""A large photo on a slow line, and records beside it: on the real lanes, against the real server."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from reset_or.actions import ledger, readings
from reset_or.actions.context import Context
from reset_or.actions.syncing import SyncResult
from reset_or.base.clock import SystemClock
from reset_or.base.errors import ResetOrError
from reset_or.sync.results import SyncProgress
from reset_or.wire.blobs import PIECE
from reset_or.workspace import Workspace
from tests.fakes.workstations import (
    Ground,
    attach,
    password_of,
    register,
    server_file,
)  # fmt: skip
from ui.tasks import QtLanes

SLOW_KBIT_S = 64


@dataclass
class Desk:
    """A workspace on the lanes of the screen; `wait` lets its event loop run until something is so."""

    workspace: Workspace
    qtbot: QtBot
    told: list[SyncProgress] = field(default_factory=list)
    synced: list[SyncResult] = field(default_factory=list)
    moved: list[SyncResult] = field(default_factory=list)
    broken: list[BaseException] = field(default_factory=list)

    @property
    def ctx(self) -> Context:
        return self.workspace.context

    def wait(self, ready: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(ready()), timeout=30_000)

    def run(self, work: Callable[[], Any]) -> Any:
        came: list[Any] = []
        self.workspace.lanes.run("store", work, came.append)
        self.wait(lambda: came)
        return came[0]

    def sync(self) -> SyncResult:
        before = len(self.synced)
        self.workspace.start_sync(done=self.synced.append, failed=self.broken.append)
        self.wait(lambda: len(self.synced) > before)
        return self.synced[-1]

    def start_photos(self) -> None:
        self.workspace.start_sync(
            photos=True, progress=self.told.append, done=self.moved.append, failed=self.broken.append
        )


@pytest.fixture
def desk(ground: Ground, qtbot: QtBot) -> Iterator[Desk]:
    (station,) = ground.workstations(["zhang"])
    station.workspace.lock()
    lanes = QtLanes()
    workspace = Workspace(station.home, lanes=lanes, clock=SystemClock(), key_store=station.keys)
    made = Desk(workspace, qtbot)
    made.run(lambda: workspace.unlock(station.user, station.password))
    yield made
    made.run(workspace.lock)
    lanes.close()
    gc.collect()


def slow_photo(desk: Desk, ground: Ground) -> tuple[str, str]:
    """(case, blob) of a photo of 3 MiB that has begun to go up on a line that needs minutes for it."""
    case = desk.run(lambda: register(desk, "03-0001"))  # type: ignore[arg-type]
    _rec, blob = desk.run(lambda: attach(desk, case, 3 * PIECE))  # type: ignore[arg-type]
    assert desk.sync().complete
    desk.workspace.save_settings(photo_kbit_s=SLOW_KBIT_S)
    desk.start_photos()
    desk.wait(lambda: desk.told)
    return case, blob


def measure(desk: Desk, case: str) -> str:
    return str(desk.run(lambda: desk.workspace.do(
        readings.record_reading, case=case, end="distal", value_mm=47, entered="4.7", state="in_vivo",
        edge="residual_edge", method="tape_intracorporeal",
    ).rev_id))  # fmt: skip


def test_a_margin_does_not_wait_for_a_photo(desk: Desk, ground: Ground) -> None:
    case, blob = slow_photo(desk, ground)
    rev_id = measure(desk, case)
    result = desk.sync()
    assert (result.problem, result.pushed, result.complete) == ("", 1, True)
    assert desk.run(lambda: desk.workspace.context.store.revision(rev_id).received_at) is not None
    view = desk.run(lambda: desk.workspace.do(ledger.sync_view))
    assert (view.running, view.photos_only_here, view.answer) == (True, 1, "safely_stored")
    assert (desk.moved, desk.broken) == ([], []), "the photo is still on its way"
    desk.workspace.pause_sync()
    desk.wait(lambda: desk.moved)
    assert (desk.moved[0].paused, desk.moved[0].problem) == (True, "")
    assert not (ground.folder / "server-blobs" / blob[:2] / blob[2:4] / blob).exists()
    desk.workspace.save_settings(photo_kbit_s=0)
    desk.start_photos()
    desk.wait(lambda: len(desk.moved) > 1)
    assert (desk.moved[1].photos_up, desk.moved[1].complete) == (1, True)
    assert server_file(ground, blob).exists()
    assert desk.run(lambda: desk.workspace.do(ledger.sync_view)).answer == "all_uploaded"


def test_the_limit_may_be_lifted_while_a_photo_goes(desk: Desk, ground: Ground) -> None:
    _case, blob = slow_photo(desk, ground)
    desk.start_photos()  # nothing: they are moving
    desk.workspace.save_settings(photo_kbit_s=1_000_000)
    desk.wait(lambda: desk.moved)
    assert (desk.moved[0].problem, desk.moved[0].photos_up) == ("", 1)
    assert server_file(ground, blob).exists()


def test_locking_stops_a_photo_and_it_goes_on_after_unlocking(desk: Desk, ground: Ground) -> None:
    _case, blob = slow_photo(desk, ground)
    user = desk.workspace.active
    desk.run(desk.workspace.lock)
    desk.wait(lambda: desk.moved or desk.broken)
    assert [each.code for each in desk.broken if isinstance(each, ResetOrError)] == ["store_closed"]
    desk.broken.clear()
    desk.workspace.save_settings(photo_kbit_s=0)
    desk.run(lambda: desk.workspace.unlock(user, password_of(user)))
    assert desk.sync().problem == ""
    desk.start_photos()
    desk.wait(lambda: desk.moved)
    assert (desk.moved[0].photos_up, desk.moved[0].complete) == (1, True)
    assert server_file(ground, blob).exists()
