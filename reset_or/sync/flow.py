"""How fast photos go: a limit that a person sets, and how much one request carries on the line there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reset_or.base.clock import Clock
from reset_or.wire.blobs import MAX_BLOB, PIECE

_QUICK_MS: Final = 1_000
_LONG_MS: Final = 4_000
_STEP: Final = 4
_LOOK_MS: Final = 200


@dataclass
class Limit:
    """Holds a stream of bytes to `kbit_s` (asked anew each time; 0: as fast as it goes).

    `wait` sleeps for seconds and says whether to give up. The one rule: the next chunk goes when the one
    before it is paid for. A limit that is changed or lifted holds within a moment, also for who waits.
    """

    kbit_s: Callable[[], int]
    clock: Clock
    wait: Callable[[float], bool]
    _free_ms: float = 0.0

    def take(self, count: int) -> None:
        """Before `count` bytes go, or after they came."""
        rate = self.kbit_s()
        while rate > 0 and (left_ms := self._free_ms - self.clock.monotonic_ms()) > 0:
            if self.kbit_s() != rate or self.wait(min(left_ms, _LOOK_MS) / 1000):
                break
        now = self.kbit_s()
        free_ms = max(self._free_ms, self.clock.monotonic_ms()) if now == rate else self.clock.monotonic_ms()
        self._free_ms = free_ms + count * 8 / now if now > 0 else 0.0


@dataclass
class Stride:
    """How many bytes the next request carries: the rest of a file where the line is good, a piece where it is
    not. So a pause never waits long, and what is confirmed is never far behind what was sent."""

    clock: Clock
    pieces: int = 1
    _began_ms: int = 0

    def begin(self) -> int:
        self._began_ms = self.clock.monotonic_ms()
        return self.pieces * PIECE

    def arrived(self) -> None:
        """The request was answered."""
        took_ms = self.clock.monotonic_ms() - self._began_ms
        if took_ms < _QUICK_MS:
            self.pieces = min(MAX_BLOB // PIECE, self.pieces * _STEP)
        elif took_ms > _LONG_MS:
            self.cut()

    def cut(self) -> None:
        """The connection broke on the way, or it took long."""
        self.pieces = max(1, self.pieces // _STEP)
