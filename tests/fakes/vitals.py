"""What a process holds at a moment: memory, descriptors, threads; and whether a row of such moments grows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

KNOWN = Path("/proc/self/status").exists()
"""Whether this machine tells."""


@dataclass(frozen=True)
class Vitals:
    """Of one process, or the sum of several. `memory_kb`: resident."""

    memory_kb: int
    descriptors: int
    threads: int

    def __add__(self, other: Vitals) -> Vitals:
        return Vitals(
            self.memory_kb + other.memory_kb,
            self.descriptors + other.descriptors,
            self.threads + other.threads,
        )


def vitals_of(pid: int | str) -> Vitals:
    """Of a process, or of "self". Raises FileNotFoundError for one that is gone, or where nobody tells."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = dict(re.findall(r"^(VmRSS|Threads):\s+(\d+)", text, re.MULTILINE))
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Vitals(int(found["VmRSS"]), descriptors, int(found["Threads"]))


def growth_kb(moments: Sequence[Vitals]) -> int:
    """Kilobytes by which the last quarter held more than the second one, means of each.

    The first quarter is left out: pools fill, caches warm up. What leaks goes on to the end.
    """
    part = max(1, len(moments) // 4)

    def mean(row: Sequence[Vitals]) -> int:
        return sum(each.memory_kb for each in row) // len(row)

    return mean(moments[-part:]) - mean(moments[part : 2 * part] or moments)
