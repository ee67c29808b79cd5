"""Devices that a server has put on hold, as it says to devices of their site (`GET /v1/holds`, signed).

    {"v":1, "at", "holds":[{"dev", "site", "why", "since_at", "called_at"}]}

Only said to a person, who finds the computer; nothing is decided by it. Times UTC ms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.ids import HASH_HEX, SITE
from reset_or.base.words import Language, keys, say

PATH: Final = "/v1/holds"
LOOK_BACK_DAYS: Final = 7
_MOST: Final = 1000
_SHORT: Final = 16


@dataclass(frozen=True)
class Hold:
    """`why`: fork. `called_at`: when its computer last asked the server, None where it has not for
    `LOOK_BACK_DAYS` days: it is switched off, or goes on under its new id."""

    dev: str
    site: str
    why: str
    since_at: int
    called_at: int | None


def short(dev: str) -> str:
    """A device's id as lists and settings show it."""
    return dev[:_SHORT]


def sentence(hold: Hold, language: Language, time: Callable[[int], str]) -> str:
    """Which device, why, since when, and whether its computer still calls."""
    known = f"holds.why_{hold.why}"
    called = say("holds.silent", language, days=LOOK_BACK_DAYS)
    if hold.called_at is not None:
        called = say("holds.called", language, at=time(hold.called_at))
    return say(
        "holds.line", language, dev=short(hold.dev), site=hold.site, since=time(hold.since_at),
        why=say(known if known in keys() else "holds.why_other", language), called=called,
    )  # fmt: skip


def encode_holds(holds: Sequence[Hold], at: int) -> bytes:
    value = {"v": 1, "at": at, "holds": [asdict(each) for each in holds]}
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def decode_holds(untrusted: bytes) -> tuple[Hold, ...]:
    """Raises EnvironmentTrouble("server_not_ours") for anything else."""
    try:
        value = json.loads(untrusted)
        rows = value["holds"]
        if value["v"] != 1 or len(rows) > _MOST:
            raise EnvironmentTrouble("server_not_ours")
        return tuple(_read(row) for row in rows)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise EnvironmentTrouble("server_not_ours") from error


def _read(row: dict[str, Any]) -> Hold:
    hold = Hold(row["dev"], row["site"], row["why"], row["since_at"], row["called_at"])
    times = (hold.since_at, 0 if hold.called_at is None else hold.called_at)
    good = HASH_HEX.fullmatch(hold.dev) and SITE.fullmatch(hold.site) and isinstance(hold.why, str)
    if not good or not all(type(each) is int and 0 <= each < 1 << 52 for each in times):
        raise EnvironmentTrouble("server_not_ours")
    return hold
