"""Photos of a site, and what was erased of it, as a running total: no push adds up all photos any more.

The first rows are written by the server when it starts, which counts every site once.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    big, number = sa.BigInteger(), sa.Integer()
    op.create_table(
        "site_total",
        sa.Column("site", sa.String(2), nullable=False), sa.Column("ord", big, nullable=False),
        sa.Column("photos", number, nullable=False), sa.Column("photo_bytes", big, nullable=False),
        sa.Column("erased_bytes", big, nullable=False), sa.PrimaryKeyConstraint("site", "ord"),
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON site_total "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER site_total_no_{act.lower()} BEFORE {act} ON site_total "
            "BEGIN SELECT RAISE(ABORT, 'rows of site_total never change'); END"
        )
