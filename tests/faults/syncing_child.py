"""The life of a computer that is killed while it saves and synchronises in turns."""

from __future__ import annotations

import random
from typing import Any

from reset_or.actions import cases, readings
from reset_or.actions.syncing import sync_once
from reset_or.sync import outbox
from reset_or.wire.transport import HttpTransport
from reset_or.workspace import Workspace
from tests.faults.ground import open_home
from tests.faults.warm import Say


def warm(setup: dict[str, Any]) -> None:
    """Imports all of it against a server that is not there."""
    workspace = open_home(setup["warm_home"], setup["peppers"], setup["warm_user"])
    save_case(workspace, "03-9999")
    transport = HttpTransport("http://127.0.0.1:9")
    sync_once(workspace.context, transport=transport)
    transport.close()
    workspace.lock()


def run(setup: dict[str, Any], order: dict[str, Any], say: Say) -> None:
    dice = random.Random(order["seed"])
    workspace = open_home(order["home"], setup["peppers"], order["user"])
    transport = HttpTransport(setup["url"], timeout_s=20)
    outbox.MAX_FRAMES = 2  # so that answers are stored while the next request is at the server
    case, made = save_case(workspace, order["subject"])
    say(f"acked {made}")
    number, quiet = 0, dice.randrange(3)
    while True:
        for _ in range(dice.randrange(8)):
            number += 1
            say(f"acked {save_reading(workspace, case, 40 + number % 40)}")
        if not quiet:  # from here on it may be killed: in this sync, or in a save or a sync after it
            say("ready")
        quiet -= 1
        say("syncing")
        result = sync_once(workspace.context, transport=transport)
        say(f"synced {result.pushed} {result.pulled} {result.problem or '-'} {result.alarm or '-'}")


def save_case(workspace: Workspace, subject: str) -> tuple[str, str]:
    saved = workspace.do(
        cases.register_case, subject=subject, sex="f", age=61, arm="reduced", rand_no="R-1",
        rand_no_again="R-1",
    )  # fmt: skip
    return saved.rec, saved.rev_id


def save_reading(workspace: Workspace, case: str, value_mm: int) -> str:
    return workspace.do(
        readings.record_reading, case=case, end="proximal", value_mm=value_mm, entered=str(value_mm / 10),
        state="in_vivo", edge="residual_edge", method="tape_intracorporeal", segment="extra",
    ).rev_id  # fmt: skip
