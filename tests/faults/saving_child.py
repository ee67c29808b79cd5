"""The life of a process that is killed while it saves: drafts and readings, one after another.

It says `begin ...` before and `acked ...` after each operation, on a pipe that outlives it. `early` is the
mistake that the campaign must see: it says `acked` while the transaction is still open.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from reset_or.actions import drafts, readings
from reset_or.actions.write import Intent, writing
from reset_or.base.clock import SystemClock
from reset_or.base.lanes import InlineLanes
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.workspace import Workspace
from tests.fakes.site import password_of
from tests.faults.warm import Say

PAGE = "margins"


def open_home(home: str, peppers: dict[str, str]) -> Workspace:
    keys = MemoryKeyStore({install: bytes.fromhex(pepper) for install, pepper in peppers.items()})
    workspace = Workspace(Path(home), lanes=InlineLanes(), clock=SystemClock(), key_store=keys)
    workspace.unlock("wang", password_of("wang"))
    return workspace


def warm(setup: dict[str, Any]) -> None:
    """Imports all that a save needs, and leaves the store closed again."""
    workspace = open_home(setup["warm_home"], setup["peppers"])
    _save(workspace, setup["cases"][0], 50, "")
    workspace.lock()


def run(setup: dict[str, Any], order: dict[str, Any], say: Say) -> None:
    dice = random.Random(order["seed"])
    workspace = open_home(order["home"], setup["peppers"])
    number, quiet = order["first"], dice.randrange(3)
    while True:
        if not quiet:
            say("ready")
        quiet -= 1
        number += 1
        case = dice.choice(setup["cases"])
        kind = dice.choice(("draft", "draft", "save", "commit"))
        say(f"begin {number} {kind} {case}")
        if order.get("early"):
            kind = "save"
            _save_early(
                workspace, case, 40 + number % 40, lambda made, n=number, c=case: _ack(say, n, c, made)
            )
            continue
        if kind == "draft":
            workspace.do(drafts.save_draft, page=PAGE, case=case, data={"n": number})
            made = "-"
        else:
            made = _save(workspace, case, 40 + number % 40, PAGE if kind == "commit" else "")
        say(f"acked {number} {kind} {case} {made}")


def _ack(say: Say, number: int, case: str, made: str) -> None:
    say(f"acked {number} save {case} {made}")


def _save(workspace: Workspace, case: str, value_mm: int, page: str) -> str:
    """A reading; with `page` the draft goes in the same transaction."""
    return workspace.do(
        readings.record_reading, case=case, end="proximal", value_mm=value_mm, entered=str(value_mm / 10),
        state="in_vivo", edge="residual_edge", method="tape_intracorporeal", segment="extra", draft_page=page,
    ).rev_id  # fmt: skip


def _save_early(workspace: Workspace, case: str, value_mm: int, ack: Any) -> None:
    values: dict[str, Any] = {
        "end": "proximal", "segment": "extra", "value_mm": value_mm, "entered": "5", "unit": "cm",
        "state": "in_vivo",
    }  # fmt: skip
    with writing(workspace.context) as one:
        ack(one.append(Intent("reading", "create", case=case, values=values)).rev_id)
