"""The plans of what one sync asks of PostgreSQL: the real statements with their real values, explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import sqlalchemy as sa

LARGE = frozenset({"entry", "envelope", "receipt"})


@dataclass(frozen=True)
class Plan:
    """One statement as it ran. `read`: pages; `scans`: (kind of scan, relation)."""

    sql: str
    ms: float
    pages: int
    scans: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        found = sorted({relation for _, relation in self.scans})
        return ", ".join(found) or "nothing"


@dataclass
class Recorder:
    """Every SELECT that an engine runs while it listens."""

    said: list[tuple[str, Any]] = field(default_factory=list)

    def listen(self, engine: sa.Engine) -> Callable[[], None]:
        """Begins; call what it gives to end."""

        def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
            if sql.lstrip().upper().startswith(("SELECT", "WITH")) and not many:
                self.said.append((sql, values))

        sa.event.listen(engine, "before_cursor_execute", note)
        return lambda: sa.event.remove(engine, "before_cursor_execute", note)

    def plans(self, dsn: str, *, indexes_if_possible: bool) -> list[Plan]:
        """`indexes_if_possible`: for tables so small that PostgreSQL rightly reads them whole."""
        with psycopg.connect(dsn, autocommit=True) as connection:
            if indexes_if_possible:
                connection.execute("SET enable_seqscan = off")
            return [_plan(connection, sql, values) for sql, values in self.said]


def _plan(connection: psycopg.Connection[Any], sql: str, values: Any) -> Plan:
    asked = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql
    row = connection.execute(asked, values or None).fetchone()  # type: ignore[arg-type]
    assert row is not None
    top = row[0][0]
    pages = sum(top["Plan"].get(name, 0) for name in ("Shared Hit Blocks", "Shared Read Blocks"))
    return Plan(sql, top["Execution Time"], pages, tuple(_scans(top["Plan"])))


def _scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "Relation Name" in node:
        yield node["Node Type"], node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _scans(child)
