"""Old receipts of envelopes that a later feed is told of again, and one outbox for own and relayed ones."""

from __future__ import annotations

from alembic import op

revision = "s0002"
down_revision = "s0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("env", "quarantine"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN proof TEXT NOT NULL DEFAULT ''")
        op.execute(f"ALTER TABLE {table} ADD COLUMN proven_ms INTEGER")
    op.execute("DROP INDEX env_outbox")
    op.execute("CREATE INDEX env_unsent ON env (site, own, dev, n, rev_id) WHERE receipt = ''")
