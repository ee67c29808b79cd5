"""The life of a process whose every call on the disk is recorded: saves, drafts, photos, slots, an opening.

It says on its standard output `begin ...` before and `acked ...` after each operation. Arguments: the home,
and one JSON value: `kind` (saving, creating, opening), `peppers`, `cases`, `photo` (a pickled TakenPhoto),
`seed`, `operations`, and for the controls `synchronous` (of SQLite) and `early`.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import sys
from pathlib import Path
from typing import Any

from reset_or.actions import drafts, photos
from reset_or.base.clock import SystemClock
from reset_or.base.paths import Home
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.store import engine
from reset_or.store.opening import create_installation
from reset_or.workspace import Workspace
from tests.fakes.photos import another
from tests.fakes.site import password_of
from tests.faults.history import releases
from tests.faults.saving_child import PAGE, _save, _save_early, open_home

NEW_PERSON = "sun"
_KINDS = ("draft", "save", "save", "commit", "photo", "password", "person", "recovery")


def say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def password_no(user: str, number: int) -> str:
    """The password of a person after so many changes."""
    return password_of(user) + (f" {number}" if number else "")


def main() -> None:
    home, setup = Path(sys.argv[1]), json.loads(sys.argv[2])
    if "synchronous" in setup:
        _weaken(setup["synchronous"])
    if setup["kind"] == "creating":
        _create(home)
    elif setup["kind"] == "opening":
        say("begin 0 opening -")
        next(past for past in releases() if past.version == setup["version"]).open(home).lock()
        say("acked 0 opening - -")
    else:
        _saves(home, setup)


def _weaken(level: int) -> None:
    """The control: SQLite syncs less than the application asks."""
    plain = engine._settle

    def settle(raw: Any, key_text: str) -> None:
        plain(raw, key_text)
        raw.execute(f"PRAGMA synchronous = {int(level)}")

    vars(engine)["_settle"] = settle


def _create(home: Path) -> None:
    say("begin 0 creating -")
    create_installation(
        Home(home), user="wang", password=password_of("wang"), key_store=MemoryKeyStore(trouble="none"),
        clock=SystemClock(), cost=QUICK_COST,
    ).close()  # fmt: skip
    say("acked 0 creating - -")


def _saves(home: Path, setup: dict[str, Any]) -> None:
    dice, peppers = random.Random(setup["seed"]), setup["peppers"]
    workspace = open_home(str(home), peppers)
    kinds = list(_KINDS) * (setup["operations"] // len(_KINDS) + 1)
    dice.shuffle(kinds)
    for number, kind in enumerate(kinds[: setup["operations"]], 1):
        case = dice.choice(setup["cases"])
        if setup.get("early"):
            say(f"begin {number} save {case}")
            _save_early(workspace, case, 40 + number % 40,
                        lambda made, n=number, c=case: say(f"acked {n} save {c} {made}"))  # fmt: skip
            continue
        say(f"begin {number} {kind} {case}")
        say(f"acked {number} {kind} {case} {_one(workspace, kind, number, case, setup)}")
    workspace.lock()


def _one(workspace: Workspace, kind: str, number: int, case: str, setup: dict[str, Any]) -> str:
    """Does it, and says what must be found afterwards."""
    if kind == "draft":
        workspace.do(drafts.save_draft, page=PAGE, case=case, data={"n": number})
    elif kind in ("save", "commit"):
        return _save(workspace, case, 40 + number % 40, PAGE if kind == "commit" else "")
    elif kind == "photo":
        taken = pickle.loads(Path(setup["photo"]).read_bytes())
        return workspace.do(
            photos.attach_photo, case=case, taken=another(taken, number), state="fresh_unpinned"
        ).rev_id
    elif kind == "password":
        before = setup.setdefault("changes", 0)
        workspace.opened.change_password("wang", password_no("wang", before), password_no("wang", before + 1))
        setup["changes"] += 1
    elif kind == "person":
        workspace.opened.add_person(NEW_PERSON, password_no(NEW_PERSON, number))
    else:
        return workspace.opened.add_recovery()
    return "-"


if __name__ == "__main__":
    main()
