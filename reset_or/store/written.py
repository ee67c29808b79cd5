"""The statements that write, compiled once, and how rows become their values.

Compiling and binding by SQLAlchemy costs 0.3 ms a statement, more than the statement itself: a save would
take twice as long. So the few that every save runs are kept as text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.dialects.sqlite.dml import Insert

from reset_or.revisions.envelope import Envelope
from reset_or.revisions.revision import SignedRevision
from reset_or.store import tables as t
from reset_or.store.rows import EntryRow, Proof, QuarantineRow, RecordRow


@dataclass(frozen=True)
class Written:
    """SQL text with its positional values' names."""

    sql: str
    names: tuple[str, ...]

    def positions(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(values[name] for name in self.names)


def _written(statement: Insert) -> Written:
    compiled = statement.compile(dialect=sqlite.dialect())
    return Written(str(compiled), tuple(compiled.positiontup or ()))


def _insert(table: Table) -> Insert:
    """All columns but `pos`, which SQLite counts."""
    names = [column.name for column in table.columns if column.name != "pos"]
    return insert(table).values({name: bindparam(name) for name in names})


def _upsert(table: Table, *changing: str) -> Written:
    """INSERT that replaces the named columns (all but the key where none is named) of a row that is there."""
    statement = _insert(table)
    keys = [column.name for column in table.primary_key.columns]
    names = changing or tuple(column.name for column in table.columns if column.name not in keys)
    return _written(
        statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in names}
        )
    )


def _rev_reseal() -> Written:
    """A revision sealed anew under another device id keeps its place and gets its new envelope."""
    statement = _insert(t.rev)
    return _written(
        statement.on_conflict_do_update(index_elements=["rev_id"], set_={"env_id": statement.excluded.env_id})
    )


def _once(table: Table, *keys: str) -> Written:
    """INSERT that leaves a row that is there as it is."""
    return _written(_insert(table).on_conflict_do_nothing(index_elements=keys))


def _quarantine() -> Written:
    statement = _insert(t.quarantine)
    now = statement.excluded
    # Its place too: a server that lost its feed may have given it another one since.
    changed = {"seq": now.seq, "code": now.code, "at": now.at, "tries": t.quarantine.c.tries + now.tries}
    return _written(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


# Not an upsert, which takes fifteen times as long to prepare: it names every column three times.
RECORD_PUT: Final = _written(_insert(t.record).prefix_with("OR REPLACE"))
DRAFT_UPSERT: Final = _upsert(t.draft)
CURSOR_UPSERT: Final = _upsert(t.cursor)
SECRET_UPSERT: Final = _upsert(t.secret)
META_UPSERT: Final = _upsert(t.meta)
BLOB_UPSERT: Final = _upsert(t.blob, "state", "length", "case_rec", "rec")
QUARANTINE_UPSERT: Final = _quarantine()
ENTRY_INSERT: Final = _once(t.entry, "site", "seq")
ENV_INSERT: Final = _once(t.env, "env_id")
REV_INSERT: Final = _once(t.rev, "rev_id")
REV_RESEAL: Final = _rev_reseal()
STMT_INSERT: Final = _once(t.stmt, "stmt_id")
RECEIPT_INSERT: Final = _once(t.receipt, "id")
# One statement for a whole receipt. "+": by the ids, never by the index of all that is unsent.
_MARK_ENTRY: Final = (
    "UPDATE entry SET receipt = ? WHERE id IN (SELECT value FROM json_each(?)) AND receipt = ''"
)
MARK: Final = (
    "UPDATE env SET receipt = ? WHERE env_id IN (SELECT value FROM json_each(?)) AND +receipt = ''",
    _MARK_ENTRY,
)
MARK_RELAYED: Final = (
    (
        "UPDATE env SET receipt = ?, centre = coalesce(centre, '') "
        "WHERE env_id IN (SELECT value FROM json_each(?)) AND +receipt = ''"
    ),
    _MARK_ENTRY,
)
DRAFT_DELETE: Final = Written(
    "DELETE FROM draft WHERE page = ? AND case_rec = ? AND user = ?", ("page", "case_rec", "user")
)
SAVING: Final = frozenset(
    each.sql for each in (ENV_INSERT, REV_RESEAL, RECORD_PUT, DRAFT_UPSERT, DRAFT_DELETE)
)
"""What a save of this device writes: nothing else that a sync asks for than that there is more to send."""
MARK_CENTRE: Final = (
    "UPDATE env SET centre = ? WHERE env_id IN (SELECT value FROM json_each(?)) AND +centre = ''",
)


def search_text(text: str) -> str:
    """One form for what is searched and what is typed into the search field."""
    return unicodedata.normalize("NFKC", text).casefold()


def record_values(row: RecordRow) -> dict[str, Any]:
    return {
        "rec": row.rec, "form": row.form, "case_rec": row.case, "site": row.site, "subject": row.subject,
        "status": row.status, "fields": row.fields, "summary": row.summary, "heads": " ".join(row.heads),
        "conflicts": row.conflicts, "uncertified": row.uncertified, "unauthorised": row.unauthorised,
        "to_sign": row.to_sign, "search": search_text(row.search), "created_at": row.created_at,
        "changed_at": row.changed_at,
    }  # fmt: skip


def quarantine_values(row: QuarantineRow) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "proven_at"} | {
        "proven_ms": row.proven_at
    }


def entry_values(row: EntryRow) -> dict[str, Any]:
    return {
        "site": row.site, "seq": row.seq, "kind": row.kind, "id": row.id, "received_ms": row.received_at,
        "feed_hash": row.feed_hash, "receipt": row.receipt,
    }  # fmt: skip


def env_values(
    envelope: Envelope, signed: SignedRevision | None, own: int | None, receipt: str, kept_at: int,
    proof: Proof | None = None, centre: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """`own`: the count of this installation's envelopes, None for other people's. `centre`: "" for what came
    from a relay."""
    header = envelope.header
    return {
        "env_id": envelope.env_id, "site": header.site, "dev": header.dev, "n": header.n,
        "prev": header.prev, "kind": header.kind, "hdr": envelope.hdr, "dsig": envelope.dsig,
        "body": envelope.body, "rev_id": signed.rev_id if signed else "", "own": own, "receipt": receipt,
        "kept_at": kept_at, "proof": proof.receipt if proof else "",
        "proven_ms": proof.at if proof else None, "centre": centre,
    }  # fmt: skip


def rev_values(signed: SignedRevision, envelope: Envelope, standing: str) -> dict[str, Any]:
    revision = signed.revision
    case = revision.root
    return {
        "rev_id": signed.rev_id, "rec": revision.rec, "form": revision.form, "case_rec": case,
        "site": revision.site, "act": revision.act, "user": revision.user, "at": revision.at,
        "key_id": signed.key_id, "standing": standing, "env_id": envelope.env_id, "inner": signed.inner,
        "sig": signed.signature, "skeleton": None,
    }  # fmt: skip
