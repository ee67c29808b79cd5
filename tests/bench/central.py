"""The server of the bench as its users start it, `reset-or-central serve`, and what its processes hold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from reset_or.revisions.statements import Statement
from tests.bench.device import forget_peak, memory_kb
from tests.fakes.postgres import TestDatabase
from tests.fakes.server import ChildServer
from tests.fakes.trial import SyntheticTrial


class Central(ChildServer):
    """A running server. `database`: as its owner and as the role that serves."""

    database: TestDatabase

    def forget_peaks(self) -> None:
        for pid in self.pids():
            forget_peak(pid)

    def memory_kb(self) -> tuple[int, int]:
        """(resident now, sum of the most) of all its processes."""
        each = [memory_kb(pid) for pid in self.pids()]
        return sum(now for now, _ in each), sum(most for _, most in each)


@contextlib.contextmanager
def running_central(
    trial: SyntheticTrial, statements: list[Statement], database: TestDatabase, folder: Path, *,
    workers: int = 1,
) -> Iterator[Central]:  # fmt: skip
    """Serves until the block ends; the statements are there."""
    central = Central(trial, folder, database.app_dsn)
    central.database = database
    central.prepare()
    central.start("--workers", str(workers), "--envelopes-per-device-day", "1000000")
    try:
        client = central.client()
        answer = client.push(statements=statements)
        assert {item.status for item in answer.items} <= {"stored", "duplicate"}
        client.close()
        yield central
    finally:
        central.stop()
