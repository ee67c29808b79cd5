"""The first tables, and triggers that refuse every change of a row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    "feed", "secret", "entry", "envelope", "receipt", "old_receipt", "proof", "statement", "usage", "blob",
    "blob_ref", "device_event", "invite", "invite_answer", "access_log",
)  # fmt: skip
HASH, REC, SITE = sa.String(64), sa.String(32), sa.String(2)
BYTES, INT, BIG = sa.LargeBinary(), sa.Integer(), sa.BigInteger()


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    _feeds()
    _contents()
    _people_and_photos()
    _invites_and_log()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_postgresql()
    else:
        _refuse_changes_sqlite()


def _feeds() -> None:
    op.create_table(
        "feed", _column("ord", INT), _column("feed", REC), _column("at", BIG), sa.PrimaryKeyConstraint("ord")
    )
    op.create_table(
        "secret", _column("name", sa.String(32)), _column("value", BYTES), sa.PrimaryKeyConstraint("name")
    )
    op.create_table(
        "entry",
        _column("feed", REC), _column("site", SITE), _column("seq", BIG), _column("kind", sa.String(4)),
        _column("id", HASH), _column("received_ms", BIG), _column("feed_hash", HASH),
        _column("first_seq", BIG),
        sa.PrimaryKeyConstraint("feed", "site", "seq"), sa.UniqueConstraint("feed", "site", "id"),
    )  # fmt: skip
    op.create_table(
        "receipt",
        _column("feed", REC), _column("site", SITE), _column("first_seq", BIG), _column("last_seq", BIG),
        _column("data", BYTES), _column("sig", BYTES),
        sa.PrimaryKeyConstraint("feed", "site", "first_seq"),
    )  # fmt: skip
    op.create_table(
        "old_receipt",
        _column("id", HASH), _column("data", BYTES), _column("sig", BYTES), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "proof", _column("env_id", HASH), _column("receipt_id", HASH), sa.PrimaryKeyConstraint("env_id")
    )


def _contents() -> None:
    op.create_table(
        "envelope",
        _column("env_id", HASH), _column("site", SITE), _column("dev", HASH), _column("n", BIG),
        _column("hdr", BYTES), _column("dsig", BYTES), sa.Column("body", BYTES, nullable=True),
        _column("body_len", INT), _column("received_ms", BIG), _column("sender", HASH),
        sa.PrimaryKeyConstraint("env_id"), sa.UniqueConstraint("site", "dev", "n"),
    )  # fmt: skip
    op.create_table(
        "statement",
        _column("ord", INT), _column("stmt_id", HASH), _column("type", sa.String(16)), _column("site", SITE),
        _column("data", BYTES), _column("sig", BYTES), _column("received_ms", BIG), _column("sender", HASH),
        sa.PrimaryKeyConstraint("ord"), sa.UniqueConstraint("stmt_id"),
    )  # fmt: skip
    op.create_table(
        "usage",
        _column("site", SITE), _column("seq", BIG), _column("dev", HASH), _column("day", INT),
        _column("envelopes", INT), _column("site_bytes", BIG), sa.PrimaryKeyConstraint("site", "seq"),
    )  # fmt: skip
    op.create_index("usage_of_a_day", "usage", ["dev", "day"])


def _people_and_photos() -> None:
    op.create_table(
        "blob",
        _column("id", HASH), _column("site", SITE), _column("len", BIG), _column("received_ms", BIG),
        _column("data", BYTES), _column("sig", BYTES), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("blob_of_a_site", "blob", ["site"])
    op.create_table(
        "blob_ref",
        _column("blob", HASH), _column("site", SITE), _column("env_id", HASH),
        sa.PrimaryKeyConstraint("blob", "site", "env_id"),
    )  # fmt: skip
    op.create_table(
        "device_event",
        _column("id", REC), _column("dev", HASH), _column("kind", sa.String(16)),
        _column("why", sa.String(32)), _column("at", BIG), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("events_of_a_device", "device_event", ["dev", "at"])


def _invites_and_log() -> None:
    op.create_table(
        "invite",
        _column("id", HASH), _column("sealed", BYTES), _column("expires_at", BIG),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("invites_by_end", "invite", ["expires_at"])
    op.create_table(
        "invite_answer",
        _column("id", HASH), _column("sealed", BYTES), _column("at", BIG), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "access_log",
        _column("id", REC), _column("at", BIG), _column("address", sa.String(64)), _column("dev", HASH),
        _column("route", sa.String(32)), _column("method", sa.String(8)), _column("status", INT),
        _column("problem", sa.String(32)), _column("took_ms", INT), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("access_by_time", "access_log", ["at"])


def _refuse_changes_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _refuse_changes_sqlite() -> None:
    for table in TABLES:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} never change'); END"
            )
