"""When an entry that came spoilt is asked for again."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reset_or.store.rows import Cursor, QuarantineRow
from reset_or.sync import retry

NOW = 1_770_000_000_000


@dataclass
class Shelf:
    """What `to_ask_again` reads of a store."""

    row: QuarantineRow

    def quarantined(self) -> list[QuarantineRow]:
        return [self.row]

    def entry(self, _site: str, _seq: int) -> None:
        return None

    def cursor(self, site: str) -> Cursor:
        return Cursor(site, "f" * 32, 1, "a" * 64)


@pytest.mark.parametrize(
    ("tries", "since_ms", "asked"),
    [(1, 0, True), (1, -5_000, True), (3, 30_000, False), (3, 60_000, True), (3, -3_600_000, True)],
    ids=["at once", "clock set back", "a minute", "after it", "clock set back an hour"],
)
def test_a_clock_that_was_set_back_keeps_nothing_waiting(tries: int, since_ms: int, asked: bool) -> None:
    """Found by the histories: an entry spoilt on the way was not asked for until the clock had caught up."""
    row = QuarantineRow("e" * 64, "03", 1, "body_differs", NOW - since_ms, b"", b"", b"", tries=tries)
    assert bool(retry.to_ask_again(Shelf(row), NOW)) is asked  # type: ignore[arg-type]
