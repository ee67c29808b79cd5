"""The tables of a run: fixed columns, printed at once and kept together in `bench-report.md`.

A ratio is the figure of a row divided by that of its anchor, both taken in this run; the goal is said of the
ratio, or of a count or a span where the row has no anchor. Figures never fail a test: `met` only says.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.machine import this_run

NAME = "bench-report.md"
COLUMNS = ("what", "seconds", "per second", "anchor", "ratio", "goal", "met")


@dataclass
class Table:
    """One topic. `note` says under the table what a reader must know."""

    title: str
    note: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def row(
        self, what: str, seconds: float | None = None, *, per_second: float | None = None, anchor: str = "",
        ratio: float | None = None, at_least: float | None = None, at_most: float | None = None,
        figure: str = "", unit: str = "",
    ) -> None:  # fmt: skip
        """`ratio` is held against `at_least` or `at_most`; `figure` stands in its place where the row shows
        another kind of number, and `unit` follows ratio and goal."""
        goal, met = "", ""
        if at_least is not None:
            goal = f">= {_number(at_least)}{unit}"
        elif at_most is not None:
            goal = f"<= {_number(at_most)}{unit}"
        if ratio is not None and goal:
            reached = ratio >= at_least if at_least is not None else ratio <= (at_most or 0)
            met = "yes" if reached else "NO"
        said = figure or ("" if ratio is None else f"{_number(ratio)}{unit}")
        self.rows.append((
            what, "" if seconds is None else _number(seconds),
            "" if per_second is None else f"{per_second:,.0f}", anchor, said, goal, met,
        ))  # fmt: skip

    def text(self) -> str:
        """For the terminal."""
        lines = [COLUMNS, *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(COLUMNS))]
        shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                 for line in lines]  # fmt: skip
        return "\n".join(["", self.title, *(f"  {line}" for line in shown), *self._notes("  ")])

    def markdown(self) -> str:
        head = [f"## {self.title}", "", f"| {' | '.join(COLUMNS)} |", "|---|--:|--:|---|--:|--:|---|"]
        rows = [f"| {' | '.join(row)} |" for row in self.rows]
        return "\n".join([*head, *rows, *(["", self.note] if self.note else []), ""])

    def _notes(self, before: str) -> list[str]:
        return [before + self.note] if self.note else []


class Book:
    """All tables of a run. The page is written after each of them, so a run cut short leaves its part."""

    def __init__(self, place: Path) -> None:
        self._place = place / NAME
        self._tables: list[Table] = []
        self._head = [*this_run(), f"- load before: {load():.1f}"]

    def add(self, table: Table) -> None:
        print(table.text(), flush=True)
        self._tables.append(table)
        head = ["# Speed of RESET-OR", "", *self._head, f"- load after: {load():.1f}", "",
                "Compare within a run, never between runs: see tests/bench/README.md.", ""]  # fmt: skip
        self._place.write_text(
            "\n".join([*head, *(each.markdown() for each in self._tables)]), encoding="utf-8"
        )


def load() -> float:
    """The machine's load of the last minute; a busy machine makes figures worth nothing."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def percentile(times: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * percent // 100) - 1))]


def median(times: Sequence[float]) -> float:
    return statistics.median(times)


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10 or value == int(value):
        return f"{value:.3g}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
