"""How often a wrong password was given while the store was closed, and how long the next try waits.

After five misses the wait is one second and doubles up to thirty minutes (NIST SP 800-63B-4 asks for a
limit); a person who knows the password is never locked out for good. The counts survive a restart. No
secret stands in the file, and no name that has no slot: people type passwords into the wrong field.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from reset_or.base.clock import Clock
from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.files import write_atomic

FREE: Final = 5
LONGEST_S: Final = 30 * 60
OTHER: Final = ""


@dataclass(frozen=True)
class Misses:
    """Misses in a row, and the time of the newest."""

    count: int = 0
    last_at: int = 0

    @property
    def wait_s(self) -> int:
        """Seconds from the newest miss to the next try."""
        return 0 if self.count < FREE else int(min(2 ** min(self.count - FREE, 20), LONGEST_S))


class Tries:
    """Counts by person; everybody without a slot counts as one, `OTHER`."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def seconds_to_wait(self, user: str) -> int:
        """0 when the next try may be made; a clock that was set back makes nobody wait longer than due."""
        misses = self._read().get(user, Misses())
        gone_ms = max(0, self._clock.now_at() - misses.last_at)
        return max(0, -(-(misses.wait_s * 1000 - gone_ms) // 1000))

    def missed(self, user: str) -> Misses:
        """Counts a miss; a folder that cannot be written does not stop the sign-in page."""
        found = self._read()
        found[user] = Misses(found.get(user, Misses()).count + 1, self._clock.now_at())
        self._write(found)
        return found[user]

    def succeeded(self, user: str) -> int:
        """Forgets the person's misses and returns how many there were, for the audit trail."""
        found = self._read()
        misses = found.pop(user, Misses())
        if misses.count:
            self._write(found)
        return misses.count

    def _read(self) -> dict[str, Misses]:
        try:
            value = json.loads(self._path.read_bytes())
            return {
                str(user): Misses(int(row["count"]), int(row["last_at"]))
                for user, row in value["misses"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _write(self, found: dict[str, Misses]) -> None:
        value = {"v": 1, "misses": {user: asdict(misses) for user, misses in found.items()}}
        try:
            write_atomic(self._path, json.dumps(value, sort_keys=True).encode())
        except EnvironmentTrouble:
            return
