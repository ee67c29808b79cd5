"""The restart test: a computer that forgets its disk at every start must not be given real records.

Enrolment leaves a marker with the name of that start. Once it is read back after another start, the disk is
known to keep what is written; a computer that forgets comes up as "not enrolled". Until then real records are
refused, unless a person says by name that this computer cannot be restarted now. The demo and practice are
never asked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from reset_or.actions.context import Context
from reset_or.actions.events import note
from reset_or.base.boot import Boot, restarted
from reset_or.base.changes import Changes
from reset_or.base.errors import UserFixable
from reset_or.base.files import write_atomic
from reset_or.base.paths import Home

if TYPE_CHECKING:
    from reset_or.store.store import Store
    from reset_or.store.unit import Unit

State = Literal["", "pending", "passed", "waived"]
"""`""`: not asked, as in the demo and in installations that are older than the test."""
_META: Final = "reboot_test"
PASSED: Final = "reboot_test_passed"
WAIVED: Final = "reboot_test_waived"


def mark(unit: Unit, home: Home, boot: Boot | None) -> None:
    """Leaves the marker in a new store, and the same beside it; `boot` None: nothing is asked for."""
    if boot is not None:
        text = json.dumps({"v": 1, "state": "pending", "boot": boot.boot_id()})
        unit.put_meta(_META, text)
        _leave(home, text)


def _leave(home: Home, text: str) -> None:
    """Outside the store, so that `doctor` can tell without a password. Never decides anything."""
    write_atomic(home.restart, text.encode("ascii") + b"\n")


def glance(home: Home, boot: Boot) -> State:
    """What the file says, read at this start; no password."""
    try:
        return _judged(json.loads(home.restart.read_bytes()), boot)
    except (OSError, ValueError, AttributeError):
        return ""


def look(store: Store, home: Home, boot: Boot) -> tuple[State, bool]:
    """(state now, whether the marker was read back just now), and keeps it where that is new."""
    kept: dict[str, Any] = json.loads(store.meta(_META) or "{}")
    state = _judged(kept, boot)
    new = state == "passed" and kept.get("state") == "pending"
    if new and not store.read_only:
        _keep(store, home, kept, state)
    return state, new


def waive(ctx: Context) -> Changes:
    """A named person says that this computer cannot be restarted now; written down and sent to the centre.

    Raises UserFixable("reboot_test_not_pending").
    """
    if ctx.reboot_test != "pending":
        raise UserFixable("reboot_test_not_pending")
    kept: dict[str, Any] = json.loads(ctx.store.meta(_META) or "{}")
    saved = note(ctx, what=WAIVED, author=ctx.user)
    _keep(ctx.store, ctx.home, kept | {"by": ctx.user}, "waived")
    ctx.reboot_test = "waived"
    return saved.changes


def _judged(kept: dict[str, Any], boot: Boot) -> State:
    state = kept.get("state", "")
    if state == "pending" and restarted(str(kept.get("boot", "")), boot.boot_id()):
        return "passed"
    return state if state in ("pending", "passed", "waived") else ""


def _keep(store: Store, home: Home, kept: dict[str, Any], state: State) -> None:
    text = json.dumps(kept | {"state": state})
    with store.transaction() as unit:
        unit.put_meta(_META, text)
    _leave(home, text)
