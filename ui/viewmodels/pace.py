"""How fast sending goes, and how long it will take: said only when it is known, and without jumping about."""

from __future__ import annotations

from typing import Final

from reset_or.base.words import Language, say

_KNOWN_MS: Final = 4_000
_AGAIN_MS: Final = 5_000
_WINDOW_MS: Final = 60_000
_MINUTE_MS: Final = 60_000
_HOUR_MIN: Final = 60


class Pace:
    """Fed with what has been sent; times are those of a clock that never goes back, in ms."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A new sync: what was known of the last one may be of another network."""
        self._seen: list[tuple[int, int]] = []
        self._minutes: int | None = None
        self._said_ms = 0

    def note(self, done_bytes: int, total_bytes: int, now_ms: int) -> None:
        """`done_bytes` of `total_bytes` are sent now."""
        if self._seen and done_bytes < self._seen[-1][1]:
            self.begin()  # another phase counts from the beginning
        self._seen.append((now_ms, done_bytes))
        while len(self._seen) > 2 and now_ms - self._seen[0][0] > _WINDOW_MS:
            self._seen.pop(0)
        began_ms, before = self._seen[0]
        took_ms, sent = now_ms - began_ms, done_bytes - before
        if (
            took_ms < _KNOWN_MS
            or sent <= 0
            or (self._minutes is not None and now_ms - self._said_ms < _AGAIN_MS)
        ):
            return
        left_ms = (total_bytes - done_bytes) * took_ms // sent
        self._say(left_ms, now_ms)

    def _say(self, left_ms: int, now_ms: int) -> None:
        """A smaller number is believed at once, a larger one only when it is much larger."""
        minutes = -(-max(0, left_ms) // _MINUTE_MS)
        if (
            self._minutes is None
            or minutes < self._minutes
            or minutes > self._minutes + self._minutes // 2 + 1
        ):
            self._minutes = minutes
        self._said_ms = now_ms

    @property
    def minutes(self) -> int | None:
        """Whole minutes left, rounded up; None while nobody can know."""
        return self._minutes


def time_left(minutes: int | None, language: Language) -> str:
    """ "About 2 minutes", "" where it is not known. Long times are rounded: nobody can know them better."""
    if minutes is None:
        return ""
    if minutes < 1:
        return say("sync.left_soon", language)
    if minutes > _HOUR_MIN:
        return say("sync.left_hours", language, n=-(-minutes // _HOUR_MIN))
    rounded = minutes if minutes <= 10 else -(-minutes // 5) * 5
    return say("sync.left_minutes", language, n=rounded)
