"""A disk with less and less room, in steps of 4 KiB: what is acknowledged is kept, the rest has a name (R4).

One process on a real small disk saves, drafts, attaches photos and changes a password while it is full, and
goes on by itself when there is room again. Half of the rounds let photos try although the rule pauses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reset_or.actions import cases, drafts, photos, readings
from reset_or.actions.ledger import space_text
from reset_or.actions.verifying import verify_store
from reset_or.base import files
from reset_or.base.clock import SystemClock
from reset_or.base.errors import EnvironmentTrouble, ResetOrError
from reset_or.base.files import PHOTO_SPACE
from reset_or.images.intake import TakenPhoto
from reset_or.workspace import Workspace
from tests.conftest import Effort
from tests.fakes.disk import STEP, fill, small_disk
from tests.fakes.photos import another, small_photo
from tests.fakes.site import make_workspace, password_of
from tests.faults.report import note

ROUNDS = 200
SHORT = 40
REOPEN_EVERY = 10
_NAMED = frozenset({"disk_full", "photos_paused"})
PAGE = "margins"


def _case(workspace: Workspace, number: int) -> str:
    return workspace.do(
        cases.register_case, subject=f"03-{number:04}", sex="f", age=61, arm="reduced", rand_no="R-1",
        rand_no_again="R-1", tumour_length_mm=40,
    ).rec  # fmt: skip


@dataclass
class Desk:
    """The process that goes on working; what it was told is kept."""

    workspace: Workspace
    case: str
    taken: TakenPhoto
    saved: list[str] = field(default_factory=list)
    draft: int | None = None
    changes: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """Photos that opened since the store was opened last."""

    def work(self, number: int) -> None:
        """One of everything; a refusal must have one of the names."""
        for act in (self._draft, self._save, self._photo, self._password, self._save):
            try:
                act(number)
            except ResetOrError as error:
                what = f"{act.__name__.strip('_')} {error.code}"
                self.refused[what] = self.refused.get(what, 0) + 1
                if error.code not in _NAMED:
                    self.wrong.append(f"round {number}: {act.__name__} refused with {error}")

    def _draft(self, number: int) -> None:
        self.workspace.do(drafts.save_draft, page=PAGE, case=self.case, data={"n": number})
        self.draft = number

    def _save(self, number: int) -> None:
        self.saved.append(
            self.workspace.do(
                readings.record_reading, case=self.case, end="proximal", value_mm=40 + number % 40,
                entered=str(4 + number % 40 / 10), state="in_vivo", segment="extra", edge="residual_edge",
                method="tape_intracorporeal",
            ).rev_id
        )  # fmt: skip

    def _photo(self, number: int) -> None:
        taken = another(self.taken, len(self.saved) * 1000 + number)
        saved = self.workspace.do(photos.attach_photo, case=self.case, taken=taken, state="fresh_unpinned")
        self.saved.append(saved.rev_id)

    def _password(self, _number: int) -> None:
        old, new = (_password_no(self.changes + more) for more in (0, 1))
        self.workspace.opened.change_password("wang", old, new)
        self.changes += 1

    def check(self, number: int) -> None:
        store = self.workspace.context.store
        found = {row.rev_id for row in store.audit(limit=100_000)}
        self.wrong += [f"round {number}: lost {each[:12]}" for each in self.saved if each not in found]
        data = self.workspace.do(drafts.load_draft, page=PAGE, case=self.case)
        if (data and data["n"]) != self.draft:
            self.wrong.append(f"round {number}: draft {data}, acknowledged {self.draft}")
        for row in store.blobs():
            if row.rec not in self.seen:
                self.workspace.do(photos.open_photo, photo=row.rec)
                self.seen.add(row.rec)

    def left_over(self) -> list[str]:
        """Halves of files, and sealed photos that no record names: they would take room for ever."""
        home = self.workspace.home
        names = {row.id for row in self.workspace.context.store.blobs()}
        found = [path.name for path in home.root.rglob("*") if path.suffix in (".tmp", ".part")]
        return found + [p.name[:12] for p in home.blobs.rglob("*") if p.is_file() and p.name not in names]

    def next_case(self, number: int) -> None:
        self.case, self.draft = _case(self.workspace, number), None

    def again(self, number: int) -> None:
        """Closed and opened, as on the next morning, and verified."""
        self.workspace.lock()
        self.workspace.unlock("wang", _password_no(self.changes))
        bad = self.workspace.do(verify_store).bad
        self.wrong += [f"round {number}: {each}" for each in bad]
        self.seen.clear()
        self.check(number)


def _password_no(number: int) -> str:
    return password_of("wang") + (f" {number}" if number else "")


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """On a disk of its own, whose size the test names."""
    with small_disk(tmp_path / "disk", request.param):
        workspace = make_workspace(tmp_path / "disk" / "home")
        workspace.clock = SystemClock()
        workspace.unlock("wang", password_of("wang"))
        yield Desk(workspace, _case(workspace, 1), small_photo())
        workspace.lock()


@pytest.mark.parametrize("desk", ["24m"], indirect=True)
def test_a_full_disk_at_every_step_loses_nothing_and_is_left_by_itself(
    desk: Desk, effort: Effort, full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filler, least = tmp_path / "disk" / "filler", files.PHOTO_SPACE
    for number in effort.rounds(ROUNDS if full else SHORT):
        monkeypatch.setattr(files, "PHOTO_SPACE", 0 if number % 2 else least)
        # Half of the rounds go through every step in turn; the other half fill what a save needs.
        fill(filler, leave=STEP * (number if number % 4 < 2 else number % 24))
        desk.work(number)
        desk.check(number)
        filler.unlink()
        before = len(desk.saved)
        monkeypatch.setattr(files, "PHOTO_SPACE", 0)
        desk._save(number)
        desk._photo(number)
        desk.wrong += [f"round {number}: {name} was left" for name in desk.left_over()]
        assert len(desk.saved) == before + 2, "the same process goes on when there is room"
        if number % REOPEN_EVERY == REOPEN_EVERY - 1:
            desk.again(number)
            desk.next_case(number + 2)
        if desk.wrong:
            break
    desk.again(effort.reached)
    refusals = sum(desk.refused.values())
    note("R4 disk full in steps of 4 KiB", effort.reached, refusals, effort.seed, desk.wrong, effort.spent_s,
         saves_acknowledged=len(desk.saved), **desk.refused)  # fmt: skip
    assert desk.wrong == []
    wanted = {f"{act} disk_full" for act in ("draft", "save", "photo", "password")} | {"photo photos_paused"}
    assert effort.reached < SHORT or desk.refused.keys() == wanted


@pytest.mark.parametrize("desk", ["80m"], indirect=True)
def test_photos_pause_below_fifty_megabytes_and_margins_still_save(desk: Desk, tmp_path: Path) -> None:
    home, filler = desk.workspace.home, tmp_path / "disk" / "filler"
    free = files.free_space(home.root)
    assert f"{free // 1_000_000} MB" in space_text(home, "en")
    desk._photo(1)
    with filler.open("wb") as stream:
        for _ in range((free - PHOTO_SPACE) // STEP + 1):
            stream.write(bytes(STEP))
    with pytest.raises(EnvironmentTrouble, match="photos_paused"):
        desk._photo(2)
    assert space_text(home, "en").endswith("MB left. Margins still save; photos are paused.")
    assert space_text(home, "zh").endswith("MB。切缘仍可保存，照片已暂停。")
    desk._save(2)
    desk._draft(2)
    filler.unlink()
    desk._photo(2)
    desk.again(2)
    assert (desk.wrong, len(desk.saved)) == ([], 3)
