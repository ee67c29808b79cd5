"""The access log may leave the database, but only up to where a row says that a file holds it.

A server process that still runs the program before this one goes on undisturbed: it deletes nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    big = sa.BigInteger()
    op.create_table(
        "access_export",
        sa.Column("ord", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("before_at", big, nullable=False), sa.Column("rows", big, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False), sa.Column("at", big, nullable=False),
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _postgresql() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar()
    op.execute(
        "CREATE FUNCTION only_exported() RETURNS trigger LANGUAGE plpgsql "  # noqa: S608
        f"SET search_path = pg_catalog, {schema}, pg_temp AS $$ BEGIN "
        "IF OLD.at < (SELECT max(before_at) FROM access_export) THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'no file holds these rows of %', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON access_export "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("DROP TRIGGER never_changes ON access_log")
    op.execute(
        "CREATE TRIGGER never_changes BEFORE UPDATE OR TRUNCATE ON access_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER leaves_by_file BEFORE DELETE ON access_log "
        "FOR EACH ROW EXECUTE FUNCTION only_exported()"
    )


def _sqlite() -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER access_export_no_{act.lower()} BEFORE {act} ON access_export "
            "BEGIN SELECT RAISE(ABORT, 'rows of access_export never change'); END"
        )
    op.execute("DROP TRIGGER access_log_no_delete")
    op.execute(
        "CREATE TRIGGER access_log_no_delete BEFORE DELETE ON access_log "
        "WHEN OLD.at >= coalesce((SELECT max(before_at) FROM access_export), 0) "
        "BEGIN SELECT RAISE(ABORT, 'no file holds these rows of access_log'); END"
    )
