"""Times and sizes as people read them: "today 08:12", "18.2 MB". Pure words; knows no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from reset_or.base.clock import local_text
from reset_or.base.words import Language, say


@dataclass(frozen=True)
class Moment:
    """The moment at which a view is made: UTC ms, and the minutes the local zone is ahead."""

    at: int
    zone_min: int = 0

    @property
    def today(self) -> str:
        return local_text(self.at, self.zone_min, "%Y-%m-%d")


def short_time(at: int, now: Moment) -> str:
    """`14:32` for today, else `11-22 14:32`."""
    same = local_text(at, now.zone_min, "%Y-%m-%d") == now.today
    return local_text(at, now.zone_min, "%H:%M" if same else "%m-%d %H:%M")


def spoken_time(at: int, now: Moment, language: Language) -> str:
    """`today 08:12`, `yesterday 17:40`, else the date and time."""
    day = local_text(at, now.zone_min, "%Y-%m-%d")
    time = local_text(at, now.zone_min, "%H:%M")
    if day == now.today:
        return say("sync.today_at", language, time=time)
    if day == (date.fromisoformat(now.today) - timedelta(days=1)).isoformat():
        return say("sync.yesterday_at", language, time=time)
    return f"{day} {time}"


def planned_text(planned_on: str, now: Moment, language: Language) -> str:
    """Today, Tomorrow or Yesterday by name, else the date; an empty date says so."""
    if not planned_on:
        return say("cases.no_date", language)
    try:
        days = (date.fromisoformat(planned_on) - date.fromisoformat(now.today)).days
    except ValueError:
        return planned_on
    named = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days)
    return say(f"cases.{named}", language) if named else planned_on


def size_text(size: int, language: Language) -> str:
    """Bytes in the unit that keeps the number short: `4 KB`, `18.2 MB`."""
    if size < 1000:
        return say("sync.bytes_b", language, n=size)
    if size < 1_000_000:
        return say("sync.bytes_kb", language, n=round(size / 1000))
    return say("sync.bytes_mb", language, n=f"{size / 1_000_000:.1f}")


def countdown(milliseconds: int) -> str:
    """`0:45` until then; never below zero."""
    seconds = max(0, -(-milliseconds // 1000))
    return f"{seconds // 60}:{seconds % 60:02d}"
