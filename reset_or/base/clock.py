"""Time as whole milliseconds of UTC, behind a port so that tests can move it. Orders nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

DAY_MS: Final = 86_400_000


class Clock(Protocol):
    """Where the time comes from."""

    def now_at(self) -> int:
        """Milliseconds since 1970 in UTC."""

    def offset_min(self) -> int:
        """Minutes the local zone is ahead of UTC."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back while the computer runs."""


class SystemClock:
    """The computer's own clock."""

    def now_at(self) -> int:
        return time.time_ns() // 1_000_000

    def offset_min(self) -> int:
        offset = datetime.now().astimezone().utcoffset()
        return int(offset.total_seconds() // 60) if offset else 0

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


@dataclass
class ManualClock:
    """A clock that moves only when told, for tests and the demo script."""

    at: int = 1_770_000_000_000
    zone_min: int = 480
    ticks: int = field(default=0)

    def now_at(self) -> int:
        return self.at

    def offset_min(self) -> int:
        return self.zone_min

    def monotonic_ms(self) -> int:
        return self.ticks

    def advance(self, milliseconds: int) -> None:
        self.at += milliseconds
        self.ticks += milliseconds


def utc_text(at: int) -> str:
    """`2026-11-23T06:25:00Z`, as it stands in exports and PDFs."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_text(at: int, zone_min: int, form: str = "%Y-%m-%d %H:%M") -> str:
    """The wall-clock text of `at` in a zone that is `zone_min` minutes ahead of UTC."""
    return datetime.fromtimestamp(at / 1000 + zone_min * 60, UTC).strftime(form)


def zone_text(zone_min: int) -> str:
    """`UTC+08:00`."""
    sign = "+" if zone_min >= 0 else "-"
    return f"UTC{sign}{abs(zone_min) // 60:02d}:{abs(zone_min) % 60:02d}"
