"""Checking the whole store: encrypted pages, tables, chains, hashes. Repairs nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, text

from reset_or.base.errors import TrustBroken
from reset_or.base.files import disk_errors
from reset_or.revisions.envelope import env_id as id_of_header
from reset_or.revisions.revision import rev_id as id_of_inner
from reset_or.store import tables as t
from reset_or.store.asking import at_most

if TYPE_CHECKING:
    from reset_or.store.store import Store

_AT_ONCE = 500
_PAGE = 4096
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_SMALL = 16 << 20
_BROKEN_CHAINS = text("""
    SELECT count(*) FROM env e WHERE e.own IS NOT NULL AND e.receipt <> 'resealed' AND (
        (e.n = 1 AND e.prev <> '') OR (e.n > 1 AND NOT EXISTS (
            SELECT 1 FROM env p WHERE p.site = e.site AND p.dev = e.dev AND p.n = e.n - 1
                AND p.env_id = e.prev)))""")
_GAPS = text("SELECT coalesce(max(own), 0) - count(own) FROM env")
_LOST_REVISIONS = text("""
    SELECT count(*) FROM env e WHERE e.own IS NOT NULL AND e.rev_id <> ''
        AND NOT EXISTS (SELECT 1 FROM rev WHERE rev.rev_id = e.rev_id)""")
_UNORDERED = text("""
    SELECT count(*) FROM env e WHERE e.body IS NULL AND NOT EXISTS (
        SELECT 1 FROM stmt s, json_each(CAST(s.data AS TEXT), '$.env_ids') AS named
        WHERE json_extract(CAST(s.data AS TEXT), '$.type') = 'erase'
            AND json_extract(CAST(s.data AS TEXT), '$.site') = e.site AND named.value = e.env_id)""")


def pages_whole(connection: Connection) -> bool:
    """Whether every page of the file carries the code that was written with it."""
    return not connection.execute(text("PRAGMA cipher_integrity_check")).all()


def journal_fits(journal: Path, database: Path) -> bool:
    """Whether the size that a hot journal would give back to the database is one it can have had.

    A file only grows within a transaction. SQLite believes the number: one flipped bit made a file of
    274 GB. Bytes 16 to 20 of the journal are the number of pages before the transaction.
    """
    with disk_errors(), journal.open("rb") as stream:
        header = stream.read(28)
    if not header.startswith(_JOURNAL_MAGIC) or len(header) < 28:
        return True  # SQLite will not use it either
    pages = int.from_bytes(header[16:20], "big")
    return pages * _PAGE <= database.stat().st_size + _PAGE


def at_opening(connection: Connection, size: int, *, interrupted: bool) -> bool:
    """A small file is checked page by page at each opening (5 ms per MB); after an interrupted
    transaction any file is, and its tables and chains too. The rest is `full`, in the background."""
    if size <= _SMALL or interrupted:
        if not pages_whole(connection):
            return False
        if interrupted:
            return _tables_whole(connection) and not _chain_faults(connection)
    return True


def full(store: Store, progress: Callable[[int, int], None] | None) -> list[str]:
    """Codes of what is wrong: pages, tables, chain, gaps, lost, hashes; each is looked at whatever the
    others found."""
    looks: dict[str, Callable[[], bool]] = {
        "pages": lambda: not store.select(text("PRAGMA cipher_integrity_check")),
        "tables": lambda: store.select(text("PRAGMA integrity_check")) == [("ok",)],
        "chain": lambda: not store.select(_BROKEN_CHAINS)[0][0],
        "gaps": lambda: not store.select(_GAPS)[0][0],
        "lost": lambda: not store.select(_LOST_REVISIONS)[0][0],
        "hashes": lambda: _hashes_fit(store, progress),
    }
    return [code for code, look in looks.items() if not _holds(look)]


def _holds(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except TrustBroken:
        return False


def _tables_whole(connection: Connection) -> bool:
    return [tuple(row) for row in connection.execute(text("PRAGMA integrity_check")).all()] == [("ok",)]


def _chain_faults(connection: Connection) -> int:
    return sum(
        int(connection.execute(each).scalar_one()) for each in (_BROKEN_CHAINS, _GAPS, _LOST_REVISIONS)
    )


def _hashes_fit(store: Store, progress: Callable[[int, int], None] | None) -> bool:
    """Whether every revision and every header still has the hash it is known by. What was erased has none:
    a statement of erasure must name it (its signatures are the directory's to judge)."""
    fits, total, pos = not store.select(_UNORDERED)[0][0], store.revision_total(), 0
    while rows := store.select(
        select(
            t.rev.c.pos,
            t.rev.c.rev_id,
            t.rev.c.inner,
            t.env.c.env_id,
            t.env.c.hdr,
            t.rev.c.skeleton.is_not(None) & t.env.c.body.is_(None),
        )
        .outerjoin(t.env, t.env.c.env_id == t.rev.c.env_id)
        .where(t.rev.c.pos > pos)
        .order_by(t.rev.c.pos)
        .limit(at_most(_AT_ONCE))
    ):
        for _pos, rev_id, inner, env_id, hdr, erased in rows:
            fits = fits and (not inner if erased else id_of_inner(inner) == rev_id)
            fits = fits and (hdr is None or id_of_header(hdr) == env_id)
        pos = rows[-1][0]
        if progress is not None:
            progress(pos, total)
    return fits
