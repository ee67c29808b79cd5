"""`make bench`: figures beside their anchors of the same run, printed as tables; files only with --save."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes.postgres import Cluster, running_cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("campaigns").addoption(
        "--save", type=Path, default=None, help="also write the tables here"
    )


@dataclass
class Table:
    """Rows of (what, figure, beside it, ratio or goal)."""

    title: str
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def row(self, what: str, figure: str, anchor: str = "", said: str = "") -> None:
        self.rows.append((what, figure, anchor, said))

    def text(self) -> str:
        widths = [max(len(row[place]) for row in self.rows) for place in range(4)]
        lines = [f"\n{self.title}"]
        for row in self.rows:
            lines.append("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
        return "\n".join(line.rstrip() for line in lines)


class Book:
    """All tables of a run."""

    def __init__(self, save: Path | None) -> None:
        self._save = save
        self._texts: list[str] = []

    def add(self, table: Table) -> None:
        print(table.text())
        self._texts.append(table.text())
        if self._save is not None:
            self._save.write_text("\n".join(self._texts) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def book(request: pytest.FixtureRequest) -> Book:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(
        f"\n{os.cpu_count()} processors, load {load:.1f} before this run; compare within the run, not between"
    )
    return Book(request.config.getoption("--save", default=None))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster
