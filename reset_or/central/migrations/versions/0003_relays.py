"""What a relay keeps of its own: its place in the centre's feed, and what the centre has receipted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES = ("upstream", "forwarded", "centre_receipt")
_HASH, _BYTES, _INT, _BIG = sa.String(64), sa.LargeBinary(), sa.Integer(), sa.BigInteger()


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "upstream",
        sa.Column("ord", _INT, nullable=False, autoincrement=False), _column("era", _INT),
        _column("feed", sa.String(32)), _column("seq", _BIG), _column("feed_hash", _HASH),
        _column("at", _BIG), sa.PrimaryKeyConstraint("ord"),
    )  # fmt: skip
    op.create_table(
        "forwarded",
        _column("era", _INT), _column("id", _HASH), _column("receipt_id", _HASH),
        sa.PrimaryKeyConstraint("era", "id"),
    )  # fmt: skip
    op.create_table(
        "centre_receipt",
        _column("id", _HASH), _column("data", _BYTES), _column("sig", _BYTES), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    for table in _TABLES:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} never change'); END"
            )
