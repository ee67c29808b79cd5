"""Who called when, and how often: the access log and the brake for strangers; counts go to the meter.

Nothing clinical can pass through here: routes are names, ids are hashes, bodies are never looked at. Log
rows are written in the background at most a second late; a power cut may lose that second.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble
from reset_or.central import tables
from reset_or.central.database import Database
from reset_or.central.meter import Meter

_MOST_WAITING = 10_000
_MOST_ADDRESSES = 10_000


@dataclass(frozen=True)
class Visit:
    """One answered request. `dev` as the caller says, "" for unsigned ones; `problem` "" for success."""

    at: int
    address: str
    dev: str
    route: str
    method: str
    status: int
    problem: str
    took_ms: int


@dataclass
class Ledger:
    """Counts at once, writes when `flush` is called."""

    database: Database
    meter: Meter = field(default_factory=Meter)
    _waiting: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_MOST_WAITING))

    def note(self, visit: Visit) -> None:
        self.meter.count("requests_total", visit.route, str(visit.status), visit.problem)
        self.meter.took("request_seconds", visit.took_ms / 1000, visit.route)
        if visit.route not in ("status", "metrics"):
            self._waiting.append(vars(visit) | {"id": secrets.token_hex(16)})

    def flush(self) -> None:
        """Writes what waits; what cannot be written now waits on."""
        rows = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not rows:
            return
        try:
            with self.database.writing() as connection:
                self.database.insert_many(connection, tables.access_log, rows)
        except EnvironmentTrouble as error:
            log.event("access_log_waits", rows=len(rows), code=error.code)
            self._waiting.extendleft(reversed(rows))


@dataclass
class Brake:
    """So many unsigned requests a minute for one address; forgets the addresses it saw longest ago."""

    per_minute: int
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, address: str) -> int:
        """0 and counts the request, or the seconds to wait."""
        now = time.monotonic()
        with self._lock:
            left, seen = self._left.pop(address, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - seen) * self.per_minute / 60)
            allowed = left >= 1
            self._left[address] = (left - 1 if allowed else left, now)
            while len(self._left) > _MOST_ADDRESSES:
                self._left.popitem(last=False)
        return 0 if allowed else int((1 - left) * 60 / self.per_minute) + 1
