"""The computers of a history, and what people write at them, each save beside the model's.

`histories.py` adds what befalls them; `rest.py` says what must hold when all is quiet.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from reset_or.actions import cases, readings
from reset_or.actions.photos import attach_photo
from reset_or.base.errors import UserFixable
from reset_or.base.ids import case_rec, sha256_hex
from reset_or.images.intake import TakenPhoto
from tests.faults.model import Model, Save, hold
from tests.faults.world import CENTRE, SITE, Seat, World

SUBJECTS: Final = ("03-0001", "03-0002", "03-0003")
ROOMS: Final = ("OR 1", "OR 2", "OR 3")


class Scene:
    """Saves by name of the computer. `revoked`: withdrawn computers; `forged`: env_id -> rev_id of what a
    thief wrote; `photos_gone`: photos that nobody can hand on any more."""

    def __init__(self, world: World, seed: int = 0) -> None:
        self.world, self.model, self.dice = world, Model(), random.Random(seed)
        self.central = world.central
        self.sites = [name for name in world.seats if name != CENTRE]
        self.revoked: set[str] = set()
        self.forged: dict[str, str] = {}
        self.photos: set[str] = set()
        self.photos_gone: set[str] = set()

    def seat(self, name: str) -> Seat:
        return self.world.seats[name]

    def own_rows(self, name: str) -> Iterator[Any]:
        seat = self.seat(name)
        return iter(seat.store.held(SITE, seat.dev, 0, 100_000)) if name != CENTRE else iter(())

    def revisions(self, name: str) -> list[Any]:
        store = self.seat(name).store
        return [
            row for record in store.records() if record.site == SITE for row in store.revisions(record.rec)
        ]

    def register(self, name: str, subject: str, sex: str) -> None:
        rec = case_rec(self.world.template.trial.study, subject)
        known = self._known(name, rec)
        self._save(
            name, rec, {"sex": sex}, "case_exists" if known else "",
            lambda seat: cases.register_case(seat.ctx, subject=subject, sex=sex, age=61),
        )  # fmt: skip

    def update(self, name: str, subject: str, room: str) -> None:
        rec = case_rec(self.world.template.trial.study, subject)
        known, now = self._known(name, rec), set[Any]()
        if known:
            now = self.model.standing(rec, known).get("room", set())
        refused = "case_unknown" if not known else _refusal(now, room)
        self._save(name, rec, {"room": room}, refused,
                   lambda seat: cases.update_case(seat.ctx, case=rec, fields={"room": room}))  # fmt: skip

    def read(self, name: str, subject: str, value_mm: int) -> None:
        """A new reading; it has a record of its own."""
        rec = case_rec(self.world.template.trial.study, subject)
        entered = str(value_mm / 10)
        self._save(
            name, "", {"value_mm": value_mm, "entered": entered},
            "" if self._known(name, rec) else "case_unknown",
            lambda seat: readings.record_reading(
                seat.ctx, case=rec, end="proximal", value_mm=value_mm, entered=entered, state="in_vivo",
                segment="extra",
            ),
        )  # fmt: skip

    def reread(self, name: str, which: int, value_mm: int) -> None:
        """Another length for one of the readings that the seat knows."""
        recs = [s.rec for s in self.model.saves.values() if "value_mm" in s.writes and not s.known]
        known = {rec: ids for rec in dict.fromkeys(recs) if (ids := self._known(name, rec))}
        if not known:
            return
        rec = sorted(known)[which % len(known)]
        now = self.model.standing(rec, known[rec]).get("value_mm", set())
        entered = str(value_mm / 10)
        self._save(
            name, rec, {"value_mm": value_mm, "entered": entered}, _refusal(now, value_mm),
            lambda seat: readings.change_reading(
                seat.ctx, reading=rec, value_mm=value_mm, entered=entered
            ),
        )  # fmt: skip

    def photo(self, name: str, subject: str, size: int) -> None:
        rec = case_rec(self.world.template.trial.study, subject)
        if not self._known(name, rec):
            return
        data = self.dice.randbytes(size)
        taken = TakenPhoto(
            data=data, mime="image/jpeg", w=4, h=3, turn=1, sha256=sha256_hex(data),
            camera_sha256=sha256_hex(data + b"as the camera took it"), captured_at=None,
            captured_zone_min=None, warnings=(),
        )  # fmt: skip
        self._save(name, "", {}, "", lambda seat: attach_photo(seat.ctx, case=rec, taken=taken))
        self.photos |= {blob.id for blob in self.seat(name).store.blobs()}

    def _save(
        self, name: str, rec: str, writes: dict[str, Any], refused: str, act: Callable[[Seat], Any]
    ) -> None:
        seat = self.seat(name)
        if seat.ctx.read_only:
            return
        known = self._known(name, rec) if rec else frozenset[str]()
        try:
            saved = act(seat)
        except UserFixable as error:
            hold("I7", error.code == refused, name, "refused", error.code, "expected", refused or "a save")
            return
        hold("I7", not refused, name, "saved where", refused, "was expected")
        self.model.saves[saved.rev_id] = Save(saved.rev_id, name, saved.rec, writes, known)

    def _known(self, name: str, rec: str) -> frozenset[str]:
        return frozenset(row.rev_id for row in self.seat(name).store.revisions(rec))


def _refusal(now: set[Any], value: Any) -> str:
    if len(now) > 1:
        return "conflict_open"
    return "nothing_changed" if now == {value} else ""
