"""The life of a process that is killed while it works: drafts, readings, photos, slots, one after another.

It says `begin ...` before and `acked ...` after each operation (see told.py), on a pipe that outlives it.
`early` is the mistake that the campaign must see: it says `acked` while the transaction is still open.
"""

from __future__ import annotations

import pickle
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reset_or.actions import drafts, photos, readings
from reset_or.actions.write import Intent, writing
from reset_or.base.clock import SystemClock
from reset_or.base.lanes import InlineLanes
from reset_or.images.intake import TakenPhoto
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.workspace import Workspace
from tests.fakes.photos import another
from tests.faults.told import NEW_PERSON, USER, password_no
from tests.faults.warm import Say

PAGE = "margins"
KINDS = (
    "draft",
    "draft",
    "save",
    "save",
    "commit",
    "commit",
    "photo",
    "photo",
    "password",
    "person",
    "recovery",
)


def locked_home(home: str | Path, peppers: dict[str, str]) -> Workspace:
    """A workspace nobody has opened yet; `peppers` stand for the keyring."""
    keys = MemoryKeyStore({install: bytes.fromhex(pepper) for install, pepper in peppers.items()})
    return Workspace(Path(home), lanes=InlineLanes(), clock=SystemClock(), key_store=keys)


@dataclass
class Worker:
    """Somebody at work. `changes`: how often the password has been changed."""

    workspace: Workspace
    taken: TakenPhoto
    changes: int = 0

    @classmethod
    def at(cls, home: str | Path, setup: dict[str, Any], changes: int = 0) -> Worker:
        workspace = locked_home(home, setup["peppers"])
        workspace.unlock(USER, password_no(USER, changes))
        return cls(workspace, pickle.loads(Path(setup["photo"]).read_bytes()), changes)

    def do(self, kind: str, number: int, case: str) -> str:
        """Does it and says what was made: a rev_id, or "-"."""
        if kind in ("save", "commit"):
            return save(self.workspace, case, 40 + number % 40, PAGE if kind == "commit" else "")
        if kind == "photo":
            taken = another(self.taken, number)
            attach = photos.attach_photo
            return self.workspace.do(attach, case=case, taken=taken, state="fresh_unpinned").rev_id
        if kind == "draft":
            self.workspace.do(drafts.save_draft, page=PAGE, case=case, data={"n": number})
        elif kind == "password":
            old, new = (password_no(USER, self.changes + more) for more in (0, 1))
            self.workspace.opened.change_password(USER, old, new)
            self.changes += 1
        elif kind == "person":
            self.workspace.opened.add_person(NEW_PERSON, password_no(NEW_PERSON, number))
        else:
            self.workspace.opened.add_recovery()
        return "-"


def warm(setup: dict[str, Any]) -> None:
    """Imports all that the work needs, and leaves the store closed again."""
    worker = Worker.at(setup["warm_home"], setup)
    for number, kind in enumerate(KINDS):
        worker.do(kind, number, setup["cases"][0])
    worker.workspace.lock()


def run(setup: dict[str, Any], order: dict[str, Any], say: Say) -> None:
    dice = random.Random(order["seed"])
    worker = Worker.at(order["home"], setup, order["changes"])
    number, quiet = order["first"], dice.randrange(3)
    while True:
        if not quiet:
            say("ready")
        quiet -= 1
        number += 1
        case, kind = dice.choice(setup["cases"]), dice.choice(KINDS)
        if order.get("early"):
            save_early(worker.workspace, number, case, say)
            continue
        say(f"begin {number} {kind} {case}")
        say(f"acked {number} {kind} {case} {worker.do(kind, number, case)}")


def save(workspace: Workspace, case: str, value_mm: int, page: str = "", comment: str = "") -> str:
    """A reading; with `page` the draft goes in the same transaction."""
    return workspace.do(
        readings.record_reading, case=case, end="proximal", value_mm=value_mm, entered=str(value_mm / 10),
        state="in_vivo", edge="residual_edge", method="tape_intracorporeal", segment="extra", draft_page=page,
        comment=comment,
    ).rev_id  # fmt: skip


def save_early(workspace: Workspace, number: int, case: str, say: Say) -> None:
    """The mistake: acknowledged inside the transaction."""
    values: dict[str, Any] = {
        "end": "proximal", "segment": "extra", "value_mm": 40 + number % 40, "entered": "5", "unit": "cm",
        "state": "in_vivo",
    }  # fmt: skip
    say(f"begin {number} save {case}")
    with writing(workspace.context) as one:
        made = one.append(Intent("reading", "create", case=case, values=values)).rev_id
        say(f"acked {number} save {case} {made}")
