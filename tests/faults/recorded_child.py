"""The life of a process whose every call on the disk is recorded: saves, drafts, photos, slots, an opening.

It says on its standard output `begin ...` before and `acked ...` after each operation (see told.py).
Arguments: the home, and one JSON value: `kind` (saving, creating, opening), what the template says, `seed`,
`operations`, and for the controls `synchronous` (of SQLite) and `early`.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

from reset_or.base.clock import SystemClock
from reset_or.base.paths import Home
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.store import engine
from reset_or.store.opening import create_installation
from tests.faults.history import releases
from tests.faults.saving_child import KINDS, Worker, save_early
from tests.faults.told import USER, password_no


def say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def main() -> None:
    home, setup = Path(sys.argv[1]), json.loads(sys.argv[2])
    if "synchronous" in setup:
        _weaken(setup["synchronous"])
    if setup["kind"] == "saving":
        _saves(home, setup)
        return
    say(f"begin 0 {setup['kind']} -")
    if setup["kind"] == "creating":
        create_installation(
            Home(home), user=USER, password=password_no(USER, 0), key_store=MemoryKeyStore(trouble="none"),
            clock=SystemClock(), cost=QUICK_COST,
        ).close()  # fmt: skip
    else:
        next(past for past in releases() if past.version == setup["version"]).open(home).lock()
    say(f"acked 0 {setup['kind']} - -")


def _weaken(level: int) -> None:
    """The control: SQLite syncs less than the application asks."""
    plain = engine._settle

    def settle(raw: Any, key_text: str) -> None:
        plain(raw, key_text)
        raw.execute(f"PRAGMA synchronous = {int(level)}")

    vars(engine)["_settle"] = settle


def _saves(home: Path, setup: dict[str, Any]) -> None:
    dice, worker = random.Random(setup["seed"]), Worker.at(home, setup)
    kinds = list(KINDS) * (setup["operations"] // len(KINDS) + 1)
    dice.shuffle(kinds)
    for number, kind in enumerate(kinds[: setup["operations"]], 1):
        case = dice.choice(setup["cases"])
        if setup.get("early"):
            save_early(worker.workspace, number, case, say)
            continue
        say(f"begin {number} {kind} {case}")
        say(f"acked {number} {kind} {case} {worker.do(kind, number, case)}")
    worker.workspace.lock()


if __name__ == "__main__":
    main()
