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


@dataclass
class Limit:
    """Holds a stream of bytes to `kbit_s` (asked anew each time; 0: as fast as it goes).

    `wait` sleeps for seconds. The one rule: the next chunk goes when the one before it is paid for.
    """

    kbit_s: Callable[[], int]
    clock: Clock
    wait: Callable[[float], None]
    _free_ms: float = 0.0

    def take(self, count: int) -> None:
        """Before `count` bytes go, or after they came."""
        rate = self.kbit_s()
        if rate <= 0:
            return
        now_ms = self.clock.monotonic_ms()
        ready_ms = max(self._free_ms, float(now_ms))
        self._free_ms = ready_ms + count * 8 / rate
        if ready_ms > now_ms:
            self.wait((ready_ms - now_ms) / 1000)


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
